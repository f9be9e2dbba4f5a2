"""Which rules bear on required flows: up to one that surely takes them all, and what is unknown when it does."""

from collections.abc import Callable

import pytest

from apim_audit.core.engine.compiling import Bearing, bearing_on, first_to_bear, uncut_table
from apim_audit.core.engine.search import Asked, Box, Clause, Place, Undecidable
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import NO, YES, Choice, UnknownSet

PORT, ALL, HALF, OTHER_HALF = IntervalSet.point(443), *(IntervalSet.span(*ends) for ends in ((0, 9), (0, 4), (5, 9)))
WHOLE = UnknownSet("storage", "?", "Storage", ALL)
SIBLING = UnknownSet("storage.west", "?", "Storage.west", ALL, part_of="storage")
REGION = UnknownSet("storage.east", "?", "Storage.east", ALL, part_of="storage", implies=(WHOLE, SIBLING))
CHOICE = Choice("choice", "which?", ("this", "that"))


def box(other: IntervalSet = ALL, own: IntervalSet = PORT, **conditions: tuple[Asked, int]) -> Box:
    return Box((other, own, PORT, PORT), tuple(conditions.values()))


def allow(rule: int, matched: Box, *, passes: bool = False) -> Clause:
    return Clause(rule, allow=True, box=matched, passes=passes)


def deny(rule: int, matched: Box) -> Clause:
    return Clause(rule, allow=False, box=matched)


def of(unknown: UnknownSet | Choice, mask: int = YES, place: Place = Place.OTHER) -> tuple[Asked, int]:
    return Asked(place, unknown), mask


IN_REGION = box(on=of(REGION))


def met(bearing: Bearing) -> list[int]:
    """Returns the rules that bear on the flows."""
    return [clause.rule for clause, _ in bearing.met]


def removes(*rules: int) -> Callable[[int], bool]:
    return rules.__contains__


def test_behind_an_allow_that_takes_all_nothing_bears_on_the_flows() -> None:
    found = bearing_on([box()], [allow(0, box(HALF)), allow(1, box()), allow(2, box()), deny(3, box())])
    assert (met(found), found.last) == ([0, 1], 1)


def test_where_something_is_denied_the_allows_behind_count_as_shadowed() -> None:
    rules = [deny(0, box(HALF)), allow(1, box()), deny(2, box()), allow(3, box())]
    found = bearing_on([box()], rules)
    assert (met(found), found.last) == ([0, 1, 3], 1)
    assert met(bearing_on([box()], [deny(0, box()), deny(1, box()), allow(2, box())])) == [0, 2]


def test_behind_a_rule_that_may_be_left_out_everything_bears_on_the_flows() -> None:
    rules = [allow(0, box()), allow(1, box()), allow(2, box())]
    assert met(bearing_on([box()], rules, removable=removes(0))) == [0, 1]
    assert met(bearing_on([box()], rules, removable=removes(1))) == [0]


def test_an_admin_allow_closes_nothing() -> None:
    rules = [allow(0, box(), passes=True), allow(1, box())]
    assert (met(bearing_on([box()], rules)), bearing_on([box()], rules).last) == ([0, 1], 1)
    assert first_to_bear([box()], iter(rules)) == (rules[0], False)
    assert first_to_bear([box()], iter(rules[1:])) == (rules[1], True)


def test_what_an_admin_allow_passes_on_goes_by_the_later_admin_rules() -> None:
    passing = allow(0, box(HALF), passes=True)._replace(stage=0)
    always, of_the_nsg = allow(1, box())._replace(stage=0), allow(2, box())
    found = bearing_on([box()], [passing, always, of_the_nsg])
    assert (met(found), found.last) == ([0, 1, 2], 2)
    elsewhere = allow(0, box(own=IntervalSet.point(7)), passes=True)._replace(stage=0)
    assert bearing_on([box()], [elsewhere, always, of_the_nsg]).last == 1


@pytest.mark.parametrize(
    ("required", "last"),
    [
        ([IN_REGION], 0),
        ([box(on=of(REGION), also=of(CHOICE))], 0),
        ([box(HALF, on=of(REGION)), box(OTHER_HALF, on=of(REGION))], 0),
        ([box(HALF, on=of(REGION)), box(OTHER_HALF)], 1),
        ([box(on=of(REGION, NO))], 1),
        ([box(on=of(REGION, place=Place.OWN))], 1),
        ([box(on=of(CHOICE))], 1),
        ([box()], 1),
    ],
)
def test_a_rule_under_a_condition_takes_all_where_all_of_the_flows_meet_it(required: list[Box], last: int) -> None:
    assert bearing_on(required, [allow(0, IN_REGION), allow(1, box())]).last == last


@pytest.mark.parametrize(
    ("required", "named", "taken"),
    [
        ([IN_REGION], REGION, True),
        ([IN_REGION], WHOLE, True),  # an address of a region is one of its whole tag
        ([IN_REGION], SIBLING, False),
        ([box(on=of(WHOLE))], REGION, False),
        ([box(on=of(REGION, NO))], WHOLE, False),
        ([box(on=of(REGION, place=Place.OWN))], WHOLE, False),
        ([box(HALF, on=of(REGION)), box(OTHER_HALF, on=of(WHOLE))], WHOLE, True),
        ([box(HALF, on=of(REGION)), box(OTHER_HALF, on=of(SIBLING))], REGION, False),
        ([box(on=of(CHOICE))], WHOLE, False),
    ],
)
def test_a_rule_takes_all_where_it_names_the_tag_that_is_required(
    required: list[Box], named: UnknownSet, *, taken: bool
) -> None:
    first, rest = allow(1, box(on=of(named))), allow(2, box())
    elsewhere = allow(0, box(own=IntervalSet.point(7)))
    assert first_to_bear(required, iter([elsewhere, first, rest])) == (first, taken)
    half = allow(0, box(HALF, on=of(named)))
    assert first_to_bear(required, iter([half, rest])) == (half, False)


def test_of_flows_of_which_nothing_is_unknown_the_first_rule_that_bears_on_them_takes_all_or_part() -> None:
    elsewhere, whole, half = allow(0, box(own=IntervalSet.point(7))), allow(1, box()), deny(2, box(HALF))
    assert first_to_bear([box()], iter([elsewhere, whole, half])) == (whole, True)
    assert first_to_bear([box()], iter([elsewhere, half, whole])) == (half, False)
    assert first_to_bear([box(HALF), box(OTHER_HALF)], iter([whole, half])) == (whole, True)
    with pytest.raises(Undecidable):
        first_to_bear([box()], iter([elsewhere]))


def test_what_comes_after_the_first_clause_that_bears_on_flows_is_left() -> None:
    rules = iter([allow(0, box(own=IntervalSet.point(7))), deny(1, box(HALF)), allow(2, box())])
    first_to_bear([box()], rules)
    assert [clause.rule for clause in rules] == [2]


def test_the_one_region_of_an_uncut_table_has_every_class() -> None:
    table = uncut_table(box().sets)
    assert table.regions == (tuple((1 << len(each.classes)) - 1 for each in table.classes),)
    assert tuple(each.members(mask) for each, mask in zip(table.classes, table.regions[0], strict=True)) == box().sets
