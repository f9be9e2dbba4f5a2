"""Finds rules that could be narrower or could go: exact answers of the same engine, off by default.

A rule is shadowed if no flow reaches it, and redundant if without it every flow that it decides fares the same by other
rules than the default ones. What hangs on anything unknown is passed over: a rule is named only where every possible
world agrees.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum

from apim_audit.core.engine.reach import Reach
from apim_audit.core.engine.rulesets import Ruleset
from apim_audit.core.engine.search import Undecidable
from apim_audit.core.facts.findings import Check, HygieneFinding, HygieneKind
from apim_audit.core.facts.requirements import PeerKind
from apim_audit.core.facts.rules import Access, Direction, SecurityRule
from apim_audit.core.facts.verdicts import Compliant
from apim_audit.core.judging.messages import flow_phrase
from apim_audit.core.judging.required import Site, on_one_side
from apim_audit.core.sets.addresses import EVERYTHING, PUBLIC

_PROTOCOLS = ("tcp", "udp", "icmp", "esp", "ah")
# What VirtualNetwork and the requirements are differs among the subnets of an NSG.
_AS_SEEN = " (as seen from this subnet)"
_MANY_PORTS = 1024
"""So many more than a requirement needs are far too many."""


def untidy_rules(site: Site, rulesets: Iterable[Ruleset], checks: Sequence[Check]) -> tuple[HygieneFinding, ...]:
    """Returns the untidy rules of a site's NSG.

    Args:
        site: the subnet.
        rulesets: its rulesets, one a direction.
        checks: the checks of the location.
    """
    found = [finding for ruleset in rulesets for finding in _idle_rules(ruleset)]
    return (*found, *_wide_rules(site, rulesets, checks))


def _idle_rules(ruleset: Ruleset) -> Iterator[HygieneFinding]:
    reaches = _reaches(ruleset)
    for number, rule in enumerate(ruleset.rules):
        if rule.default or rule.admin:
            continue
        try:
            use = _use_of(number, ruleset, reaches)
        except Undecidable:
            continue
        if use is _Use.NONE:
            why = "never decides anything: earlier rules match all of it"
            yield _finding(HygieneKind.SHADOWED, rule, f"`{rule.name}` {why}{_AS_SEEN}")
        elif use is _Use.SAME:
            why = "could go: without it every flow fares the same"
            yield _finding(HygieneKind.REDUNDANT, rule, f"`{rule.name}` {why}{_AS_SEEN}")


def _finding(kind: HygieneKind, rule: SecurityRule, message: str) -> HygieneFinding:
    return HygieneFinding(kind, rule.name, rule.priority, rule.direction.value, message)


class _Use(IntEnum):
    """What a rule is good for, the most last."""

    NONE = 0  # it decides nothing
    SAME = 1  # what it decides would fare the same without it
    NEEDED = 2  # or it cannot be told, because something unknown bears on it


def _reaches(ruleset: Ruleset) -> dict[str, Reach]:
    """Returns the clauses of each protocol; protocols that no rule names fare alike, and one stands for them."""
    named = {rule.protocol for rule in ruleset.rules}
    unnamed = next((protocol for protocol in _PROTOCOLS if protocol not in named), None)
    protocols = [protocol for protocol in _PROTOCOLS if protocol in named or protocol == unnamed]
    return {protocol: Reach.of(ruleset.clauses_of(protocol)) for protocol in protocols}


def _use_of(number: int, ruleset: Ruleset, reaches: Mapping[str, Reach]) -> _Use:
    """Returns what a rule is good for, over every protocol."""
    protocol = ruleset.rules[number].protocol
    concerned = reaches.values() if protocol == "*" else [reaches[protocol]]
    found = _Use.NONE
    for reach in concerned:
        found = max(found, _use_in(reach, number, ruleset))
        if found is _Use.NEEDED:
            break
    return found


def _use_in(reach: Reach, number: int, ruleset: Ruleset) -> _Use:
    rule, own = ruleset.rules[number], reach.of_rule(number)

    def fares_otherwise(other: int) -> bool:
        return _differs(rule, ruleset.rules[other])

    found = _Use.NONE
    for place in own:
        for part in reach.reaching(place):
            if reach.hangs_on_unknowns(place):
                return _Use.NEEDED
            found = _Use.SAME
            if reach.meets_otherwise(part, range(place + 1, len(reach.clauses)), fares_otherwise):
                return _Use.NEEDED
    return found


def _differs(rule: SecurityRule, other: SecurityRule) -> bool:
    # What only a default rule would do instead is not the same: requirements ask for rules ahead of those.
    return other.default or (other.access is Access.DENY) is not (rule.access is Access.DENY)


def _wide_rules(site: Site, rulesets: Iterable[Ruleset], checks: Sequence[Check]) -> Iterator[HygieneFinding]:
    by_name = {(rule.direction.value, rule.name): rule for ruleset in rulesets for rule in ruleset.rules}
    for check in checks:
        deciders = check.evidence.decided_by
        if not isinstance(check.outcome, Compliant) or len(deciders) != 1 or check.direction is None:
            continue
        rule = by_name.get((check.direction, deciders[0].name))
        if rule is not None and not rule.admin and _is_wide(rule, check, site):
            yield HygieneFinding(
                HygieneKind.TOO_WIDE, rule.name, rule.priority, rule.direction.value, _narrower(rule, check), check.id
            )


def _is_wide(rule: SecurityRule, check: Check, site: Site) -> bool:
    """Tells whether a rule lets any source, or many more ports, through where the requirement needs few."""
    flow = check.requirement.flow
    any_port = rule.destination_ports.size() - _wanted_ports(check) >= _MANY_PORTS
    other = site.resolver.other_side(rule).surely()
    needs_everything = flow is not None and flow.peer.kind is PeerKind.INTERNET
    return any_port or (PUBLIC.issubset(other) and not needs_everything) or other == EVERYTHING


def _wanted_ports(check: Check) -> int:
    spans = (text.partition("-") for text in check.ports or ())
    return sum(int(last or first) - int(first) + 1 for first, _, last in spans)


def _narrower(rule: SecurityRule, check: Check) -> str:
    ports, peer = " and ".join(check.ports or ()), " and ".join(on_one_side(check.peer or ()))
    ends = f"from {peer} to VirtualNetwork" if rule.direction is Direction.INBOUND else f"from VirtualNetwork to {peer}"
    served = flow_phrase(rule.direction, check.protocol or "", check.ports or (), check.peer or ())
    protocol = (check.protocol or "").upper()
    return f"`{rule.name}` alone serves {served} and is far wider: {protocol} {ports} {ends} would do for this subnet"
