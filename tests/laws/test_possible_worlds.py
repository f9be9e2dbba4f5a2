"""Where something is unknown: the core against every possible world.

Never definite where worlds differ, never unknown where all agree or all are gaps; and deciders, other verdicts,
shadowed rules and the witness are those of the worlds taken together.
"""

from random import Random

import pytest

from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.verdicts import Gap
from tests.laws.comparing import packet_of
from tests.laws.half_known_nsgs import HalfKnownCase, random_half_known_case

BUDGET = "in more ways than the budget allows"
CHUNK = 100
CHUNKS = 20


def difference(case: HalfKnownCase) -> str:
    """Returns how the core differs from the possible worlds, or an empty text."""
    told, check = case.court().told(), case.check()
    if BUDGET in (check.reason or ""):
        return ""  # an answer that the issue allows: out of budget is undecided, never compliant
    said = check.verdict.value, others_of(check), *rules_of(check)
    if said != (told.verdict, told.others, told.deciders, told.shadowed):
        return f"{said} instead of {told}: {case}"
    if check.verdict.value == "compliant":
        return ""
    witness = check.evidence.witness
    if witness is None:
        return f"no witness: {case}"
    shown = case.court().may_show(packet_of(witness), witness.decided_by)
    return "" if shown else f"{witness} shows nothing: {case}"


def others_of(check: Check) -> frozenset[str]:
    alternatives = check.outcome.or_else if isinstance(check.outcome, Gap) else ()
    return frozenset(other.verdict.value for other in alternatives if other.condition)


def rules_of(check: Check) -> tuple[frozenset[str], frozenset[str]]:
    evidence = check.evidence
    return frozenset(rule.name for rule in evidence.decided_by), frozenset(rule.name for rule in evidence.shadowed)


def disagreements(seed: int, count: int) -> list[str]:
    random = Random(seed)
    found = (difference(random_half_known_case(random)) for _ in range(count))
    return [text for text in found if text]


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_the_core_agrees_with_all_possible_worlds(seed: int) -> None:
    assert disagreements(seed, CHUNK) == []


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(1000, 1000 + 20 * CHUNKS))
def test_the_core_agrees_with_all_possible_worlds_many_times(seed: int) -> None:
    assert disagreements(seed, CHUNK) == []
