"""Small worlds, gone through to the end: few addresses and ports at either end of their space, with gaps of one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from itertools import product

import pytest

from apim_audit.core.facts.requirements import Peer, PeerKind, Requirement
from tests.laws.comparing import differences
from tests.laws.random_nsgs import Case
from tests.laws.simulator import PlainRule, Surroundings
from tests.laws.translation import row


@dataclass(frozen=True)
class SmallWorld:
    """A tag of three addresses out of four, and a subnet of three, at one end of IPv4 each; ports at an end too."""

    name: str
    subnet: str
    window: int  # the first of the four addresses round the tag
    first_port: int
    direction: str

    def span(self, first: int, last: int) -> str:
        """Returns some of the four addresses, as a range."""
        return f"{IPv4Address(self.window + first)}-{IPv4Address(self.window + last)}"

    def ports(self, first: int, last: int) -> str:
        """Returns some of the three ports."""
        return f"{self.first_port + first}-{self.first_port + last}"

    @property
    def row(self) -> Requirement:
        return row("row", self.direction, "Tcp", (self.ports(0, 2),), Peer(PeerKind.TAG, "Alpha"))

    def case(self, *rules: PlainRule) -> Case:
        """Returns rules, the first first, before what the tag needs."""
        numbered = tuple(replace(rule, name=f"r{i}", priority=100 + i) for i, rule in enumerate(rules))
        tags = {"alpha": (self.span(0, 1), self.span(3, 3))}
        return Case(numbered, Surroundings((self.subnet,), (), tags), (self.subnet,), regional=False, rows=(self.row,))

    def rule(self, access: str, other: str, ports: str = "*", own: str = "*", source_ports: str = "*") -> PlainRule:
        """Returns a TCP rule."""
        source, destination = (other, own) if self.direction == "Inbound" else (own, other)
        return PlainRule("", 0, self.direction, access, "Tcp", (source,), (destination,), (ports,), (source_ports,))


WORLDS = (
    SmallWorld("tag-first", "255.255.255.248/29", 0, 65533, "Inbound"),
    SmallWorld("tag-last", "0.0.0.0/29", 2**32 - 4, 1, "Outbound"),
)
ACCESS = ("Allow", "Deny")
SPANS = ((0, 0), (1, 1), (2, 2), (3, 3), (0, 1), (1, 2), (2, 3), (0, 3))
PIECES = ((0, 0), (3, 3), (0, 1), (1, 3))
PORTS = ((0, 0), (2, 2), (0, 1), (1, 2))
SOURCE_PORTS = ("*", "1-65534", "2-65535", "1", "65535")


def by_address(world: SmallWorld) -> list[PlainRule]:
    others = ["*", "Alpha", *(world.span(*span) for span in SPANS)]
    return [world.rule(access, other) for access in ACCESS for other in others]


def by_port(world: SmallWorld) -> list[PlainRule]:
    others = ["*", "ALPHA", *(world.span(*span) for span in PIECES)]
    ports = ["*", *(world.ports(*span) for span in PORTS)]
    return [world.rule(*parts) for parts in product(ACCESS, others, ports)]


def by_the_rest(world: SmallWorld) -> list[PlainRule]:
    first = int(IPv4Address(world.subnet.partition("/")[0])) + 4
    own = ["*", f"{IPv4Address(first)}", f"{IPv4Address(first + 1)}-{IPv4Address(first + 2)}"]
    rules = [world.rule(access, "Alpha", "*", *rest) for access, *rest in product(ACCESS, own, SOURCE_PORTS)]
    return [replace(rule, protocol=protocol) for rule in rules for protocol in ("Tcp", "*", "Udp")]


def disagreements(cases: Iterator[Case]) -> list[str]:
    return [f"{case.rules}: {text}" for case in cases for text in differences(case)]


def numbered(count: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("first", range(count))


worlds = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)


@worlds
@numbered(20)
def test_three_rules_that_differ_in_addresses(world: SmallWorld, first: int) -> None:
    rules = by_address(world)
    assert len(rules) == 20
    assert disagreements(world.case(rules[first], *others) for others in product(rules, repeat=2)) == []


@worlds
@numbered(60)
def test_two_rules_that_differ_in_addresses_and_ports(world: SmallWorld, first: int) -> None:
    rules = by_port(world)
    assert len(rules) == 60
    assert disagreements(world.case(rules[first], other) for other in rules) == []


@worlds
@numbered(90)
def test_two_rules_that_differ_in_own_end_source_port_and_protocol(world: SmallWorld, first: int) -> None:
    rules = by_the_rest(world)
    assert len(rules) == 90
    assert disagreements(world.case(rules[first], other) for other in rules[first % 3 :: 3]) == []


@pytest.mark.wide
@worlds
@numbered(60)
def test_three_rules_that_differ_in_addresses_and_ports(world: SmallWorld, first: int) -> None:
    rules = by_port(world)
    assert disagreements(world.case(rules[first], *others) for others in product(rules, repeat=2)) == []
