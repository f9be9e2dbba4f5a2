"""What a deployment changes for the better and for the worse: the planned verdicts beside the current ones."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from apim_audit.core.facts.findings import Change, Check, Severity
from apim_audit.core.facts.reports import FixedGap, Incomplete, InstanceReport, LocationReport, Report
from apim_audit.core.facts.rules import Access
from apim_audit.core.facts.verdicts import Evidence, Undecided, Verdict
from apim_audit.decode.instances import location_key
from apim_audit.decode.resources import fold_id

CheckKey = tuple[str, str, str]
"""Which check it is: of which instance, at which location, of which requirement."""

_WORSE = (Verdict.PINNED, Verdict.DEFAULT_ONLY, Verdict.PARTIAL, Verdict.MISSING, Verdict.BLOCKED)
_LOUDER = (Severity.NONE, Severity.NOTE, Severity.WARNING, Severity.ERROR)


def beside(planned: Report, current: Report, touched: AbstractSet[str]) -> Report:
    """Returns the planned report, each gap and doubt told to be caused by the plan or already there.

    A gap is caused where there was none, none for certain, or a lesser one; also where another rule than before drops
    part of the flows. A doubt is already there where exactly the same was in doubt; but where the plan touches an
    instance of which nothing could be judged, before or after, nobody can vouch for the plan, so that its doubts count
    as caused.

    Args:
        planned: what the deployment would leave behind.
        current: what is there now.
        touched: the keys of the instances that the plan touches.
    """
    comparing = _Comparing({key: check for key, _, check in keyed_checks(current)}, touched)
    instances = tuple(comparing.instance(instance) for instance in planned.instances)
    known = frozenset(current.incomplete)
    incomplete = tuple(replace(each, already_there=each in known) for each in planned.incomplete)
    fixed = tuple(_fixed(current, {key: check for key, _, check in keyed_checks(planned)}))
    return replace(planned, instances=instances, incomplete=incomplete, fixed=fixed)


def keyed_checks(report: Report) -> Iterator[tuple[CheckKey, tuple[InstanceReport, LocationReport], Check]]:
    """Yields every check of a report with its key, its instance and its location."""
    for instance in report.instances:
        for location in instance.locations:
            for check in location.checks:
                yield key_of_check(instance, location, check), (instance, location), check


def key_of_check(instance: InstanceReport, location: LocationReport, check: Check) -> CheckKey:
    """Returns which check it is, the same in a current and in a planned state."""
    return fold_id(instance.id), location_key(location.location), check.id


def is_gap(check: Check) -> bool:
    """Tells whether a check is a gap that anybody is told of."""
    return check.verdict in _WORSE and check.severity is not Severity.NONE


def _is_doubt(check: Check) -> bool:
    return isinstance(check.outcome, Undecided) and check.severity is Severity.UNDECIDED


@dataclass(frozen=True, slots=True)
class _Comparing:
    before: Mapping[CheckKey, Check]
    touched: AbstractSet[str]

    def instance(self, instance: InstanceReport) -> InstanceReport:
        return replace(instance, locations=tuple(self._location(instance, each) for each in instance.locations))

    def _location(self, instance: InstanceReport, location: LocationReport) -> LocationReport:
        checks = [self._check(key_of_check(instance, location, check), check) for check in location.checks]
        return replace(location, checks=tuple(checks))

    def _check(self, key: CheckKey, check: Check) -> Check:
        before = self.before.get(key)
        if is_gap(check):
            caused = before is None or _is_worse(check, before)
        elif _is_doubt(check):
            caused = before is None or check.outcome != before.outcome or self._cannot_be_vouched_for(key, check)
        else:
            return check
        return replace(check, change=Change.CAUSED if caused else Change.ALREADY_THERE)

    def _cannot_be_vouched_for(self, key: CheckKey, check: Check) -> bool:
        return key[0] in self.touched and check.evidence == Evidence()


def _is_worse(check: Check, before: Check) -> bool:
    if not is_gap(before):
        return True
    if _denying(check) - _denying(before) and check.verdict is Verdict.PARTIAL:
        return True  # another rule drops some of it, so that perhaps more is lost than was
    verdict = _WORSE.index(check.verdict) > _WORSE.index(before.verdict)
    return verdict or _LOUDER.index(check.severity) > _LOUDER.index(before.severity)


def _denying(check: Check) -> frozenset[str]:
    return frozenset(rule.name for rule in check.evidence.decided_by if rule.access == Access.DENY)


def _fixed(current: Report, after: Mapping[CheckKey, Check]) -> Iterator[FixedGap]:
    for key, (instance, location), check in keyed_checks(current):
        now = after.get(key)
        if is_gap(check) and now is not None and not is_gap(now) and not isinstance(now.outcome, Undecided):
            yield FixedGap(instance.id, location.location, check.id, check.verdict)


def only_caused(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Returns the checks that a plan causes."""
    return tuple(check for check in checks if check.change is Change.CAUSED)


def not_there_before(incomplete: Sequence[Incomplete]) -> tuple[Incomplete, ...]:
    """Returns what was not read for the plan's sake alone."""
    return tuple(entry for entry in incomplete if not entry.already_there)
