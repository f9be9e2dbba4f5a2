"""Which resource a document is: its type, its id, and the resources that stand nested in others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.text import printable
from apim_audit.decode.fields import FieldError, Fields, Json
from apim_audit.decode.problems import NOBODY, Problems
from apim_audit.snapshot import PackedDocument, SourcedDocument


class Kind(StrEnum):
    """A resource type that is read, case folded."""

    SERVICE = "microsoft.apimanagement/service"
    GATEWAY = "microsoft.apimanagement/gateways"
    VIRTUAL_NETWORK = "microsoft.network/virtualnetworks"
    SUBNET = "microsoft.network/virtualnetworks/subnets"
    PEERING = "microsoft.network/virtualnetworks/virtualnetworkpeerings"
    SECURITY_GROUP = "microsoft.network/networksecuritygroups"
    SECURITY_RULE = "microsoft.network/networksecuritygroups/securityrules"
    ROUTE_TABLE = "microsoft.network/routetables"
    ADMIN_RULES = "microsoft.network/effectivesecurityadminrules"  # one document a VNet, as in Resource Graph
    LOGGER = "microsoft.apimanagement/service/loggers"  # this and what follows: one document a list, or a resource
    DIAGNOSTIC = "microsoft.apimanagement/service/diagnostics"
    CACHE = "microsoft.apimanagement/service/caches"
    IDENTITY_PROVIDER = "microsoft.apimanagement/service/identityproviders"
    NAMED_VALUE = "microsoft.apimanagement/service/namedvalues"
    CERTIFICATE = "microsoft.apimanagement/service/certificates"
    AUTHORIZATION_PROVIDER = "microsoft.apimanagement/service/authorizationproviders"
    POLICY = "microsoft.apimanagement/service/policies"
    POLICY_FRAGMENT = "microsoft.apimanagement/service/policyfragments"
    PRODUCT_POLICY = "microsoft.apimanagement/service/products/policies"
    API_POLICY = "microsoft.apimanagement/service/apis/policies"
    OPERATION_POLICY = "microsoft.apimanagement/service/apis/operations/policies"
    WORKSPACE = "microsoft.apimanagement/service/workspaces"
    NETWORK_STATUS = "microsoft.apimanagement/service/networkstatus"

    @property
    def label(self) -> str:
        """What people call such a resource."""
        return _LABELS[self]


_LABELS = {
    Kind.SERVICE: "API Management service",
    Kind.GATEWAY: "workspace gateway",
    Kind.VIRTUAL_NETWORK: "VNet",
    Kind.SUBNET: "subnet",
    Kind.PEERING: "peering",
    Kind.SECURITY_GROUP: "NSG",
    Kind.SECURITY_RULE: "security rule",
    Kind.ROUTE_TABLE: "route table",
    Kind.ADMIN_RULES: "admin rule set of VNet",
    Kind.LOGGER: "logger",
    Kind.DIAGNOSTIC: "diagnostic",
    Kind.CACHE: "cache",
    Kind.IDENTITY_PROVIDER: "identity provider",
    Kind.NAMED_VALUE: "named value",
    Kind.CERTIFICATE: "certificate",
    Kind.AUTHORIZATION_PROVIDER: "credential provider",
    Kind.POLICY: "policy",
    Kind.POLICY_FRAGMENT: "policy fragment",
    Kind.PRODUCT_POLICY: "policy of a product",
    Kind.API_POLICY: "policy of an API",
    Kind.OPERATION_POLICY: "policy of an operation",
    Kind.WORKSPACE: "workspace",
    Kind.NETWORK_STATUS: "network status",
}
_KINDS = {kind.value: kind for kind in Kind}
_SERVICE = re.compile(r".*/providers/microsoft\.apimanagement/service/[^/]+")

_ID_REMEDY = "give the document with the id that Azure Resource Manager writes, so that others can name it"
_JUDGED = frozenset({Kind.SERVICE, Kind.GATEWAY})
"""What is judged whether anything names it or not."""
_UNASKED = frozenset({Kind.SUBNET, Kind.PEERING, Kind.SECURITY_RULE})
"""What belongs to another resource without being named in it: without an id, nobody can tell to which."""
_FLATTENED = frozenset({
    "addressPrefix", "addressPrefixes", "addressSpace", "direction", "peeringState", "platformVersion",
    "provisioningState", "routes", "securityRules", "virtualNetworkType",
})  # fmt: skip
"""What ARM writes inside of ``properties``, and the Azure CLI on the level above."""
_CLI_HINT = "; this looks like output of an Azure CLI command: use `az rest` or `apim-audit collect` instead"


def fold_id(resource_id: str) -> str:
    """Returns a resource id as it is compared: letter case and slashes or blanks at the end do not count."""
    return resource_id.strip().rstrip("/").lower()


def name_in(resource_id: str) -> str:
    """Returns the last segment of a resource id, fit to be shown."""
    return printable(resource_id.rstrip("/").rpartition("/")[2])


def parent_of(resource_id: str) -> str:
    """Returns the id of the resource in which a nested resource stands."""
    return resource_id.rstrip("/").rpartition("/")[0].rpartition("/")[0]


def network_of_admin_rules(resource_id: str) -> str:
    """Returns the id of the VNet that admin rules belong to: they stand at it as an extension resource."""
    return parent_of(parent_of(resource_id.strip()))


def admin_rules_key(network_id: str) -> str:
    """Returns the key of the admin rules of a VNet."""
    return f"{fold_id(network_id)}/providers/{Kind.ADMIN_RULES.value}/default"


def kind_of_id(resource_id: str) -> Kind | None:
    """Returns the type of the resource or the list that an id names, or None where it is none that is read."""
    return _kind(_type_in(resource_id))


def service_of(resource_id: str) -> str:
    """Returns the folded id of the API Management service that a resource or list is of, or an empty text."""
    found = _SERVICE.match(fold_id(resource_id))
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Resource:
    """A document, or an object nested in one, that is a resource of a type that is read.

    Attributes:
        source: the file it was read from.
        id: as Azure wrote it; made from type and name where the document has none.
        key: the id as it is compared.
        held: the object, or the document that is held in a form that takes less memory.
        path: where it stands in its document, ending in a dot; empty for the document itself.
        origin: the file in which it can be looked up, or None.
    """

    source: str
    kind: Kind
    id: str
    key: str
    held: Json | PackedDocument
    path: str = ""
    origin: Origin | None = field(default=None, compare=False)

    @property
    def body(self) -> Json:
        """The object; ask once, it may be unpacked each time."""
        return self.held.unpack() if isinstance(self.held, PackedDocument) else self.held

    @property
    def title(self) -> str:
        """The resource as people name it."""
        named = network_of_admin_rules(self.id) if self.kind is Kind.ADMIN_RULES else self.id
        return f"{self.kind.label} {name_in(named)}"

    def fields(self) -> Fields:
        """Returns the document for reading."""
        return Fields(self.body, self.path)

    def report(self, problems: Problems, errors: Iterable[FieldError], owner: str | None = None) -> None:
        """Reports fields that are wrong, each with the file, the resource and the field.

        Args:
            problems: collects the reports.
            errors: what is wrong.
            owner: the key of the resource that suffers, where it is not this one.
        """
        for error in errors:
            message = f"{printable(self.source)}: {self.title}: {error}{self._hint(error)}"
            problems.add(self.key if owner is None else owner, self.id, "invalid", message)

    def _hint(self, error: FieldError) -> str:
        missing = error.path == f"{self.path}properties" and self.body.get("properties") is None
        if missing and not _FLATTENED.isdisjoint(self.body):
            return _CLI_HINT
        return f"; {error.remedy}" if error.remedy else ""

    def nested_lists(self) -> Json:
        """Returns the resources that stand in a VNet, which are read and compared by themselves; else nothing."""
        properties = self.body.get("properties")
        if self.kind is not Kind.VIRTUAL_NETWORK or not isinstance(properties, dict):
            return {}
        return {field: properties.get(field) for field in ("subnets", "virtualNetworkPeerings")}

    def nested(self, kind: Kind, segment: str, path: str, body: Json) -> "Resource":
        """Returns a resource that stands in this one; where it has no id, its name makes one.

        Raises:
            FieldError: it has neither, or its id is no text.
        """
        fields = Fields(body, path)
        resource_id = fields.text("id") or f"{self.id}/{segment}/{fields.required_text('name')}"
        if fields.errors:
            raise fields.errors[0]
        return Resource(self.source, kind, resource_id, fold_id(resource_id), body, path, self.origin)


def sort_documents(documents: Iterable[SourcedDocument], problems: Problems) -> dict[Kind, list[Resource]]:
    """Returns the resources that are read, by type; other types are passed over."""
    found: dict[Kind, list[Resource]] = {kind: [] for kind in Kind}
    for document in documents:
        resource = _resource(document, problems)
        if resource is not None:
            found[resource.kind].append(resource)
    return found


def _resource(document: SourcedDocument, problems: Problems) -> Resource | None:
    if isinstance(document.held, PackedDocument):
        return _packed(document.source, document.held, problems)
    body: object = document.held
    if not isinstance(body, dict):
        problems.add(None, document.source, "invalid", f"{printable(document.source)}: a document is not an object")
        return None
    fields = Fields(body)
    type_name, resource_id = fields.text("type"), fields.text("id")
    kind = _kind(type_name) or _kind(_type_in(resource_id))
    if kind is None:
        if type_name is None and not _type_in(resource_id):
            _report_untyped(document.source, resource_id, problems)
        return None
    if resource_id is None:
        return _without_id(document, body, kind, type_name or kind, problems)
    resource = Resource(document.source, kind, resource_id, fold_id(resource_id), body, origin=document.origin)
    resource.report(problems, fields.errors)
    return resource


def _without_id(document: SourcedDocument, body: Json, kind: Kind, type_name: str, problems: Problems) -> Resource:
    fields = Fields(body)
    made_id = _made_id(type_name, fields.text("name"))
    fields.required_text("id")
    resource = Resource(document.source, kind, made_id, fold_id(made_id), body, origin=document.origin)
    owner = NOBODY if kind in _JUDGED else None if kind in _UNASKED else kind.value
    for error in fields.errors:
        message = f"{printable(document.source)}: {resource.title}: {error}; {_ID_REMEDY}"
        problems.add(owner, document.source, "invalid", message)
    return resource


def _packed(source: str, held: PackedDocument, problems: Problems) -> Resource | None:
    kind = _kind(held.type) if isinstance(held.type, str) else None
    if kind is None:
        return _resource(SourcedDocument(source, held.unpack()), problems)
    return Resource(source, kind, held.id, fold_id(held.id), held)


def _report_untyped(source: str, resource_id: str | None, problems: Problems) -> None:
    message = f"{printable(source)}: a document has neither a type nor the id of a resource"
    problems.add(
        None, resource_id or source, "invalid", f"{message}; give the documents as Azure Resource Manager does"
    )


def _kind(type_name: str | None) -> Kind | None:
    return _KINDS.get(type_name.lower()) if type_name else None


def _type_in(resource_id: str | None) -> str:
    # .../providers/Microsoft.Network/virtualNetworks/v/subnets/s: after the namespace every other segment is a type.
    if not resource_id:
        return ""
    _, found, tail = fold_id(resource_id).rpartition("/providers/")
    namespace, *segments = tail.split("/")
    return "/".join((namespace, *segments[::2])) if found and segments else ""


def _made_id(type_name: str, name: str | None) -> str:
    namespace, *types = type_name.split("/")
    names = (name or "(unnamed)").split("/")
    pairs = [part for pair in zip(types, names, strict=False) for part in pair]
    return "/".join(("/providers", namespace, *pairs))
