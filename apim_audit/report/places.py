"""Checks one by one with where they stand, for the formats that annotate files and builds."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apim_audit.core.facts.findings import Change, Check, Origin, Severity, Standing
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report, WaiverProblemKind
from apim_audit.core.facts.text import printable
from apim_audit.report.display import clip
from apim_audit.report.rows import name
from apim_audit.report.summary import by_severity, counted, listed, summarise

LOUD = (Severity.ERROR, Severity.WARNING, Severity.UNDECIDED, Severity.NOTE)
"""The severities that need attention, loudest first."""

LOUD_PROBLEMS = frozenset({WaiverProblemKind.EXPIRED, WaiverProblemKind.UNWAIVABLE})
"""What is wrong with a waiver so that it covers nothing."""

_LONGEST_MESSAGE = 2000
_CHANGES = {Change.CAUSED: "the plan causes it", Change.ALREADY_THERE: "it is there before the plan"}
_RANK = {severity: rank for rank, severity in enumerate(LOUD)}


@dataclass(frozen=True, slots=True)
class Place:
    """A check with its location and instance."""

    instance: InstanceReport
    location: LocationReport
    check: Check

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The files to look into: those that a plan or template tells, else that of the NSG; none for a live run."""
        return self.check.origins or (() if self.location.origin is None else (self.location.origin,))

    @property
    def where(self) -> str:
        """The instance and the location, fit for a screen: ``contoso / westeurope``."""
        return where(self.instance, self.location)

    @property
    def sentence(self) -> str:
        """What was found, fit for a screen and not longer than an annotation may be."""
        return brief(sentence_of(self.check))


def sentence_of(check: Check) -> str:
    """Returns what was found, as it was worked out, with what a plan or a feature of the instance has to do with it."""
    aside = [] if check.change is None else [_CHANGES[check.change]]
    aside += [] if check.raised_by is None else [f"required by {check.raised_by}"]
    told = check.message or check.reason or check.verdict.value
    return f"{told} ({'; '.join(aside)})" if aside else told


def where(instance: InstanceReport, location: LocationReport) -> str:
    """Returns an instance and its location, fit for a screen: ``contoso / westeurope``."""
    return f"{name(instance.name)} / {name(location.location)}"


def brief(text: str) -> str:
    """Returns a sentence fit for a screen, cut where it is longer than anybody reads."""
    return clip(printable(text), _LONGEST_MESSAGE)


def loud_places(report: Report) -> Iterator[Place]:
    """Yields the checks that have a severity, waived and known ones too, in the order of the report."""
    for instance in report.instances:
        for location in instance.locations:
            for check in location.checks:
                if check.severity is not Severity.NONE:
                    yield Place(instance, location, check)


def loudest_first(places: Iterable[Place]) -> list[Place]:
    """Returns the checks by severity, loudest first; those that do not count come last."""
    return sorted(places, key=lambda place: (not place.check.counts, _RANK[place.check.severity]))


def contradictions(report: Report) -> Iterator[str]:
    """Yields, fit for a screen, where what the service itself observes disagrees with the computed verdicts."""
    for instance in report.instances:
        for location in instance.locations:
            for observed in location.observed:
                if observed.standing is Standing.DISAGREES:
                    yield f"{where(instance, location)}: {brief(observed.message)}"


def headline(report: Report) -> str:
    """Returns how many checks of each severity count: ``3 errors, 1 undecided``, or ``no gap``."""
    counts = Counter(place.check.severity for place in loud_places(report) if place.check.counts)
    return ", ".join(by_severity([(severity, counts[severity]) for severity in Severity])) or "no gap"


def totals(report: Report) -> str:
    """Returns on one line what was looked at, what counts, what does not, and what is not certain."""
    summary = summarise(report)
    places = f"{counted(summary.instances, 'instance')}, {counted(summary.locations, 'location')}"
    parts = [f"{places}, {counted(summary.checks, 'check')}: {headline(report)}"]
    aside = [check for check in report.checks() if not check.counts]
    waived = sum(check.waiver is not None for check in aside)
    parts += [f"{waived} waived"] if waived else []
    parts += [counted(len(aside) - waived, "known gap")] if len(aside) > waived else []
    parts += [f"{counted(summary.uncertain, 'resource')} not read or not certain"] if summary.uncertain else []
    return "; ".join(parts)


def verdicts(report: Report) -> str:
    """Returns the number of checks of each verdict, waived and known ones too: ``5 compliant, 1 blocked``."""
    return listed(summarise(report).verdicts)
