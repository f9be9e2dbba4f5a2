"""Finds rules that could be narrower or could go: exact answers of the same engine, off by default.

A rule is shadowed if no flow reaches it, and redundant if without it every flow that it decides fares the same by other
rules than the default ones. What hangs on anything unknown is passed over: a rule is named only where every possible
world agrees.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apim_audit.core.engine.compiling import bearing_on, compile_table
from apim_audit.core.engine.rulesets import Ruleset
from apim_audit.core.engine.search import Box, Clause, Dimension, Leaf, Table, Undecidable, search
from apim_audit.core.facts.findings import Check, Compliant, HygieneFinding, HygieneKind
from apim_audit.core.facts.requirements import PeerKind
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule
from apim_audit.core.judging.messages import flow_phrase
from apim_audit.core.judging.required import Site, on_one_side
from apim_audit.core.sets.addresses import EVERYTHING, PUBLIC

_PROTOCOLS = ("tcp", "udp", "icmp", "esp", "ah")
_MANY_PORTS = 1024


def untidy_rules(site: Site, rulesets: Iterable[Ruleset], checks: Sequence[Check]) -> tuple[HygieneFinding, ...]:
    """Returns the untidy rules of a site's NSG.

    Args:
        site: the subnet.
        rulesets: its rulesets, one a direction.
        checks: the checks of the location.
    """
    found = [finding for ruleset in rulesets for finding in _idle_rules(ruleset)]
    return (*found, *_wide_rules(site, rulesets, checks))


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a rule decides.

    Attributes:
        decides: whether it decides any flow.
        differs: whether some flow that it decides would fare otherwise without it.
    """

    decides: bool
    differs: bool


def _idle_rules(ruleset: Ruleset) -> Iterator[HygieneFinding]:
    for number, rule in enumerate(ruleset.rules):
        if rule.default or rule.admin:
            continue
        try:
            reach = _reach(number, ruleset)
        except Undecidable:
            continue
        if reach is not None and not reach.decides:
            yield _finding(
                HygieneKind.SHADOWED, rule, f"`{rule.name}` never decides anything: earlier rules match all of it"
            )
        elif reach is not None and not reach.differs:
            yield _finding(HygieneKind.REDUNDANT, rule, f"`{rule.name}` could go: without it every flow fares the same")


def _finding(kind: HygieneKind, rule: SecurityRule, message: str) -> HygieneFinding:
    return HygieneFinding(kind, rule.name, rule.priority, rule.direction.value, message)


def _reach(number: int, ruleset: Ruleset) -> _Reach | None:
    """Returns what a rule decides, over every protocol; None where something unknown bears on it."""
    protocol = ruleset.rules[number].protocol
    reaches = [_reach_of(number, ruleset, each) for each in (_PROTOCOLS if protocol == "*" else (protocol,))]
    if None in reaches:
        return None
    decided = [reach for reach in reaches if reach is not None]
    return _Reach(any(reach.decides for reach in decided), any(reach.differs for reach in decided))


def _reach_of(number: int, ruleset: Ruleset, protocol: str) -> _Reach | None:
    clauses = list(ruleset.clauses_of(protocol))
    own = [clause for clause in clauses if clause.rule == number]
    if not own:
        return _Reach(decides=False, differs=False)
    table = _table([clause.box for clause in own], clauses)
    parts = [leaf for leaf in search(table, exhaustive=True).leaves if leaf.rule == number]
    if not parts:
        # Whatever the unknown sets hold: no part of any world is left for the rule.
        return _Reach(decides=False, differs=False)
    if table.unknowns:
        return None
    rest = _table([_box(table, leaf) for leaf in parts], [clause for clause in clauses if clause.rule != number])
    others = {leaf.rule for leaf in search(rest).leaves}
    return _Reach(decides=True, differs=any(_differs(ruleset.rules[number], ruleset.rules[each]) for each in others))


def _table(required: Sequence[Box], clauses: Iterable[Clause]) -> Table:
    return compile_table(required, bearing_on(required, clauses))


def _differs(rule: SecurityRule, other: SecurityRule) -> bool:
    # What only a default rule would do instead is not the same: requirements ask for rules ahead of those.
    return other.default or (other.access is Access.DENY) is not (rule.access is Access.DENY)


def _box(table: Table, leaf: Leaf) -> Box:
    other, own, source, destination = (table.classes[d].members(leaf.region[d]) for d in Dimension)
    return Box((other, own, source, destination))


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
    """Tells whether a rule lets any source or port through where the requirement needs few."""
    flow = check.requirement.flow
    any_port = rule.destination_ports.size() >= _MANY_PORTS and ALL_PORTS.size() > _wanted_ports(check)
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
    return f"`{rule.name}` alone serves {served} and is far wider: {protocol} {ports} {ends} would do"
