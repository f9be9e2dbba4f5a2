"""Read-only requests to Azure Resource Manager through the public operations of the management SDKs."""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from apim_audit.collect.answers import Hook, ask
from apim_audit.collect.clients import Clients, SubscriptionClients
from apim_audit.collect.credential import KeptToken
from apim_audit.collect.failures import NO_RESOURCE_GROUP, Failure
from apim_audit.collect.gathered import Gathered
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
from apim_audit.collect.listing import Listing, Wanted, gather, of_subscription, unlisted
from apim_audit.collect.pages import Operation, list_pages, rule_pages
from apim_audit.collect.progress import Progress
from apim_audit.collect.request import Target
from apim_audit.collect.workers import Workers
from apim_audit.snapshot import Document

T = TypeVar("T")
Item = TypeVar("Item")

_WORKERS = 16
"""More than there may be requests in flight: while some parse what came, others ask for the next."""

_SUBSCRIPTION = re.compile(r"[0-9A-Za-z-]{1,64}")
_RESOURCE_GROUP = re.compile(r"[\w.()-]{0,89}[\w()-]")

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
    SERVICES: lambda clients: clients.api_management.api_management_service.get,
    GATEWAYS: lambda clients: clients.api_management.api_gateway.get,
    VIRTUAL_NETWORKS: lambda clients: clients.network.virtual_networks.get,
    SUBNETS: lambda clients: clients.network.subnets.get,
    NETWORK_SECURITY_GROUPS: lambda clients: clients.network.network_security_groups.get,
    ROUTE_TABLES: lambda clients: clients.network.route_tables.get,
}


class ArmReader:
    """Reads from one ARM endpoint, several requests at a time; a context manager that ends all of them."""

    def __init__(
        self,
        target: Target,
        credential: KeptToken,
        progress: Progress | None = None,
        gathered: Gathered | None = None,
    ) -> None:
        self._target = target
        self.progress = progress or Progress()
        self.gathered = gathered or Gathered(self.progress)
        self.clients = Clients(target, credential, self.progress)
        self._pool = Workers(_WORKERS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.clients.stop()
        self._pool.shutdown(wait=kind is None, cancel_futures=True)
        self.clients.close()

    def each(self, call: Callable[[Item], T], items: Iterable[Item]) -> list[T]:
        """Returns what a call brings for each item, in the items' order; the calls run side by side."""
        return list(self._pool.map(partial(self._stepping, call), items))

    def _stepping(self, call: Callable[[Item], T], item: Item) -> T:
        brought = call(item)
        self.progress.step()
        return brought

    def later(self, call: Callable[[], T]) -> Future[T]:
        """Starts a call beside the others."""
        return self._pool.submit(call)

    def next(self, call: Callable[[], T]) -> Future[T]:
        """Starts a call before all that have not begun."""
        return self._pool.submit_next(call)

    def list_all(
        self, kind: Kind, subscription: str, resource_group: str | None = None, wanted: Wanted | None = None
    ) -> Listing:
        """Reads all resources of a type in a subscription, or of instances in a resource group."""
        name = of_subscription(kind, subscription)
        failure = _senseless(subscription, resource_group)
        if failure is not None:
            return unlisted(name, failure)
        clients = self.clients.of(subscription)
        if resource_group is None:
            operation = _LISTS[kind](clients)
        else:
            operation = partial(_GROUP_LISTS[kind](clients), resource_group)
        return gather(name, list_pages(self._target, operation), self.gathered, wanted)

    def first_page(self, kind: Kind, subscription: str) -> list[object] | Failure:
        """Reads one page of the list of a type in a subscription: enough to know whether that is permitted."""
        failure = _senseless(subscription, None)
        if failure is not None:
            return failure
        return next(list_pages(self._target, _LISTS[kind](self.clients.of(subscription))))

    def get(self, kind: Kind, resource_id: ResourceId) -> Document | Failure:
        """Reads one resource by its id."""
        operation = _GETS[kind](self.clients.of(resource_id.subscription))
        answer = ask(lambda hook: operation(resource_id.resource_group, *resource_id.names, raw_response_hook=hook))
        if isinstance(answer, Failure):
            return answer
        if fold(text_at(answer, "id") or "") != fold(resource_id.text):
            return Failure("invalid", detail="the answer is not that resource")
        self.gathered.add(kind, [answer])
        return answer

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
        for page in list_pages(self._target, choose(self.clients.of(subscription))):
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
        clients = self.clients.of(subscription)
        return ask(lambda hook: call(clients, hook), bare_list=bare_list)

    def service_tags(self, subscription: str, location: str) -> Document | Failure:
        """Reads the service tags; the location picks a replica of the data, not a part of it."""
        operation = self.clients.of(subscription).network.service_tags.list
        return ask(lambda hook: operation(location, raw_response_hook=hook))

    def admin_rules(self, network: ResourceId) -> list[object] | Failure:
        """Reads the effective security admin rules of a VNet: all of them, or why not."""
        client = self.clients.of(network.subscription).network
        operation = client.list_network_manager_effective_security_admin_rules
        rules: list[object] = []
        for page in rule_pages(partial(operation, network.resource_group, network.name)):
            if isinstance(page, Failure):
                return page
            rules += page
        return rules


def is_resource_group(name: str) -> bool:
    """Tells whether a name is one that a resource group can have."""
    return _RESOURCE_GROUP.fullmatch(name) is not None


def _senseless(subscription: str, resource_group: str | None) -> Failure | None:
    """Tells why a scope cannot exist, so that nothing typed by mistake becomes another path."""
    if not _SUBSCRIPTION.fullmatch(subscription):
        return Failure("refused", detail="that is no subscription id")
    if resource_group is not None and not is_resource_group(resource_group):
        return Failure("not-found", NO_RESOURCE_GROUP)
    return None
