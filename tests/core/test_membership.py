"""What an address can be a member of, against a count of every way to be in sets or not."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import pytest

from apim_audit.core.engine.membership import AskedSets, Membership, asked_sets, meets
from apim_audit.core.sets.addresses import EVERYTHING, PUBLIC
from apim_audit.core.sets.unknowns import UnknownSet

REGIONS = "regions of whole"
WHOLE = UnknownSet("whole", "?", "whole", PUBLIC, inhabited=True, proper_part_of=PUBLIC)
EAST, WEST = (UnknownSet(name, "?", name, PUBLIC, part_of="whole", apart_from=REGIONS) for name in ("east", "west"))
PART = UnknownSet("part", "?", "part", EVERYTHING, part_of="whole")
OTHER = UnknownSet("other", "?", "other", EVERYTHING, proper_part_of=EVERYTHING)
ALONE = UnknownSet("alone", "?", "alone", EVERYTHING, part_of="not asked for", apart_from="a family of one")
SETS = (WHOLE, EAST, WEST, PART, OTHER, ALONE)
FAMILIES = [of for size in range(len(SETS) + 1) for of in combinations(SETS, size)]


def ways(sets: Sequence[UnknownSet]) -> Iterator[frozenset[str]]:
    """Yields the names of the sets that one address can be in, by the meaning of the sets alone."""
    for held in product((False, True), repeat=len(sets)):
        names = {each.name for each, inside in zip(sets, held, strict=True) if inside}
        regions = [each for each in sets if each.name in names and each.apart_from == REGIONS]
        outside = {each.name for each in sets if each.name not in names}
        if len(regions) <= 1 and not any(each.part_of in outside for each in sets if each.name in names):
            yield frozenset(names)


def held_by(sets: AskedSets, said: Membership) -> frozenset[str]:
    return frozenset(name for name, inside in sets.by_name(said).items() if inside)


def all_of(sets: AskedSets) -> int:
    return (1 << len(sets.sets)) - 1


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: " ".join(each.name for each in family))
def test_all_that_an_address_can_be_in_is_told_apart(family: tuple[UnknownSet, ...]) -> None:
    sets = asked_sets(family)
    found = sets.all_told_apart(all_of(sets))
    assert len(found) == len(set(found))
    assert all(said.held ^ said.missed == all_of(sets) for said in found)
    assert {held_by(sets, said) for said in found} == set(ways(family))


def test_of_what_cannot_hold_an_address_nothing_is_said() -> None:
    sets = asked_sets(SETS)
    some = sets.bits["whole"] | sets.bits["other"]
    assert {said.held | said.missed for said in sets.all_told_apart(some)} == {some}
    assert len(sets.all_told_apart(some)) == 4


ASKED = [({"whole"}, set()), ({"east"}, {"west"}), (set(), {"east", "other"}), ({"part", "other"}, {"whole"})]


@pytest.mark.parametrize("asked", [each for size in range(1, 5) for each in combinations(ASKED, size)])
def test_no_more_is_told_apart_than_is_asked_and_nothing_less(asked: Sequence[tuple[set[str], set[str]]]) -> None:
    sets = asked_sets(SETS)
    questions = [
        Membership(sum(sets.bits[name] for name in held), sum(sets.bits[name] for name in missed))
        for held, missed in asked
    ]
    answers = {tuple(held <= names and not missed & names for held, missed in asked): names for names in ways(SETS)}
    found = sets.told_apart(questions, all_of(sets))
    assert {tuple(meets(said, question) for question in questions) for said in found} == set(answers)
    for said in found:
        # However the rest is answered, what was asked comes out the same.
        alike = [
            names
            for names in ways(SETS)
            if held_by(sets, said) <= names and not any(sets.bits[name] & said.missed for name in names)
        ]
        assert alike
        for names in alike:
            assert [held <= names and not missed & names for held, missed in asked] == [
                meets(said, question) for question in questions
            ]


def test_a_chain_of_rules_is_told_apart_by_one_answer_more_than_rules() -> None:
    chain = asked_sets(tuple(UnknownSet(f"tag {number}", "?", "", PUBLIC) for number in range(12)))
    asked = [Membership(1 << number, (1 << number) - 1) for number in range(12)]
    assert len(chain.told_apart(asked, all_of(chain))) == 13


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: " ".join(each.name for each in family))
def test_more_can_be_said_of_an_address_where_it_does_not_clash(family: tuple[UnknownSet, ...]) -> None:
    sets = asked_sets(family)
    everywhere = all_of(sets)
    for asked in (0, *sets.bits.values()):
        for said in sets.told_apart([Membership(asked, 0)], everywhere):
            possible = [
                names
                for names in ways(family)
                if held_by(sets, said) <= names and not any(sets.bits[name] & said.missed for name in names)
            ]
            for name, bit in sets.bits.items():
                assert bool(sets.can_hold(said, everywhere) & bit) is any(name in names for names in possible)
                assert bool(sets.can_lack(said, everywhere) & bit) is any(name not in names for names in possible)


def test_what_is_said_is_told_by_name_and_nothing_else() -> None:
    sets = asked_sets(SETS)
    assert sets.by_name(Membership(sets.bits["east"], sets.bits["other"])) == {"east": True, "other": False}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: " ".join(each.name for each in family))
def test_what_is_said_is_possible_where_there_is_a_way_to_be_so(family: tuple[UnknownSet, ...]) -> None:
    sets = asked_sets(family)
    for answers in product((None, False, True), repeat=len(family)):
        said = {each.name: answer for each, answer in zip(family, answers, strict=True) if answer is not None}
        membership = Membership(
            sum(sets.bits[name] for name, held in said.items() if held),
            sum(sets.bits[name] for name, held in said.items() if not held),
        )
        alike = (names for names in ways(family) if all((name in names) is held for name, held in said.items()))
        assert sets.is_possible(membership) is (next(alike, None) is not None)


def test_nobody_is_in_a_set_and_not_in_it() -> None:
    sets = asked_sets(SETS)
    twice = Membership(sets.bits["other"], sets.bits["other"])
    assert not sets.is_possible(twice)
    assert not sets.is_possible_beyond(twice, EVERYTHING)


@pytest.mark.parametrize("family", [SETS, SETS[::-1]])
def test_beyond_a_whole_an_address_can_be_in_a_part_and_never_in_two_regions(family: tuple[UnknownSet, ...]) -> None:
    sets = asked_sets(family)
    whole, east, west, part, other = (sets.bits[name] for name in ("whole", "east", "west", "part", "other"))
    private = EVERYTHING - PUBLIC
    assert sets.is_possible_beyond(Membership(part, whole), private)
    assert sets.is_possible_beyond(Membership(part | other, whole), EVERYTHING)
    assert not sets.is_possible_beyond(Membership(part, whole), PUBLIC)
    assert not sets.is_possible_beyond(Membership(part, whole | part), private)
    assert not sets.is_possible_beyond(Membership(east, whole), private)
    assert not sets.is_possible_beyond(Membership(east | part, whole), EVERYTHING)
    assert not sets.is_possible_beyond(Membership(east | west, 0), EVERYTHING)
    assert sets.is_possible_beyond(Membership(west | part, 0), PUBLIC)


def test_what_cannot_hold_addresses_has_none_of_them() -> None:
    sets = asked_sets(SETS)
    said = Membership(sets.bits["other"], 0)
    assert sets.can_hold(said, sets.bits["other"]) == sets.bits["other"]
    assert sets.can_lack(said, sets.bits["other"] | sets.bits["east"]) == sets.bits["east"]


def test_conditions_on_whole_sets_are_met_by_addresses_that_can_be_in_them_or_out() -> None:
    sets = asked_sets((WHOLE, OTHER))
    whole, other = 1, 2
    assert sets.conditions() == whole | (whole | other) << 2
    nothing, inside = Membership(0, 0), Membership(whole, other)
    assert sets.met_by((nothing, inside), whole, whole) == (whole | whole << 2, whole)
    assert sets.met_by((nothing, inside), whole | other, 0) == (whole | other, whole)
    assert sets.met_by((nothing, inside), 0, whole | other) == ((whole | other) << 2, other << 2)


def test_sets_are_kept_by_the_addresses_that_bound_them() -> None:
    sets = asked_sets(SETS)
    bits = sets.bits
    assert sets.at_most == {
        PUBLIC: bits["whole"] | bits["east"] | bits["west"],
        EVERYTHING: bits["part"] | bits["other"] | bits["alone"],
    }
    assert sets.proper_parts == {PUBLIC: bits["whole"], EVERYTHING: bits["other"]}
    assert asked_sets(SETS) is sets
