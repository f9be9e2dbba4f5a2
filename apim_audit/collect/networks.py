"""The networks round the instances: lists joined in memory, and by id, once, what the lists lack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apim_audit.collect.arm import ArmReader, Listing
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.instances import subnet_ids
from apim_audit.collect.kinds import (
    NETWORK_SECURITY_GROUPS,
    ROUTE_TABLES,
    SUBNETS,
    VIRTUAL_NETWORKS,
    Kind,
    ResourceId,
    fold,
    id_of,
    list_at,
    parse_id,
    text_at,
)
from apim_audit.core.findings import Incomplete
from apim_audit.snapshot import Document

_LISTED = (VIRTUAL_NETWORKS, NETWORK_SECURITY_GROUPS, ROUTE_TABLES)
_ATTACHED = ((NETWORK_SECURITY_GROUPS, "networkSecurityGroup"), (ROUTE_TABLES, "routeTable"))


@dataclass(frozen=True, slots=True)
class Networks:
    """VNets, single subnets, NSGs and route tables that the instances need, and what could not be read."""

    documents: tuple[Document, ...]
    incomplete: tuple[Incomplete, ...]


@dataclass(slots=True)
class _Shelf:
    """What was read so far, by folded id; one id can have several documents where Azure answers twice."""

    known: dict[str, list[Document]] = field(default_factory=dict)
    wanted: dict[str, None] = field(default_factory=dict)
    incomplete: list[Incomplete] = field(default_factory=list)

    def put(self, document: Document) -> None:
        self.known.setdefault(fold(id_of(document)), []).append(document)

    def take(self, resource_id: str) -> list[Document]:
        """Returns the documents of an id and notes that they are needed."""
        documents = self.known.get(fold(resource_id), [])
        if documents:
            self.wanted[fold(resource_id)] = None
        return documents

    def needed(self) -> Networks:
        """Returns the documents that were taken, by id."""
        documents = [document for key in sorted(self.wanted) for document in self.known[key]]
        return Networks(tuple(documents), tuple(self.incomplete))


def read_networks(arm: ArmReader, subscriptions: Sequence[str], instances: Sequence[Document]) -> Networks:
    """Reads the networks of the instances.

    Args:
        arm: the reader.
        subscriptions: those of the scope; lists are read of these only, of others single resources by id.
        instances: API Management services and workspace gateways.
    """
    shelf = _Shelf()
    subnets = _parsed(shelf, SUBNETS, (text for instance in instances for text in subnet_ids(instance)))
    _list(arm, shelf, _common(subscriptions, subnets))
    _fetch(arm, shelf, VIRTUAL_NETWORKS, _parsed(shelf, VIRTUAL_NETWORKS, map(_network_id, subnets)))
    nested = _nested(shelf, subnets)
    _fetch(arm, shelf, SUBNETS, [subnet for subnet in subnets if fold(subnet.text) not in nested])
    found = [body for subnet in subnets for body in [*nested.get(fold(subnet.text), ()), *shelf.take(subnet.text)]]
    for kind, attribute in _ATTACHED:
        ids = [text for body in found if (text := text_at(body, "properties", attribute, "id")) is not None]
        _fetch(arm, shelf, kind, _parsed(shelf, kind, ids))
    return shelf.needed()


def _parsed(shelf: _Shelf, kind: Kind, texts: Iterable[str]) -> list[ResourceId]:
    """Returns the ids, each once, in order; notes those that make no sense."""
    distinct = {fold(text): text for text in texts}
    ids = []
    for text in distinct.values():
        resource_id = parse_id(kind, text)
        if resource_id is None:
            message = f"a resource names this as a {kind.noun}, but it is not the id of one; look at that resource."
            shelf.incomplete.append(Incomplete(text, "invalid", message))
        else:
            ids.append(resource_id)
    return ids


def _common(subscriptions: Sequence[str], subnets: Sequence[ResourceId]) -> list[str]:
    used = {fold(subnet.subscription) for subnet in subnets}
    distinct = {fold(subscription): subscription for subscription in subscriptions}
    return [subscription for key, subscription in distinct.items() if key in used]


def _list(arm: ArmReader, shelf: _Shelf, subscriptions: Sequence[str]) -> None:
    jobs = [(kind, subscription) for subscription in subscriptions for kind in _LISTED]
    for listing in arm.each(lambda job: arm.list_all(*job), jobs):
        for document in listing.documents:
            shelf.put(document)
        if listing.failure is not None:
            shelf.incomplete.append(_list_gap(listing, listing.failure))


def _list_gap(listing: Listing, failure: Failure) -> Incomplete:
    # Not needed in itself: what the instances use is fetched by id, and is an entry of its own where that fails too.
    what = f"the list of {listing.kind.noun}s of subscription {listing.subscription}"
    return unread(what, listing.id, failure, listing.kind, needed=False)


def _fetch(arm: ArmReader, shelf: _Shelf, kind: Kind, ids: Sequence[ResourceId]) -> None:
    """Reads by id what is not there yet."""
    lacking = [resource_id for resource_id in ids if not shelf.take(resource_id.text)]
    for resource_id, answer in zip(lacking, arm.each(lambda each: arm.get(kind, each), lacking), strict=True):
        if isinstance(answer, Failure):
            shelf.incomplete.append(unread(f"{kind.noun} {resource_id.name}", resource_id.text, answer, kind))
        else:
            shelf.put(answer)
            shelf.take(resource_id.text)


def _network_id(subnet: ResourceId) -> str:
    return subnet.text.strip().rstrip("/").rpartition("/")[0].rpartition("/")[0]


def _nested(shelf: _Shelf, subnets: Sequence[ResourceId]) -> dict[str, list[object]]:
    """Returns the subnets inside the VNets that were read, by folded id."""
    nested: dict[str, list[object]] = {}
    for network_id in dict.fromkeys(fold(_network_id(subnet)) for subnet in subnets):
        for network in shelf.take(network_id):
            for body in list_at(network, "properties", "subnets"):
                nested.setdefault(fold(text_at(body, "id") or ""), []).append(body)
    return nested
