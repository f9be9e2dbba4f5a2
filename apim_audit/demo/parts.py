"""What the embedded ARM endpoint answers about the parts of services, and about what the identity may do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apim_audit.snapshot import Document

_SERVICE = r"(?P<service>/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.apimanagement/service/[^/]+)"
_LIST = re.compile(
    _SERVICE + r"/(?:loggers|diagnostics|caches|identityproviders|namedvalues|certificates|authorizationproviders"
    r"|policies|policyfragments|workspaces|products(?:/[^/]+/policies)?|apis(?:/[^/]+/(?:policies|operations"
    r"(?:/[^/]+/policies)?))?)"
)
_NETWORK_STATUS = re.compile(_SERVICE + r"/networkstatus")
_PERMISSIONS = re.compile(r"/subscriptions/[^/]+/providers/microsoft\.authorization/permissions")

PART_PATHS = (_LIST, _NETWORK_STATUS, _PERMISSIONS)
"""The paths, case folded, that are served."""

EVERYTHING: Document = {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
"""What the Reader role permits."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What belongs to services.

    Attributes:
        documents: the resources below services: loggers, policies and so on.
        network_status: what services observe, an entry a location, by the service's id.
        permissions: what the identity may do in every subscription, an entry a role.
    """

    documents: tuple[Document, ...] = ()
    network_status: Mapping[str, Sequence[Document]] = field(default_factory=dict)
    permissions: tuple[Document, ...] = (EVERYTHING,)


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """Entries of a list.

    Attributes:
        bare: the answer is an array and has no pages.
    """

    entries: list[Document]
    bare: bool = False


def answer_of_part(path: str, parts: Parts, services: Sequence[str]) -> PartAnswer | None:
    """Returns what is there under a path, case folded, or None where the service is not.

    Args:
        path: one of those that are served.
        parts: what there is.
        services: the folded ids of the services that exist.
    """
    if _PERMISSIONS.fullmatch(path):
        return PartAnswer(list(parts.permissions))
    match = _LIST.fullmatch(path) or _NETWORK_STATUS.fullmatch(path)
    if match is None or match["service"] not in services:
        return None
    if _NETWORK_STATUS.fullmatch(path):
        observed = {key.lower(): entries for key, entries in parts.network_status.items()}
        return PartAnswer(list(observed.get(match["service"], ())), bare=True)
    return PartAnswer([each for each in parts.documents if str(each["id"]).lower().rpartition("/")[0] == path])


def part(service_id: str, path: str, **properties: object) -> Document:
    """Returns a resource below a service.

    Args:
        service_id: of the service.
        path: types and names in turn, such as ``apis/orders/policies/policy``.
        properties: its properties.
    """
    kinds = path.split("/")[::2]
    return {
        "id": f"{service_id}/{path}",
        "type": f"Microsoft.ApiManagement/service/{'/'.join(kinds)}",
        "name": path.rpartition("/")[2],
        "properties": properties,
    }


def connectivity(name: str, kind: str, status: str, updated: str, *, optional: bool = False) -> Document:
    """Returns the state of one dependency as the network status tells it."""
    return {
        "name": name,
        "status": status,
        "error": "" if status == "success" else "the connection timed out",
        "lastUpdated": updated,
        "lastStatusChange": updated,
        "resourceType": kind,
        "isOptional": optional,
    }


def observed_at(location: str, *states: Document) -> Document:
    """Returns the network status of one location."""
    return {
        "location": location,
        "networkStatus": {"dnsServers": ["168.63.129.16"], "connectivityStatus": list(states)},
    }
