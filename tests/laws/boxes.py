"""A second evaluator of another construction: what is left to decide is a list of product boxes, cut rule by rule.

Each rule, in order of priority, takes what it matches out of every box that is left; the rest of a box is at most one
smaller box a dimension. There are no classes, no masks and no search. Everything has to be known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apim_audit.core.engine.resolve import Resolver
from apim_audit.core.facts.rules import DEFAULT_RULES, Access, SecurityRule, Side
from apim_audit.core.sets.addresses import PUBLIC, parse_addresses
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.core.sets.unknowns import AddressSet

MOST_BOXES = 20_000
"""Boxes that may be left at a time; there are inputs on which their number explodes."""

Sets = tuple[IntervalSet, ...]
"""A box: one set for the other end, the own end, the source ports and the destination ports."""


class TooManyBoxes(Exception):  # noqa: N818  (an answer: this construction does not suit the input)
    """The number of boxes exploded."""


@dataclass(frozen=True)
class Ruling:
    """What becomes of required flows.

    Attributes:
        verdict: as the definition of the verdicts has it.
        deciders: the rules that decide any part, by priority.
        shadowed: the Allow rules that match a part which an earlier Deny decides, by priority.
    """

    verdict: str
    deciders: tuple[SecurityRule, ...]
    shadowed: tuple[SecurityRule, ...]


def ruling(
    required: Iterable[Sets],
    rules: Sequence[SecurityRule],
    resolver: Resolver,
    *,
    may_pin: bool,
    most: int = MOST_BOXES,
) -> Ruling:
    """Rules on required flows.

    Args:
        required: the flows, as boxes that may overlap.
        rules: the custom rules of their direction and protocol, with distinct priorities.
        resolver: says which addresses a side stands for.
        may_pin: whether the other end is a tag with published prefixes.
        most: boxes that may be left at a time.

    Raises:
        TooManyBoxes: the number of boxes exploded.
    """
    required = list(required)
    taken = list(_taken(required, rules, resolver, most))
    deciders = tuple(rule for rule, parts, _ in taken if parts)
    kinds = frozenset(map(_kind, deciders))
    verdict = _verdict(kinds)
    if verdict == "compliant" and may_pin:
        unpinned = _taken(required, [rule for rule in rules if not _pins(rule)], resolver, most)
        if any(_kind(rule) != "Ac" for rule, parts, _ in unpinned if parts):
            verdict = "pinned"
    return Ruling(verdict, deciders, tuple(rule for rule, _, shadowed in taken if shadowed))


def _taken(
    required: Iterable[Sets], rules: Iterable[SecurityRule], resolver: Resolver, most: int
) -> Iterator[tuple[SecurityRule, bool, bool]]:
    """Yields each rule with whether it decides anything, and whether a Deny before it decides what it would allow."""
    left, denied = list(required), list[Sets]()
    for rule in sorted(rules, key=lambda rule: (rule.default, rule.priority)):
        match = _match(rule, resolver)
        allow = rule.access is Access.ALLOW
        parts = [part for box in left if (part := _common(box, match)) is not None]
        yield rule, bool(parts), allow and any(_common(box, match) is not None for box in denied)
        left = [rest for box in left for rest in outside(box, match)]
        denied += () if allow else parts
        if len(left) > most:
            raise TooManyBoxes
    if left:
        message = "the default rules left something undecided"
        raise AssertionError(message)


def _match(rule: SecurityRule, resolver: Resolver) -> Sets:
    other, own = _known(resolver.other_side(rule)), _known(resolver.own_side(rule))
    return other, own, rule.source_ports, rule.destination_ports


def _known(addresses: AddressSet) -> IntervalSet:
    assert addresses.is_certain(), "boxes are for what is known"
    return addresses.surely()


def _common(box: Sets, match: Sets) -> Sets | None:
    common = []
    for mine, theirs in zip(box, match, strict=True):
        met = mine & theirs
        if not met:
            return None
        common.append(met)
    return tuple(common)


def outside(box: Sets, match: Sets) -> Iterator[Sets]:
    """Yields disjoint boxes that make up what of a box a match leaves."""
    common = _common(box, match)
    if common is None:
        yield box
        return
    for at, (mine, met) in enumerate(zip(box, common, strict=True)):
        rest = mine - met
        if rest:
            yield (*common[:at], rest, *box[at + 1 :])


def _kind(rule: SecurityRule) -> str:
    return ("A" if rule.access is Access.ALLOW else "D") + ("d" if rule.default else "c")


def _verdict(kinds: frozenset[str]) -> str:
    denied, allowed = kinds & {"Dc", "Dd"}, kinds & {"Ac", "Ad"}
    if not denied:
        return "default-only" if "Ad" in kinds else "compliant"
    if allowed:
        return "partial"
    return "blocked" if "Dc" in kinds else "missing"


def _pins(rule: SecurityRule) -> bool:
    return rule.access is Access.ALLOW and not rule.default and _names_addresses_only(rule.other_side())


def _names_addresses_only(side: Side) -> bool:
    found = EMPTY
    for text in side.expressions:
        addresses = parse_addresses(text.strip())
        if addresses is None:
            return False
        found = found | addresses
    return bool(side.expressions) and not found >= PUBLIC


def rules_for(rules: Iterable[SecurityRule], direction: str, protocol: str) -> list[SecurityRule]:
    """Returns the rules of a direction, the default ones among them, that cover a protocol."""
    return [
        rule
        for rule in (*rules, *DEFAULT_RULES)
        if rule.direction == direction and rule.protocol in {"*", protocol.lower()}
    ]
