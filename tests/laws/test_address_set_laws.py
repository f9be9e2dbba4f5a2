"""Address sets with unknowns: in every world they are the plain sets that the world makes of them."""

from collections.abc import Iterable, Mapping
from itertools import product
from random import Random

import pytest

from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import NO, YES, AddressSet, Choice, Condition, Piece, Unknown, UnknownSet

UNIVERSE = range(8)
ALL = IntervalSet.span(UNIVERSE[0], UNIVERSE[-1])
CHOICES = (Choice("a", "?", ("no", "yes")), Choice("b", "?", ("one", "two", "three")))
TAGS = tuple(UnknownSet(name, "?", name, ALL) for name in ("x", "y"))
UNKNOWNS: tuple[Unknown, ...] = (*CHOICES, *TAGS)
World = Mapping[str, int]


def worlds() -> Iterable[World]:
    """Yields every answer to every question about one address: whether it is in a tag is such a question as well."""
    for answers in product(*(range(unknown.arity) for unknown in UNKNOWNS)):
        yield {unknown.name: answer for unknown, answer in zip(UNKNOWNS, answers, strict=True)}


def members(found: AddressSet, world: World) -> set[int]:
    return {
        value
        for piece in found.pieces
        if all(mask >> world[unknown.name] & 1 for unknown, mask in piece.conditions)
        for value in UNIVERSE
        if value in piece.addresses
    }


def random_condition(random: Random) -> Condition:
    unknown = random.choice(UNKNOWNS)
    return unknown, random.randrange(1, 1 << unknown.arity)


def random_set(random: Random) -> AddressSet:
    pieces = []
    for _ in range(random.randrange(4)):
        points = (IntervalSet.point(value) for value in UNIVERSE if random.random() < 0.5)
        addresses = IntervalSet.union_of([span for point in points for span in point.spans()])
        conditions = {unknown.name: (unknown, mask) for unknown, mask in map(random_condition, [random] * 2)}
        if addresses:
            pieces.append(Piece(addresses, tuple(conditions.values())[: random.randrange(3)]))
    return AddressSet.union([AddressSet((piece,)) for piece in pieces])


@pytest.mark.parametrize("seed", range(60))
def test_operations_are_those_of_plain_sets_in_every_world(seed: int) -> None:
    random = Random(seed)
    one, two, condition = random_set(random), random_set(random), random_condition(random)
    without, joined, under = one.minus(two), AddressSet.union((one, two)), one.under(condition)
    for world in worlds():
        holds = bool(condition[1] >> world[condition[0].name] & 1)
        assert members(without, world) == members(one, world) - members(two, world)
        assert members(joined, world) == members(one, world) | members(two, world)
        assert members(under, world) == (members(one, world) if holds else set())
        assert {value for value in UNIVERSE if value in one.surely()} <= members(one, world)
        assert members(one, world) <= {value for value in UNIVERSE if value in one.at_most()}


def test_what_is_known_of_a_tag_is_there_without_a_condition_and_the_rest_where_it_is_a_member() -> None:
    tag = UnknownSet("x", "?", "x", ALL)
    found = AddressSet.unknown(tag, IntervalSet.span(0, 3))
    assert found.pieces == (Piece(IntervalSet.span(0, 3)), Piece(IntervalSet.span(4, 7), ((tag, YES),)))
    assert found.surely() == IntervalSet.span(0, 3)
    assert found.minus(AddressSet.plain(ALL)).pieces == ()
    assert AddressSet.plain(ALL).minus(found).pieces == (Piece(IntervalSet.span(4, 7), ((tag, NO),)),)


def test_a_condition_that_holds_already_is_not_put_down_twice() -> None:
    condition = (CHOICES[0], YES)
    assert Piece(ALL).under(condition).under(condition).conditions == (condition,)
