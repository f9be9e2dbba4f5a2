"""Text for a screen, cut and wrapped by the columns it takes; that it is printable is for `core.text` to see to."""

from collections.abc import Iterator
from itertools import accumulate
from unicodedata import combining, east_asian_width

_ELLIPSIS = "…"


def columns(text: str) -> int:
    """Returns how many columns a text takes: two for wide East Asian characters, none for combining marks."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def clip(text: str, width: int) -> str:
    """Returns the text, cut with … where it takes more columns than ``width``."""
    if columns(text) <= width:
        return text
    return text[: _fitting(text, width - 1)] + _ELLIPSIS


def wrap(text: str, width: int, indent: str = "", following: str | None = None) -> Iterator[str]:
    """Yields the text's lines, none wider than ``width``, the indents included.

    Args:
        text: words; one that is longer than a line is broken.
        width: the most columns of a line.
        indent: what the first line begins with.
        following: what each line after it begins with; the same where it is not given.
    """
    following = indent if following is None else following
    if text.isascii() and 0 < len(text) <= width - columns(indent):
        yield indent + text
        return
    line, room, empty = indent, width - columns(indent), True
    for word in _words(text, width - max(columns(indent), columns(following))):
        need = columns(word) + (not empty)
        if need > room and not empty:
            yield line
            line, room, empty = following, width - columns(following), True
            need = columns(word)
        line += word if empty else f" {word}"
        room -= need
        empty = False
    if not empty:
        yield line


def _words(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        rest = word
        while columns(rest) > width:
            length = max(_fitting(rest, width), 1)
            yield rest[:length]
            rest = rest[length:]
        yield rest


def _fitting(text: str, width: int) -> int:
    # How many characters of a text that is wider than ``width`` fit into it.
    return next(index for index, taken in enumerate(accumulate(map(_columns_of, text))) if taken > width)
