"""Known gaps: what was there when a team turned the gate on; only what is new counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.reports import FixedGap, InstanceReport, LocationReport, Report
from apim_audit.core.facts.verdicts import Gap, Verdict

_QUIET = frozenset({Severity.NONE, Severity.UNDECIDED})
_Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class KnownGap:
    """A gap by what makes it the same one later; a gap that has changed its verdict is another one.

    Attributes:
        instance_id: the instance's id; letter case does not count.
        location: the location's name; letter case and blanks do not count.
        requirement: the id of the check.
    """

    instance_id: str
    location: str
    requirement: str
    verdict: Verdict

    @property
    def place(self) -> _Place:
        """Instance, location and requirement in the form in which they are compared."""
        return _place(self.instance_id, self.location, self.requirement)


def gaps_of(report: Report) -> Iterator[KnownGap]:
    """Yields the gaps of a report that count, in its order: neither doubts, nor what is quiet, nor what is waived."""
    for instance, location, check in _checks(report):
        if isinstance(check.outcome, Gap) and check.severity not in _QUIET and check.waiver is None:
            yield KnownGap(instance.id, location.location, check.id, check.verdict)


def recognise(report: Report, known: Iterable[KnownGap]) -> Report:
    """Returns the report with its known gaps marked, those that are closed listed, and those not seen counted.

    A gap is closed where its check is now compliant or not applicable, or is served by a default rule and that is
    enough. An instance, a location or a check that this run did not judge tells nothing.
    """
    gaps = tuple(dict.fromkeys(known))
    keys = {(gap.place, gap.verdict) for gap in gaps}
    found = {_place(instance.id, location.location, check.id): check for instance, location, check in _checks(report)}
    fixed = (
        FixedGap(gap.instance_id, gap.location, gap.requirement, gap.verdict)
        for gap in gaps
        if gap.place in found and _is_closed(found[gap.place])
    )
    unseen = sum(gap.place not in found for gap in gaps)
    return replace(
        report,
        instances=tuple(_in_instance(instance, keys) for instance in report.instances),
        fixed=(*(report.fixed or ()), *fixed),
        notes=(*report.notes, *_unseen(unseen)),
    )


def _unseen(number: int) -> Iterator[str]:
    if number:
        gaps, were = ("known gap", "was") if number == 1 else ("known gaps", "were")
        yield f"{number} {gaps} {were} not seen: this run did not judge that check of that location"


def _checks(report: Report) -> Iterator[tuple[InstanceReport, LocationReport, Check]]:
    for instance in report.instances:
        for location in instance.locations:
            for check in location.checks:
                yield instance, location, check


def _place(instance_id: str, location: str, requirement: str) -> _Place:
    return instance_id.strip().rstrip("/").lower(), "".join(location.lower().split()), requirement


def _is_closed(check: Check) -> bool:
    if check.verdict in {Verdict.COMPLIANT, Verdict.NOT_APPLICABLE}:
        return True
    return check.verdict is Verdict.DEFAULT_ONLY and check.requirement.default_rules_suffice


def _in_instance(instance: InstanceReport, keys: set[tuple[_Place, Verdict]]) -> InstanceReport:
    locations = tuple(
        replace(
            location,
            checks=tuple(_marked(check, _place(instance.id, location.location, check.id), keys) for check in checks),
        )
        for location in instance.locations
        for checks in (location.checks,)
    )
    return replace(instance, locations=locations)


def _marked(check: Check, place: _Place, keys: set[tuple[_Place, Verdict]]) -> Check:
    known = isinstance(check.outcome, Gap) and (place, check.verdict) in keys
    return replace(check, known=True) if known else check
