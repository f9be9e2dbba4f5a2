"""A plain evaluator: one concrete flow through the rules, one after the other.

It shares no set algebra with the engine. Every witness is replayed here before it is printed.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Network
from typing import NamedTuple

from apim_audit.core.facts.estate import RouteTable, Subnet, Unreadable, VirtualNetwork
from apim_audit.core.facts.rules import Access, Direction, SecurityRule, Side, tied_orders
from apim_audit.core.sets.addresses import PUBLIC
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags

_PROBE = int(IPv4Address("168.63.129.16"))
_HOST_SERVICES = ("azureplatformdns", "azureplatformimds", "azureplatformlkm")
_MOST_OF_IPV4 = 2**31 - 1  # from the first address to the last
_ALL_APPLY = 2  # of the answers whether admin rules apply; so it is where nothing is unknown about that
_SIZES = {str(length): 1 << 32 - length for length in range(33)}

Assumptions = Mapping[str, int]
"""Answers of unknowns by name; what is not mentioned is answered no (0)."""


class PlainFlow(NamedTuple):
    """One flow between two addresses, seen from the subnet."""

    direction: Direction
    protocol: str
    own: int
    other: int
    source_port: int
    destination_port: int


class Surroundings(NamedTuple):
    """What the words of rules refer to, and what is assumed about the unknown among them.

    Attributes:
        of_own: what is assumed of the address at the own end.
        of_other: what is assumed of the address at the other end.
        of_world: answers of choices.
        on_premises: what gateways announce, where the user says so.
    """

    subnet: Subnet
    tags: ServiceTags
    of_own: Assumptions
    of_other: Assumptions
    of_world: Assumptions
    on_premises: IntervalSet | None = None


def replay(flow: PlainFlow, ordered: Sequence[SecurityRule], around: Surroundings) -> SecurityRule | None:
    """Returns the first rule that matches a flow, or None.

    Args:
        flow: the flow.
        ordered: the rules of the flow's direction by priority, default rules last.
        around: what the rules' words mean.
    """
    past_admin_rules = False
    protocols = ("*", flow.protocol.lower())
    for rule in _settled(ordered, flow.direction, around.of_world):
        if rule.protocol not in protocols or (rule.admin and past_admin_rules) or not _matches(rule, flow, around):
            continue
        if rule.admin and rule.access is Access.ALLOW:
            past_admin_rules = True
        else:
            return rule
    return None


def _matches(rule: SecurityRule, flow: PlainFlow, around: Surroundings) -> bool:
    return (
        flow.destination_port in rule.destination_ports
        and flow.source_port in rule.source_ports
        and _side_has(rule, rule.own_side(), flow.own, around, around.of_own)
        and _other_side_has(rule, flow.other, around)
    )


def _settled(rules: Sequence[SecurityRule], direction: Direction, world: Assumptions) -> Iterator[SecurityRule]:
    """Yields the rules that are there, in the order in which they are tried."""
    start, count = 0, len(rules)
    while start < count:
        first = rules[start]
        end = start + 1
        while end < count and rules[end].priority == first.priority and _of_one_stage(first, rules[end]):
            end += 1
        if end == start + 1:
            if (first.certain and not first.admin) or _is_there(first, world):
                yield first
        else:
            answer = world.get(f"order of {'admin ' if first.admin else ''}{direction} {first.priority}", 0)
            yield from (rule for rule in tied_orders(rules[start:end])[answer] if _is_there(rule, world))
        start = end


def _of_one_stage(one: SecurityRule, other: SecurityRule) -> bool:
    return one.admin is other.admin and one.default is other.default


def _is_there(rule: SecurityRule, world: Assumptions) -> bool:
    if rule.admin and world.get("admin rules apply", _ALL_APPLY) < (_ALL_APPLY if rule.access is Access.DENY else 1):
        return False
    return rule.certain or bool(world.get(_presence(rule), 0))


def _presence(rule: SecurityRule) -> str:
    return f"presence of {'admin ' if rule.admin else ''}{rule.direction} {rule.priority} {rule.name.lower()}"


def _other_side_has(rule: SecurityRule, address: int, around: Surroundings) -> bool:
    side = rule.other_side()
    # Only the other end can be in a security group: API Management joins none.
    in_a_group = bool(side.groups) and any(_in_group(group, address, around, around.of_other) for group in side.groups)
    return in_a_group or _side_has(rule, side, address, around, around.of_other)


def _side_has(rule: SecurityRule, side: Side, address: int, around: Surroundings, assumed: Assumptions) -> bool:
    for text in side.expressions:
        if text == "*" or _expression_has(text.strip().lower(), address, around, assumed):
            return True
    if not side.expressions and not side.groups and not side.network_groups:
        which = side is rule.source
        return bool(assumed.get(f"side of {rule.direction} {rule.priority} {rule.name.lower()} {which}", 0))
    return any(assumed.get(f"network group {group.lower()}", 0) for group in side.network_groups)


def _in_group(group: str, address: int, around: Surroundings, assumed: Assumptions) -> bool:
    in_space = _in_own_space(address, around, assumed)
    return in_space and address != _PROBE and bool(assumed.get(f"group {group.lower()}", 0))


def _expression_has(text: str, address: int, around: Surroundings, assumed: Assumptions) -> bool:
    span = _literal_span(text)
    return span[0] <= address <= span[1] if span else _word_has(text, address, around, assumed)


def _word_has(text: str, address: int, around: Surroundings, assumed: Assumptions) -> bool:
    match text:
        case "*" | "any":
            return True
        case "virtualnetwork":
            return _in_virtual_network(address, around, assumed)
        case "internet":
            return _in_internet(address, around, assumed)
        case "azureloadbalancer":
            return address == _PROBE
        case _:
            return _name_has(text, address, around.tags, assumed)


def _name_has(text: str, address: int, tags: ServiceTags, assumed: Assumptions) -> bool:
    if text in _HOST_SERVICES:
        return False
    if text in tags.sets:
        return address in tags.sets[text]
    if text in tags.names:
        return _tag_without_data_has(text, address, tags, assumed)
    return bool(assumed.get(f"word {text}", 0))


def _tag_without_data_has(name: str, address: int, tags: ServiceTags, assumed: Assumptions) -> bool:
    head, dot, suffix = name.partition(".")
    regional = bool(dot) and head in tags.names
    region = suffix != "core"
    siblings = (
        addresses
        for other, addresses in tags.sets.items()
        if other.startswith(f"{head if regional else name}.") and other.partition(".")[2] != "core"
    )
    if (region or not regional) and any(address in addresses for addresses in siblings):
        return not regional
    at_most = tags.sets.get(head, PUBLIC) if regional else PUBLIC
    return address in at_most and bool(assumed.get(f"tag {name}", 0))


@lru_cache(maxsize=65536)
def _literal_span(text: str) -> tuple[int, int] | None:
    """Returns the first and last IPv4 address of a literal, an impossible span for IPv6, None for a word."""
    try:
        if "-" in text:
            first, last = (int(IPv4Address(part.strip())) for part in text.split("-", 1))
            return (first, last) if first <= last else None
        address, slash, length = text.partition("/")
        size = _SIZES[length] if slash else 1
        first = int(IPv4Address(address)) // size * size
        return first, first + size - 1
    except (KeyError, ValueError):
        return (1, 0) if _is_ipv6(text) else None


def _is_ipv6(text: str) -> bool:
    try:
        return all(IPv6Network(part.strip(), strict=False) for part in text.split("-", 1))
    except ValueError:
        return False


def _in_own_space(address: int, around: Surroundings, assumed: Assumptions) -> bool:
    if any(first <= address <= last for first, last in around.subnet.prefixes):
        return True
    vnet = around.subnet.virtual_network
    if isinstance(vnet, Unreadable):
        return bool(assumed.get(f"space of {vnet.id.lower()}", 0))
    return address in vnet.space


def _in_peers(address: int, vnet: VirtualNetwork, assumed: Assumptions) -> bool:
    return any(
        address in peering.surely
        or (address in peering.at_most and bool(assumed.get(f"peering {peering.name.lower()}", 0)))
        for peering in vnet.peerings
    )


def _in_private_space(address: int, around: Surroundings, assumed: Assumptions) -> bool:
    vnet = around.subnet.virtual_network
    if _in_own_space(address, around, assumed):
        return True
    return isinstance(vnet, VirtualNetwork) and _in_peers(address, vnet, assumed)


def _in_virtual_network(address: int, around: Surroundings, assumed: Assumptions) -> bool:
    if address == _PROBE or _in_private_space(address, around, assumed):
        return True
    vnet = around.subnet.virtual_network
    if isinstance(vnet, Unreadable):
        announced = bool(assumed.get(f"on-premises at {vnet.id.lower()}", 0))
    else:
        announced = _announced(address, vnet, around, assumed)
    return announced or _routed(address, around, assumed, "in", "in VirtualNetwork")


def _announced(address: int, vnet: VirtualNetwork, around: Surroundings, assumed: Assumptions) -> bool:
    if not vnet.gateway:
        return False
    if around.on_premises is not None:
        return address in around.on_premises
    return bool(assumed.get("on-premises", 0))


def _in_internet(address: int, around: Surroundings, assumed: Assumptions) -> bool:
    if address not in PUBLIC or _in_private_space(address, around, assumed):
        return False
    return not _routed(address, around, assumed, "out", "out of Internet")


def _routed(address: int, around: Surroundings, assumed: Assumptions, unread: str, effect: str) -> bool:
    table = around.subnet.route_table
    if isinstance(table, Unreadable):
        return bool(assumed.get(f"{unread} {table.id.lower()}", 0))
    return isinstance(table, RouteTable) and any(
        bool(around.of_world.get(f"route {route.name.lower()} {route.prefix.lower()} {effect}", 0))
        and (unread == "in" or _can_leave_internet(route.prefix))
        and _expression_has(route.prefix.strip().lower(), address, around, assumed)
        for route in table.routes
    )


def _can_leave_internet(prefix: str) -> bool:
    span = _literal_span(prefix.strip().lower())
    return span is None or span[1] - span[0] < _MOST_OF_IPV4
