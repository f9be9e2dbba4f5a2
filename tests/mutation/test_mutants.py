"""The faults that can be planted in the core: each is noticed, or it is known why it does no harm."""

import ast
import subprocess
import sys

import pytest

from tests.mutation.explained import HARMLESS
from tests.mutation.faults import mutations
from tests.mutation.mutants import MODULES, ROOT, all_mutants, sample

SAMPLE = 40


def test_a_planted_fault_changes_the_source() -> None:
    for mutant in sample(all_mutants(), SAMPLE, 1):
        source = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert mutant.planted() != ast.unparse(ast.parse(source)) + "\n"


def test_every_kind_of_fault_is_planted() -> None:
    source = "if not a < 1 and max(b, 2):\n    c += 1\n"
    told = [mutation.what for mutation in mutations(ast.parse(source))]
    assert len(told) == 13
    assert len(set(told)) == 11  # both ones are made a two and a zero


@pytest.mark.wide
@pytest.mark.parametrize("beginning", HARMLESS)
def test_what_is_explained_can_be_planted(beginning: str) -> None:
    assert any(str(mutant).startswith(beginning) for mutant in all_mutants())


@pytest.mark.wide
@pytest.mark.parametrize("module", MODULES)
def test_the_quick_tests_notice_every_fault_that_is_not_explained(module: str) -> None:
    done = subprocess.run(  # noqa: S603  (our own; in a process where nothing of the program is loaded yet)
        [sys.executable, "-m", "tests.mutation.mutants", "--quick", module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("LEFT")] == []
