"""What the possible worlds of a few leaves are, and that going through them has an end."""

from dataclasses import replace

import pytest

from apim_audit.core.engine.claims import Fated
from apim_audit.core.engine.classes import uncut
from apim_audit.core.engine.membership import asked_sets
from apim_audit.core.engine.search import Asked, Leaf, Place, Undecidable
from apim_audit.core.engine.worlds import Worlds, worlds_of
from apim_audit.core.sets.unknowns import NO, YES, UnknownSet
from tests.core.test_search import POINT, table_of

EAST, WEST = (UnknownSet(name, "?", name, POINT, apart_from="regions of whole") for name in ("east", "west"))
SPOT = uncut(POINT)


@pytest.mark.parametrize("place", [Place.OTHER, Place.OWN])
def test_what_is_in_two_regions_at_once_decides_in_no_world(place: Place) -> None:
    table = replace(
        table_of([], []), classes=(SPOT, SPOT, SPOT, SPOT), unknowns=(Asked(place, EAST), Asked(place, WEST))
    )
    leaves = [
        Fated(Leaf((1, 1, 1, 1, *answers), rule), fate)
        for rule, (answers, fate) in enumerate([((YES, YES), 8), ((YES, NO), 4), ((NO, YES), 2), ((NO, NO), 1)])
    ]
    worlds = worlds_of(table, leaves)
    assert [fated.leaf.rule for fated, _ in worlds.feasible()] == [1, 2, 3]
    assert [claim.fate for claim in worlds.claims] == [4, 2, 1]
    assert worlds.fates({}) == {4, 2, 1}


def test_steps_are_counted() -> None:
    worlds = Worlds(table_of([], []), (), asked_sets(()), (), budget=2)
    worlds.spend()
    worlds.spend()
    with pytest.raises(Undecidable):
        worlds.spend()
