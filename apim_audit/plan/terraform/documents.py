"""Attributes of azurerm resources as the ARM documents that the provider writes."""

from collections.abc import Callable, Mapping

from apim_audit.plan.terraform.values import blocks
from apim_audit.snapshot import Document, unknown_name

_ADDRESSES = {
    "source_address_prefix": "sourceAddressPrefix",
    "source_address_prefixes": "sourceAddressPrefixes",
    "destination_address_prefix": "destinationAddressPrefix",
    "destination_address_prefixes": "destinationAddressPrefixes",
}
_RULE = {
    "description": "description",
    "protocol": "protocol",
    "access": "access",
    "direction": "direction",
    "priority": "priority",
    "source_port_range": "sourcePortRange",
    "source_port_ranges": "sourcePortRanges",
    "destination_port_range": "destinationPortRange",
    "destination_port_ranges": "destinationPortRanges",
    **_ADDRESSES,
}
_GROUPS = {
    "source_application_security_group_ids": "sourceApplicationSecurityGroups",
    "destination_application_security_group_ids": "destinationApplicationSecurityGroups",
}
_NOTHING: tuple[object, ...] = ("", [])

Refer = Callable[[str, object], object]
"""Given an attribute and its value, returns the id that the value is or refers to, or a mark."""


def _renamed(values: Document, names: Mapping[str, str]) -> Document:
    found = {arm: values.get(name) for name, arm in names.items()}
    return {arm: value for arm, value in found.items() if value is not None and value not in _NOTHING}


def rule_document(values: Document, refer: Refer) -> Document:
    """Returns a security rule, inline or separate; letters and blanks stay as they are written."""
    groups = {arm: _references(refer(name, values.get(name))) for name, arm in _GROUPS.items()}
    named = {arm: value for arm, value in groups.items() if value not in (None, [])}
    return {"name": values.get("name"), "properties": {**_renamed(values, _RULE), **named}}


def _references(ids: object) -> object:
    if unknown_name(ids) is not None:
        return [{"id": ids}]
    return [{"id": each} for each in ids] if isinstance(ids, list) else None


def route_document(values: Document) -> Document:
    """Returns a route, inline or separate."""
    names = {
        "address_prefix": "addressPrefix",
        "next_hop_type": "nextHopType",
        "next_hop_in_ip_address": "nextHopIpAddress",
    }
    return {"name": values.get("name"), "properties": _renamed(values, names)}


def reference(value: object) -> Document | None:
    """Returns a reference to another resource; None for no id."""
    return {"id": value} if value else None


def subnet_properties(values: Document, refer: Refer) -> Document:
    """Returns what is written of a subnet: prefixes, delegations, service endpoints, and what old forms attach."""
    found = _renamed(values, {"address_prefix": "addressPrefix", "address_prefixes": "addressPrefixes"})
    if "delegation" in values:
        found["delegations"] = _unless_unknown(
            values["delegation"], [_delegation(each) for each in blocks(values, "delegation")]
        )
    if "service_endpoints" in values:
        endpoints = values["service_endpoints"]
        services = [{"service": each} for each in endpoints] if isinstance(endpoints, list) else []
        found["serviceEndpoints"] = _unless_unknown(endpoints, services)
    attached = {
        "networkSecurityGroup": ("network_security_group_id", "security_group"),
        "routeTable": ("route_table_id",),
    }
    for field, names in attached.items():
        for name in names:
            if name in values:
                found[field] = reference(refer(name, values.get(name)))
    return found


def _unless_unknown(value: object, read: object) -> object:
    return read if unknown_name(value) is None else value


def _delegation(values: Document) -> Document:
    service = next(iter(blocks(values, "service_delegation")), {})
    return {"name": values.get("name"), "properties": {"serviceName": service.get("name")}}


def sku_document(values: Document) -> Document:
    """Returns the tier of a service: ``sku_name`` is ``Premium_1``; older releases have a block."""
    for block in blocks(values, "sku"):
        return {"name": block.get("name"), "capacity": block.get("capacity")}
    name = values.get("sku_name")
    if not isinstance(name, str):
        return {"name": name}
    tier, _, capacity = name.rpartition("_")
    return {"name": tier or name, "capacity": int(capacity) if capacity.isascii() and capacity.isdigit() else None}
