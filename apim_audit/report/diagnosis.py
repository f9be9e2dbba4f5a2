"""Whether an audit can be made, as a table and as JSON."""

from collections.abc import Iterator
from itertools import groupby

from apim_audit import __version__
from apim_audit.core.facts.permissions import Diagnosis, ReadPermission, ReadState, SubscriptionDiagnosis
from apim_audit.core.facts.text import printable
from apim_audit.report import Style
from apim_audit.report.colours import Colour, paint
from apim_audit.report.display import wrap
from apim_audit.report.json_text import Json, to_text
from apim_audit.report.rows import DETAIL, INDENT

SCHEMA_VERSION = 1

_COLOURS = {ReadState.MISSING: Colour.RED, ReadState.NOT_TOLD: Colour.MAGENTA}


def to_table(diagnosis: Diagnosis, style: Style) -> str:
    """Returns the diagnosis for people: what is not permitted by name, the rest in a line for each option."""
    lines = [f"endpoint {printable(diagnosis.endpoint)}: reached", f"credential: {diagnosis.credential or 'it works'}"]
    for each in diagnosis.subscriptions:
        lines += ["", paint(f"subscription {printable(each.subscription)}", Colour.BOLD, style)]
        lines += _subscription(each, style)
    fine = "every read that an audit makes is permitted"
    closing = fine if diagnosis.fine else "an audit would not be whole: it lacks what is named above"
    return "\n".join([*lines, "", paint(closing, Colour.BOLD, style)]) + "\n"


def _subscription(diagnosis: SubscriptionDiagnosis, style: Style) -> Iterator[str]:
    for option, reads in groupby(diagnosis.reads, key=_option):
        found = list(reads)
        permitted = sum(read.state is ReadState.PERMITTED for read in found)
        yield from wrap(f"{option}: {permitted} of {len(found)} reads permitted", style.width, INDENT)
        for read in found:
            yield from _line(read, style)


def _option(read: ReadPermission) -> str:
    return read.option or "every audit"


def _line(read: ReadPermission, style: Style) -> Iterator[str]:
    if read.state is ReadState.PERMITTED and not read.detail:
        return
    colour = _COLOURS.get(read.state)
    state = read.state.value if colour is None else paint(read.state.value, colour, style)
    yield f"{DETAIL}{state} {read.action}"  # in one piece, to be copied
    yield from wrap(printable(read.detail), style.width, DETAIL + INDENT)


def to_json(diagnosis: Diagnosis) -> str:
    """Returns the diagnosis as JSON text."""
    return to_text(
        {
            "schemaVersion": SCHEMA_VERSION,
            "tool": {"name": "apim-audit", "version": __version__},
            "endpoint": diagnosis.endpoint,
            "credential": diagnosis.credential,
            "fine": diagnosis.fine,
            "subscriptions": [_to_json(each) for each in diagnosis.subscriptions],
        }
    )


def _to_json(diagnosis: SubscriptionDiagnosis) -> Json:
    reads: list[Json] = [
        {"action": read.action, "option": read.option, "state": read.state.value, "detail": read.detail}
        for read in diagnosis.reads
    ]
    return {"subscription": diagnosis.subscription, "reads": reads}
