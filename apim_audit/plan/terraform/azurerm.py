"""What each azurerm resource writes, by its attributes.

Source: the resource pages of terraform-provider-azurerm, releases 2 to 4, read 2026-11-22.
"""

from collections.abc import Iterator, Mapping

from apim_audit.decode.resources import fold_id
from apim_audit.plan.terraform import kinds
from apim_audit.plan.terraform.configuration import expression_at
from apim_audit.plan.terraform.documents import (
    reference,
    route_document,
    rule_document,
    sku_document,
    subnet_properties,
)
from apim_audit.plan.terraform.pieces import Piece, Subject, Writer, part
from apim_audit.plan.terraform.values import blocks, is_unknown
from apim_audit.snapshot import Document, unknown, unknown_name

_UNTOLD = "{} of {}, which the plan does not tell (give the current state with --onto)"
_ATTACHED = (("networkSecurityGroup", "the NSG"), ("routeTable", "the route table"))
_NSGS = "Microsoft.Network/networkSecurityGroups"
_TABLES = "Microsoft.Network/routeTables"
_VNETS = "Microsoft.Network/virtualNetworks"


def _security_group(subject: Subject) -> Iterator[Piece]:
    rules = _children(subject, "security_rule")
    if isinstance(rules, list):
        rules = [rule_document(each, lambda _, value: value) for each in rules]
        if subject.planned and not subject.creating:
            rules = [_perhaps_gone(subject, rule) for rule in rules]
    yield subject.whole(_NSGS, {"securityRules": rules}, location=subject.values.get("location"))


def _children(subject: Subject, name: str) -> object:
    """Returns inline rules or routes.

    Where the author writes none, the provider leaves them to Azure: they are what the state holds, and of a resource
    that is created they are not known. It has none of its own then if they are written separately; else a dynamic block
    may be behind it, which the configuration in a plan does not show.
    """
    if not is_unknown(subject.values, name):
        return blocks(subject.values, name)
    return [] if subject.creating and fold_id(subject.id) in subject.around.with_children else subject.values[name]


def _perhaps_gone(subject: Subject, rule: Document) -> Document:
    """Returns an inline rule that stays, marked as in doubt where the plan deletes the separate one of its name.

    The provider writes the NSG with the rule, and deletes the rule, in no particular order.
    """
    key = f"{fold_id(subject.id)}/securityrules/{str(rule.get('name')).lower()}"
    if key not in subject.around.deleted:
        return rule
    return {**rule, "properties": {**rule["properties"], "provisioningState": "Deleting"}}


def _security_rule(subject: Subject) -> Iterator[Piece]:
    document = rule_document(subject.values, subject.refer())
    yield subject.whole(f"{_NSGS}/securityRules", document["properties"], name=document["name"])


def _route_table(subject: Subject) -> Iterator[Piece]:
    routes = _children(subject, "route")
    if isinstance(routes, list):
        routes = [route_document(each) for each in routes]
    yield subject.whole(_TABLES, {"routes": routes}, location=subject.values.get("location"))


def _route(subject: Subject) -> Iterator[Piece]:
    document = route_document(subject.values)
    yield subject.whole(f"{_TABLES}/routes", document["properties"], name=document["name"])


def _subnet(subject: Subject) -> Iterator[Piece]:
    properties = subnet_properties(subject.values, subject.refer())
    if subject.planned and not subject.creating:
        yield from part(subject.id, properties)
        return
    if not subject.planned:
        for field, what in _ATTACHED:
            properties.setdefault(field, unknown(_UNTOLD.format(what, subject.resource.address)))
    yield subject.whole(f"{_VNETS}/subnets", properties)


def _subnet_security_group(subject: Subject) -> Iterator[Piece]:
    yield from _association(subject, "network_security_group_id", "networkSecurityGroup")


def _subnet_route_table(subject: Subject) -> Iterator[Piece]:
    yield from _association(subject, "route_table_id", "routeTable")


def _association(subject: Subject, name: str, field: str) -> Iterator[Piece]:
    subnet = subject.refer()("subnet_id", subject.values.get("subnet_id"))
    if isinstance(subnet, str):
        attached = reference(subject.refer()(name, subject.values.get(name)))
        yield from part(subnet, {field: attached}, {field: None})


def _virtual_network(subject: Subject) -> Iterator[Piece]:
    properties: Document = {
        "addressSpace": {"addressPrefixes": subject.values.get("address_space")},
        "dhcpOptions": {"dnsServers": _dns_servers(subject)},
    }
    if subject.planned and not subject.creating:
        if subject.values.get("subnet") != (subject.resource.before or {}).get("subnet"):
            properties["subnets"] = _inline_subnets(subject)
        yield from part(subject.id, properties)
        return
    peerings: list[Document] = []
    if not subject.planned:
        what = _UNTOLD.format("the peerings", subject.resource.address)
        peerings = [{"name": "(not told)", "properties": unknown(what)}]
    inline = {"subnets": _inline_subnets(subject), "virtualNetworkPeerings": peerings}
    yield subject.whole(_VNETS, {**properties, **inline}, location=subject.values.get("location"))


def _dns_servers(subject: Subject) -> object:
    if not is_unknown(subject.values, "dns_servers"):
        return subject.values.get("dns_servers") or []
    block = subject.around.ids.references.configuration.resource(subject.resource)
    # Azure's own, unless the author writes others.
    return [] if expression_at(block, ("dns_servers",)) is None else subject.values["dns_servers"]


def _inline_subnets(subject: Subject) -> list[Document]:
    return [
        {
            "id": f"{subject.id}/subnets/{each.get('name')}",
            "name": each.get("name"),
            "properties": _inline_properties(subject, each),
        }
        for each in blocks(subject.values, "subnet")
    ]


def _inline_properties(subject: Subject, values: Document) -> Document:
    properties = subnet_properties(values, subject.refer("subnet"))
    if not subject.planned:
        # A state that is not refreshed does not know yet what was attached after the VNet was written.
        for field, what in _ATTACHED:
            if properties.get(field) is None:
                properties[field] = unknown(_UNTOLD.format(what, f"a subnet of {subject.resource.address}"))
    return properties


def _dns_of_network(subject: Subject) -> Iterator[Piece]:
    network = subject.values.get("virtual_network_id")
    if unknown_name(network) is not None:
        ids = subject.around.ids
        network = ids.referred(subject.resource, ("virtual_network_id",), (kinds.VNET,))
    if isinstance(network, str):
        servers = {"dhcpOptions": {"dnsServers": subject.values.get("dns_servers")}}
        yield from part(network, servers, {"dhcpOptions": {"dnsServers": []}})


def _peering(subject: Subject) -> Iterator[Piece]:
    remote: object = subject.values.get("remote_virtual_network_id")
    if unknown_name(remote) is not None:
        ids = subject.around.ids
        remote = ids.referred(subject.resource, ("remote_virtual_network_id",), (kinds.VNET,)) or remote
    properties: Document = {
        "remoteVirtualNetwork": {"id": remote},
        "allowVirtualNetworkAccess": subject.values.get("allow_virtual_network_access"),
        "useRemoteGateways": subject.values.get("use_remote_gateways"),
        "peerCompleteVnets": subject.values.get("peer_complete_virtual_networks_enabled", True),
    }
    if not subject.planned:
        properties["peeringState"] = unknown(_UNTOLD.format("the state", subject.resource.address))
    yield subject.whole(f"{_VNETS}/virtualNetworkPeerings", properties, name=subject.values.get("name"))


def _gateway(subject: Subject) -> Iterator[Piece]:
    subnets = [
        subject.refer("ip_configuration", at)("subnet_id", each.get("subnet_id"))
        for at, each in enumerate(blocks(subject.values, "ip_configuration"))
    ]
    configurations = [{"properties": {"subnet": {"id": each}}} for each in subnets]
    yield subject.whole("Microsoft.Network/virtualNetworkGateways", {"ipConfigurations": configurations})
    if not subject.planned:
        for subnet in subnets:
            if isinstance(subnet, str):
                yield from part(subnet, {"ipConfigurations": [{"id": subject.id}]})


def _service(subject: Subject) -> Iterator[Piece]:
    values = subject.values
    locations = values.get("additional_location")
    if unknown_name(locations) is None:
        listed = enumerate(blocks(values, "additional_location"))
        locations = [_additional_location(subject, at, each) for at, each in listed]
    properties = {
        "virtualNetworkType": values.get("virtual_network_type") or "None",
        "virtualNetworkConfiguration": _configuration(subject, values),
        "additionalLocations": locations,
        "disableGateway": values.get("gateway_disabled"),
    }
    sku = sku_document(values)
    yield subject.whole("Microsoft.ApiManagement/service", properties, location=values.get("location"), sku=sku)


def _additional_location(subject: Subject, at: int, values: Document) -> Document:
    return {
        "location": values.get("location"),
        "virtualNetworkConfiguration": _configuration(subject, values, "additional_location", at),
        "disableGateway": values.get("gateway_disabled"),
    }


def _configuration(subject: Subject, values: Document, *path: str | int) -> object:
    block = "virtual_network_configuration"
    if is_unknown(values, block):
        return {"subnetResourceId": values[block]}
    for each in blocks(values, block):
        return {"subnetResourceId": subject.refer(*path, block, 0)("subnet_id", each.get("subnet_id"))}
    return None


def _standalone_gateway(subject: Subject) -> Iterator[Piece]:
    subnet = subject.refer()("backend_subnet_id", subject.values.get("backend_subnet_id"))
    properties = {
        "virtualNetworkType": subject.values.get("virtual_network_type") or "None",
        "backend": {"subnet": reference(subnet)},
    }
    skus = blocks(subject.values, "sku")
    sku = {"name": skus[0].get("name")} if skus else sku_document(subject.values)
    location = subject.values.get("location")
    yield subject.whole("Microsoft.ApiManagement/gateways", properties, location=location, sku=sku)


WRITERS: Mapping[str, Writer] = {
    kinds.NSG: _security_group,
    kinds.RULE: _security_rule,
    kinds.TABLE: _route_table,
    kinds.ROUTE: _route,
    kinds.SUBNET: _subnet,
    kinds.SUBNET_NSG: _subnet_security_group,
    kinds.SUBNET_TABLE: _subnet_route_table,
    kinds.VNET: _virtual_network,
    kinds.VNET_DNS: _dns_of_network,
    kinds.PEERING: _peering,
    kinds.GATEWAY: _gateway,
    kinds.SERVICE: _service,
    kinds.STANDALONE_GATEWAY: _standalone_gateway,
}
"""What writes the pieces of each type."""

OF_OTHERS = frozenset({kinds.SUBNET_NSG, kinds.SUBNET_TABLE, kinds.VNET_DNS})
"""Types that have no ARM resource of their own: they write a part of another one."""

READABLE_DATA = frozenset({kinds.NSG, kinds.TABLE, kinds.SUBNET, kinds.VNET})
"""Data sources that tell enough of what is there."""
