"""What is not known, as values, and address sets that depend on it.

An address set is a union of pieces; a piece is a plain interval set, perhaps under conditions. Nothing is guessed: a
condition names the unknown it hangs on, so that the same unknown takes the same value wherever it occurs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from apim_audit.core.sets.intervals import EMPTY, IntervalSet

NO = 0b01
"""The mask of the answer "no" (or "not a member"): bit 0 alone."""
YES = 0b10
"""The mask of the answer "yes" (or "a member"): bit 1 alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question that has one answer in a whole world.

    Attributes:
        name: its identity: two choices of one name are the same unknown.
        question: what would decide it, as a phrase.
        answers: what each answer means, as a phrase; answer i is bit i of a mask.
    """

    name: str
    question: str
    answers: tuple[str, ...]

    @property
    def arity(self) -> int:
        """The number of possible answers."""
        return len(self.answers)

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, slots=True)
class UnknownSet:
    """A set of addresses of which only bounds are known; in a world each address is in it or not.

    Attributes:
        name: its identity.
        question: what would decide it, as a phrase.
        label: what people call it, such as ``Storage``.
        at_most: where its members can be, beyond those that are members for certain.
        part_of: the name of an unknown set that contains it, or empty.
        apart_from: the name of a family whose sets are disjoint (regions of one service tag), or empty.
        inhabited: whether it surely has a member.
        proper_part_of: the set of which it is a proper part, or None where that says nothing new.
        implies: sets that are known to exist beside it and leave it less room: its whole tag, other regions of it.
    """

    name: str
    question: str
    label: str
    at_most: IntervalSet
    part_of: str = ""
    apart_from: str = ""
    inhabited: bool = False
    proper_part_of: IntervalSet | None = None
    implies: "tuple[UnknownSet, ...]" = ()

    arity = 2

    def __hash__(self) -> int:
        return hash(self.name)


Unknown = Choice | UnknownSet
Condition = tuple[Unknown, int]
"""An unknown and the mask of the answers under which something holds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Addresses that belong to a set where all conditions hold."""

    addresses: IntervalSet
    conditions: tuple[Condition, ...] = ()

    def under(self, condition: Condition) -> "Piece":
        """Returns the piece with one more condition."""
        return self if condition in self.conditions else Piece(self.addresses, (*self.conditions, condition))


@dataclass(frozen=True, slots=True)
class AddressSet:
    """A union of pieces. The pieces without condition come first, merged to one."""

    pieces: tuple[Piece, ...]

    @classmethod
    def plain(cls, addresses: IntervalSet) -> "AddressSet":
        """Returns a set that nothing unknown bears on."""
        return cls((Piece(addresses),)) if addresses else cls(())

    @classmethod
    def unknown(cls, unknown: UnknownSet, surely: IntervalSet = EMPTY) -> "AddressSet":
        """Returns the set that an unknown stands for, with its certain members."""
        return cls.union([cls.plain(surely), cls((Piece(unknown.at_most, ((unknown, YES),)),))])

    @classmethod
    def union(cls, sets: Iterable["AddressSet"]) -> "AddressSet":
        """Returns the union; conditional pieces keep only what is not there for certain."""
        surely, perhaps = EMPTY, []
        for each in sets:
            for piece in each.pieces:
                if piece.conditions:
                    perhaps.append(piece)
                else:
                    surely = surely | piece.addresses
        plain = cls.plain(surely)
        if not perhaps:
            return plain
        rest = dict.fromkeys(Piece(piece.addresses - surely, piece.conditions) for piece in perhaps)
        return cls((*plain.pieces, *(piece for piece in rest if piece.addresses)))

    def surely(self) -> IntervalSet:
        """Returns the members that do not hang on anything unknown."""
        return self.pieces[0].addresses if self.pieces and not self.pieces[0].conditions else EMPTY

    def is_certain(self) -> bool:
        """Tells whether nothing unknown bears on the set."""
        return not any(piece.conditions for piece in self.pieces)

    def at_most(self) -> IntervalSet:
        """Returns every address that is a member in some world."""
        found = EMPTY
        for piece in self.pieces:
            found = found | piece.addresses
        return found

    def under(self, condition: Condition) -> "AddressSet":
        """Returns what of the set is there where one more condition holds."""
        return AddressSet(tuple(piece.under(condition) for piece in self.pieces))

    def minus(self, other: "AddressSet") -> "AddressSet":
        """Returns the members that are not in the other set."""
        pieces = list(self.pieces)
        for cut in other.pieces:
            pieces = [rest for piece in pieces for rest in _cut(piece, cut)]
        return AddressSet.union([AddressSet((piece,)) for piece in pieces])


def _cut(piece: Piece, cut: Piece) -> list[Piece]:
    common = piece.addresses & cut.addresses
    if not common:
        return [piece]
    left = piece.addresses - common
    rest = [Piece(left, piece.conditions)] if left else []
    # Where the cut hangs on conditions c1, c2, ... the address stays where c1 fails, or c1 holds and c2 fails, ...
    kept = Piece(common, piece.conditions)
    for unknown, mask in cut.conditions:
        fails = (1 << unknown.arity) - 1 & ~mask
        if fails:
            rest.append(kept.under((unknown, fails)))
        kept = kept.under((unknown, mask))
    return rest
