"""The networks round the instances: lists joined in memory, and by id, once, what the lists lack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.instances import subnet_ids
from apim_audit.collect.kinds import (
    NETWORK_SECURITY_GROUPS,
    ROUTE_TABLES,
    SUBNETS,
    VIRTUAL_NETWORKS,
    Held,
    Kind,
    ResourceId,
    fold,
    id_of,
    list_at,
    parse_id,
    text_at,
)
from apim_audit.collect.listers import Lister, Wants
from apim_audit.collect.listing import Listing
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document

_ATTACHED = ((NETWORK_SECURITY_GROUPS, "networkSecurityGroup"), (ROUTE_TABLES, "routeTable"))


@dataclass(frozen=True, slots=True)
class Networks:
    """VNets, single subnets, NSGs and route tables that the instances need, and what could not be read."""

    documents: tuple[Held, ...]
    incomplete: tuple[Incomplete, ...]


@dataclass(slots=True)
class _Shelf:
    """What was read so far, by folded id; one id can have several documents where Azure answers twice."""

    known: dict[str, list[Held]] = field(default_factory=dict)
    wanted: dict[str, None] = field(default_factory=dict)
    incomplete: list[Incomplete] = field(default_factory=list)

    def put(self, document: Held) -> None:
        self.known.setdefault(fold(id_of(document)), []).append(document)

    def take(self, resource_id: str) -> list[Held]:
        """Returns the documents of an id and notes that they are needed."""
        documents = self.known.get(fold(resource_id), [])
        if documents:
            self.wanted[fold(resource_id)] = None
        return documents

    def needed(self) -> Networks:
        """Returns the documents that were taken, by id."""
        documents = [document for key in sorted(self.wanted) for document in self.known[key]]
        return Networks(tuple(documents), tuple(self.incomplete))


def read_networks(arm: ArmReader, lister: Lister, instances: Sequence[Document]) -> Networks:
    """Reads the networks of the instances.

    Args:
        arm: reads single resources by id: those that no list of the scope brought.
        lister: reads lists.
        instances: API Management services and workspace gateways.
    """
    shelf = _Shelf()
    subnets = _parsed(shelf, SUBNETS, (text for instance in instances for text in subnet_ids(instance)))
    networks = _parsed(shelf, VIRTUAL_NETWORKS, map(_network_id, subnets))
    following = partial(_attached, frozenset(fold(subnet.text) for subnet in subnets))
    _list(shelf, lister([(VIRTUAL_NETWORKS, networks)], following))
    _fetch(arm, shelf, VIRTUAL_NETWORKS, networks)
    nested = _nested(shelf, subnets)
    _fetch(arm, shelf, SUBNETS, [subnet for subnet in subnets if fold(subnet.text) not in nested])
    found = [body for subnet in subnets for body in [*nested.get(fold(subnet.text), ()), *shelf.take(subnet.text)]]
    attached = [(kind, _parsed(shelf, kind, _named_in(found, attribute))) for kind, attribute in _ATTACHED]
    _list(shelf, lister(attached))
    for kind, ids in attached:
        _fetch(arm, shelf, kind, ids)
    return shelf.needed()


def _named_in(subnets: Iterable[object], attribute: str) -> list[str]:
    return [text for body in subnets if (text := text_at(body, "properties", attribute, "id")) is not None]


def _attached(subnets: frozenset[str], listing: Listing) -> Wants:
    """Returns what the subnets that are used name, as far as they are in a list of VNets."""
    nested = [body for network in listing.documents for body in list_at(network, "properties", "subnets")]
    found = [body for body in nested if fold(text_at(body, "id") or "") in subnets]
    shelf = _Shelf()  # what makes no sense is noted where all lists come together
    return [(kind, _parsed(shelf, kind, _named_in(found, attribute))) for kind, attribute in _ATTACHED]


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


def _list(shelf: _Shelf, listings: Iterable[Listing]) -> None:
    for listing in listings:
        for document in listing.documents:
            shelf.put(document)
        if listing.failure is not None:
            # Not needed in itself: what the instances use is fetched by id, and is an entry of its own where that
            # fails too.
            entry = unread(listing.name.text, listing.id, listing.failure, listing.kind, needed=False)
            shelf.incomplete.append(entry)


def _fetch(arm: ArmReader, shelf: _Shelf, kind: Kind, ids: Sequence[ResourceId]) -> None:
    """Reads by id what is not there yet."""
    lacking = [resource_id for resource_id in ids if not shelf.take(resource_id.text)]
    if lacking:
        arm.progress.begin(f"single {kind.noun}s", len(lacking))
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
