"""Sets of integers as sorted, disjoint intervals: the one representation of addresses and ports."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

_BEFORE, _BEYOND = -1, (1 << 64) + 1
_ONE_INTERVAL = 2  # bounds


class IntervalSet:
    """An immutable set of integers below 2**64 in canonical form, so that equal sets compare equal.

    Built by the named constructors only. Bounds are kept flat and half-open, ``(start, end, start, end, ...)``.
    """

    __slots__ = ("_hash", "bounds")

    bounds: tuple[int, ...]
    _hash: int

    def __init__(self) -> None:
        msg = "use IntervalSet.empty, .point, .span or .union_of"
        raise TypeError(msg)

    @classmethod
    def _of(cls, bounds: tuple[int, ...]) -> "IntervalSet":
        self = object.__new__(cls)
        _put_bounds(self, bounds)
        return self

    @classmethod
    def empty(cls) -> "IntervalSet":
        """Returns the set without members."""
        return EMPTY

    @classmethod
    def point(cls, value: int) -> "IntervalSet":
        """Returns the set of one integer."""
        return cls._of((value, value + 1))

    @classmethod
    def span(cls, first: int, last: int) -> "IntervalSet":
        """Returns the integers from first to last, both included; the empty set where last lies before first."""
        return cls._of((first, last + 1)) if first <= last else EMPTY

    @classmethod
    def union_of(cls, spans: Iterable[tuple[int, int]]) -> "IntervalSet":
        """Returns the union of (first, last) pairs, both ends included, in any order."""
        merged: list[int] = []
        for first, last in sorted(spans):
            if last < first:
                continue
            if merged and first <= merged[-1]:
                merged[-1] = max(merged[-1], last + 1)
            else:
                merged += (first, last + 1)
        return cls._of(tuple(merged)) if merged else EMPTY

    @classmethod
    def of_bounds(cls, bounds: Sequence[int]) -> "IntervalSet":
        """Returns the set of bounds as ``bounds`` has them: ascending, no two the same."""
        return cls._of(tuple(bounds)) if bounds else EMPTY

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"cannot assign to {name}: an IntervalSet is immutable"
        raise AttributeError(msg)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, IntervalSet) and self.bounds == other.bounds)

    def __hash__(self) -> int:
        # Kept from the first time on: tags are keys of caches, and have hundreds of bounds.
        try:
            return self._hash
        except AttributeError:
            _put_hash(self, hash(self.bounds))
            return self._hash

    def __bool__(self) -> bool:
        return bool(self.bounds)

    def __repr__(self) -> str:
        return f"IntervalSet({', '.join(f'{first}-{last}' for first, last in self.spans())})"

    def __contains__(self, value: int) -> bool:
        return bisect_right(self.bounds, value) % 2 == 1

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yields (first, last) of each interval, lowest first, both ends included."""
        bounds = self.bounds
        for i in range(0, len(bounds), 2):
            yield bounds[i], bounds[i + 1] - 1

    def size(self) -> int:
        """Returns the number of members."""
        return sum(self.bounds[1::2]) - sum(self.bounds[::2])

    def first(self) -> int:
        """Returns the lowest member.

        Raises:
            ValueError: the set is empty.
        """
        if not self.bounds:
            msg = "an empty set has no first member"
            raise ValueError(msg)
        return self.bounds[0]

    def end_of_interval(self, value: int) -> int:
        """Returns the first integer after the interval that holds a value, or the value itself where none does."""
        at = bisect_right(self.bounds, value)
        return self.bounds[at] if at % 2 else value

    def at_or_after(self, value: int) -> int:
        """Returns the lowest member that is not below a value.

        Raises:
            ValueError: there is none.
        """
        at = bisect_right(self.bounds, value)
        if at % 2:
            return value
        if at == len(self.bounds):
            msg = f"no member from {value} on"
            raise ValueError(msg)
        return self.bounds[at]

    def union(self, other: "IntervalSet") -> "IntervalSet":
        """Returns the integers in either set."""
        if not other.bounds or self is other:
            return self
        if not self.bounds:
            return other
        # What is in neither is what both complements share; its outermost bounds are those of all integers.
        neither = _common((_BEFORE, *self.bounds, _BEYOND), (_BEFORE, *other.bounds, _BEYOND))
        return IntervalSet._of(tuple(neither[1:-1]))

    def intersection(self, other: "IntervalSet") -> "IntervalSet":
        """Returns the integers in both sets."""
        found = _common(self.bounds, other.bounds)
        return IntervalSet._of(tuple(found)) if found else EMPTY

    def difference(self, other: "IntervalSet") -> "IntervalSet":
        """Returns the integers of this set that are not in the other."""
        if not self.bounds or not other.bounds:
            return self
        found = _common(self.bounds, (_BEFORE, *other.bounds, _BEYOND))
        return IntervalSet._of(tuple(found)) if found else EMPTY

    def issubset(self, other: "IntervalSet") -> bool:
        """Tells whether every member is in the other set."""
        there = other.bounds
        bounds = self.bounds
        if len(there) == _ONE_INTERVAL:
            return not bounds or (there[0] <= bounds[0] and bounds[-1] <= there[1])
        for i in range(0, len(bounds), 2):
            at = bisect_right(there, bounds[i])
            if at % 2 == 0 or there[at] < bounds[i + 1]:
                return False
        return True

    def isdisjoint(self, other: "IntervalSet") -> bool:
        """Tells whether the sets have no member in common."""
        there = other.bounds
        bounds = self.bounds
        if not bounds or not there or bounds[-1] <= there[0] or there[-1] <= bounds[0]:
            return True
        if len(there) < len(bounds):
            bounds, there = there, bounds
        for i in range(0, len(bounds), 2):
            at = bisect_right(there, bounds[i])
            if at % 2 == 1 or (at < len(there) and there[at] < bounds[i + 1]):
                return False
        return True

    __or__ = union
    __and__ = intersection
    __sub__ = difference
    __le__ = issubset


def _common(one: tuple[int, ...], two: tuple[int, ...]) -> list[int]:
    """Returns the bounds of what two sets, given by their bounds, have in common."""
    # Each interval of the set with fewer is looked up in the other, of which a whole slice is taken at once.
    few, many = (one, two) if len(one) < len(two) else (two, one)
    found: list[int] = []
    for at in range(0, len(few), 2):
        start, end = few[at], few[at + 1]
        first = bisect_right(many, start)
        last = bisect_left(many, end, first)
        if first & 1:
            found.append(start)
        found += many[first:last]
        if last & 1:
            found.append(end)
    return found


# Past `__setattr__`, which refuses; and quicker than to look the slot up by its name.
_put_bounds = vars(IntervalSet)["bounds"].__set__
_put_hash = vars(IntervalSet)["_hash"].__set__

EMPTY = IntervalSet._of(())  # noqa: SLF001  (the one place outside the class that builds a set by its bounds)
