"""The instances of the scope: API Management services and workspace gateways."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.failures import NO_RESOURCE_GROUP, Failure, advice, unread
from apim_audit.collect.graph import GraphReader
from apim_audit.collect.instance_lists import InstanceLists, instances_by_arm, instances_by_graph
from apim_audit.collect.kinds import GATEWAYS, Held, fold, id_of, list_at, opened, text_at
from apim_audit.collect.listing import Listing
from apim_audit.collect.request import Request
from apim_audit.collect.scope import ResolvedScope
from apim_audit.core.facts.reports import Incomplete
from apim_audit.errors import NoAuditError
from apim_audit.snapshot import Document

_TYPE_NOT_SERVED = ("not-found", "refused")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Instances:
    """The selected instances, by id, and what of the scope could not be read."""

    documents: tuple[Document, ...]
    incomplete: tuple[Incomplete, ...]


def read_instances(arm: ArmReader, graph: GraphReader, scope: ResolvedScope, request: Request) -> Instances:
    """Reads the instances that a request asks for.

    Raises:
        NoAuditError: no subscription can be read, or an instance asked for by name is not there.
    """
    if scope.by_graph:
        brought = instances_by_graph(arm, graph, scope, request.resource_group)
    else:
        brought = instances_by_arm(arm, scope.subscriptions, request.resource_group)
    _demand_scope(brought.services, request)
    found = sorted(map(opened, _documents(brought)), key=_order)
    incomplete = [entry for listing in brought.listings for entry in _gaps(listing, request)]
    return Instances(_selected(found, request.names), (*incomplete, *brought.incomplete))


def _documents(brought: InstanceLists) -> list[Held]:
    """Returns what was brought; a row of Resource Graph gives way to Resource Manager's answer."""
    by_arm: list[Held] = [*brought.documents]
    rows: list[Held] = []
    for listing in brought.listings:
        (rows if listing.name.by_graph else by_arm).extend(listing.documents)
    read = {fold(id_of(document)) for document in by_arm}
    return [*by_arm, *(row for row in rows if fold(id_of(row)) not in read)]


def named(documents: Iterable[Document], names: Sequence[str]) -> list[Document]:
    """Returns the instances of these names, or all where no names are given."""
    asked = {name.casefold() for name in names}
    return [document for document in documents if not asked or _name(document) in asked]


def subnet_ids(instance: Document) -> list[str]:
    """Returns the ids of the subnets that an instance's locations and its gateway backend name, as Azure wrote them."""
    properties = instance.get("properties")
    locations = [properties, *list_at(properties, "additionalLocations")]
    named = [text_at(location, "virtualNetworkConfiguration", "subnetResourceId") for location in locations]
    named.append(text_at(properties, "backend", "subnet", "id"))
    return [subnet_id for subnet_id in named if subnet_id is not None]


def _order(document: Document) -> tuple[str, str]:
    return fold(id_of(document)), id_of(document)


def _demand_scope(services: Sequence[Listing], request: Request) -> None:
    failures = [(listing, failure) for listing in services if (failure := _fatal(listing)) is not None]
    if not failures or len(failures) < len(services):
        return
    listing, failure = failures[0]
    places = ", ".join(f"{each.name.where} ({why})" for each, why in failures[:_NAMED])
    more = f" and {len(failures) - _NAMED} more" if len(failures) > _NAMED else ""
    if all(why.code == NO_RESOURCE_GROUP for _, why in failures):
        message = f"resource group {request.resource_group!r} was not found in {places}{more}"
        raise NoAuditError(message, "check its name and the subscription")
    message = f"{places}{more} could not be read"
    raise NoAuditError(message, advice(failure, listing.kind))


def _fatal(listing: Listing) -> Failure | None:
    """Returns why nothing at all is known of a subscription's instances, or None."""
    failure = listing.failure
    return failure if failure is not None and not listing.pages and failure.reason != "unregistered" else None


def _gaps(listing: Listing, request: Request) -> list[Incomplete]:
    gaps = []
    noun = listing.kind.noun
    if listing.strays:
        message = f"{listing.strays} entries in the list of {noun}s have no id and were left out; try again."
        gaps.append(Incomplete(listing.id, "invalid", message))
    failure = listing.failure
    if failure is None or _means_none(listing, failure, request):
        return gaps
    if failure.reason == "unregistered":
        # Azure refuses to unregister a provider while the subscription holds resources of it
        # (resource-providers-and-types), so there is nothing to judge.
        message = f"{listing.name.where} holds no {noun}: Microsoft.ApiManagement is not registered."
        return [*gaps, Incomplete(listing.id, failure.reason, message, needed=False)]
    return [*gaps, unread(listing.name.text, listing.id, failure, listing.kind)]


def _means_none(listing: Listing, failure: Failure, request: Request) -> bool:
    """Tells whether a failure only says that there is nothing of the kind."""
    if request.resource_group is not None and failure.code == NO_RESOURCE_GROUP:
        return True
    if listing.name.by_graph:  # it refuses queries, not types
        return False
    return listing.kind == GATEWAYS and not listing.pages and failure.reason in _TYPE_NOT_SERVED


def _selected(found: Sequence[Document], names: Sequence[str]) -> tuple[Document, ...]:
    if not names:
        return tuple(found)
    asked = {name.casefold(): name for name in names}
    selected = tuple(named(found, names))
    absent = [asked[name] for name in asked.keys() - {_name(document) for document in selected}]
    if absent:
        message = f"no instance is named {', '.join(repr(name) for name in sorted(absent))} in what was asked for"
        raise NoAuditError(message, "check the name, the subscription and the resource group")
    return selected


def _name(document: Document) -> str:
    return (text_at(document, "name") or id_of(document).rpartition("/")[2]).casefold()
