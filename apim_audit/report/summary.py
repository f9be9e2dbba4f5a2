"""What a report comes to: counts, in the stable order of verdicts and severities."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a report.

    Attributes:
        verdicts: (verdict, count) of those that occur.
        severities: (severity, count) of those that occur.
        uncertain: resources that a judged location needs and that were not read, not wholly, or not in one way.
        waived: checks that a waiver covers; they are among the counts above, and so are known ones.
        known: known gaps that no waiver covers.
    """

    instances: int
    locations: int
    checks: int
    verdicts: tuple[tuple[Verdict, int], ...]
    severities: tuple[tuple[Severity, int], ...]
    uncertain: int
    waived: int = 0
    known: int = 0


def summarise(report: Report) -> Summary:
    """Returns the counts of a report."""
    checks = tuple(report.checks())
    severities = Counter(check.severity for check in checks)
    return Summary(
        instances=len(report.instances),
        locations=sum(len(instance.locations) for instance in report.instances),
        checks=len(checks),
        verdicts=verdict_counts(checks),
        severities=tuple((severity, severities[severity]) for severity in Severity if severities[severity]),
        uncertain=len({entry.id.lower() for entry in report.incomplete if entry.needed}),
        waived=sum(check.waiver is not None for check in checks),
        known=sum(check.known and check.waiver is None for check in checks),
    )


def verdict_counts(checks: Iterable[Check]) -> tuple[tuple[Verdict, int], ...]:
    """Returns (verdict, count) of the verdicts that occur, in their stable order."""
    counts = Counter(check.verdict for check in checks)
    return tuple((verdict, counts[verdict]) for verdict in Verdict if counts[verdict])


def counted(number: int, thing: str) -> str:
    """Returns a number with its noun: ``1 location``, ``2 locations``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def sentence(summary: Summary) -> str:
    """Returns the counts on one line for people."""
    what = f"{counted(summary.instances, 'instance')}, {counted(summary.locations, 'location')}"
    parts = [f"{what}, {counted(summary.checks, 'check')}"]
    if summary.checks:
        parts.append((", ".join(by_severity(summary.severities)) or "no gap") + _accepted(summary))
    if summary.uncertain:
        parts.append(f"{counted(summary.uncertain, 'resource')} not read or not certain")
    return "; ".join(parts)


def _accepted(summary: Summary) -> str:
    kinds = ((summary.waived, "waived"), (summary.known, "known"))
    told = ", ".join(f"{number} {kind}" for number, kind in kinds if number)
    return f" (of these {told})" if told else ""


def by_severity(counts: Iterable[tuple[Severity, int]]) -> list[str]:
    """Returns how many checks need attention, one phrase a severity that occurs: ``3 errors``, ``1 undecided``."""
    return [
        f"{number} {severity}" if severity is Severity.UNDECIDED else counted(number, severity)
        for severity, number in sorted(counts, key=_told_last)
        if number and severity is not Severity.NONE
    ]


def _told_last(count: tuple[Severity, int]) -> bool:
    return count[0] is Severity.UNDECIDED


def listed(counts: Iterable[tuple[StrEnum, int]]) -> str:
    """Returns counts as a list for people: ``3 blocked, 1 missing``."""
    return ", ".join(f"{number} {name}" for name, number in counts)
