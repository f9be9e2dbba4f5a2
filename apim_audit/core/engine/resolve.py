"""What the words in a rule stand for: address expressions, tags and groups, seen from one subnet.

Source of the sets: Microsoft's service tag overview (2023-01-26), virtual-network-manage-peering (2023-08-24) and the
expansion of the Internet tag in the Network Watcher REST reference (2017-01-30).
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache

from apim_audit.core.engine.words import word_question
from apim_audit.core.facts.estate import AdminRules, Route, RouteTable, Subnet, Unreadable, VirtualNetwork
from apim_audit.core.facts.rules import SecurityRule, Side
from apim_audit.core.sets.addresses import EVERYTHING, PROBE, PUBLIC, parse_addresses, parse_span
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.core.sets.tags import NAMES_WITHOUT_DATA, ServiceTags, fold, is_not_yet_known, is_region
from apim_audit.core.sets.unknowns import YES, AddressSet, Choice, Condition, Piece, UnknownSet

_EVERYTHING_NAMES = frozenset({"*", "any"})
_HOST_SERVICES = frozenset({"azureplatformdns", "azureplatformimds", "azureplatformlkm"})
_HALF = 2**31
# Every known tag exists: one of many regions has at least as many addresses, and a region is never the whole tag. A few
# regions stand for them all; with fewer there are more possible worlds, never fewer.
_REGIONS_OF_A_TAG = 3
_REGIONS_BESIDE_A_REGION = 2

NOTHING = AddressSet(())
ALL = AddressSet.plain(EVERYTHING)
LOAD_BALANCER = AddressSet.plain(PROBE)


@dataclass(frozen=True, slots=True)
class Space:
    """The VNet round a subnet, as sets.

    Attributes:
        own: the VNet's own address space.
        surely_private: own space and peers' for certain: what no Internet requirement speaks of.
        virtual_network: the VirtualNetwork tag.
        internet: the Internet tag.
        prefixes: the subnet's prefixes.
        admin_exemption: why admin rules perhaps do not apply to the VNet, or empty.
    """

    own: AddressSet
    surely_private: IntervalSet
    virtual_network: AddressSet
    internet: AddressSet
    prefixes: IntervalSet
    admin_exemption: str = ""


def space_of(subnet: Subnet, tags: ServiceTags, on_premises: IntervalSet | None = None) -> Space:
    """Returns the sets that the VirtualNetwork and Internet tags stand for at a subnet.

    Args:
        subnet: the subnet.
        tags: for routes that name a service tag.
        on_premises: what gateways announce, or None where that is not known.
    """
    prefixes = IntervalSet.union_of(subnet.prefixes)
    vnet = subnet.virtual_network
    if isinstance(vnet, VirtualNetwork):
        own = AddressSet.plain(vnet.space | prefixes)
        peers = _peers(vnet)
        announced = _announced(vnet, on_premises)
    else:
        own = _unread_space(vnet, prefixes)
        peers, announced = NOTHING, _unread_on_premises(vnet)
    routed, shrinking = _routed(subnet.route_table, tags)
    private = AddressSet.union([own, peers])
    return Space(
        own=own,
        surely_private=private.surely(),
        virtual_network=AddressSet.union([private, LOAD_BALANCER, *routed, announced]),
        internet=AddressSet.plain(PUBLIC).minus(AddressSet.union([private, *shrinking])),
        prefixes=prefixes,
        admin_exemption=_admin_exemption(vnet),
    )


def _admin_exemption(vnet: VirtualNetwork | Unreadable) -> str:
    if isinstance(vnet, VirtualNetwork) and isinstance(vnet.admin_rules, AdminRules):
        return vnet.admin_rules.exemption
    return ""


def _unread_space(vnet: Unreadable, prefixes: IntervalSet) -> AddressSet:
    unknown = UnknownSet(f"space of {vnet.id.lower()}", vnet.message, "the VNet's address space", EVERYTHING - prefixes)
    return AddressSet.unknown(unknown, prefixes)


def _unread_on_premises(vnet: Unreadable) -> AddressSet:
    name = f"on-premises at {vnet.id.lower()}"
    return AddressSet.unknown(UnknownSet(name, vnet.message, "what a gateway announces", EVERYTHING))


def _peers(vnet: VirtualNetwork) -> AddressSet:
    found = []
    for peering in vnet.peerings:
        found.append(AddressSet.plain(peering.surely))
        doubtful = peering.at_most - peering.surely
        if doubtful:
            question = f"{peering.doubt}: what does it add to VirtualNetwork?"
            unknown = UnknownSet(f"peering {peering.name.lower()}", question, f"peering {peering.name}", doubtful)
            found.append(AddressSet.unknown(unknown))
    return AddressSet.union(found)


def _announced(vnet: VirtualNetwork, on_premises: IntervalSet | None) -> AddressSet:
    if not vnet.gateway:
        return NOTHING
    if on_premises is not None:
        return AddressSet.plain(on_premises)
    question = f"which prefixes does {vnet.gateway} announce from on-premises?"
    return AddressSet.unknown(UnknownSet("on-premises", question, "what is announced from on-premises", EVERYTHING))


def _routed(table: RouteTable | Unreadable | None, tags: ServiceTags) -> tuple[list[AddressSet], list[AddressSet]]:
    """Returns what routes perhaps add to VirtualNetwork, and what they perhaps take from Internet."""
    if table is None:
        return [], []
    if isinstance(table, Unreadable):
        name, question = table.id.lower(), table.message
        added = UnknownSet(f"in {name}", question, "what the routes add to VirtualNetwork", EVERYTHING)
        taken = UnknownSet(f"out {name}", question, "what the routes take from Internet", PUBLIC)
        return [AddressSet.unknown(added)], [AddressSet.unknown(taken)]
    widening, shrinking = [], []
    for route in table.routes:
        addresses = resolve_expression(route.prefix, tags)
        widening.append(addresses.under(_widens(route)))
        if _shrinks_internet(route):
            shrinking.append(addresses.under(_shrinks(route)))
    return widening, shrinking


def _widens(route: Route) -> Condition:
    question = f"does the route {route.prefix} ({route.name}) widen VirtualNetwork?"
    answers = (
        f"the route {route.prefix} does not widen VirtualNetwork",
        f"the route {route.prefix} widens VirtualNetwork",
    )
    return Choice(f"route {route.name.lower()} {route.prefix.lower()} in VirtualNetwork", question, answers), YES


def _shrinks(route: Route) -> Condition:
    question = f"does the route {route.prefix} ({route.name}) leave the Internet tag?"
    answers = (
        f"the route {route.prefix} stays in the Internet tag",
        f"the route {route.prefix} leaves the Internet tag",
    )
    return Choice(f"route {route.name.lower()} {route.prefix.lower()} out of Internet", question, answers), YES


def _shrinks_internet(route: Route) -> bool:
    addresses = parse_addresses(route.prefix)
    if addresses is None:
        return True
    return addresses.size() < _HALF and not addresses.isdisjoint(PUBLIC)


def resolve_tag(name: str, tags: ServiceTags) -> AddressSet:
    """Returns the addresses of a known service tag: its data, or an unknown set as far as names tell."""
    resolved = tags.resolved.get(name)
    if resolved is None:
        found = tags.sets.get(name)
        resolved = AddressSet.plain(found) if found is not None else _tag_without_data(name, tags)
        tags.resolved[name] = resolved
    return resolved


def _tag_without_data(name: str, tags: ServiceTags) -> AddressSet:
    whole = tags.whole_of(name)
    if whole is None:
        return AddressSet.unknown(_whole_without_data(name, tags), _known_regions(name, tags))
    unknown = _region_without_data(name, whole, tags)
    beside = [other for other in _regions_without_data(whole, tags) if other != name][:_REGIONS_BESIDE_A_REGION]
    implied = [_region_without_data(other, whole, tags) for other in beside]
    if whole not in tags.sets:
        implied.append(_whole_without_data(whole, tags))
    return AddressSet.unknown(replace(unknown, implies=tuple(implied)))


def _whole_without_data(name: str, tags: ServiceTags) -> UnknownSet:
    known_regions = _known_regions(name, tags)
    regions = _regions_without_data(name, tags)[:_REGIONS_OF_A_TAG]
    return UnknownSet(
        f"tag {name}",
        _tag_question(name, tags),
        tags.written(name),
        PUBLIC - known_regions,
        inhabited=not known_regions,
        proper_part_of=PUBLIC - known_regions,
        implies=tuple(_region_without_data(region, name, tags) for region in regions),
    )


def _region_without_data(name: str, whole: str, tags: ServiceTags) -> UnknownSet:
    data = tags.sets.get(whole)
    at_most = PUBLIC if data is None else data
    part_of = f"tag {whole}" if data is None else ""
    return UnknownSet(
        f"tag {name}",
        _tag_question(name, tags),
        tags.written(name),
        at_most - _known_regions(whole, tags) if is_region(name) else at_most,
        part_of=part_of,
        apart_from=f"regions of {whole}" if is_region(name) else "",
        inhabited=True,
        proper_part_of=PUBLIC if data is None else None,
    )


def _regions_without_data(whole: str, tags: ServiceTags) -> list[str]:
    return [name for name in tags.regions.get(whole, ()) if name not in tags.sets]


def _known_regions(whole: str, tags: ServiceTags) -> IntervalSet:
    found = EMPTY
    for name, addresses in tags.sets.items():
        if name.startswith(f"{whole}.") and is_region(name):
            found = found | addresses
    return found


def _tag_question(name: str, tags: ServiceTags) -> str:
    if tags.origin:
        return f"which addresses has {tags.written(name)}? It is not in {tags.origin}"
    return f"which addresses has {tags.written(name)}? Give --service-tags"


def resolve_expression(text: str, tags: ServiceTags) -> AddressSet:
    """Returns the addresses of an expression that needs no VNet: an address, CIDR, range or service tag."""
    name = fold(text)
    if name in _EVERYTHING_NAMES:
        return ALL
    addresses = parse_addresses(name)
    if addresses is not None:
        return AddressSet.plain(addresses)
    if name in _HOST_SERVICES:
        return NOTHING
    if tags.knows(name):
        return resolve_tag(name, tags)
    return AddressSet.unknown(UnknownSet(f"word {name}", question_of(text, tags), text, EVERYTHING))


def is_unknown_word(text: str, tags: ServiceTags) -> bool:
    """Tells whether an expression is neither an address nor a name that is known."""
    if is_not_yet_known(text):
        return False
    name = fold(text)
    known = name in _EVERYTHING_NAMES or name in NAMES_WITHOUT_DATA or tags.knows(name)
    return not known and parse_addresses(name) is None


def question_of(text: str, tags: ServiceTags) -> str:
    """Returns what is wrong with an expression that is an unknown word, with the tag that was probably meant."""
    return word_question(text, tags, is_unknown_word)


@dataclass(slots=True)
class Resolver:
    """Resolves the sides of rules, as seen from one subnet; what was resolved once is kept."""

    space: Space
    tags: ServiceTags
    _known: dict[str, AddressSet] = field(default_factory=dict)
    _sides: dict[tuple[Side, bool], AddressSet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known |= {
            "virtualnetwork": self.space.virtual_network,
            "internet": self.space.internet,
            "azureloadbalancer": LOAD_BALANCER,
        }

    def expression(self, text: str) -> AddressSet:
        """Returns the addresses that one expression stands for."""
        found = self._known.get(text)
        if found is None:
            found = self._known.get(fold(text)) or resolve_expression(text, self.tags)
            self._known[text] = found
        return found

    def is_unknown_word(self, text: str) -> bool:
        """Tells whether an expression is neither an address nor a name that is known."""
        return is_unknown_word(text, self.tags)

    def own_side(self, rule: SecurityRule) -> AddressSet:
        """Returns the addresses of the side at which the subnet stands; API Management joins no security group."""
        return self._side(rule.own_side(), rule, own=True)

    def other_side(self, rule: SecurityRule) -> AddressSet:
        """Returns the addresses of the other side; a security group is some part of the VNet's own space."""
        return self._side(rule.other_side(), rule, own=False)

    def _group(self, group: str) -> AddressSet:
        name = group.rpartition("/")[2]
        question = f"which addresses are in the application security group {name}?"
        members = UnknownSet(f"group {group.lower()}", question, name, self.space.own.at_most() - PROBE)
        # A member is an address of the VNet, whatever the VNet's space turns out to be.
        return AddressSet.union(
            AddressSet((Piece(piece.addresses & members.at_most, (*piece.conditions, (members, YES))),))
            for piece in self.space.own.pieces
        )

    def _side(self, side: Side, rule: SecurityRule, *, own: bool) -> AddressSet:
        expressions = side.expressions
        if not side.groups and not side.network_groups:
            if len(expressions) == 1:
                return self._known.get(expressions[0]) or self.expression(expressions[0])
            if not expressions:
                return _unnamed_side(side, rule)
        known = self._sides.get((side, own))
        if known is None:
            groups = () if own else side.groups
            unknown = (*map(self._group, groups), *map(_network_group, side.network_groups))
            known = self._sides[side, own] = self._union(side, unknown)
        return known

    def _union(self, side: Side, groups: tuple[AddressSet, ...]) -> AddressSet:
        spans = [parse_span(text) for text in side.expressions]
        plain = AddressSet.plain(IntervalSet.union_of(span for span in spans if span is not None))
        words = [self.expression(text) for text, span in zip(side.expressions, spans, strict=True) if span is None]
        return AddressSet.union([plain, *words, *groups]) if words or groups else plain


def _unnamed_side(side: Side, rule: SecurityRule) -> AddressSet:
    name = f"side of {rule.direction} {rule.priority} {rule.name.lower()} {side is rule.source}"
    return AddressSet.unknown(UnknownSet(name, unnamed_side_question(rule), f"a side of {rule.name}", EVERYTHING))


def unnamed_side_question(rule: SecurityRule) -> str:
    """Returns what is asked of a rule with a side that names nothing."""
    return f"which addresses does {rule.name} mean? It names none on one side"


def _network_group(group: str) -> AddressSet:
    name = group.rpartition("/")[2]
    question = f"which addresses are in the network group {name}?"
    return AddressSet.unknown(UnknownSet(f"network group {group.lower()}", question, name, EVERYTHING))


@lru_cache(maxsize=4096)
def is_pinning(side: Side) -> bool:
    """Tells whether a side is written in addresses only, and in fewer than all public ones."""
    if side.groups or side.network_groups or not side.expressions:
        return False
    covered = EMPTY
    for text in side.expressions:
        addresses = parse_addresses(fold(text))
        if addresses is None:
            return False
        covered = covered | addresses
    return not covered >= PUBLIC
