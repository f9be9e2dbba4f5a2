"""The leaves of a decision with what each asks of addresses and of the world."""

from collections.abc import Sequence
from typing import NamedTuple

from apim_audit.core.engine.membership import AskedSets, Membership, asked_sets
from apim_audit.core.engine.search import Dimension, Leaf, Place, Table
from apim_audit.core.sets.unknowns import NO, YES, UnknownSet

_EITHER = {NO | YES}


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
    fate: int
    other: int
    own: int
    of_other: Membership
    of_own: Membership
    of_world: tuple[tuple[str, int], ...]


def claims_of(table: Table, leaves: Sequence[Fated]) -> tuple[AskedSets, list[Claim]]:
    """Returns the claims of leaves, and the unknown sets that they ask for."""
    sets = asked_sets(sets_asked(table, [fated.leaf for fated in leaves]))
    asked: dict[tuple[int, ...], tuple[Membership, Membership, tuple[tuple[str, int], ...]]] = {}
    claims: list[Claim] = []
    for fated in leaves:
        other, own, _, _, *asking = fated.leaf.region
        key = tuple(asking)
        if key not in asked:
            of_other, of_own = (_asked(table, fated.leaf, place, sets) for place in (Place.OTHER, Place.OWN))
            asked[key] = of_other, of_own, table.asks(fated.leaf.region, Place.WORLD)
        claims.append(Claim(fated, fated.fate, other, own, *asked[key]))
    return sets, claims


def _asked(table: Table, leaf: Leaf, place: Place, sets: AskedSets) -> Membership:
    held = missed = 0
    for name, mask in table.asks(leaf.region, place):
        held |= 0 if mask & NO else sets.bits[name]
        missed |= 0 if mask & YES else sets.bits[name]
    return Membership(held, missed)


def sets_asked(table: Table, leaves: Sequence[Leaf]) -> tuple[UnknownSet, ...]:
    """Returns the unknown sets that some leaf asks for, and those that they imply."""
    found: dict[str, UnknownSet] = {}
    columns = zip(*(leaf.region[len(Dimension) :] for leaf in leaves), strict=True)
    for ask, masks in zip(table.unknowns, columns, strict=False):
        if isinstance(ask.unknown, UnknownSet) and {*masks} != _EITHER:
            found[ask.unknown.name] = ask.unknown
    waiting = list(found.values())
    while waiting:
        new = [each for each in waiting.pop().implies if each.name not in found]
        found.update((each.name, each) for each in new)
        waiting += new
    return tuple(found.values())
