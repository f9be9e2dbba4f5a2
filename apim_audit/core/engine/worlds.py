"""Possible worlds: which verdicts the leaves of a decision can add up to, over everything that is unknown.

A world answers each choice once and says of each address whether it is a member of each unknown set. Only what the
leaves ask matters, so the worlds are never listed: addresses fall into cells, each cell offers a few outcomes, and the
families of outcomes of all cells are joined. An outcome is a bit mask: what becomes of the required flows, and which of
the conditions on the whole (a tag has members; it is not all of the public space) are met.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from math import prod
from typing import NamedTuple

from apim_audit.core.engine.cells import Cell, Vector, agrees, cells_of, presences, sets_asked
from apim_audit.core.engine.search import Asked, Dimension, Leaf, Place, Region, Table, Undecidable
from apim_audit.core.sets.unknowns import Choice, UnknownSet

JOIN_BUDGET = 20_000
"""Steps of joining families before the answer is "not decided"."""

_ENDS = (Place.OTHER, Place.OWN)
_FATE_BITS = 16
_ALL_FATES = (1 << _FATE_BITS) - 1


class Fated(NamedTuple):
    """A leaf with what its decision does to the flow, as bits that are joined over a world."""

    leaf: Leaf
    fate: int


class Sight(NamedTuple):
    """Where a leaf can be seen to decide: an address at each end, and what they are members of there."""

    other: int
    other_vector: Vector
    own: int
    own_vector: Vector


Family = frozenset[int]
Answers = Mapping[str, int]
Present = Mapping[Cell, tuple[Vector, ...]] | None
"""The vectors that the addresses of the own end have in a world, or None where no leaf asks."""


@dataclass(slots=True)
class Worlds:
    """Everything that the possible worlds of one requirement share."""

    table: Table
    leaves: Sequence[Fated]
    sets: tuple[UnknownSet, ...]
    cells: tuple[Cell, ...]
    budget: int = JOIN_BUDGET
    _met: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _standing: dict[int, Sequence[Fated]] = field(default_factory=dict)

    def spend(self) -> None:
        """Counts one step.

        Raises:
            Undecidable: the budget ran out.
        """
        self.budget -= 1
        if self.budget < 0:
            raise Undecidable

    def fates(self, answers: Answers) -> frozenset[int]:
        """Returns the joined fates of every possible world in which choices have these answers.

        Raises:
            Undecidable: the budget ran out, or no world was found.
        """
        wanted = _conditions_on_the_whole(self.sets) << _FATE_BITS
        open_choices = [choice for choice in self.choices() if choice.name not in answers]
        found: set[int] = set()
        for present in self._own_ends():
            family = self._family(self.cells, present, open_choices, answers)
            found.update(outcome & _ALL_FATES for outcome in family if outcome & wanted == wanted)
        if not found or 0 in found:
            raise Undecidable
        return frozenset(found)

    def feasible(self) -> Iterator[tuple[Fated, "Sight"]]:
        """Yields each leaf that decides in some world, with a place where it does."""
        for fated in self.leaves:
            other = self._place(fated.leaf, Place.OTHER)
            own = self._place(fated.leaf, Place.OWN)
            if other is not None and own is not None:
                yield fated, Sight(*other, *own)

    def _place(self, leaf: Leaf, place: Place) -> tuple[int, Vector] | None:
        dimension = Dimension.OTHER if place is Place.OTHER else Dimension.OWN
        for cell in self.cells:
            number = cell.other if place is Place.OTHER else cell.own
            if number >= 0 and leaf.region[dimension] >> number & 1:
                for vector in cell.vectors:
                    if agrees(leaf, self.table, place, dict(vector)):
                        return cell.addresses.first(), vector
        return None

    def choices(self) -> tuple[Choice, ...]:
        """Returns the choices that some leaf asks."""
        return tuple(
            ask.unknown
            for position, ask in enumerate(self.table.unknowns, len(Dimension))
            if isinstance(ask.unknown, Choice) and self._varies(position, ask)
        )

    def _varies(self, position: int, ask: Asked) -> bool:
        full = (1 << ask.unknown.arity) - 1
        return any(fated.leaf.region[position] != full for fated in self.leaves)

    def _own_ends(self) -> Iterator[Present]:
        """Yields, world by world, which vectors the addresses of each cell of the own end have."""
        if not any(self._asks(fated.leaf.region, Place.OWN) for fated in self.leaves):
            yield None
            return
        own = [cell for cell in self.cells if cell.own >= 0]
        options = [presences(cell) for cell in own]
        if prod(map(len, options)) > self.budget:
            raise Undecidable
        for chosen in product(*options):
            self.spend()
            yield dict(zip(own, chosen, strict=True))

    def _family(self, cells: Sequence[Cell], present: Present, choices: Sequence[Choice], answers: Answers) -> Family:
        """Returns what cells add to the outcomes of all worlds with these own ends and answers."""
        self.spend()
        family: Family = frozenset({0})
        for part, open_choices in self._components(cells, choices, answers):
            family = self._join(family, self._component(part, present, open_choices, answers))
        return family

    def _component(
        self, cells: Sequence[Cell], present: Present, choices: Sequence[Choice], answers: Answers
    ) -> Family:
        if choices:
            first, *rest = choices
            return frozenset(
                chain.from_iterable(
                    self._family(cells, present, rest, {**answers, first.name: answer}) for answer in range(first.arity)
                )
            )
        family: Family = frozenset({0})
        for cell in cells:
            family = self._join(family, self._cell_family(cell, present, answers))
        return family

    def _components(
        self, cells: Sequence[Cell], choices: Sequence[Choice], answers: Answers
    ) -> list[tuple[list[Cell], list[Choice]]]:
        """Groups cells that share an open choice; the most shared choice of a group comes first."""
        groups: list[tuple[list[Cell], dict[str, int]]] = []
        for cell in cells:
            asked = self._asked_of(cell, choices, answers)
            merged: tuple[list[Cell], dict[str, int]] = ([cell], dict.fromkeys(asked, 1))
            apart = []
            for group in groups:
                if asked.isdisjoint(group[1]):
                    apart.append(group)
                else:
                    merged = (group[0] + merged[0], _added(group[1], merged[1]))
            groups = [*apart, merged]
        by_name = {choice.name: choice for choice in choices}
        return [
            (part, [by_name[name] for name in sorted(counts, key=lambda name: (-counts[name], name))])
            for part, counts in groups
        ]

    def _asked_of(self, cell: Cell, choices: Sequence[Choice], answers: Answers) -> set[str]:
        if cell.other < 0:
            return set()
        names = {choice.name for choice in choices}
        found: set[str] = set()
        for fated in self.leaves:
            region = fated.leaf.region
            if region[Dimension.OTHER] >> cell.other & 1 and self._answered(region, answers):
                found |= self._asks(region, Place.WORLD) & names
        return found

    def _asks(self, region: Region, place: Place) -> set[str]:
        return {name for name, _ in self.table.asks(region, place)}

    def _answered(self, region: Region, answers: Answers) -> bool:
        return not answers or all(
            name not in answers or mask >> answers[name] & 1 for name, mask in self.table.asks(region, Place.WORLD)
        )

    def _cell_family(self, cell: Cell, present: Present, answers: Answers) -> Family:
        """Returns what the addresses of one cell can add to a world's outcome."""
        forced = None if present is None else present.get(cell)
        if cell.other >= 0:
            self.budget -= len(cell.vectors) * len(self._leaves_at(cell)) // 16
            self.spend()
        outcomes = [
            self._fate(cell, vector, present, answers) | met << _FATE_BITS
            for vector, met in zip(cell.vectors, self._met_of(cell), strict=True)
            if forced is None or vector in forced
        ]
        if forced is not None:
            return frozenset({_joined(outcomes)})
        if cell.addresses.size() >= len(outcomes):
            # Room for every vector at once, and meeting a condition never hurts: only fates are a choice.
            groups: dict[int, int] = {}
            for outcome in outcomes:
                fate = outcome & _ALL_FATES
                groups[fate] = groups.get(fate, 0) | outcome
            return _unions(list(groups.values()), len(groups), self)
        return _unions(list(dict.fromkeys(outcomes)), cell.addresses.size(), self)

    def _fate(self, cell: Cell, vector: Vector, present: Present, answers: Answers) -> int:
        if cell.other < 0:
            return 0
        fate, member = 0, dict(vector)
        for fated in self._leaves_at(cell):
            if (
                fate | fated.fate != fate
                and self._answered(fated.leaf.region, answers)
                and agrees(fated.leaf, self.table, Place.OTHER, member)
                and self._own_end_present(fated.leaf, present)
            ):
                fate |= fated.fate
        return fate

    def _leaves_at(self, cell: Cell) -> Sequence[Fated]:
        """Returns the leaves whose other end holds a cell; of those that ask the same of their ends, one."""
        found = self._standing.get(id(cell))
        if found is None:
            here = (fated for fated in self.leaves if fated.leaf.region[Dimension.OTHER] >> cell.other & 1)
            # Which ports they decide, and at which other addresses besides, makes no difference to the cell.
            alike = {
                (fated.fate, fated.leaf.region[Dimension.OWN], fated.leaf.region[len(Dimension) :]): fated
                for fated in here
            }
            found = self._standing[id(cell)] = tuple(alike.values())
        return found

    def _own_end_present(self, leaf: Leaf, present: Present) -> bool:
        return present is None or any(
            leaf.region[Dimension.OWN] >> cell.own & 1
            and any(agrees(leaf, self.table, Place.OWN, dict(v)) for v in vectors)
            for cell, vectors in present.items()
        )

    def _met_of(self, cell: Cell) -> tuple[int, ...]:
        """Returns which conditions on the whole addresses of each vector of a cell meet: two bits a set."""
        found = self._met.get(id(cell))
        if found is None:
            inside = [_insides(cell, each) for each in self.sets]
            found = self._met[id(cell)] = tuple(self._met_by(vector, inside) for vector in cell.vectors)
        return found

    def _met_by(self, vector: Vector, inside: Sequence[tuple[bool, bool]]) -> int:
        # A vector is consistent; so it stays with one more answer that does not clash with those it has.
        member = dict(vector)
        held = [each for each in self.sets if member.get(each.name)]
        families, wholes = {each.apart_from for each in held if each.apart_from}, {each.part_of for each in held}
        met = 0
        for number, (each, (fits, part_fits)) in enumerate(zip(self.sets, inside, strict=True)):
            here = member.get(each.name)
            can_be = fits and each.apart_from not in families and member.get(each.part_of, True)
            if here if here is not None else can_be:
                met |= 1 << 2 * number
            if part_fits and (not here if here is not None else each.name not in wholes):
                met |= 2 << 2 * number
        return met

    def _join(self, left: Family, right: Family) -> Family:
        self.budget -= len(left) * len(right) // 16
        self.spend()
        return _best({a | b for a in left for b in right})


def worlds_of(table: Table, leaves: Sequence[Fated]) -> Worlds:
    """Returns the possible worlds that leaves leave open."""
    plain = [fated.leaf for fated in leaves]
    sets = sets_asked(table, plain)
    return Worlds(table, leaves, sets, cells_of(table, plain, sets))


def shadowed_rules(table: Table, leaves: Sequence[Fated]) -> frozenset[int]:
    """Returns the rules of which some world has a flow that a leaf denies before they are reached."""
    met = {
        Leaf(_common(fated.leaf.region, clause, table), table.clauses[clause].rule): None
        for fated in leaves
        for clause in fated.leaf.shadows
    }
    surely = {leaf.rule for leaf in met if not any(table.asks(leaf.region, place) for place in _ENDS)}
    perhaps = [Fated(leaf, 0) for leaf in met if leaf.rule not in surely]
    if not perhaps:
        return frozenset(surely)
    return frozenset(surely).union(fated.leaf.rule for fated, _ in worlds_of(table, perhaps).feasible())


def _common(region: Region, clause: int, table: Table) -> Region:
    return tuple(mask & column[clause] for mask, column in zip(region, table.columns, strict=True))


def _insides(cell: Cell, unknown: UnknownSet) -> tuple[bool, bool]:
    """Tells whether a cell lies in what a set can hold, and in what the set is a proper part of."""
    # No cell lies across the bounds of either, so that one address tells.
    at, whole = cell.addresses.first(), unknown.proper_part_of
    return at in unknown.at_most, whole is not None and at in whole


def _conditions_on_the_whole(sets: Sequence[UnknownSet]) -> int:
    wanted = 0
    for number, each in enumerate(sets):
        if each.inhabited:
            wanted |= 1 << 2 * number
        if each.proper_part_of is not None:
            wanted |= 2 << 2 * number
    return wanted


def _joined(outcomes: Iterable[int]) -> int:
    joined = 0
    for outcome in outcomes:
        joined |= outcome
    return joined


def _unions(outcomes: Sequence[int], most: int, worlds: Worlds) -> Family:
    """Returns the unions of one to ``most`` outcomes."""
    found = set(outcomes)
    frontier = found
    for _ in range(most - 1):
        worlds.budget -= len(frontier) * len(outcomes) // 16
        worlds.spend()
        frontier = {a | b for a in frontier for b in outcomes} - found
        if not frontier:
            break
        found |= frontier
    return _best(found)


def _best(outcomes: set[int]) -> Family:
    """Drops outcomes that meet fewer conditions than another of the same fate."""
    by_fate: dict[int, list[int]] = {}
    for outcome in sorted(outcomes, key=int.bit_count, reverse=True):
        kept = by_fate.setdefault(outcome & _ALL_FATES, [])
        if not any(outcome | better == better for better in kept):
            kept.append(outcome)
    return frozenset(chain.from_iterable(by_fate.values()))


def _added(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return {name: left.get(name, 0) + right.get(name, 0) for name in (*left, *right)}
