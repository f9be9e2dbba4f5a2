"""Rows of a table as lines, so that explanations can stand between them."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.text import printable
from apim_audit.report.display import clip

INDENT = "  "
DETAIL = "      "

_GAP = 2
_NARROWEST = 20
_LONGEST_NAME = 64  # Azure's own limits are 50 for a service and 80 for an NSG; anything may stand in a document
_ALL_PORTS = "1-65535"


def aligned(rows: Sequence[Sequence[str]], width: int) -> Iterator[list[str]]:
    """Yields the lines of each row, columns under each other; the last column is wrapped.

    Args:
        rows: cells as text; the first cell of a row is never empty.
        width: the most columns of a line, as long as the last column keeps 20 of them.
    """
    if not rows:
        return
    fixed = len(rows[0]) - 1
    taken = len(INDENT) + sum(max(len(row[column]) for row in rows) + _GAP for column in range(fixed))
    room = max(width - taken, _NARROWEST)
    wide = any(len(row[fixed]) > room for row in rows)  # tabulate's wrapping takes half of its time
    limits = [None] * fixed + [room] if wide else None
    table = tabulate(rows, tablefmt="plain", disable_numparse=True, maxcolwidths=limits)
    lines = [INDENT + line.rstrip() for line in table.splitlines()]
    starts = [index for index, line in enumerate(lines) if not line.startswith(INDENT + " ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start:end]


def name(text: str) -> str:
    """Returns a name from Azure fit for a screen."""
    return clip(printable(text), _LONGEST_NAME)


def flow(direction: str, protocol: str, ports: Sequence[str], peers: Sequence[str]) -> str:
    """Returns required flows in a few words: ``In TCP 3443 from ApiManagement``."""
    way, link = ("In", "from") if direction == Direction.INBOUND else ("Out", "to")
    return f"{way} {protocol.upper()} {_in_words(ports)} {link} {' and '.join(map(name, peers))}"


def _in_words(ports: Sequence[str]) -> str:
    few = [port for port in ports if port != _ALL_PORTS]
    if not few:
        return "all ports"
    # A location whose platform is not determined has the ports of both.
    return ", ".join(few) + (" (stv1: all ports)" if len(few) < len(ports) else "")
