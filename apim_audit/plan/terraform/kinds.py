"""The resource types of the azurerm and azapi providers that are read, and where each stands in ARM.

Source: documentation of terraform-provider-azurerm and terraform-provider-azapi, read 2026-11-22.
"""

from collections.abc import Mapping
from dataclasses import dataclass

NSG = "azurerm_network_security_group"
RULE = "azurerm_network_security_rule"
SUBNET = "azurerm_subnet"
SUBNET_NSG = "azurerm_subnet_network_security_group_association"
SUBNET_TABLE = "azurerm_subnet_route_table_association"
VNET = "azurerm_virtual_network"
VNET_DNS = "azurerm_virtual_network_dns_servers"
PEERING = "azurerm_virtual_network_peering"
TABLE = "azurerm_route_table"
ROUTE = "azurerm_route"
GATEWAY = "azurerm_virtual_network_gateway"
SERVICE = "azurerm_api_management"
STANDALONE_GATEWAY = "azurerm_api_management_standalone_gateway"
AZAPI = "azapi_resource"
AZAPI_UPDATE = "azapi_update_resource"
GROUP = "azurerm_resource_group"
SECURITY_GROUP_OF_APPLICATIONS = "azurerm_application_security_group"


@dataclass(frozen=True, slots=True)
class Top:
    """A resource that stands in a resource group, by its ARM type."""

    arm_type: str


@dataclass(frozen=True, slots=True)
class Child:
    """A resource that stands in another.

    Attributes:
        segment: the list in its parent's id.
        parent: the type of its parent.
        named_by: the attribute that names its parent.
    """

    segment: str
    parent: str
    named_by: str


PLACES: Mapping[str, Top | Child] = {
    NSG: Top("Microsoft.Network/networkSecurityGroups"),
    VNET: Top("Microsoft.Network/virtualNetworks"),
    TABLE: Top("Microsoft.Network/routeTables"),
    GATEWAY: Top("Microsoft.Network/virtualNetworkGateways"),
    SERVICE: Top("Microsoft.ApiManagement/service"),
    STANDALONE_GATEWAY: Top("Microsoft.ApiManagement/gateways"),
    SECURITY_GROUP_OF_APPLICATIONS: Top("Microsoft.Network/applicationSecurityGroups"),
    RULE: Child("securityRules", NSG, "network_security_group_name"),
    SUBNET: Child("subnets", VNET, "virtual_network_name"),
    PEERING: Child("virtualNetworkPeerings", VNET, "virtual_network_name"),
    ROUTE: Child("routes", TABLE, "route_table_name"),
}

_OTHERS = {GROUP: "Microsoft.Resources/resourceGroups"}


def arm_type_of(terraform_type: str) -> str | None:
    """Returns the ARM type that an azurerm type stands for, or None."""
    place = PLACES.get(terraform_type)
    if isinstance(place, Child):
        return f"{arm_type_of(place.parent)}/{place.segment}"
    return _OTHERS.get(terraform_type) if place is None else place.arm_type


READ = frozenset({*PLACES, SUBNET_NSG, SUBNET_TABLE, VNET_DNS, AZAPI, AZAPI_UPDATE})
"""The types whose changes bear on what is judged."""
