"""What the services observe of their dependencies: a request a service, all locations in one answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.children import list_document, list_id, services_with_subnet
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.kinds import NETWORK_STATUS, ResourceId, dig, list_at, text_at
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document

_KEPT = ("name", "status", "lastUpdated", "lastStatusChange", "resourceType", "isOptional")


@dataclass(frozen=True, slots=True)
class NetworkStatuses:
    """A document for each service, and what could not be read."""

    documents: tuple[Document, ...]
    incomplete: tuple[Incomplete, ...]


def read_network_status(arm: ArmReader, instances: Iterable[Document]) -> NetworkStatuses:
    """Reads the network status of the services that have a subnet; what fails is needed by no verdict."""
    services = [service for service, _ in services_with_subnet(instances)]
    documents: list[Document] = []
    incomplete: list[Incomplete] = []
    for service, answer in zip(services, arm.each(lambda each: _ask(arm, each), services), strict=True):
        if isinstance(answer, Failure):
            what = f"the network status of {service.name}"
            incomplete.append(unread(what, list_id(service, NETWORK_STATUS), answer, NETWORK_STATUS, needed=False))
        else:
            locations = [_kept(each) for each in list_at(answer, "value")]
            documents.append(list_document(service, NETWORK_STATUS, locations))
    return NetworkStatuses(tuple(documents), tuple(incomplete))


def _ask(arm: ArmReader, service: ResourceId) -> Document | Failure:
    return arm.ask(
        service.subscription,
        lambda clients, hook: clients.api_management.network_status.list_by_service(
            service.resource_group, service.name, raw_response_hook=hook
        ),
        bare_list=True,
    )


def _kept(location: object) -> Document:
    """Returns what is judged of a location: the texts of errors are left out, they are not ours to vouch for."""
    states = [
        {name: each[name] for name in _KEPT if name in each}
        for each in list_at(location, "networkStatus", "connectivityStatus")
        if isinstance(each, dict)
    ]
    status = {"dnsServers": dig(location, "networkStatus", "dnsServers"), "connectivityStatus": states}
    return {"location": text_at(location, "location"), "networkStatus": status}
