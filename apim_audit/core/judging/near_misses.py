"""Finds, for a gap, the rules that would have served but for one field.

A candidate covers the required flows in every field but one; the engine then decides whether the rule, with that field
as it should be, would close the gap. Spelling is never compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from itertools import compress, islice
from typing import Any, NamedTuple

from apim_audit.core.engine.decision import decide
from apim_audit.core.engine.resolve import folded_words
from apim_audit.core.engine.rulesets import Ruleset
from apim_audit.core.engine.search import Box, Dimension, Undecidable
from apim_audit.core.facts.findings import NearMiss, Verdict
from apim_audit.core.facts.rules import ALL_PORTS, Direction, SecurityRule, Side
from apim_audit.core.judging.candidates import Candidates, is_named
from apim_audit.core.judging.required import Site
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


_PLAIN_FIELDS = (Field.DIRECTION, Field.PROTOCOL, Field.PORT, Field.SOURCE_PORT)


class Wanted(NamedTuple):
    """Required flows that do not get through as they should.

    Attributes:
        ports: destination ports as text; peer names the other end.
        clients: the other end are the callers of the gateway.
        denied_by: numbers of Deny rules that decide some of these flows, whatever is unknown.
    """

    boxes: tuple[Box, ...]
    direction: Direction
    protocol: str
    ports: tuple[str, ...]
    peer: tuple[str, ...]
    may_pin: bool
    clients: bool = False
    denied_by: tuple[int, ...] = ()


def near_misses(wanted: Wanted, rules: Candidates, ruleset: Ruleset, site: Site) -> tuple[NearMiss, ...]:
    """Returns the rules that would close a gap if one field were different.

    Args:
        wanted: the flows.
        rules: the custom rules of the NSG, both directions.
        ruleset: the ruleset that left the gap.
        site: the subnet.
    """
    candidates = (
        (rule, field)
        for rule, plain in _nearly_fitting(rules, wanted)
        for field in _field_in_the_way(rule, plain, wanted, site)
    )
    return tuple(
        NearMiss(rule.name, rule.priority, field.value, _message(rule, field, wanted))
        for rule, field in islice(candidates, _MOST_TRIED)
        if _serves(rule, _mended(rule, field, wanted), ruleset, wanted)
    )


def told_kindly(miss: NearMiss, check_ports: Sequence[str]) -> NearMiss:
    """Returns a near miss of a rule that serves another requirement as it is: to change its port would break that."""
    if miss.field != Field.PORT:
        return miss
    wanted = " and ".join(check_ports)
    return replace(miss, message=f"`{miss.name}` would serve if it also had port {wanted}")


def _nearly_fitting(candidates: Candidates, wanted: Wanted) -> Iterator[tuple[SecurityRule, tuple[Field, ...]]]:
    """Yields the Allow rules with at most one fault in direction, protocol and ports, and that fault.

    A rule with such a fault must name the other end: few do, so that they are looked up.
    """
    rules = candidates.rules
    protocols = ("*", wanted.protocol.lower())
    _, _, sources, ports = wanted.boxes[0].sets
    fitting = {
        at
        for at in candidates.directed[wanted.direction]
        if (rule := rules[at]).protocol in protocols
        and _is_within(ports, rule.destination_ports)
        and _is_within(sources, rule.source_ports)
    }
    for at in sorted(fitting | candidates.naming(wanted.peer, wanted.direction)):
        faults = () if at in fitting else _plain_faults(rules[at], wanted)
        if len(faults) <= 1:
            yield rules[at], faults


def _plain_faults(rule: SecurityRule, wanted: Wanted) -> tuple[Field, ...]:
    _, _, sources, ports = wanted.boxes[0].sets
    faults = (
        rule.direction is not wanted.direction,
        rule.protocol not in {"*", wanted.protocol.lower()},
        not _is_within(ports, rule.destination_ports),
        not _is_within(sources, rule.source_ports),
    )
    return tuple(compress(_PLAIN_FIELDS, faults))


@lru_cache(maxsize=32768)
def _is_within(members: IntervalSet, other: IntervalSet) -> bool:
    return members.issubset(other)


def _field_in_the_way(rule: SecurityRule, plain: tuple[Field, ...], wanted: Wanted, site: Site) -> Iterator[Field]:
    """Yields the one field in which a rule falls short of the required flows, or nothing."""
    turned = rule if rule.direction is wanted.direction else replace(rule, direction=wanted.direction)
    faults = (*plain, *_end_faults(turned, wanted, site))
    if not faults:
        yield Field.PRIORITY
    elif len(faults) == 1 and _is_close(turned, faults[0], wanted, site):
        yield faults[0]
    elif not plain and _is_swapped(turned, wanted, site):
        yield Field.SWAPPED


def _is_swapped(rule: SecurityRule, wanted: Wanted, site: Site) -> bool:
    if not _is_named(rule.own_side(), wanted):
        return False
    return not _end_faults(replace(rule, source=rule.destination, destination=rule.source), wanted, site)


def _end_faults(rule: SecurityRule, wanted: Wanted, site: Site) -> tuple[Field, ...]:
    other_fits = _is_named(rule.other_side(), wanted) or _covers(
        site.resolver.other_side(rule).surely(), wanted.boxes, Dimension.OTHER
    )
    own_fits = _covers(site.resolver.own_side(rule).surely(), wanted.boxes, Dimension.OWN)
    if own_fits:
        return () if other_fits else (Field.OTHER_END,)
    return (Field.OWN_END,) if other_fits else (Field.OTHER_END, Field.OWN_END)


def _covers(members: IntervalSet, boxes: Sequence[Box], dimension: Dimension) -> bool:
    return all(_is_within(box.sets[dimension], members) for box in boxes)


def _overlaps(members: IntervalSet, boxes: Sequence[Box], dimension: Dimension) -> bool:
    return any(not box.sets[dimension].isdisjoint(members) for box in boxes)


def _is_named(side: Side, wanted: Wanted) -> bool:
    return is_named(folded_words(side), wanted.peer)


def _is_close(rule: SecurityRule, field: Field, wanted: Wanted, site: Site) -> bool:
    """Tells whether a rule was plausibly meant: it names the other end, or nearly, or a part of it."""
    if field is Field.OWN_END:
        return _is_named(rule.other_side(), wanted) and _overlaps(
            site.resolver.own_side(rule).surely(), wanted.boxes, Dimension.OWN
        )
    if field is not Field.OTHER_END:
        return _is_named(rule.other_side(), wanted)
    if wanted.clients:
        return False  # clients are often narrowed on purpose: no advice to open up
    other = site.resolver.other_side(rule)
    if _overlaps(other.surely(), wanted.boxes, Dimension.OTHER):
        return True
    words = () if other.is_certain() else filter(site.resolver.is_unknown_word, rule.other_side().expressions)
    return any(get_close_matches(fold(text), map(fold, wanted.peer)) for text in words)


def _mended(rule: SecurityRule, field: Field, wanted: Wanted) -> SecurityRule:
    return replace(rule, **_change(rule, field, wanted))


def _change(rule: SecurityRule, field: Field, wanted: Wanted) -> dict[str, Any]:
    ends = ("source", "destination") if wanted.direction is Direction.INBOUND else ("destination", "source")
    match field:
        case Field.SWAPPED:
            return {"source": rule.destination, "destination": rule.source}
        case Field.OTHER_END:
            return {ends[0]: Side(wanted.peer)}
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


def _serves(rule: SecurityRule, mended: SecurityRule, ruleset: Ruleset, wanted: Wanted) -> bool:
    if any(ruleset.comes_before(denying, mended) for denying in wanted.denied_by):
        return False  # what that rule denies it goes on denying
    concerned = ruleset.concerning(wanted.protocol, wanted.boxes[0].sets[Dimension.DESTINATION_PORT])
    try:
        changed = concerned.with_change(rule, mended)
        decision = decide(wanted.boxes, changed, wanted.protocol, may_pin=wanted.may_pin)
    except Undecidable:
        return False
    return decision.verdicts() == {Verdict.COMPLIANT}


def _message(rule: SecurityRule, field: Field, wanted: Wanted) -> str:
    ports, peer = " and ".join(wanted.ports), " and ".join(wanted.peer)
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
