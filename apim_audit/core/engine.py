"""The first-match engine: which rules decide any part of a set of flows, completely, each with a place where it does.

Per dimension, the sets that rules name cut the required region into equivalence classes; a set becomes a bit mask of
classes. The region is then split adaptively, along a dimension of the first rule that still matters, until one rule
covers what is left. Everything unknown is a dimension of its own, so that one pass serves every possible world.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from apim_audit.core.classes import Classes, classify, meet, same, uncut
from apim_audit.core.intervals import IntervalSet
from apim_audit.core.unknowns import Choice, Condition, Unknown

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

    OTHER = 0
    OWN = 1
    WORLD = 2


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
    _asks: dict[tuple[Region, Place], tuple[tuple[str, int], ...]] = field(default_factory=dict)

    def asks(self, region: Region, place: Place) -> tuple[tuple[str, int], ...]:
        """Returns the unknowns, by name, that a region hangs on at a place, with the masks of the answers."""
        masks = region[len(self.classes) :]
        found = self._asks.get((masks, place))
        if found is None:
            found = self._asks[masks, place] = tuple(
                (ask.unknown.name, mask)
                for mask, ask in zip(masks, self.unknowns, strict=True)
                if ask.place is place and mask != (1 << ask.unknown.arity) - 1
            )
        return found


def compile_table(
    required: Sequence[Box], clauses: Iterable[Clause], *, removable: Callable[[int], bool] | None = None
) -> Table:
    """Returns the table of the clauses that can bear on the required flows.

    Args:
        required: the flows.
        clauses: what the rules match, in order.
        removable: tells of a rule's number whether a search may leave it out; what comes after such rules is kept.
    """
    hulls = _hulls(required)
    sought = [dict(box.conditions) for box in required if box.conditions]
    always = sought if len(sought) == len(required) else []

    def closes(clause: Clause) -> bool:
        """Tells whether a clause that covers the hulls does so for good, whatever is unknown."""
        return (
            not clause.passes
            and not (removable is not None and removable(clause.rule))
            and _is_implied(clause.box.conditions, always)
        )

    met, last = _bearing(hulls, clauses, closes)
    if last is not None and len(met) == len(required) == 1:
        classified = [(uncut(hull), [1, 1]) for hull in hulls]
    else:
        parts = [*_clipped(required, hulls), *(clipped for _, clipped in met)]
        classified = list(map(classify, hulls, zip(*parts, strict=True)))
    columns = [masks for _, masks in classified]
    boxes = [*required, *(clause.box for clause, _ in met)]
    unknowns = tuple(dict.fromkeys(ask for box in boxes if box.conditions for ask, _ in box.conditions))
    if unknowns:
        columns += map(list, zip(*(_conditions(box, unknowns) for box in boxes), strict=True))
    few = len(required)
    classes = tuple(each for each, _ in classified)
    return Table(
        classes=(classes[0], classes[1], classes[2], classes[3]),
        unknowns=unknowns,
        regions=tuple(zip(*(column[:few] for column in columns), strict=True)),
        columns=tuple(tuple(column[few:]) for column in columns),
        clauses=tuple(clause for clause, _ in met),
        last=last,
    )


def _hulls(required: Sequence[Box]) -> Sets:
    """Returns for each dimension what the required flows cover, the same object for equal sets."""
    sets = list(map(same, required[0].sets))
    for box in required[1:]:
        sets = [same(hull | each) for hull, each in zip(sets, box.sets, strict=True)]
    return sets[0], sets[1], sets[2], sets[3]


def _clipped(required: Sequence[Box], hulls: Sets) -> Iterable[Sets]:
    return [hulls] if len(required) == 1 else [_sets(map(meet, hulls, box.sets)) for box in required]


def _sets(sets: Iterable[IntervalSet]) -> Sets:
    other, own, source_ports, destination_ports = sets
    return other, own, source_ports, destination_ports


def _is_implied(conditions: Sequence[tuple[Asked, int]], sought: Sequence[Mapping[Asked, int]]) -> bool:
    """Tells whether conditions hold for all flows of boxes, given by their own conditions.

    So it is where a rule names the very tag that is required, whatever its addresses are.
    """
    return not conditions or (
        bool(sought) and all(not each.get(ask, -1) & ~mask for each in sought for ask, mask in conditions)
    )


def _bearing(
    hulls: Sets, clauses: Iterable[Clause], closes: Callable[[Clause], bool]
) -> tuple[list[tuple[Clause, Sets]], int | None]:
    """Returns the clauses that meet the hulls, up to one that covers them; then Allows that a Deny may shadow.

    With each clause comes what of the hulls it matches; the second result is the rule that covers the hulls.
    """
    other, own, source_port, destination_port = hulls
    found: list[tuple[Clause, Sets]] = []
    denied = False
    last: int | None = None
    for clause in clauses:
        allow, box = clause.allow, clause.box
        if last is not None and not allow:
            continue
        there, here, source, destination = box.sets
        # Ports first: they are short sets and rule out most rules.
        ports = meet(destination_port, destination)
        if not ports.bounds or not (ends := meet(own, here)).bounds or not (far := meet(other, there)).bounds:
            continue
        sources = meet(source_port, source)
        if not sources.bounds:
            continue
        found.append((clause, (far, ends, sources, ports)))
        denied = denied or not allow
        covers = far is other and ports is destination_port and ends is own and sources is source_port
        if covers and last is None and closes(clause):
            last = clause.rule
            if not denied:
                break
    return found, last


def _conditions(box: Box, unknowns: Sequence[Asked]) -> list[int]:
    """Returns for each unknown the mask of the answers under which a box is there."""
    masks: dict[Asked, int] = {}
    for ask, mask in box.conditions:
        masks[ask] = masks.get(ask, -1) & mask
    return [masks.get(ask, -1) & (1 << ask.unknown.arity) - 1 for ask in unknowns]


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
    exhaustive: bool = False
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
    if table.last is not None and len(table.clauses) == len(table.regions) == 1:
        # One rule for everything, as it is where an NSG was written for API Management.
        state.found(Leaf(table.regions[0], table.last))
        return state
    every = range(len(table.clauses))
    state.run(every if without is None else [each for each in every if not without(table.clauses[each].rule)])
    return state
