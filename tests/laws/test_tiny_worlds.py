"""The engine against brute force in tiny universes where everything unknown is gone through.

Never definite where worlds differ, never unknown where all agree or all are gaps.
"""

from collections.abc import Callable
from random import Random

import pytest

from apim_audit.core.engine.decision import verdict_of
from apim_audit.core.facts.rules import Access, Side
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import AddressSet, UnknownSet
from tests.laws.tiny_worlds import TinyCase, random_tiny_case, shows, tally, tiny_rule, under

CHUNK = 100
CHUNKS = 20
Judge = Callable[[TinyCase], str]


def disagreements(judge: Judge, seed: int, count: int, *, overlapping: bool = False, admin: bool = False) -> list[str]:
    random = Random(seed)
    cases = (random_tiny_case(random, overlapping=overlapping, admin=admin) for _ in range(count))
    return [f"{problem}: {case}" for case in cases if (problem := judge(case))]


def of_rules_and_verdicts(case: TinyCase) -> str:
    expected, decision = tally(case), case.decided()
    found = {verdict.value for verdict in decision.verdicts()}, set(decision.deciders()), set(decision.shadowed)
    same = found == (expected.verdicts, expected.deciders, expected.shadowed)
    return "" if same else f"{found} instead of {expected}"


def of_verdicts(case: TinyCase) -> str:
    found, expected = {verdict.value for verdict in case.decided().verdicts()}, tally(case).verdicts
    return "" if found == expected else f"{found} instead of {expected}"


def of_parts(case: TinyCase) -> str:
    parts = (part for part in case.decided().parts if not shows(case, part))
    return next((f"{part.spot()} is not decided by rule {part.rule} in any world" for part in parts), "")


def of_conditions(case: TinyCase) -> str:
    for answered, family in case.decided().conditional:
        found, expected = {verdict_of(world).value for world in family}, under(case, answered)
        if found != expected:
            return f"{found} instead of {expected} if {[choice.answers[answer] for choice, answer in answered]}"
    return ""


seeds = pytest.mark.parametrize("seed", range(CHUNKS))
many_seeds = pytest.mark.parametrize("seed", range(1000, 1000 + 20 * CHUNKS))


@seeds
def test_verdicts_deciders_and_shadowed_rules_are_those_of_all_worlds(seed: int) -> None:
    assert disagreements(of_rules_and_verdicts, seed, CHUNK) == []


@seeds
def test_every_part_shows_a_flow_that_its_rule_decides_in_some_world(seed: int) -> None:
    assert disagreements(of_parts, 100 + seed, CHUNK // 4) == []


@seeds
def test_what_holds_under_an_answer_is_what_holds_in_its_worlds(seed: int) -> None:
    assert disagreements(of_conditions, 200 + seed, CHUNK // 4) == []


@seeds
def test_verdicts_are_right_where_an_address_may_stand_at_both_ends(seed: int) -> None:
    assert disagreements(of_verdicts, 300 + seed, CHUNK // 2, overlapping=True) == []


@seeds
def test_deciders_are_right_where_an_address_may_stand_at_both_ends(seed: int) -> None:
    assert disagreements(of_rules_and_verdicts, 400 + seed, CHUNK // 4, overlapping=True) == []


def test_an_address_of_a_set_that_is_required_at_both_ends_stands_at_both() -> None:
    # Nothing is both reached only as one end and reaching only as the other: blocked, which takes that, is no verdict.
    first, second = Side(("0.0.0.0-0.0.0.1",)), Side(("0.0.0.2-0.0.0.3",))
    ours = UnknownSet("ours", "?", "ours", IntervalSet.span(0, 3), inhabited=True)
    rules = (
        tiny_rule("r0", 100, Access.ALLOW, "*")._replace(source=first, destination_ports=IntervalSet.point(443)),
        tiny_rule("r1", 110, Access.DENY, "*")._replace(source=second, destination=first),
    )
    sets = {"near": AddressSet(()), "*": AddressSet.plain(IntervalSet.span(0, 15))}
    either = AddressSet.unknown(ours)
    case = TinyCase(sets, (ours,), (), rules, either, either, may_pin=False)
    assert tally(case).verdicts == {"partial", "missing"}
    assert of_rules_and_verdicts(case) == ""


@seeds
def test_admin_rules_before_the_nsg_deliver_drop_and_pass_on(seed: int) -> None:
    assert disagreements(of_rules_and_verdicts, 500 + seed, CHUNK // 2, admin=True) == []


@pytest.mark.wide
@many_seeds
def test_verdicts_deciders_and_shadowed_rules_are_those_of_all_worlds_many_times(seed: int) -> None:
    assert disagreements(of_rules_and_verdicts, seed, CHUNK) == []


@pytest.mark.wide
@many_seeds
def test_verdicts_are_right_where_an_address_may_stand_at_both_ends_many_times(seed: int) -> None:
    assert disagreements(of_verdicts, seed, CHUNK, overlapping=True) == []
