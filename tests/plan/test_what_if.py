"""What-If answers in every shape in which tools print them."""

from typing import Any

import pytest

from apim_audit.errors import NoAuditError
from apim_audit.plan.model import Action, Plan, Writing
from apim_audit.plan.what_if import is_what_if, read_what_if
from apim_audit.run import audit
from apim_audit.snapshot import Snapshot, SourcedDocument, unknown_name

GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
SERVICE = f"{GROUP}/providers/Microsoft.ApiManagement/service/a"


def change(kind: str = "Create", identity: str = NSG, **members: Any) -> dict[str, Any]:
    """Returns one change as the REST API writes it."""
    return {"resourceId": identity, "changeType": kind, **members}


def after(**properties: Any) -> dict[str, Any]:
    """Returns the state that is predicted for a resource."""
    return {"after": {"apiVersion": "2024-05-01", "name": "x", "properties": properties}}


def read(*changes: Any, **members: Any) -> Plan:
    return read_what_if("what-if.json", {"status": "Succeeded", "changes": list(changes), **members})


def written(plan: Plan) -> dict[str, Any]:
    (planned,) = plan.changes
    assert planned.body is not None
    return planned.body


def test_a_resource_is_created_whole() -> None:
    plan = read(change(**after(securityRules=[])))
    assert plan.incomplete == ()
    assert [(each.action, each.id, each.writing, each.origin.file) for each in plan.changes] == [
        (Action.CREATE, NSG, Writing.WHOLE, "what-if.json")
    ]
    body = written(plan)
    assert body["id"] == NSG
    assert body["type"] == "Microsoft.Network/networkSecurityGroups"


def test_a_resource_is_changed_to_what_is_predicted() -> None:
    plan = read(change("Modify", before={"properties": {"securityRules": [1]}}, **after(securityRules=[])))
    assert plan.changes[0].action is Action.UPDATE
    assert written(plan)["properties"]["securityRules"] == []


def test_a_resource_is_deleted() -> None:
    (planned,) = read(change("Delete", before={"id": NSG})).changes
    assert (planned.action, planned.body) == (Action.DELETE, None)


@pytest.mark.parametrize("kind", ["NoChange", "Ignore", "nochange", "NoEffect"])
def test_what_stays_as_it_is_is_no_change(kind: str) -> None:
    assert read(change(kind, before={}, **after())) == Plan(())


def test_other_resource_types_are_passed_over() -> None:
    assert read(change(identity=f"{GROUP}/providers/Microsoft.Web/sites/x", **after())) == Plan(())


@pytest.mark.parametrize("kind", ["Deploy", "Unsupported", "SomethingNew", ""])
def test_what_is_not_predicted_is_unknown_and_told(kind: str) -> None:
    plan = read(change(kind, unsupportedReason="because"))
    assert unknown_name(written(plan)["properties"]) is not None
    assert "because" in plan.incomplete[0].message
    assert plan.incomplete[0].id == NSG


def test_a_change_of_ids_only_is_unknown() -> None:
    assert unknown_name(written(read(change("Modify")))["properties"]) is not None


def test_a_resource_without_id_is_needed() -> None:
    plan = read({"changeType": "Unsupported", "resourceId": "[concat(reference('x').id, '/y')]"})
    assert plan.changes == ()
    assert plan.incomplete[0].needed


def test_what_changes_perhaps_is_unknown() -> None:
    plan = read(potentialChanges=[change("Delete"), change("Ignore", VNET)])
    assert unknown_name(written(plan)["properties"]) is not None


def test_expressions_that_were_not_evaluated_are_unknown() -> None:
    rules = [{"name": "r", "properties": {"sourceAddressPrefix": "[reference('ip').ipAddress]", "description": "[[x]"}}]
    (rule,) = written(read(change(**after(securityRules=rules))))["properties"]["securityRules"]
    assert unknown_name(rule["properties"]["sourceAddressPrefix"]) == "reference('ip').ipAddress"
    assert rule["properties"]["description"] == "[[x]"


@pytest.mark.parametrize(("version", "kept"), [("2024-05-01", True), ("2023-04-01", False)])
def test_a_vnet_keeps_what_azure_keeps(version: str, kept: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    before = {"properties": {"subnets": [{"name": "s"}], "virtualNetworkPeerings": [{"name": "p"}]}}
    predicted = {"after": {"apiVersion": version, "properties": {"addressSpace": {}}}}
    properties = written(read(change("Modify", VNET, before=before, **predicted)))["properties"]
    assert properties["virtualNetworkPeerings"] == [{"name": "p"}]
    assert (properties["subnets"] == [{"name": "s"}]) is kept if kept else properties.get("subnets") is None


def test_an_nsg_without_rules_has_none() -> None:
    assert written(read(change(**after())))["properties"]["securityRules"] == []


def test_what_stands_in_a_resource_is_written_after_it() -> None:
    plan = read(change(identity=f"{VNET}/subnets/s", **after()), change(identity=VNET, **after(addressSpace={})))
    assert [each.id for each in plan.changes] == [VNET, f"{VNET}/subnets/s"]


@pytest.mark.parametrize(
    "body",
    [
        {"changes": [change(**after(securityRules=[]))]},
        {"status": "Succeeded", "properties": {"changes": [change(**after(securityRules=[]))]}},
        {"changes": [{"resource_id": NSG, "change_type": "Create", **after(securityRules=[])}], "error": None},
        {
            "Status": "Succeeded",
            "Changes": [{"FullyQualifiedResourceId": NSG, "ChangeType": "Create", "After": after()["after"]}],
        },
        {"changes": [{"changeType": "Create", "after": {**after()["after"], "id": NSG}}]},
    ],
)  # fmt: skip
def test_every_tool_s_shape_is_read(body: dict[str, Any]) -> None:
    assert is_what_if(body)
    assert [each.id for each in read_what_if("f", body).changes] == [NSG]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"status": "Failed", "error": {"code": "Invalid", "message": "no\x1b good"}}, "failed: Invalid, no"),
        ({"error": {"code": "AuthorizationFailed"}}, "an error of Azure: AuthorizationFailed"),
        ({"resource_changes": []}, "no list"),
        ([], "no list"),
        (None, "no list"),
        ({"properties": {"changes": 5}}, "no list"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_one_error(body: object, problem: str) -> None:
    with pytest.raises(NoAuditError, match=problem) as caught:
        read_what_if("what-if.json", body)
    assert "\x1b" not in str(caught.value)
    assert not is_what_if(body)


@pytest.mark.parametrize("entry", [5, None, {}, [], {"resourceId": 5}, {"resourceId": NSG, "after": 5}])
def test_changes_of_any_shape_do_not_crash(entry: object) -> None:
    assert len(read(entry).incomplete) == 1


def test_deployments_that_azure_did_not_look_into_are_needed() -> None:
    plan = read(
        diagnostics=[{"code": "NestedDeploymentShortCircuited", "message": "m", "target": "/d"}, {"code": "Other"}]
    )
    assert [(entry.id, entry.needed) for entry in plan.incomplete] == [("/d", True)]
    assert plan.notes == ("what-if.json: Azure says of the What-If: Other",)


def test_deep_values_do_not_crash() -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"x": deep}
    assert read(change(**after(x=deep))).incomplete == ()


def test_created_instances_can_be_judged() -> None:
    subnet = {"name": "s", "properties": {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": NSG}}}
    service = {
        "id": SERVICE, "name": "a", "location": "westeurope", "sku": {"name": "Premium"},
        "properties": {
            "platformVersion": "stv2", "virtualNetworkType": "Internal",
            "virtualNetworkConfiguration": {"subnetResourceId": f"{VNET}/subnets/s"},
        },
    }  # fmt: skip
    plan = read(
        change(identity=VNET, **after(addressSpace={"addressPrefixes": ["10.0.0.0/16"]}, subnets=[subnet])),
        change(**after()),
        change(identity=SERVICE, after=service),
    )
    report = audit(Snapshot(tuple(SourcedDocument("f", each.body) for each in plan.changes if each.body)))
    assert report.incomplete == ()
    assert {str(check.verdict) for check in report.checks() if check.id == "management"} == {"missing"}
