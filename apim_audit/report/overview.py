"""The end of the table, which is what a terminal shows: which locations are worst, and what else matters."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import Comparison, FixedGap, NewlyFailing, Report
from apim_audit.core.facts.text import printable
from apim_audit.report import Style
from apim_audit.report.blocks import COLOURS, LOUD
from apim_audit.report.colours import Colour, paint
from apim_audit.report.display import clip, wrap
from apim_audit.report.rows import INDENT, aligned, name
from apim_audit.report.summary import by_severity, counted

_MOST_LISTED = 10
_WIDEST_PLACE = 40
_WORRYING = (Severity.ERROR, Severity.WARNING, Severity.UNDECIDED)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A location that needs attention.

    Attributes:
        counts: how many checks have each of the severities that need attention, loudest first.
    """

    place: str
    counts: tuple[int, ...]


def worst_first(report: Report, style: Style) -> Iterator[str]:
    """Yields the locations with errors, warnings or doubts, worst first; nothing where only one was judged."""
    judged = sum(location.network_model is not None for location in report.locations())
    ranked = sorted(_ranked(report), key=lambda each: [-count for count in each.counts])
    if judged <= 1 or not ranked:
        return
    yield paint("Worst first", Colour.BOLD, style)
    shown = ranked[:_MOST_LISTED]
    rows = aligned([(each.place, ", ".join(by_severity(_named(each)))) for each in shown], style.width)
    for each, lines in zip(shown, rows, strict=True):
        colour = COLOURS[next(severity for severity, number in _named(each) if number)]
        first = lines[0].removeprefix(INDENT)
        yield f"{INDENT}{paint(first[: len(each.place)], colour, style)}{first[len(each.place) :]}"
        yield from lines[1:]
    rest = _rest(len(ranked) - len(shown), judged - len(ranked))
    that_counts = " that counts" if any(not check.counts for check in report.checks()) else ""
    yield from wrap(f"{rest}{that_counts}" if judged > len(ranked) else rest, style.width, INDENT)


def _named(ranked: _Ranked) -> Sequence[tuple[Severity, int]]:
    return tuple(zip(LOUD, ranked.counts, strict=True))


def _ranked(report: Report) -> Iterator[_Ranked]:
    for instance in report.instances:
        several = len(instance.locations) > 1
        for location in instance.locations:
            counts = Counter(check.severity for check in location.checks if check.counts)
            if any(counts[severity] for severity in _WORRYING):
                place = name(instance.name) + (f" / {name(location.location)}" if several else "")
                yield _Ranked(clip(place, _WIDEST_PLACE), tuple(counts[severity] for severity in LOUD))


def _rest(more: int, fine: int) -> str:
    parts = [f"and {more} more"] if more else []
    if fine:
        parts.append(f"{counted(fine, 'location')} without error, warning or doubt")
    return "; ".join(parts)


def newly_failing(comparison: Comparison | None, style: Style) -> Iterator[str]:
    """Yields what another baseline would newly fail, one line a location; nothing where none was asked for."""
    if comparison is None:
        return
    failing = comparison.newly_failing
    if not failing:
        yield from wrap(f"Nothing would newly fail under baseline {comparison.baseline}.", style.width)
        return
    title = f"Newly failing under baseline {comparison.baseline}: {counted(len(failing), 'check')}"
    yield paint(title, Colour.BOLD, style)
    for (instance_id, location), checks in groupby(failing, key=lambda each: (each.instance_id, each.location)):
        place = f"{name(instance_id.rpartition('/')[2])} / {name(location)}"
        yield from wrap(f"{place}: {', '.join(map(_becomes, checks))}", style.width, "  - ", "    ")


def fixed(gaps: Sequence[FixedGap] | None, style: Style) -> Iterator[str]:
    """Yields the gaps that were there before and are no more, one line a location; nothing where none were given."""
    if gaps is None:
        return
    yield paint(f"Fixed: {counted(len(gaps), 'gap')} of those that were there before", Colour.BOLD, style)
    for (instance_id, location), same in groupby(gaps, key=lambda each: (each.instance_id, each.location)):
        place = f"{name(instance_id.rpartition('/')[2])} / {name(location)}"
        told = ", ".join(f"{gap.requirement} (was {gap.was})" for gap in same)
        yield from wrap(f"{place}: {printable(told)}", style.width, "  - ", "    ")


def _becomes(failing: NewlyFailing) -> str:
    was = f", was {failing.was}" if failing.was not in {None, failing.becomes} else ""
    return f"{failing.requirement} ({failing.becomes}, {failing.severity}{was})"
