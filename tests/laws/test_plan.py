"""Laws of planning: what changes nothing judges nothing anew, and an estate that is created is that estate."""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import pytest

from apim_audit.core.facts.findings import Change, Check, Origin
from apim_audit.core.facts.reports import Report
from apim_audit.plan import Action, Plan, PlannedChange, Writing, beside, overlay, scene_of
from apim_audit.plan.terraform import read_terraform_plan
from apim_audit.run import audit
from apim_audit.snapshot import Snapshot, SourcedDocument
from tests.benchmarks.random_estate import Maker, documents
from tests.plan.azurerm_blocks import blocks_of
from tests.plan.terraform_plans import Block, plan

Json = dict[str, Any]
PREFIXES = ("13.64.0.0/14", "20.40.0.0/16", "52.224.0.0/11", "168.63.129.0/24")
SEEDS = range(12)
each_way = pytest.mark.parametrize("way", ["inline", "separate"])
each_seed = pytest.mark.parametrize("seed", SEEDS)


def estate(seed: int) -> list[Json]:
    """Returns two instances with random rules."""
    random = Random(seed)
    return list(documents(Maker(random, PREFIXES), 2, 4 + seed, served=seed % 3 == 0 and seed > 2))


def snapshot(bodies: Iterable[Json]) -> Snapshot:
    return Snapshot(tuple(SourcedDocument("estate.json", body) for body in bodies))


def without_plan(check: Check) -> tuple[Any, ...]:
    return check.id, check.outcome, check.severity, check.message, check.level


def findings(report: Report) -> list[Any]:
    return [
        (each.id, each.sku, [(at.location, at.platform_version, at.network_model) for at in each.locations])
        for each in report.instances
    ] + [without_plan(check) for check in report.checks() if check.id != "rules-accepted"]


def judged(current: Snapshot, planned: Plan) -> Report:
    laid = overlay(current, planned)
    scene = scene_of(laid, every=True)
    return beside(audit(scene.planned), audit(scene.current), scene.touched)


def terraform(blocks: Iterable[Block]) -> Plan:
    return read_terraform_plan("plan.json", plan(blocks))


def whole_documents(action: Action, bodies: Iterable[Json]) -> Iterator[PlannedChange]:
    return (PlannedChange(action, body["id"], body, Origin("plan.json")) for body in bodies)


@each_seed
@each_way
def test_planning_a_no_op_is_checking_the_snapshot(seed: int, way: str) -> None:
    bodies = estate(seed)
    blocks = blocks_of(bodies, inline=way == "inline")
    report = judged(snapshot(bodies), terraform(block.kept() for block in blocks))
    assert findings(report) == findings(audit(snapshot(bodies)))
    assert all(check.change is not Change.CAUSED for check in report.checks())
    assert report.fixed == ()


@each_seed
@each_way
def test_creating_an_estate_from_nothing_is_checking_its_documents(seed: int, way: str) -> None:
    bodies, inline = estate(seed), way == "inline"
    with_ids = [
        Block(**{**fields(block), "after": {**(block.after or {}), **block.known}, "unknown": {}})
        for block in blocks_of(bodies, inline=inline)
    ]
    report = judged(snapshot([]), terraform(with_ids))
    assert findings(report) == findings(audit(snapshot(bodies)))
    unknown_ids = judged(snapshot([]), terraform(blocks_of(bodies, inline=inline)))
    assert findings(unknown_ids)[2:] == findings(audit(snapshot(bodies)))[2:]


def fields(block: Block) -> Json:
    return {name: getattr(block, name) for name in block.__dataclass_fields__}


@each_seed
def test_writing_documents_over_themselves_changes_nothing(seed: int) -> None:
    bodies = estate(seed)
    expected = findings(audit(snapshot(bodies)))
    for action in (Action.CREATE, Action.UPDATE):
        report = judged(snapshot(bodies), Plan(tuple(whole_documents(action, bodies))))
        assert findings(report) == expected
        assert all(check.change is not Change.CAUSED for check in report.checks())
    assert findings(judged(snapshot([]), Plan(tuple(whole_documents(Action.CREATE, bodies))))) == expected


@each_seed
def test_deleting_rules_and_creating_them_again_is_no_change(seed: int) -> None:
    bodies = estate(seed)
    group = bodies[2]
    rules = Random(seed).sample(group["properties"]["securityRules"], 3)
    ids = [f"{group['id']}/securityRules/{rule['name']}" for rule in rules]
    origin = Origin("plan.json")
    gone = [PlannedChange(Action.DELETE, each.upper(), None, origin) for each in ids]
    back = [PlannedChange(Action.CREATE, each, rule, origin) for each, rule in zip(ids, rules, strict=True)]
    report = judged(snapshot(bodies), Plan((*gone, *reversed(back))))
    assert findings(report) == findings(audit(snapshot(bodies)))
    assert all(check.change is not Change.CAUSED for check in report.checks())


@each_seed
def test_changes_one_by_one_come_to_the_document_that_they_make(seed: int) -> None:
    # From one random estate to another, rule by rule and member by member, in any order.
    random = Random(seed)
    before, after = estate(seed), estate(seed + 20)
    changes = [PlannedChange(Action.CREATE, body["id"], body, Origin("p"), Writing.PART) for body in after[:2]]
    for old, new in ((before[at], after[at]) for at in (2, 5)):
        changes += [
            PlannedChange(Action.DELETE, f"{old['id']}/securityRules/{rule['name']}", None, Origin("p"))
            for rule in old["properties"]["securityRules"]
        ]
        made = [
            PlannedChange(Action.CREATE, f"{new['id']}/securityRules/{rule['name']}", rule, Origin("p"))
            for rule in new["properties"]["securityRules"]
        ]
        random.shuffle(made)
        changes += made
    report = judged(snapshot(before), Plan(tuple(changes)))
    assert findings(report) == findings(audit(snapshot(after)))
