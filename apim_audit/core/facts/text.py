"""Text from outside, made harmless for whoever reads it."""

import re

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What counts as printable and shows nothing: Unicode's default ignorable code points outside of "Other"."""

_COMMAND = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)
"""What an agent of Azure Pipelines or a runner of GitHub Actions obeys anywhere in a line of a build log."""

_LINE_COMMAND = "::"
"""What a runner of GitHub Actions obeys at the start of a line, blanks before it included."""


def printable(text: str) -> str:
    r"""Returns the text with everything escaped that a terminal or a build log might obey or hide.

    Control characters, bidirectional marks, other invisible ones and lone surrogates become ``\x1b``, ``\u202e`` and
    the like, as Unicode's "Other" and "Separator" categories name them. ``##vso[`` and ``##[`` become ``#\x23vso[`` and
    ``#\x23[``: the agent of Azure Pipelines (Command.cs) and the runner of GitHub Actions (ActionCommand.cs) look for
    them anywhere in a line.
    """
    if text.isprintable() and "##" not in text and (text.isascii() or not _UNSEEN.search(text)):
        return text
    shown = "".join(c if c.isprintable() else _escape(ord(c)) for c in text)
    shown = _UNSEEN.sub(lambda found: _escape(ord(found[0])), shown)
    return _COMMAND.sub(r"#\\x23", shown)


def harmless_line(line: str) -> str:
    r"""Returns a printable line that no build log takes for a command: ``::`` at its start becomes ``\x3a:``.

    Source: ActionCommand.cs of the runner of GitHub Actions, read on 2026-11-22.
    """
    rest = line.lstrip()
    return f"{line[: -len(rest)]}\\x3a{rest[1:]}" if rest.startswith(_LINE_COMMAND) else line


def _escape(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004  (one byte; the next line is two)
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
