"""What addresses are members of, among the unknown sets that a decision asks for: bits, one for each set."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.core.sets.unknowns import UnknownSet


class Membership(NamedTuple):
    """What is said of an address, or asked of it; of further sets nothing is.

    Attributes:
        held: the sets that it is a member of.
        missed: the sets that it is no member of.
    """

    held: int
    missed: int


NOTHING_SAID = Membership(0, 0)


def meets(said: Membership, asked: Membership) -> bool:
    """Tells whether an address is what is asked for; where nothing is said of a set it is no member."""
    return not (asked.held & ~said.held or asked.missed & said.held)


@dataclass(frozen=True, slots=True, eq=False)
class AskedSets:
    """The unknown sets that a decision asks for, and how they stand to each other; compared by identity.

    Attributes:
        sets: the sets; the number of each is that of its bit.
        bits: the bit of each set, by name.
        wholes: for each set the bit of the one that contains it, 0 where that is not among them.
        parts: for each set the bits of those that it contains.
        apart: for each set the bits of those that have no member in common with it.
        at_most: the bits of the sets that have all of their members in some addresses, by these.
        proper_parts: the bits of the sets that surely lack some of the addresses, by these.
    """

    sets: tuple[UnknownSet, ...]
    bits: Mapping[str, int]
    wholes: Sequence[int]
    parts: Sequence[int]
    apart: Sequence[int]
    at_most: Mapping[IntervalSet, int]
    proper_parts: Mapping[IntervalSet, int]

    def conditions(self) -> int:
        """Returns the conditions on whole sets, as bits: this one has a member, that one is not all that it is part of.

        Members come first, then for each set whether it is a proper part.
        """
        inhabited = joined(self.bits[each.name] for each in self.sets if each.inhabited)
        return inhabited | joined(self.proper_parts.values()) << len(self.sets)

    def met_by(self, memberships: tuple[Membership, ...], possible: int, proper: int) -> tuple[int, ...]:
        """Returns for each membership the conditions on whole sets that addresses meet which have it.

        Args:
            memberships: what is said of the addresses. More is possible where it does not clash with that.
            possible: the sets that can hold them.
            proper: the sets that are a proper part of what they are in.
        """
        return _met_by(self, memberships, possible, proper)

    def can_hold(self, said: Membership, possible: int) -> int:
        """Returns those of the possible sets that hold an address or can hold it as well."""
        clash = said.missed
        for number in _numbers(said.held):
            clash |= self.apart[number]
        for number in _numbers(said.missed):
            clash |= self.parts[number]
        return possible & ~clash

    def can_lack(self, said: Membership, sets: int) -> int:
        """Returns those of some sets that lack an address or can lack it as well."""
        held = said.held
        for number in _numbers(said.held):
            held |= self.wholes[number]
        return sets & ~held

    def is_possible(self, said: Membership) -> bool:
        """Tells whether any address that the sets can hold can be all that is said."""
        return self.can_hold(said, said.held) == said.held

    def is_possible_beyond(self, said: Membership, addresses: IntervalSet) -> bool:
        """Tells whether one of some addresses can be all that is said, beyond the sets that it is said not to be in.

        What a tag surely holds is beyond the bounds of the rest, which is unknown, and yet can be in a part of the tag.
        """
        for number in _numbers(said.held):
            if said.held & self.apart[number] or said.missed & 1 << number:
                return False
            whole = self.wholes[number] & said.missed
            beyond = self.sets[whole.bit_length() - 1].at_most if whole else EMPTY
            addresses = (addresses & self.sets[number].at_most) - beyond
        return bool(addresses)

    def by_name(self, said: Membership) -> dict[str, bool]:
        """Returns for each set of which it is said, by its name, whether an address is a member."""
        decided = said.held | said.missed
        return {name: bool(said.held & bit) for name, bit in self.bits.items() if decided & bit}

    def all_told_apart(self, possible: int) -> tuple[Membership, ...]:
        """Returns every membership that an address can have where only some sets are possible."""
        return self.told_apart((Membership(1 << number, 0) for number in _numbers(possible)), possible)

    def told_apart(self, asked: Iterable[Membership], possible: int) -> tuple[Membership, ...]:
        """Returns what an address can be a member of, told apart no more than is asked.

        A chain of n rules then gives n + 1 memberships, not 2 to the n.
        """
        return _told_apart(self, tuple(dict.fromkeys(asked)), possible)


@lru_cache(maxsize=4096)
def _met_by(sets: AskedSets, memberships: tuple[Membership, ...], possible: int, proper: int) -> tuple[int, ...]:
    further = len(sets.sets)
    return tuple(sets.can_hold(said, possible) | sets.can_lack(said, proper) << further for said in memberships)


@lru_cache(maxsize=4096)
def _told_apart(sets: AskedSets, asked: tuple[Membership, ...], possible: int) -> tuple[Membership, ...]:
    return tuple(_answers(sets, asked, possible, NOTHING_SAID))


def _answers(sets: AskedSets, asked: Sequence[Membership], possible: int, said: Membership) -> Iterator[Membership]:
    held, missed = said
    undecided = joined(each.held | each.missed for each in asked) & possible & ~(held | missed)
    if not undecided:
        yield said
        return
    bit = undecided & -undecided
    number = bit.bit_length() - 1
    # After an answer nothing is asked any more that it rules out.
    if not sets.parts[number] & held:
        left = [each for each in asked if not each.held & bit]
        yield from _answers(sets, left, possible, Membership(held, missed | bit))
    if not (sets.apart[number] & held or sets.wholes[number] & missed):
        left = [each for each in asked if not each.missed & bit]
        yield from _answers(sets, left, possible, Membership(held | bit, missed))


@lru_cache(maxsize=1024)
def asked_sets(sets: tuple[UnknownSet, ...]) -> AskedSets:
    """Returns how sets stand to each other, the same object for the same sets."""
    bits = {each.name: 1 << number for number, each in enumerate(sets)}
    at_most: dict[IntervalSet, int] = {}
    proper_parts: dict[IntervalSet, int] = {}
    for each in sets:
        at_most[each.at_most] = at_most.get(each.at_most, 0) | bits[each.name]
        if each.proper_part_of is not None:
            proper_parts[each.proper_part_of] = proper_parts.get(each.proper_part_of, 0) | bits[each.name]
    return AskedSets(
        sets,
        bits,
        wholes=tuple(bits.get(each.part_of, 0) for each in sets),
        parts=tuple(joined(bits[other.name] for other in sets if other.part_of == each.name) for each in sets),
        apart=tuple(joined(bits[other.name] for other in sets if _are_apart(each, other)) for each in sets),
        at_most=at_most,
        proper_parts=proper_parts,
    )


def _are_apart(one: UnknownSet, other: UnknownSet) -> bool:
    return one is not other and bool(one.apart_from) and one.apart_from == other.apart_from


def _numbers(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def joined(masks: Iterable[int]) -> int:
    """Returns the bits of all masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found
