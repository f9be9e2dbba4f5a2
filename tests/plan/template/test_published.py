"""Published templates evaluate whole, and to the NSGs that were converted from them."""

from collections.abc import Iterable
from typing import Any

import pytest

from apim_audit.core.facts.reports import Report
from apim_audit.plan.model import Plan
from apim_audit.run import audit
from apim_audit.snapshot import Document, Snapshot, SourcedDocument
from tests.plan.template.published import ABSENT, CONTEXT, Published, published, rules_of

ALL = published()
SUBNET = (
    f"/subscriptions/{CONTEXT.subscription_id}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
)

pytestmark = pytest.mark.skipif(not ALL, reason=ABSENT)
every_template = pytest.mark.parametrize("case", ALL, ids=lambda case: case.nsg.stem)


def normal(rule: dict[str, Any]) -> dict[str, Any]:
    return {"name": rule["name"], **{key: value for key, value in rule["properties"].items() if key != "description"}}


def judged(group: Document) -> Report:
    """Returns the verdicts on an NSG round an instance of every network type."""
    subnet = {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": group["id"]}}
    network = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "s", "properties": subnet}]}
    documents: list[Document] = [
        group,
        {"id": SUBNET.rpartition("/subnets")[0], "type": "Microsoft.Network/virtualNetworks", "properties": network},
    ]
    return audit(snapshot([*documents, *(instance(network_type) for network_type in ("External", "Internal"))]))


def instance(network_type: str) -> Document:
    return {
        "id": f"{SUBNET.partition('/providers')[0]}/providers/Microsoft.ApiManagement/service/{network_type}",
        "name": network_type,
        "type": "Microsoft.ApiManagement/service",
        "location": "westeurope",
        "sku": {"name": "Premium"},
        "properties": {
            "platformVersion": "stv2",
            "virtualNetworkType": network_type,
            "virtualNetworkConfiguration": {"subnetResourceId": SUBNET},
        },
    }


def snapshot(documents: Iterable[Document]) -> Snapshot:
    return Snapshot(tuple(SourcedDocument("test", body) for body in documents))


def verdicts(report: Report) -> list[tuple[str, str, str]]:
    return [(check.id, str(check.verdict), check.message) for check in report.checks()]


@every_template
def test_its_nsg_equals_the_conversion_rule_by_rule(case: Published) -> None:
    rules = rules_of(case.group(case.plan()))
    assert [normal(rule) for rule in rules] == [normal(rule) for rule in case.rules]


@every_template
def test_each_rule_is_found_on_its_line(case: Published) -> None:
    group = case.group(case.plan())
    lines = case.text.splitlines()
    names = {rule["name"] for rule in rules_of(group)}
    assert set(group.rule_origins) == names
    for name, origin in group.rule_origins.items():
        assert origin.file == case.template.name
        assert origin.line is not None
        assert f'"{name}"' in " ".join(lines[origin.line - 1 : origin.line + 3])


@every_template
def test_verdicts_equal_those_on_the_conversion(case: Published) -> None:
    group = case.group(case.plan()).body
    assert group is not None
    assert verdicts(judged(group)) == verdicts(
        judged({"id": group["id"], "type": group["type"], "properties": {"securityRules": case.rules}})
    )


@every_template
def test_it_evaluates_whole(case: Published) -> None:
    """Only what an answer of Azure, a missing parameter or a linked template would tell stays open."""
    open_ends = [each.message for each in case.plan().incomplete if each.reason == "not-evaluated"]
    assert [message for message in open_ends if "its template is not at hand" not in message] == []


@pytest.mark.parametrize("case", [case for case in ALL if "virtual" in case.text and "service" in case.text], ids=str)
def test_instances_of_a_whole_template_are_judged(case: Published) -> None:
    report = audit(snapshot(as_new(case.plan())))
    for location in report.locations():
        assert location.network_security_group_id is not None
        assert "unknown" not in {check.verdict for check in location.checks if check.id == "management"}


def as_new(plan: Plan) -> list[Document]:
    """Returns what a plan writes where there is nothing yet: a new instance is stv2."""
    documents = [change.body for change in plan.changes if change.body is not None]
    for body in documents:
        if body["type"].lower() == "microsoft.apimanagement/service":
            body["properties"]["platformVersion"] = "stv2"
    return documents
