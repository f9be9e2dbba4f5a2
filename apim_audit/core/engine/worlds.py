"""Possible worlds: which verdicts the leaves of a decision can add up to, over everything that is unknown.

A world answers each choice once and says of each address whether it is a member of each unknown set. Only what the
leaves ask matters, so the worlds are never listed: addresses fall into cells, each cell offers a few outcomes, and the
families of outcomes of all cells are joined. An outcome is a bit mask: what becomes of the required flows, and which of
the conditions on the whole (a tag has members; it is not all of the public space) are met.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, product
from math import prod
from typing import NamedTuple

from apim_audit.core.engine.cells import Cell, cells_of, presences
from apim_audit.core.engine.claims import Claim, Fated, claims_of
from apim_audit.core.engine.classes import Classes
from apim_audit.core.engine.membership import NOTHING_SAID, AskedSets, Membership, joined, meets
from apim_audit.core.engine.search import Dimension, Leaf, Region, Table, Undecidable
from apim_audit.core.sets.unknowns import Choice

JOIN_BUDGET = 20_000
"""Steps of joining families before the answer is "not decided"."""

_FATE_BITS = 16
_ALL_FATES = (1 << _FATE_BITS) - 1


class Sight(NamedTuple):
    """Where a leaf can be seen to decide: an address at each end, and what they are members of there."""

    other: int
    of_other: Membership
    own: int
    of_own: Membership
    sets: AskedSets

    def said_of_other(self) -> dict[str, bool]:
        """Returns whether the address at the other end is a member, for each set of which that is said, by name."""
        return self.sets.by_name(self.of_other)

    def said_of_own(self) -> dict[str, bool]:
        """Returns whether the address at the own end is a member, for each set of which that is said, by name."""
        return self.sets.by_name(self.of_own)


End = Sequence[tuple[Cell, int]]
"""The cells of one end, each with the bit of its class there."""
Family = frozenset[int]
Answers = Mapping[str, int]
Present = Mapping[Cell, tuple[Membership, ...]] | None
"""The memberships that the addresses of the own end have in a world, or None where no leaf asks."""


@dataclass(slots=True)
class Worlds:
    """Everything that the possible worlds of one requirement share."""

    table: Table
    claims: Sequence[Claim]
    sets: AskedSets
    cells: tuple[Cell, ...]
    budget: int = JOIN_BUDGET
    _standing: dict[int, Sequence[Claim]] = field(default_factory=dict)

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
        wanted = self.sets.conditions() << _FATE_BITS
        open_choices = [choice for choice in self.choices() if choice.name not in answers]
        found: set[int] = set()
        for present in self._own_ends():
            family = self._family(self.cells, present, open_choices, answers)
            found.update(outcome & _ALL_FATES for outcome in family if outcome & wanted == wanted)
        if not found or 0 in found:
            raise Undecidable
        return frozenset(found)

    def feasible(self) -> list[tuple[Fated, Sight]]:
        """Returns each leaf that decides in some world, with a place where it does; the others are left out."""
        others, owns = _ends_of(self.cells)
        found: list[tuple[Claim, Sight]] = []
        for claim in self.claims:
            other = _place(others, claim.other, claim.of_other)
            own = _place(owns, claim.own, claim.of_own) if other is not None else None
            if other is not None and own is not None:
                found.append((claim, Sight(*other, *own, self.sets)))
        self.claims = [claim for claim, _ in found]
        self._standing.clear()
        return [(claim.fated, sight) for claim, sight in found]

    def choices(self) -> tuple[Choice, ...]:
        """Returns the choices that some leaf asks."""
        return tuple(
            ask.unknown
            for position, ask in enumerate(self.table.unknowns, len(Dimension))
            if isinstance(ask.unknown, Choice) and self._varies(position, (1 << ask.unknown.arity) - 1)
        )

    def _varies(self, position: int, full: int) -> bool:
        return any(claim.fated.leaf.region[position] != full for claim in self.claims)

    def _own_ends(self) -> Iterator[Present]:
        """Yields, world by world, which memberships the addresses of each cell of the own end have."""
        if all(claim.of_own == NOTHING_SAID for claim in self.claims):
            yield None
            return
        own = [cell for cell in self.cells if cell.own]
        options = [presences(cell) for cell in own]
        if prod(map(len, options)) > self.budget:
            raise Undecidable
        for chosen in product(*options):
            self.spend()
            yield dict(zip(own, chosen, strict=True))

    def _family(self, cells: Sequence[Cell], present: Present, choices: Sequence[Choice], answers: Answers) -> Family:
        """Returns what cells add to the outcomes of all worlds with these own ends and answers."""
        self.spend()
        components = self._components(cells, choices, answers)
        return reduce(self._join, [self._component(part, present, rest, answers) for part, rest in components])

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
        return reduce(self._join, [self._cell_family(cell, present, answers) for cell in cells])

    def _components(
        self, cells: Sequence[Cell], choices: Sequence[Choice], answers: Answers
    ) -> list[tuple[list[Cell], list[Choice]]]:
        """Groups cells that share an open choice; the most shared choice of a group comes first."""
        if not choices:
            return [(list(cells), [])]
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
        names = {choice.name for choice in choices}
        found: set[str] = set()
        for claim in self.claims:
            if claim.other & cell.other and _answered(claim, answers):
                found.update(name for name, _ in claim.of_world if name in names)
        return found

    def _cell_family(self, cell: Cell, present: Present, answers: Answers) -> Family:
        """Returns what the addresses of one cell can add to a world's outcome."""
        forced = None if present is None else present.get(cell)
        if cell.other:
            self.budget -= len(cell.memberships) * len(self._claims_at(cell.other)) // 16
            self.spend()
        outcomes = [
            self._fate(cell, said, present, answers) | met << _FATE_BITS
            for said, met in zip(cell.memberships, cell.met, strict=True)
            if forced is None or said in forced
        ]
        if forced is not None:
            return frozenset({joined(outcomes)})
        if cell.addresses.size() >= len(outcomes):
            # Room for every membership at once, and meeting a condition never hurts: only fates are a choice.
            groups: dict[int, int] = {}
            for outcome in outcomes:
                fate = outcome & _ALL_FATES
                groups[fate] = groups.get(fate, 0) | outcome
            return _unions(list(groups.values()), len(groups), self)
        return _unions(list(dict.fromkeys(outcomes)), cell.addresses.size(), self)

    def _fate(self, cell: Cell, said: Membership, present: Present, answers: Answers) -> int:
        fate = 0
        for claim in self._claims_at(cell.other) if cell.other else ():
            if (
                fate | claim.fated.fate != fate
                and meets(said, claim.of_other)
                and _answered(claim, answers)
                and (present is None or _is_present(claim, present))
            ):
                fate |= claim.fated.fate
        return fate

    def _claims_at(self, other: int) -> Sequence[Claim]:
        """Returns the leaves about a class of the other end, given by its bit; of those that ask the same, one."""
        found = self._standing.get(other)
        if found is None:
            # Which ports they decide, and at which other addresses besides, makes no difference there.
            alike = {
                (claim.fated.fate, claim.of_world, claim.own, claim.of_other, claim.of_own): claim
                for claim in self.claims
                if claim.other & other
            }
            found = self._standing[other] = tuple(alike.values())
        return found

    def _join(self, left: Family, right: Family) -> Family:
        self.budget -= len(left) * len(right) // 16
        self.spend()
        return _best({a | b for a in left for b in right})


def worlds_of(table: Table, leaves: Sequence[Fated]) -> Worlds:
    """Returns the possible worlds that leaves leave open."""
    sets, claims = claims_of(table, leaves)
    return Worlds(table, claims, sets, cells_of(table, claims, sets))


def _ends_of(cells: Iterable[Cell]) -> tuple[End, End]:
    """Returns the cells of the other end and those of the own end."""
    there = [(cell, cell.other) for cell in cells if cell.other]
    return there, [(cell, cell.own) for cell in cells if cell.own]


def _place(end: End, classes: int, asked: Membership) -> tuple[int, Membership] | None:
    """Returns the first address of some classes of which can be said what is asked, and that; None where none is."""
    for cell, here in end:
        if here & classes:
            for said in cell.memberships:
                if meets(said, asked):
                    return cell.addresses.first(), said
    return None


def _answered(claim: Claim, answers: Answers) -> bool:
    """Tells whether a leaf decides where choices have these answers; the others are open."""
    return not answers or all(name not in answers or mask >> answers[name] & 1 for name, mask in claim.of_world)


def _is_present(claim: Claim, present: Mapping[Cell, tuple[Membership, ...]]) -> bool:
    """Tells whether the own end has an address that a leaf asks for."""
    return any(
        claim.own & cell.own and any(meets(said, claim.of_own) for said in memberships)
        for cell, memberships in present.items()
    )


def shadowed_rules(table: Table, leaves: Sequence[Fated]) -> frozenset[int]:
    """Returns the rules of which some world has a flow that a leaf denies before they are reached.

    Args:
        table: what the leaves are of.
        leaves: leaves that decide in some world; of leaves that tell worlds apart all that do.
    """
    met = {
        Leaf(_common(fated.leaf.region, clause, table), table.clauses[clause].rule): None
        for fated in leaves
        for clause in fated.leaf.shadows
    }
    if not met:
        return frozenset()
    sets, claims = claims_of(table, [Fated(leaf, 0) for leaf in met])
    others, owns, *_ = table.classes
    return frozenset(
        claim.fated.leaf.rule
        for claim in claims
        if _is_possible(sets, claim.of_other, others, claim.other) and _is_possible(sets, claim.of_own, owns, claim.own)
    )


def _is_possible(sets: AskedSets, said: Membership, classes: Classes, mask: int) -> bool:
    # Where the addresses lie is seldom asked: those that a set cannot hold are told nothing by it, and in a world in
    # which they are not said to be in it the same rule denies them before the same other one.
    return sets.is_possible(said) or sets.is_possible_beyond(said, classes.members(mask))


def _common(region: Region, clause: int, table: Table) -> Region:
    return tuple(mask & column[clause] for mask, column in zip(region, table.columns, strict=True))


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
    if len(outcomes) == 1:
        return frozenset(outcomes)
    by_fate: dict[int, list[int]] = {}
    for outcome in sorted(outcomes, key=int.bit_count, reverse=True):
        kept = by_fate.setdefault(outcome & _ALL_FATES, [])
        if not any(outcome | better == better for better in kept):
            kept.append(outcome)
    return frozenset(chain.from_iterable(by_fate.values()))


def _added(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return {name: left.get(name, 0) + right.get(name, 0) for name in (*left, *right)}
