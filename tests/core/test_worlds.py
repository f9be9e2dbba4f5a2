"""What the possible worlds of a few leaves are, and that going through them has an end."""

from dataclasses import replace

import pytest

from apim_audit.core.engine.claims import Fated
from apim_audit.core.engine.classes import uncut
from apim_audit.core.engine.membership import asked_sets
from apim_audit.core.engine.search import Asked, Box, Clause, Leaf, Place, Undecidable
from apim_audit.core.engine.worlds import Worlds, shadowed_rules, worlds_of
from apim_audit.core.sets.intervals import IntervalSet
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
    assert [claim.fated.fate for claim in worlds.claims] == [4, 2, 1]
    assert worlds.fates({}) == {4, 2, 1}


def test_where_in_some_world_nothing_is_required_nothing_is_decided() -> None:
    # Such a world has no verdict: what is required is that something which is there gets through.
    leaves = [Fated(Leaf((1, 1, 1, 1, YES), 0), 1)]
    table = replace(table_of([], []), classes=(SPOT, SPOT, SPOT, SPOT))
    there = replace(EAST, inhabited=True)
    assert worlds_of(replace(table, unknowns=(Asked(Place.OTHER, there),)), leaves).fates({}) == {1}
    with pytest.raises(Undecidable):
        worlds_of(replace(table, unknowns=(Asked(Place.OTHER, EAST),)), leaves).fates({})


@pytest.mark.parametrize(("beyond", "shadowed"), [(8, {1}), (4, frozenset())])
def test_what_a_tag_surely_holds_can_be_in_a_part_of_it_and_not_in_its_unknown_rest(
    beyond: int, shadowed: frozenset[int]
) -> None:
    rest = UnknownSet("rest", "?", "rest", IntervalSet.span(0, 3), inhabited=True)
    part = UnknownSet("part", "?", "part", IntervalSet.span(0, beyond - 1), part_of="rest")
    around = uncut(IntervalSet.span(4, 7))
    clauses = tuple(Clause(rule, bool(rule), Box((POINT, POINT, POINT, POINT))) for rule in range(2))
    table = replace(
        table_of([], []),
        classes=(around, SPOT, SPOT, SPOT),
        unknowns=(Asked(Place.OTHER, rest), Asked(Place.OTHER, part)),
        columns=((1, 1), (1, 1), (1, 1), (1, 1), (NO, NO | YES), (NO | YES, YES)),
        clauses=clauses,
    )
    denied = Fated(Leaf((1, 1, 1, 1, NO, NO | YES), 0, (1,)), 4)
    assert shadowed_rules(table, [denied]) == shadowed


def test_steps_are_counted() -> None:
    worlds = Worlds(table_of([], []), (), asked_sets(()), (), budget=2)
    worlds.spend()
    worlds.spend()
    with pytest.raises(Undecidable):
        worlds.spend()
