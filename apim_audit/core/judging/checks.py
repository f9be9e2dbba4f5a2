"""Judges one requirement at one location: from the catalogue row to a check."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from apim_audit.core.engine.decision import LOST, Decision, Fate, decide
from apim_audit.core.engine.rulesets import Ruleset, ruleset_of
from apim_audit.core.engine.search import Box, Undecidable
from apim_audit.core.facts.estate import Instance, Location, NetworkSecurityGroup, Unreadable
from apim_audit.core.facts.findings import Check, HygieneFinding
from apim_audit.core.facts.models import Row
from apim_audit.core.facts.requirements import Flow, Level, NetworkModel, PeerKind, Requirement, VirtualNetworkType
from apim_audit.core.facts.rules import Access, Direction, SecurityRule, Side
from apim_audit.core.facts.verdicts import (
    Compliant,
    Gap,
    NearMiss,
    NotApplicable,
    Outcome,
    Undecided,
    Verdict,
    verdict_of,
)
from apim_audit.core.judging.candidates import Candidates, candidates_of
from apim_audit.core.judging.conditions import Premises, condition
from apim_audit.core.judging.hygiene import untidy_rules
from apim_audit.core.judging.messages import flow_phrase, message_of, too_entangled
from apim_audit.core.judging.near_misses import Wanted, near_misses
from apim_audit.core.judging.outcomes import Case, outcome_of
from apim_audit.core.judging.platforms import over_platforms
from apim_audit.core.judging.required import SOURCE_PORTS, NoFlows, RequiredFlows, Site, peer_names, required_flows
from apim_audit.core.judging.severity import severity_of
from apim_audit.core.judging.without_nsg import why_unread, with_stand_ins
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold

_EPHEMERAL_PORTS = IntervalSet.span(1024, 65535)
_GATEWAY_ROWS = ("client-", "traffic-manager")
_ADVISORY, _DNS_SERVERS, _PARTIAL, _TAG = Level.ADVISORY, PeerKind.DNS_SERVERS, Verdict.PARTIAL, PeerKind.TAG
_NOTHING_PASSES = (Verdict.MISSING, Verdict.BLOCKED)
_AZURE_DNS = ("AzurePlatformDNS",)
_PLATFORM_DNS = "azureplatformdns"
_PLATFORM_DNS_ADDRESS = Side(("168.63.129.16",))


class _Found(NamedTuple):
    """What was found out about a flow.

    Attributes:
        mild: the loss is one that seldom hurts.
    """

    outcome: Outcome
    mild: bool = False
    near_misses: tuple[NearMiss, ...] = ()


@dataclass(frozen=True)
class LocationJudge:
    """Judges the requirements of one location.

    Attributes:
        model: the network model that it is judged by.
        site: the location's subnet with its surroundings, or why it cannot be judged.
        tags: the service tags.
    """

    instance: Instance
    location: Location
    model: NetworkModel
    site: Site | Unreadable
    tags: ServiceTags

    def check(self, row: Row) -> Check:
        """Returns the check of one catalogue row."""
        flow = row.requirement.flow
        if flow is None:
            return self._condition(row)
        peer, ports = self._names(flow, row.models)
        found = self._found(row, flow)
        phrase = flow_phrase(flow.direction, flow.protocol, ports, peer)
        return Check(
            id=row.requirement.id,
            requirement=row.requirement,
            level=row.level,
            outcome=found.outcome,
            severity=severity_of(row.requirement, row.level, verdict_of(found.outcome), mild=found.mild),
            message=message_of(found.outcome, phrase),
            direction=flow.direction._value_,  # as value, in a tenth of the time
            protocol=flow.protocol,
            ports=ports,
            peer=peer,
            near_misses=found.near_misses,
            raised_by=row.raised_by,
        )

    def untidy(self, checks: Sequence[Check]) -> tuple[HygieneFinding, ...]:
        """Returns the rules of the location's NSG that could be narrower, or could go."""
        site = self.site
        if isinstance(site, Unreadable) or not isinstance(site.subnet.nsg, NetworkSecurityGroup):
            return ()
        readable = [direction for direction in Direction if direction not in site.subnet.nsg.unreadable]
        try:
            rulesets = [ruleset_of(_custom_rules(site), direction, site.resolver) for direction in readable]
        except Undecidable:
            return ()
        return untidy_rules(site, rulesets, checks)

    def _condition(self, row: Row) -> Check:
        requirement = row.requirement
        subnet = self.site if isinstance(self.site, Unreadable) else self.site.subnet
        found = condition(requirement.id, Premises(self.instance, self.location, self.model, subnet, self.tags))
        severity = severity_of(requirement, row.level, verdict_of(found.outcome), mild=found.mild)
        return Check(
            requirement.id, requirement, row.level, found.outcome, severity, found.message, raised_by=row.raised_by
        )

    def _names(self, flow: Flow, models: Sequence[NetworkModel]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if len(models) == 1:
            ports = flow.ports_for(models[0])
        else:
            ports = tuple(dict.fromkeys(port for model in reversed(models) for port in flow.ports_for(model)))
        if isinstance(self.site, Unreadable):
            return (flow.peer.name,), ports
        try:
            return peer_names(flow.peer, self.site), ports
        except NoFlows:
            return (flow.peer.name,), ports

    def _found(self, row: Row, flow: Flow) -> _Found:
        reason = self._not_applicable(row.requirement)
        if reason:
            return _Found(NotApplicable(reason))
        if isinstance(self.site, Unreadable):
            return _Found(Undecided((self.site.message,)))
        try:
            required = {model: required_flows(flow, model, self.site) for model in row.models}
            return self._filtered(row, flow, required, self.site)
        except NoFlows as problem:
            return _Found(Undecided((str(problem),)))
        except Undecidable:
            return _Found(Undecided((too_entangled("rules", self.tags),)))

    def _filtered(self, row: Row, flow: Flow, required: dict[NetworkModel, RequiredFlows], site: Site) -> _Found:
        unread = why_unread(site, flow.direction)
        if unread and not _admin_rules_deny(site, flow.direction):
            return _Found(Undecided((unread,)))
        found = self._decided(row, flow, required, site)
        if unread and isinstance(found.outcome, Undecided) and not found.outcome.evidence.decided_by:
            # No admin rule decides any of it, so that there is nothing to show.
            return _Found(Undecided((unread,)))
        # An admin rule that was not read may deny it.
        doubt = unread or (site.admin_rules.message if isinstance(site.admin_rules, Unreadable) else "")
        if doubt and isinstance(found.outcome, Compliant):
            return _Found(Undecided((doubt,), found.outcome.evidence))
        return self._in_any_region(flow, found)

    def _in_any_region(self, flow: Flow, found: _Found) -> _Found:
        """Returns what holds in every region where it is not known in which one the location will be.

        What was judged then is the whole tag, which contains that of the region: what the whole tag has, the region
        has, and what lets nothing of it through lets nothing of the region through. In between it cannot be told.
        """
        places = (self.location, self.instance.locations[0])
        if not flow.peer.regional or all(each.region_known for each in places):
            return found
        sure = isinstance(found.outcome, Gap) and found.outcome.verdict in _NOTHING_PASSES
        if not isinstance(found.outcome, Gap) or (sure and not found.outcome.or_else):
            return found
        unknown = next(each for each in places if not each.region_known)
        return _Found(Undecided((f"which region is the location? It is {unknown.name}",), found.outcome.evidence))

    def _not_applicable(self, requirement: Requirement) -> str:
        if self.instance.virtual_network_type not in requirement.applies_to and not self.instance.unreadable:
            kinds = " or ".join(kind.value for kind in VirtualNetworkType if kind in requirement.applies_to)
            return f"only for virtualNetworkType {kinds}"
        if self.location.gateway_disabled and requirement.id.startswith(_GATEWAY_ROWS):
            return "the gateway is disabled in this location (disableGateway)"
        return ""

    def _decided(self, row: Row, flow: Flow, required: dict[NetworkModel, RequiredFlows], site: Site) -> _Found:
        rulesets = [self._ruleset(flow, model, site) for model in required]
        may_pin = flow.peer.kind is _TAG
        decisions = [
            decide(flows.boxes, ruleset, flow.protocol, may_pin=may_pin)
            for flows, ruleset in zip(required.values(), rulesets, strict=True)
        ]
        case = Case(over_platforms(decisions), rulesets, flow.direction, flow.protocol, site)
        outcome = outcome_of(case)
        mild = verdict_of(outcome) is _PARTIAL and (
            _loses_low_ports_only(flow, required, case) or _passes_regionally(flow, required, case)
        )
        hints = () if row.level is _ADVISORY else self._near_misses(flow, required, case, outcome)
        return _Found(outcome, mild, hints)

    def _near_misses(
        self, flow: Flow, required: dict[NetworkModel, RequiredFlows], case: Case, outcome: Outcome
    ) -> tuple[NearMiss, ...]:
        nsg = case.site.subnet.nsg
        if (
            not isinstance(outcome, Gap)
            or not isinstance(nsg, NetworkSecurityGroup)
            or flow.direction in nsg.unreadable
        ):
            return ()
        if flow.peer.kind is _DNS_SERVERS and peer_names(flow.peer, case.site) == _AZURE_DNS:
            return ()  # Azure's own DNS obeys rules that name it, and no others
        last, *others = (self._nearly_serving(flow, flows, case) for flows in reversed(required.values()))
        # On a platform that is not determined a rule serves where the same change would do on either.
        return tuple(miss for miss in last if all(miss in found for found in others))

    def _nearly_serving(self, flow: Flow, flows: RequiredFlows, case: Case) -> tuple[NearMiss, ...]:
        wanted = Wanted(
            flows.boxes,
            flow.direction,
            flow.protocol,
            flows.ports,
            flows.peer,
            may_pin=flow.peer.kind is PeerKind.TAG,
            clients=flow.peer.kind is PeerKind.INTERNET,
            denied_by=tuple(_surely_denying(case.decision)),
            decided_by=frozenset(part.rule for part in case.decision.parts),
        )
        return near_misses(wanted, self._candidates, case.ruleset, case.site)

    @cached_property
    def _candidates(self) -> Candidates:
        nsg = None if isinstance(self.site, Unreadable) else self.site.subnet.nsg
        return candidates_of(nsg.rules if isinstance(nsg, NetworkSecurityGroup) else ())

    def _ruleset(self, flow: Flow, model: NetworkModel, site: Site) -> Ruleset:
        if flow.direction in self._rulesets and flow.peer.kind is not _DNS_SERVERS:
            return self._rulesets[flow.direction]
        rules = _custom_rules(site)
        if flow.peer.kind is PeerKind.DNS_SERVERS and peer_names(flow.peer, site) == _AZURE_DNS:
            rules = tuple(_platform_dns_rules(rules, flow.direction))
        elif isinstance(site.subnet.nsg, NetworkSecurityGroup) and not why_unread(site, flow.direction):
            ruleset = ruleset_of(rules, flow.direction, site.resolver).seen_from(site.api_management.at_most())
            return self._rulesets.setdefault(flow.direction, ruleset)
        return with_stand_ins(rules, flow.direction, model, site)

    @cached_property
    def _rulesets(self) -> dict[Direction, Ruleset]:
        return {}


def _custom_rules(site: Site) -> tuple[SecurityRule, ...]:
    """Returns the admin rules, where they are known, and the rules of the NSG."""
    nsg = site.subnet.nsg
    admin = _known_admin_rules(site)
    return (*admin, *nsg.rules) if isinstance(nsg, NetworkSecurityGroup) else admin


def _known_admin_rules(site: Site) -> tuple[SecurityRule, ...]:
    return () if isinstance(site.admin_rules, Unreadable) else site.admin_rules


def _admin_rules_deny(site: Site, direction: Direction) -> bool:
    return any(rule.access is Access.DENY and rule.direction is direction for rule in _known_admin_rules(site))


def _platform_dns_rules(rules: Sequence[SecurityRule], direction: Direction) -> list[SecurityRule]:
    """Returns the rules of a direction that Azure's own DNS obeys: those that name its tag.

    Source: service tag overview (2023-01-26): host services are exempt from NSGs unless a rule names their tag.
    """
    return [
        rule._replace(destination=_PLATFORM_DNS_ADDRESS)
        for rule in rules
        if rule.direction is direction and _PLATFORM_DNS in map(fold, rule.destination.expressions)
    ]


def _surely_denying(decision: Decision) -> Iterator[int]:
    for part in decision.parts:
        if part.fate is Fate.DENIED and not part.pinned and not part.unknowns():
            yield part.rule


def _loses_nothing(boxes: Sequence[Box], flow: Flow, ruleset: Ruleset) -> bool:
    worlds = decide(boxes, ruleset, flow.protocol, may_pin=False).worlds
    return not any(world & LOST for world in worlds)


def _loses_low_ports_only(flow: Flow, required: dict[NetworkModel, RequiredFlows], case: Case) -> bool:
    rules = case.ruleset.rules
    # An admin Allow decides nothing, but what it spares from later admin rules may be some source ports only.
    concerned = [*map(rules.__getitem__, case.decision.deciders()), *(rule for rule in rules if rule.admin)]
    if all(SOURCE_PORTS.issubset(rule.source_ports) for rule in concerned):
        return False
    boxes = [
        box._replace(sets=(box.sets[0], box.sets[1], _EPHEMERAL_PORTS, box.sets[3]))
        for flows in required.values()
        for box in flows.boxes
    ]
    return _loses_nothing(boxes, flow, case.ruleset)


def _passes_regionally(flow: Flow, required: dict[NetworkModel, RequiredFlows], case: Case) -> bool:
    """Tells whether the loss is that rules name a regional tag where the documents do not, and the region gets through.

    So it is where the rules would lose nothing if they named the whole tag.
    """
    peer = flow.peer
    if peer.kind is not PeerKind.TAG or peer.regional:
        return False
    deciding = [case.ruleset.rules[number] for number in case.decision.deciders()]
    regional_rules = [rule for rule in deciding if _names_a_region(rule, peer.name)]
    regional = replace(flow, peer=replace(peer, regional=True))
    if not regional_rules or peer_names(regional.peer, case.site) == (peer.name,):
        return False
    widened = case.ruleset
    for rule in regional_rules:
        widened = widened.with_change(rule, _with_other_end(rule, peer.name))
    whole = [box for flows in required.values() for box in flows.boxes]
    part = [box for model in required for box in required_flows(regional, model, case.site).boxes]
    return _loses_nothing(part, flow, case.ruleset) and _loses_nothing(whole, flow, widened)


def _names_a_region(rule: SecurityRule, tag: str) -> bool:
    named = rule.access is Access.ALLOW and rule.other_side().expressions
    return any(fold(text).startswith(f"{fold(tag)}.") for text in named or ())


def _with_other_end(rule: SecurityRule, tag: str) -> SecurityRule:
    side = Side((tag,))
    return rule._replace(source=side) if rule.direction is Direction.INBOUND else rule._replace(destination=side)
