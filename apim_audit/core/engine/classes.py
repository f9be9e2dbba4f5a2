"""Equivalence classes of one dimension: the parts into which the sets that rules name cut a hull.

This is the construction of atomic predicates, done in one dimension, where it is a sort.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, compress, islice, repeat
from operator import itemgetter, ne, xor

from apim_audit.core.sets.intervals import EMPTY, IntervalSet

_ONE_INTERVAL = 2  # bounds


@dataclass(frozen=True, slots=True)
class Classes:
    """The equivalence classes of one dimension.

    Attributes:
        hull: what is cut.
        cuts: the sets that cut it, each a part of the hull.
        classes: for each class the mask of the cuts that it lies in; 0 is what no cut touches.
        lowest_members: the lowest member of each class but the untouched one.
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

    def parts(self) -> list[IntervalSet]:
        """Returns the members of each class, in order."""
        if not self.cuts:
            return [self.hull]
        inside = 1 << len(self.cuts)
        found = _parted((*self.cuts, self.hull))
        return [found[cuts | inside] for cuts in self.classes]

    def lowest(self, mask: int) -> int:
        """Returns the lowest member of the classes in a mask."""
        if mask.bit_count() == len(self.classes):
            return self.hull.first()
        return min(
            self.lowest_members[cuts] if cuts else self._lowest_untouched()
            for number, cuts in enumerate(self.classes)
            if mask >> number & 1
        )

    def _lowest_untouched(self) -> int:
        # Leap from interval to interval: to build the class would mean to subtract every cut.
        at = self.hull.first()
        while (past := max(members.end_of_interval(at) for members in self.cuts)) > at:
            at = self.hull.at_or_after(past)
        return at

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
    masks = dict(zip(cuts, _transposed(found.classes, len(cuts)), strict=True))
    masks_by_id = {key: masks[part] for key, part in distinct.items()}
    masks_by_id[id(hull)] = (1 << len(found.classes)) - 1
    return found, list(map(masks_by_id.__getitem__, map(id, parts)))


@lru_cache(maxsize=8192)
def uncut(hull: IntervalSet) -> Classes:
    """Returns the one class of a hull that nothing cuts."""
    return Classes(hull, (), (0,), {})


def _halved(hull: IntervalSet, cut: IntervalSet) -> Classes:
    classes = (1,) if cut == hull else (0, 1)
    return Classes(hull, (cut,), classes, {1: cut.bounds[0]})


def _divided(hull: IntervalSet, cuts: tuple[IntervalSet, ...]) -> Classes:
    # The hull is not swept: a tag has hundreds of intervals, and most rules touch few of them.
    bounds, here = _sums(cuts)
    lowest = dict(zip(reversed(here), reversed(bounds), strict=True))
    lowest.pop(0, None)
    lowest = dict(sorted(lowest.items(), key=itemgetter(1)))
    classes = tuple(lowest) if _fill(hull, bounds, here) else (0, *lowest)
    return Classes(hull, cuts, classes, lowest)


def _fill(hull: IntervalSet, bounds: Sequence[int], here: Sequence[int]) -> bool:
    """Tells whether cuts touch all of a hull, from their bounds and the masks from there on."""
    # Where they leave other gaps than the hull has they do not, and the rest need not be added up.
    gaps = here.count(0) * _ONE_INTERVAL
    return gaps == len(hull.bounds) and sum(compress(bounds[1:], here)) - sum(compress(bounds, here)) == hull.size()


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


def partition(sets: Sequence[IntervalSet]) -> list[IntervalSet]:
    """Returns the parts into which sets cut their union, by their lowest members."""
    return list(_parted(sets).values())


def _parted(sets: Sequence[IntervalSet]) -> dict[int, IntervalSet]:
    """Returns the parts into which sets cut their union, by the mask of the sets that they lie in."""
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
