"""Which resources stand in others: the rules of an NSG, the subnets and peerings of a VNet, the routes of a table."""

import re
from dataclasses import dataclass

from apim_audit.decode.resources import Kind, fold_id
from apim_audit.snapshot import Document, SourcedDocument

LISTS = {
    Kind.SECURITY_GROUP.value: ("securityRules",),
    Kind.VIRTUAL_NETWORK.value: ("subnets", "virtualNetworkPeerings"),
    Kind.ROUTE_TABLE.value: ("routes",),
}
"""The lists in which children stand, by the folded type of the parent."""

_INSTANCES = ("/providers/microsoft.apimanagement/service/", "/providers/microsoft.apimanagement/gateways/")
_FIELDS = {field.lower(): field for fields in LISTS.values() for field in fields}
_CHILD = re.compile(
    r"(?P<parent>.*/providers/microsoft\.network/[^/]+/[^/]+)/(?P<field>" + "|".join(_FIELDS) + r")/(?P<name>[^/]+)"
)
_TOP = re.compile(r".*/providers/([^/]+/[^/]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child stands.

    Attributes:
        parent: the key of its parent.
        field: the list in the parent's properties.
        name: its own name, folded.
    """

    parent: str
    field: str
    name: str


def place_of(key: str) -> Place | None:
    """Returns where a resource stands in another, by its key; None for one that stands by itself."""
    match = _CHILD.fullmatch(key)
    return None if match is None else Place(match["parent"], _FIELDS[match["field"]], match["name"])


def lists_of(key: str) -> tuple[str, ...]:
    """Returns the lists in which the children of a resource stand, by its key."""
    match = _TOP.fullmatch(key)
    return () if match is None else LISTS.get(match[1], ())


def key_of(body: object) -> str | None:
    """Returns the key of a document: its id as it is compared, or None where it has none."""
    resource_id = body.get("id") if isinstance(body, dict) else None
    return fold_id(resource_id) if isinstance(resource_id, str) and resource_id.strip() else None


def child_name(body: object) -> str | None:
    """Returns the folded name of a child that stands in its parent, or None where it does not tell it."""
    if not isinstance(body, dict):
        return None
    name = body.get("name")
    if isinstance(name, str) and name.strip():
        return name.strip().lower()
    key = key_of(body)
    return key.rpartition("/")[2] if key else None


def properties_of(body: Document) -> Document:
    """Returns the properties of a document, empty where it has none that can be read."""
    properties = body.get("properties")
    return properties if isinstance(properties, dict) else {}


def is_instance(document: SourcedDocument) -> bool:
    """Tells whether a document is an API Management service or a workspace gateway."""
    key = key_of(document.body)
    if key is None:
        return str(document.body.get("type")).lower().startswith("microsoft.apimanagement/")
    return any(kind in key and "/" not in key.partition(kind)[2] for kind in _INSTANCES)
