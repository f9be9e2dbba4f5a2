"""Read-only requests to Azure Resource Manager through the public operations of the management SDKs."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from azure.core import AzureClouds
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.network import NetworkManagementClient

from apim_audit.collect.answers import Hook, ask
from apim_audit.collect.credential import KeptToken
from apim_audit.collect.failures import NO_RESOURCE_GROUP, Failure
from apim_audit.collect.kinds import (
    GATEWAYS,
    NETWORK_SECURITY_GROUPS,
    ROUTE_TABLES,
    SERVICES,
    SUBNETS,
    VIRTUAL_NETWORKS,
    Kind,
    ResourceId,
    fold,
    text_at,
)
from apim_audit.collect.pages import Operation, Page, list_pages, rule_pages
from apim_audit.collect.pipeline import open_transport, policies
from apim_audit.collect.request import Target
from apim_audit.snapshot import Document

T = TypeVar("T")
Item = TypeVar("Item")

_WORKERS = 8
_SUBSCRIPTION = re.compile(r"[0-9A-Za-z-]{1,64}")
_RESOURCE_GROUP = re.compile(r"[\w.()-]{0,89}[\w()-]")


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer of a list operation, all pages.

    Attributes:
        kind: what was listed.
        subscription: where.
        documents: the resources that were read, each with an id.
        failure: why reading ended early, or None where it was read whole.
        pages: how many pages were read.
        strays: how many entries were no resource with an id.
    """

    kind: Kind
    subscription: str
    documents: tuple[Document, ...]
    failure: Failure | None = None
    pages: int = 0
    strays: int = 0

    @property
    def id(self) -> str:
        """The list's own id."""
        return f"/subscriptions/{self.subscription}/providers/{self.kind.type}"


@dataclass(frozen=True, slots=True)
class SubscriptionClients:
    """The clients of one subscription."""

    api_management: ApiManagementClient
    network: NetworkManagementClient


class _ThreadState(threading.local):
    """What belongs to one worker."""

    def __init__(self) -> None:
        self.transport: RequestsTransport | None = None
        self.clients: dict[str, SubscriptionClients] = {}


_LISTS: Mapping[Kind, Callable[[SubscriptionClients], Operation]] = {
    SERVICES: lambda clients: clients.api_management.api_management_service.list,
    GATEWAYS: lambda clients: clients.api_management.api_gateway.list,
    VIRTUAL_NETWORKS: lambda clients: clients.network.virtual_networks.list_all,
    NETWORK_SECURITY_GROUPS: lambda clients: clients.network.network_security_groups.list_all,
    ROUTE_TABLES: lambda clients: clients.network.route_tables.list_all,
}
_GROUP_LISTS: Mapping[Kind, Callable[[SubscriptionClients], Operation]] = {
    SERVICES: lambda clients: clients.api_management.api_management_service.list_by_resource_group,
    GATEWAYS: lambda clients: clients.api_management.api_gateway.list_by_resource_group,
}
_GETS: Mapping[Kind, Callable[[SubscriptionClients], Operation]] = {
    VIRTUAL_NETWORKS: lambda clients: clients.network.virtual_networks.get,
    SUBNETS: lambda clients: clients.network.subnets.get,
    NETWORK_SECURITY_GROUPS: lambda clients: clients.network.network_security_groups.get,
    ROUTE_TABLES: lambda clients: clients.network.route_tables.get,
}


class ArmReader:
    """Reads from one ARM endpoint, several requests at a time; a context manager that ends all of them."""

    def __init__(self, target: Target, credential: KeptToken) -> None:
        self._target = target
        self._credential = credential
        self._pool = ThreadPoolExecutor(_WORKERS, "collect")
        self._stop = threading.Event()
        self._state = _ThreadState()
        self._transports: list[RequestsTransport] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._stop.set()
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
        for transport in self._transports:
            transport.close()

    def each(self, call: Callable[[Item], T], items: Iterable[Item]) -> list[T]:
        """Returns what a call brings for each item, in the items' order; the calls run side by side."""
        return list(self._pool.map(call, items))

    def later(self, call: Callable[[], T]) -> Future[T]:
        """Starts a call beside the others."""
        return self._pool.submit(call)

    def list_all(self, kind: Kind, subscription: str, resource_group: str | None = None) -> Listing:
        """Reads all resources of a type in a subscription, or of instances in a resource group."""
        failure = _senseless(subscription, resource_group)
        if failure is not None:
            return Listing(kind, subscription, (), failure)
        clients = self._clients(subscription)
        if resource_group is None:
            operation = _LISTS[kind](clients)
        else:
            operation = partial(_GROUP_LISTS[kind](clients), resource_group)
        return _gathered(kind, subscription, list_pages(self._target, operation))

    def first_page(self, kind: Kind, subscription: str) -> list[object] | Failure:
        """Reads one page of the list of a type in a subscription: enough to know whether that is permitted."""
        failure = _senseless(subscription, None)
        if failure is not None:
            return failure
        return next(list_pages(self._target, _LISTS[kind](self._clients(subscription))))

    def get(self, kind: Kind, resource_id: ResourceId) -> Document | Failure:
        """Reads one resource by its id."""
        operation = _GETS[kind](self._clients(resource_id.subscription))
        answer = ask(lambda hook: operation(resource_id.resource_group, *resource_id.names, raw_response_hook=hook))
        if isinstance(answer, Failure) or fold(text_at(answer, "id") or "") == fold(resource_id.text):
            return answer
        return Failure("invalid", detail="the answer is not that resource")

    def entries(
        self, subscription: str, choose: Callable[[SubscriptionClients], Operation]
    ) -> tuple[list[object], Failure | None]:
        """Returns the entries of a list operation, all pages, and why not all of them, where that is so.

        Args:
            subscription: where.
            choose: returns the operation, given the clients of the subscription.
        """
        entries: list[object] = []
        failure: Failure | None = None
        for page in list_pages(self._target, choose(self._clients(subscription))):
            if isinstance(page, Failure):
                failure = page
            else:
                entries += page
        return entries, failure

    def ask(
        self, subscription: str, call: Callable[[SubscriptionClients, Hook], object], *, bare_list: bool = False
    ) -> Document | Failure:
        """Returns the answer to any call of a subscription's clients; see `apim_audit.collect.answers.ask`."""
        failure = _senseless(subscription, None)
        if failure is not None:
            return failure
        clients = self._clients(subscription)
        return ask(lambda hook: call(clients, hook), bare_list=bare_list)

    def service_tags(self, subscription: str, location: str) -> Document | Failure:
        """Reads the service tags; the location picks a replica of the data, not a part of it."""
        operation = self._clients(subscription).network.service_tags.list
        return ask(lambda hook: operation(location, raw_response_hook=hook))

    def admin_rules(self, network: ResourceId) -> list[object] | Failure:
        """Reads the effective security admin rules of a VNet: all of them, or why not."""
        client = self._clients(network.subscription).network
        operation = client.list_network_manager_effective_security_admin_rules
        rules: list[object] = []
        for page in rule_pages(partial(operation, network.resource_group, network.name)):
            if isinstance(page, Failure):
                return page
            rules += page
        return rules

    def _clients(self, subscription: str) -> SubscriptionClients:
        state = self._state
        if state.transport is None:
            state.transport = open_transport(self._stop)
            self._transports.append(state.transport)
        if subscription not in state.clients:
            state.clients[subscription] = self._connected(subscription, state.transport)
        return state.clients[subscription]

    def _connected(self, subscription: str, transport: RequestsTransport) -> SubscriptionClients:
        target = self._target
        return SubscriptionClients(
            ApiManagementClient(
                self._credential,
                subscription,
                base_url=target.endpoint,
                policies=policies(target, self._credential, self._stop),
                transport=transport,
            ),
            NetworkManagementClient(
                self._credential,
                subscription,
                base_url=target.endpoint,
                # Names the defaults of what is given here anyway; without it the SDK reads an environment variable.
                cloud_setting=AzureClouds.AZURE_PUBLIC_CLOUD,
                policies=policies(target, self._credential, self._stop),
                transport=transport,
            ),
        )


def _senseless(subscription: str, resource_group: str | None) -> Failure | None:
    """Tells why a scope cannot exist, so that nothing typed by mistake becomes another path."""
    if not _SUBSCRIPTION.fullmatch(subscription):
        return Failure("refused", detail="that is no subscription id")
    if resource_group is not None and not _RESOURCE_GROUP.fullmatch(resource_group):
        return Failure("not-found", NO_RESOURCE_GROUP)
    return None


def _gathered(kind: Kind, subscription: str, pages: Iterator[Page]) -> Listing:
    documents: list[Document] = []
    failure: Failure | None = None
    count = strays = 0
    for page in pages:
        if isinstance(page, Failure):
            failure = page
            continue
        resources = [entry for entry in page if isinstance(entry, dict) and text_at(entry, "id")]
        documents += resources
        strays += len(page) - len(resources)
        count += 1
    return Listing(kind, subscription, tuple(documents), failure, count, strays)
