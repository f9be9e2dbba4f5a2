"""Decisions by themselves: where a part is shown, what it hangs on, and what the worlds of a few rules come to."""

from collections.abc import Iterable

import pytest

from apim_audit.core.engine.compiling import WHOLE, uncut_table
from apim_audit.core.engine.decision import LOST, Decision, Fate, Part, decide, verdict_of
from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.engine.rulesets import ruleset_of
from apim_audit.core.engine.search import Box, Leaf
from apim_audit.core.facts.estate import Subnet
from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.core.judging.required import SOURCE_PORTS
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import Choice
from tests.core.locations import NO_DATA, Site, outbound, tags_with_data
from tests.laws.simulator import PlainRule, ends
from tests.laws.simulator import verdict_of as verdict_by_the_law
from tests.laws.translation import addresses, network, security_rule

SUBNET = Subnet("subnet", (ends("10.0.1.0/28"),), None, network(("10.0.0.0/16",)))
KINDS = {Fate.ALLOWED: "Ac", Fate.ALLOWED_BY_DEFAULT: "Ad", Fate.DENIED: "Dc", Fate.DENIED_BY_DEFAULT: "Dd"}
WITHOUT_PINS = 4


def decided(
    *rules: PlainRule, other: str = "20.60.0.0/20", perhaps: Iterable[str] = (), may_pin: bool = True
) -> Decision:
    """Returns what becomes of TCP 443 from the subnet to addresses of Storage."""
    tags = tags_with_data()
    ruled = [security_rule(rule, certain=rule.name not in perhaps) for rule in rules]
    ruleset = ruleset_of(ruled, Direction.OUTBOUND, Resolver(space_of(SUBNET, tags), tags))
    box = Box((addresses([other]), addresses(["10.0.1.4-10.0.1.14"]), SOURCE_PORTS, IntervalSet.point(443)))
    return decide([box], ruleset, "Tcp", may_pin=may_pin)


@pytest.mark.parametrize("world", range(1, 16))
def test_the_verdict_of_a_world_is_that_of_what_becomes_of_its_flows(world: int) -> None:
    verdict = verdict_by_the_law({kind for fate, kind in KINDS.items() if world & fate})
    assert verdict_of(world) is Verdict(verdict)
    for rest in range(1, 16):
        pinned = verdict == "compliant" and rest != Fate.ALLOWED
        assert verdict_of(world | rest << WITHOUT_PINS) is Verdict("pinned" if pinned else verdict)


def test_what_is_denied_is_lost() -> None:
    assert [fate for fate in Fate if fate & LOST] == [Fate.DENIED, Fate.DENIED_BY_DEFAULT]


@pytest.mark.parametrize(
    ("ports", "shown"),
    [
        (("1-65535",), 1024),
        (("1-1023",), 1),
        (("7-1024",), 1024),
        (("1024-2000",), 1024),
        (("1-1023", "1025-1030"), 1025),
        (("5-9", "1500-1600", "2000"), 1500),
        (("5-9", "443"), 5),
    ],
)
def test_a_part_is_shown_at_a_port_that_a_client_would_use(ports: tuple[str, ...], shown: int) -> None:
    found = decided(outbound("Storage", "443", source_ports=ports), outbound("*", "*", access="Deny", priority=400))
    part = next(part for part in found.parts if part.rule == 0)
    assert part.spot()[:4] == (ends("20.60.0.0")[0], ends("10.0.1.4")[0], shown, 443)


@pytest.mark.parametrize(("answer", "mask"), [(0, 0b01), (1, 0b10)])
def test_a_part_of_one_platform_hangs_on_it(answer: int, mask: int) -> None:
    platform = Choice("platform", "which?", ("this", "that"))
    part = decided(outbound("Storage", "443")).parts[0]
    assert part.unknowns() == []
    assert part._replace(platform=(platform, answer)).unknowns() == [(platform, mask)]


def test_a_rule_that_is_perhaps_there_makes_two_worlds_and_each_part_says_in_which_it_is() -> None:
    deny = outbound("*", "*", name="Deny", access="Deny", priority=100)
    found = decided(deny, outbound("Storage", "443"), perhaps=["Deny"])
    assert found.verdicts() == {Verdict.COMPLIANT, Verdict.BLOCKED}
    assert found.deciders() == [0, 1]
    asked = "presence of Outbound 100 deny"
    assert {part.rule: part.spot().of_world for part in found.parts} == {0: {asked: 1}, 1: {asked: 0}}
    assert {part.rule: [mask for _, mask in part.unknowns()] for part in found.parts} == {0: [0b10], 1: [0b01]}
    # A world is compliant: nothing is said of the others but what would decide.
    assert found.conditional == ()


def test_where_no_world_is_compliant_each_answer_says_what_follows() -> None:
    half = outbound("20.60.0.0/21", "443", name="Half", access="Deny", priority=100)
    rest = outbound("20.60.8.0/21", "443", name="Rest", access="Deny", priority=101)
    found = decided(half, rest, perhaps=["Rest"], may_pin=False)
    told = [([answer for _, answer in way], set(map(verdict_of, worlds))) for way, worlds in found.conditional]
    assert told == [([0], {Verdict.PARTIAL}), ([1], {Verdict.BLOCKED})]


def test_a_part_hangs_on_nothing_that_it_meets_whatever_the_answer() -> None:
    half = outbound("20.60.0.0/21", "443", name="Half", access="Deny", priority=100)
    rest = outbound("20.60.8.0/21", "443", name="Rest", access="Deny", priority=101)
    found = decided(half, rest, perhaps=["Half", "Rest"])
    hangs = {(part.rule, unknown.name, mask) for part in found.parts for unknown, mask in part.unknowns()}
    on_half, on_rest = "presence of Outbound 100 half", "presence of Outbound 101 rest"
    assert {each for each in hangs if each[0] < 2} == {(0, on_half, 0b10), (1, on_rest, 0b10)}


@pytest.mark.parametrize(("count", "ways"), [(4, 16), (5, 0)])
def test_of_more_choices_than_four_nothing_is_said(count: int, ways: int) -> None:
    denying = [outbound(f"20.60.0.{n}", "443", name=f"D{n}", access="Deny", priority=100 + n) for n in range(count)]
    found = decided(*denying, perhaps=[rule.name for rule in denying])
    assert found.verdicts() == {Verdict.DEFAULT_ONLY, Verdict.PARTIAL}
    assert len(found.conditional) == ways


def test_behind_a_pinning_rule_everything_is_looked_at_where_it_takes_all() -> None:
    pin, tag = outbound("20.60.0.0/16", "443", name="Pin"), outbound("Storage", "443", priority=310)
    for rules, verdict in (([pin], Verdict.PINNED), ([pin, tag], Verdict.COMPLIANT)):
        found = decided(*rules)
        assert found.verdicts() == {verdict}
        assert found.deciders() == [0]
        assert decided(*rules, may_pin=False).verdicts() == {Verdict.COMPLIANT}


def test_what_one_rule_takes_whole_is_shown_at_its_lowest_flow() -> None:
    box = Box((addresses(["20.60.0.0/20"]), addresses(["10.0.1.4"]), SOURCE_PORTS, IntervalSet.span(443, 444)))
    part = Part(Fate.ALLOWED, pinned=False, rule=3, leaf=Leaf(WHOLE, 3), table=uncut_table(box.sets))
    assert part.spot()[:4] == (ends("20.60.0.0")[0], ends("10.0.1.4")[0], 1024, 443)
    taken = decided(outbound("*", "443"), may_pin=False)
    assert (taken.parts[0].spot()[:4], taken.shadowed, taken.conditional) == (part.spot()[:4], (), ())


@pytest.mark.parametrize(("row", "tag"), [("management", "ApiManagement"), ("sql", "Sql.WestEurope")])
def test_without_tag_data_the_flow_that_a_default_rule_takes_says_of_which_tag_it_is(row: str, tag: str) -> None:
    witness = Site((), tags=NO_DATA).check(row).evidence.witness
    assert witness is not None
    assert witness.assuming == (f"1.0.0.0 is in {tag}",)


def test_addresses_that_hold_whatever_an_unknown_region_can_be_pin_it() -> None:
    tags = tags_with_data({"Sql": ("20.70.0.0/16",)})
    deny = outbound("*", "*", access="Deny", priority=400)
    assert Site((outbound("20.70.0.0/16", "1433"), deny), tags=tags).check("sql").verdict == "pinned"
    assert Site((outbound("Sql", "1433"), deny), tags=tags).check("sql").verdict == "compliant"
