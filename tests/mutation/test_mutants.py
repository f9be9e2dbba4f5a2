"""A sample of the faults that can be planted in the core: each is noticed, or it is known why it does no harm."""

import ast

import pytest

from tests.mutation.explained import HARMLESS
from tests.mutation.mutants import ROOT, all_mutants, mutations, sample, survivors

SAMPLE = 40


def test_a_planted_fault_changes_the_source() -> None:
    for mutant in sample(SAMPLE, 1):
        source = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert mutant.planted()[1] != ast.unparse(ast.parse(source)) + "\n"


def test_every_kind_of_fault_is_planted() -> None:
    source = "if not a < 1 and max(b, 2):\n    c += 1\n"
    told = [mutation.what for mutation in mutations(ast.parse(source))]
    assert len(told) == 13
    assert len(set(told)) == 11  # both ones are made a two and a zero


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(len(all_mutants()) // SAMPLE))
def test_the_tests_notice_a_sample_of_faults(seed: int) -> None:
    unexplained = [text for text in survivors(sample(SAMPLE, seed)) if not any(part in text for part in HARMLESS)]
    assert unexplained == []
