"""The engine against product boxes: verdict, deciding rules and shadowed rules of random NSGs."""

from collections.abc import Iterable, Sequence
from functools import cache
from random import Random

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.engine.decision import decide
from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.engine.rulesets import ruleset_of
from apim_audit.core.facts.estate import Subnet
from apim_audit.core.facts.requirements import NetworkModel, PeerKind, Requirement
from apim_audit.core.facts.rules import SecurityRule
from apim_audit.core.judging.required import NoFlows, RequiredFlows, Site, required_flows, usable_addresses
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags
from apim_audit.snapshot import ServiceTagDocument
from tests.benchmarks.random_estate import Maker, public_tags
from tests.laws.boxes import TooManyBoxes, outside, rules_for, ruling
from tests.laws.random_nsgs import Case, random_case
from tests.laws.simulator import PlainRule, ends
from tests.laws.translation import group, network, security_rule, service_tags

SHARED = "the folder shared/data with the public service tags does not stand beside this checkout"
CHUNK = 150
CHUNKS = 10
REAL_CHUNK = 30
REAL_CHUNKS = 10
TAGS = (
    "ApiManagement", "AzureActiveDirectory", "AzureCloud", "AzureCloud.westeurope", "AzureConnectors",
    "AzureFrontDoor.Backend", "AzureKeyVault", "AzureMonitor", "AzureTrafficManager", "EventHub", "EventHub.WestEurope",
    "Sql", "Sql.WestEurope", "Storage", "Storage.WestEurope",
)  # fmt: skip


def site_of(subnet: Subnet, tags: ServiceTags, regions: tuple[str, ...]) -> Site:
    """Returns a subnet with what its requirements depend on."""
    space = space_of(subnet, tags)
    return Site(subnet, space, Resolver(space, tags), tags, regions, usable_addresses(subnet, space))


def differences(site: Site, rules: Sequence[SecurityRule], rows: Iterable[Requirement]) -> list[str]:
    """Returns what the engine and the boxes do not agree on."""
    found = []
    for row in rows:
        assert row.flow is not None
        try:
            flows = required_flows(row.flow, NetworkModel.STV2, site)
        except NoFlows:
            continue
        problem = difference(site, rules, row, flows)
        if problem:
            found.append(f"{row.id}: {problem}")
    return found


def difference(site: Site, rules: Sequence[SecurityRule], row: Requirement, flows: RequiredFlows) -> str:
    flow = row.flow
    assert flow is not None
    may_pin = flow.peer.kind is PeerKind.TAG
    ruleset = ruleset_of(rules, flow.direction, site.resolver)
    decision = decide(flows.boxes, ruleset, flow.protocol, may_pin=may_pin)
    told = (
        [verdict.value for verdict in decision.verdicts()],
        [ruleset.rules[number].name for number in decision.deciders()],
        [ruleset.rules[number].name for number in decision.shadowed],
    )
    concerned = rules_for(rules, flow.direction, flow.protocol)
    try:
        second = ruling([box.sets for box in flows.boxes], concerned, site.resolver, may_pin=may_pin)
    except TooManyBoxes:
        return "the number of boxes exploded"
    expected = [second.verdict], [rule.name for rule in second.deciders], [rule.name for rule in second.shadowed]
    return "" if told == expected else f"{told} instead of {expected}"


def synthetic(case: Case) -> list[str]:
    subnet = Subnet("subnet", tuple(map(ends, case.subnets)), group(case.rules), case.network())
    regions = tuple(dict.fromkeys((case.regions[case.place], case.regions[0])))
    return differences(site_of(subnet, case.tags(), regions), list(map(security_rule, case.rules)), case.rows)


def synthetic_disagreements(seed: int, count: int) -> list[str]:
    random = Random(seed)
    return [f"case {place} of seed {seed}: {text}" for place in range(count) for text in synthetic(random_case(random))]


@cache
def real() -> tuple[ServiceTagDocument, ServiceTags]:
    """Returns Microsoft's service tags, and those of them that the rules and rows name."""
    document = public_tags()
    return document, service_tags({name: _ipv4(document.prefixes[name]) for name in TAGS})


def _ipv4(prefixes: Iterable[str]) -> list[str]:
    return [text for text in prefixes if ":" not in text]


@cache
def real_rows() -> tuple[Requirement, ...]:
    return tuple(
        row
        for row in load_catalogue().baselines[-1].requirements
        if row.flow is not None and row.flow.peer.kind is not PeerKind.DNS_SERVERS
    )


def real_rules(maker: Maker, count: int) -> list[SecurityRule]:
    return [
        security_rule(
            PlainRule(
                rule.name, rule.priority, rule.direction, rule.access, rule.protocol,
                _texts(rule.source), _texts(rule.destination), _texts(rule.ports),
            )
        )
        for rule in maker.rules(count)
    ]  # fmt: skip


def _texts(texts: str | Iterable[str]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)


def real_disagreements(seed: int, count: int) -> list[str]:
    try:
        document, tags = real()
    except SystemExit:
        pytest.skip(SHARED)
    random = Random(seed)
    maker = Maker.of(random, document)
    site = site_of(Subnet("subnet", (ends("10.0.1.0/24"),), None, network(("10.0.0.0/16",))), tags, ("westeurope",))
    return [
        f"case {place} of seed {seed}: {text}"
        for place in range(count)
        for text in differences(site, real_rules(maker, random.choice((1, 5, 20, 60, 120))), real_rows())
    ]


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_engine_and_boxes_agree_on_random_nsgs(seed: int) -> None:
    assert synthetic_disagreements(seed, CHUNK) == []


@pytest.mark.parametrize("seed", range(500, 500 + REAL_CHUNKS))
def test_engine_and_boxes_agree_on_random_nsgs_with_real_tags(seed: int) -> None:
    assert real_disagreements(seed, REAL_CHUNK) == []


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(10_000, 10_000 + 20 * CHUNKS))
def test_engine_and_boxes_agree_on_many_random_nsgs(seed: int) -> None:
    assert synthetic_disagreements(seed, CHUNK) == []


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(20_000, 20_000 + 20 * REAL_CHUNKS))
def test_engine_and_boxes_agree_on_many_random_nsgs_with_real_tags(seed: int) -> None:
    assert real_disagreements(seed, REAL_CHUNK) == []


def test_boxes_leave_what_a_rule_does_not_match() -> None:
    # Of 4 x 4 flows the rule takes 2 x 3.
    one = IntervalSet.point(7)
    box = IntervalSet.span(0, 3), IntervalSet.span(0, 3), one, one
    rest = list(outside(box, (IntervalSet.span(2, 9), IntervalSet.span(1, 3), one, one)))
    assert sum(each[0].size() * each[1].size() for each in rest) == 16 - 6
