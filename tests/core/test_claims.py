"""What leaves ask of addresses and of the world, and which unknown sets there are to ask about."""

from dataclasses import replace

from apim_audit.core.engine.claims import Fated, claims_of, sets_asked
from apim_audit.core.engine.membership import NOTHING_SAID, Membership
from apim_audit.core.engine.search import Asked, Leaf, Place
from apim_audit.core.sets.unknowns import NO, YES, Choice, UnknownSet
from tests.core.test_search import POINT, table_of

WHOLE = UnknownSet("whole", "?", "whole", POINT)
EAST, WEST = (
    UnknownSet(name, "?", name, POINT, part_of="whole", apart_from="regions of whole") for name in ("east", "west")
)
OTHER = UnknownSet("other", "?", "other", POINT)
CHOICE = Choice("choice", "?", ("one", "two", "three"))


def test_the_sets_to_ask_about_are_those_of_the_leaves_and_what_these_imply_in_turn() -> None:
    implied = replace(WHOLE, implies=(OTHER,))
    table = replace(table_of([], []), unknowns=(Asked(Place.OTHER, replace(EAST, implies=(implied, WEST))),))
    assert {each.name for each in sets_asked(table, [(YES,), (NO | YES,)])} == {"east", "west", "whole", "other"}
    assert sets_asked(table, [(NO | YES,)]) == ()
    assert sets_asked(table, []) == ()


def test_a_leaf_asks_at_each_end_and_nothing_that_any_answer_meets() -> None:
    unknowns = [Asked(place, each) for each in (WHOLE, OTHER) for place in (Place.OTHER, Place.OWN)]
    table = replace(table_of([], []), unknowns=(*unknowns, Asked(Place.WORLD, CHOICE)))
    asking = Fated(Leaf((0b10, 0b01, 1, 1, YES, NO, NO, NO | YES, 0b101), 7), 4)
    asking_nothing = Fated(Leaf((0b01, 0b11, 1, 1, NO | YES, NO | YES, NO | YES, NO | YES, 0b111), 8), 1)
    sets, claims = claims_of(table, [asking, asking_nothing])
    whole, other = sets.bits["whole"], sets.bits["other"]
    first, second = claims
    assert (first.fated, first.other, first.own) == (asking, 0b10, 0b01)
    assert (first.of_other, first.of_own) == (Membership(whole, other), Membership(0, whole))
    assert first.of_world == (("choice", 0b101),)
    assert (second.of_other, second.of_own, second.of_world) == (NOTHING_SAID, NOTHING_SAID, ())


def test_what_no_answer_meets_is_asked_of_nobody() -> None:
    table = replace(table_of([], []), unknowns=(Asked(Place.OTHER, WHOLE),))
    sets, (claim,) = claims_of(table, [Fated(Leaf((1, 1, 1, 1, 0), 0), 1)])
    assert not sets.is_possible(claim.of_other)
