"""VNets, subnets and route tables: joined by id, never guessed where something is not there."""

from typing import Any

import pytest

from apim_audit.core.facts.estate import Location, Route, RouteTable, Unreadable
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.sets.addresses import parse_span
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.decode import Decoded
from tests.decode.estates import (
    NETWORK,
    NSG_ID,
    SUBNET_ID,
    TABLE_ID,
    VNET_ID,
    messages,
    nsg,
    nsg_of,
    only_instance,
    peering,
    read,
    rule,
    service,
    subnet,
    subnet_of,
    table,
    table_of,
    vnet,
    vnet_of,
)

GATEWAY_ID = f"{VNET_ID}/subnets/GatewaySubnet"
ROUTE = {"name": "r", "properties": {"addressPrefix": " 0.0.0.0/0 ", "nextHopType": "VirtualAppliance"}}


def span(text: str) -> tuple[int, int]:
    found = parse_span(text)
    assert found is not None
    return found


def spans(*texts: str) -> IntervalSet:
    return IntervalSet.union_of(map(span, texts))


def location_of(decoded: Decoded) -> Location:
    return only_instance(decoded).locations[0]


def test_a_subnet_as_arm_gives_it() -> None:
    found = subnet_of(read(service(), vnet(subnet()), nsg()))
    assert found.id == SUBNET_ID
    assert found.prefixes == (span("10.0.1.0/24"),)
    assert found.delegations == ("Microsoft.Web/serverFarms",)
    assert found.service_endpoints == ("Microsoft.Storage",)
    assert found.route_table is None


@pytest.mark.parametrize(
    ("singular", "plural", "expected"),
    [
        ("10.0.1.0/24", None, ["10.0.1.0/24"]),
        (None, ["10.0.1.0/24", "10.0.3.0/24"], ["10.0.1.0/24", "10.0.3.0/24"]),
        ("10.0.1.0/24", ["10.0.1.0/24", " 10.0.3.9/24 "], ["10.0.1.0/24", "10.0.3.0/24"]),
        (None, ["fd00:1::/64", "10.0.1.0/24"], ["10.0.1.0/24"]),
    ],
)
def test_subnet_prefixes(singular: str | None, plural: list[str] | None, expected: list[str]) -> None:
    decoded = read(service(), vnet(subnet(addressPrefix=singular, addressPrefixes=plural)), nsg())
    assert subnet_of(decoded).prefixes == tuple(map(span, expected))
    assert decoded.incomplete == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"addressPrefix": "10.0.1.0/33"}, "properties.subnets[0].properties.addressPrefix '10.0.1.0/33' is not"),
        ({"addressPrefix": "Internet"}, "addressPrefix 'Internet' is not an address prefix"),
        ({"addressPrefix": 10}, "addressPrefix 10 is not a text"),
        ({"addressPrefixes": ["10.0.1.0/24", "x"]}, "addressPrefixes ['10.0.1.0/24', 'x'] is not a list of"),
        ({"addressPrefixes": "10.0.1.0/24"}, "addressPrefixes '10.0.1.0/24' is not a list"),
        ({"addressPrefixes": [None]}, "addressPrefixes[0] is missing"),
    ],
)
def test_prefixes_that_make_no_sense_leave_the_rest_of_the_subnet(changes: dict[str, Any], told: str) -> None:
    decoded = read(service(), vnet(subnet(**changes)), nsg(rule()))
    assert subnet_of(decoded).prefixes == ()
    assert len(nsg_of(decoded).rules) == 1
    (message,) = messages(decoded)
    assert told in message


def test_prefixes_that_are_not_told_are_a_note() -> None:
    decoded = read(service(), vnet(subnet(addressPrefix=None)), nsg())
    assert subnet_of(decoded).prefixes == ()
    assert decoded.incomplete == ()
    assert decoded.notes == ("Subnet snet-apim: its own address prefixes are not known",)


@pytest.mark.parametrize("value", ["None", "null"])
def test_a_subnet_without_nsg_surely_has_none(value: str) -> None:
    body = subnet(networkSecurityGroup=None)
    if value == "null":
        body["properties"]["networkSecurityGroup"] = None
    decoded = read(service(), vnet(body))
    assert subnet_of(decoded).nsg is None
    assert decoded.incomplete == ()


@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": ""}, {"id": 3}, "nsg-y", [], 0, False])
def test_an_nsg_reference_that_makes_no_sense_is_never_no_nsg(value: object) -> None:
    decoded = read(service(), vnet(subnet(networkSecurityGroup=value)), nsg())
    found = subnet_of(decoded).nsg
    assert isinstance(found, Unreadable)
    assert found.id == ""  # whether one is attached is not known, and the subnet's own id is no NSG's
    assert "networkSecurityGroup" in found.message
    assert subnet_of(decoded).prefixes
    assert [entry.reason for entry in decoded.incomplete] == ["invalid"]


@pytest.mark.parametrize(
    "changes",
    [
        {"delegations": "x"},
        {"delegations": [{"properties": {}}]},
        {"serviceEndpoints": [{"service": 3}]},
        {"serviceEndpoints": [3]},
        {"ipConfigurations": {}},
    ],
)
def test_a_subnet_that_makes_no_sense_is_unreadable(changes: dict[str, Any]) -> None:
    decoded = read(service(), vnet(subnet(**changes)), nsg())
    assert isinstance(location_of(decoded).subnet, Unreadable)
    assert [(entry.reason, entry.id, entry.needed) for entry in decoded.incomplete] == [("invalid", SUBNET_ID, True)]


def delegated(*names: str) -> list[dict[str, Any]]:
    return [{"name": f"d{at}", "properties": {"serviceName": name, "actions": []}} for at, name in enumerate(names)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (delegated("Microsoft.Web/hostingEnvironments"), ("Microsoft.Web/hostingEnvironments",)),
        (delegated("Microsoft.Web/serverFarms", "A.B/c"), ("Microsoft.Web/serverFarms", "A.B/c")),
        (delegated(" microsoft.web/SERVERFARMS "), ("microsoft.web/SERVERFARMS",)),
        ([], ()),
        (None, ()),
    ],
)
def test_delegations(written: object, expected: tuple[str, ...]) -> None:
    decoded = read(service(), vnet(subnet(delegations=written)), nsg())
    assert subnet_of(decoded).delegations == expected
    assert decoded.incomplete == ()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([{"service": "Microsoft.Sql"}, {"service": "Microsoft.Storage", "provisioningState": "Succeeded"}],
         ("Microsoft.Sql", "Microsoft.Storage")),
        ([{"service": "Microsoft.Storage.Global", "locations": ["*"]}], ("Microsoft.Storage.Global",)),
        ([], ()),
        (None, ()),
    ],
)  # fmt: skip
def test_service_endpoints(written: object, expected: tuple[str, ...]) -> None:
    decoded = read(service(), vnet(subnet(serviceEndpoints=written)), nsg())
    assert subnet_of(decoded).service_endpoints == expected
    assert decoded.incomplete == ()


def test_a_subnet_without_properties_does_not_count_as_one_without_nsg() -> None:
    decoded = read(service(), vnet({"id": SUBNET_ID}), nsg())
    assert isinstance(location_of(decoded).subnet, Unreadable)


def test_a_subnet_by_itself_joins_its_vnet() -> None:
    decoded = read(service(), subnet(), vnet(), nsg())
    assert vnet_of(decoded).id == VNET_ID
    assert decoded.incomplete == ()


def test_a_subnet_without_its_vnet_keeps_what_it_tells() -> None:
    decoded = read(service(), subnet(), nsg(rule()))
    assert subnet_of(decoded).virtual_network == Unreadable(VNET_ID, "VNet vnet-a is not among the documents")
    assert len(nsg_of(decoded).rules) == 1
    assert [(entry.reason, entry.id) for entry in decoded.incomplete] == [("missing-document", VNET_ID)]


def test_a_subnet_nested_and_by_itself_is_one_where_what_matters_agrees() -> None:
    apart = subnet(SUBNET_ID.upper(), networkSecurityGroup={"id": NSG_ID.upper()}, purpose="")
    decoded = read(service(), vnet(subnet()), apart, nsg())
    assert subnet_of(decoded).id == SUBNET_ID
    assert decoded.incomplete == ()


@pytest.mark.parametrize(
    "changes", [{"networkSecurityGroup": None}, {"addressPrefix": "10.0.2.0/24"}, {"routeTable": {"id": TABLE_ID}}]
)
def test_a_subnet_nested_and_by_itself_with_different_content_is_unreadable(changes: dict[str, Any]) -> None:
    decoded = read(service(), vnet(subnet()), subnet(**changes), nsg())
    found = location_of(decoded).subnet
    assert found == Unreadable(SUBNET_ID, "subnet snet-apim is given twice with different content")
    assert [(entry.reason, entry.needed) for entry in decoded.incomplete] == [("duplicate", True)]


def test_a_subnet_that_is_not_there_is_unreadable() -> None:
    decoded = read(service(), vnet(), nsg())
    assert location_of(decoded).subnet == Unreadable(SUBNET_ID, "subnet snet-apim is not among the documents")
    assert location_of(decoded).subnet_id == SUBNET_ID
    (entry,) = decoded.incomplete
    assert (entry.reason, entry.needed) == ("missing-document", True)


def test_what_the_snapshot_could_not_read_is_told_once_and_with_its_reason() -> None:
    gap = Incomplete(NSG_ID.lower(), "forbidden", "no right to read it")
    decoded = read(service(), vnet(subnet()), incomplete=(gap,))
    assert subnet_of(decoded).nsg == Unreadable(NSG_ID, "NSG nsg-y could not be read (forbidden)")
    assert decoded.incomplete == (gap,)


@pytest.mark.parametrize(
    "gap_id",
    [
        VNET_ID,
        "/subscriptions/0000-11",
        "/subscriptions/0000-11/providers/Microsoft.Network/virtualNetworks/subnets",
        f"{NETWORK}/virtualNetworks/",
    ],
)
def test_a_wider_gap_gives_the_reason(gap_id: str) -> None:
    decoded = read(service(), incomplete=(Incomplete(gap_id, "throttled", "later", needed=False),))
    assert location_of(decoded).subnet == Unreadable(SUBNET_ID, "subnet snet-apim could not be read (throttled)")
    assert [(entry.id, entry.reason) for entry in decoded.incomplete[1:]] == [(SUBNET_ID, "throttled")]


def test_a_vnet_as_arm_gives_it() -> None:
    found = vnet_of(read(service(), vnet(subnet(), virtualNetworkPeerings=[peering()]), nsg()))
    assert found.space == spans("10.0.0.0/16")
    assert found.dns_servers == ("10.0.0.4",)
    assert [each.name for each in found.peerings] == ["hub"]
    assert found.gateway == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"addressSpace": None}, "properties.addressSpace is missing"),
        ({"addressSpace": {"addressPrefixes": []}}, "is not an address space with at least one prefix"),
        ({"addressSpace": {"addressPrefixes": ["10.0.0.0/40"]}}, "because of '10.0.0.0/40'"),
        ({"addressSpace": {"addressPrefixes": [10]}}, "addressSpace.addressPrefixes[0] 10 is not a text"),
        ({"dhcpOptions": {"dnsServers": "10.0.0.4"}}, "dnsServers '10.0.0.4' is not a list"),
        ({"virtualNetworkPeerings": 3}, "virtualNetworkPeerings 3 is not a list"),
    ],
)
def test_a_vnet_that_makes_no_sense_is_unreadable_and_its_subnets_remain(changes: dict[str, Any], told: str) -> None:
    decoded = read(service(), vnet(subnet(), **changes), nsg(rule()))
    found = subnet_of(decoded).virtual_network
    assert isinstance(found, Unreadable)
    assert told in found.message
    assert len(nsg_of(decoded).rules) == 1
    assert [entry.id for entry in decoded.incomplete] == [VNET_ID]


@pytest.mark.parametrize("nested", [3, None, {}, {"properties": {}}, {"id": 5, "name": "x"}])
def test_a_nested_subnet_that_cannot_be_told_makes_the_vnet_unreadable(nested: object) -> None:
    decoded = read(service(), vnet(subnet(), nested), nsg())
    assert isinstance(subnet_of(decoded).virtual_network, Unreadable)
    assert "properties.subnets[1]" in messages(decoded)[0]


def test_a_nested_subnet_without_id_is_known_by_its_name() -> None:
    body = subnet()
    del body["id"]
    assert subnet_of(read(service(), vnet(body), nsg())).id == SUBNET_ID


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([vnet(subnet(), subnet(GATEWAY_ID, ipConfigurations=[{"id": "x"}]))], "a gateway"),
        ([vnet(subnet(), subnet(GATEWAY_ID.upper(), ipConfigurations=[{"id": "x"}]))], "a gateway"),
        ([vnet(subnet()), subnet(GATEWAY_ID, ipConfigurations=[{"id": "x"}])], "a gateway"),
        ([vnet(subnet(), subnet(GATEWAY_ID, ipConfigurations=[]))], ""),
        ([vnet(subnet(), subnet(GATEWAY_ID))], ""),
        ([vnet(subnet(ipConfigurations=[{"id": "x"}]))], ""),
        (
            [vnet(subnet(), virtualNetworkPeerings=[peering(useRemoteGateways=True)])],
            "the remote gateway of peering hub",
        ),
        (
            [vnet(subnet(), virtualNetworkPeerings=[peering(useRemoteGateways=True, peeringState="Disconnected")])],
            "the remote gateway of peering hub",
        ),
        ([vnet(subnet()), peering("spoke", useRemoteGateways=True)], "the remote gateway of peering spoke"),
        (
            [vnet(subnet(), virtualNetworkPeerings=[peering(useRemoteGateways="yes")])],
            "the remote gateway of peering hub",
        ),
    ],
)
def test_gateways(documents: list[Any], expected: str) -> None:
    assert vnet_of(read(service(), *documents, nsg())).gateway == expected


def test_a_gateway_subnet_that_makes_no_sense_is_perhaps_a_gateway() -> None:
    decoded = read(service(), vnet(subnet(), subnet(GATEWAY_ID, ipConfigurations=7)), nsg())
    assert vnet_of(decoded).gateway.startswith("a gateway, perhaps (subnet GatewaySubnet cannot be understood")
    assert [entry.needed for entry in decoded.incomplete] == [True]


def test_a_vnet_given_twice_with_different_content_is_unreadable() -> None:
    other = vnet(subnet(), addressSpace={"addressPrefixes": ["10.0.0.0/15"]})
    decoded = read(service(), vnet(subnet()), other, nsg())
    assert isinstance(subnet_of(decoded).virtual_network, Unreadable)
    assert [(entry.reason, entry.id) for entry in decoded.incomplete] == [("duplicate", VNET_ID)]


def test_a_vnet_given_twice_with_other_subnets_is_unreadable() -> None:
    decoded = read(service(), vnet(subnet()), vnet(), nsg())
    assert isinstance(subnet_of(decoded).virtual_network, Unreadable)


def test_a_vnet_given_twice_whose_subnets_differ_does_not_say_that_nothing_matters() -> None:
    decoded = read(service(), vnet(subnet()), vnet(subnet(addressPrefix="10.0.2.0/24")), nsg())
    assert isinstance(location_of(decoded).subnet, Unreadable)
    told = {entry.id: entry for entry in decoded.incomplete}
    assert told[SUBNET_ID].needed
    assert not told[VNET_ID].needed
    assert "does not bear on the audit" not in told[VNET_ID].message
    assert "it differs in its subnets or peerings, which are compared one by one" in told[VNET_ID].message


def test_a_vnet_given_twice_that_differs_where_nobody_looks_says_so() -> None:
    decoded = read(service(), vnet(subnet()), vnet(subnet(), tomorrow=1), nsg())
    (entry,) = decoded.incomplete
    assert (entry.id, entry.needed) == (VNET_ID, False)
    assert entry.message.endswith("what differs does not bear on the audit; remove one of the two")


def test_a_route_table_as_arm_gives_it() -> None:
    attached = subnet(routeTable={"id": TABLE_ID.upper()})
    decoded = read(service(), vnet(attached), nsg(), table(ROUTE))
    assert table_of(decoded) == RouteTable(TABLE_ID, (Route("r", "0.0.0.0/0", "VirtualAppliance"),))


def test_routes_keep_their_order_and_spelling() -> None:
    written = [("b", "ApiManagement", "Internet"), ("a", "128.0.0.0/1", "None"), ("a", "10.0.0.0/8", "VnetLocal")]
    routes = [
        {"name": name, "properties": {"addressPrefix": prefix, "nextHopType": hop, "nextHopIpAddress": "10.0.0.4"}}
        for name, prefix, hop in written
    ]
    decoded = read(service(), vnet(subnet(routeTable={"id": TABLE_ID})), nsg(), table(*routes))
    assert table_of(decoded) == RouteTable(TABLE_ID, tuple(Route(*each) for each in written))
    assert decoded.incomplete == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"routes": None},
        {"routes": {}},
        {"routes": [3]},
        {"routes": [{"name": "r", "properties": {"addressPrefix": 1, "nextHopType": "Internet"}}]},
        {"routes": [ROUTE, {"name": "r", "properties": {"addressPrefix": "10.0.0.0/8"}}]},
        {"routes": [{"properties": ROUTE["properties"]}]},
    ],
)
def test_a_route_table_that_makes_no_sense_is_unreadable(changes: dict[str, Any]) -> None:
    decoded = read(service(), vnet(subnet(routeTable={"id": TABLE_ID})), nsg(), table(**changes))
    assert isinstance(table_of(decoded), Unreadable)
    assert [entry.id for entry in decoded.incomplete] == [TABLE_ID]


def test_a_route_table_that_is_not_there_is_unreadable() -> None:
    decoded = read(service(), vnet(subnet(routeTable={"id": TABLE_ID})), nsg())
    assert table_of(decoded) == Unreadable(TABLE_ID, "route table rt-a is not among the documents")


def test_a_route_table_given_twice_with_different_content_is_unreadable() -> None:
    attached = subnet(routeTable={"id": TABLE_ID})
    decoded = read(service(), vnet(attached), nsg(), table(ROUTE), table())
    assert isinstance(table_of(decoded), Unreadable)
