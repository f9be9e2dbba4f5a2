"""The networks round the instances: lists joined in memory, and by id, once, what the lists lack."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.graph import GraphReader, GraphScope
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
from apim_audit.collect.listing import Listing, Wanted, among
from apim_audit.collect.rows import is_whole
from apim_audit.collect.scope import ResolvedScope
from apim_audit.core.facts.findings import Incomplete
from apim_audit.snapshot import Document

_ATTACHED = ((NETWORK_SECURITY_GROUPS, "networkSecurityGroup"), (ROUTE_TABLES, "routeTable"))


Lister = Callable[[Sequence[tuple[Kind, Sequence[ResourceId]]]], Sequence[Listing]]
"""Lists resources of these types and ids, as far as they lie in the scope; each type at the same time."""


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
    _list(lister, shelf, [(VIRTUAL_NETWORKS, networks)])
    _fetch(arm, shelf, VIRTUAL_NETWORKS, networks)
    nested = _nested(shelf, subnets)
    _fetch(arm, shelf, SUBNETS, [subnet for subnet in subnets if fold(subnet.text) not in nested])
    found = [body for subnet in subnets for body in [*nested.get(fold(subnet.text), ()), *shelf.take(subnet.text)]]
    attached = [(kind, _parsed(shelf, kind, _named_in(found, attribute))) for kind, attribute in _ATTACHED]
    _list(lister, shelf, attached)
    for kind, ids in attached:
        _fetch(arm, shelf, kind, ids)
    return shelf.needed()


def lister_by_arm(arm: ArmReader, scope: ResolvedScope) -> Lister:
    """Returns what reads the lists of each subscription of the scope in which something is wanted."""

    def lists(wanted: Sequence[tuple[Kind, Sequence[ResourceId]]]) -> Sequence[Listing]:
        jobs = [
            (kind, subscription, None, keep)
            for kind, ids in wanted
            for keep in [among(each.text for each in ids)]  # one for all subscriptions: it holds every id
            for subscription in _common(scope.subscriptions, ids)
        ]
        # By subscription: were all lists of NSGs asked for first, parsing would hold them up, and nothing the others.
        jobs.sort(key=lambda job: job[1])
        arm.progress.begin(_phase(wanted), len(jobs))
        return arm.each(lambda job: arm.list_all(*job), jobs)

    return lists


def lister_by_graph(arm: ArmReader, graph: GraphReader, scope: ResolvedScope) -> Lister:
    """Returns what queries the scope."""

    def lists(wanted: Sequence[tuple[Kind, Sequence[ResourceId]]]) -> Sequence[Listing]:
        jobs = [
            (kind, query, None, keep)
            for kind, ids in wanted
            for keep in [_whole(kind, among(each.text for each in ids))]
            for query in _narrowed(scope, ids)
        ]
        arm.progress.begin(_phase(wanted), len(jobs))
        return arm.each(lambda job: graph.list_all(*job), jobs)

    return lists


def _phase(wanted: Sequence[tuple[Kind, Sequence[ResourceId]]]) -> str:
    return " and ".join(f"{kind.noun}s" for kind, _ in wanted)


def _narrowed(scope: ResolvedScope, ids: Sequence[ResourceId]) -> tuple[GraphScope, ...]:
    """Returns the queries that can bring something."""
    used = {fold(each.subscription) for each in ids}
    if not scope.named:
        return scope.queries if used else ()
    narrow = (GraphScope(tuple(each for each in query.subscriptions if fold(each) in used)) for query in scope.queries)
    return tuple(query for query in narrow if query.subscriptions)


def _whole(kind: Kind, wanted: Wanted) -> Wanted:
    return lambda row: wanted(row) and is_whole(kind, row)


def _named_in(subnets: Iterable[object], attribute: str) -> list[str]:
    return [text for body in subnets if (text := text_at(body, "properties", attribute, "id")) is not None]


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


def _common(subscriptions: Sequence[str], ids: Sequence[ResourceId]) -> list[str]:
    used = {fold(each.subscription) for each in ids}
    return [subscription for subscription in subscriptions if fold(subscription) in used]


def _list(lister: Lister, shelf: _Shelf, wanted: Sequence[tuple[Kind, Sequence[ResourceId]]]) -> None:
    for listing in lister(wanted):
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
