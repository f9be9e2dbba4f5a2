"""Network security groups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apim_audit.core.facts.estate import NetworkSecurityGroup, Unreadable
from apim_audit.core.facts.rules import Direction, SecurityRule
from apim_audit.core.facts.text import printable
from apim_audit.decode.fields import FieldError, phrase
from apim_audit.decode.index import REMOVE_ONE
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Resource, fold_id, name_in, parent_of
from apim_audit.decode.rules import directions_of, faults_of, read_rule

CUSTOM_PRIORITIES = range(100, 4097)
"""The priorities that Azure accepts for custom rules (Azure documentation, network-security-groups-overview)."""

SeparateRules = Mapping[str, list[Resource]]
"""Rules that are given as documents of their own, by the key of their NSG."""


@dataclass(slots=True)
class _Rules:
    """The rules of one NSG while they are read."""

    group: Resource
    problems: Problems
    found: list[SecurityRule] = field(default_factory=list)
    doubts: dict[Direction, list[str]] = field(default_factory=dict)

    def read(self, body: object, resource: Resource, path: str) -> SecurityRule | None:
        try:
            return read_rule(body)
        except FieldError:
            faults = faults_of(body)
        resource.report(self.problems, [fault.within(path) for fault in faults], self.group.key)
        self.doubt(directions_of(body), f"{_rule_title(body, path)} of {name_in(self.group.id)}: {_brief(faults)}")
        return None

    def doubt(self, directions: Iterable[Direction], why: str) -> None:
        for direction in directions:
            self.doubts.setdefault(direction, []).append(why)

    def add(self, resource: Resource) -> None:
        """Adds a rule that is a document of its own, unless it stands in the NSG already."""
        rule = self.read(resource.body, resource, resource.path)
        if rule is None:
            return
        twins = [other for other in self.found if other.name.strip().lower() == rule.name.strip().lower()]
        if not twins:
            self.found.append(rule)
        elif rule not in twins:
            why = f"rule {printable(rule.name)} of {name_in(self.group.id)} is given twice with different content"
            message = f"{printable(resource.source)}: {why}; {REMOVE_ONE}"
            self.problems.add(self.group.key, resource.id, "duplicate", message)
            self.doubt({rule.direction, *(twin.direction for twin in twins)}, why)

    def finish(self) -> NetworkSecurityGroup:
        unreadable = {direction: _first(self.doubts[direction]) for direction in Direction if direction in self.doubts}
        return NetworkSecurityGroup(self.group.id, tuple(self.found), unreadable, self.group.origin)


def separate_rules(resources: Iterable[Resource]) -> SeparateRules:
    """Returns security rules that are documents of their own, by the key of their NSG."""
    found: dict[str, list[Resource]] = {}
    for resource in resources:
        found.setdefault(fold_id(parent_of(resource.id)), []).append(resource)
    return found


def read_group(resource: Resource, separate: SeparateRules, problems: Problems) -> NetworkSecurityGroup | Unreadable:
    """Returns an NSG; a rule that cannot be understood makes its direction unreadable, and the others remain."""
    fields = resource.fields()
    properties = fields.inside("properties", required=True)
    loose = separate.get(resource.key, [])
    if not loose and not fields.errors and not properties.has("securityRules"):
        properties.wrong("securityRules", "a list")
    bodies = properties.values("securityRules")
    if fields.errors:
        resource.report(problems, fields.errors)
        return Unreadable(resource.id, f"{resource.title} cannot be understood: {phrase(fields.errors)}")
    rules = _Rules(resource, problems)
    for number, body in enumerate(bodies):
        rule = rules.read(body, resource, f"properties.securityRules[{number}].")
        if rule is not None:
            rules.found.append(rule)
    for each in loose:
        rules.add(each)
    return rules.finish()


def substance_of_group(group: NetworkSecurityGroup | Unreadable) -> object:
    """Returns what matters of an NSG."""
    if isinstance(group, Unreadable):
        return group.message
    # Priorities order the rules, not their place in the document.
    return sorted(group.rules, key=lambda rule: (rule.direction, rule.priority, rule.name)), group.unreadable


def notes_on_group(group: NetworkSecurityGroup) -> list[str]:
    """Returns what people should know of an NSG that Azure would not accept as it is."""
    title = f"NSG {name_in(group.id)}"
    outside = [rule for rule in group.rules if rule.priority not in CUSTOM_PRIORITIES]
    notes = [f"{title}: priorities outside 100 to 4096, which Azure refuses: {_listed(outside)}"] if outside else []
    shared = [rule for rules in _by_priority(group).values() if len(rules) > 1 for rule in rules]
    if shared:
        notes.append(f"{title}: rules share a priority, so that either may come first: {_listed(shared)}")
    return notes


def _by_priority(group: NetworkSecurityGroup) -> dict[tuple[Direction, int], list[SecurityRule]]:
    found: dict[tuple[Direction, int], list[SecurityRule]] = {}
    for rule in group.rules:
        found.setdefault((rule.direction, rule.priority), []).append(rule)
    return found


def _listed(rules: Iterable[SecurityRule]) -> str:
    return ", ".join(f"{printable(rule.name)} ({rule.direction} {rule.priority})" for rule in rules)


def _rule_title(body: object, path: str) -> str:
    name = body.get("name") if isinstance(body, dict) else None
    return f"rule {printable(name)}" if isinstance(name, str) and name.strip() else f"rule {path.rstrip('.')}"


def _brief(faults: tuple[FieldError, ...]) -> str:
    return ", ".join(fault.brief for fault in faults)


def _first(doubts: list[str]) -> str:
    return doubts[0] if len(doubts) == 1 else f"{doubts[0]}; and {len(doubts) - 1} more"
