"""Interval sets obey the laws of sets, with Python's own sets as the oracle over a small universe at either end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.sets.intervals import EMPTY, IntervalSet

SIZE = 40
BASES = (0, 2**32 - SIZE, 2**16 - SIZE)
Spans = list[tuple[int, int]]


@st.composite
def spans(draw: st.DrawFn, base: int) -> Spans:
    bound = st.integers(base, base + SIZE - 1)
    return draw(st.lists(st.tuples(bound, bound), max_size=8))


def built(pairs: Spans) -> IntervalSet:
    return IntervalSet.union_of(pairs)


def members(pairs: Spans) -> set[int]:
    return {value for first, last in pairs for value in range(first, last + 1)}


def listed(interval_set: IntervalSet) -> set[int]:
    return members(list(interval_set.spans()))


@st.composite
def triples(draw: st.DrawFn) -> tuple[int, Spans, Spans, Spans]:
    base = draw(st.sampled_from(BASES))
    return base, draw(spans(base)), draw(spans(base)), draw(spans(base))


def whole(base: int) -> IntervalSet:
    return IntervalSet.span(base, base + SIZE - 1)


@given(triples())
def test_members_are_those_of_the_python_set(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    base, pairs, _, _ = drawn
    found = built(pairs)
    assert [value for value in range(max(base - 2, 0), base + SIZE + 2) if value in found] == sorted(members(pairs))


@given(triples())
def test_operators_are_those_of_the_python_set(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, two, _ = drawn
    a, b, x, y = built(one), built(two), members(one), members(two)
    assert (listed(a | b), listed(a & b), listed(a - b)) == (x | y, x & y, x - y)


@given(triples())
def test_relations_are_those_of_the_python_set(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, two, _ = drawn
    a, b, x, y = built(one), built(two), members(one), members(two)
    assert (a <= b, a.isdisjoint(b), a == b, bool(a)) == (x <= y, x.isdisjoint(y), x == y, bool(x))


@given(triples())
def test_size_and_first_are_those_of_the_python_set(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, _, _ = drawn
    a, x = built(one), members(one)
    assert a.size() == len(x)
    if x:
        assert a.first() == min(x)


@given(triples())
def test_equal_sets_are_equal_and_hash_alike_however_they_were_made(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, two, _ = drawn
    made = {
        built([*one, *two]),
        built([*two, *one]),
        built(one) | built(two),
        built([(value, value) for value in members(one) | members(two)]),
        built(one) | (built(two) - built(one)),
    }
    assert len(made) == 1


@given(triples())
def test_the_form_is_canonical(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, two, three = drawn
    found = (built(one) | built(two)) - built(three)
    pairs = list(found.spans())
    assert all(first <= last for first, last in pairs)
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(pairs))
    assert built(pairs) == found


@given(triples())
def test_a_complement_of_a_complement_is_the_set(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    base, one, _, _ = drawn
    a, everything = built(one), whole(base)
    assert everything - (everything - a) == a


@given(triples())
def test_de_morgan(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    base, one, two, _ = drawn
    a, b, everything = built(one), built(two), whole(base)
    assert everything - (a | b) == (everything - a) & (everything - b)
    assert everything - (a & b) == (everything - a) | (everything - b)


@given(triples())
def test_union_and_intersection_distribute_over_each_other(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, two, three = drawn
    a, b, c = built(one), built(two), built(three)
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)


@given(triples())
def test_union_and_intersection_commute_associate_and_absorb(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, two, three = drawn
    a, b, c = built(one), built(two), built(three)
    assert (a | b, a & b) == (b | a, b & a)
    assert (a | (b | c), a & (b & c)) == ((a | b) | c, (a & b) & c)
    assert (a | (a & b), a & (a | b), a | a, a & a) == (a, a, a, a)


@given(triples())
def test_a_difference_is_the_intersection_with_the_complement(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    base, one, two, _ = drawn
    a, b = built(one), built(two)
    assert a - b == a & (whole(base) - b)
    assert (a - b) | (a & b) == a
    assert (a - b).isdisjoint(b)


@given(triples())
def test_subset_agrees_with_union_intersection_and_difference(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, two, _ = drawn
    a, b = built(one), built(two)
    assert (a <= b) == (a | b == b) == (a & b == a) == (not a - b)
    assert a.isdisjoint(b) == (not a & b)


@given(triples())
def test_the_empty_set_is_neutral(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    _, one, _, _ = drawn
    a = built(one)
    assert (a | EMPTY, a - EMPTY, a & EMPTY, EMPTY - a) == (a, a, EMPTY, EMPTY)
    assert IntervalSet.empty() == EMPTY == a - a


@given(st.sets(st.integers(0, 400), min_size=30), st.integers(0, 400), st.integers(0, 40))
def test_a_long_set_meets_a_short_one(values: set[int], first: int, length: int) -> None:
    longer, short = built([(value, value) for value in values]), IntervalSet.span(first, first + length)
    common = values & set(range(first, first + length + 1))
    assert listed(longer & short) == listed(short & longer) == common
    assert longer.isdisjoint(short) == short.isdisjoint(longer) == (not common)
    assert (short <= longer) == (common == set(range(first, first + length + 1)))


@given(triples())
def test_looking_along_a_set_finds_what_the_python_set_says(drawn: tuple[int, Spans, Spans, Spans]) -> None:
    base, one, _, _ = drawn
    a, x = built(one), members(one)
    for value in range(base, base + SIZE):
        after = min((other for other in x if other >= value), default=None)
        if after is None:
            with pytest.raises(ValueError, match="no member"):
                a.at_or_after(value)
        else:
            assert a.at_or_after(value) == after
        past = next(other for other in range(value, base + SIZE + 1) if other not in x)
        assert a.end_of_interval(value) == past


def test_an_empty_set_has_no_first_member() -> None:
    with pytest.raises(ValueError, match="no first member"):
        EMPTY.first()


def test_a_span_that_ends_before_it_starts_is_empty() -> None:
    assert IntervalSet.span(3, 2) == EMPTY == IntervalSet.union_of([(3, 2)])


def test_sets_are_built_by_name_only_and_stay_as_they_are() -> None:
    with pytest.raises(TypeError, match=r"use IntervalSet\.empty"):
        IntervalSet()
    with pytest.raises(AttributeError, match="immutable"):
        IntervalSet.point(1).bounds = ()


def test_a_set_is_no_other_thing() -> None:
    assert IntervalSet.point(1) != (1, 2)
    assert repr(IntervalSet.union_of([(1, 2), (5, 5)])) == "IntervalSet(1-2, 5-5)"


def test_a_point_has_one_member() -> None:
    assert IntervalSet.point(7) == IntervalSet.span(7, 7)
    assert list(IntervalSet.point(7).spans()) == [(7, 7)]


def test_the_ends_of_the_integers_are_integers_like_others() -> None:
    first, last = IntervalSet.point(0), IntervalSet.point(2**64 - 1)
    both = first | last
    assert list(both.spans()) == [(0, 0), (2**64 - 1, 2**64 - 1)]
    assert both - first == last
    assert IntervalSet.span(0, 2**64 - 1) - both == IntervalSet.span(1, 2**64 - 2)
