"""What azapi resources write: ARM documents as they are, save for the ids that are not known yet.

Source: documentation of terraform-provider-azapi, azapi_resource and azapi_update_resource, read 2026-11-22.
"""

import json
from collections.abc import Iterator

from apim_audit.plan.model import Writing
from apim_audit.plan.nesting import LISTS
from apim_audit.plan.terraform.kinds import AZAPI_UPDATE, NSG, SUBNET, TABLE, VNET
from apim_audit.plan.terraform.pieces import Piece, Subject
from apim_audit.plan.terraform.values import text
from apim_audit.snapshot import Document, unknown, unknown_name

_REFERRED = {
    "networkSecurityGroup": NSG,
    "routeTable": TABLE,
    "subnetResourceId": SUBNET,
    "subnet": SUBNET,
    "remoteVirtualNetwork": VNET,
}
_DEPTH = 40


def write_azapi(subject: Subject) -> Iterator[Piece]:
    """Yields the document that an azapi resource writes."""
    body = _body(subject)
    arm_type = (text(subject.values, "type") or "").partition("@")[0]
    head = {"id": subject.id, "type": arm_type}
    if subject.resource.type == AZAPI_UPDATE:
        yield Piece(subject.id, {**body, **head}, Writing.PART, undone={})
        return
    location = text(subject.values, "location")
    named = {"name": subject.id.rpartition("/")[2], **({"location": location} if location else {})}
    document = {**named, **body, **head}
    if not subject.planned:
        document["properties"] = _with_untold_lists(subject, arm_type, document.get("properties"))
    yield Piece(subject.id, document)


def _body(subject: Subject) -> Document:
    body = subject.values.get("body")
    if isinstance(body, str):
        body = _parsed(body)
    name = unknown_name(body)
    if name is not None or not isinstance(body, dict):
        return {"properties": unknown(name or f"{subject.resource.address}.body")}
    found = _with_references(subject, body, "", _DEPTH)
    return found if isinstance(found, dict) else {}


def _parsed(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _with_references(subject: Subject, value: object, key: str, depth: int) -> object:
    if unknown_name(value) is not None:
        kind = _REFERRED.get(key)
        found = None if kind is None else subject.around.ids.referred(subject.resource, ("body",), (kind,))
        return found or value
    if depth and isinstance(value, dict):
        # In {"networkSecurityGroup": {"id": ...}} it is the outer name that tells what is meant.
        return {
            name: _with_references(subject, each, key if name == "id" else name, depth - 1)
            for name, each in value.items()
        }
    if depth and isinstance(value, list):
        return [_with_references(subject, each, key, depth - 1) for each in value]
    return value


def _with_untold_lists(subject: Subject, arm_type: str, properties: object) -> object:
    """Returns the properties of a resource that is there, of which the author may not have written all."""
    lists = LISTS.get(arm_type.lower(), ())
    if not isinstance(properties, dict) or unknown_name(properties) is not None:
        return properties
    untold = {
        field: unknown(f"{field} of {subject.resource.address}, which the plan does not tell")
        for field in lists
        if field not in properties
    }
    return {**untold, **properties}
