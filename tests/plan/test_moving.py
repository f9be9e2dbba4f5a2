"""Terraform plans that move, replace or lose what stands round an instance: none may pass unseen."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit.core.facts.reports import Report
from apim_audit.demo.documents import network_security_group
from tests.plan.azurerm_blocks import blocks_of
from tests.plan.judging import PLACE, RULES, caused, estate, judged, judged_blocks, rule_address, separate, status
from tests.plan.terraform_plans import Block, plan

ASSOCIATION = "azurerm_subnet_network_security_group_association"
GROUP = "azurerm_network_security_group.nsg"


def association(blocks: dict[str, Block]) -> str:
    return next(address for address in blocks if address.startswith(ASSOCIATION))


def planned(tmp_path: Path, blocks: dict[str, Block], changed: dict[str, Block], *more: Block) -> Report:
    listed = [changed.get(address, block.kept()) for address, block in blocks.items()]
    return judged_blocks(tmp_path, [*listed, *more], estate())


@pytest.mark.parametrize("action", ["replace", "create-first", "update"])
def test_an_association_that_goes_to_a_new_nsg_without_rules(tmp_path: Path, action: str) -> None:
    (other,) = blocks_of([network_security_group(PLACE, "empty", [])], inline=True)
    blocks = separate()
    old = blocks[association(blocks)]
    moved = replace(
        old,
        action=action,
        before=old.kept().before,
        after={"subnet_id": old.known["subnet_id"]},
        unknown={"network_security_group_id": True},
        expressions={**old.expressions, "network_security_group_id": f"{other.address}.id"},
    )
    report = planned(tmp_path, blocks, {old.address: moved}, other)
    assert caused(report)["management"] == "missing"
    assert status(report) == 3


def test_an_association_that_goes_to_an_nsg_nobody_tells(tmp_path: Path) -> None:
    blocks = separate()
    old = blocks[association(blocks)]
    moved = replace(
        old,
        action="update",
        before=old.kept().before,
        after={"subnet_id": old.known["subnet_id"]},
        unknown={"network_security_group_id": True},
        expressions={**old.expressions, "network_security_group_id": "var.nsg_id"},
    )
    report = planned(tmp_path, blocks, {old.address: moved})
    assert caused(report)["management"] == "unknown"
    assert status(report) == 4


@pytest.mark.parametrize("action", ["replace", "create-first"])
@pytest.mark.parametrize("with_rules", [True, False])
def test_an_nsg_that_is_replaced_keeps_only_the_rules_that_are_made_again(
    tmp_path: Path,
    action: str,
    with_rules: bool,  # noqa: FBT001
) -> None:
    blocks = separate()
    group = blocks[GROUP]
    changed = {GROUP: replace(group, action=action, before={**(group.kept().before or {}), "location": "northeurope"})}
    for rule in RULES:
        block = blocks[rule_address(rule.name)]
        if with_rules:
            changed[block.address] = replace(block, action=action, before=block.kept().before)
        else:
            changed[block.address] = block.gone()
    old = blocks[association(blocks)]
    changed[old.address] = replace(old, action=action, before=old.kept().before)
    report = planned(tmp_path, blocks, changed)
    assert ("management" in caused(report)) is not with_rules
    # Of an NSG that is made without any separate rule the plan calls the inline ones not known yet.
    assert status(report) == (0 if with_rules else 4)


def test_a_subnet_that_is_made_anew_without_an_association(tmp_path: Path) -> None:
    blocks = separate()
    subnet = next(block for block in blocks.values() if block.type == "azurerm_subnet")
    old = blocks[association(blocks)]
    anew = replace(subnet, action="replace", before=subnet.kept().before)
    report = planned(tmp_path, blocks, {subnet.address: anew, old.address: old.gone()})
    assert caused(report)["nsg-attached"] == "missing"
    assert status(report) == 3


@pytest.mark.parametrize("changes", [{"errored": True}, {"complete": False}])
def test_a_plan_that_is_not_whole_is_never_fine(tmp_path: Path, changes: dict[str, Any]) -> None:
    blocks = separate()
    touched = blocks[rule_address("AllowSql")].altered(description="mail")
    listed = [touched if address == touched.address else block.kept() for address, block in blocks.items()]
    assert status(judged(tmp_path, plan(listed), estate())) == 0
    assert status(judged(tmp_path, plan(listed, **changes), estate())) == 4
