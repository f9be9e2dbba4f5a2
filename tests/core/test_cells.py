"""What addresses can be members of between them."""

import pytest

from apim_audit.core.engine.cells import Cell, presences
from apim_audit.core.engine.membership import Membership
from apim_audit.core.engine.search import Undecidable
from apim_audit.core.sets.intervals import IntervalSet
from tests.core.test_search import POINT


def memberships(count: int) -> tuple[Membership, ...]:
    return tuple(Membership(number, 0) for number in range(count))


@pytest.mark.parametrize(("addresses", "ways"), [(1, 3), (2, 3 + 3), (3, 3 + 3 + 1), (9, 3 + 3 + 1)])
def test_so_many_addresses_can_be_no_more_things_between_them(addresses: int, ways: int) -> None:
    assert len(presences(Cell(IntervalSet.span(1, addresses), 0, 0, memberships(3), ()))) == ways


def test_too_many_ways_are_not_gone_through() -> None:
    assert len(presences(Cell(POINT, 0, 0, memberships(14), ()))) == 14
    with pytest.raises(Undecidable):
        presences(Cell(POINT, 0, 0, memberships(15), ()))
