"""Cells of addresses: what nothing known tells apart, and what such addresses can be members of.

A cell that holds many addresses offers no more memberships than the leaves ask for; a small one offers each, since
there a world has room for few.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from apim_audit.core.engine.claims import Claim
from apim_audit.core.engine.classes import Classes, parted
from apim_audit.core.engine.membership import AskedSets, Membership, joined
from apim_audit.core.engine.search import Table, Undecidable
from apim_audit.core.sets.intervals import IntervalSet

_FEW_ADDRESSES = 4096
_FEW_SETS = 8
_MOST_MEMBERSHIPS = 14


class Cell(NamedTuple):
    """Addresses that nothing known tells apart.

    Attributes:
        other: the bit of the class of the other end that they are in, or 0.
        own: the bit of the class of the own end that they are in, or 0.
        memberships: what they can be members of.
        met: for each membership the conditions on whole sets that such addresses meet.
    """

    addresses: IntervalSet
    other: int
    own: int
    memberships: tuple[Membership, ...]
    met: tuple[int, ...]


def cells_of(table: Table, claims: Sequence[Claim], sets: AskedSets) -> tuple[Cell, ...]:
    """Returns the cells of both ends of the required flows, and of all that the sets can hold."""
    others, owns, *_ = table.classes
    cells: list[Cell] = []
    for mask, addresses in _parted((*others.cuts, *owns.cuts, *sets.at_most, *sets.proper_parts)).items():
        other, left = _class_in(mask, others)
        own, left = _class_in(left, owns)
        possible = _bits_in(left, sets.at_most)
        proper = _bits_in(left >> len(sets.at_most), sets.proper_parts)
        memberships = _memberships(addresses, claims, (other, own), sets, possible)
        cells.append(Cell(addresses, other, own, memberships, sets.met_by(memberships, possible, proper)))
    return tuple(cells)


@lru_cache(maxsize=1024)
def _parted(sets: tuple[IntervalSet, ...]) -> Mapping[int, IntervalSet]:
    return parted(sets)


def _class_in(mask: int, classes: Classes) -> tuple[int, int]:
    """Returns the bit of the class that lies in the first cuts of a mask, or 0, and the rest of the mask."""
    count = len(classes.cuts)
    cuts = mask & (1 << count) - 1
    return (1 << classes.classes.index(cuts) if cuts else 0), mask >> count


def _bits_in(mask: int, bits: Mapping[IntervalSet, int]) -> int:
    return joined([each for number, each in enumerate(bits.values()) if mask >> number & 1])


def _memberships(
    addresses: IntervalSet, claims: Iterable[Claim], ends: tuple[int, int], sets: AskedSets, possible: int
) -> tuple[Membership, ...]:
    if addresses.size() < _FEW_ADDRESSES and possible.bit_count() <= _FEW_SETS:
        return sets.all_told_apart(possible)
    other, own = ends
    asked: list[Membership] = []
    for claim in claims:
        if claim.other & other or claim.own & own:
            # An address of both ends can be at either.
            asked += (*([claim.of_other] if other else ()), *([claim.of_own] if own else ()))
    return sets.told_apart(asked, possible)


def presences(cell: Cell) -> list[tuple[Membership, ...]]:
    """Returns the sets of memberships that the addresses of a cell can have between them.

    Raises:
        Undecidable: there are too many.
    """
    most = min(len(cell.memberships), cell.addresses.size())
    if len(cell.memberships) > _MOST_MEMBERSHIPS:
        raise Undecidable
    return [chosen for size in range(1, most + 1) for chosen in combinations(cell.memberships, size)]
