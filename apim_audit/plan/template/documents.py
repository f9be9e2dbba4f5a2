"""From evaluated resources to the documents that a deployment writes."""

from collections.abc import Callable, Mapping
from typing import Any

from apim_audit.core.facts.findings import Origin
from apim_audit.plan.located_json import origin_of
from apim_audit.plan.model import Writing
from apim_audit.plan.template.values import Meter, Pieces, Unknown, Value, placeholder, written
from apim_audit.snapshot import Document, unknown

SERVICE = "microsoft.apimanagement/service"
GATEWAY = "microsoft.apimanagement/gateways"
NETWORK = "microsoft.network/virtualnetworks"
SUBNET = "microsoft.network/virtualnetworks/subnets"
PEERING = "microsoft.network/virtualnetworks/virtualnetworkpeerings"
GROUP = "microsoft.network/networksecuritygroups"
RULE = "microsoft.network/networksecuritygroups/securityrules"
TABLE = "microsoft.network/routetables"
ROUTE = "microsoft.network/routetables/routes"

JUDGED = frozenset({SERVICE, GATEWAY, NETWORK, SUBNET, PEERING, GROUP, RULE, TABLE, ROUTE})
"""The resource types, folded, that bear on a verdict."""

KEEPS_SUBNETS_FROM = "2023-09-01"
"""The first API version in which a VNet that is written without ``subnets`` keeps those it has.

Source: techcommunity.microsoft.com, "Azure Virtual Network now supports updates without subnet property", 2024-02-26.
"""

_DEEPEST = 100
_IDENTITIES = frozenset({"id", "name", "subnetresourceid"})
_COPIED = ("location", "sku", "kind", "properties")


def to_json(value: Value, meter: Meter, key: str = "", depth: int = _DEEPEST) -> Any:  # noqa: ANN401  (JSON)
    """Returns an evaluated value as a document holds it: what is not known is marked, names and ids are made up."""
    meter.spend()
    if depth == 0:
        return unknown("a value that is nested too deeply")
    if isinstance(value, Pieces | Unknown):
        return _identity(value, key.lower()) if key.lower() in _IDENTITIES else unknown(written(value))
    if isinstance(value, dict):
        return {name: to_json(each, meter, name, depth - 1) for name, each in value.items()}
    if isinstance(value, list):
        return [to_json(each, meter, key, depth - 1) for each in value]
    return value


def _identity(value: Pieces | Unknown, key: str) -> Any:  # noqa: ANN401  (JSON)
    made_up = placeholder(value)
    whole_id = isinstance(value, Pieces) and made_up.startswith("/")
    return made_up if key == "name" or whole_id else unknown(written(value))


def document_of(
    identity: str, type_name: str, raw: Mapping[str, Value], evaluate: Callable[[Value], Value], meter: Meter
) -> Document:
    """Returns the document that a resource of a template writes.

    Args:
        identity: its id.
        type_name: its type, with those of its parents.
        raw: the resource as it is written.
        evaluate: evaluates its expressions.
        meter: counts the work.
    """
    document: Document = {"id": identity, "name": identity.rpartition("/")[2], "type": type_name}
    for name in _COPIED:
        found = next((value for key, value in raw.items() if key.lower() == name), None)
        if found is not None:
            document[name] = to_json(evaluate(found), meter, name)
    return document


def completed(document: Document, version: str) -> Writing:
    """Adds to a document what Azure does where it is silent, and returns how it meets what is there.

    A peering keeps what only Azure tells of it. A VNet keeps its peerings where it names none (Microsoft's answer to
    Azure/arm-template-whatif issue 281, 2026-08-19), and its subnets in newer API versions.
    """
    properties = document.setdefault("properties", {})
    if not isinstance(properties, dict) or "$unknown" in properties:
        return Writing.WHOLE
    fill = _FILLS.get(str(document["type"]).lower())
    return fill(properties, version) if fill else Writing.WHOLE


def _has(properties: Document, name: str) -> bool:
    return any(key.lower() == name.lower() and value is not None for key, value in properties.items())


def _network(properties: Document, version: str) -> Writing:
    if not _has(properties, "subnets") and version < KEEPS_SUBNETS_FROM:
        properties["subnets"] = []
    if not _has(properties, "dhcpOptions"):
        properties["dhcpOptions"] = {"dnsServers": []}
    return Writing.PART


def _with_empty(name: str) -> Callable[[Document, str], Writing]:
    def fill(properties: Document, _: str) -> Writing:
        if not _has(properties, name):
            properties[name] = []
        return Writing.WHOLE

    return fill


def _peering(properties: Document, _: str) -> Writing:
    if not _has(properties, "useRemoteGateways"):
        properties["useRemoteGateways"] = False
    return Writing.PART


_FILLS: Mapping[str, Callable[[Document, str], Writing]] = {
    NETWORK: _network,
    PEERING: _peering,
    GROUP: _with_empty("securityRules"),
    TABLE: _with_empty("routes"),
}


def in_doubt(document: Document, condition: str) -> None:
    """Makes a document one of which nothing is known but that it may be written."""
    doubt = unknown(f"condition {condition}")
    properties = document.get("properties")
    direction = properties.get("direction") if isinstance(properties, dict) else None
    is_rule = str(document["type"]).lower() == RULE
    if is_rule and isinstance(direction, str):
        document["properties"] = {"direction": direction, "access": doubt}
    else:
        document["properties"] = doubt


def origins_of_rules(properties: Value) -> dict[str, Origin]:
    """Returns where the security rules of an evaluated NSG are written down, by their names."""
    rules = properties.get("securityRules") if isinstance(properties, dict) else None
    found: dict[str, Origin] = {}
    for rule in rules if isinstance(rules, list) else ():
        origin = origin_of(rule)
        name = rule.get("name") if isinstance(rule, dict) else None
        if origin is not None and isinstance(name, str | Pieces | Unknown):
            found[placeholder(name)] = origin
    return found
