"""The audited estate as values: instances, their locations, subnets, VNets, routes and NSGs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apim_audit.core.facts.features import InUse
from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.observed import Reading
from apim_audit.core.facts.requirements import VirtualNetworkType
from apim_audit.core.facts.rules import Direction, SecurityRule
from apim_audit.core.sets.intervals import IntervalSet


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in the place of a resource that could not be read or understood.

    Attributes:
        id: the resource; empty for a reference that names none.
        message: what would help, as a phrase: ``NSG nsg-x could not be read (forbidden)``.
    """

    id: str
    message: str


@dataclass(frozen=True, slots=True)
class NetworkSecurityGroup:
    """An NSG: its custom rules in the order in which Azure wrote them.

    Attributes:
        unreadable: for a direction, why its rules are not all known; checks of that direction are unknown.
        origin: where its document was read, or None for no file.
    """

    id: str
    rules: tuple[SecurityRule, ...]
    unreadable: Mapping[Direction, str]
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Route:
    """A user-defined route.

    Attributes:
        prefix: its address prefix as Azure wrote it: CIDR or service tag.
        next_hop_type: as Azure wrote it, such as ``Internet`` or ``VirtualAppliance``.
    """

    name: str
    prefix: str
    next_hop_type: str


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table of a subnet."""

    id: str
    routes: tuple[Route, ...]


class PeeringReach(StrEnum):
    """How much of the remote space a peering adds to the VirtualNetwork tag."""

    NOTHING = "nothing"  # not Connected, or without VNet access
    WHOLE = "whole"  # Connected and fully in sync
    BETWEEN = "between"  # not fully in sync, or limited to subnets: something from ``surely`` to ``at_most``


@dataclass(frozen=True, slots=True)
class Peering:
    """A peering of the VNet.

    Attributes:
        surely: the space it adds for certain.
        at_most: the space it may add, ``surely`` included; the same set where nothing is in doubt.
        doubt: why the two differ, as a phrase, or empty.
    """

    name: str
    surely: IntervalSet
    at_most: IntervalSet
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class AdminRules:
    """The effective security admin rules of a VNet.

    Attributes:
        rules: with ``admin`` set, in the order in which Azure wrote them.
        exemption: why they perhaps do not apply (a SQL managed instance or Databricks workspace in the VNet), or empty.
    """

    rules: tuple[SecurityRule, ...]
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class VirtualNetwork:
    """A VNet as far as it shapes the VirtualNetwork and Internet tags.

    Attributes:
        space: its IPv4 address space.
        gateway: why on-premises prefixes may belong to the VirtualNetwork tag ("a gateway", "the remote gateway of
            peering hub"), or empty where nothing can.
        dns_servers: custom DNS servers as Azure wrote them; empty for Azure's own DNS.
        admin_rules: the effective admin rules, Unreadable, or None where they are not known of.
    """

    id: str
    space: IntervalSet
    peerings: tuple[Peering, ...] = ()
    gateway: str = ""
    dns_servers: tuple[str, ...] = ()
    admin_rules: "AdminRules | Unreadable | None" = None


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet with what hangs on it.

    Attributes:
        prefixes: its own IPv4 prefixes as (first address, last address), empty where they are not known.
        nsg: the NSG, Unreadable, or None where the subnet has none.
        virtual_network: the VNet around it, or Unreadable.
        route_table: the route table, Unreadable, or None where the subnet has none.
        delegations: service names, such as ``Microsoft.Web/serverFarms``.
        service_endpoints: services, such as ``Microsoft.Storage``.
        ipv6_only: its prefixes are known, and none is of IPv4.
    """

    id: str
    prefixes: tuple[tuple[int, int], ...]
    nsg: "NetworkSecurityGroup | Unreadable | None"
    virtual_network: VirtualNetwork | Unreadable
    route_table: RouteTable | Unreadable | None = None
    delegations: tuple[str, ...] = ()
    service_endpoints: tuple[str, ...] = ()
    ipv6_only: bool = False


@dataclass(frozen=True, slots=True)
class Location:
    """One location of an instance.

    Attributes:
        name: as Azure wrote it.
        subnet_id: as Azure wrote it, or None where the location has no subnet.
        subnet: the subnet, Unreadable, or None where the location has none.
        gateway_disabled: the location serves no clients.
        observed: what the service itself observes of its dependencies here, where that was read.
        region_known: False where only a deployment will tell the location's name.
    """

    name: str
    primary: bool
    platform_version: str | None
    subnet_id: str | None
    subnet: Subnet | Unreadable | None
    gateway_disabled: bool = False
    observed: tuple[Reading, ...] = ()
    region_known: bool = True


class InstanceKind(StrEnum):
    """The resource type of an instance."""

    SERVICE = "service"
    GATEWAY = "gateway"  # a workspace gateway, Microsoft.ApiManagement/gateways


@dataclass(frozen=True, slots=True)
class Instance:
    """An API Management service or workspace gateway.

    Attributes:
        locations: primary first, then by name.
        unreadable: why the document could not be understood wholly, or empty; its checks are unknown then.
        provisioning_state: as Azure wrote it, or None.
        disabled_by_migration: the marker of an automatic migration that dropped the VNet is there.
        in_use: the features that it uses, where they were looked for.
        origin: where its document was read, or None for no file.
    """

    id: str
    name: str
    resource_group: str
    subscription_id: str
    kind: InstanceKind
    sku: str
    virtual_network_type: VirtualNetworkType
    locations: tuple[Location, ...]
    unreadable: str = ""
    provisioning_state: str | None = None
    disabled_by_migration: bool = False
    in_use: tuple[InUse, ...] = ()
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Estate:
    """All instances, by id with case folded."""

    instances: tuple[Instance, ...]
