"""Deciding one NSG: the seven flows of ``2021-12`` for an External stv2 instance, beside Z3 on the same rules.

``python -m tests.benchmarks.decide`` prints CPU time in milliseconds; starting and reading are not in it. *Deciding* is
what Z3 is asked for and more: names resolved, and for each flow its verdict with all the rules that decide. *Seven
checks* are what a report says of it besides: witnesses, each replayed, shadowed rules, near misses and messages. Where
the rules are random nearly every check is a gap, and all of that is due; where those that are required come first none
is. Each column has NSGs of its own, since what recurs is kept.
"""

import gc
import time
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from statistics import median
from typing import TypeVar

from apim_audit.catalogue import load_catalogue
from apim_audit.core.engine.decision import Decision, decide
from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.engine.rulesets import ruleset_of
from apim_audit.core.facts.estate import Estate, Instance, NetworkSecurityGroup, Subnet
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.requirements import Baseline, Catalogue, NetworkModel, Peer, PeerKind, Requirement
from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.core.judging.judge import judge
from apim_audit.core.judging.required import Site, required_flows, usable_addresses
from apim_audit.core.sets.addresses import PROBE, PUBLIC, parse_span
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold
from apim_audit.decode import decode
from apim_audit.snapshot import ServiceTagDocument, Snapshot, SourcedDocument
from tests.benchmarks.measuring import show
from tests.benchmarks.random_estate import Maker, documents, public_tags
from tests.benchmarks.secguru import Flow, Policy

SIZES = ((10, 100, 20), (100, 100, 10), (1000, 30, 5))  # rules, NSGs for us, of these also for Z3
GETS_THROUGH = {Verdict.COMPLIANT, Verdict.PINNED, Verdict.DEFAULT_ONLY}
VNET = IntervalSet.union_of([span for span in [parse_span("10.0.0.0/16")] if span])
OWN = IntervalSet.union_of([span for span in [parse_span("10.0.1.4-10.0.1.254")] if span])

T = TypeVar("T")


def main() -> None:
    """Prints the table."""
    gc.disable()  # as the program does
    tags = public_tags()
    catalogue = seven_flows()
    rows = [row(tags, catalogue, *size, served=served) for served in (False, True) for size in SIZES]
    headings = (
        "first", "rules", "NSGs", "deciding: median", "seven checks: median", "max", "all checks: median",
        "Z3: NSGs", "median", "Z3 / deciding", "Z3 / seven checks", "differ",
    )  # fmt: skip
    show(headings, rows)


def seven_flows() -> Catalogue:
    """Returns the catalogue with the flows of the default baseline and nothing else."""
    whole = load_catalogue()
    baseline = whole.baselines[0]
    rows = tuple(each for each in baseline.requirements if each.flow and NetworkModel.STV2 in each.levels)
    return Catalogue((Baseline(baseline.id, baseline.title, rows),), whole.tag_names)


def row(
    data: ServiceTagDocument, catalogue: Catalogue, rules: int, count: int, count_z3: int, *, served: bool
) -> list[object]:
    """Returns a line of the table: what deciding NSGs of a size takes."""
    made = documents(Maker.of(Random(rules), data), 3 * count + 1, rules, served=served)
    snapshot = Snapshot(tuple(SourcedDocument("random", body) for body in made), service_tags=data)
    decoded = decode(snapshot, load_catalogue())
    warm_up, *instances = decoded.estate.instances
    checks_of(warm_up, decoded.tags, catalogue)
    to_decide, to_check, to_check_whole = (instances[first::3] for first in range(3))
    decided = [timed(partial(decide_all, each, decoded.tags, catalogue))[1] for each in to_decide]
    ours = [timed(partial(checks_of, each, decoded.tags, catalogue)) for each in to_check]
    whole = [timed(partial(checks_of, each, decoded.tags, load_catalogue())) for each in to_check_whole]
    theirs = [timed(partial(z3_of, each, decoded.tags, catalogue)) for each in to_check[:count_z3]]
    differ = sum(said(checks) != allowed for (checks, _), (allowed, _) in zip(ours, theirs, strict=False))
    assert {len(checks) for checks, _ in ours} == {7}
    mine, z3 = median(time for _, time in ours), median(time for _, time in theirs)
    longest, all_checks = max(time for _, time in ours), median(time for _, time in whole)
    ratios = [f"{z3 / time:.0f}" for time in (median(decided), mine)]
    first = "required" if served else "random"
    return [first, rules, count, median(decided), mine, longest, all_checks, count_z3, z3, *ratios, differ]


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """Returns what a call returns, and the CPU time it took in milliseconds."""
    start = time.process_time()
    result = call()
    return result, 1e3 * (time.process_time() - start)


def decide_all(instance: Instance, tags: ServiceTags, catalogue: Catalogue) -> list[Decision]:
    """Decides the flows of the catalogue's rows, from the names in the rules to all deciders."""
    subnet = instance.locations[0].subnet
    assert isinstance(subnet, Subnet)
    assert isinstance(subnet.nsg, NetworkSecurityGroup)
    space = space_of(subnet, tags)
    resolver = Resolver(space, tags)
    site = Site(subnet, space, resolver, tags, ("westeurope",), usable_addresses(subnet, space))
    own = site.api_management.at_most()
    rulesets = {each: ruleset_of(subnet.nsg.rules, each, resolver).seen_from(own) for each in Direction}
    flows = [row.flow for row in catalogue.baselines[0].requirements if row.flow is not None]
    return [
        decide(
            required_flows(flow, NetworkModel.STV2, site).boxes,
            rulesets[flow.direction],
            flow.protocol,
            may_pin=flow.peer.kind is PeerKind.TAG,
        )
        for flow in flows
    ]


def checks_of(instance: Instance, tags: ServiceTags, catalogue: Catalogue) -> tuple[Check, ...]:
    """Judges an instance."""
    judgement = judge(Estate((instance,)), tags, catalogue, catalogue.baselines[0].id)
    return judgement.instances[0].locations[0].checks


def said(checks: tuple[Check, ...]) -> list[bool]:
    """Returns which of the flows get through whole."""
    return [check.verdict in GETS_THROUGH for check in checks]


def z3_of(instance: Instance, tags: ServiceTags, catalogue: Catalogue) -> list[bool]:
    """Returns which of the flows get through whole, as Z3 finds."""
    subnet = instance.locations[0].subnet
    assert isinstance(subnet, Subnet)
    assert isinstance(subnet.nsg, NetworkSecurityGroup)
    policy = Policy(subnet.nsg.rules, tags, VNET)
    return [policy.allows(flow) for flow in flows(catalogue, tags)]


def flows(catalogue: Catalogue, tags: ServiceTags) -> Iterator[Flow]:
    """Yields the flows of the catalogue's rows for an instance in West Europe."""
    for requirement in catalogue.baselines[0].requirements:
        yield flow_of(requirement, tags)


def flow_of(requirement: Requirement, tags: ServiceTags) -> Flow:
    """Returns a row's flow."""
    flow = requirement.flow
    assert flow is not None
    other = other_end(flow.peer, tags)
    ends = (other, OWN) if flow.direction is Direction.INBOUND else (OWN, other)
    ports = IntervalSet.union_of((int(port), int(port)) for port in flow.ports)
    return flow.direction, flow.protocol, *ends, ports


def other_end(peer: Peer, tags: ServiceTags) -> IntervalSet:
    """Returns the addresses of a row's other end."""
    if peer.kind is PeerKind.INTERNET:
        return PUBLIC - VNET
    if peer.kind is PeerKind.LOAD_BALANCER:
        return PROBE
    return tags.sets[fold(f"{peer.name}.westeurope" if peer.regional else peer.name)]


if __name__ == "__main__":
    main()
