"""Judges plans in tests: what the command would, without its files."""

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from apim_audit import run
from apim_audit.core.facts.findings import Change, Check
from apim_audit.core.facts.reports import Report
from apim_audit.demo.documents import (
    Place,
    Rule,
    Site,
    allow_in,
    allow_out,
    network_security_group,
    service,
    virtual_network,
)
from apim_audit.demo.documents import subnet as subnet_document
from tests.plan.azurerm_blocks import blocks_of
from tests.plan.terraform_plans import Block, plan

Json = dict[str, Any]

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
PLACE = Place(SUBSCRIPTION, "rg-apis", "westeurope")
RULES = (
    allow_in(100, "AllowClients", "Internet", ("80", "443")),
    allow_in(101, "AllowManagement", "ApiManagement", "3443"),
    allow_in(102, "AllowLoadBalancer", "AzureLoadBalancer", "6390"),
    allow_out(100, "AllowStorage", "Storage", "443"),
    allow_out(101, "AllowSql", "Sql", "1433"),
    allow_out(102, "AllowKeyVault", "AzureKeyVault", "443"),
)
NSG = PLACE.id("Microsoft.Network/networkSecurityGroups", "nsg")
VNET = PLACE.id("Microsoft.Network/virtualNetworks", "vnet")
SUBNET = f"{VNET}/subnets/apim"
SERVICE = PLACE.id("Microsoft.ApiManagement/service", "apis")


def estate(rules: Iterable[Rule] = RULES, platform: str = "stv2") -> list[Json]:
    """Returns one External instance with its network."""
    group = network_security_group(PLACE, "nsg", list(rules))
    network = virtual_network(PLACE, "vnet", "10.0.0.0/16", [subnet_document(VNET, "apim", "10.0.1.0/24", NSG)])
    return [service(PLACE, "apis", "Premium", "External", (Site("westeurope", SUBNET, platform),)), network, group]


def separate(rules: Iterable[Rule] = RULES) -> dict[str, Block]:
    """Returns the Terraform resources that create the estate, each rule one of its own, by address."""
    return {block.address: block for block in blocks_of(estate(rules), inline=False)}


def inline(rules: Iterable[Rule] = RULES) -> dict[str, Block]:
    """Returns the Terraform resources that create the estate, the rules in their NSG, by address."""
    return {block.address: block for block in blocks_of(estate(rules), inline=True)}


def rule_address(name: str) -> str:
    return f'azurerm_network_security_rule.nsg["{name}"]'


def kept(blocks: Mapping[str, Block], **changed: Block) -> list[Block]:
    """Returns resources of which nothing changes but what is given, by rule name."""
    by_address = {rule_address(name): block for name, block in changed.items()}
    return [by_address.get(address, block.kept()) for address, block in blocks.items()]


def judged(
    folder: Path,
    planned: Json,
    onto: list[Json] | None = None,
    tags: Mapping[str, list[str]] | None = None,
    **options: Any,
) -> Report:
    """Returns the report on a plan; the files are named ``plan.json`` and ``onto.json``."""
    (folder / "plan.json").write_text(json.dumps(planned), encoding="utf-8")
    files: tuple[str, ...] = ()
    if onto is not None:
        (folder / "onto.json").write_text(json.dumps(onto), encoding="utf-8")
        files = (str(folder / "onto.json"),)
    deployment = run.Deployment((str(folder / "plan.json"),), onto=files, **options)
    if tags is None:
        return run.plan(deployment, io.BytesIO())
    values = [{"name": name, "properties": {"addressPrefixes": prefixes}} for name, prefixes in tags.items()]
    (folder / "tags.json").write_text(json.dumps({"cloud": "Public", "values": values}), encoding="utf-8")
    return run.plan(deployment, io.BytesIO(), str(folder / "tags.json"))


def judged_blocks(folder: Path, blocks: Iterable[Block], onto: list[Json] | None = None, **options: Any) -> Report:
    return judged(folder, plan(blocks), onto, **options)


def checked(documents: list[Json]) -> Report:
    """Returns the report that check gives on documents."""
    return run.check(["-"], io.BytesIO(json.dumps(documents).encode()))


def verdicts(report: Report) -> dict[str, str]:
    return {check.id: check.verdict.value for check in report.checks()}


def found(report: Report, requirement: str) -> Check:
    return next(check for check in report.checks() if check.id == requirement)


def caused(report: Report) -> dict[str, str]:
    return {check.id: check.verdict.value for check in report.checks() if check.change is Change.CAUSED}


def status(report: Report, gate: run.Gate = run.Gate.CAUSED) -> int:
    return run.exit_status(report, run.FailOn.WARNING, allow_unknown=False, allow_incomplete=False, gate=gate)
