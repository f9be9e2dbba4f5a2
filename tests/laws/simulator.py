"""A plain first-match simulator: the law's definition of a verdict, for a world in which everything is known.

It shares no code with the core and knows no set algebra. Whether an expression holds an address is asked one address
at a time; a required set of flows is gone through packet by packet, one packet for each class of packets that no
bound occurring anywhere tells apart.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from ipaddress import IPv4Address, ip_network
from operator import or_

PROBE = "168.63.129.16"
NOT_PUBLIC = (
    "0.0.0.0/8", "10.0.0.0/8", "25.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", PROBE,
)  # fmt: skip
LAST_ADDRESS = 2**32 - 1
EVERYTHING = frozenset({"*", "any", "0.0.0.0/0"})
WORST_LAST = ("compliant", "pinned", "default-only", "partial", "missing", "blocked")


@dataclass(frozen=True)
class PlainRule:
    """A security rule as an NSG shows it: everything is text."""

    name: str
    priority: int
    direction: str
    access: str
    protocol: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    destination_ports: tuple[str, ...]
    source_ports: tuple[str, ...] = ("*",)

    @property
    def is_default(self) -> bool:
        return self.priority >= 65000

    @property
    def other_side(self) -> tuple[str, ...]:
        return self.sources if self.direction == "Inbound" else self.destinations

    @property
    def own_side(self) -> tuple[str, ...]:
        return self.destinations if self.direction == "Inbound" else self.sources

    def speaks(self, protocol: str) -> bool:
        """Tells whether the rule is about a protocol; ``*`` covers every one."""
        return self.protocol.strip().lower() in {"*", "any", protocol.lower()}

    def speaks_of_ports(self, packet: "Packet") -> bool:
        """Tells whether the rule would match a packet if its addresses did not count."""
        return (
            self.speaks(packet.protocol)
            and _has_port(self.source_ports, packet.source_port)
            and _has_port(self.destination_ports, packet.destination_port)
        )


def _default(name: str, priority: int, access: str, source: str, destination: str) -> PlainRule:
    direction = "Inbound" if name.endswith("InBound") else "Outbound"
    return PlainRule(name, priority, direction, access, "*", (source,), (destination,), ("*",))


DEFAULTS = (
    _default("AllowVnetInBound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default("AllowAzureLoadBalancerInBound", 65001, "Allow", "AzureLoadBalancer", "*"),
    _default("DenyAllInBound", 65500, "Deny", "*", "*"),
    _default("AllowVnetOutBound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default("AllowInternetOutBound", 65001, "Allow", "*", "Internet"),
    _default("DenyAllOutBound", 65500, "Deny", "*", "*"),
)


@dataclass(frozen=True)
class Surroundings:
    """What names mean in this world: the VNet, its peers, and the tags' prefixes by lower-case name."""

    vnet: tuple[str, ...]
    peers: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def holds(self, expression: str, address: int) -> bool:
        """Tells whether an address belongs to what a side of a rule says."""
        name = expression.strip().lower()
        if name in EVERYTHING:
            return True
        if name == "azureloadbalancer":
            return _within((PROBE,), address)
        if name == "virtualnetwork":
            return _within((*self.vnet, *self.peers, PROBE), address)
        if name == "internet":
            return not _within((*NOT_PUBLIC, *self.vnet, *self.peers), address)
        return _within(self.tags.get(name, (name,)), address)

    def side_holds(self, side: Iterable[str], address: int) -> bool:
        """Tells whether an address belongs to a side of a rule: the union of what it says."""
        names, literals = _parted(tuple(side))
        return _within(literals, address) or any(self.holds(name, address) for name in names)

    def edges_of_side(self, side: Iterable[str]) -> set[int]:
        """Returns the addresses at which ``side_holds`` may change."""
        names, literals = _parted(tuple(side))
        firsts, lasts = _spans(literals)
        return {0, *firsts, *(last + 1 for last in lasts), *(edge for name in names for edge in self.edges(name))}

    def edges(self, expression: str) -> set[int]:
        """Returns the addresses at which ``holds`` may change: each first address, and each one past a last."""
        name = expression.strip().lower()
        if name in EVERYTHING:
            return {0}
        named = {
            "azureloadbalancer": (PROBE,),
            "virtualnetwork": (*self.vnet, *self.peers, PROBE),
            "internet": (*NOT_PUBLIC, *self.vnet, *self.peers),
        }
        firsts, lasts = _spans({**self.tags, **named}.get(name, (name,)))
        return {0, *firsts, *(last + 1 for last in lasts)}


@cache
def ends(text: str) -> tuple[int, int]:
    """Returns (first, last) of an IPv4 address, CIDR or range, read with the standard library; IPv6 holds nothing."""
    if ":" in text:
        return 1, 0
    if "-" in text:
        first, last = text.split("-")
        return int(IPv4Address(first)), int(IPv4Address(last))
    network = ip_network(text, strict=False)
    return int(network.network_address), int(network.broadcast_address)


@cache
def _spans(prefixes: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """Returns the first and the last addresses of the gapless stretches that prefixes make up."""
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in sorted(map(ends, prefixes)):
        if last < first:
            continue
        if lasts and first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts


def _within(prefixes: tuple[str, ...], address: int) -> bool:
    firsts, lasts = _spans(prefixes)
    place = bisect_right(firsts, address)
    return place > 0 and address <= lasts[place - 1]


@cache
def _parted(side: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the names of a side, and its addresses."""
    literals = tuple(text for text in side if is_literal(text))
    return tuple(text for text in side if not is_literal(text)), literals


def is_literal(text: str) -> bool:
    """Tells whether an expression is an address, prefix or range, and not a name."""
    return text[0].isdigit() or "::" in text


@cache
def port_ends(text: str) -> tuple[int, int]:
    """Returns (first, last) of a port, a port range or ``*``."""
    if text == "*":
        return 0, 65535
    first, _, last = text.partition("-")
    return int(first), int(last or first)


@dataclass(frozen=True)
class Packet:
    """One concrete flow."""

    protocol: str
    source: int
    source_port: int
    destination: int
    destination_port: int


def matches(rule: PlainRule, packet: Packet, around: Surroundings) -> bool:
    """Tells whether a rule matches a packet: five comparisons."""
    return (
        rule.speaks_of_ports(packet)
        and around.side_holds(rule.sources, packet.source)
        and around.side_holds(rule.destinations, packet.destination)
    )


def _has_port(texts: Iterable[str], port: int) -> bool:
    return any(first <= port <= last for first, last in map(port_ends, texts))


def in_order(rules: Iterable[PlainRule], direction: str) -> tuple[PlainRule, ...]:
    """Returns the rules of a direction by priority, the defaults last."""
    own = [rule for rule in (*rules, *DEFAULTS) if rule.direction == direction]
    return tuple(sorted(own, key=lambda rule: rule.priority))


def first_match(ordered: Iterable[PlainRule], packet: Packet, around: Surroundings) -> PlainRule:
    """Returns the rule that decides a packet: the first that matches it."""
    return next(rule for rule in ordered if matches(rule, packet, around))


@dataclass(frozen=True)
class Needed:
    """A set of flows that must get through: every combination of what each part holds.

    Attributes:
        own: the addresses of the API Management end, as ranges.
        other: what stands at the other end, as expressions of a rule; their union.
        is_tag: whether the other end is a service tag with published prefixes, so that rules can be pinned.
    """

    direction: str
    protocol: str
    ports: tuple[str, ...]
    own: tuple[str, ...]
    other: tuple[str, ...]
    is_tag: bool = False
    source_ports: tuple[str, ...] = ("1-65535",)

    @property
    def sources(self) -> tuple[str, ...]:
        return self.other if self.direction == "Inbound" else self.own

    @property
    def destinations(self) -> tuple[str, ...]:
        return self.own if self.direction == "Inbound" else self.other

    def holds(self, packet: Packet, around: Surroundings) -> bool:
        """Tells whether a packet is one of those that must get through."""
        return (
            packet.protocol.lower() == self.protocol.lower()
            and around.side_holds(self.sources, packet.source)
            and around.side_holds(self.destinations, packet.destination)
            and _has_port(self.source_ports, packet.source_port)
            and _has_port(self.ports, packet.destination_port)
        )


@dataclass(frozen=True)
class Ruling:
    """What the law says of a needed set of flows; rules as (name, priority)."""

    verdict: str
    deciders: tuple[tuple[str, int], ...]
    shadowed: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Simulation:
    """A needed set of flows before the rules of an NSG, in one world."""

    needed: Needed
    rules: tuple[PlainRule, ...]  # of the needed direction, in order, defaults included
    around: Surroundings

    @classmethod
    def of(cls, needed: Needed, rules: Iterable[PlainRule], around: Surroundings) -> "Simulation":
        return cls(needed, in_order(rules, needed.direction), around)

    def ruling(self) -> Ruling | None:
        """Returns verdict, complete deciders and shadowed Allow rules; None where no flow is needed at all."""
        masks = list(self.packet_masks())
        if not masks:
            return None
        firsts = {_lowest(mask) for mask in masks}
        shadowed = 0
        for mask in masks:
            if not self._allows[_lowest(mask)]:
                shadowed |= mask
        return Ruling(
            self._verdict(masks),
            tuple((self.rules[i].name, self.rules[i].priority) for i in sorted(firsts)),
            tuple((rule.name, rule.priority) for i, rule in enumerate(self.rules) if shadowed >> i & self._allows[i]),
        )

    def _verdict(self, masks: Sequence[int]) -> str:
        verdict = verdict_of({self.kind(_lowest(mask)) for mask in masks})
        if verdict != "compliant" or not self.needed.is_tag:
            return verdict
        kept = ~sum(1 << i for i, rule in enumerate(self.rules) if is_pinned(rule))
        return verdict if {self.kind(_lowest(mask & kept)) for mask in masks} == {"Ac"} else "pinned"

    def kind(self, index: int) -> str:
        """Returns Ac, Ad, Dc or Dd: what a rule's decision counts as."""
        rule = self.rules[index]
        return ("A" if rule.access == "Allow" else "D") + ("d" if rule.is_default else "c")

    @property
    def _allows(self) -> list[bool]:
        return [rule.access == "Allow" for rule in self.rules]

    def packet_masks(self) -> Iterator[int]:
        """Yields, for one packet of each class, which rules match it: bit i for rule i."""
        other = self._classes_of_addresses(self.needed.other, [rule.other_side for rule in self.rules])
        own = self._classes_of_addresses(self.needed.own, [rule.own_side for rule in self.rules])
        pairs = {a & b for a in other for b in own}
        yield from {pair & port for pair in pairs for port in self.masks_of_ports()}

    def masks_of_ports(self) -> set[int]:
        """Returns the same, as if every rule matched every address."""
        needed, rules = self.needed, self.rules
        speaking = sum(1 << i for i, rule in enumerate(rules) if rule.speaks(needed.protocol))
        from_ports = self._classes_of_ports(needed.source_ports, [rule.source_ports for rule in rules])
        to_ports = self._classes_of_ports(needed.ports, [rule.destination_ports for rule in rules])
        return {a & b & speaking for a in from_ports for b in to_ports}

    def _classes_of_addresses(self, needed: tuple[str, ...], sides: Sequence[tuple[str, ...]]) -> set[int]:
        around = self.around
        speakers = _speakers(sides)
        points = {edge for side in (*speakers, needed) for edge in around.edges_of_side(side) if edge <= LAST_ADDRESS}
        inside = [point for point in points if around.side_holds(needed, point)]
        return {_union(mask for side, mask in speakers.items() if around.side_holds(side, point)) for point in inside}

    def _classes_of_ports(self, needed: tuple[str, ...], fields: Sequence[tuple[str, ...]]) -> set[int]:
        speakers = _speakers(fields)
        spans = [port_ends(text) for each in (*speakers, needed) for text in each]
        inside = [edge for first, last in spans for edge in (first, last + 1) if _has_port(needed, edge)]
        return {_union(mask for each, mask in speakers.items() if _has_port(each, point)) for point in inside}


def _speakers(sides: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Returns for everything that is said which rules say it: bit i for rule i."""
    found: dict[tuple[str, ...], int] = {}
    for i, side in enumerate(sides):
        found[side] = found.get(side, 0) | 1 << i
    return found


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def verdict_of(kinds: set[str]) -> str:
    """Returns the verdict for what becomes of the needed flows (Ac, Ad, Dc, Dd); ``pinned`` is not told apart here."""
    allowed, denied = kinds & {"Ac", "Ad"}, kinds & {"Dc", "Dd"}
    if not denied:
        return "default-only" if "Ad" in kinds else "compliant"
    if allowed:
        return "partial"
    return "blocked" if "Dc" in kinds else "missing"


def is_pinned(rule: PlainRule) -> bool:
    """Tells whether a rule is a custom Allow whose other end is written in addresses only, not covering PUBLIC."""
    names, literals = _parted(rule.other_side)
    if rule.is_default or rule.access != "Allow" or names or not literals:
        return False
    edges = {0, *(edge for first, last in map(ends, (*literals, *NOT_PUBLIC)) for edge in (first, last + 1))}
    public = (point for point in edges if point <= LAST_ADDRESS and not _within(NOT_PUBLIC, point))
    return not all(_within(literals, point) for point in public)
