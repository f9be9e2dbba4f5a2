"""Effective security admin rules of Azure Virtual Network Manager, one document a VNet.

The document has the id, the type and the names that Resource Graph gives it (azure-docs,
``virtual-network-manager/query-azure-resource-graph.md``, 2023-11-02): ``EffectiveSecurityAdminConfigurations``, each
with an ``Id``, in two letter cases. Resource Graph does not tell the rules there; in our documents they stand in
``rules`` of each configuration, as the operation ``listNetworkManagerEffectiveSecurityAdminRules`` of the VNet answers
them. That answer's own list, ``value`` with ``skipToken``, is read as well.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apim_audit.core.facts.estate import AdminRules, Unreadable
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.facts.text import printable
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.decode.fields import FieldError, Fields, in_camel_case, phrase
from apim_audit.decode.index import REMOVE_ONE
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Resource, fold_id, network_of_admin_rules
from apim_audit.decode.rules import DIRECTIONS, PORTS, PROTOCOLS, port_set, ports_remedy

_ACCESS = {member.value: member for member in Access}
_WITH_PORTS = frozenset({"tcp", "udp", "*"})
_CONFIGURATIONS = "effectiveSecurityAdminConfigurations"
_RULES_APART = (
    "is missing: Resource Graph names the configuration but not its rules; "
    "read them with `apim-audit collect --admin-rules`"
)
_RULE_ID = re.compile(
    r".*/networkManagers/(?P<manager>[^/]+)/securityAdminConfigurations/(?P<configuration>[^/]+)"
    r"/ruleCollections/(?P<collection>[^/]+)/rules/(?P<rule>[^/]+)(?:/snapshots/[^/]+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule with where it comes from.

    Attributes:
        id: of the rule, empty where it is not told.
        whole: whether its ports are told.
    """

    id: str
    rule: SecurityRule
    whole: bool

    @property
    def manager(self) -> str:
        """The id of its network manager, folded, or empty."""
        return fold_id(self.id).partition("/securityadminconfigurations/")[0] if _RULE_ID.fullmatch(self.id) else ""

    def named(self, number: int) -> SecurityRule:
        """Returns the rule with a name that tells it from others of the same name."""
        match = _RULE_ID.fullmatch(self.id)
        return self.rule._replace(name="/".join(match.groups()) if match else f"{self.rule.name} ({number})")


def read_admin_rules(resource: Resource, problems: Problems) -> AdminRules | Unreadable:
    """Returns the admin rules of a VNet; one that cannot be understood makes them all Unreadable."""
    try:
        body = in_camel_case(resource.body)
    except FieldError as error:
        return _not_understood(resource, problems, [error])
    fields = Fields(body if isinstance(body, dict) else {})
    properties = fields.inside("properties", required=True)
    unsettled = _unsettled(properties)
    rules = _distinct([rule for each in _listed(properties) if (rule := _rule(each)) is not None], properties.errors)
    if fields.errors:
        return _not_understood(resource, problems, fields.errors)
    trouble = unsettled or _contested(rules)
    if trouble:
        message = f"{resource.title} {trouble}"
        problems.add(resource.key, resource.id, "unavailable", f"{printable(resource.source)}: {message}")
        return Unreadable(network_of_admin_rules(resource.id), message)
    _tell_of_ports(resource, rules, problems)
    return AdminRules(_renamed(rules))


def substance_of_admin_rules(rules: AdminRules | Unreadable) -> object:
    """Returns what matters of a VNet's admin rules."""
    return rules.message if isinstance(rules, Unreadable) else rules


def _not_understood(resource: Resource, problems: Problems, errors: Sequence[FieldError]) -> Unreadable:
    resource.report(problems, errors)
    message = f"{resource.title} cannot be understood: {phrase(errors)}"
    return Unreadable(network_of_admin_rules(resource.id), message)


def _listed(properties: Fields) -> list[Fields]:
    """Returns the rules, wherever they stand in the document."""
    beside = [*properties.each("rules"), *properties.each("value")]
    told = properties.has("rules") or properties.has("value")
    if not told and not properties.has(_CONFIGURATIONS) and not properties.errors:
        properties.wrong(_CONFIGURATIONS, "a list")
    within = [rule for each in properties.each(_CONFIGURATIONS) for rule in _rules_of(each, told_beside=told)]
    return [*beside, *within]


def _rules_of(configuration: Fields, *, told_beside: bool) -> list[Fields]:
    collections = configuration.each("ruleCollections")
    for holder in collections or [configuration]:
        if not told_beside and not holder.has("rules"):
            holder.fault("rules", _RULES_APART)
    return [rule for holder in (configuration, *collections) for rule in holder.each("rules")]


def _rule(fields: Fields) -> _Rule | None:
    before = len(fields.errors)
    # The answer of the operation nests what the Azure CLI and PowerShell write flat.
    inner = fields.inside("properties") if fields.has("properties") else fields
    protocol = inner.word("protocol", PROTOCOLS, "Tcp, Udp, Icmp, Esp, Ah or Any")
    ports = [_ports(inner, "sourcePortRanges"), _ports(inner, "destinationPortRanges")]
    whole = None not in ports or protocol not in _WITH_PORTS
    rule = SecurityRule(
        name=_name(fields, inner),
        priority=inner.number("priority") or 0,
        direction=inner.word("direction", DIRECTIONS, "Inbound or Outbound") or Direction.INBOUND,
        access=inner.word("access", _ACCESS, "Allow, Deny or AlwaysAllow") or Access.DENY,
        protocol=protocol or "",
        source=_side(inner, "sources"),
        source_ports=ports[0] or ALL_PORTS,
        destination=_side(inner, "destinations"),
        destination_ports=ports[1] or ALL_PORTS,
        # A rule that names no ports may match any of them or none: it is perhaps there.
        certain=_is_settled(inner) and whole,
        admin=True,
    )
    return _Rule(fields.text("id") or "", rule, whole) if len(fields.errors) == before else None


def _name(fields: Fields, inner: Fields) -> str:
    match = _RULE_ID.fullmatch(fields.text("id") or "")
    if match:
        return match["rule"]
    last = (fields.text("id") or "").rstrip("/").rpartition("/")[2]
    return fields.text("name") or inner.text("displayName") or last or fields.required_text("name")


def _is_settled(fields: Fields) -> bool:
    return (fields.text("provisioningState") or "Succeeded").lower() == "succeeded"


def _ports(fields: Fields, name: str) -> IntervalSet | None:
    texts = fields.texts(name)
    try:
        return port_set(texts) if texts else None
    except ValueError as error:
        fields.wrong(name, f"a list of which each is {PORTS}", ports_remedy(str(error), name))
        return None


def _side(fields: Fields, name: str) -> Side:
    expressions: list[str] = []
    groups: list[str] = []
    for item in fields.each(name):
        text = item.required_text("addressPrefix")
        kind = (item.text("addressPrefixType") or "IPPrefix").lower()
        if kind == "networkgroup":
            groups.append(text)
        elif kind in {"ipprefix", "servicetag"}:
            expressions.append(text)
        else:
            item.wrong("addressPrefixType", "IPPrefix, ServiceTag or NetworkGroup")
    return Side(tuple(dict.fromkeys(expressions)), network_groups=tuple(dict.fromkeys(groups)))


def _distinct(rules: Iterable[_Rule], errors: list[FieldError]) -> list[_Rule]:
    """Returns the rules, each once; two that share an id and differ are an error."""
    found: dict[str | int, _Rule] = {}
    for number, rule in enumerate(rules):
        first = found.setdefault(fold_id(rule.id) or number, rule)
        if first.rule != rule.rule:
            problem = "is given twice with different content"
            errors.append(FieldError(f"rule {printable(rule.rule.name)}", problem, REMOVE_ONE))
    return list(found.values())


def _renamed(rules: Sequence[_Rule]) -> tuple[SecurityRule, ...]:
    """Returns the rules with names that tell them apart: those of two collections may share theirs."""
    count = Counter(each.rule.name.lower() for each in rules)
    return tuple(
        each.rule if count[each.rule.name.lower()] == 1 else each.named(number)
        for number, each in enumerate(rules, start=1)
    )


def _unsettled(properties: Fields) -> str:
    """Tells why the document does not hold all that is in force, or returns an empty text."""
    if not _is_settled(properties):
        return f"is {printable(properties.text('provisioningState') or '')}: what is in force is not told; try again"
    if properties.text("skipToken"):
        return "is not whole: its skipToken names a further page; add it"
    return ""


def _contested(rules: Sequence[_Rule]) -> str:
    """Tells why the order of the rules is not known, or returns an empty text.

    Where network managers disagree, the one with the higher scope prevails, whatever the priorities (azure-docs,
    ``virtual-network-manager/concept-network-manager-scope.md``, 2023-03-22); the scopes are not told. Where all rules
    of a direction do the same, it makes no difference.
    """
    for direction in Direction:
        found = [each for each in rules if each.rule.direction is direction]
        managers = {each.manager for each in found}
        if len(managers) > 1 and len({each.rule.access for each in found}) > 1:
            names = ", ".join(printable(each.rpartition("/")[2]) or "(unnamed)" for each in sorted(managers))
            return f"comes from network managers of which it is not told whose scope is higher: {names}"
    return ""


def _tell_of_ports(resource: Resource, rules: Iterable[_Rule], problems: Problems) -> None:
    for each in rules:
        if not each.whole:
            message = f"rule {printable(each.rule.name)} does not tell all its ports: it may match any or none"
            problems.add_harmless(resource.id, "invalid", f"{printable(resource.source)}: {resource.title}: {message}")
