"""Waivers: gaps that somebody accepts, with a reason and until a day; verdict and severity stay what they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from apim_audit.core.accepting.resource_patterns import ResourcePattern, segments_of
from apim_audit.core.facts.findings import Check, Severity, Waiver
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report, WaiverProblem, WaiverProblemKind
from apim_audit.core.facts.verdicts import Gap, Undecided, Verdict


@dataclass(frozen=True, slots=True)
class WaiverRule:
    """A waiver as its file states it.

    Attributes:
        number: its place in the file, from 1.
        requirement: the id of the check.
        resource: the ids of instances, subnets or NSGs at which it holds.
        verdict: the only verdict that it covers; None covers every gap, but no doubt.
        waiver: why, by whom, until when.
    """

    number: int
    requirement: str
    resource: ResourcePattern
    verdict: Verdict | None
    waiver: Waiver

    def covers(self, check: Check) -> bool:
        """Tells whether it covers what was found, wherever that is; of a gap in several worlds the worst counts."""
        if check.severity is Severity.NONE:
            return False
        match check.outcome:
            case Gap(verdict=verdict):
                return self.verdict in {None, verdict}
            case Undecided():
                return self.verdict is Verdict.UNKNOWN
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of a run, in the order of their file.

    Attributes:
        unwaivable: ids of requirements that must not be waived.
    """

    rules: tuple[WaiverRule, ...] = ()
    unwaivable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Today:
    """The day of the run; the core has no clock.

    Attributes:
        day: ISO 8601, in UTC.
        soon: the last day on which an expiry is worth a warning.
    """

    day: str
    soon: str


def waive(report: Report, waivers: Waivers, today: Today) -> Report:
    """Returns the report with each covered check bearing its waiver, and with what is wrong with the waivers."""
    if not waivers.rules:
        return report
    about: dict[str, list[WaiverRule]] = {}
    for rule in waivers.rules:
        about.setdefault(rule.requirement, []).append(rule)
    desk = _Desk(waivers, today, about)
    instances = tuple(_in_instance(instance, desk) for instance in report.instances)
    problems = (*report.waiver_problems, *desk.problems())
    return replace(report, instances=instances, waiver_problems=problems)


def _in_instance(instance: InstanceReport, desk: "_Desk") -> InstanceReport:
    locations = (_in_location(location, instance.id, desk) for location in instance.locations)
    return replace(instance, locations=tuple(locations))


def _in_location(location: LocationReport, instance_id: str, desk: "_Desk") -> LocationReport:
    ids = [segments_of(each) for each in (instance_id, location.subnet_id, location.network_security_group_id) if each]
    return replace(location, checks=tuple(desk.stamped(check, ids) for check in location.checks))


@dataclass(frozen=True, slots=True)
class _Desk:
    """Remembers, while checks pass over it, which waivers met what; rules are kept by their number.

    Attributes:
        about: the rules of each requirement.
        met: those whose requirement and resource were met, whatever the verdict.
        used: those that cover a check, or could if another did not.
        lapsed: those that would cover a check, had they not expired.
    """

    waivers: Waivers
    today: Today
    about: Mapping[str, Sequence[WaiverRule]]
    met: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    lapsed: set[int] = field(default_factory=set)

    def stamped(self, check: Check, ids: Sequence[Sequence[str]]) -> Check:
        rules = [rule for rule in self.about.get(check.id, ()) if any(map(rule.resource.matches, ids))]
        self.met.update(rule.number for rule in rules)
        covering = [rule for rule in rules if rule.covers(check) and not self._is_forbidden(rule)]
        valid = [rule for rule in covering if not self._has_expired(rule)]
        if not valid:
            self.lapsed.update(rule.number for rule in covering)
            return check
        self.used.update(rule.number for rule in valid)
        longest = max(valid, key=lambda rule: rule.waiver.expires)
        return replace(check, waiver=longest.waiver)

    def problems(self) -> Iterator[WaiverProblem]:
        """Yields what is wrong with each waiver, in the order of the file."""
        for rule in self.waivers.rules:
            kind = self._kind(rule)
            if kind is not None:
                yield WaiverProblem(kind, f"waiver {rule.number} ({rule.requirement}) {self._told(rule, kind)}")

    def _is_forbidden(self, rule: WaiverRule) -> bool:
        return rule.requirement in self.waivers.unwaivable

    def _has_expired(self, rule: WaiverRule) -> bool:
        return rule.waiver.expires < self.today.day  # both ISO 8601, so that the order of the texts is that of days

    def _kind(self, rule: WaiverRule) -> WaiverProblemKind | None:
        if self._is_forbidden(rule):
            return WaiverProblemKind.UNWAIVABLE
        if rule.number in self.lapsed:
            return WaiverProblemKind.EXPIRED
        if rule.number not in self.used:
            return WaiverProblemKind.UNUSED
        return WaiverProblemKind.EXPIRING if rule.waiver.expires <= self.today.soon else None

    def _told(self, rule: WaiverRule, kind: WaiverProblemKind) -> str:
        return _WORDS[kind](rule, rule.number in self.met) + self._also(rule, kind)

    def _also(self, rule: WaiverRule, kind: WaiverProblemKind) -> str:
        lapsed = kind is WaiverProblemKind.UNUSED and self._has_expired(rule)
        return f"; it expired on {rule.waiver.expires}" if lapsed else ""


def _expired(rule: WaiverRule, _met: bool) -> str:  # noqa: FBT001  (one signature for all four)
    when, owner = rule.waiver.expires, rule.waiver.owner
    return f"expired on {when} and covers nothing any more: close the gap, or have {owner} renew it"


def _expiring(rule: WaiverRule, _met: bool) -> str:  # noqa: FBT001
    return f"expires on {rule.waiver.expires}: close the gap by then, or have {rule.waiver.owner} renew it"


def _unused(rule: WaiverRule, met: bool) -> str:  # noqa: FBT001
    if not met:
        return "matches nothing: no resource with such a check was judged; correct its resource, or remove it"
    wanted = "no gap" if rule.verdict is None else f"not {rule.verdict}"
    return f"covers nothing: where it applies, {rule.requirement} is {wanted}; remove it"


def _unwaivable(rule: WaiverRule, _met: bool) -> str:  # noqa: FBT001
    return f"covers nothing: {rule.requirement} must not be waived; remove it"


_WORDS: Mapping[WaiverProblemKind, Callable[[WaiverRule, bool], str]] = {
    WaiverProblemKind.EXPIRED: _expired,
    WaiverProblemKind.EXPIRING: _expiring,
    WaiverProblemKind.UNUSED: _unused,
    WaiverProblemKind.UNWAIVABLE: _unwaivable,
}
