"""The leaves of a decision with what each asks of addresses and of the world."""

from collections.abc import Sequence
from typing import NamedTuple

from apim_audit.core.engine.membership import NOTHING_SAID, AskedSets, Membership, asked_sets
from apim_audit.core.engine.search import Dimension, Leaf, Place, Table
from apim_audit.core.sets.unknowns import NO, YES, UnknownSet

_EITHER = {NO | YES}

Asks = tuple[int, ...]
"""For each unknown of a table the mask of the answers under which a leaf decides."""
Choices = tuple[tuple[str, int], ...]
"""Names of choices with masks of answers."""


class Fated(NamedTuple):
    """A leaf with what its decision does to the flow, as bits that are joined over a world."""

    leaf: Leaf
    fate: int


class Claim(NamedTuple):
    """A leaf with what has to hold where it decides.

    Attributes:
        other: the classes of the other end that it is about, as a mask; own likewise.
        of_other: what an address of the other end has to be a member of; of_own likewise.
        of_world: the choices that it hangs on, by name, with the masks of the answers.
    """

    fated: Fated
    other: int
    own: int
    of_other: Membership
    of_own: Membership
    of_world: Choices


def claims_of(table: Table, leaves: Sequence[Fated]) -> tuple[AskedSets, list[Claim]]:
    """Returns the claims of leaves, and the unknown sets that they ask for."""
    asks = [fated.leaf.region[len(Dimension) :] for fated in leaves]
    distinct = tuple(dict.fromkeys(asks))
    sets = asked_sets(sets_asked(table, distinct))
    asked = {each: _asked(table, each, sets) for each in distinct}
    claims = [
        Claim(fated, fated.leaf.region[Dimension.OTHER], fated.leaf.region[Dimension.OWN], *asked[each])
        for fated, each in zip(leaves, asks, strict=True)
    ]
    return sets, claims


def sets_asked(table: Table, asks: Sequence[Asks]) -> tuple[UnknownSet, ...]:
    """Returns the unknown sets that some leaf asks for, and those that they imply.

    Args:
        table: what the leaves are of.
        asks: what the leaves hang on.
    """
    found: dict[str, UnknownSet] = {}
    for ask, masks in zip(table.unknowns, zip(*asks, strict=True), strict=False):
        if isinstance(ask.unknown, UnknownSet) and {*masks} != _EITHER:
            found[ask.unknown.name] = ask.unknown
    waiting = list(found.values())
    while waiting:
        new = [each for each in waiting.pop().implies if each.name not in found]
        found.update((each.name, each) for each in new)
        waiting += new
    return tuple(found.values())


def _asked(table: Table, asks: Asks, sets: AskedSets) -> tuple[Membership, Membership, Choices]:
    """Returns what a leaf asks of the address at the other end, of that at the own end, and of the world."""
    of_ends = {Place.OTHER: NOTHING_SAID, Place.OWN: NOTHING_SAID}
    of_world: list[tuple[str, int]] = []
    for ask, mask in zip(table.unknowns, asks, strict=True):
        if mask == (1 << ask.unknown.arity) - 1:
            continue
        if ask.place is Place.WORLD:
            of_world.append((ask.unknown.name, mask))
        else:
            bit, (held, missed) = sets.bits[ask.unknown.name], of_ends[ask.place]
            of_ends[ask.place] = Membership(held if mask & NO else held | bit, missed if mask & YES else missed | bit)
    return of_ends[Place.OTHER], of_ends[Place.OWN], tuple(of_world)
