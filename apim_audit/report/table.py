"""The table, for people at a terminal or reading a build log: a block a location, then what it all comes to."""

from collections.abc import Iterable, Iterator

from apim_audit.core.facts.reports import Incomplete, Report, ServiceTagSource
from apim_audit.core.facts.text import harmless_line, printable
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.report import PLAIN, Style
from apim_audit.report.blocks import blocks
from apim_audit.report.colours import Colour, paint
from apim_audit.report.display import wrap
from apim_audit.report.overview import fixed, newly_failing, worst_first
from apim_audit.report.planned import tally
from apim_audit.report.summary import Summary, listed, sentence, summarise

_WORST_FIRST = (
    Verdict.BLOCKED,
    Verdict.MISSING,
    Verdict.PARTIAL,
    Verdict.UNKNOWN,
    Verdict.DEFAULT_ONLY,
    Verdict.PINNED,
    Verdict.COMPLIANT,
    Verdict.NOT_APPLICABLE,
)


def render(report: Report, style: Style = PLAIN) -> str:
    """Returns the report as a table with an explanation under each gap and each doubt.

    Args:
        report: what the audit found.
        style: the colours and the width, which is kept as long as the last column has 20 columns to itself.
    """
    summary = summarise(report)
    parts = [
        *blocks(report.instances, style),
        list(_remarks(report, summary, style)),
        list(newly_failing(report.comparison, style)),
        list(fixed(report.fixed, style)),
        list(worst_first(report, style)),
        list(_closing(report, summary, style)),
    ]
    return "\n\n".join("\n".join(map(harmless_line, part)) for part in parts if part) + "\n"


def _remarks(report: Report, summary: Summary, style: Style) -> Iterator[str]:
    if not report.instances:
        yield from wrap("There is no API Management instance in what was read: nothing to audit.", style.width)
    elif not summary.checks:
        yield from wrap("No instance is in a VNet: nothing to audit.", style.width)
    yield from _section("Assumptions", report.assumptions, style)
    yield from _section("Notes", report.notes, style)
    yield from _section("Waivers to look at", (problem.message for problem in report.waiver_problems), style)
    yield from _section("Not read or not certain", _told(report, needed=True), style)
    yield from _section("Of no effect on the checks", _told(report, needed=False), style)


def _section(title: str, items: Iterable[str], style: Style) -> Iterator[str]:
    lines = [line for item in items for line in wrap(printable(item), style.width, "  - ", "    ")]
    if lines:
        yield paint(title, Colour.BOLD, style)
        yield from lines


def _told(report: Report, *, needed: bool) -> Iterable[str]:
    return dict.fromkeys(_in_words(entry) for entry in report.incomplete if entry.needed is needed)


def _in_words(incomplete: Incomplete) -> str:
    message = incomplete.message or incomplete.id
    return message if incomplete.reason in message else f"{message} ({incomplete.reason})"


def _closing(report: Report, summary: Summary, style: Style) -> Iterator[str]:
    origin = [f"baseline {report.baseline}", _tags(report.service_tags)]
    if report.taken_at is not None:
        origin.append(f"taken {report.taken_at}")
    yield from wrap(printable("; ".join(origin)), style.width)
    yield from tally(report, style)
    if summary.verdicts:
        counts = sorted(summary.verdicts, key=_worst_first)
        yield from wrap(listed(counts), style.width)
    closing = wrap(sentence(summary), style.width)
    yield from (paint(line, Colour.BOLD, style) for line in closing)


def _worst_first(count: tuple[Verdict, int]) -> int:
    return _WORST_FIRST.index(count[0])


def _tags(source: ServiceTagSource) -> str:
    if source.source == "none":
        return "no service tag data"
    version = " ".join(part for part in (source.cloud, source.change_number) if part)
    return f"service tags {version} ({source.source})" if version else f"service tags ({source.source})"
