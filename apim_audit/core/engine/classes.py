"""Equivalence classes of one dimension: the parts into which the sets that rules name cut a hull.

This is the construction of atomic predicates, done in one dimension, where it is a sort.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, compress, islice, repeat
from operator import itemgetter, ne, xor
from typing import NamedTuple

from apim_audit.core.sets.intervals import EMPTY, IntervalSet

_ONE_INTERVAL = 2  # bounds
_FEW_BOUNDS = 16


@dataclass(frozen=True, slots=True)
class Classes:
    """The equivalence classes of one dimension.

    Attributes:
        hull: what is cut.
        cuts: the hull itself, and the sets that cut it, each a part of the hull.
        classes: for each class the mask of the cuts that it lies in. They stand in the order of their first members.
        lowest_members: the lowest member of each class.
    """

    hull: IntervalSet
    cuts: tuple[IntervalSet, ...]
    classes: tuple[int, ...]
    lowest_members: Mapping[int, int]

    def members(self, mask: int) -> IntervalSet:
        """Returns the members of the classes in a mask."""
        if mask.bit_count() == len(self.classes):
            return self.hull
        found = EMPTY
        for number, cuts in enumerate(self.classes):
            if mask >> number & 1:
                found = found | self._class(cuts)
        return found

    def lowest(self, mask: int) -> int:
        """Returns the lowest member of the classes in a mask."""
        if mask.bit_count() == len(self.classes):
            return self.hull.first()
        return min(self.lowest_members[cuts] for number, cuts in enumerate(self.classes) if mask >> number & 1)

    def _class(self, cuts: int) -> IntervalSet:
        found = self.hull
        for bit, cut in enumerate(self.cuts):
            found = found & cut if cuts >> bit & 1 else found - cut
        return found


@lru_cache(maxsize=8192)
def same(members: IntervalSet) -> IntervalSet:
    """Returns one object for all equal sets, so that `meet` can tell by identity that a set covers a hull."""
    return members


@lru_cache(maxsize=32768)
def meet(hull: IntervalSet, other: IntervalSet) -> IntervalSet:
    """Returns the members of both sets; the hull as `same` returns it where the other covers it.

    Kept, because tags against the regions of requirements recur in every NSG of an estate.
    """
    return same(hull) if hull.issubset(other) else hull & other


def clip(hull: IntervalSet, other: IntervalSet) -> IntervalSet:
    """Returns what `meet` does, without looking it up where the ends of the sets tell."""
    there, mine = other.bounds, hull.bounds
    if len(there) == _ONE_INTERVAL:
        first, end = there
        if first <= mine[0] and mine[-1] <= end:
            return hull
        if mine[-1] <= first or end <= mine[0]:
            return EMPTY
    return meet(hull, other)


def classify(hull: IntervalSet, parts: Sequence[IntervalSet]) -> tuple[Classes, list[int]]:
    """Returns the classes into which parts cut a hull, and for each part the mask of the classes in it.

    Args:
        hull: what is cut.
        parts: subsets of the hull that are not empty; the hull itself only as the same object.
    """
    # By identity first: most parts are the hull, or one of few sets that `meet` returns again and again.
    distinct = dict(zip(map(id, parts), parts, strict=True))
    distinct.pop(id(hull), None)
    if not distinct:
        return uncut(hull), [1] * len(parts)
    cuts = tuple(dict.fromkeys(distinct.values()))
    found = _halved(hull, cuts[0]) if len(cuts) == 1 else _divided(hull, cuts)
    masks = dict(zip(found.cuts, _transposed(found.classes, len(found.cuts)), strict=True))
    masks_by_id = {key: masks[part] for key, part in distinct.items()}
    masks_by_id[id(hull)] = (1 << len(found.classes)) - 1
    return found, list(map(masks_by_id.__getitem__, map(id, parts)))


@lru_cache(maxsize=8192)
def uncut(hull: IntervalSet) -> Classes:
    """Returns the one class of a hull that nothing cuts."""
    return Classes(hull, (hull,), (1,), {1: hull.first()})


def _halved(hull: IntervalSet, cut: IntervalSet) -> Classes:
    lowest = {3: cut.first()}
    if cut != hull:
        beside = hull.first()
        while (past := cut.end_of_interval(beside)) > beside:
            beside = hull.at_or_after(past)
        lowest = {1: beside, **lowest} if beside < cut.first() else {**lowest, 1: beside}
    return Classes(hull, (hull, cut), tuple(lowest), lowest)


def _divided(hull: IntervalSet, cuts: Iterable[IntervalSet]) -> Classes:
    # Tags have hundreds of bounds, and few of them recur in every NSG of an estate: what they divide is kept. What an
    # NSG names besides has a few bounds, which are looked up there.
    tags: list[IntervalSet] = []
    prefixes: list[IntervalSet] = []
    for cut in cuts:
        (tags if len(cut.bounds) > _FEW_BOUNDS else prefixes).append(cut)
    coarse = _coarsely_divided((hull, *tags))
    lowest = _refined(coarse, prefixes, len(tags) + 1) if prefixes else coarse.lowest
    return Classes(hull, (hull, *tags, *prefixes), tuple(lowest), lowest)


class _Coarse(NamedTuple):
    """What some cuts divide a hull into.

    Attributes:
        bounds: where a part begins or ends.
        masks: for each bound the mask of the hull and of the cuts that hold what is from there on; 0 beyond the hull.
        lowest: for each class its lowest member, in ascending order.
    """

    bounds: Sequence[int]
    masks: Sequence[int]
    lowest: Mapping[int, int]

    def classes_in(self, start: int, end: int) -> Mapping[int, int]:
        """Returns the classes that have members from a start to before an end, each with the lowest of them."""
        first = bisect_right(self.bounds, start) - 1
        last = bisect_left(self.bounds, end, first)
        if last == first + 1:
            return {self.masks[first]: start}
        found = dict(zip(reversed(self.masks[first:last]), reversed(self.bounds[first:last]), strict=True))
        found[self.masks[first]] = start
        return found

    def lowest_beside(self, mask: int, bounds: Sequence[int], here: Sequence[int]) -> int | None:
        """Returns the lowest member of a class that further cuts do not hold, given as `_sums` does, or None."""
        for part in range(bisect_left(self.bounds, self.lowest[mask]), len(self.bounds)):
            if self.masks[part] == mask:
                at, end = self.bounds[part], self.bounds[part + 1]
                while at < end:
                    behind = bisect_right(bounds, at)
                    if not behind or not here[behind - 1]:
                        return at
                    at = bounds[behind]
        return None


@lru_cache(maxsize=512)
def _coarsely_divided(hull_and_cuts: tuple[IntervalSet, ...]) -> _Coarse:
    bounds, masks = _sums(hull_and_cuts)
    return _Coarse(bounds, masks, _lowest(bounds, masks))


def _refined(coarse: _Coarse, cuts: Sequence[IntervalSet], shift: int) -> Mapping[int, int]:
    """Returns the classes, each with its lowest member, where further cuts divide what some did already.

    Args:
        coarse: what is divided.
        cuts: parts of its hull.
        shift: the number of the sets that divided it.
    """
    bounds, here = _sums(cuts)
    lowest: dict[int, int] = {}
    for start, end, mask in zip(bounds, bounds[1:], here, strict=False):
        if mask:
            for cuts_there, at in coarse.classes_in(start, end).items():
                lowest.setdefault(mask << shift | cuts_there, at)
    for mask in coarse.lowest:
        beside = coarse.lowest_beside(mask, bounds, here)
        if beside is not None:
            lowest[mask] = beside
    return _ascending(lowest)


def _lowest(bounds: Sequence[int], masks: Sequence[int]) -> dict[int, int]:
    """Returns for each mask but 0 the first of its bounds, in ascending order."""
    found = dict(zip(reversed(masks), reversed(bounds), strict=True))
    del found[0]
    return _ascending(found)


def _ascending(lowest: Mapping[int, int]) -> dict[int, int]:
    return dict(sorted(lowest.items(), key=itemgetter(1)))


def _transposed(classes: Iterable[int], count: int) -> list[int]:
    """Returns for each cut the mask of its classes, from the mask of cuts that each class has."""
    masks = [0] * count
    for number, here in enumerate(classes):
        left = here
        while left:
            bit = left & -left
            masks[bit.bit_length() - 1] |= 1 << number
            left ^= bit
    return masks


def parted(sets: Sequence[IntervalSet]) -> dict[int, IntervalSet]:
    """Returns the parts into which sets cut their union, by the mask of the sets that they lie in, the lowest first."""
    found: dict[int, list[int]] = {}
    bounds, here = _sums(sets)
    for start, end, mask in zip(bounds, bounds[1:], here, strict=False):
        if mask:
            # Never where the part ends already: at each bound some set begins or ends.
            found.setdefault(mask, []).extend((start, end))
    return {mask: IntervalSet.of_bounds(part) for mask, part in found.items()}


def _sums(cuts: Sequence[IntervalSet]) -> tuple[list[int], list[int]]:
    """Returns all bounds of cuts, and for each the mask of the cuts that hold the integers from there on."""
    # Toggle one bit a cut at each bound; between two bounds the toggles add up to the cuts there. Every step is
    # one call over whole sequences, because a tag has thousands of bounds.
    toggles: list[tuple[int, int]] = []
    for bit, cut in enumerate(cuts):
        toggles += zip(cut.bounds, repeat(1 << bit))
    toggles.sort()
    bounds = list(map(itemgetter(0), toggles))
    sums = accumulate(map(itemgetter(1), toggles), xor)
    # Of several toggles at one bound the last sum counts.
    last = [*map(ne, bounds, islice(bounds, 1, None)), True]
    return list(compress(bounds, last)), list(compress(sums, last))
