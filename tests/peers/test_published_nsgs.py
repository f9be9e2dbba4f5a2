"""The NSGs of published templates, judged with Microsoft's own service tags, against verdicts decided by hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apim_audit import run
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.reports import LocationReport
from apim_audit.core.facts.verdicts import Witness
from apim_audit.snapshot import Document, ServiceTagDocument, Snapshot, SourcedDocument, load_service_tags
from tests.peers.published_nsgs import CHECKS_OF, JUDGED, WORDS, Judged

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
NSGS = DATA / "nsg"
TAGS = DATA / "servicetags" / "ServiceTags_Public_20251028.json"
GROUP = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg"
VNET_ID = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
SUBNET_ID = f"{VNET_ID}/subnets/snet-apim"
ADVISORY = {"certificates", "monitor", "dns"}

needs_data = pytest.mark.skipif(
    not (TAGS.exists() and NSGS.exists()), reason="the public test data are not beside the checkout (shared/data)"
)
each_row = pytest.mark.parametrize("judged", JUDGED, ids=lambda row: f"{row.nsg}-{row.network}")


@cache
def service_tags() -> ServiceTagDocument:
    return load_service_tags(str(TAGS))


@cache
def index() -> dict[str, Any]:
    rows = json.loads((NSGS / "INDEX.json").read_text(encoding="utf-8"))
    return {row["file"].removesuffix(".json"): row for row in rows}


def service(judged: Judged) -> Document:
    properties = {
        "platformVersion": "undetermined" if judged.model == "v2-integration" else judged.model,
        "virtualNetworkType": judged.network,
        "virtualNetworkConfiguration": {"subnetResourceId": SUBNET_ID},
    }
    return {
        "id": f"{GROUP}/providers/Microsoft.ApiManagement/service/apim",
        "name": "apim",
        "type": "Microsoft.ApiManagement/service",
        "location": "West Europe",
        "sku": {"name": judged.sku},
        "properties": properties,
    }


def virtual_network(judged: Judged, nsg_id: str) -> Document:
    delegations = [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}]
    subnet = {
        "addressPrefix": "10.0.1.0/24",
        "networkSecurityGroup": {"id": nsg_id},
        "delegations": delegations if judged.model == "v2-integration" else [],
    }
    subnets = [{"id": SUBNET_ID, "name": "snet-apim", "properties": subnet}]
    return {
        "id": VNET_ID,
        "name": "vnet",
        "type": "Microsoft.Network/virtualNetworks",
        "location": "westeurope",
        "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets},
    }


@cache
def found(nsg: str, network: str) -> LocationReport:
    judged = next(row for row in JUDGED if (row.nsg, row.network) == (nsg, network))
    group_id = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg"
    group = json.loads((NSGS / f"{nsg}.json").read_text(encoding="utf-8")) | {"id": group_id}
    documents = (service(judged), virtual_network(judged, group_id), group)
    sourced = tuple(SourcedDocument("estate.json", document) for document in documents)
    report = run.audit(Snapshot(sourced, service_tags=service_tags()), "2021-12")
    assert report.incomplete == ()
    (location,) = report.locations()
    return location


def checks_of(judged: Judged) -> dict[str, Check]:
    """Returns the checks that the NSG bears on: those of flows, and that it is attached."""
    checks = found(judged.nsg, judged.network).checks
    return {check.id: check for check in checks if check.direction is not None or check.id == "nsg-attached"}


def verdicts_of(judged: Judged) -> dict[str, str]:
    return dict(zip(CHECKS_OF[judged.model], (WORDS[word] for word in judged.verdicts.split()), strict=True))


@needs_data
def test_every_published_nsg_is_judged_in_every_kind_of_attachment_it_may_be_meant_for() -> None:
    meant = {
        (name, network)
        for name, row in index().items()
        for network in {
            "External|Internal": ("External", "Internal"),
            "unknown": ("External", "Internal"),
            "n/a": ("External",),  # v2 integration: the type restricts no row
        }.get(row["virtualNetworkType"], (row["virtualNetworkType"],))
    }
    assert {(row.nsg, row.network) for row in JUDGED} == meant
    assert len({row.nsg for row in JUDGED}) == 24


@needs_data
@each_row
def test_the_platform_is_the_one_that_the_index_names(judged: Judged) -> None:
    platform = index()[judged.nsg]["platform"]
    assert judged.model == {"unknown": "undetermined", "v2-tier": "v2-integration"}.get(platform, platform)
    assert found(judged.nsg, judged.network).network_model == judged.model


@each_row
def test_every_gap_has_a_reason(judged: Judged) -> None:
    fine = {"compliant", "not-applicable"}
    assert {check for check, verdict in verdicts_of(judged).items() if verdict not in fine} == set(judged.why)


@needs_data
@each_row
def test_the_verdicts_are_those_decided_by_hand(judged: Judged) -> None:
    assert {name: check.verdict.value for name, check in checks_of(judged).items()} == verdicts_of(judged)


@needs_data
@each_row
def test_severity_and_level_follow_from_the_verdict(judged: Judged) -> None:
    checks = checks_of(judged)
    severities = {name: check.severity.value for name, check in checks.items()}
    assert severities == {name: judged.why[name].severity if name in judged.why else "none" for name in checks}
    assert {name for name, check in checks.items() if check.level == "advisory"} == ADVISORY & set(checks)


@needs_data
@each_row
def test_the_rules_that_decide_a_gap_are_named(judged: Judged) -> None:
    checks = checks_of(judged)
    deciders = {name: tuple(rule.name for rule in checks[name].evidence.decided_by) for name in judged.why}
    assert deciders == {name: why.decided_by for name, why in judged.why.items()}


@needs_data
@each_row
def test_the_rules_that_would_serve_but_for_one_field_are_named(judged: Judged) -> None:
    checks = checks_of(judged)
    near = {name: tuple((miss.name, miss.field) for miss in checks[name].near_misses) for name in judged.why}
    assert near == {name: why.near_misses for name, why in judged.why.items()}


@needs_data
@each_row
def test_every_gap_has_a_witness_that_a_deciding_rule_takes(judged: Judged) -> None:
    checks = checks_of(judged)
    for name, why in judged.why.items():
        witness = checks[name].evidence.witness
        assert isinstance(witness, Witness), name
        assert witness.decided_by in why.decided_by, name


@needs_data
@pytest.mark.parametrize(
    ("nsg", "check", "port"),
    [
        ("AI-Landing-Zones__bicep-main__2025-12-19-1", "sql", "1433"),
        ("apim-landing-zone-accelerator__networking-networking__2024-08-22", "sql", "1433"),
        ("apim-landing-zone-accelerator__networking-networking__2025-06-30", "sql", "1433"),
        ("bicep-registry-modules__max-dependencies__2025-12-25", "storage", "443"),
    ],
)
def test_a_mistyped_port_is_named(nsg: str, check: str, port: str) -> None:
    judged = next(row for row in JUDGED if row.nsg == nsg)
    (miss,) = checks_of(judged)[check].near_misses
    ((rule, _),) = judged.why[check].near_misses
    assert miss.message == f"`{rule}` would serve if its port were {port}"
