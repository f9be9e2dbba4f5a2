"""Cells of addresses: what nothing known tells apart, and what such addresses can be members of.

A cell that holds many addresses offers no more vectors than the leaves ask for; a small one offers each, since there a
world has room for few.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

from apim_audit.core.engine.classes import partition
from apim_audit.core.engine.search import Dimension, Leaf, Place, Table, Undecidable
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import NO, YES, UnknownSet

_FEW_ADDRESSES = 4096
_FEW_SETS = 8
_MOST_VECTORS = 14

Vector = tuple[tuple[str, bool], ...]
"""For one address: is it a member, for the name of each unknown set that it may be a member of."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Addresses that nothing known tells apart.

    Attributes:
        other: the class of the other end that they are in, or -1.
        own: the class of the own end that they are in, or -1.
        vectors: what they can be members of.
    """

    addresses: IntervalSet
    other: int
    own: int
    vectors: tuple[Vector, ...]


def cells_of(table: Table, leaves: Sequence[Leaf], sets: Sequence[UnknownSet]) -> tuple[Cell, ...]:
    """Returns the cells of both ends of the required flows, and of all that the sets can hold."""
    ends = [table.classes[d].parts() for d in (Dimension.OTHER, Dimension.OWN)]
    uppers = [each.at_most for each in sets] + [each.proper_part_of for each in sets if each.proper_part_of]
    parts = partition([*ends[0], *ends[1], *uppers])
    return tuple(_cell(each, ends, sets, table, leaves) for each in parts)


def _cell(
    addresses: IntervalSet,
    ends: Sequence[Sequence[IntervalSet]],
    sets: Sequence[UnknownSet],
    table: Table,
    leaves: Sequence[Leaf],
) -> Cell:
    at = addresses.first()
    other, own = _index(ends[0], at), _index(ends[1], at)
    possible = tuple(each for each in sets if at in each.at_most)
    if addresses.size() < _FEW_ADDRESSES and len(possible) <= _FEW_SETS:
        return Cell(addresses, other, own, _vectors(possible))
    asking = [
        leaf
        for leaf in leaves
        if (other >= 0 and leaf.region[Dimension.OTHER] >> other & 1)
        or (own >= 0 and leaf.region[Dimension.OWN] >> own & 1)
    ]
    places = ((Place.OTHER,) if other >= 0 else ()) + ((Place.OWN,) if own >= 0 else ())
    return Cell(addresses, other, own, tuple(_cubes(asking, table, places, possible, ())))


def _cubes(
    leaves: Sequence[Leaf], table: Table, places: Sequence[Place], possible: Sequence[UnknownSet], fixed: Vector
) -> Iterator[Vector]:
    """Yields vectors that fix no more than the leaves ask: a chain of n rules gives n + 1 of them, not 2 to the n."""
    names = {each.name for each in possible}.difference(name for name, _ in fixed)
    asked = _first_asked(leaves, table, places, names)
    if asked is None:
        yield fixed
        return
    for answer in (False, True):
        vector = (*fixed, (asked, answer))
        member = dict(vector)
        if consistent(possible, member):
            left = [leaf for leaf in leaves if any(_may_agree(leaf, table, place, member) for place in places)]
            yield from _cubes(left, table, places, possible, vector)


def _first_asked(leaves: Sequence[Leaf], table: Table, places: Sequence[Place], names: Collection[str]) -> str | None:
    """Returns the unknown set, of those named, that comes first in the table of all that leaves ask at places."""
    asking = {
        (place, name)
        for region in {leaf.region[len(Dimension) :]: leaf.region for leaf in leaves}.values()
        for place in places
        for name, _ in table.asks(region, place)
        if name in names
    }
    if not asking:
        return None
    return next(ask.unknown.name for ask in table.unknowns if (ask.place, ask.unknown.name) in asking)


def _may_agree(leaf: Leaf, table: Table, place: Place, member: Mapping[str, bool]) -> bool:
    return all(name not in member or mask >> member[name] & 1 for name, mask in table.asks(leaf.region, place))


def agrees(leaf: Leaf, table: Table, place: Place, member: Mapping[str, bool]) -> bool:
    """Tells whether a leaf decides addresses at that end that are members of just these sets."""
    return all(mask >> member.get(name, False) & 1 for name, mask in table.asks(leaf.region, place))


def _index(parts: Sequence[IntervalSet], address: int) -> int:
    return next((number for number, part in enumerate(parts) if address in part), -1)


def sets_asked(table: Table, leaves: Sequence[Leaf]) -> tuple[UnknownSet, ...]:
    """Returns the unknown sets that some leaf asks for, and those that they imply."""
    found: dict[str, UnknownSet] = {}
    for position, ask in enumerate(table.unknowns, len(Dimension)):
        varies = any(leaf.region[position] != NO | YES for leaf in leaves)
        if isinstance(ask.unknown, UnknownSet) and varies:
            found[ask.unknown.name] = ask.unknown
    waiting = list(found.values())
    while waiting:
        new = [each for each in waiting.pop().implies if each.name not in found]
        found.update((each.name, each) for each in new)
        waiting += new
    return tuple(found.values())


@lru_cache(maxsize=1024)
def _vectors(possible: tuple[UnknownSet, ...]) -> tuple[Vector, ...]:
    vectors = (
        tuple(zip((each.name for each in possible), answers, strict=True))
        for answers in product((False, True), repeat=len(possible))
    )
    return tuple(vector for vector in vectors if consistent(possible, dict(vector)))


def consistent(possible: Sequence[UnknownSet], member: Mapping[str, bool]) -> bool:
    """Tells whether an address can be a member of just these sets: regions are disjoint, and part of their tag."""
    families = [each.apart_from for each in possible if each.apart_from and member.get(each.name, False)]
    return len(families) == len(set(families)) and all(
        member.get(each.part_of, True) for each in possible if member.get(each.name, False)
    )


def presences(cell: Cell) -> list[tuple[Vector, ...]]:
    """Returns the sets of vectors that the addresses of a cell can have between them.

    Raises:
        Undecidable: there are too many.
    """
    most = min(len(cell.vectors), cell.addresses.size())
    if len(cell.vectors) > _MOST_VECTORS:
        raise Undecidable
    return [chosen for size in range(1, most + 1) for chosen in combinations(cell.vectors, size)]
