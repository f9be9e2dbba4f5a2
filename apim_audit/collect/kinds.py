"""The resource types that an audit reads, and their ids."""

import re
from dataclasses import dataclass

from apim_audit.snapshot import Document, PackedDocument

Held = Document | PackedDocument
"""A document as the reader holds it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type.

    Attributes:
        noun: what people call one.
        type: as Azure writes it; ids of the type have as many names as it has parts after the provider.
    """

    noun: str
    type: str

    @property
    def action(self) -> str:
        """The RBAC action that reading it takes."""
        return f"{self.type}/read"


SERVICES = Kind("API Management instance", "Microsoft.ApiManagement/service")
GATEWAYS = Kind("workspace gateway", "Microsoft.ApiManagement/gateways")
VIRTUAL_NETWORKS = Kind("VNet", "Microsoft.Network/virtualNetworks")
SUBNETS = Kind("subnet", "Microsoft.Network/virtualNetworks/subnets")
NETWORK_SECURITY_GROUPS = Kind("NSG", "Microsoft.Network/networkSecurityGroups")
ROUTE_TABLES = Kind("route table", "Microsoft.Network/routeTables")
SERVICE_TAGS = Kind("service tag", "Microsoft.Network/locations/serviceTags")
SUBSCRIPTIONS = Kind("subscription", "Microsoft.Resources/subscriptions")
RESOURCE_GROUPS = Kind("resource group", "Microsoft.Resources/subscriptions/resourceGroups")
ADMIN_RULES = Kind(
    "security admin rule", "Microsoft.Network/virtualNetworks/listNetworkManagerEffectiveSecurityAdminRules"
)
"""Named after the operation that reads them: its ``read`` permission is the one that it takes, not its ``action``.

Source: azure-docs, ``role-based-access-control/permissions/networking.md``, 2024-02-07.
"""

LOGGERS = Kind("logger", "Microsoft.ApiManagement/service/loggers")
DIAGNOSTICS = Kind("diagnostic", "Microsoft.ApiManagement/service/diagnostics")
CACHES = Kind("cache", "Microsoft.ApiManagement/service/caches")
IDENTITY_PROVIDERS = Kind("identity provider", "Microsoft.ApiManagement/service/identityProviders")
NAMED_VALUES = Kind("named value", "Microsoft.ApiManagement/service/namedValues")
CERTIFICATES = Kind("certificate", "Microsoft.ApiManagement/service/certificates")
AUTHORIZATION_PROVIDERS = Kind("credential provider", "Microsoft.ApiManagement/service/authorizationProviders")
POLICIES = Kind("global policy", "Microsoft.ApiManagement/service/policies")
POLICY_FRAGMENTS = Kind("policy fragment", "Microsoft.ApiManagement/service/policyFragments")
PRODUCTS = Kind("product", "Microsoft.ApiManagement/service/products")
PRODUCT_POLICIES = Kind("product policy", "Microsoft.ApiManagement/service/products/policies")
APIS = Kind("API", "Microsoft.ApiManagement/service/apis")
API_POLICIES = Kind("API policy", "Microsoft.ApiManagement/service/apis/policies")
OPERATIONS = Kind("operation", "Microsoft.ApiManagement/service/apis/operations")
OPERATION_POLICIES = Kind("operation policy", "Microsoft.ApiManagement/service/apis/operations/policies")
WORKSPACES = Kind("workspace", "Microsoft.ApiManagement/service/workspaces")
NETWORK_STATUS = Kind("network status", "Microsoft.ApiManagement/service/networkstatus")
PERMISSIONS = Kind("permission", "Microsoft.Authorization/permissions")

_ID = re.compile(r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/([^/]+)/(.+)", re.IGNORECASE)
_NO_NAMES = frozenset({"", ".", ".."})  # dots would lead to another path


@dataclass(frozen=True, slots=True)
class ResourceId:
    """The id of a resource in a resource group, taken apart.

    Attributes:
        text: as Azure wrote it.
        names: one a part of the type: for a subnet those of the VNet and of the subnet.
    """

    text: str
    subscription: str
    resource_group: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.names[-1]


def parse_id(kind: Kind, text: str) -> ResourceId | None:
    """Returns the parts of an id, or None where it is not the id of a resource of that type."""
    match = _ID.fullmatch(text.strip().rstrip("/"))
    if match is None:
        return None
    subscription, group, provider, rest = match.groups()
    types, names = rest.split("/")[::2], rest.split("/")[1::2]
    if fold("/".join([provider, *types])) != fold(kind.type) or len(types) != len(names):
        return None
    if not _NO_NAMES.isdisjoint({subscription, group, *names}):
        return None
    return ResourceId(text, subscription, group, tuple(names))


def fold(resource_id: str) -> str:
    """Returns an id as ids are compared: without regard to case."""
    return resource_id.strip().rstrip("/").casefold()


def id_of(document: Held) -> str:
    """Returns the id of a document that was read; the reader keeps none without."""
    return document.id if isinstance(document, PackedDocument) else str(document["id"])


def opened(document: Held) -> Document:
    """Returns a document to look into."""
    return document.unpack() if isinstance(document, PackedDocument) else document


def dig(document: object, *path: str) -> object:
    """Returns the value at a path of object keys, or None where the document has another shape."""
    value = document
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text_at(document: object, *path: str) -> str | None:
    """Returns the non-empty text at a path, or None."""
    value = dig(document, *path)
    return value if isinstance(value, str) and value.strip() else None


def list_at(document: object, *path: str) -> list[object]:
    """Returns the list at a path, or an empty one."""
    value = dig(document, *path)
    return value if isinstance(value, list) else []
