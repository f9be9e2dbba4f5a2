"""Decides required flows against a ruleset: what becomes of them in every possible world, and by which rules."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache
from itertools import chain, product
from typing import NamedTuple

from apim_audit.core.engine.claims import Fated
from apim_audit.core.engine.classes import Classes
from apim_audit.core.engine.compiling import (
    WHOLE,
    bearing_on,
    compile_table,
    first_to_bear,
    uncut_table,
)
from apim_audit.core.engine.membership import NOTHING_SAID, asked_sets
from apim_audit.core.engine.rulesets import Ruleset
from apim_audit.core.engine.search import (
    Asked,
    Box,
    Clause,
    Dimension,
    Leaf,
    Place,
    Search,
    Table,
    search,
)
from apim_audit.core.engine.worlds import Sight, Worlds, shadowed_rules, worlds_of
from apim_audit.core.facts.rules import Access, SecurityRule
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.core.sets.unknowns import Choice, Unknown

_WITHOUT_PINS = 4
_EPHEMERAL = 1024
_DENY = Access.DENY
_DIMENSIONS = len(Dimension)
_MOST_CHOICES = 4

Answered = tuple[tuple[Choice, int], ...]
"""Choices with one answer each."""


class Fate(IntEnum):
    """What becomes of required flows: who decides, and how; one bit each, so that a world's fates join to a mask."""

    ALLOWED = 1
    ALLOWED_BY_DEFAULT = 2
    DENIED = 4
    DENIED_BY_DEFAULT = 8


_FATES = {int(fate): fate for fate in Fate}
_RULE_FATES = {
    (denies, by_default): fate
    for fate, denies, by_default in (
        (Fate.ALLOWED, False, False),
        (Fate.ALLOWED_BY_DEFAULT, False, True),
        (Fate.DENIED, True, False),
        (Fate.DENIED_BY_DEFAULT, True, True),
    )
}
LOST = Fate.DENIED | Fate.DENIED_BY_DEFAULT
_ALL_FATES = 15
_NO_SETS = asked_sets(())


class Spot(NamedTuple):
    """One concrete flow in a part, and what has to hold for it to be there.

    Attributes:
        of_other: what the other end is a member of, by the unknown's name; of_own and of_world likewise.
    """

    other: int
    own: int
    source_port: int
    destination_port: int
    of_other: Mapping[str, int]
    of_own: Mapping[str, int]
    of_world: Mapping[str, int]


class Part(NamedTuple):
    """A part of the required flows that one rule decides.

    Attributes:
        fate: what the rule does with it.
        pinned: whether pinning rules were left out: the fate is what follows without them.
        rule: the rule's number in its ruleset.
        sight: where the part was seen in some world, or None where nothing is unknown.
        platform: the answer about the platform under which it was decided, or None where that is certain.
    """

    fate: Fate
    pinned: bool
    rule: int
    leaf: Leaf
    table: Table
    sight: Sight | None = None
    platform: tuple[Choice, int] | None = None

    def unknowns(self) -> list[tuple[Unknown, int]]:
        """Returns what the part hangs on, with the masks of the answers."""
        found: list[tuple[Unknown, int]] = []
        if self.platform is not None:
            choice, answer = self.platform
            found.append((choice, 1 << answer))
        return found + [(ask.unknown, mask) for ask, mask in self.asked()]

    def asked(self) -> list[tuple[Asked, int]]:
        """Returns what the part hangs on besides the platform, each with where it is asked and the mask of answers."""
        return [(ask, mask) for mask, ask in self._asks() if mask.bit_count() != ask.unknown.arity]

    def spot(self) -> Spot:
        """Returns a flow of the part: the lowest, but from a port that a client would use."""
        sight = self.sight
        others, owns, source_ports, ports = self.table.classes
        other, own, source_port, port, *_ = self.leaf.region
        if sight is None:
            sight = Sight(others.lowest(other), NOTHING_SAID, owns.lowest(own), NOTHING_SAID, _NO_SETS)
        return Spot(
            other=sight.other,
            own=sight.own,
            source_port=_source_port(source_ports, source_port),
            destination_port=ports.lowest(port),
            of_other=sight.said_of_other(),
            of_own=sight.said_of_own(),
            of_world=self._of_world(),
        )

    def _of_world(self) -> Mapping[str, int]:
        if not self.table.unknowns:
            return {}
        return {ask.unknown.name: _lowest_bit(mask) for mask, ask in self._asks() if ask.place is Place.WORLD}

    def _asks(self) -> Iterable[tuple[int, Asked]]:
        return zip(self.leaf.region[_DIMENSIONS:], self.table.unknowns, strict=True)


class Decision(NamedTuple):
    """What was decided.

    Attributes:
        worlds: the joined fates of each possible world; two fates a world, the second without pinning rules.
        parts: the parts of the required flows by deciding rule; at least one for each that decides in any world.
        shadowed: numbers of the Allow rules that match a required flow which an earlier Deny decides.
        conditional: for each way to answer the choices that matter, the possible worlds then.
    """

    worlds: frozenset[int]
    parts: tuple[Part, ...]
    shadowed: tuple[int, ...]
    conditional: "tuple[tuple[Answered, frozenset[int]], ...]" = ()

    def verdicts(self) -> frozenset[Verdict]:
        """Returns the verdict of every possible world."""
        return frozenset(map(verdict_of, self.worlds))

    def deciders(self) -> list[int]:
        """Returns the numbers of the rules that decide in any world, in order."""
        return sorted({part.rule for part in self.parts if not part.pinned})


def fate_of(rule: SecurityRule) -> Fate:
    """Returns what a rule does to the flows that it decides."""
    return _RULE_FATES[rule.access is _DENY, rule.default]


@cache
def verdict_of(world: int) -> Verdict:
    """Returns the verdict of one world (semantics of the verdicts, in their order)."""
    fates, without_pins = world & _ALL_FATES, world >> _WITHOUT_PINS
    if fates == Fate.ALLOWED:
        return Verdict.COMPLIANT if without_pins in {0, Fate.ALLOWED} else Verdict.PINNED
    if not fates & LOST:
        return Verdict.DEFAULT_ONLY
    if fates & ~LOST:
        return Verdict.PARTIAL
    return Verdict.BLOCKED if fates & Fate.DENIED else Verdict.MISSING


def decide(required: Sequence[Box], ruleset: Ruleset, protocol: str, *, may_pin: bool) -> Decision:
    """Decides required flows.

    Args:
        required: the flows, as boxes of the same destination ports.
        ruleset: the rules of their direction.
        protocol: their protocol as ARM writes it.
        may_pin: whether the other end is a tag with published prefixes, which rules should name.

    Raises:
        Undecidable: a budget ran out.
    """
    ports = required[0].sets[Dimension.DESTINATION_PORT]
    clauses = ruleset.clauses_of(protocol, ports)
    first, takes_all = first_to_bear(required, clauses)
    if takes_all and _settles(first.rule, required, ruleset, may_pin=may_pin):
        # As it is where an NSG was written for API Management, or says nothing of it.
        return _taken_by(first.rule, ruleset, required[0])
    table = compile_table(required, bearing_on(required, chain((first,), clauses)))
    leaves = _fated(search(table), ruleset, 0)
    if may_pin and _pins_matter(leaves, table, ruleset):
        if table.last is not None and ruleset.pins(table.last):
            # Behind that rule nothing was looked at, and without it something may decide.
            bearing = bearing_on(required, ruleset.clauses_of(protocol, ports), removable=ruleset.pins)
            table = compile_table(required, bearing)
            leaves = _fated(search(table), ruleset, 0)
        leaves += _fated(search(table, without=ruleset.pins), ruleset, _WITHOUT_PINS)
    return _summed(leaves, table)


def _pins_matter(leaves: Sequence[Fated], table: Table, ruleset: Ruleset) -> bool:
    """Tells whether some of the rules that decide pin, and perhaps everything is allowed by rules of one's own.

    Where in every world something is not, what would follow without rules that pin is not looked at.
    """
    surely_worse = any(fated.fate != Fate.ALLOWED and not _asks(fated.leaf, table) for fated in leaves)
    return not surely_worse and any(ruleset.pins(fated.leaf.rule) for fated in leaves)


def decide_by(required: Sequence[Box], clauses: Iterable[Clause], fates: Sequence[Fate]) -> Decision:
    """Decides required flows by clauses alone.

    Args:
        required: the flows.
        clauses: what the rules match, in order; the last matches everything.
        fates: what becomes of what a rule decides, by its number.

    Raises:
        Undecidable: a budget ran out.
    """
    table = compile_table(required, bearing_on(required, clauses))
    return _summed([Fated(leaf, fates[leaf.rule]) for leaf in search(table).leaves], table)


def _summed(leaves: Sequence[Fated], table: Table) -> Decision:
    if table.unknowns and any(_asks(fated.leaf, table) for fated in leaves):
        return _decide_worlds(worlds_of(table, leaves))
    world = 0
    for fated in leaves:
        world |= fated.fate
    shadowed = {table.clauses[each].rule for fated in leaves if fated.fate <= _ALL_FATES for each in fated.leaf.shadows}
    return Decision(frozenset({world}), tuple(_part(fated, table) for fated in leaves), tuple(sorted(shadowed)))


def _settles(number: int, required: Sequence[Box], ruleset: Ruleset, *, may_pin: bool) -> bool:
    """Tells whether nothing is left to find out where a rule takes all of the required flows.

    Behind a custom Deny there may be Allows that it shadows, without a pinning rule others may decide, and the place of
    a gap has to be sought where something unknown bears on the flows.
    """
    fate = fate_of(ruleset.rules[number])
    evident = fate is Fate.ALLOWED or (fate is not Fate.DENIED and not any(box.conditions for box in required))
    return evident and not (may_pin and ruleset.pins(number))


def _taken_by(number: int, ruleset: Ruleset, taken: Box) -> Decision:
    """Returns the decision that one rule takes everything, whatever is unknown; a box of it shows where."""
    fate = fate_of(ruleset.rules[number])
    part = Part(fate, pinned=False, rule=number, leaf=Leaf(WHOLE, number), table=uncut_table(taken.sets))
    return Decision(frozenset({int(fate)}), (part,), ())


def _fated(found: Search, ruleset: Ruleset, shift: int) -> list[Fated]:
    return [Fated(leaf, fate_of(ruleset.rules[leaf.rule]) << shift) for leaf in found.leaves]


def _asks(leaf: Leaf, table: Table) -> bool:
    return any(
        mask.bit_count() != ask.unknown.arity
        for mask, ask in zip(leaf.region[_DIMENSIONS:], table.unknowns, strict=True)
    )


def _decide_worlds(worlds: Worlds) -> Decision:
    feasible = worlds.feasible()
    unpinned = [fated for fated, _ in feasible if fated.fate <= _ALL_FATES]
    parts = tuple(_part(fated, worlds.table, sight) for fated, sight in feasible)
    shadowed = tuple(sorted(shadowed_rules(worlds.table, unpinned)))
    fates = {fated.fate for fated, _ in feasible}
    if len(fates) == 1:
        return Decision(frozenset(fates), parts, shadowed)
    possible = worlds.fates({})
    verdicts = set(map(verdict_of, possible))
    # Where some world is compliant nothing is said of the others but what would decide.
    conditional = _conditional(worlds, possible) if len(verdicts) > 1 and Verdict.COMPLIANT not in verdicts else ()
    return Decision(possible, parts, shadowed, conditional)


def _conditional(worlds: Worlds, possible: frozenset[int]) -> tuple[tuple[Answered, frozenset[int]], ...]:
    choices = worlds.choices()
    if not choices:
        return (((), possible),)
    if len(choices) > _MOST_CHOICES:
        return ()
    ways = (
        tuple(zip(choices, answers, strict=True)) for answers in product(*(range(choice.arity) for choice in choices))
    )
    return tuple((way, worlds.fates({choice.name: answer for choice, answer in way})) for way in ways)


def _part(fated: Fated, table: Table, sight: Sight | None = None) -> Part:
    pinned = fated.fate > _ALL_FATES
    fate = _FATES[fated.fate >> _WITHOUT_PINS if pinned else fated.fate]
    return Part(fate, pinned, fated.leaf.rule, fated.leaf, table, sight)


def _lowest_bit(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _source_port(classes: Classes, mask: int) -> int:
    """Returns a port that a client would use, where the part has one."""
    ports = classes.members(mask)
    return next((max(first, _EPHEMERAL) for first, last in ports.spans() if last >= _EPHEMERAL), ports.first())
