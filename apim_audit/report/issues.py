"""What a build is annotated with: a gap, a doubt, something unread, a waiver to look at; what matters most first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from apim_audit.core.facts.findings import Origin, Severity
from apim_audit.core.facts.reports import Report
from apim_audit.report.places import LOUD_PROBLEMS, Place, brief, contradictions, loud_places, loudest_first
from apim_audit.report.summary import counted

MOST = 10
"""How many issues of a kind are written: GitHub and Azure Pipelines keep no more of each from one step.

Sources: actions/toolkit, docs/problem-matchers.md; microsoft/azure-pipelines-agent, ExecutionContext.cs
(``_maxIssueCount``); both read on 2026-11-22.
"""


class Kind(Enum):
    """How loud an issue is, loudest first; the value is what people call it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Issue:
    """One annotation, in text that is fit for a screen and has no line ends.

    Attributes:
        code: the requirement, or what is wrong besides.
        title: where, and what in a word.
        origin: the file to show it at, or None.
    """

    kind: Kind
    code: str
    title: str
    message: str
    origin: Origin | None = None


_KINDS = {
    Severity.ERROR: Kind.ERROR,
    Severity.WARNING: Kind.WARNING,
    Severity.UNDECIDED: Kind.WARNING,
    Severity.NOTE: Kind.NOTE,
}


def issues(report: Report, notes_to_spare: int = 0) -> tuple[list[Issue], str]:
    """Returns the issues to write, at most 10 of each kind, and how many are left out, or an empty text.

    Waived and known gaps are no issues.

    Args:
        report: what the audit found.
        notes_to_spare: how many notes less are written, because the caller writes some.
    """
    most = {Kind.ERROR: MOST, Kind.WARNING: MOST, Kind.NOTE: MOST - notes_to_spare}
    found = list(chain(_of_waivers(report), _of_checks(report), _of_observations(report), _of_incomplete(report)))
    by_kind = {kind: [issue for issue in found if issue.kind is kind] for kind in Kind}
    left = {kind: len(by_kind[kind]) - most[kind] for kind in Kind}
    more = [counted(number, f"more {kind.value}") for kind, number in left.items() if number > 0]
    return list(chain.from_iterable(by_kind[kind][: most[kind]] for kind in Kind)), ", ".join(more)


def _of_checks(report: Report) -> Iterator[Issue]:
    counting: Iterable[Place] = (place for place in loud_places(report) if place.check.counts)
    for place in loudest_first(counting):
        check = place.check
        origin = place.origins[0] if place.origins else None
        yield Issue(
            _KINDS[check.severity], check.id, f"{place.where}: {check.id} {check.verdict}", place.sentence, origin
        )


def _of_waivers(report: Report) -> Iterator[Issue]:
    for problem in report.waiver_problems:
        kind = Kind.ERROR if problem.kind in LOUD_PROBLEMS else Kind.WARNING
        yield Issue(kind, f"waiver-{problem.kind}", f"Waiver {problem.kind}", brief(problem.message))


def _of_observations(report: Report) -> Iterator[Issue]:
    for told in contradictions(report):
        yield Issue(Kind.WARNING, "observed", "Azure itself observes otherwise", told)


def _of_incomplete(report: Report) -> Iterator[Issue]:
    for entry in report.incomplete:
        if entry.needed:
            message = brief(entry.message or entry.id)
            yield Issue(Kind.WARNING, "incomplete", f"Not read or not certain: {brief(entry.reason)}", message)
