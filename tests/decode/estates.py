"""A small estate as ARM documents: one service in one subnet, with an NSG, a route table and a peering."""

from typing import Any

from apim_audit.core.facts.estate import (
    Instance,
    NetworkSecurityGroup,
    Peering,
    RouteTable,
    Subnet,
    Unreadable,
    VirtualNetwork,
)
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.requirements import Catalogue
from apim_audit.decode import Decoded, decode
from apim_audit.snapshot import Document, Snapshot, SourcedDocument

GROUP = "/subscriptions/0000-11/resourceGroups/rg-Net"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
SERVICE_ID = f"{GROUP}/providers/Microsoft.ApiManagement/service/Contoso"
VNET_ID = f"{NETWORK}/virtualNetworks/vnet-a"
SUBNET_ID = f"{VNET_ID}/subnets/snet-apim"
NSG_ID = f"{NETWORK}/networkSecurityGroups/nsg-y"
TABLE_ID = f"{NETWORK}/routeTables/rt-a"
SET_ID = f"{VNET_ID}/providers/Microsoft.Network/effectiveSecurityAdminRules/default"
BASE = f"{NETWORK}/networkManagers/avnm/securityAdminConfigurations/base"
NO_CATALOGUE = Catalogue((), frozenset({"Storage", "Sql"}))


def rule(name: str = "AllowMail", **changes: Any) -> Document:
    """A rule as ARM gives it; a change of None takes the field away."""
    properties: Document = {
        "provisioningState": "Succeeded",
        "description": "Mail.",
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "sourcePortRanges": [],
        "destinationPortRange": "25",
        "destinationPortRanges": [],
        "sourceAddressPrefix": "VirtualNetwork",
        "sourceAddressPrefixes": [],
        "destinationAddressPrefix": "Internet",
        "destinationAddressPrefixes": [],
        "access": "Allow",
        "priority": 100,
        "direction": "Outbound",
        **changes,
    }
    return {
        "name": name,
        "id": f"{NSG_ID}/securityRules/{name}",
        "type": "Microsoft.Network/networkSecurityGroups/securityRules",
        "etag": 'W/"1"',
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def nsg(*rules: Any, nsg_id: str = NSG_ID, **changes: Any) -> Document:
    properties = {"securityRules": list(rules), "defaultSecurityRules": [rule("AllowVnetOutBound")], **changes}
    return {
        "id": nsg_id,
        "name": nsg_id.rpartition("/")[2],
        "type": "Microsoft.Network/networkSecurityGroups",
        "location": "westeurope",
        "properties": properties,
    }


def subnet(subnet_id: str = SUBNET_ID, **changes: Any) -> Document:
    properties: Document = {
        "addressPrefix": "10.0.1.0/24",
        "networkSecurityGroup": {"id": NSG_ID},
        "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
        "serviceEndpoints": [{"service": "Microsoft.Storage", "locations": ["westeurope"]}],
        **changes,
    }
    kept = {key: value for key, value in properties.items() if value is not None}
    return {
        "id": subnet_id,
        "name": subnet_id.rpartition("/")[2],
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": kept,
    }


def peering(name: str = "hub", **changes: Any) -> Document:
    properties: Document = {
        "peeringState": "Connected",
        "peeringSyncLevel": "FullyInSync",
        "allowVirtualNetworkAccess": True,
        "useRemoteGateways": False,
        "peerCompleteVnets": True,
        "remoteAddressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
        "remoteVirtualNetworkAddressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
        **changes,
    }
    return {
        "id": f"{VNET_ID}/virtualNetworkPeerings/{name}",
        "name": name,
        "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def vnet(*subnets: Any, **changes: Any) -> Document:
    properties: Document = {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16", "fd00::/48"]},
        "dhcpOptions": {"dnsServers": ["10.0.0.4"]},
        "subnets": list(subnets),
        "virtualNetworkPeerings": [],
        **changes,
    }
    return {
        "id": VNET_ID,
        "name": "vnet-a",
        "type": "Microsoft.Network/virtualNetworks",
        "location": "westeurope",
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def table(*routes: Any, **changes: Any) -> Document:
    properties = {"routes": list(routes), **changes}
    return {"id": TABLE_ID, "name": "rt-a", "type": "Microsoft.Network/routeTables", "properties": properties}


def item(prefix: object, kind: object = "IPPrefix") -> Document:
    return {"addressPrefix": prefix, "addressPrefixType": kind}


def admin_rule(name: str = "DenyMail", collection: str = "all", base: str = BASE, **changes: Any) -> Document:
    """A rule as the VNet's operation answers it; a change of None takes the field away."""
    properties: Document = {
        "description": "Mail.",
        "protocol": "Tcp",
        "sources": [item("10.0.0.0/8")],
        "destinations": [item("Internet", "ServiceTag")],
        "sourcePortRanges": ["0-65535"],
        "destinationPortRanges": ["25", "587-588"],
        "access": "Deny",
        "priority": 20,
        "direction": "Outbound",
        "provisioningState": "Succeeded",
        **changes,
    }
    return {
        "id": f"{base}/ruleCollections/{collection}/rules/{name}",
        "kind": "Custom",
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def rule_set(*rules: Any, **changes: Any) -> Document:
    properties: Document = {
        "provisioningState": "Succeeded",
        "effectiveSecurityAdminConfigurations": [{"id": BASE, "rules": list(rules)}] if rules else [],
        **changes,
    }
    return {
        "id": SET_ID,
        "name": "default",
        "type": "microsoft.network/effectivesecurityadminrules",
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def service(service_id: str = SERVICE_ID, **changes: Any) -> Document:
    properties: Document = {
        "provisioningState": "Succeeded",
        "virtualNetworkType": "External",
        "virtualNetworkConfiguration": {"vnetid": "0000", "subnetname": None, "subnetResourceId": SUBNET_ID},
        "platformVersion": "stv2",
        "additionalLocations": None,
        "customProperties": {"Some.Other.Property": "True"},
        "disableGateway": False,
        **changes,
    }
    return {
        "id": service_id,
        "name": service_id.rpartition("/")[2],
        "type": "Microsoft.ApiManagement/service",
        "location": "West Europe",
        "sku": {"name": "Premium", "capacity": 1},
        "properties": properties,
    }


def estate(*rules: Any) -> list[Document]:
    """A whole estate whose NSG has these rules."""
    return [service(), vnet(subnet()), nsg(*rules)]


def read(*documents: Any, incomplete: tuple[Incomplete, ...] = (), **asked: bool) -> Decoded:
    """Decodes documents as those of one file; features and what is observed where they are asked for."""
    sourced = tuple(SourcedDocument("estate.json", document) for document in documents)
    return decode(Snapshot(sourced, incomplete, "2026-11-22T06:31:00Z"), NO_CATALOGUE, **asked)


def only_instance(decoded: Decoded) -> Instance:
    (instance,) = decoded.estate.instances
    return instance


def subnet_of(decoded: Decoded) -> Subnet:
    found = only_instance(decoded).locations[0].subnet
    assert isinstance(found, Subnet), found
    return found


def vnet_of(decoded: Decoded) -> VirtualNetwork:
    found = subnet_of(decoded).virtual_network
    assert isinstance(found, VirtualNetwork), found
    return found


def peering_of(decoded: Decoded) -> Peering:
    (found,) = vnet_of(decoded).peerings
    return found


def nsg_of(decoded: Decoded) -> NetworkSecurityGroup:
    found = subnet_of(decoded).nsg
    assert isinstance(found, NetworkSecurityGroup), found
    return found


def table_of(decoded: Decoded) -> RouteTable | Unreadable | None:
    return subnet_of(decoded).route_table


def messages(decoded: Decoded) -> list[str]:
    return [entry.message for entry in decoded.incomplete]
