"""ANSI colours, where they are wanted."""

from enum import Enum

from apim_audit.report import Style


class Colour(Enum):
    """What a text looks like: the parameter of ANSI's "select graphic rendition"."""

    BOLD = 1
    STRUCK = 9
    RED = 31
    YELLOW = 33
    MAGENTA = 35
    CYAN = 36


def paint(text: str, colour: Colour, style: Style) -> str:
    """Returns the text in a colour, or as it is where colours are not wanted."""
    return f"\x1b[{colour.value}m{text}\x1b[0m" if style.colour else text
