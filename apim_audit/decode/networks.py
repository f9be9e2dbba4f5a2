"""Virtual networks and subnets as their documents tell them, before they are joined."""

from dataclasses import dataclass, replace

from apim_audit.core.facts.estate import Unreadable
from apim_audit.core.facts.text import printable
from apim_audit.core.sets.addresses import parse_addresses, parse_span
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.decode.fields import FieldError, Fields, phrase
from apim_audit.decode.index import Index
from apim_audit.decode.peerings import PeeringDocument, space_of
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Kind, Resource, fold_id, name_in

GATEWAY_SUBNET = "gatewaysubnet"
"""The name, folded, of the subnet in which a VNet's gateway stands."""

_EXEMPTING = frozenset({"microsoft.sql/managedinstances", "microsoft.databricks/workspaces"})
"""Delegations, folded, of services whose VNets admin rules skip by default.

Source: azure-docs, ``virtual-network-manager/concept-security-admins.md``, 2023-05-10.
"""

Reference = str | Unreadable | None
"""The id of another resource, Unreadable where it cannot be understood, None where there is none."""


@dataclass(frozen=True, slots=True)
class SubnetDocument:
    """A subnet as its document tells it.

    Attributes:
        prefixes: None where they are not told, or not understood.
        has_gateway: it is a GatewaySubnet with IP configurations.
    """

    id: str
    prefixes: tuple[tuple[int, int], ...] | None
    nsg: Reference
    route_table: Reference
    delegations: tuple[str, ...]
    service_endpoints: tuple[str, ...]
    has_gateway: bool


@dataclass(frozen=True, slots=True)
class NetworkDocument:
    """A VNet as its document tells it, its nested resources by their keys."""

    id: str
    space: IntervalSet
    dns_servers: tuple[str, ...]
    subnets: tuple[str, ...]
    peerings: tuple[str, ...]


class NetworkReader:
    """Reads VNets, with the subnets and peerings that are nested in them."""

    def __init__(
        self, subnets: Index[SubnetDocument | Unreadable], peerings: Index[PeeringDocument], problems: Problems
    ) -> None:
        self._subnets = subnets
        self._peerings = peerings
        self._problems = problems

    def read(self, resource: Resource) -> NetworkDocument | Unreadable:
        """Returns a VNet; its nested resources go to their own indexes."""
        fields = resource.fields()
        properties = fields.inside("properties", required=True)
        space = space_of(properties, "addressSpace")
        if space is None and not fields.errors:
            properties.wrong("addressSpace", "an address space with at least one prefix")
        dns_servers = properties.inside("dhcpOptions").texts("dnsServers")
        subnets = _nested(resource, properties, Kind.SUBNET, "subnets")
        peerings = _nested(resource, properties, Kind.PEERING, "virtualNetworkPeerings")
        for subnet in subnets:
            self._subnets.add(subnet)
        for peering in peerings:
            self._peerings.add(peering)
        if fields.errors:
            resource.report(self._problems, fields.errors)
            return Unreadable(resource.id, f"{resource.title} cannot be understood: {phrase(fields.errors)}")
        return NetworkDocument(resource.id, space or EMPTY, dns_servers, _keys(subnets), _keys(peerings))


def substance_of_network(network: NetworkDocument | Unreadable) -> object:
    """Returns what matters of a VNet."""
    return network.message if isinstance(network, Unreadable) else replace(network, id="")


def _keys(resources: list[Resource]) -> tuple[str, ...]:
    return tuple(resource.key for resource in resources)


def _nested(parent: Resource, properties: Fields, kind: Kind, field: str) -> list[Resource]:
    found: list[Resource] = []
    for path, body in properties.items(field):
        try:
            found.append(parent.nested(kind, field, path, body))
        except FieldError as error:
            properties.errors.append(error)
    return found


def read_subnet(resource: Resource, problems: Problems) -> SubnetDocument | Unreadable:
    """Returns a subnet; what is wrong with its prefixes or references concerns only them."""
    fields = resource.fields()
    properties = fields.inside("properties", required=True)
    parts = [properties.apart() for _ in range(3)]
    for_prefixes, for_nsg, for_table = parts
    document = SubnetDocument(
        resource.id,
        _prefixes(for_prefixes),
        _reference(for_nsg, "networkSecurityGroup", resource),
        _reference(for_table, "routeTable", resource),
        tuple(each.inside("properties").required_text("serviceName") for each in properties.each("delegations")),
        tuple(each.required_text("service") for each in properties.each("serviceEndpoints")),
        _has_gateway(resource, properties),
    )
    resource.report(problems, [*fields.errors, *(error for part in parts for error in part.errors)])
    if fields.errors:
        return Unreadable(resource.id, f"{resource.title} cannot be understood: {phrase(fields.errors)}")
    return document


def substance_of_subnet(subnet: SubnetDocument | Unreadable) -> object:
    """Returns what matters of a subnet: where its ids differ in letter case only, they are the same."""
    if isinstance(subnet, Unreadable):
        return subnet.message
    return replace(subnet, id="", nsg=_folded(subnet.nsg), route_table=_folded(subnet.route_table))


def exempting_delegation(subnet: SubnetDocument) -> str:
    """Returns the delegation for which security admin rules skip the subnet's VNet by default, or an empty text."""
    return next((printable(name) for name in subnet.delegations if name.lower() in _EXEMPTING), "")


def _folded(reference: Reference) -> Reference:
    return fold_id(reference) if isinstance(reference, str) else reference


def _has_gateway(resource: Resource, properties: Fields) -> bool:
    return bool(properties.values("ipConfigurations")) and name_in(resource.id).lower() == GATEWAY_SUBNET


def _prefixes(fields: Fields) -> tuple[tuple[int, int], ...] | None:
    singular = fields.text("addressPrefix") or ""
    plural = fields.texts("addressPrefixes")
    if singular and parse_addresses(singular) is None:
        fields.wrong("addressPrefix", "an address prefix")
    if any(parse_addresses(text) is None for text in plural):
        fields.wrong("addressPrefixes", "a list of address prefixes")
    if fields.errors:
        return None
    spans = [span for span in map(parse_span, (singular, *plural)) if span is not None]
    # Prefixes of the other family alone are told, and leave no IPv4 address.
    return tuple(dict.fromkeys(spans)) if singular or plural else None


def _reference(fields: Fields, name: str, resource: Resource) -> Reference:
    if not fields.has(name):
        return None
    reference = fields.inside(name).required_text("id")
    if fields.errors:
        # Without an id: it is not known whether there is such a resource at all.
        return Unreadable("", f"{resource.title}: {phrase(fields.errors)}")
    return reference
