"""Standard streams: UTF-8 everywhere, colours where they are wanted, nothing that a terminal might obey."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import TextIO

from apim_audit.core.facts.text import harmless_line, printable
from apim_audit.report import PLAIN, Style

_NARROWEST = 40
_WIDEST = 120


def use_utf8() -> None:
    """Makes the standard streams write UTF-8 whatever the locale says, and never fail on a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def style_of(stream: TextIO | None, environment: Mapping[str, str]) -> Style:
    """Returns how people's text on a stream should look: coloured and as wide as the screen on a terminal only.

    Args:
        stream: standard output, or None where there is none.
        environment: ``NO_COLOR`` and ``TERM=dumb`` forbid colours, ``FORCE_COLOR`` asks for them.
    """
    terminal = stream is not None and stream.isatty()
    wanted = bool(environment.get("FORCE_COLOR")) or (terminal and environment.get("TERM") != "dumb")
    width = min(max(get_terminal_size().columns, _NARROWEST), _WIDEST) if terminal else PLAIN.width
    return Style(colour=wanted and not environment.get("NO_COLOR"), width=width)


def say(text: str) -> None:
    """Writes lines to standard error, made harmless for a terminal and a build log."""
    if sys.stderr is not None:
        with suppress(OSError):  # whoever reads it may have left
            sys.stderr.write("".join(f"{harmless_line(printable(line))}\n" for line in text.split("\n")))
            sys.stderr.flush()
