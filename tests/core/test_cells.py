"""What addresses can be members of, and which unknown sets there are to ask about."""

from dataclasses import replace

import pytest

from apim_audit.core.engine.cells import Cell, presences
from apim_audit.core.engine.claims import sets_asked
from apim_audit.core.engine.membership import Membership, asked_sets
from apim_audit.core.engine.search import Asked, Leaf, Place, Undecidable
from apim_audit.core.engine.worlds import Worlds
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import NO, YES, UnknownSet
from tests.core.test_search import POINT, table_of

WHOLE = UnknownSet("whole", "?", "whole", POINT)
EAST, WEST = (
    UnknownSet(name, "?", name, POINT, part_of="whole", apart_from="regions of whole") for name in ("east", "west")
)
OTHER = UnknownSet("other", "?", "other", POINT)


def memberships(count: int) -> tuple[Membership, ...]:
    return tuple(Membership(number, 0) for number in range(count))


@pytest.mark.parametrize(("addresses", "ways"), [(1, 3), (2, 3 + 3), (3, 3 + 3 + 1), (9, 3 + 3 + 1)])
def test_so_many_addresses_can_be_no_more_things_between_them(addresses: int, ways: int) -> None:
    assert len(presences(Cell(IntervalSet.span(1, addresses), 0, 0, memberships(3), ()))) == ways


def test_too_many_ways_are_not_gone_through() -> None:
    assert len(presences(Cell(POINT, 0, 0, memberships(14), ()))) == 14
    with pytest.raises(Undecidable):
        presences(Cell(POINT, 0, 0, memberships(15), ()))


def test_the_sets_to_ask_about_are_those_of_the_leaves_and_what_these_imply_in_turn() -> None:
    implied = replace(WHOLE, implies=(OTHER,))
    table = replace(table_of([], []), unknowns=(Asked(Place.OTHER, replace(EAST, implies=(implied, WEST))),))
    asks, asks_not = Leaf((1, 1, 1, 1, YES), 0), Leaf((1, 1, 1, 1, NO | YES), 1)
    assert {each.name for each in sets_asked(table, [asks, asks_not])} == {"east", "west", "whole", "other"}
    assert sets_asked(table, [asks_not]) == ()


def test_steps_are_counted() -> None:
    worlds = Worlds(table_of([], []), (), asked_sets(()), (), budget=2)
    worlds.spend()
    worlds.spend()
    with pytest.raises(Undecidable):
        worlds.spend()
