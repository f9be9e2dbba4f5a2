"""Equivalence classes of one dimension: the parts into which the sets that rules name cut a hull.

This is the construction of atomic predicates, done in one dimension, where it is a sort.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

from apim_audit.core.intervals import IntervalSet

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Classes:
    """The equivalence classes of one dimension.

    Attributes:
        hull: what is cut.
        segments: for each class its (first, last) spans, lowest first; None for the class that no set touches.
        masks: for each distinct set the mask of the classes in it.
    """

    hull: IntervalSet
    segments: tuple[Sequence[Span] | None, ...]
    masks: Mapping[IntervalSet, int]

    def members(self, mask: int) -> IntervalSet:
        """Returns the members of the classes in a mask."""
        found: list[Span] = []
        for number, spans in enumerate(self.segments):
            if mask >> number & 1:
                found += self._untouched().spans() if spans is None else spans
        return IntervalSet.union_of(found)

    def lowest(self, mask: int) -> int:
        """Returns the lowest member of the classes in a mask."""
        return min(
            self._untouched().first() if spans is None else spans[0][0]
            for number, spans in enumerate(self.segments)
            if mask >> number & 1
        )

    def _untouched(self) -> IntervalSet:
        if len(self.segments) == 1:
            return self.hull
        touched = IntervalSet.union_of(span for spans in self.segments if spans is not None for span in spans)
        return self.hull - touched


@lru_cache(maxsize=32768)
def meet(hull: IntervalSet, other: IntervalSet) -> IntervalSet:
    """Returns the members of both sets; the hull itself, as the same object, where the other covers it.

    Kept, because tags against the regions of requirements recur in every NSG of an estate.
    """
    return hull if hull.issubset(other) else hull & other


def classify(hull: IntervalSet, sets: Iterable[IntervalSet]) -> Classes:
    """Returns the classes into which sets cut a hull."""
    cuts: dict[IntervalSet, IntervalSet] = {each: meet(hull, each) for each in sets}
    partial = [each for each, cut in cuts.items() if cut is not hull and cut]
    if not partial:
        return Classes(hull, (None,), {each: 1 if cut is hull else 0 for each, cut in cuts.items()})
    segments, touched = _sweep([cuts[each] for each in partial])
    # The hull is not swept: a tag has hundreds of intervals, and most rules touch few of them.
    untouched = [(0, None)] if touched < hull.size() else []
    classes: list[tuple[int, Sequence[Span] | None]] = [*untouched, *segments.items()]
    full = (1 << len(classes)) - 1
    masks = {each: full if cut is hull else 0 for each, cut in cuts.items()}
    masks.update(zip(partial, _transposed([here for here, _ in classes], len(partial)), strict=True))
    return Classes(hull, tuple(spans for _, spans in classes), masks)


def _transposed(classes: Iterable[int], count: int) -> list[int]:
    """Returns for each set the mask of its classes, from the mask of sets that each class has."""
    masks = [0] * count
    for number, here in enumerate(classes):
        left = here
        while left:
            bit = left & -left
            masks[bit.bit_length() - 1] |= 1 << number
            left ^= bit
    return masks


def _sweep(cuts: Sequence[IntervalSet]) -> tuple[dict[int, list[Span]], int]:
    """Returns the spans that lie in some cuts, by the mask of those cuts, and how many integers lie in any."""
    # Toggle one bit a set at each bound and read off, between two bounds, which sets are there. Sorting is nearly free:
    # the bounds of each set are a sorted run.
    toggles: list[tuple[int, int]] = []
    for bit, cut in enumerate(cuts):
        toggles += zip(cut.bounds, repeat(1 << bit))
    if len(cuts) > 1:
        toggles.sort()
    segments: dict[int, list[Span]] = {}
    here = start = touched = 0
    for bound, toggle in toggles:
        if here and start < bound:
            touched += bound - start
            if here in segments:
                segments[here].append((start, bound - 1))
            else:
                segments[here] = [(start, bound - 1)]
        here ^= toggle
        start = bound
    return segments, touched
