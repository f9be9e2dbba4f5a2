"""The classes into which sets cut a hull, against a count of every member."""

from collections.abc import Iterable, Sequence
from itertools import product
from random import Random

import pytest

from apim_audit.core.engine.classes import Classes, classify, clip, meet, parted, same, uncut
from apim_audit.core.sets.intervals import EMPTY, IntervalSet


def of(members: Iterable[int]) -> IntervalSet:
    return IntervalSet.union_of((member, member) for member in members)


def members_of(found: IntervalSet) -> list[int]:
    return [member for first, last in found.spans() for member in range(first, last + 1)]


def parts_of(classes: Classes) -> list[IntervalSet]:
    return [classes.members(1 << number) for number, _ in enumerate(classes.classes)]


HULL = same(of([0, 1, 2, 4, 5, 8, 9, 10]))
CUTS: dict[str, list[IntervalSet]] = {
    "none": [],
    "one, with something left before": [of([2, 4])],
    "one, with something left behind": [of([0, 1, 2])],
    "one, twice": [of([1]), of([1])],
    "two that overlap": [of([0, 1, 2]), of([1, 2, 4])],
    "two that touch": [of([0, 1]), of([2, 4])],
    "two of which one is in the other": [of([0, 1, 2, 4, 5]), of([1, 8])],
    "two that leave nothing": [of([0, 1, 2, 8]), of([4, 5, 9, 10])],
    "three, the last first": [of([9]), of([4, 5]), of([0, 1])],
    "an equal one that is another object": [IntervalSet.of_bounds(HULL.bounds)],
    "an equal one, and a part": [IntervalSet.of_bounds(HULL.bounds), of([0, 8])],
}


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
def test_members_lie_in_one_class_where_they_lie_in_the_same_parts(cuts: Sequence[IntervalSet]) -> None:
    classes, masks = classify(HULL, [*cuts, HULL])
    groups: dict[tuple[bool, ...], list[int]] = {}
    for member in members_of(HULL):
        groups.setdefault(tuple(member in cut for cut in cuts), []).append(member)
    assert list(map(members_of, parts_of(classes))) == sorted(groups.values())
    assert [members_of(classes.members(mask)) for mask in masks] == [*map(members_of, cuts), members_of(HULL)]


@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
def test_any_classes_have_the_members_of_each_of_them(cuts: Sequence[IntervalSet]) -> None:
    classes, _ = classify(HULL, [*cuts, HULL])
    parts = parts_of(classes)
    for chosen in product((False, True), repeat=len(parts)):
        mask = sum(1 << number for number, wanted in enumerate(chosen) if wanted)
        members = sorted(
            member for part, wanted in zip(parts, chosen, strict=True) if wanted for member in members_of(part)
        )
        assert members_of(classes.members(mask)) == members
        if members:
            assert classes.lowest(mask) == members[0]


SETS = [of(range(first, last)) for first, last in ((0, 4), (2, 6), (5, 9), (0, 9), (8, 12), (3, 4), (7, 8))]
SETS += [of([1, 3, 5]), of([0, 8, 9]), of([2, 11])]


def test_a_clip_is_what_two_sets_have_in_common_and_the_hull_itself_where_that_is_all() -> None:
    for hull, other in product(map(same, SETS), SETS):
        common = of(member for member in members_of(hull) if member in other)
        for found in (clip(hull, other), meet(hull, other)):
            assert found == common
            assert (found is hull) is (common == hull)


def test_sets_part_their_union_and_nothing_else() -> None:
    parts = parted([of([1, 2, 3]), of([2, 3, 7, 9]), of([5]), EMPTY])
    assert {mask: members_of(part) for mask, part in parts.items()} == {1: [1], 3: [2, 3], 4: [5], 2: [7, 9]}
    assert list(parts) == [1, 3, 4, 2]
    halves = parted([of([1, 2]), of([3, 4]), of([1, 2, 3, 4])])
    assert [part.bounds for part in halves.values()] == [(1, 3), (3, 5)]


def test_what_nothing_cuts_is_one_class() -> None:
    classes = uncut(HULL)
    assert (classes.classes, classes.cuts) == ((1,), (HULL,))
    assert (classes.members(1), classes.lowest(1), classes.lowest_members) == (HULL, 0, {1: 0})
    assert classify(HULL, [HULL, HULL]) == (classes, [1, 1])


def test_a_hull_does_not_cut_itself() -> None:
    half = of([0, 1])
    classes, masks = classify(HULL, [HULL, half])
    assert (classes.cuts, classes.classes, masks) == ((HULL, half), (0b11, 0b01), [0b11, 0b01])


@pytest.mark.parametrize("seed", range(60))
def test_sets_of_many_intervals_cut_as_those_of_few_do(seed: int) -> None:
    random = Random(seed)
    hull = same(of(random.sample(range(400), random.choice((60, 200, 390)))))
    members = members_of(hull)
    sizes = (1, 3, 30, 100, len(members) - 1)
    cuts = [of(random.sample(members, min(random.choice(sizes), len(members)))) for _ in range(random.randint(1, 6))]
    cuts += [hull & IntervalSet.span(*sorted(random.sample(range(400), 2))) for _ in range(random.randint(0, 4))]
    cuts = [cut for cut in cuts if cut and cut != hull]
    classes, masks = classify(hull, cuts)
    groups: dict[tuple[bool, ...], list[int]] = {}
    for member in members:
        groups.setdefault(tuple(member in cut for cut in cuts), []).append(member)
    assert list(map(members_of, parts_of(classes))) == sorted(groups.values())
    assert list(classes.lowest_members.values()) == sorted(map(min, groups.values()))
    assert [classes.members(mask) for mask in masks] == cuts
