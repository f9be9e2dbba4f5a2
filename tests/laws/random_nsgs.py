"""Random NSGs aimed at a handful of requirements, in random surroundings where everything is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from random import Random

from apim_audit.core.facts.estate import Instance, Subnet, VirtualNetwork
from apim_audit.core.facts.requirements import Catalogue, Peer, PeerKind, Requirement
from apim_audit.core.sets.tags import ServiceTags
from tests.laws.simulator import PROBE, Needed, PlainRule, Surroundings, ends, port_ends
from tests.laws.translation import catalogue_of, group, instance, network, row, service_tags

VNETS = ("10.0.0.0/24", "10.0.0.0/24", "20.0.0.0/26", "0.0.0.0/27", "255.255.255.224/27", "192.168.0.0/28")
WIDE_NAMES = ("*", "*", "Internet", "VirtualNetwork", "AzureLoadBalancer", "Any", "0.0.0.0/0")
WIDE_PREFIXES = ("0.0.0.0/1", "128.0.0.0/1", "20.0.0.0/8", "168.63.129.16", "2001:db8::/32", "10.0.0.0/8")
PEERS = ("10.1.0.0/30", "20.0.1.240/29", "168.63.129.16/31", "0.0.0.0/30")
PLATFORM_SPACE = ("20.0.0.0", "20.0.1.224", "168.63.129.0", "0.0.0.0", "255.255.255.224", "9.255.255.240", "11.0.0.0")  # noqa: S104  (no socket: the first address)
ROWS: tuple[Requirement, ...] = (
    row("alpha-in", "Inbound", "Tcp", ("3443",), Peer(PeerKind.TAG, "Alpha")),
    row("alpha-out", "Outbound", "Tcp", ("443", "1433-1435"), Peer(PeerKind.TAG, "Alpha", regional=True)),
    row("beta-in", "Inbound", "Udp", ("1-65535",), Peer(PeerKind.TAG, "Beta")),
    row("beta-out", "Outbound", "Tcp", ("443",), Peer(PeerKind.TAG, "Beta")),
    row("internet-in", "Inbound", "Tcp", ("80", "443"), Peer(PeerKind.INTERNET, "Internet")),
    row("internet-out", "Outbound", "Tcp", ("80",), Peer(PeerKind.INTERNET, "Internet")),
    row("probe-in", "Inbound", "Tcp", ("6390",), Peer(PeerKind.LOAD_BALANCER, "AzureLoadBalancer")),
    row("vnet-in", "Inbound", "Tcp", ("65535",), Peer(PeerKind.VIRTUAL_NETWORK, "VirtualNetwork")),
    row("vnet-out", "Outbound", "Udp", ("1",), Peer(PeerKind.VIRTUAL_NETWORK, "VirtualNetwork")),
    row("self-in", "Inbound", "Udp", ("4290",), Peer(PeerKind.SUBNET, "the subnet")),
    row("self-out", "Outbound", "Tcp", ("6381-6383",), Peer(PeerKind.SUBNET, "the subnet")),
)
ROWS_BY_ID: Mapping[str, Requirement] = {requirement.id: requirement for requirement in ROWS}


@dataclass(frozen=True)
class Case:
    """One location with its NSG; ``regional`` says whether a second location, in the west, is the one judged."""

    rules: tuple[PlainRule, ...]
    around: Surroundings
    subnets: tuple[str, ...]
    regional: bool
    rows: tuple[Requirement, ...]
    regions: tuple[str, str] = ("east", "west")

    def needed(self) -> dict[str, Needed]:
        """Returns the flows that each row stands for, by row id."""
        return {requirement.id: self._needed(requirement) for requirement in self.rows}

    def _needed(self, requirement: Requirement) -> Needed:
        flow = requirement.flow
        assert flow is not None
        return Needed(
            flow.direction.value,
            flow.protocol,
            flow.ports,
            self.usable(),
            self._other_end(flow.peer),
            is_tag=flow.peer.kind is PeerKind.TAG,
        )

    def usable(self) -> tuple[str, ...]:
        """Returns the addresses that Azure does not reserve in each prefix: less the first four and the last."""
        spans = (ends(text) for text in self.subnets)
        return tuple(f"{IPv4Address(first + 4)}-{IPv4Address(last - 1)}" for first, last in spans)

    def _other_end(self, peer: Peer) -> tuple[str, ...]:
        if peer.kind is PeerKind.SUBNET:
            return self.usable()
        if not peer.regional:
            return (peer.name,)
        here, primary = self.regions[self.place], self.regions[0]
        names = tuple(f"{peer.name}.{region.replace(' ', '')}" for region in dict.fromkeys((here, primary)))
        return names if all(self.around.tags.get(name.lower()) for name in names) else (peer.name,)

    def instance(self) -> Instance:
        """Returns the instance whose location has this NSG."""
        subnet = Subnet("subnet", tuple(map(ends, self.subnets)), group(self.rules), self.network())
        empty = Subnet("other", (), None, self.network())
        return instance(*(empty, subnet) if self.regional else (subnet,), regions=self.regions)

    def network(self) -> VirtualNetwork:
        """Returns the VNet around the subnet."""
        return network(self.around.vnet, self.around.peers)

    def tags(self) -> ServiceTags:
        """Returns the tags of the surroundings."""
        return service_tags(self.around.tags)

    def catalogue(self) -> Catalogue:
        """Returns a catalogue of the rows."""
        return catalogue_of(self.rows, self.around.tags)

    @property
    def place(self) -> int:
        """The judged location's index."""
        return int(self.regional)


def _numbered(rule: PlainRule, priority: int) -> PlainRule:
    return replace(rule, name=f"rule-{priority}", priority=priority)


def random_case(random: Random) -> Case:
    """Returns a random case with synthetic tags and 1 to 40 rules."""
    vnet = random.choice(VNETS)
    peers = tuple(random.sample(PEERS, random.randint(0, 2)))
    around = Surroundings((vnet,), peers, _tags(random))
    rows = tuple(random.sample(ROWS, 5))
    maker = RuleMaker(random, around, _subnets(random, vnet), rows, by_address=random.random() < 0.3)
    return Case(maker.rules(random.randint(1, 40)), around, maker.subnets, random.random() < 0.3, rows)


def real_case(random: Random, tags: Mapping[str, tuple[str, ...]], rows: tuple[Requirement, ...]) -> Case:
    """Returns a random case of 1 to 40 rules with tags as Microsoft publishes them."""
    around = Surroundings(("10.0.0.0/16",), random.choice(((), ("10.1.0.0/16",), ("20.0.0.0/16",))), tags)
    rows = tuple(random.sample(rows, 4))
    maker = RuleMaker(random, around, ("10.0.1.0/24",), rows, by_address=random.random() < 0.2)
    regions = "West Europe", "northeurope"
    return Case(maker.rules(random.randint(1, 40)), around, maker.subnets, random.random() < 0.3, rows, regions)


def _subnets(random: Random, vnet: str) -> tuple[str, ...]:
    first, last = ends(vnet)
    low, high = f"{IPv4Address(first)}/29", f"{IPv4Address(last - 7)}/29"
    return random.choice(((low,), (high,), (low, high))) if first + 8 < last - 7 else (low,)


def _tags(random: Random) -> dict[str, tuple[str, ...]]:
    alpha = _prefixes(random, random.randint(1, 4))
    beta = _prefixes(random, random.randint(1, 4))
    tags = {"alpha": alpha, "beta": beta, "gamma": (*random.sample(alpha, 1), *_prefixes(random, 2))}
    tags["delta"] = (*alpha, *beta) if random.random() < 0.5 else (*alpha[:-1], *_neighbours(random, alpha[-1]))
    if random.random() < 0.7:
        tags["alpha.east"] = tuple(random.sample(alpha, random.randint(0, len(alpha))))
    if random.random() < 0.7:
        tags["alpha.west"] = tuple(random.sample(alpha, random.randint(0, 1)))
    return tags


def _prefixes(random: Random, count: int) -> tuple[str, ...]:
    """Returns prefixes in few, narrow windows, so that they nest, overlap, adjoin, and leave gaps of one."""
    return tuple(_prefix(random) for _ in range(count))


def _prefix(random: Random) -> str:
    first = int(IPv4Address(random.choice(PLATFORM_SPACE))) + random.randrange(32)
    return f"{IPv4Address(first)}/{random.choice((27, 28, 30, 31, 32, 32))}"


def _neighbours(random: Random, prefix: str) -> tuple[str, ...]:
    """Returns the prefix again, cut, or shifted by one at an end."""
    first, last = ends(prefix)
    first, last = first + random.choice((-1, 0, 0, 1)), last + random.choice((-1, 0, 0, 1))
    first, last = max(first, 0), min(last, 2**32 - 1)
    return (f"{IPv4Address(first)}-{IPv4Address(last)}",) if first <= last else (prefix,)


def halves(text: str) -> tuple[str, ...]:
    """Returns a prefix as its two halves, or itself where it is a single address."""
    first, last = ends(text)
    if first == last:
        return (text,)
    middle = (first + last) // 2
    return f"{IPv4Address(first)}-{IPv4Address(middle)}", f"{IPv4Address(middle + 1)}-{IPv4Address(last)}"


@dataclass(frozen=True)
class RuleMaker:
    """Makes rules that have something to do with the rows; ``by_address``: those for tags name addresses only."""

    random: Random
    around: Surroundings
    subnets: tuple[str, ...]
    rows: tuple[Requirement, ...]
    by_address: bool = False

    def rules(self, count: int) -> tuple[PlainRule, ...]:
        """Returns that many rules in a random order, with distinct priorities, some of them serving a row together."""
        random = self.random
        focus = random.sample(self.rows, min(random.randint(1, 4), len(self.rows)))
        allows = random.choice((0.5, 0.7, 0.9, 1))
        priorities = random.sample(range(100, 4097), count)
        serving = [rule for aim in focus for _ in range(random.choice((0, 1, 1, 2))) for rule in self._serving(aim)]
        rules = [self._rule(priority, random.choice(focus), allows) for priority in priorities]
        first = sorted(priorities[: len(serving)])
        rules[: len(first)] = map(_numbered, serving, first)
        random.shuffle(rules)
        return tuple(rules)

    def _serving(self, aim: Requirement) -> list[PlainRule]:
        """Returns Allow rules that let a row through between them, or all of it but one piece."""
        random, flow = self.random, aim.flow
        assert flow is not None
        inbound = flow.direction.value == "Inbound"
        pieces = self._pieces(flow.peer)
        own = random.choice(
            (("*",), ("VirtualNetwork",), self.subnets, tuple(h for s in self.subnets for h in halves(s)))
        )
        rules = [
            PlainRule("", 0, flow.direction.value, "Allow", flow.protocol, other, own, ports)
            if inbound
            else PlainRule("", 0, flow.direction.value, "Allow", flow.protocol, own, other, ports)
            for other in pieces
            for ports in random.choice(((flow.ports,), (("*",),), tuple((text,) for text in flow.ports)))
        ]
        random.shuffle(rules)
        return rules[random.choice((0, 0, 0, 1)) :]

    def _pieces(self, peer: Peer) -> tuple[tuple[str, ...], ...]:
        """Returns other ends that cover a row's between them."""
        random = self.random
        prefixes = self.around.tags.get(peer.name.lower())
        if not prefixes:
            return random.choice(
                ((("*",),), (("Internet",), ("VirtualNetwork",)), (("AzureLoadBalancer",), ("VirtualNetwork",)))
            )
        cut = tuple(half for prefix in prefixes for half in halves(prefix))
        spread = tuple(texts for texts in (cut[::2], cut[1::2]) if texts)
        named = prefixes if self.by_address else (peer.name,)
        return random.choice(((prefixes,), (cut,), tuple((text,) for text in prefixes), spread, (named,)))

    def _rule(self, priority: int, aim: Requirement, allows: float) -> PlainRule:
        random, flow = self.random, aim.flow
        assert flow is not None
        own, other = self._own(), self._other(flow.peer)
        inbound = flow.direction.value == "Inbound"
        return PlainRule(
            f"rule-{priority}",
            priority,
            flow.direction.value,
            "Allow" if random.random() < allows else "Deny",
            random.choice((flow.protocol, flow.protocol, flow.protocol, "*", "*", "Tcp", "Udp", "Icmp")),
            other if inbound else own,
            own if inbound else other,
            self._ports(flow.ports),
            random.choice(
                (("*",),) * 12 + (("1024-65535",), ("0-1023",), ("443",), ("1-65534",), ("65535", "0-65533"))
            ),
        )

    def _own(self) -> tuple[str, ...]:
        random = self.random
        subnet = random.choice(self.subnets)
        usable = str(IPv4Address(ends(subnet)[0] + random.choice((4, 5, 6))))
        choices = ("*", "*", "VirtualNetwork", "virtualnetwork", "ANY", "0.0.0.0/0", *self.around.vnet, "Internet")
        return random.choice(
            ((random.choice(choices),),) * 5 + (self.subnets, halves(subnet), halves(subnet)[:1], (usable,))
        )

    def _other(self, peer: Peer) -> tuple[str, ...]:
        random = self.random
        if self.by_address and peer.kind is PeerKind.TAG:
            return random.choice((self.around.tags[peer.name.lower()], (self._addresses(peer), self._addresses(peer))))
        own_name = self._spelt(peer.name) if peer.kind is not PeerKind.SUBNET else random.choice(self.subnets)
        makers: tuple[tuple[float, Callable[[], tuple[str, ...]]], ...] = (
            (0.3, lambda: (own_name,)),
            (0.2, lambda: (random.choice(WIDE_NAMES),)),
            (0.1, lambda: (self._spelt(random.choice(tuple(self.around.tags))),)),
            (0.05, lambda: ("0.0.0.0/1", "128.0.0.0/1")),
            (0.05, lambda: (random.choice(WIDE_PREFIXES),)),
            (0.3, lambda: tuple(self._addresses(peer) for _ in range(random.choice((1, 1, 2, 3))))),
        )
        return random.choices([make for _, make in makers], [weight for weight, _ in makers])[0]()

    def _spelt(self, name: str) -> str:
        return self.random.choice((name, name, name.upper(), name.lower(), f" {name} "))

    def _addresses(self, peer: Peer) -> str:
        random = self.random
        known = self.around.tags.get(peer.name.lower()) or (*self.subnets, *self.around.peers, f"{PROBE}/32")
        prefix = random.choice(known)
        return random.choice((prefix, prefix, *halves(prefix), *_neighbours(random, prefix), *_prefixes(random, 1)))

    def _ports(self, needed: tuple[str, ...]) -> tuple[str, ...]:
        random = self.random
        first, last = port_ends(random.choice(needed))
        low, high = max(first - random.randint(0, 2), 0), min(last + random.randint(0, 2), 65535)
        middle = random.randint(first, last)
        return random.choice(
            (
                needed,
                needed,
                ("*",),
                (f"{low}-{high}",),
                (f"{first}-{middle}",),
                (f"{middle}", f"{middle}-{high}"),
                ("443", "80"),
            )
        )
