"""Changes laid over documents: what is left is what ARM would leave."""

from typing import Any

import pytest

from apim_audit.core.facts.findings import Origin
from apim_audit.plan import Action, Plan, PlannedChange, Writing, overlay
from apim_audit.plan.model import UNTOLD_SUBSCRIPTION
from apim_audit.snapshot import Snapshot, SourcedDocument, unknown
from tests.decode.estates import (
    GROUP,
    NETWORK,
    NSG_ID,
    SERVICE_ID,
    SUBNET_ID,
    TABLE_ID,
    VNET_ID,
    nsg,
    peering,
    rule,
    service,
    subnet,
    table,
    vnet,
)

Json = dict[str, Any]
RULE_ID = f"{NSG_ID}/securityRules/AllowMail"
REMOTE_ID = f"{NETWORK}/virtualNetworks/vnet-b"


def snapshot(*documents: Json) -> Snapshot:
    return Snapshot(tuple(SourcedDocument("onto.json", document) for document in documents))


def change(
    action: Action, resource_id: str, body: Json | None = None, writing: Writing = Writing.WHOLE
) -> PlannedChange:
    return PlannedChange(action, resource_id, body, Origin("plan.json"), writing)


def laid(current: Snapshot, *changes: PlannedChange) -> dict[str, Json]:
    planned = overlay(current, Plan(changes)).planned
    return {document.body["id"]: document.body for document in planned.documents}


def names(group: Json, field: str = "securityRules") -> list[str]:
    return [each["name"] for each in group["properties"][field]]


def test_documents_that_no_change_names_are_the_same_objects() -> None:
    current = snapshot(service(), vnet(subnet()), nsg(rule()))
    planned = overlay(current, Plan(())).planned
    assert [each.body for each in planned.documents] == [each.body for each in current.documents]
    assert all(a.body is b.body for a, b in zip(planned.documents, current.documents, strict=True))


def test_the_documents_that_are_given_are_never_altered() -> None:
    document = nsg(rule())
    laid(snapshot(document), change(Action.DELETE, RULE_ID), change(Action.CREATE, RULE_ID + "2", rule("B")))
    assert document == nsg(rule())


@pytest.mark.parametrize("spelling", [str, str.upper, str.lower])
def test_a_rule_comes_goes_and_changes_in_its_nsg(spelling: Any) -> None:
    current = snapshot(nsg(rule("A"), rule("B")))
    a, c = spelling(f"{NSG_ID}/securityRules/A"), spelling(f"{NSG_ID}/securityRules/C")
    found = laid(
        current,
        change(Action.DELETE, a),
        change(Action.CREATE, c, rule("C")),
        change(Action.UPDATE, f"{NSG_ID}/securityRules/B", rule("B", priority=7)),
    )
    assert list(found) == [NSG_ID]
    assert names(found[NSG_ID]) == ["B", "C"]
    assert found[NSG_ID]["properties"]["securityRules"][0]["properties"]["priority"] == 7


def test_a_part_replaces_the_members_that_it_names() -> None:
    body = {"properties": {"networkSecurityGroup": {"id": "x"}, "delegations": []}}
    found = laid(snapshot(vnet(subnet())), change(Action.UPDATE, SUBNET_ID, body, Writing.PART))
    (inside,) = found[VNET_ID]["properties"]["subnets"]
    assert inside["properties"]["networkSecurityGroup"] == {"id": "x"}
    assert inside["properties"]["delegations"] == []
    assert inside["properties"]["addressPrefix"] == "10.0.1.0/24"


def test_a_part_of_what_nobody_knows_is_left_out_and_told() -> None:
    body = {"properties": {"securityRules": [rule()]}}
    over = overlay(snapshot(), Plan((change(Action.UPDATE, NSG_ID, body, Writing.PART),)))
    assert not over.planned.documents
    (entry,) = over.planned.incomplete
    assert (entry.id, entry.reason, entry.needed) == (NSG_ID, "state-not-known", False)


def test_what_is_created_in_part_is_created_whole() -> None:
    found = laid(snapshot(), change(Action.CREATE, VNET_ID, vnet(subnet()), Writing.PART))
    assert names(found[VNET_ID], "subnets") == ["snet-apim"]


def test_a_child_whose_parent_is_nowhere_stands_alone() -> None:
    assert list(laid(snapshot(), change(Action.CREATE, RULE_ID, rule()))) == [rule()["id"]]


def test_an_nsg_that_is_written_has_the_rules_that_it_names_and_no_others() -> None:
    loose = {**rule("Loose"), "id": f"{NSG_ID}/securityRules/Loose"}
    written = nsg(rule("New"))
    assert names(laid(snapshot(nsg(rule()), loose), change(Action.UPDATE, NSG_ID, written))[NSG_ID]) == ["New"]
    bare = {**written, "properties": {}}
    found = laid(snapshot(nsg(rule()), loose), change(Action.UPDATE, NSG_ID, bare))
    assert found[NSG_ID]["properties"]["securityRules"] == []
    assert loose["id"] not in laid(snapshot(nsg(), loose), change(Action.UPDATE, NSG_ID, written))


def test_a_vnet_that_is_written_without_subnets_keeps_them() -> None:
    written = vnet(subnets=None, virtualNetworkPeerings=None)
    found = laid(snapshot(vnet(subnet(), virtualNetworkPeerings=[peering()])), change(Action.UPDATE, VNET_ID, written))
    assert names(found[VNET_ID], "subnets") == ["snet-apim"]
    assert names(found[VNET_ID], "virtualNetworkPeerings") == ["hub"]


def test_a_resource_goes_with_its_children() -> None:
    found = laid(snapshot(vnet(), subnet(f"{VNET_ID}/subnets/other"), nsg()), change(Action.DELETE, VNET_ID.upper()))
    assert list(found) == [NSG_ID]


def test_a_route_goes_into_its_table() -> None:
    route = {"name": "r", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "Internet"}}
    found = laid(snapshot(table()), change(Action.CREATE, f"{TABLE_ID}/routes/r", route))
    assert names(found[TABLE_ID], "routes") == ["r"]


def test_azure_keeps_what_only_azure_writes() -> None:
    gateway = subnet(f"{VNET_ID}/subnets/GatewaySubnet", ipConfigurations=[{"id": "g"}])
    current = snapshot(service(additionalLocations=[{"location": "East US", "platformVersion": "stv1"}]), vnet(gateway))
    bare = service(platformVersion=None, additionalLocations=[{"location": "eastus"}, {"location": "northeurope"}])
    plain = vnet(subnet(f"{VNET_ID}/subnets/GatewaySubnet"))
    found = laid(current, change(Action.UPDATE, SERVICE_ID, bare), change(Action.UPDATE, VNET_ID, plain))
    properties = found[SERVICE_ID]["properties"]
    assert properties["platformVersion"] == "stv2"
    assert [each["platformVersion"] for each in properties["additionalLocations"]] == ["stv1", "stv2"]
    assert found[VNET_ID]["properties"]["subnets"][0]["properties"]["ipConfigurations"] == [{"id": "g"}]


def test_an_instance_of_which_no_platform_is_known_gets_none() -> None:
    found = laid(snapshot(), change(Action.UPDATE, SERVICE_ID, service(platformVersion=None)))
    assert found[SERVICE_ID]["properties"]["platformVersion"] is None


def test_what_is_there_counts_only_where_the_current_state_does_not_know_it() -> None:
    there = change(Action.NO_CHANGE, NSG_ID, nsg(rule("Plan")))
    assert names(laid(snapshot(nsg(rule("State"))), there)[NSG_ID]) == ["State"]
    assert names(laid(snapshot(), there)[NSG_ID]) == ["Plan"]
    lone = change(Action.NO_CHANGE, RULE_ID, rule())
    assert names(laid(snapshot(nsg()), lone)[NSG_ID]) == []


def test_what_is_not_told_is_filled_in_by_what_is() -> None:
    bare = change(Action.NO_CHANGE, SUBNET_ID, subnet(networkSecurityGroup=unknown("the NSG")))
    more = change(Action.NO_CHANGE, SUBNET_ID, {"properties": {"networkSecurityGroup": {"id": NSG_ID}}}, Writing.PART)
    assert laid(snapshot(), bare, more)[SUBNET_ID]["properties"]["networkSecurityGroup"] == {"id": NSG_ID}


def remote(*peerings: Json, space: str = "10.9.0.0/16") -> Json:
    document = vnet(addressSpace={"addressPrefixes": [space]}, virtualNetworkPeerings=list(peerings))
    return {**document, "id": REMOTE_ID, "name": "vnet-b"}


def new_peering(network: str, to: str) -> PlannedChange:
    body = peering("p", peeringState=None, remoteAddressSpace=None, remoteVirtualNetworkAddressSpace=None)
    body["properties"]["remoteVirtualNetwork"] = {"id": to}
    return change(
        Action.CREATE, f"{network}/virtualNetworkPeerings/p", {**body, "id": f"{network}/virtualNetworkPeerings/p"}
    )


def the_peering(found: dict[str, Json], network: str = VNET_ID) -> Json:
    (only,) = found[network]["properties"]["virtualNetworkPeerings"]
    properties: Json = only["properties"]
    return properties


def test_a_peering_is_connected_once_both_sides_have_it() -> None:
    both = laid(snapshot(vnet(), remote()), new_peering(VNET_ID, REMOTE_ID), new_peering(REMOTE_ID, VNET_ID))
    assert the_peering(both)["peeringState"] == "Connected"
    assert the_peering(both)["remoteAddressSpace"] == {"addressPrefixes": ["10.9.0.0/16"]}
    one = laid(snapshot(vnet(), remote()), new_peering(VNET_ID, REMOTE_ID))
    assert the_peering(one)["peeringState"] == "Initiated"
    elsewhere = laid(snapshot(vnet()), new_peering(VNET_ID, REMOTE_ID))
    assert "peered with this one" in the_peering(elsewhere)["peeringState"]["$unknown"]


def connected() -> Snapshot:
    here, there = peering(), peering("back")
    here["properties"]["remoteVirtualNetwork"] = {"id": REMOTE_ID}
    there["properties"]["remoteVirtualNetwork"] = {"id": VNET_ID}
    there["id"] = f"{REMOTE_ID}/virtualNetworkPeerings/back"
    return snapshot(vnet(virtualNetworkPeerings=[here]), remote(there))


def test_a_peering_whose_other_side_goes_is_disconnected() -> None:
    gone = change(Action.DELETE, f"{REMOTE_ID}/virtualNetworkPeerings/back")
    assert the_peering(laid(connected(), gone))["peeringState"] == "Disconnected"


def test_a_remote_vnet_that_grows_is_not_in_sync() -> None:
    grown = {"properties": {"addressSpace": {"addressPrefixes": ["10.8.0.0/15"]}}}
    found = the_peering(laid(connected(), change(Action.UPDATE, REMOTE_ID, grown, Writing.PART)))
    assert (found["peeringState"], found["peeringSyncLevel"]) == ("Connected", "RemoteNotInSync")
    assert found["remoteVirtualNetworkAddressSpace"] == {"addressPrefixes": ["10.8.0.0/15"]}


def test_a_gateway_that_comes_stands_in_its_subnet() -> None:
    gateway_id, subnet_id = f"{NETWORK}/virtualNetworkGateways/g", f"{VNET_ID}/subnets/GatewaySubnet"
    configuration = {"properties": {"subnet": {"id": subnet_id}}}
    body: Json = {"id": gateway_id, "properties": {"ipConfigurations": [configuration]}}
    current = snapshot(vnet(subnet(subnet_id)))
    found = laid(current, change(Action.CREATE, gateway_id, body))
    assert found[VNET_ID]["properties"]["subnets"][0]["properties"]["ipConfigurations"]


def untold(resource_id: str) -> str:
    return resource_id.replace("0000-11", UNTOLD_SUBSCRIPTION)


def test_an_id_without_subscription_is_that_of_the_current_state() -> None:
    found = laid(snapshot(nsg(rule("A"))), change(Action.CREATE, untold(f"{NSG_ID}/securityRules/B"), rule("B")))
    assert names(found[NSG_ID]) == ["A", "B"]


def test_a_subscription_that_may_be_any_of_several_stays_open() -> None:
    twin = nsg(nsg_id=NSG_ID.replace("0000-11", "0000-12"))
    over = overlay(
        snapshot(nsg(), twin, service()), Plan((change(Action.CREATE, untold(f"{NSG_ID}/securityRules/B"), rule("B")),))
    )
    (entry,) = over.planned.incomplete
    assert entry.needed
    assert "several that may be meant: 0000-11, 0000-12" in entry.message
    assert GROUP not in str([each.body["id"] for each in over.planned.documents[3:]])


def test_whether_a_vnet_is_peered_back_is_not_guessed() -> None:
    silent = remote()
    silent["properties"] = {"addressSpace": silent["properties"]["addressSpace"]}  # it tells no peerings
    found = the_peering(laid(snapshot(vnet(), silent), new_peering(VNET_ID, REMOTE_ID)))
    assert "peered with this one" in found["peeringState"]["$unknown"]
    created = change(Action.CREATE, REMOTE_ID, silent)
    assert the_peering(laid(snapshot(vnet()), created, new_peering(VNET_ID, REMOTE_ID)))["peeringState"] == "Initiated"
