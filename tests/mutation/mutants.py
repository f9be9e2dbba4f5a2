"""Plants one small fault at a time in the core, and tells which of them the tests do not notice.

``python -m tests.mutation.mutants MODULE...`` tries all that can be planted in those modules of the core, but for those
that are explained; ``--quick`` leaves out the patient tests, ``--at LINE`` tries the faults of that line only,
``--sample COUNT`` tries some, ``--explained`` those that are explained as well, ``--at-once N`` so many side by side.
What is left at the end is listed: a test is wanted that notices it, or a reason in explained.py.
"""

import ast
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random

from tests.mutation.explained import HARMLESS
from tests.mutation.faults import Mutation, mutations
from tests.mutation.trials import Stage, Stages, in_turn, load_what_tests_load, tried

ROOT = Path(__file__).parents[2]
MODULES = (
    "addresses", "candidates", "cells", "checks", "claims", "classes", "compiling", "conditions", "decision", "hygiene",
    "intervals", "membership", "near_misses", "outcomes", "platforms", "reach", "replay", "required", "resolve",
    "routes", "rulesets", "search", "severity", "unknowns", "without_nsg", "words", "worlds",
)  # fmt: skip
_FIRST = ("tests/mutation/test_survivors.py", "tests/mutation/first_cases.py")
_LAWS = (
    "tests/laws/test_tiny_worlds.py::test_verdicts_deciders_and_shadowed_rules_are_those_of_all_worlds[0]",
    "tests/laws/test_boxes.py::test_engine_and_boxes_agree_on_random_nsgs[0]",
    "tests/laws/test_possible_worlds.py::test_the_core_agrees_with_all_possible_worlds[0]",
)
_CASES = ("tests/core/test_traps.py", "tests/core/test_around_the_nsg.py", "tests/mutation/test_fixtures_here.py")
_WORLDS = (
    *_LAWS,
    "tests/laws/test_tiny_worlds.py::test_what_holds_under_an_answer_is_what_holds_in_its_worlds[0]",
    "tests/laws/test_tiny_worlds.py::test_verdicts_are_right_where_an_address_may_stand_at_both_ends[0]",
    "tests/laws/test_tiny_worlds.py::test_an_address_of_a_set_that_is_required_at_both_ends_stands_at_both",
    "tests/laws/test_block_laws.py",
    "tests/core/test_resolve.py",
    "tests/core/test_traps.py",
)
_SEARCH = ("tests/core/test_search.py", "tests/core/test_admin_rules.py", "tests/core/test_last_defences.py")
_ALL = (
    *_LAWS, "tests/core", "tests/mutation/test_fixtures_here.py", "--ignore=tests/core/test_text.py",
    "--ignore=tests/core/test_stacks.py", "--ignore=tests/core/test_resource_patterns.py",
)  # fmt: skip
_TESTS = {
    "addresses": (_FIRST, ("tests/core/test_addresses.py",)),
    "candidates": (("tests/core/test_hints.py",), ("tests/core/test_checks.py", "tests/core/test_admin_rules.py")),
    "cells": ((*_FIRST, "tests/core/test_cells.py"), _WORLDS),
    "checks": (("tests/core/test_checks.py", "tests/core/test_admin_rules.py"), (*_CASES, "tests/core/test_hints.py")),
    "claims": (("tests/core/test_claims.py",), (*_FIRST, *_WORLDS)),
    "classes": (("tests/core/test_classes.py",), (*_FIRST, *_LAWS)),
    "compiling": (("tests/core/test_compiling.py", *_FIRST), (*_SEARCH, "tests/laws/test_hygiene_laws.py", *_LAWS)),
    "conditions": (("tests/core/test_around_the_nsg.py",), ("tests/mutation/test_fixtures_here.py",)),
    "decision": (("tests/core/test_decision.py",), _FIRST, (*_LAWS, _CASES[0])),
    "hygiene": (("tests/core/test_hints.py", "tests/laws/test_hygiene_laws.py"), ("tests/core/test_admin_rules.py",)),
    "intervals": (_FIRST, ("tests/laws/test_interval_laws.py",)),
    "membership": (("tests/core/test_membership.py",), (*_FIRST, *_WORLDS)),
    "near_misses": (("tests/core/test_hints.py",), _CASES),
    "outcomes": (
        ("tests/core/test_outcomes.py", *_SEARCH[2:], _CASES[0]),
        ("tests/core/test_admin_rules.py", "tests/core/test_checks.py"),
        (*_LAWS, *_CASES[1:]),
    ),
    "platforms": (("tests/core/test_checks.py", "tests/core/test_admin_rules.py"), _CASES),
    "reach": (("tests/core/test_last_defences.py", "tests/laws/test_hygiene_laws.py"),),
    "replay": (("tests/core/test_replay.py",), _CASES),
    "required": (_FIRST, ("tests/core/test_hints.py", *_CASES)),
    "resolve": (("tests/core/test_resolve.py", *_FIRST), ("tests/core/test_admin_rules.py", *_CASES)),
    "routes": (_CASES[1:2], ("tests/laws/test_route_laws.py",)),
    "rulesets": (("tests/core/test_rulesets.py",), (*_FIRST, *_SEARCH, *_LAWS, _CASES[0])),
    "search": ((*_FIRST, *_SEARCH), _LAWS),
    "severity": (_CASES,),
    "unknowns": (_FIRST, ("tests/laws/test_address_set_laws.py", "tests/core/test_traps.py")),
    "without_nsg": (("tests/core/test_admin_rules.py", "tests/core/test_checks.py"), _CASES),
    "words": (("tests/core/test_words.py",), ("tests/core/test_hints.py", "tests/core/test_resolve.py")),
    "worlds": ((*_FIRST, "tests/core/test_worlds.py"), _WORLDS),
}
"""For modules the tests that are tried on each mutant, stage by stage until one fails: what takes little first."""


@dataclass(frozen=True)
class Mutant:
    """One fault in one module of the core, by its number among those that can be planted there."""

    module: str
    number: int

    @property
    def file(self) -> Path:
        """The file, seen from the project."""
        return _file_of(self.module)

    @property
    def name(self) -> str:
        """The module's full name."""
        return ".".join(self.file.with_suffix("").parts)

    def planted(self) -> str:
        """Returns the source that has the fault."""
        tree = _tree_of(self.module)
        list(mutations(tree))[self.number].plant()
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"

    def is_explained(self) -> bool:
        """Tells whether it is known why it does no harm."""
        return str(self).startswith(tuple(HARMLESS))

    def __str__(self) -> str:
        return f"{self.module}.py: {_faults_of(self.module)[self.number]}"


@cache
def _file_of(module: str) -> Path:
    return next((ROOT / "apim_audit" / "core").rglob(f"{module}.py")).relative_to(ROOT)


def _tree_of(module: str) -> ast.Module:
    return ast.parse((ROOT / _file_of(module)).read_text(encoding="utf-8"))


@cache
def _faults_of(module: str) -> tuple[Mutation, ...]:
    return tuple(mutations(_tree_of(module)))


def all_mutants(modules: Iterable[str] = MODULES) -> list[Mutant]:
    """Returns every mutant of modules."""
    return [Mutant(module, number) for module in modules for number in range(len(_faults_of(module)))]


def sample(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Returns some mutants, the same for the same seed."""
    return Random(seed).sample(mutants, min(count, len(mutants)))


def survivors(
    mutants: Sequence[Mutant],
    stages_of: Callable[[str], Stages],
    at_once: int = 1,
    tell: Callable[[str], object] = lambda _: None,
) -> list[Mutant]:
    """Returns the mutants that no test notices.

    Args:
        mutants: what to try.
        stages_of: returns the tests for a module.
        at_once: how many mutants to try side by side.
        tell: is given a line about each, as it is known.

    Raises:
        RuntimeError: the tests fail without any fault.
    """
    for stages in {stages_of(mutant.module) for mutant in mutants}:
        if tried(stages)():
            message = f"the tests fail without any fault: {stages}"
            raise RuntimeError(message)
    noticed = in_turn((partial(_start, mutant, stages_of(mutant.module)) for mutant in mutants), at_once)
    left = []
    for mutant, stage in zip(mutants, noticed, strict=True):
        tell(f"{f'killed at {stage}:' if stage else 'SURVIVES:'} {mutant}\n")
        left += [] if stage else [mutant]
    return left


def quick(module: str) -> Stages:
    """Returns tests that take little and notice much, stage by stage until one fails."""
    return tuple(Stage(tests, 30) for tests in _TESTS.get(module, (_FIRST, _ALL)))


def patient(_module: str) -> Stages:
    """Returns the tests that see a fault in this process; those that start the program do not."""
    return (Stage(("tests/laws", "tests/peers", "tests/decode", "tests/core"), 600),)


def _start(mutant: Mutant, stages: Stages) -> Callable[[], int]:
    return tried(stages, mutant.name, mutant.planted())


def _told(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.mutation.mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", default=MODULES)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--explained", action="store_true")
    parser.add_argument("--at", type=int, action="append", metavar="LINE")
    parser.add_argument("--sample", type=int, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=len(os.sched_getaffinity(0)), metavar="N")
    return parser.parse_args(arguments)


def _main(arguments: Sequence[str]) -> None:
    told = _told(arguments)
    every = [mutant for mutant in all_mutants(told.modules) if not told.at or _line(mutant) in told.at]
    chosen = sample(every, told.sample, told.seed) if told.sample else every
    wanted = [mutant for mutant in chosen if told.explained or not mutant.is_explained()]
    load_what_tests_load()
    left = survivors(wanted, quick, told.at_once, _tell)
    if not told.quick:
        left = survivors(left, patient, told.at_once, _tell)
    _tell(f"planted {len(chosen)}, explained {len(chosen) - len(wanted)}, ")
    _tell(f"killed {len(wanted) - len(left)}, left {len(left)}\n")
    _tell("".join(f"LEFT: {mutant}\n" for mutant in left))


def _line(mutant: Mutant) -> int:
    return _faults_of(mutant.module)[mutant.number].where


def _tell(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


if __name__ == "__main__":
    _main(sys.argv[1:])
