"""The first-match engine: which rules decide any part of a set of flows, completely, each with a place where it does.

Per dimension, the sets that rules name cut the required region into equivalence classes; a set becomes a bit mask of
classes. The region is then split adaptively, along a dimension of the first rule that still matters, until one rule
covers what is left. Everything unknown is a dimension of its own, so that one pass serves every possible world.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import NamedTuple

from apim_audit.core.engine.classes import Classes
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import Choice, Condition, Unknown

NODE_BUDGET = 160_000
"""How much one decision may look at before it gives up: one for each region, and one more for every 64 rules in it;
twice as much where there are over 8,192 classes, and so on.

Of the adversarial inputs measured, 1,000 rules that overlap pairwise in four dimensions need about 120,000; rules as
people write them need a handful.
"""

_RULES_A_NODE = 64
_CLASSES_A_NODE = 8192


class Dimension(IntEnum):
    """The dimensions that every flow has; the protocol is fixed by the requirement."""

    OTHER = 0
    OWN = 1
    SOURCE_PORT = 2
    DESTINATION_PORT = 3


class Place(IntEnum):
    """Where an unknown is asked: of the address at one end of the flow, or of the world."""

    OTHER = auto()
    OWN = auto()
    WORLD = auto()


@dataclass(frozen=True, slots=True)
class Asked:
    """An unknown, asked at a place; a dimension of its own."""

    place: Place
    unknown: Unknown


Sets = tuple[IntervalSet, IntervalSet, IntervalSet, IntervalSet]
"""One interval set for each Dimension, in its order."""


class Box(NamedTuple):
    """A product of sets, one a dimension, perhaps under conditions.

    Attributes:
        sets: what it holds in each dimension.
        conditions: masks of answers of unknowns.
    """

    sets: Sets
    conditions: tuple[tuple[Asked, int], ...] = ()


class Clause(NamedTuple):
    """A box that a rule matches; a rule that is no box is several clauses of the same number, one after the other.

    Attributes:
        rule: the number of the rule, by which the decision names it.
        allow: whether the rule allows.
        box: what it matches.
        passes: whether the rule decides nothing but spares its flows the later rules of its stage (an admin Allow).
        stage: 0 for admin rules, 1 for those of the NSG.
    """

    rule: int
    allow: bool
    box: Box
    passes: bool = False
    stage: int = 1


def asked(place: Place, conditions: Iterable[Condition]) -> tuple[tuple[Asked, int], ...]:
    """Returns conditions of an address at a place; choices are asked of the world wherever they occur."""
    return tuple(
        (Asked(Place.WORLD if isinstance(unknown, Choice) else place, unknown), mask) for unknown, mask in conditions
    )


Region = tuple[int, ...]
"""A mask of classes for each dimension: a part of the required flows."""


class Leaf(NamedTuple):
    """A part of the required flows that one rule decides.

    Attributes:
        shadows: where the rule denies, the numbers of the Allow clauses further down that match some of this part too.
    """

    region: Region
    rule: int
    shadows: tuple[int, ...] = ()


class Undecidable(Exception):  # noqa: N818  (no error: an answer, "not decided")
    """A budget ran out, or some flow was left that no rule decides."""


@dataclass(frozen=True, slots=True)
class Table:
    """Required flows and rules, compiled to masks of classes.

    Attributes:
        classes: the classes of the four dimensions.
        unknowns: what the further dimensions ask.
        regions: the required flows, as regions.
        columns: for each dimension the mask of each clause.
        clauses: the clauses that bear on the required flows, in order.
        last: the rule that matches all of them whatever is unknown, behind which none decides; None where none does.
    """

    classes: tuple[Classes, Classes, Classes, Classes]
    unknowns: tuple[Asked, ...]
    regions: tuple[Region, ...]
    columns: tuple[tuple[int, ...], ...]
    clauses: tuple[Clause, ...]
    last: int | None = None


@dataclass(slots=True)
class Search:
    """The state of one decision.

    Attributes:
        exhaustive: whether every leaf is wanted, as possible worlds need it, or one for each rule and shadow.
        leaves: what was found.
        deciders: the rules that decide something.
        shadowed: the Allow rules that match a required flow which an earlier Deny decides.
    """

    table: Table
    budget: int
    exhaustive: bool
    leaves: list[Leaf] = field(default_factory=list)
    deciders: set[int] = field(default_factory=set)
    shadowed: set[int] = field(default_factory=set)

    def run(self, active: Sequence[int]) -> None:
        """Decides the table's regions by the clauses of those numbers.

        Raises:
            Undecidable: the budget ran out.
        """
        # A step looks at masks as wide as there are classes, which is noticed where there are very many.
        weight = 1 + sum(len(each.classes) for each in self.table.classes) // _CLASSES_A_NODE
        for required in self.table.regions:
            stack: list[tuple[Region, Sequence[int]]] = [(required, self._alive(required, active))]
            while stack:
                region, alive = stack.pop()
                self.budget -= weight * (1 + len(alive) // _RULES_A_NODE)
                if self.budget < 0:
                    raise Undecidable
                stack += self._step(region, alive)

    def _alive(self, region: Region, active: Sequence[int]) -> Sequence[int]:
        alive = active
        for mask, column in zip(region, self.table.columns, strict=True):
            alive = [clause for clause in alive if column[clause] & mask]
        return alive

    def _step(self, region: Region, alive: Sequence[int]) -> Iterator[tuple[Region, Sequence[int]]]:
        if not alive:
            # The default rules match everything: a flow that no clause matches is one that was not decided.
            raise Undecidable
        columns = self.table.columns
        first = alive[0]
        open_dimensions = [d for d, mask in enumerate(region) if mask & ~columns[d][first]]
        if not open_dimensions and self.table.clauses[first].passes:
            yield region, [clause for clause in alive if self.table.clauses[clause].stage]
        elif not open_dimensions:
            self._decide(region, alive)
        elif not self._nothing_new(region, alive):
            at = self._split_dimension(region, alive, open_dimensions)
            column = columns[at]
            inside = region[at] & column[first]
            # The part that the first rule matches is looked at first: the stack is last in, first out.
            for part in (region[at] ^ inside, inside):
                smaller = (*region[:at], part, *region[at + 1 :])
                yield smaller, [clause for clause in alive if column[clause] & part]

    def _decide(self, region: Region, alive: Sequence[int]) -> None:
        first = self.table.clauses[alive[0]]
        shadows = () if first.allow else tuple(filter(self._can_be_shadowed, alive))
        if (
            self.exhaustive
            or first.rule not in self.deciders
            or (shadows and not self.shadowed.issuperset(self._rules(shadows)))
        ):
            self.found(Leaf(region, first.rule, shadows))

    def found(self, leaf: Leaf) -> None:
        """Keeps a part that a rule decides."""
        self.leaves.append(leaf)
        self.deciders.add(leaf.rule)
        if leaf.shadows:
            self.shadowed.update(self._rules(leaf.shadows))

    def _can_be_shadowed(self, number: int) -> bool:
        clause = self.table.clauses[number]
        return clause.allow and not clause.passes

    def _rules(self, numbers: Iterable[int]) -> set[int]:
        return {self.table.clauses[number].rule for number in numbers}

    def _nothing_new(self, region: Region, alive: Sequence[int]) -> bool:
        if self.exhaustive:
            return False
        denied = closed = False
        for number in alive:
            clause = self.table.clauses[number]
            if clause.passes or (denied and clause.allow and clause.rule not in self.shadowed):
                return False
            if closed:
                continue
            if clause.rule not in self.deciders:
                return False
            denied = denied or not clause.allow
            closed = self._covers(region, number)
        return True

    def _covers(self, region: Region, clause: int) -> bool:
        return all(not mask & ~column[clause] for mask, column in zip(region, self.table.columns, strict=True))

    def _split_dimension(self, region: Region, alive: Sequence[int], candidates: Sequence[int]) -> int:
        if len(candidates) == 1:
            return candidates[0]
        return max(candidates, key=lambda d: self._separated(region[d], d, alive))

    def _separated(self, mask: int, dimension: int, alive: Sequence[int]) -> int:
        column = self.table.columns[dimension]
        inside = mask & column[alive[0]]
        outside = mask ^ inside
        return sum(1 for clause in alive if not column[clause] & inside or not column[clause] & outside)


def search(table: Table, *, without: Callable[[int], bool] | None = None, exhaustive: bool = False) -> Search:
    """Decides a table's required flows by first match.

    Args:
        table: the flows and rules.
        without: tells of a rule's number whether it is left out; the table has to be compiled with it as removable.
        exhaustive: whether every leaf is wanted; where something is unknown it always is.

    Raises:
        Undecidable: the budget ran out.
    """
    state = Search(table, NODE_BUDGET, exhaustive or bool(table.unknowns))
    every = range(len(table.clauses))
    state.run(every if without is None else [each for each in every if not without(table.clauses[each].rule)])
    return state
