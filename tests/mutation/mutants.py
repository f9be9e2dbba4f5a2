"""Plants one small fault at a time in the core, and tells which of them the tests do not notice.

``python -m tests.mutation.mutants COUNT [SEED]`` tries a random sample, ``python -m tests.mutation.mutants MODULE...``
all that can be planted in those modules of the core.
"""

import ast
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.mutation.trials import in_turn, passes

ROOT = Path(__file__).parents[2]
MODULES = (
    "addresses", "cells", "checks", "classes", "compiling", "conditions", "decision", "search", "intervals", "outcomes",
    "replay", "required", "resolve", "rulesets", "severity", "unknowns", "worlds",
)  # fmt: skip
QUICK = (
    "tests/mutation/test_survivors.py",
    "tests/laws/test_boxes.py::test_engine_and_boxes_agree_on_random_nsgs[0]",
    "tests/laws/test_tiny_worlds.py::test_verdicts_deciders_and_shadowed_rules_are_those_of_all_worlds[0]",
    "tests/laws/test_tiny_worlds.py::test_every_part_shows_a_flow_that_its_rule_decides_in_some_world[0]",
    "tests/laws/test_tiny_worlds.py::test_what_holds_under_an_answer_is_what_holds_in_its_worlds[0]",
    "tests/laws/test_possible_worlds.py::test_the_core_agrees_with_all_possible_worlds[0]",
    "tests/laws/test_random_nsgs.py::test_the_core_agrees_with_the_simulator_on_random_nsgs[0]",
    "tests/core",
    "tests/mutation/test_fixtures_here.py",
)
"""Tests that are tried on each mutant, in this order, until one fails."""
QUICK_OF = {"intervals": ("tests/laws/test_interval_laws.py",), "unknowns": ("tests/laws/test_address_set_laws.py",)}
PATIENT = ("tests/laws", "tests/peers", "tests/decode")
"""Tests that are tried on what the quick ones let pass; those that start the program do not see the fault."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_NOT_CODE = frozenset({"decorator_list", "annotation", "returns"})
_DROPPED = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Break, ast.Continue)


@dataclass(frozen=True)
class Mutation:
    """A fault that can be planted.

    Attributes:
        where: the line of the source.
        what: what it does.
        plant: does it to the tree in which it was found.
    """

    where: int
    what: str
    plant: Callable[[], None]


def mutations(tree: ast.AST) -> Iterator[Mutation]:
    """Yields every fault that can be planted in a tree, always in the same order."""
    for name, value in ast.iter_fields(tree):
        if name in _NOT_CODE:
            continue
        children = value if isinstance(value, list) else [value]
        for place, child in enumerate(children):
            if isinstance(child, _DROPPED) and isinstance(value, list) and not _is_text(child):
                yield Mutation(child.lineno, f"drop {_shown(child)}", _setter(value, place))
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                yield from _of_node(child)
                yield from mutations(child)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))


def _shown(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0]


def _setter(body: list[ast.stmt], place: int) -> Callable[[], None]:
    def plant() -> None:
        body[place] = ast.copy_location(ast.Pass(), body[place])

    return plant


def _attribute(node: ast.AST, name: str, new: object) -> Callable[[], None]:
    return lambda: setattr(node, name, new)


def _of_node(node: ast.AST) -> Iterator[Mutation]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARISONS:
            yield _swap(node, "ops", [_COMPARISONS[type(op)]()])
        case ast.BoolOp(op=op):
            yield _swap(node, "op", ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            yield _swap(node, "op", _OPERATORS[type(op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield Mutation(node.lineno, f"{_shown(node)}: drop not", lambda: _drop_not(node))
        case ast.Call(func=ast.Name(id=name) as function) if name in _CALLS:
            yield Mutation(
                node.lineno, f"{_shown(node)}: {_CALLS[name]} for {name}", _attribute(function, "id", _CALLS[name])
            )
        case ast.Constant(value=bool(value)):
            yield _swap(node, "value", not value)
        case ast.Constant(value=int(value)):
            yield from (_swap(node, "value", value + step) for step in (1, -1))
        case _:
            pass


def _drop_not(node: ast.UnaryOp) -> None:
    # "not not x" is the truth of x; the node itself cannot leave its parent.
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _swap(node: ast.expr | ast.AugAssign, name: str, new: object) -> Mutation:
    told = type(new[0] if isinstance(new, list) else new).__name__ if not isinstance(new, int) else str(new)
    return Mutation(node.lineno, f"{_shown(node)}: {told}", _attribute(node, name, new))


@dataclass(frozen=True)
class Mutant:
    """One fault in one module of the core, by its number among those that can be planted there."""

    module: str
    number: int

    @property
    def file(self) -> Path:
        """The file, seen from the project."""
        return next((ROOT / "apim_audit" / "core").rglob(f"{self.module}.py")).relative_to(ROOT)

    @property
    def name(self) -> str:
        """The module's full name."""
        return ".".join(self.file.with_suffix("").parts)

    def planted(self) -> tuple[Mutation, str]:
        """Returns the fault and the source that has it."""
        tree = ast.parse((ROOT / self.file).read_text(encoding="utf-8"))
        mutation = list(mutations(tree))[self.number]
        mutation.plant()
        return mutation, ast.unparse(ast.fix_missing_locations(tree)) + "\n"

    def __str__(self) -> str:
        mutation, _ = self.planted()
        return f"{self.module}.py:{mutation.where}: {mutation.what}"


def all_mutants() -> list[Mutant]:
    """Returns every mutant of the modules."""
    found = []
    for module in MODULES:
        tree = ast.parse((ROOT / Mutant(module, 0).file).read_text(encoding="utf-8"))
        found += [Mutant(module, number) for number, _ in enumerate(mutations(tree))]
    return found


def survivors(
    mutants: Sequence[Mutant], at_once: int = 1, tell: Callable[[str], object] = lambda _: None
) -> list[Mutant]:
    """Returns the mutants that no test notices: not the quick ones, nor the patient ones.

    Args:
        mutants: what to try.
        at_once: how many to try side by side.
        tell: is given a line about each, as it is known.

    Raises:
        RuntimeError: the tests fail without any fault.
    """
    if not passes(QUICK)():
        message = "the tests fail without any fault"
        raise RuntimeError(message)
    quick = in_turn((partial(_start, mutant, QUICK) for mutant in mutants), at_once)
    left = []
    for mutant, survives in zip(mutants, quick, strict=True):
        tell(f"{'passes the quick tests:' if survives else 'killed'} {mutant}\n")
        left += [mutant] if survives else []
    patient = in_turn((partial(_start, mutant, PATIENT) for mutant in left), at_once)
    found = []
    for mutant, survives in zip(left, patient, strict=True):
        tell(f"{'SURVIVES' if survives else 'killed late'} {mutant}\n")
        found += [mutant] if survives else []
    return found


def _start(mutant: Mutant, tests: tuple[str, ...]) -> Callable[[], bool]:
    first = QUICK_OF.get(mutant.module, ()) if tests is QUICK else ()
    return passes((*first, *tests), mutant.name, mutant.planted()[1])


def sample(count: int, seed: int) -> list[Mutant]:
    """Returns a random sample, the same for the same seed."""
    mutants = all_mutants()
    return Random(seed).sample(mutants, min(count, len(mutants)))


def _chosen(arguments: Sequence[str]) -> list[Mutant]:
    if arguments and not arguments[0].isdigit():
        return [mutant for mutant in all_mutants() if mutant.module in arguments]
    count, seed = (*map(int, arguments), 40, 1)[:2] if len(arguments) != 1 else (int(arguments[0]), 1)
    return sample(count, seed)


def _tell(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


if __name__ == "__main__":
    survivors(_chosen(sys.argv[1:]), len(os.sched_getaffinity(0)), _tell)
