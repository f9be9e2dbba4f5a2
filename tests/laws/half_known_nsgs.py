"""Random small NSGs in surroundings of which not everything is known."""

from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from random import Random

from apim_audit.core.facts.estate import Peering, Route, RouteTable, Subnet, VirtualNetwork
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.requirements import Peer, PeerKind, Requirement
from tests.laws.possible_worlds import Court, HalfKnown
from tests.laws.simulator import Needed, PlainRule, Surroundings, ends
from tests.laws.translation import addresses, catalogue_of, group, instance, judged, row, service_tags

MOST_PATTERNS = 16
TAG_NAMES = ("Alpha", "Alpha.East", "Alpha.West", "Beta")
DATA = {"alpha": ("20.0.0.0/30", "20.0.0.5"), "alpha.east": ("20.0.0.0/31",), "beta": ("20.0.0.2/31", "20.0.0.9")}
OTHER_ENDS = (
    "*", "Internet", "VirtualNetwork", "AzureLoadBalancer", "Alpha", "Alpha", "Alpha.east", "ALPHA.West", "Beta",
    "Nonsense", "asg:web", "20.0.0.0/30", "20.0.0.0/31", "20.0.0.5", "0.0.0.0/1", "128.0.0.0/1", "10.1.0.0/24",
    "168.63.129.16",
)  # fmt: skip
OWN_ENDS = ("*", "*", "*", "VirtualNetwork", "Gibberish", "asg:own")
ROUTES = ("0.0.0.0/0", "0.0.0.0/1", "20.0.0.0/30", "Alpha", "Beta", "10.9.0.0/16", "10.0.0.0/8")
SELF = ("the subnet",)
ROWS: tuple[tuple[Requirement, tuple[str, ...]], ...] = (
    (row("tag", "Outbound", "Tcp", ("443",), Peer(PeerKind.TAG, "Alpha")), ("Alpha",)),
    (row("region", "Inbound", "Tcp", ("443",), Peer(PeerKind.TAG, "Alpha", regional=True)), ("Alpha.east",)),
    (row("internet", "Outbound", "Tcp", ("443",), Peer(PeerKind.INTERNET, "Internet")), ("Internet",)),
    (row("probe", "Inbound", "Tcp", ("443",), Peer(PeerKind.LOAD_BALANCER, "Probe")), ("AzureLoadBalancer",)),
    (row("vnet", "Inbound", "Tcp", ("443",), Peer(PeerKind.VIRTUAL_NETWORK, "VNet")), ("VirtualNetwork",)),
    (row("self", "Outbound", "Tcp", ("443",), Peer(PeerKind.SUBNET, "itself")), SELF),
)


@dataclass(frozen=True)
class Ground:
    """Where the subnet lies: three usable addresses in a small VNet, in private or in public space."""

    vnet: str
    first: IPv4Address

    @property
    def subnet(self) -> str:
        return f"{self.first}/29"

    @property
    def own(self) -> tuple[str, ...]:
        """The usable addresses."""
        return (f"{self.first + 4}-{self.first + 6}",)

    @property
    def own_ends(self) -> tuple[str, ...]:
        return (*OWN_ENDS, self.subnet, f"{self.first}-{self.first + 4}")

    @property
    def other_ends(self) -> tuple[str, ...]:
        return (*OTHER_ENDS, self.vnet, f"{self.first + 8}-{self.first + 11}")


PRIVATE, PUBLIC = Ground("10.0.0.0/24", IPv4Address("10.0.0.0")), Ground("20.0.1.0/28", IPv4Address("20.0.1.0"))
GROUNDS = (PRIVATE, PRIVATE, PRIVATE, PRIVATE, PUBLIC)


@dataclass(frozen=True)
class HalfKnownCase:
    """An NSG, one requirement, and what is and is not known."""

    ground: Ground
    requirement: Requirement
    needed: Needed
    rules: tuple[PlainRule, ...]
    half: HalfKnown

    def court(self) -> Court:
        """Returns the oracle for this case."""
        return Court(self.needed, self.rules, self.half)

    def check(self) -> Check:
        """Returns what the core says."""
        names = catalogue_of((self.requirement,), TAG_NAMES)
        return judged(instance(self._subnet()), service_tags(self.half.around.tags, TAG_NAMES), names)[
            self.requirement.id
        ]

    def _subnet(self) -> Subnet:
        half = self.half
        peerings = tuple(
            Peering(name, addresses(surely), addresses(at_most), "it is not in sync")
            for name, (surely, at_most) in half.half_synced.items()
        )
        gateway = "a gateway" if half.gateway else ""
        routes = tuple(Route(f"route-{i}", text, "VirtualAppliance") for i, text in enumerate(half.routes))
        return Subnet(
            "subnet",
            (ends(self.ground.subnet),),
            group(self.rules, half.perhaps),
            VirtualNetwork("vnet", addresses(half.around.vnet), peerings, gateway),
            RouteTable("table", routes) if routes else None,
        )


def random_half_known_case(random: Random) -> HalfKnownCase:
    """Returns a case in which no address has more than a few combinations of unknown sets to belong to."""
    while True:
        case = _attempt(random)
        if case.court().most_patterns() <= MOST_PATTERNS:
            return case


def _attempt(random: Random) -> HalfKnownCase:
    ground = random.choice(GROUNDS)
    requirement, other = random.choice(ROWS)
    assert requirement.flow is not None
    direction = requirement.flow.direction.value
    needed = Needed(
        direction,
        "Tcp",
        ("443",),
        ground.own,
        ground.own if other is SELF else other,
        is_tag=requirement.flow.peer.kind is PeerKind.TAG,
    )
    rules = _rules(random, ground, direction)
    return HalfKnownCase(ground, requirement, needed, rules, _half_known(random, ground, needed, rules))


def _rules(random: Random, ground: Ground, direction: str) -> tuple[PlainRule, ...]:
    count = random.randint(1, 4)
    slots = (100, 110, 120, 130)
    priorities = random.choices(slots[:2], k=count) if random.random() < 0.2 else random.sample(slots, count)
    rules = (_rule(random, ground, direction) for _ in priorities)
    return tuple(
        replace(rule, name=f"r{place}", priority=priority)
        for place, (rule, priority) in enumerate(zip(rules, priorities, strict=True))
    )


def _rule(random: Random, ground: Ground, direction: str) -> PlainRule:
    other = tuple(random.sample(ground.other_ends, random.choice((1, 1, 1, 2))))
    own = (random.choice(ground.own_ends),)
    sources, destinations = (other, own) if direction == "Inbound" else (own, other)
    access, protocol = random.choice(("Allow", "Allow", "Deny")), random.choice(("Tcp", "Tcp", "*", "Udp"))
    ports, source_ports = random.choice(("*", "443", "443", "80")), random.choice(("*",) * 6 + ("443",))
    return PlainRule("", 0, direction, access, protocol, sources, destinations, (ports,), (source_ports,))


def _half_known(random: Random, ground: Ground, needed: Needed, rules: tuple[PlainRule, ...]) -> HalfKnown:
    tags = {name: prefixes for name, prefixes in DATA.items() if random.random() < 0.3}
    routes = tuple(random.sample(ROUTES, random.choice((1, 1, 2)))) if random.random() < 0.25 else ()
    texts = (*(text for rule in rules for text in (*rule.other_side, *rule.own_side)), *needed.other, *routes)
    said = sorted({text.lower() for text in texts})
    families = {name.partition(".")[0] for name in said}
    without_data = [name for name in map(str.lower, TAG_NAMES) if name not in tags]
    surely = ("10.1.0.0/25",)
    peer = {"half-synced": (surely, (*surely, "10.1.0.128/25", "20.0.0.0/31"))} if random.random() < 0.2 else {}
    return HalfKnown(
        Surroundings((ground.vnet,), surely if peer else (), tags),
        tuple(name for name in without_data if name.partition(".")[0] in families),
        tuple(name for name in said if name in {"nonsense", "gibberish"}),
        tuple(name for name in said if name.startswith("asg:")),
        routes,
        gateway=random.random() < 0.15,
        half_synced=peer,
        perhaps=frozenset(rule.name for rule in rules if random.random() < 0.1),
    )
