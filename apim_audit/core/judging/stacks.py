"""Rule stacks: the rules that each subnet's flows go through, as text for people."""

from collections.abc import Iterator

from apim_audit.core.engine.rulesets import in_order
from apim_audit.core.facts.estate import AdminRules, Estate, NetworkSecurityGroup, Subnet, VirtualNetwork
from apim_audit.core.facts.reports import RuleStack, StackRule
from apim_audit.core.facts.rules import ALL_PORTS, DEFAULT_RULES, Direction, SecurityRule, Side
from apim_audit.core.sets.intervals import IntervalSet

_ANY = "*"


def rule_stacks(estate: Estate, *, admin_rules: bool) -> tuple[RuleStack, ...]:
    """Returns the rule stack of every subnet that has rules; those that are the same, once.

    Args:
        estate: the estate.
        admin_rules: whether security admin rules were judged.
    """
    found: dict[tuple[str, str], RuleStack] = {}
    for subnet in _subnets(estate):
        first = _admin_rules(subnet) if admin_rules else ()
        network = subnet.virtual_network.id if first else ""
        group = subnet.nsg if isinstance(subnet.nsg, NetworkSecurityGroup) else None
        key = ("" if group is None else group.id.lower(), network.lower())
        if any(key) and key not in found:
            found[key] = _stack(group, network, first)
    return tuple(found.values())


def _subnets(estate: Estate) -> Iterator[Subnet]:
    for instance in estate.instances:
        for location in instance.locations:
            if isinstance(location.subnet, Subnet):
                yield location.subnet


def _admin_rules(subnet: Subnet) -> tuple[SecurityRule, ...]:
    match subnet.virtual_network:
        case VirtualNetwork(admin_rules=AdminRules(rules=rules)):
            return rules
        case _:
            return ()


def _stack(group: NetworkSecurityGroup | None, network: str, first: tuple[SecurityRule, ...]) -> RuleStack:
    defaults = () if group is None else DEFAULT_RULES
    custom = () if group is None else group.rules
    rules = (_text_of(rule) for direction in Direction for rule in in_order((*first, *custom), direction, defaults))
    return RuleStack(
        network_security_group_id=None if group is None else group.id,
        virtual_network_id=network or None,
        rules=tuple(rules),
        unreadable=() if group is None else tuple(group.unreadable.values()),
    )


def _text_of(rule: SecurityRule) -> StackRule:
    return StackRule(
        name=rule.name,
        priority=rule.priority,
        direction=rule.direction.value,
        access=rule.access.value,
        protocol=rule.protocol.upper(),
        source=_side(rule.source),
        source_ports=_ports(rule.source_ports),
        destination=_side(rule.destination),
        destination_ports=_ports(rule.destination_ports),
        default=rule.default,
        certain=rule.certain,
        admin=rule.admin,
    )


def _side(side: Side) -> str:
    groups = (f"ASG {each.rpartition('/')[2]}" for each in side.groups)
    network_groups = (f"network group {each.rpartition('/')[2]}" for each in side.network_groups)
    return ", ".join((*side.expressions, *groups, *network_groups))


def _ports(ports: IntervalSet) -> str:
    if ports == ALL_PORTS:
        return _ANY
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ports.spans())
