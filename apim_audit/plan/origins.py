"""Where a gap can be closed: each finding is led back to where its rule, its NSG or its instance is written down."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from apim_audit.core.facts.findings import Change, Check, Origin
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report
from apim_audit.core.facts.verdicts import Undecided
from apim_audit.decode.resources import fold_id
from apim_audit.plan.difference import CheckKey, is_gap, key_of_check, keyed_checks
from apim_audit.plan.model import Action, PlannedChange
from apim_audit.plan.nesting import place_of

_MOST_RULES = 5


def rule_key(nsg: str, rule: str) -> str:
    """Returns the key of a rule, by that of its NSG and by its name."""
    return f"{nsg}/securityrules/{rule.strip().lower()}"


@dataclass(frozen=True, slots=True)
class Origins:
    """Where resources and rules are written down, by key."""

    _found: dict[str, Origin]
    _written: frozenset[str]

    @classmethod
    def of(cls, changes: Collection[PlannedChange]) -> "Origins":
        """Returns the origins that a plan tells; a change tells more than what is only named."""
        found: dict[str, Origin] = {}
        for change in sorted(changes, key=lambda each: each.action is not Action.NO_CHANGE):
            key = fold_id(change.id)
            found[key] = change.origin
            for name, origin in change.rule_origins.items():
                found[rule_key(key, name)] = origin
        written = (fold_id(change.id) for change in changes if change.action is not Action.NO_CHANGE)
        return cls(found, frozenset(written))

    def of_rule(self, nsg: str, rule: str) -> Origin | None:
        """Returns where a rule is written down, or its NSG where only that is told."""
        key = fold_id(nsg)
        return self._found.get(rule_key(key, rule)) or self._found.get(key)

    def told(self, report: Report, current: Report) -> Report:
        """Returns a report whose gaps and doubts tell where to change them.

        Args:
            report: what the deployment would leave behind.
            current: what is there now: a rule that served until now and is written or deleted is the place to look.
        """
        before = {key: check for key, _, check in keyed_checks(current)}
        return replace(report, instances=tuple(self._instance(each, before) for each in report.instances))

    def _instance(self, instance: InstanceReport, before: Mapping[CheckKey, Check]) -> InstanceReport:
        locations = tuple(self._location(instance, each, before) for each in instance.locations)
        return replace(instance, locations=locations)

    def _location(
        self, instance: InstanceReport, location: LocationReport, before: Mapping[CheckKey, Check]
    ) -> LocationReport:
        nsg = fold_id(location.network_security_group_id or "")
        origin = self._found.get(nsg) or self._found.get(fold_id(instance.id))
        checks = tuple(
            self._check(instance, location, check, before.get(key_of_check(instance, location, check)))
            for check in location.checks
        )
        return replace(location, checks=checks, origin=origin)

    def _check(self, instance: InstanceReport, location: LocationReport, check: Check, before: Check | None) -> Check:
        if check.origins or not (is_gap(check) or isinstance(check.outcome, Undecided)):
            return check
        keys = self._rules(location, check, before)
        return replace(check, origins=tuple(dict.fromkeys(self._origins(instance, location, keys))))

    def _rules(self, location: LocationReport, check: Check, before: Check | None) -> list[str]:
        """Returns the keys of the rules to look at; of a gap that is caused those that the plan writes or deletes."""
        nsg = fold_id(location.network_security_group_id or "")
        decided = [rule.name for rule in check.evidence.decided_by if not rule.default and rule.access != "Allow"]
        names = [*decided, *(rule.name for rule in check.evidence.shadowed)]
        keys = [rule_key(nsg, name) for name in names]
        if check.change is not Change.CAUSED:
            return keys
        served = () if before is None else before.evidence.decided_by
        candidates = [*keys, *(rule_key(nsg, rule.name) for rule in served)]
        written = [key for key in candidates if key in self._written]
        if not written and nsg not in self._written and not names:
            # Nothing decides, so that any rule which the plan changes may be the reason.
            written = sorted(key for key in self._written if key.startswith(rule_key(nsg, "")))[:_MOST_RULES]
        return written or keys

    def _origins(self, instance: InstanceReport, location: LocationReport, keys: Iterable[str]) -> Iterator[Origin]:
        nsg = fold_id(location.network_security_group_id or "")
        rules = [self._found.get(key) for key in keys]
        yield from (rule for rule in rules if rule is not None)
        if any(rule is not None for rule in rules):
            return
        # No rule speaks of it, so the place for one is the NSG; without an NSG it is the subnet.
        for key in (nsg, fold_id(location.subnet_id or ""), fold_id(instance.id)):
            place = place_of(key)
            found = self._found.get(key) or (None if place is None else self._found.get(place.parent))
            if found is not None:
                yield found
                return
