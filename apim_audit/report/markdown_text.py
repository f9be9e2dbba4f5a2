r"""Untrusted text in GitHub's Markdown: nothing in it is a link, a mention, a tag, a cell or a mark-up.

A word that is made of letters, digits and harmless punctuation stands as it is. Any other is set as code, because that
is the one place where neither Markdown nor what GitHub, GitLab and Azure DevOps add to it (mentions, references, links,
emoji) is looked for. A backslash does not help against mentions: they are searched for after Markdown is gone.
"""

import re

from apim_audit.core.facts.text import printable

_PIECE = re.compile(r"`[^`]+`|[^\s`]+|`+|\s+")
_HARMLESS = re.compile(r"(?!.*www\.)(?!.*gh-\d)(?!.*:/)(?!.*:[\w+-]+:)[\w.,;:()'/=+?-]+", re.IGNORECASE)
_MARKED = re.compile(r"_|^[-+=:]+|^\d+[.)]$")
_TICKS = re.compile(r"`+")


def inline(text: str) -> str:
    """Returns text for a paragraph or a cell of a table; names between backticks are set as code."""
    shown: list[str] = []
    for piece in _PIECE.findall(printable(text)):
        written = _shown(piece)
        if shown and shown[-1].endswith("`") and written.startswith("`"):
            shown.append(" ")  # two code spans side by side would read as one
        shown.append(written)
    return "".join(shown).strip()


def _shown(piece: str) -> str:
    if piece.isspace():
        return " "
    if "`" in piece:
        return code(piece.strip("`") or piece)
    if _HARMLESS.fullmatch(piece) and not _MARKED.search(piece):
        return piece
    word = piece.rstrip(".,;:?")
    return code(word) + piece[len(word) :] if word else code(piece)


def code(text: str) -> str:
    r"""Returns text as a code span, which may stand in a cell: a ``|`` is escaped as GitHub's tables want it."""
    shown = re.sub(r"\\(?=\|)", r"\\x5c", printable(text)).replace("|", r"\|")
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    gap = " " if shown[:1] in {"`", " "} or shown[-1:] in {"`", " "} else ""
    return f"{ticks}{gap}{shown}{gap}{ticks}" if shown else ""
