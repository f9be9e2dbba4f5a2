"""Cells of addresses: what nothing known tells apart, and what such addresses can be members of.

A cell that holds many addresses offers no more vectors than the leaves ask for; a small one offers each, since there a
world has room for few.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

from apim_audit.core.engine.classes import partition
from apim_audit.core.engine.search import Dimension, Leaf, Place, Region, Table, Undecidable
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
    # Tags without data have the same bounds, all of them: what is public.
    parts = partition(list(dict.fromkeys([*ends[0], *ends[1], *uppers])))
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
    places = ((Place.OTHER,) if other >= 0 else ()) + ((Place.OWN,) if own >= 0 else ())
    asking = {
        leaf.region[len(Dimension) :]: leaf.region
        for leaf in leaves
        if (other >= 0 and leaf.region[Dimension.OTHER] >> other & 1)
        or (own >= 0 and leaf.region[Dimension.OWN] >> own & 1)
    }
    patterns = [_pattern(region, table, places) for region in asking.values()]
    order = [ask.unknown.name for ask in table.unknowns if ask.place in places]
    return Cell(addresses, other, own, tuple(_cubes(patterns, order, possible, ())))


_Pattern = tuple[Mapping[str, int], ...]
"""What a leaf asks of an address, for each end at which that can stand: the mask of the answers by unknown."""


def _pattern(region: Region, table: Table, places: Iterable[Place]) -> _Pattern:
    return tuple(dict(table.asks(region, place)) for place in places)


def _cubes(
    patterns: Sequence[_Pattern], order: Sequence[str], possible: Sequence[UnknownSet], fixed: Vector
) -> Iterator[Vector]:
    """Yields vectors that fix no more than leaves ask: a chain of n rules gives n + 1 of them, not 2 to the n."""
    names = {each.name for each in possible}.difference(name for name, _ in fixed)
    asked_names = {name for pattern in patterns for asks in pattern for name in asks}
    asked = next((name for name in order if name in names and name in asked_names), None)
    if asked is None:
        yield fixed
        return
    for answer in (False, True):
        vector = (*fixed, (asked, answer))
        if consistent(possible, dict(vector)):
            yield from _cubes(_answered(patterns, asked, answer=answer), order, possible, vector)


def _answered(patterns: Iterable[_Pattern], name: str, *, answer: bool) -> list[_Pattern]:
    """Returns what is still asked after an answer: nothing at an end at which the leaf no longer decides."""
    left = (tuple(asks for asks in pattern if asks.get(name, NO | YES) >> answer & 1) for pattern in patterns)
    return [pattern for pattern in left if pattern]


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
