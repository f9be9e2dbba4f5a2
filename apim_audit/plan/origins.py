"""Where a gap can be closed: each finding is led back to where its rule, its NSG or its instance is written down."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from apim_audit.core.findings import Check, InstanceReport, LocationReport, Origin, Report, Undecided
from apim_audit.decode.resources import fold_id
from apim_audit.plan.difference import is_gap
from apim_audit.plan.model import Action, PlannedChange
from apim_audit.plan.nesting import place_of


@dataclass(frozen=True, slots=True)
class Origins:
    """Where resources and rules are written down, by key."""

    _found: dict[str, Origin]

    @classmethod
    def of(cls, changes: Iterable[PlannedChange]) -> "Origins":
        """Returns the origins that a plan tells; a change tells more than what is only named."""
        found: dict[str, Origin] = {}
        for change in sorted(changes, key=lambda each: each.action is not Action.NO_CHANGE):
            key = fold_id(change.id)
            if change.action is not Action.DELETE:
                found[key] = change.origin
            for name, origin in change.rule_origins.items():
                found[f"{key}/securityrules/{name.strip().lower()}"] = origin
        return cls(found)

    def told(self, report: Report) -> Report:
        """Returns a report whose gaps and doubts tell where to change them."""
        return replace(report, instances=tuple(map(self._instance, report.instances)))

    def _instance(self, instance: InstanceReport) -> InstanceReport:
        return replace(instance, locations=tuple(self._location(instance, each) for each in instance.locations))

    def _location(self, instance: InstanceReport, location: LocationReport) -> LocationReport:
        nsg = fold_id(location.network_security_group_id or "")
        origin = self._found.get(nsg) or self._found.get(fold_id(instance.id))
        checks = tuple(self._check(instance, location, check) for check in location.checks)
        return replace(location, checks=checks, origin=origin)

    def _check(self, instance: InstanceReport, location: LocationReport, check: Check) -> Check:
        if check.origins or not (is_gap(check) or isinstance(check.outcome, Undecided)):
            return check
        return replace(check, origins=tuple(dict.fromkeys(self._origins(instance, location, check))))

    def _origins(self, instance: InstanceReport, location: LocationReport, check: Check) -> Iterator[Origin]:
        nsg = fold_id(location.network_security_group_id or "")
        evidence = check.evidence
        names = [rule.name for rule in evidence.decided_by if not rule.default and rule.access != "Allow"]
        names += [rule.name for rule in evidence.shadowed]
        rules = [self._found.get(f"{nsg}/securityrules/{name.strip().lower()}") for name in names]
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
