"""The services whose own parts are read: those with a subnet, each with the parts of its id."""

from collections.abc import Iterable

from apim_audit.collect.instances import subnet_ids
from apim_audit.collect.kinds import SERVICES, Kind, ResourceId, id_of, parse_id
from apim_audit.snapshot import Document


def services_with_subnet(instances: Iterable[Document]) -> list[tuple[ResourceId, Document]]:
    """Returns the services that have anything to judge, with their documents."""
    found = [(parse_id(SERVICES, id_of(each)), each) for each in instances if subnet_ids(each)]
    return [(service, document) for service, document in found if service is not None]


def list_id(service: ResourceId, kind: Kind) -> str:
    """Returns the id of a list of a service: its own, with the list's name."""
    return f"{service.text.strip().rstrip('/')}/{kind.type.rpartition('/')[2]}"


def list_document(service: ResourceId, kind: Kind, entries: Iterable[object]) -> Document:
    """Returns the document that a list is kept as."""
    return {
        "id": list_id(service, kind),
        "name": kind.type.rpartition("/")[2],
        "type": kind.type,
        "value": list(entries),
    }
