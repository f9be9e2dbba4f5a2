"""The oracle itself: its classes of packets against packets taken at random, and a few rulings checked by hand."""

from random import Random

import pytest

from tests.laws.random_nsgs import Case, random_case
from tests.laws.simulator import (
    LAST_ADDRESS,
    Needed,
    Packet,
    PlainRule,
    Ruling,
    Simulation,
    Surroundings,
    first_match,
    is_pinned,
    port_ends,
)

AROUND = Surroundings(("10.0.0.0/24",), (), {"alpha": ("20.0.0.0/30", "20.0.0.5")})
NEEDED = Needed("Inbound", "Tcp", ("443",), ("10.0.0.4-10.0.0.6",), ("Alpha",), is_tag=True)
ALLOW = PlainRule("allow", 200, "Inbound", "Allow", "Tcp", ("Alpha",), ("*",), ("443",))


def ruling(*rules: PlainRule) -> Ruling:
    found = Simulation.of(NEEDED, rules, AROUND).ruling()
    assert found is not None
    return found


def some_packet(random: Random, needed: Needed, around: Surroundings) -> Packet | None:
    """Returns a needed packet from near the bounds of what is needed, or None where the dice fall badly."""
    sources, destinations = (
        sorted(edge + step for edge in around.edges_of_side(side) for step in (-1, 0, 1, 2))
        for side in (needed.sources, needed.destinations)
    )
    first, last = port_ends(random.choice(needed.ports))
    packet = Packet(
        needed.protocol,
        random.choice(sources),
        random.choice((1, 443, 1024, 65535)),
        random.choice(destinations),
        random.choice((first, last)),
    )
    inside = all(0 <= address <= LAST_ADDRESS for address in (packet.source, packet.destination))
    return packet if inside and needed.holds(packet, around) else None


def stray_packets(random: Random, case: Case) -> list[str]:
    found = []
    for needed in case.needed().values():
        simulation = Simulation.of(needed, case.rules, case.around)
        told = simulation.ruling()
        packets = (some_packet(random, needed, case.around) for _ in range(40))
        for packet in filter(None, packets):
            rule = first_match(simulation.rules, packet, case.around)
            if told is None or (rule.name, rule.priority) not in told.deciders:
                found.append(f"{rule.name} decides {packet}")
    return found


@pytest.mark.parametrize("seed", range(10))
def test_no_packet_is_decided_by_a_rule_that_the_classes_miss(seed: int) -> None:
    random = Random(seed)
    assert [text for _ in range(20) for text in stray_packets(random, random_case(random))] == []


def test_a_rule_for_the_tag_is_compliant() -> None:
    assert ruling(ALLOW) == Ruling("compliant", (("allow", 200),), ())


def test_a_deny_before_it_blocks_and_shadows_it() -> None:
    deny = PlainRule("deny", 100, "Inbound", "Deny", "*", ("Internet",), ("*",), ("*",))
    assert ruling(ALLOW, deny) == Ruling("blocked", (("deny", 100),), (("allow", 200),))


def test_a_deny_of_one_address_makes_it_partial() -> None:
    deny = PlainRule("deny", 100, "Inbound", "Deny", "*", ("20.0.0.5",), ("10.0.0.6",), ("*",))
    assert ruling(ALLOW, deny) == Ruling("partial", (("deny", 100), ("allow", 200)), (("allow", 200),))


def test_nothing_is_missing() -> None:
    assert ruling() == Ruling("missing", (("DenyAllInBound", 65500),), ())


def test_addresses_for_the_tag_are_pinned() -> None:
    pinned = PlainRule("pinned", 100, "Inbound", "Allow", "Tcp", ("20.0.0.0/29",), ("*",), ("443",))
    assert ruling(pinned).verdict == "pinned"
    assert ruling(pinned, ALLOW).verdict == "compliant"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("20.0.0.0/29",), True),
        (("0.0.0.0/0",), False),
        (("0.0.0.0/1", "128.0.0.0/1"), False),
        (("0.0.0.0/1",), True),
        (("1.0.0.0-223.255.255.255",), False),
        (("20.0.0.0/29", "Alpha"), False),
        (("asg:web", "20.0.0.0/29"), False),
        (("*",), False),
    ],
)
def test_a_rule_is_pinned_if_it_names_addresses_only(texts: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001  (a column of the table)
    assert is_pinned(PlainRule("rule", 100, "Inbound", "Allow", "Tcp", texts, ("*",), ("443",))) is expected
