"""Compiles required flows and the clauses of rules to a table of masks for the engine."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import is_
from typing import NamedTuple

from apim_audit.core.engine.classes import classify, clip, meet, same, uncut
from apim_audit.core.engine.search import Asked, Box, Clause, Region, Sets, Table, Undecidable
from apim_audit.core.facts.rules import ALL_PORTS
from apim_audit.core.sets.addresses import EVERYTHING
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import YES, UnknownSet


class Bearing(NamedTuple):
    """The clauses that can bear on required flows.

    Attributes:
        hulls: for each dimension what the required flows cover.
        met: the clauses in order, each with what of the hulls it matches.
        last: the rule that covers the hulls whatever is unknown, behind which none decides; None where none does.
    """

    hulls: Sets
    met: Sequence[tuple[Clause, Sets]]
    last: int | None


def bearing_on(
    required: Sequence[Box], clauses: Iterable[Clause], *, removable: Callable[[int], bool] | None = None
) -> Bearing:
    """Returns the clauses that can bear on the required flows.

    Args:
        required: the flows.
        clauses: what the rules match, in order.
        removable: tells of a rule's number whether a search may leave it out; what comes after such rules is kept.
    """
    hulls = _hulls(required)
    sought = [dict(box.conditions) for box in required if box.conditions]
    always = sought if len(sought) == len(required) else []

    def closes(clause: Clause) -> bool:
        """Tells whether a clause that covers the hulls does so for good, whatever is unknown."""
        return (
            not clause.passes
            and not (removable is not None and removable(clause.rule))
            and _is_implied(clause.box.conditions, always)
        )

    met, last = _bearing(hulls, clauses, closes)
    return Bearing(hulls, met, last)


_ALL_FLOWS = Box((EVERYTHING, EVERYTHING, ALL_PORTS, ALL_PORTS))

WHOLE: Region = (1, 1, 1, 1)
"""The one region of an uncut table."""


@lru_cache(maxsize=1024)
def uncut_table(sets: Sets) -> Table:
    """Returns the table of flows that one rule takes whole: of one class in each dimension."""
    others, owns, sources, ports = map(uncut, sets)
    return Table((others, owns, sources, ports), (), (WHOLE,), ((), (), (), ()), ())


def compile_table(required: Sequence[Box], bearing: Bearing) -> Table:
    """Returns the table of the required flows and the clauses that bear on them."""
    hulls, met, last = bearing
    parts = [*_clipped(required, hulls), *(clipped for _, clipped in met)]
    classified = list(map(classify, hulls, zip(*parts, strict=True)))
    columns = [masks for _, masks in classified]
    boxes = [*required, *(clause.box for clause, _ in met)]
    unknowns = tuple(dict.fromkeys(ask for box in boxes if box.conditions for ask, _ in box.conditions))
    if unknowns:
        columns += map(list, zip(*(_conditions(box, unknowns) for box in boxes), strict=True))
    few = len(required)
    others, owns, sources, ports = (each for each, _ in classified)
    return Table(
        classes=(others, owns, sources, ports),
        unknowns=unknowns,
        regions=tuple(zip(*(column[:few] for column in columns), strict=True)),
        columns=tuple(tuple(column[few:]) for column in columns),
        clauses=tuple(clause for clause, _ in met),
        last=last,
    )


def table_of_all(clauses: Iterable[Clause]) -> Table:
    """Returns the table of all flows and of all clauses, whether or not anything is left for them."""
    hulls = _hulls([_ALL_FLOWS])
    met = [(clause, met) for clause in clauses if (met := _meeting(hulls, clause.box.sets)) is not None]
    return compile_table([_ALL_FLOWS], Bearing(hulls, met, None))


def first_to_bear(required: Sequence[Box], clauses: Iterator[Clause]) -> tuple[Clause, bool]:
    """Returns the first clause that bears on the required flows, and whether it takes all of them in every world.

    It is taken from the clauses, with those before it.

    Raises:
        Undecidable: there is none.
    """
    hulls = _hulls(required)
    for clause in clauses:
        clipped = _meeting(hulls, clause.box.sets)
        if clipped is not None:
            conditions = clause.box.conditions
            implied = not conditions or _is_implied(conditions, _all_met(required))
            return clause, implied and not clause.passes and all(map(is_, clipped, hulls))
    raise Undecidable


def _hulls(required: Sequence[Box]) -> Sets:
    """Returns for each dimension what the required flows cover, the same object for equal sets."""
    sets = list(map(same, required[0].sets))
    for box in required[1:]:
        sets = [same(hull | each) for hull, each in zip(sets, box.sets, strict=True)]
    return sets[0], sets[1], sets[2], sets[3]


def _clipped(required: Sequence[Box], hulls: Sets) -> Iterable[Sets]:
    return [hulls] if len(required) == 1 else [_sets(map(meet, hulls, box.sets)) for box in required]


def _sets(sets: Iterable[IntervalSet]) -> Sets:
    other, own, source_ports, destination_ports = sets
    return other, own, source_ports, destination_ports


def _all_met(required: Sequence[Box]) -> list[Mapping[Asked, int]]:
    """Returns the conditions of boxes, and what they imply: an address of a regional tag is one of its whole tag."""
    found: list[Mapping[Asked, int]] = []
    for box in required:
        met = dict(box.conditions)
        for ask, mask in box.conditions:
            if isinstance(ask.unknown, UnknownSet) and mask == YES:
                wholes = (each for each in ask.unknown.implies if each.name == ask.unknown.part_of)
                met.update((Asked(ask.place, whole), YES) for whole in wholes)
        found.append(met)
    return found


def _is_implied(conditions: Sequence[tuple[Asked, int]], sought: Sequence[Mapping[Asked, int]]) -> bool:
    """Tells whether conditions hold for all flows of boxes, given by their own conditions.

    So it is where a rule names the very tag that is required, whatever its addresses are.
    """
    return not conditions or (
        bool(sought) and all(not each.get(ask, -1) & ~mask for each in sought for ask, mask in conditions)
    )


def _bearing(
    hulls: Sets, clauses: Iterable[Clause], closes: Callable[[Clause], bool]
) -> tuple[list[tuple[Clause, Sets]], int | None]:
    """Returns the clauses that meet the hulls, up to one that covers them; then Allows that a Deny may shadow.

    With each clause comes what of the hulls it matches; the second result is the rule that covers the hulls.
    """
    found: list[tuple[Clause, Sets]] = []
    denied = passed = False
    last: int | None = None
    for clause in clauses:
        allow = clause.allow
        if last is not None and not allow:
            continue
        clipped = _meeting(hulls, clause.box.sets)
        if clipped is None:
            continue
        found.append((clause, clipped))
        denied = denied or not allow
        passed = passed or clause.passes
        # What an admin Allow passes on goes by the later admin rules: they cannot close the way to the NSG.
        by_all = clause.stage or not passed
        if last is None and by_all and all(map(is_, clipped, hulls)) and closes(clause):
            last = clause.rule
            if not denied:
                break
    return found, last


def _meeting(hulls: Sets, sets: Sets) -> Sets | None:
    """Returns what a box has of the hulls, each the same object where it has all; None where it has nothing."""
    # Ports first: they are short sets and rule out most rules.
    ports = clip(hulls[3], sets[3])
    if not ports.bounds:
        return None
    own = clip(hulls[1], sets[1])
    if not own.bounds:
        return None
    other = clip(hulls[0], sets[0])
    if not other.bounds:
        return None
    sources = clip(hulls[2], sets[2])
    return (other, own, sources, ports) if sources.bounds else None


def _conditions(box: Box, unknowns: Sequence[Asked]) -> list[int]:
    """Returns for each unknown the mask of the answers under which a box is there."""
    masks: dict[Asked, int] = {}
    for ask, mask in box.conditions:
        masks[ask] = masks.get(ask, -1) & mask
    return [masks.get(ask, -1) & (1 << ask.unknown.arity) - 1 for ask in unknowns]
