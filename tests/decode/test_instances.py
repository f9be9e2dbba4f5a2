"""Services and workspace gateways: every location, and no instance ever lost."""

from typing import Any

import pytest

from apim_audit.core.facts.estate import InstanceKind, Location, Subnet, Unreadable
from apim_audit.core.facts.models import NothingToJudge, network_model
from apim_audit.core.facts.requirements import NetworkModel, VirtualNetworkType
from apim_audit.decode import Decoded
from tests.decode.estates import GROUP, SERVICE_ID, SUBNET_ID, messages, nsg, only_instance, read, service, subnet, vnet

GATEWAY_ID = f"{GROUP}/providers/Microsoft.ApiManagement/gateways/gw-1"
MARKER = "Microsoft.WindowsAzure.ApiManagement.Service.Disabled"


def gateway(**changes: Any) -> dict[str, Any]:
    properties = {"backend": {"subnet": {"id": SUBNET_ID}}, "virtualNetworkType": "Internal", **changes}
    return {
        "id": GATEWAY_ID,
        "name": "gw-1",
        "type": "Microsoft.ApiManagement/gateways",
        "location": "westeurope",
        "sku": {"name": "WorkspaceGatewayPremium"},
        "properties": properties,
    }


def extra(name: object, **changes: Any) -> dict[str, Any]:
    return {"location": name, "platformVersion": "stv1", "sku": {"name": "Premium"}, **changes}


def test_a_service_as_arm_gives_it() -> None:
    decoded = read(service(), vnet(subnet()), nsg())
    instance = only_instance(decoded)
    assert (instance.id, instance.name) == (SERVICE_ID, "Contoso")
    assert (instance.subscription_id, instance.resource_group) == ("0000-11", "rg-Net")
    assert (instance.kind, instance.sku) == (InstanceKind.SERVICE, "Premium")
    assert instance.virtual_network_type is VirtualNetworkType.EXTERNAL
    assert (instance.unreadable, instance.provisioning_state) == ("", "Succeeded")
    assert not instance.disabled_by_migration
    (location,) = instance.locations
    assert (location.name, location.primary, location.platform_version) == ("West Europe", True, "stv2")
    assert location.subnet_id == SUBNET_ID
    assert not location.gateway_disabled


def test_locations_come_primary_first_then_by_name() -> None:
    others = [extra("West US"), extra("eastus", disableGateway=True), extra("East Asia")]
    instance = only_instance(read(service(additionalLocations=others), vnet(subnet()), nsg()))
    assert [location.name for location in instance.locations] == ["West Europe", "East Asia", "eastus", "West US"]
    assert [location.primary for location in instance.locations] == [True, False, False, False]
    assert [location.gateway_disabled for location in instance.locations] == [False, False, True, False]
    assert [location.platform_version for location in instance.locations] == ["stv2", "stv1", "stv1", "stv1"]


@pytest.mark.parametrize("changes", [{}, {"virtualNetworkConfiguration": None}, {"virtualNetworkConfiguration": {}}])
def test_an_additional_location_without_subnet_has_an_unreadable_one(changes: dict[str, Any]) -> None:
    decoded = read(service(additionalLocations=[extra("East US", **changes)]), vnet(subnet()), nsg())
    primary, other = only_instance(decoded).locations
    assert only_instance(decoded).unreadable == ""
    assert isinstance(primary.subnet, Subnet)
    assert (other.subnet_id, other.subnet) == (
        None,
        Unreadable(SERVICE_ID, "the subnet of East US is not named in the document"),
    )
    (entry,) = decoded.incomplete
    assert (entry.id, entry.reason, entry.needed) == (SERVICE_ID, "invalid", True)
    assert (
        "properties.additionalLocations[0].virtualNetworkConfiguration.subnetResourceId is missing: "
        "the subnet of East US is not named in the document; add it" in entry.message
    )


def test_an_additional_location_of_a_service_without_vnet_has_no_subnet_and_that_is_fine() -> None:
    bare = service(virtualNetworkType="None", virtualNetworkConfiguration=None, additionalLocations=[extra("East US")])
    decoded = read(bare)
    assert (only_instance(decoded).locations[1].subnet, decoded.incomplete) == (None, ())


def test_an_additional_location_has_its_own_subnet() -> None:
    other = extra("East US", virtualNetworkConfiguration={"subnetResourceId": SUBNET_ID.upper()})
    instance = only_instance(read(service(additionalLocations=[other]), vnet(subnet()), nsg()))
    assert instance.locations[1].subnet_id == SUBNET_ID.upper()
    assert isinstance(instance.locations[1].subnet, Subnet)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("External", VirtualNetworkType.EXTERNAL),
        ("internal", VirtualNetworkType.INTERNAL),
        (" NONE ", VirtualNetworkType.NONE),
    ],
)
def test_network_types_in_any_case(written: str, expected: VirtualNetworkType) -> None:
    instance = only_instance(read(service(virtualNetworkType=written), vnet(subnet()), nsg()))
    assert instance.virtual_network_type is expected
    assert not instance.unreadable


def test_a_service_without_vnet() -> None:
    decoded = read(service(virtualNetworkType=None, virtualNetworkConfiguration=None))
    instance = only_instance(decoded)
    assert instance.virtual_network_type is VirtualNetworkType.NONE
    assert instance.locations == (Location("West Europe", True, "stv2", None, None),)  # noqa: FBT003  (primary)
    assert (instance.unreadable, decoded.incomplete) == ("", ())


def test_a_service_in_a_vnet_that_names_no_subnet_has_an_unreadable_one() -> None:
    decoded = read(service(virtualNetworkConfiguration=None))
    instance = only_instance(decoded)
    assert instance.unreadable == ""
    expected = Unreadable(SERVICE_ID, "the subnet of West Europe is not named in the document")
    assert instance.locations[0].subnet == expected
    assert instance.locations[0].subnet_id is None
    (entry,) = decoded.incomplete
    assert "properties.virtualNetworkConfiguration.subnetResourceId is missing" in entry.message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"virtualNetworkType": None}, "properties.virtualNetworkType is missing"),
        ({"virtualNetworkType": "Outer"}, "virtualNetworkType 'Outer' is not None, External or Internal"),
        ({"virtualNetworkType": 1}, "virtualNetworkType 1 is not a text"),
    ],
)
def test_a_service_that_makes_no_sense_is_kept_and_unreadable(changes: dict[str, Any], told: str) -> None:
    decoded = read(service(**changes), vnet(subnet()), nsg())
    instance = only_instance(decoded)
    assert told in instance.unreadable
    assert any(told in message for message in messages(decoded))
    assert instance.locations[0].name == "West Europe"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("properties", None, "properties is missing"),
        ("properties", "x", "properties 'x' is not an object"),
        ("sku", None, "sku is missing"),
        ("sku", {}, "sku.name is missing"),
        ("sku", {"name": 3}, "sku.name 3 is not a text"),
        ("sku", {"name": "PremiumV9"}, "sku.name 'PremiumV9' is no tier that this version knows: correct it, or"),
    ],
)
def test_a_service_whose_head_makes_no_sense_keeps_a_location(field: str, value: object, told: str) -> None:
    decoded = read({**service(), field: value}, vnet(subnet()), nsg())
    instance = only_instance(decoded)
    assert told in instance.unreadable
    assert len(instance.locations) == 1
    assert instance.locations[0].primary
    assert instance.id == SERVICE_ID


def test_a_tier_that_nobody_knows_does_not_matter_where_there_is_no_network_or_of_a_gateway() -> None:
    unknown = {"sku": {"name": "PremiumV9"}}
    without = {**service(virtualNetworkType="None", virtualNetworkConfiguration=None), **unknown}
    assert only_instance(read(without)).unreadable == ""
    placed = {**service(virtualNetworkType="None"), **unknown}
    assert "PremiumV9" in only_instance(read(placed, vnet(subnet()), nsg())).unreadable
    assert only_instance(read({**gateway(), **unknown}, vnet(subnet()), nsg())).unreadable == ""


def whole(decoded: Decoded) -> list[tuple[str, bool]]:
    """Returns each location with whether its network can be judged."""
    return [(each.name, isinstance(each.subnet, Subnet)) for each in only_instance(decoded).locations]


WITH_SUBNET = {"virtualNetworkConfiguration": {"subnetResourceId": SUBNET_ID}}
BROKEN_PARTS: list[tuple[dict[str, Any], str]] = [
    ({"virtualNetworkConfiguration": "x"}, "virtualNetworkConfiguration 'x' is not an object"),
    ({"virtualNetworkConfiguration": {"subnetResourceId": 4}}, "subnetResourceId 4 is not a text"),
    ({"disableGateway": "no"}, "disableGateway 'no' is not true or false"),
]


@pytest.mark.parametrize(("changes", "told"), BROKEN_PARTS)
def test_what_is_wrong_with_a_location_concerns_that_one(changes: dict[str, Any], told: str) -> None:
    other = extra("East US", **WITH_SUBNET)
    primary = read(service(**changes, additionalLocations=[other]), vnet(subnet()), nsg())
    assert whole(primary) == [("West Europe", False), ("East US", True)]
    additional = read(service(additionalLocations=[other | changes]), vnet(subnet()), nsg())
    assert whole(additional) == [("West Europe", True), ("East US", False)]
    for decoded in (primary, additional):
        (entry,) = decoded.incomplete
        assert told in entry.message
        assert entry.needed
        assert only_instance(decoded).unreadable == ""
    subnet_there = only_instance(additional).locations[1].subnet
    assert isinstance(subnet_there, Unreadable)
    assert subnet_there.message.startswith("the location East US of Contoso cannot be understood: properties.addi")


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({}, "properties.additionalLocations {} is not a list"),
        ([3], "properties.additionalLocations[0] 3 is not an object"),
    ],
)
def test_a_location_that_is_none_is_listed_and_concerns_nothing_else(others: object, told: str) -> None:
    decoded = read(service(additionalLocations=others), vnet(subnet()), nsg())
    assert whole(decoded) == [("West Europe", True), ("(unknown)", False)]
    assert only_instance(decoded).unreadable == ""
    (entry,) = decoded.incomplete
    assert told in entry.message
    assert entry.needed


@pytest.mark.parametrize("name", [None, 1])
def test_a_location_without_a_name_has_an_unknown_region(name: object) -> None:
    other = extra("East US", **WITH_SUBNET)
    nameless = read({**service(additionalLocations=[other]), "location": name}, vnet(subnet()), nsg())
    assert [(each.name, each.region_known) for each in only_instance(nameless).locations] == [
        ("(unknown)", False),
        ("East US", True),
    ]
    assert [entry.needed for entry in nameless.incomplete] == [True]
    additional = read(service(additionalLocations=[other | {"location": name}]), vnet(subnet()), nsg())
    assert [each.region_known for each in only_instance(additional).locations] == [True, False]
    assert whole(additional) == [("West Europe", True), ("(unknown)", True)]


def test_a_platform_that_is_not_understood_is_not_determined() -> None:
    decoded = read(service(platformVersion=2), vnet(subnet()), nsg())
    instance = only_instance(decoded)
    assert network_model(instance, instance.locations[0]) is NetworkModel.UNDETERMINED
    assert instance.locations[0].platform_version == "2"
    assert "platformVersion 2 is not a text" in messages(decoded)[0]
    assert [entry.needed for entry in decoded.incomplete] == [True]


@pytest.mark.parametrize(
    "changes",
    [
        {"platformVersion": 2},
        {"disableGateway": "no"},
        {"virtualNetworkConfiguration": "x"},
        {"additionalLocations": [3]},
        {"additionalLocations": {}},
    ],
)
def test_what_is_wrong_with_a_service_in_no_vnet_is_only_reported(changes: dict[str, Any]) -> None:
    decoded = read(service(**{"virtualNetworkConfiguration": None, **changes}, virtualNetworkType="None"))
    instance = only_instance(decoded)
    assert instance.unreadable == ""
    assert {isinstance(network_model(instance, each), NothingToJudge) for each in instance.locations} == {True}
    assert [(entry.reason, entry.needed) for entry in decoded.incomplete] == [("invalid", False)]


def test_a_network_that_is_not_understood_needs_a_network_type() -> None:
    decoded = read(service(virtualNetworkConfiguration="x", virtualNetworkType=None))
    assert "virtualNetworkType is missing" in only_instance(decoded).unreadable


@pytest.mark.parametrize(
    ("part", "value"),
    [("properties", {"customProperties": []}), ("properties", {"provisioningState": []}), ("name", 1)],
)
def test_what_no_verdict_rests_on_is_only_reported(part: str, value: Any) -> None:
    body = service(**value) if part == "properties" else {**service(), part: value}
    decoded = read(body, vnet(subnet()), nsg())
    assert only_instance(decoded).unreadable == ""
    assert whole(decoded) == [("West Europe", True)]
    assert [(entry.reason, entry.needed) for entry in decoded.incomplete] == [("invalid", False)]


def test_everything_wrong_with_a_service_is_told_at_once() -> None:
    bad = {**service(platformVersion=1, disableGateway="x"), "sku": 5, "location": []}
    told = "\n".join(messages(read(bad, vnet(subnet()), nsg())))
    for field in ("platformVersion 1", "disableGateway 'x'", "sku 5", "location []"):
        assert field in told


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({MARKER: "True"}, True),
        ({MARKER.upper(): "true"}, True),
        ({MARKER: True}, True),
        ({MARKER: "False"}, False),
        ({MARKER: False}, False),
        ({MARKER: None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_the_marker_of_an_automatic_migration(properties: object, expected: bool) -> None:  # noqa: FBT001  (a table)
    instance = only_instance(read(service(customProperties=properties), vnet(subnet()), nsg()))
    assert instance.disabled_by_migration is expected


def test_a_workspace_gateway_as_arm_gives_it() -> None:
    instance = only_instance(read(gateway(), vnet(subnet()), nsg()))
    assert (instance.kind, instance.sku) == (InstanceKind.GATEWAY, "WorkspaceGatewayPremium")
    assert instance.virtual_network_type is VirtualNetworkType.INTERNAL
    assert isinstance(instance.locations[0].subnet, Subnet)
    assert instance.locations[0].primary
    assert instance.locations[0].platform_version is None


@pytest.mark.parametrize("backend", [None, {}, {"subnet": None}])
def test_a_workspace_gateway_without_subnet(backend: object) -> None:
    decoded = read(gateway(backend=backend, virtualNetworkType=None))
    instance = only_instance(decoded)
    assert (instance.locations[0].subnet, instance.unreadable, decoded.incomplete) == (None, "", ())


def test_a_workspace_gateway_need_not_tell_its_network_type() -> None:
    instance = only_instance(read(gateway(virtualNetworkType=None), vnet(subnet()), nsg()))
    assert instance.unreadable == ""
    assert isinstance(instance.locations[0].subnet, Subnet)


INJECTION, INTEGRATION = "Microsoft.Web/hostingEnvironments", "Microsoft.Web/serverFarms"


def delegated(name: str) -> list[dict[str, Any]]:
    return [{"name": "d", "properties": {"serviceName": name}}]


@pytest.mark.parametrize("sku", ["BasicV2", "StandardV2", "PremiumV2"])
@pytest.mark.parametrize("platform", [None, "undetermined", "stv2.1"])
@pytest.mark.parametrize(
    ("delegation", "attachment", "model"),
    [
        (INJECTION, "Internal", NetworkModel.V2_INJECTION),
        (INTEGRATION, "External", NetworkModel.V2_INTEGRATION),
    ],
)
def test_services_of_the_v2_tiers(
    sku: str, platform: str | None, delegation: str, attachment: str, model: NetworkModel
) -> None:
    body = {**service(platformVersion=platform, virtualNetworkType=attachment), "sku": {"name": sku, "capacity": 1}}
    decoded = read(body, vnet(subnet(delegations=delegated(delegation))), nsg())
    instance = only_instance(decoded)
    assert (instance.sku, instance.unreadable, decoded.incomplete) == (sku, "", ())
    assert network_model(instance, instance.locations[0]) is model


@pytest.mark.parametrize("delegation", [INJECTION, INTEGRATION])
@pytest.mark.parametrize("kind", ["Microsoft.ApiManagement/gateways", "MICROSOFT.APIMANAGEMENT/GATEWAYS", None])
def test_workspace_gateways_with_their_subnets(delegation: str, kind: str | None) -> None:
    decoded = read({**gateway(), "type": kind}, vnet(subnet(delegations=delegated(delegation))), nsg())
    instance = only_instance(decoded)
    (location,) = instance.locations
    assert (instance.unreadable, decoded.incomplete) == ("", ())
    assert location.subnet_id == SUBNET_ID
    assert getattr(location.subnet, "delegations", ()) == (delegation,)
    assert network_model(instance, location) is NetworkModel.WORKSPACE_GATEWAY


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        ("x", "properties.backend 'x' is not an object"),
        ({"subnet": "x"}, "properties.backend.subnet 'x' is not an object"),
        ({"subnet": {"id": 3}}, "properties.backend.subnet.id 3 is not a text"),
    ],
)
def test_a_workspace_gateway_that_makes_no_sense_is_kept_and_unreadable(backend: object, told: str) -> None:
    instance = only_instance(read(gateway(backend=backend)))
    assert told in instance.unreadable


def test_instances_come_by_id_in_any_letter_case() -> None:
    ids = [SERVICE_ID.replace("Contoso", name) for name in ("b", "A", "C")]
    decoded = read(*(service(each) for each in ids), gateway(), vnet(subnet()), nsg())
    assert [instance.name for instance in decoded.estate.instances] == ["gw-1", "A", "b", "C"]
