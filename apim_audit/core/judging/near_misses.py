"""Finds, for a gap, the rules that would have served but for one field.

A candidate covers the required flows in every field but one; the engine then decides whether the rule, with that field
as it should be, would close the gap. Spelling is never compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from itertools import compress, islice
from typing import Any, NamedTuple

from apim_audit.core.engine.decision import decide
from apim_audit.core.engine.resolve import is_pinning
from apim_audit.core.engine.rulesets import Ruleset
from apim_audit.core.engine.search import Box, Dimension, Undecidable
from apim_audit.core.facts.rules import ALL_PORTS, Direction, SecurityRule, Side
from apim_audit.core.facts.verdicts import NearMiss, Verdict
from apim_audit.core.judging.candidates import Candidates
from apim_audit.core.judging.required import Site, on_one_side
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import fold

_MOST_TRIED = 3


class Field(StrEnum):
    """The field of a rule that stands in the way."""

    PORT = "destinationPort"
    PROTOCOL = "protocol"
    DIRECTION = "direction"
    OTHER_END = "otherEnd"
    OWN_END = "ownEnd"
    SOURCE_PORT = "sourcePort"
    SWAPPED = "swapped"
    PRIORITY = "priority"


_OPPOSITE = {Direction.INBOUND: Direction.OUTBOUND, Direction.OUTBOUND: Direction.INBOUND}
_PLAIN_FIELDS = (Field.DIRECTION, Field.PROTOCOL, Field.PORT, Field.SOURCE_PORT)


class Wanted(NamedTuple):
    """Required flows that do not get through as they should.

    Attributes:
        ports: destination ports as text; peer names the other end.
        clients: the other end are the callers of the gateway.
        denied_by: numbers of Deny rules that decide some of these flows, whatever is unknown.
        decided_by: numbers of all rules that decide some of them, or would without those that pin.
    """

    boxes: tuple[Box, ...]
    direction: Direction
    protocol: str
    ports: tuple[str, ...]
    peer: tuple[str, ...]
    may_pin: bool
    clients: bool
    denied_by: tuple[int, ...]
    decided_by: frozenset[int]


class _Near(NamedTuple):
    """An Allow rule that is near to fitting.

    Attributes:
        rule: the rule, turned to the direction of the flows.
        written: the rule as it is.
        fault: its one fault in direction, protocol and ports, if any.
        names: whether it names the other end where it should; swapped whether it does so at its own end.
    """

    rule: SecurityRule
    written: SecurityRule
    fault: Field | None
    names: bool
    swapped: bool


def near_misses(wanted: Wanted, rules: Candidates, ruleset: Ruleset, site: Site) -> tuple[NearMiss, ...]:
    """Returns the rules that would close a gap if one field were different.

    Args:
        wanted: the flows.
        rules: the custom rules of the NSG, both directions.
        ruleset: the ruleset that left the gap.
        site: the subnet.
    """
    candidates = (
        (near.written, field)
        for near in _nearly_fitting(rules, wanted)
        if (field := _field_in_the_way(near, wanted, site)) is not None
    )
    return tuple(
        NearMiss(rule.name, rule.priority, field.value, message)
        for rule, field in islice(candidates, _MOST_TRIED)
        if (message := _advice(rule, field, ruleset, wanted, site))
    )


def _advice(rule: SecurityRule, field: Field, ruleset: Ruleset, wanted: Wanted, site: Site) -> str:
    """Returns the change to a rule that would close the gap, as the engine finds, or an empty text."""
    lacking = _lacking_region(rule, wanted) if field is Field.OTHER_END else ()
    if lacking:
        # A rule takes one tag a side, and this one is right for its region: what is missing is one for the other.
        twin = _with_other_end(rule, lacking, wanted)
        if _serves(twin, twin, ruleset, wanted, site):
            return f"`{rule.name}` would serve with a second rule like it for {lacking[0]}"
    if _serves(rule, _mended(rule, field, wanted), ruleset, wanted, site):
        return _message(rule, field, wanted)
    return ""


def _lacking_region(rule: SecurityRule, wanted: Wanted) -> tuple[str, ...]:
    """Returns the one regional tag that a rule lacks, where it names exactly the others that are wanted."""
    named = set(map(fold, rule.other_side().expressions))
    lacking = tuple(name for name in wanted.peer if fold(name) not in named)
    regional = on_one_side(wanted.peer) != wanted.peer
    return lacking if regional and len(lacking) == 1 and named < set(map(fold, wanted.peer)) else ()


def _with_other_end(rule: SecurityRule, names: tuple[str, ...], wanted: Wanted) -> SecurityRule:
    side = Side(names)
    return rule._replace(source=side) if wanted.direction is Direction.INBOUND else rule._replace(destination=side)


def told_kindly(miss: NearMiss, check_ports: Sequence[str]) -> NearMiss:
    """Returns a near miss of a rule that serves another requirement as it is: to change its port would break that."""
    if miss.field != Field.PORT:
        return miss
    wanted = " and ".join(check_ports)
    return replace(miss, message=f"`{miss.name}` would serve if it also had port {wanted}")


def _nearly_fitting(candidates: Candidates, wanted: Wanted) -> Iterator[_Near]:
    """Yields the Allow rules with at most one fault in direction, protocol and ports.

    A rule with such a fault must name the other end: few do, so that they are looked up.
    """
    rules, direction = candidates.rules, wanted.direction
    protocols = ("*", wanted.protocol.lower())
    _, _, sources, ports = wanted.boxes[0].sets
    fitting = {
        at
        for at in candidates.directed[direction]
        if (rule := rules[at]).protocol in protocols
        and ports.issubset(rule.destination_ports)
        and sources.issubset(rule.source_ports)
    }
    naming = candidates.naming(wanted.peer, direction)
    if not fitting and not naming:
        return
    swapped = candidates.naming(wanted.peer, _OPPOSITE[direction])
    for at in sorted(fitting | naming):
        rule = rules[at]
        faults = () if at in fitting else _plain_faults(rule, wanted)
        if len(faults) <= 1:
            turned = rule if rule.direction is direction else rule._replace(direction=direction)
            yield _Near(turned, rule, next(iter(faults), None), at in naming, at in swapped)


def _plain_faults(rule: SecurityRule, wanted: Wanted) -> tuple[Field, ...]:
    _, _, sources, ports = wanted.boxes[0].sets
    faults = (
        rule.direction is not wanted.direction,
        rule.protocol not in {"*", wanted.protocol.lower()},
        not ports.issubset(rule.destination_ports),
        not sources.issubset(rule.source_ports),
    )
    return tuple(compress(_PLAIN_FIELDS, faults))


def _field_in_the_way(near: _Near, wanted: Wanted, site: Site) -> Field | None:
    """Returns the one field in which a rule falls short of the required flows, or None."""
    own = site.resolver.own_side(near.rule).surely()
    own_fits = _covers(own, wanted.boxes, Dimension.OWN)
    if own_fits and (
        near.names or _covers(site.resolver.other_side(near.rule).surely(), wanted.boxes, Dimension.OTHER)
    ):
        return near.fault or Field.PRIORITY
    if near.fault:
        return None
    if own_fits and _is_close(near.rule, wanted, site):
        return Field.OTHER_END
    if not own_fits and near.names and _overlaps(own, wanted.boxes, Dimension.OWN):
        return Field.OWN_END
    return Field.SWAPPED if near.swapped and _fits_swapped(near.rule, wanted, site) else None


def _fits_swapped(rule: SecurityRule, wanted: Wanted, site: Site) -> bool:
    swapped = rule._replace(source=rule.destination, destination=rule.source)
    return _covers(site.resolver.own_side(swapped).surely(), wanted.boxes, Dimension.OWN)


def _covers(members: IntervalSet, boxes: Sequence[Box], dimension: Dimension) -> bool:
    return all(box.sets[dimension].issubset(members) for box in boxes)


def _overlaps(members: IntervalSet, boxes: Sequence[Box], dimension: Dimension) -> bool:
    return any(not box.sets[dimension].isdisjoint(members) for box in boxes)


def _is_close(rule: SecurityRule, wanted: Wanted, site: Site) -> bool:
    """Tells whether a rule was plausibly meant: it names the other end nearly, or a part of it."""
    if wanted.clients:
        return False  # clients are often narrowed on purpose: no advice to open up
    if _lacking_region(rule, wanted):
        return True
    other = site.resolver.other_side(rule)
    if _overlaps(other.surely(), wanted.boxes, Dimension.OTHER):
        return True
    words = () if other.is_certain() else filter(site.resolver.is_unknown_word, rule.other_side().expressions)
    return any(get_close_matches(fold(text), map(fold, wanted.peer)) for text in words)


def _mended(rule: SecurityRule, field: Field, wanted: Wanted) -> SecurityRule:
    return rule._replace(**_change(rule, field, wanted))


def _change(rule: SecurityRule, field: Field, wanted: Wanted) -> dict[str, Any]:
    ends = ("source", "destination") if wanted.direction is Direction.INBOUND else ("destination", "source")
    match field:
        case Field.SWAPPED:
            return {"source": rule.destination, "destination": rule.source}
        case Field.OTHER_END:
            return {ends[0]: Side(on_one_side(wanted.peer))}
        case Field.OWN_END:
            return {ends[1]: Side(("VirtualNetwork",))}
        case _:
            plain: dict[Field, dict[str, Any]] = {
                Field.PORT: {"destination_ports": wanted.boxes[0].sets[Dimension.DESTINATION_PORT]},
                Field.PROTOCOL: {"protocol": wanted.protocol.lower()},
                Field.DIRECTION: {"direction": wanted.direction},
                Field.SOURCE_PORT: {"source_ports": ALL_PORTS},
                Field.PRIORITY: {"priority": -1},
            }
            return plain[field]


def _serves(rule: SecurityRule, mended: SecurityRule, ruleset: Ruleset, wanted: Wanted, site: Site) -> bool:
    if any(ruleset.comes_before(denying, mended) for denying in wanted.denied_by):
        return False  # what that rule denies it goes on denying
    others = (number for number in wanted.decided_by if ruleset.rules[number] is not rule)
    if not any(ruleset.comes_before(number, mended) for number in others) and _takes_all(mended, wanted, site):
        return True
    concerned = ruleset.concerning(wanted.protocol, wanted.boxes[0].sets[Dimension.DESTINATION_PORT])
    changed = concerned.with_change(rule, mended)
    try:
        verdicts = decide(wanted.boxes, changed, wanted.protocol, may_pin=wanted.may_pin).verdicts()
    except Undecidable:
        verdicts = frozenset()
    return verdicts == {Verdict.COMPLIANT}


def _takes_all(mended: SecurityRule, wanted: Wanted, site: Site) -> bool:
    """Tells whether a rule surely matches all of the flows, and by more than addresses."""
    return (
        not (wanted.may_pin and is_pinning(mended.other_side()))
        and not _plain_faults(mended, wanted)
        and _covers(site.resolver.own_side(mended).surely(), wanted.boxes, Dimension.OWN)
        and _covers(site.resolver.other_side(mended).surely(), wanted.boxes, Dimension.OTHER)
    )


def _message(rule: SecurityRule, field: Field, wanted: Wanted) -> str:
    ports, peer = " and ".join(wanted.ports), " and ".join(on_one_side(wanted.peer))
    source_is_other = wanted.direction is Direction.INBOUND
    other, own = ("source", "destination") if source_is_other else ("destination", "source")
    condition = {
        Field.PORT: f"its port were {ports}" if len(wanted.ports) == 1 else f"its ports were {ports}",
        Field.PROTOCOL: f"its protocol were {wanted.protocol.upper()}",
        Field.DIRECTION: f"its direction were {wanted.direction}",
        Field.OTHER_END: f"its {other} were {peer}",
        Field.OWN_END: f"its {own} were VirtualNetwork",
        Field.SOURCE_PORT: "its source port were *",
        Field.SWAPPED: "its source and destination were swapped",
        Field.PRIORITY: "it came before the rules that deny",
    }[field]
    return f"`{rule.name}` would serve if {condition}"
