"""Real documents: Azure's own examples, and NSGs out of published templates."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apim_audit.core.facts.estate import NetworkSecurityGroup
from apim_audit.core.facts.rules import ALL_PORTS
from tests.decode.estates import NSG_ID, nsg_of, read, service, subnet, vnet

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
ABSENT = "the public test data are not beside the checkout (shared/data)"
NSG_FILES = sorted(path for path in (DATA / "nsg").glob("*.json") if path.name != "INDEX.json")
ARM_FILES = sorted((DATA / "arm").glob("*.json"))

needs_data = pytest.mark.skipif(not NSG_FILES, reason=ABSENT)


def bodies(example: dict[str, Any]) -> Iterator[Any]:
    """Yields the resources in the answers of an example of the REST API's specification."""
    for answer in example["responses"].values():
        body = answer.get("body")
        many = body.get("value") or body.get("data") if isinstance(body, dict) else None
        yield from many if isinstance(many, list) else [body]


@needs_data
def test_there_are_24_nsgs() -> None:
    assert len(NSG_FILES) == 24


@needs_data
@pytest.mark.parametrize("path", NSG_FILES, ids=lambda path: path.stem)
def test_nsgs_of_published_templates_are_understood(path: Path) -> None:
    body = json.loads(path.read_text(encoding="utf-8"))
    decoded = read(service(), vnet(subnet()), {**body, "id": NSG_ID})
    group = nsg_of(decoded)
    assert decoded.incomplete == ()
    assert isinstance(group, NetworkSecurityGroup)
    assert [rule.name for rule in group.rules] == [rule["name"] for rule in body["properties"]["securityRules"]]
    assert all(rule.source_ports == ALL_PORTS and rule.destination_ports for rule in group.rules)
    assert all(rule.source.expressions and rule.destination.expressions for rule in group.rules)


@needs_data
@pytest.mark.parametrize("path", NSG_FILES, ids=lambda path: path.stem)
def test_an_nsg_without_id_is_read_as_well(path: Path) -> None:
    (entry,) = read(json.loads(path.read_text(encoding="utf-8"))).incomplete
    assert "id is missing" in entry.message
    assert not entry.needed


@needs_data
@pytest.mark.parametrize("path", ARM_FILES, ids=lambda path: path.stem)
def test_examples_of_arm_are_read(path: Path) -> None:
    documents = list(bodies(json.loads(path.read_text(encoding="utf-8"))))
    decoded = read(*documents)
    services = {
        str(body["id"]).lower()
        for body in documents
        if isinstance(body, dict) and body.get("type") == "Microsoft.ApiManagement/service"
    }
    assert {instance.id.lower() for instance in decoded.estate.instances} == services
    assert all(not instance.unreadable for instance in decoded.estate.instances)


@needs_data
def test_the_multi_region_example() -> None:
    path = DATA / "arm" / "apim-2024-05-01-ServiceGetMultiRegionInternalVnet.json"
    (instance,) = read(*bodies(json.loads(path.read_text(encoding="utf-8")))).estate.instances
    assert [location.name for location in instance.locations] == ["West US", "West US 2"]
    assert [location.platform_version for location in instance.locations] == [None, None]
    assert [(location.subnet_id or "").rpartition("/")[2] for location in instance.locations] == [
        "apim-subnet",
        "apim-internal-sub",
    ]
    assert instance.virtual_network_type.value == "Internal"
