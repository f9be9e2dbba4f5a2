"""Markdown for a job summary or a comment on a pull request: what needs attention first, never too long to be taken.

GitHub refuses a comment of more than 65,536 characters and a job summary of more than 1 MiB (GitHub documentation, read
on 2026-11-22), so each section tells how many of its rows are left out.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report
from apim_audit.report import PLAIN, Style
from apim_audit.report.display import clip
from apim_audit.report.markdown_text import code, inline
from apim_audit.report.places import (
    LOUD,
    Place,
    brief,
    contradictions,
    headline,
    loud_places,
    loudest_first,
    totals,
    verdicts,
    where,
)
from apim_audit.report.rows import name
from apim_audit.report.summary import by_severity, counted

LIMIT = 65_000
"""The most bytes of UTF-8 that are written: below the 65,536 characters of a comment, with room for a heading."""

_FOR_THE_REST = 400  # bytes kept for each later section, so that it can tell at least how many rows it has
_LONGEST = 600  # columns of a finding


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading with a table or list under it.

    Attributes:
        before: the lines in front of the rows: the heading and the head of the table.
        rows: one line each.
        after: the lines behind them.
    """

    before: tuple[str, ...]
    rows: tuple[str, ...]
    after: tuple[str, ...] = ()


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns the report as GitHub's Markdown, at most 65,000 bytes."""
    lines = [
        f"## API Management network audit: {headline(report)}",
        "",
        f"{inline(totals(report))}.",
        "",
        f"Verdicts: {verdicts(report) or 'none'}.",
        "",
        inline(_circumstances(report)),
    ]
    sections = [section for section in _sections(report) if section.rows]
    room = LIMIT - _size(lines)
    for index, section in enumerate(sections):
        kept = _FOR_THE_REST * (len(sections) - index - 1)
        fitting = _fitted(section, room - kept)
        lines += fitting
        room -= _size(fitting)
    return "\n".join(lines) + "\n"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _fitted(section: _Section, room: int) -> list[str]:
    before, after = ["", *section.before], list(section.after)
    room -= _size(before) + _size(after) + 100  # for the line that tells what is left out
    shown = 0
    for row in section.rows:
        room -= _size((row,))
        if room < 0:
            break
        shown += 1
    left = len(section.rows) - shown
    rest = ["", f"... and {left} more, left out because a comment holds no more."] if left else []
    return [*before, *section.rows[:shown], *rest, *after]


def _circumstances(report: Report) -> str:
    tags = " ".join(filter(None, (report.service_tags.cloud, report.service_tags.change_number)))
    told = [f"Baseline {report.baseline}", f"service tags: {tags or report.service_tags.source}"]
    return "; ".join([*told, *([f"taken {report.taken_at}"] if report.taken_at else [])])


def _sections(report: Report) -> Iterator[_Section]:
    places = loudest_first(loud_places(report))
    counting = tuple(_row(place) for place in places if place.check.counts)
    yield _table("What needs attention", ("Severity", "Check", "Verdict", "Where", "Finding"), counting)
    waived = tuple(_waived(place) for place in places if place.check.waiver is not None)
    yield _table("Waived", ("Check", "Verdict", "Where", "Why", "Owner", "Until"), waived)
    known = tuple(_known(place) for place in places if place.check.known and place.check.waiver is None)
    yield _table("Known gaps", ("Severity", "Check", "Verdict", "Where"), known)
    yield _list("Gaps that are no more", _fixed(report))
    yield _list("Waivers to look at", [f"{each.kind}: {each.message}" for each in report.waiver_problems])
    yield _list("Not read or not certain", [each.message or each.id for each in report.incomplete if each.needed])
    yield _list("Azure itself observes otherwise", list(contradictions(report)))
    yield _list("Assumptions and notes", [*report.assumptions, *report.notes])
    yield _every_location(report)


def _table(title: str, columns: Sequence[str], rows: tuple[str, ...]) -> _Section:
    return _Section((f"### {title}", "", *_head(columns)), rows)


def _head(columns: Sequence[str]) -> tuple[str, str]:
    return f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"


def _list(title: str, items: Sequence[str]) -> _Section:
    return _Section((f"### {title}", ""), tuple(f"- {_finding(item)}" for item in dict.fromkeys(items)))


def _finding(text: str) -> str:
    return inline(clip(brief(text), _LONGEST))


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _row(place: Place) -> str:
    check = place.check
    return _cells(check.severity, check.id, f"**{check.verdict}**", _where(place), _finding(place.sentence))


def _waived(place: Place) -> str:
    check, waiver = place.check, place.check.waiver
    if waiver is None:
        return ""
    why, owner = _finding(waiver.reason), _finding(waiver.owner)
    return _cells(f"~~{check.id}~~", f"~~{check.verdict}~~", _where(place), why, owner, inline(waiver.expires))


def _known(place: Place) -> str:
    return _cells(place.check.severity, place.check.id, place.check.verdict, _where(place))


def _where(place: Place) -> str:
    return f"{code(name(place.instance.name))} / {inline(name(place.location.location))}"


def _fixed(report: Report) -> list[str]:
    return [
        f"{gap.requirement} (was {gap.was}) at {name(gap.instance_id.rpartition('/')[2])} / {name(gap.location)}"
        for gap in report.fixed or ()
    ]


def _every_location(report: Report) -> _Section:
    rows = tuple(_summary(instance, location) for instance in report.instances for location in instance.locations)
    title = f"Every location: {counted(len(rows), 'location')}"
    head = _head(("Where", "Network model", "NSG", "Needs attention", "Without a finding"))
    opening = ("<details>", f"<summary>{title}</summary>", "", *head)
    return _Section(opening, rows, ("", "</details>"))


def _summary(instance: InstanceReport, location: LocationReport) -> str:
    counts = Counter(check.severity for check in location.checks if check.counts)
    loud = ", ".join(by_severity([(severity, counts[severity]) for severity in LOUD]))
    model = location.network_model
    judged = model.value if model is not None else f"not judged: {_finding(location.reason or 'nothing to judge')}"
    nsg = location.network_security_group_id
    fine = sum(check.severity is Severity.NONE for check in location.checks)
    return _cells(
        inline(where(instance, location)),
        judged,
        "" if nsg is None else code(name(nsg.rpartition("/")[2])),
        loud,
        f"{fine} of {len(location.checks)}" if location.checks else "",
    )
