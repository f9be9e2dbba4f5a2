"""The lists of instances: of each subscription by Resource Manager, or of all at once by Resource Graph."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from apim_audit.collect.arm import ArmReader, is_resource_group
from apim_audit.collect.failures import NO_RESOURCE_GROUP, Failure, unread
from apim_audit.collect.graph import GraphReader, GraphScope
from apim_audit.collect.kinds import GATEWAYS, RESOURCE_GROUPS, SERVICES, Held, Kind, fold, id_of, parse_id, text_at
from apim_audit.collect.listing import Listing, ListName, unlisted
from apim_audit.collect.rows import is_whole
from apim_audit.collect.scope import ResolvedScope
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document

_TIERS_WITHOUT_GATEWAYS = frozenset({"consumption", "developer", "basic", "standard"})
"""Workspace gateways belong to an instance of a higher tier in the same subscription (workspaces-overview)."""

_KINDS = (SERVICES, GATEWAYS)


@dataclass(frozen=True, slots=True)
class InstanceLists:
    """What the lists brought.

    Attributes:
        services: the lists of API Management services that tell whether the scope can be read at all.
        gateways: all other lists.
        documents: instances that were read by id.
        incomplete: instances that were not.
    """

    services: tuple[Listing, ...]
    gateways: tuple[Listing, ...]
    documents: tuple[Document, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()

    @property
    def listings(self) -> tuple[Listing, ...]:
        """All lists."""
        return (*self.services, *self.gateways)


def instances_by_arm(arm: ArmReader, subscriptions: Sequence[str], resource_group: str | None) -> InstanceLists:
    """Lists the instances of each subscription."""
    arm.progress.begin("instances", len(subscriptions))
    services = arm.each(lambda each: arm.list_all(SERVICES, each, resource_group), subscriptions)
    with_gateways = [
        subscription
        for subscription, listing in zip(subscriptions, services, strict=True)
        if _may_have_gateways(listing, resource_group)
    ]
    arm.progress.begin("workspace gateways", len(with_gateways))
    gateways = arm.each(lambda each: arm.list_all(GATEWAYS, each, resource_group), with_gateways)
    return InstanceLists(tuple(services), tuple(gateways))


def _may_have_gateways(services: Listing, resource_group: str | None) -> bool:
    if services.failure is not None and not services.pages:
        return False
    # A resource group can hold a gateway without its instance.
    return resource_group is not None or any(
        (text_at(document, "sku", "name") or "").casefold() not in _TIERS_WITHOUT_GATEWAYS
        for document in services.documents
    )


def instances_by_graph(
    arm: ArmReader, graph: GraphReader, scope: ResolvedScope, resource_group: str | None
) -> InstanceLists:
    """Lists the instances of all subscriptions at once.

    Resource Graph passes over what the identity may not read. Of a subscription that was named and of which it shows no
    instance, Resource Manager is asked: it says that there is none, or what it refuses.
    """
    if resource_group is not None and not is_resource_group(resource_group):
        return _no_group(scope)
    shallow: dict[Kind, list[str]] = {kind: [] for kind in _KINDS}
    jobs = [(kind, query) for kind in _KINDS for query in scope.queries]
    arm.progress.begin("instances", len(jobs))
    found = arm.each(
        lambda job: graph.list_all(*job, resource_group, _whole_or_noted(job[0], shallow[job[0]])),
        jobs,
    )
    services = [listing for listing in found if listing.kind == SERVICES]
    gateways = [listing for listing in found if listing.kind == GATEWAYS]
    documents, incomplete = _read_by_id(arm, shallow)
    if not scope.named:
        if resource_group is not None and not any(listing.documents for listing in found):
            services = [_looked_up(graph, query, resource_group, services) for query in scope.queries]
        return InstanceLists(tuple(services), tuple(gateways), documents, incomplete)
    silent = _silent(
        scope.subscriptions, [*documents, *(document for listing in services for document in listing.documents)]
    )
    asked = instances_by_arm(arm, silent, resource_group)
    if len(silent) == len(scope.subscriptions):  # Resource Manager has listed all of them
        gateways = _fruitful(gateways)
    return InstanceLists((*_fruitful(services), *asked.services), (*gateways, *asked.gateways), documents, incomplete)


def _fruitful(listings: Iterable[Listing]) -> list[Listing]:
    return [listing for listing in listings if listing.documents]


def _no_group(scope: ResolvedScope) -> InstanceLists:
    name = ListName(SERVICES, "", scope.queries[0].where, by_graph=True)
    return InstanceLists((unlisted(name, Failure("not-found", NO_RESOURCE_GROUP)),), ())


def _whole_or_noted(kind: Kind, shallow: list[str]) -> Callable[[Document], bool]:
    def keep(row: Document) -> bool:
        whole = is_whole(kind, row)
        if not whole:
            shallow.append(id_of(row))
        return whole

    return keep


def _read_by_id(arm: ArmReader, shallow: dict[Kind, list[str]]) -> tuple[tuple[Document, ...], tuple[Incomplete, ...]]:
    """Reads by id the instances of which Resource Graph did not show all."""
    documents: list[Document] = []
    incomplete: list[Incomplete] = []
    for kind, texts in shallow.items():
        for text in texts:
            resource_id = parse_id(kind, text)
            answer = Failure("invalid") if resource_id is None else arm.get(kind, resource_id)
            if isinstance(answer, Failure):
                incomplete.append(unread(f"{kind.noun} {text.rpartition('/')[2]}", text, answer, kind))
            else:
                documents.append(answer)
    return tuple(documents), tuple(incomplete)


def _looked_up(graph: GraphReader, query: GraphScope, group: str, services: Sequence[Listing]) -> Listing:
    """Returns the list of instances of a resource group that holds none, or that there is no such group."""
    groups = graph.containers(RESOURCE_GROUPS, query)
    names = {(text_at(document, "name") or "").casefold() for document in groups.documents}
    if groups.failure is None and group.casefold() not in names:
        return unlisted(services[0].name, Failure("not-found", NO_RESOURCE_GROUP))
    return services[0]


def _silent(subscriptions: Sequence[str], documents: Sequence[Held]) -> list[str]:
    heard = {fold(id_of(document)).split("/")[2] for document in documents if id_of(document).count("/") > 1}
    return [subscription for subscription in subscriptions if fold(subscription) not in heard]
