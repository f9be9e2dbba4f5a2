"""ARM documents in the form in which Azure writes them: services, VNets, NSGs, route tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from apim_audit.core.facts.rules import DEFAULT_RULES, SecurityRule
from apim_audit.snapshot import Document

Prefixes = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is.

    Attributes:
        location: as people read it, such as ``West Europe``.
    """

    subscription: str
    resource_group: str
    location: str

    def id(self, kind: str, name: str) -> str:
        """Returns the id of a resource here."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}/providers/{kind}/{name}"

    def region(self) -> str:
        """Returns the location as Microsoft.Network writes it, such as ``westeurope``."""
        return self.location.replace(" ", "").lower()


@dataclass(frozen=True, slots=True)
class Rule:
    """A custom security rule.

    Attributes:
        ports: destination ports; one is written in the singular field, several in the plural one; so are addresses.
        state: its provisioningState.
    """

    priority: int
    name: str
    direction: str
    access: str
    source: Prefixes
    destination: Prefixes
    ports: Prefixes
    protocol: str = "Tcp"
    state: str = "Succeeded"


def allow_in(priority: int, name: str, source: Prefixes, ports: Prefixes) -> Rule:
    """Returns a rule that lets TCP in."""
    return Rule(priority, name, "Inbound", "Allow", source, "VirtualNetwork", ports)


def allow_out(priority: int, name: str, destination: Prefixes, ports: Prefixes) -> Rule:
    """Returns a rule that lets TCP out."""
    return Rule(priority, name, "Outbound", "Allow", "VirtualNetwork", destination, ports)


def deny_in(priority: int, name: str, source: Prefixes = "*", ports: Prefixes = "*") -> Rule:
    """Returns a rule that drops what comes in, of every protocol."""
    return Rule(priority, name, "Inbound", "Deny", source, "*", ports, "*")


def deny_out(priority: int, name: str, destination: Prefixes = "*", ports: Prefixes = "*") -> Rule:
    """Returns a rule that drops what goes out, of every protocol."""
    return Rule(priority, name, "Outbound", "Deny", "*", destination, ports, "*")


@dataclass(frozen=True, slots=True)
class Site:
    """A location of an instance.

    Attributes:
        location: as people read it.
        subnet_id: None for a location without a VNet.
        platform: its platformVersion.
        private_address: of its load balancer in the subnet, on an Internal instance.
    """

    location: str
    subnet_id: str | None = None
    platform: str = "stv2"
    private_address: str | None = None


def service(place: Place, name: str, sku: str, attachment: str, sites: tuple[Site, ...]) -> Document:
    """Returns an API Management service.

    Args:
        place: where it is.
        name: its name.
        sku: its tier.
        attachment: its virtualNetworkType: None, External or Internal.
        sites: its locations, the primary one first.
    """
    primary, *others = sites
    resource_id = place.id("Microsoft.ApiManagement/service", name)
    properties = {
        "publisherEmail": "apis@contoso.example",
        "publisherName": "Contoso",
        "notificationSenderEmail": "apimgmt-noreply@mail.windowsazure.com",
        "provisioningState": "Succeeded",
        "targetProvisioningState": "",
        "createdAtUtc": "2024-02-29T09:30:00.1234567Z",
        "gatewayUrl": f"https://{name}.azure-api.net",
        "gatewayRegionalUrl": f"https://{name}-{place.region()}-01.regional.azure-api.net",
        "developerPortalUrl": f"https://{name}.developer.azure-api.net",
        "managementApiUrl": f"https://{name}.management.azure-api.net",
        "scmUrl": f"https://{name}.scm.azure-api.net",
        "hostnameConfigurations": [_hostname(name)],
        "additionalLocations": [_additional(site, sku) for site in others] or None,
        "customProperties": {"Microsoft.WindowsAzure.ApiManagement.Gateway.Protocols.Server.Http2": "False"},
        "virtualNetworkType": attachment,
        "natGatewayState": "Disabled",
        "publicNetworkAccess": "Enabled",
        "apiVersionConstraint": {"minApiVersion": None},
        "disableGateway": False,
        **_site(primary),
    }
    return {
        "id": resource_id,
        "name": name,
        "type": "Microsoft.ApiManagement/service",
        "tags": {},
        "location": place.location,
        "etag": "AAAAAAFW3bM=",
        "properties": properties,
        "sku": _sku(sku),
        "systemData": {"createdByType": "Application", "createdAt": "2024-02-29T09:30:00.1234567Z"},
    }


def _sku(name: str) -> Document:
    return {"name": name, "capacity": 0 if name == "Consumption" else 1}


def _hostname(name: str) -> Document:
    return {
        "type": "Proxy",
        "hostName": f"{name}.azure-api.net",
        "negotiateClientCertificate": False,
        "defaultSslBinding": True,
        "certificateSource": "BuiltIn",
    }


def _site(site: Site) -> Document:
    return {
        "virtualNetworkConfiguration": None if site.subnet_id is None else {"subnetResourceId": site.subnet_id},
        "privateIPAddresses": None if site.private_address is None else [site.private_address],
        "platformVersion": site.platform,
    }


def _additional(site: Site, sku: str) -> Document:
    return {"location": site.location, "sku": _sku(sku), "zones": None, "disableGateway": False, **_site(site)}


def workspace_gateway(place: Place, name: str, subnet_id: str | None) -> Document:
    """Returns a workspace gateway, External where it has a subnet."""
    return {
        "id": place.id("Microsoft.ApiManagement/gateways", name),
        "name": name,
        "type": "Microsoft.ApiManagement/gateways",
        "location": place.location,
        "etag": "AAAAAAFX8a0=",
        "properties": {
            "provisioningState": "Succeeded",
            "frontend": {"defaultHostname": f"{name}.gateway.{place.region()}.azure-api.net"},
            "backend": {"subnet": {"id": subnet_id}} if subnet_id else {},
            "virtualNetworkType": "External" if subnet_id else "None",
        },
        "sku": {"name": "WorkspaceGatewayPremium", "capacity": 1},
    }


def virtual_network(place: Place, name: str, space: str, subnets: Iterable[Document] = ()) -> Document:
    """Returns a VNet of one address prefix, peered with nothing; see `peered`."""
    resource_id = place.id("Microsoft.Network/virtualNetworks", name)
    properties = {
        "addressSpace": {"addressPrefixes": [space]},
        "dhcpOptions": {"dnsServers": []},
        "privateEndpointVNetPolicies": "Disabled",
        "subnets": list(subnets),
        "virtualNetworkPeerings": [],
        "enableDdosProtection": False,
    }
    return _network_resource(place, resource_id, "Microsoft.Network/virtualNetworks", properties)


def peered(network: Document, remote_id: str, remote_space: str) -> Document:
    """Returns a VNet with one more peering, connected and in sync."""
    name = f"to-{remote_id.rpartition('/')[2]}"
    space = {"addressPrefixes": [remote_space]}
    peering_id = f"{network['id']}/virtualNetworkPeerings/{name}"
    peering = {
        "name": name,
        "id": peering_id,
        "etag": _etag(peering_id),
        "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": _guid(peering_id),
            "peeringState": "Connected",
            "peeringSyncLevel": "FullyInSync",
            "remoteVirtualNetwork": {"id": remote_id},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
            "allowGatewayTransit": False,
            "useRemoteGateways": False,
            "doNotVerifyRemoteGateways": False,
            "peerCompleteVnets": True,
            "remoteAddressSpace": space,
            "remoteVirtualNetworkAddressSpace": space,
        },
    }
    properties = network["properties"]
    peerings = [*properties["virtualNetworkPeerings"], peering]
    return {**network, "properties": {**properties, "virtualNetworkPeerings": peerings}}


def subnet(
    network_id: str, name: str, prefix: str, nsg_id: str | None = None, route_table_id: str | None = None
) -> Document:
    """Returns a subnet as it stands inside its VNet."""
    resource_id = f"{network_id}/subnets/{name}"
    properties: Document = {
        "provisioningState": "Succeeded",
        "addressPrefix": prefix,
        "serviceEndpoints": [],
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }
    if nsg_id is not None:
        properties["networkSecurityGroup"] = {"id": nsg_id}
    if route_table_id is not None:
        properties["routeTable"] = {"id": route_table_id}
    return {
        "name": name,
        "id": resource_id,
        "etag": _etag(resource_id),
        "properties": properties,
        "type": "Microsoft.Network/virtualNetworks/subnets",
    }


def network_security_group(
    place: Place, name: str, rules: Iterable[Rule] = (), subnet_ids: Iterable[str] = ()
) -> Document:
    """Returns an NSG with its custom rules and the six default ones."""
    resource_id = place.id("Microsoft.Network/networkSecurityGroups", name)
    properties = {
        "securityRules": [_security_rule(f"{resource_id}/securityRules", rule) for rule in rules],
        "defaultSecurityRules": [
            _security_rule(f"{resource_id}/defaultSecurityRules", _default(rule)) for rule in DEFAULT_RULES
        ],
        "subnets": [{"id": subnet_id} for subnet_id in subnet_ids],
    }
    return _network_resource(place, resource_id, "Microsoft.Network/networkSecurityGroups", properties)


def admin_rule(configuration_id: str, rule: Rule, collection: str = "all") -> Document:
    """Returns a security admin rule as ARM lists it among those in effect on a VNet.

    Args:
        configuration_id: the security admin configuration of a network manager.
        rule: its access may be AlwaysAllow too; its protocol is ``Any`` where an NSG has ``*``.
        collection: its rule collection.
    """
    return {
        "id": f"{configuration_id}/ruleCollections/{collection}/rules/{rule.name}",
        "configurationDescription": "",
        "ruleCollectionDescription": "",
        "ruleCollectionAppliesToGroups": [],
        "ruleGroups": [],
        "kind": "Custom",
        "properties": {
            "description": "",
            "protocol": rule.protocol,
            "sources": _items(rule.source),
            "destinations": _items(rule.destination),
            "sourcePortRanges": ["0-65535"],
            "destinationPortRanges": list(_several(rule.ports)),
            "access": rule.access,
            "priority": rule.priority,
            "direction": rule.direction,
            "provisioningState": rule.state,
        },
    }


def _items(prefixes: Prefixes) -> list[Document]:
    return [
        {"addressPrefix": text, "addressPrefixType": "ServiceTag" if text[0].isalpha() else "IPPrefix"}
        for text in _several(prefixes)
    ]


def _several(texts: Prefixes) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else texts


def route_table(place: Place, name: str, subnet_ids: Iterable[str] = ()) -> Document:
    """Returns a route table without routes."""
    resource_id = place.id("Microsoft.Network/routeTables", name)
    properties = {
        "disableBgpRoutePropagation": False,
        "routes": [],
        "subnets": [{"id": subnet_id} for subnet_id in subnet_ids],
    }
    return _network_resource(place, resource_id, "Microsoft.Network/routeTables", properties)


def _network_resource(place: Place, resource_id: str, kind: str, properties: Document) -> Document:
    return {
        "name": resource_id.rpartition("/")[2],
        "id": resource_id,
        "etag": _etag(resource_id),
        "type": kind,
        "location": place.region(),
        "tags": {},
        "properties": {"provisioningState": "Succeeded", "resourceGuid": _guid(resource_id), **properties},
    }


def _default(rule: SecurityRule) -> Rule:
    source, destination = rule.source.expressions[0], rule.destination.expressions[0]
    return Rule(
        rule.priority, rule.name, rule.direction.value, rule.access.value, source, destination, "*", rule.protocol
    )


def _security_rule(parent_id: str, rule: Rule) -> Document:
    resource_id = f"{parent_id}/{rule.name}"
    return {
        "name": rule.name,
        "id": resource_id,
        "etag": _etag(resource_id),
        "type": "Microsoft.Network/networkSecurityGroups/" + parent_id.rpartition("/")[2],
        "properties": {
            "provisioningState": rule.state,
            "protocol": rule.protocol,
            "access": rule.access,
            "priority": rule.priority,
            "direction": rule.direction,
            **_either("sourcePortRange", "*"),
            **_either("destinationPortRange", rule.ports),
            **_either("sourceAddressPrefix", rule.source, "es"),
            **_either("destinationAddressPrefix", rule.destination, "es"),
        },
    }


def _either(field: str, value: Prefixes, plural: str = "s") -> Document:
    """Returns the singular or the plural field, and the other in the form that Azure gives to an empty one."""
    if isinstance(value, str):
        return {field: value, field + plural: []}
    return {field + plural: list(value)}


def _guid(resource_id: str) -> str:
    return str(uuid5(NAMESPACE_URL, resource_id))


def _etag(resource_id: str) -> str:
    return f'W/"{_guid(resource_id)}"'
