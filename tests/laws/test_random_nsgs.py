"""Random NSGs where everything is known: the core against the plain simulator, and its verdict against z3."""

from random import Random

import pytest

from tests.laws import z3_oracle
from tests.laws.comparing import differences
from tests.laws.random_nsgs import random_case
from tests.laws.translation import judged

CHUNK = 100
CHUNKS = 31
Z3_CHUNK = 25
Z3_CHUNKS = 12


def disagreements(seed: int, count: int) -> list[str]:
    random = Random(seed)
    cases = (random_case(random) for _ in range(count))
    return [f"case {place} of seed {seed}: {text}" for place, case in enumerate(cases) for text in differences(case)]


def z3_disagreements(seed: int, count: int) -> list[str]:
    random = Random(seed)
    found: list[str] = []
    for place in range(count):
        case = random_case(random)
        checks = judged(case.instance(), case.tags(), case.catalogue(), case.place)
        for row_id, needed in random.sample(sorted(case.needed().items()), 2):
            expected = z3_oracle.verdict(needed, case.rules, case.around) or "unknown"
            if checks[row_id].verdict.value != expected:
                found.append(f"case {place} of seed {seed}: {row_id}: {checks[row_id].verdict} instead of {expected}")
    return found


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_the_core_agrees_with_the_simulator_on_random_nsgs(seed: int) -> None:
    assert disagreements(seed, CHUNK) == []


@pytest.mark.parametrize("seed", range(1000, 1000 + Z3_CHUNKS))
def test_z3_finds_the_same_verdicts(seed: int) -> None:
    assert z3_disagreements(seed, Z3_CHUNK) == []


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(10_000, 10_000 + 20 * CHUNKS))
def test_the_core_agrees_with_the_simulator_on_many_random_nsgs(seed: int) -> None:
    assert disagreements(seed, CHUNK) == []


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(20_000, 20_000 + 20 * Z3_CHUNKS))
def test_z3_finds_the_same_verdicts_many_times(seed: int) -> None:
    assert z3_disagreements(seed, Z3_CHUNK) == []
