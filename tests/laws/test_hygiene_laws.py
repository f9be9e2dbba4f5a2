"""Rules that never decide, and rules that could go: against the simulator, and against one table for each rule."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given

from apim_audit.core.engine.compiling import bearing_on, compile_table
from apim_audit.core.engine.rulesets import Ruleset, ruleset_of
from apim_audit.core.engine.search import Box, Clause, Dimension, Leaf, Table, search
from apim_audit.core.facts.estate import Subnet
from apim_audit.core.facts.rules import Access, Direction, SecurityRule
from apim_audit.core.judging.hygiene import untidy_rules
from apim_audit.core.judging.required import Site
from tests.laws.half_known_nsgs import HalfKnownCase, random_half_known_case
from tests.laws.random_nsgs import Case
from tests.laws.simulator import Needed, Simulation, ends
from tests.laws.strategies import cases
from tests.laws.test_boxes import site_of
from tests.laws.translation import network, security_rule, service_tags

CHUNK = 60
CHUNKS = 10
PROTOCOLS = ("Tcp", "Udp", "Icmp", "Esp", "Ah")
Found = set[tuple[str, str]]


def told(site: Site, rules: Sequence[SecurityRule]) -> Found:
    """Returns (kind, rule) of what the core finds."""
    rulesets = [ruleset_of(rules, direction, site.resolver) for direction in Direction]
    return {(finding.kind.value, finding.name) for finding in untidy_rules(site, rulesets, ())}


def simulated(case: Case) -> Found:
    """Returns the same, packet by packet."""
    found: Found = set()
    for direction in Direction:
        everything = Needed(direction.value, "Tcp", ("*",), ("*",), ("*",), source_ports=("*",))
        simulation = Simulation.of(everything, case.rules, case.around)
        of_protocols = (replace(simulation, needed=replace(everything, protocol=each)) for each in PROTOCOLS)
        masks = {mask for each in of_protocols for mask in each.packet_masks()}
        for place, rule in enumerate(simulation.rules):
            behind = [mask & ~(1 << place) for mask in masks if mask & -mask == 1 << place]
            seconds = {simulation.kind((mask & -mask).bit_length() - 1) for mask in behind}
            if not rule.is_default and not behind:
                found.add(("shadowed", rule.name))
            elif not rule.is_default and seconds == {simulation.kind(place)}:
                found.add(("redundant", rule.name))
    return found


@given(cases(most=6))
def test_what_hygiene_names_is_what_no_packet_needs(case: Case) -> None:
    subnet = Subnet("subnet", tuple(map(ends, case.subnets)), None, case.network())
    site = site_of(subnet, case.tags(), case.regions)
    assert told(site, list(map(security_rule, case.rules))) == simulated(case)


def table_by_table(ruleset: Ruleset) -> Iterator[tuple[str, str]]:
    """Yields the same by a table of its own for each rule and protocol, as the engine judges a requirement."""
    for number, rule in enumerate(ruleset.rules):
        if rule.default or rule.admin:
            continue
        protocols = PROTOCOLS if rule.protocol == "*" else (rule.protocol,)
        uses = [_use(number, ruleset, protocol) for protocol in protocols]
        if None not in uses and "needed" not in uses:
            yield ("redundant" if "same" in uses else "shadowed"), rule.name


def _use(number: int, ruleset: Ruleset, protocol: str) -> str | None:
    clauses = list(ruleset.clauses_of(protocol))
    own = [clause.box for clause in clauses if clause.rule == number]
    table = _table(own, clauses) if own else None
    if table is None:
        return "none"
    parts = [leaf for leaf in search(table, exhaustive=True).leaves if leaf.rule == number]
    if not parts or table.unknowns:
        return None if parts else "none"
    rest = _table([_box(table, leaf) for leaf in parts], [clause for clause in clauses if clause.rule != number])
    others = [ruleset.rules[leaf.rule] for leaf in search(rest).leaves]
    denies = ruleset.rules[number].access is Access.DENY
    return "needed" if any(each.default or (each.access is Access.DENY) is not denies for each in others) else "same"


def _table(required: Sequence[Box], clauses: Sequence[Clause]) -> Table:
    return compile_table(required, bearing_on(required, clauses))


def _box(table: Table, leaf: Leaf) -> Box:
    other, own, source, destination = (table.classes[d].members(leaf.region[d]) for d in Dimension)
    return Box((other, own, source, destination))


def half_known(case: HalfKnownCase, random: Random) -> tuple[Site, list[SecurityRule]]:
    """Returns a case in which not everything is known, with admin rules before it."""
    tags = service_tags(case.half.around.tags, ("Alpha", "Alpha.East", "Alpha.West", "Beta"))
    subnet = Subnet("subnet", (ends(case.ground.subnet),), None, network(case.half.around.vnet))
    rules = [security_rule(rule, certain=rule.name not in case.half.perhaps) for rule in case.rules]
    drafts = (rule._replace(priority=number + 1, name=f"a{number}") for number, rule in enumerate(rules[:2]))
    admin = [rule._replace(admin=True, access=random.choice(tuple(Access))) for rule in drafts]
    extra = [
        rule._replace(name=f"{rule.name}+", priority=rule.priority + 50, source=rule.destination) for rule in rules
    ]
    return site_of(subnet, tags, ("east",)), [*random.choice(([], admin)), *rules, *random.choice(([], extra))]


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_one_table_for_all_rules_finds_what_one_for_each_finds(seed: int) -> None:
    random = Random(seed)
    for _ in range(CHUNK):
        site, rules = half_known(random_half_known_case(random), random)
        expected = {
            each for direction in Direction for each in table_by_table(ruleset_of(rules, direction, site.resolver))
        }
        assert told(site, rules) == expected, rules
