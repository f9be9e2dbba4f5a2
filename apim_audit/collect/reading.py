"""One live reading: instances, then their networks and the service tags side by side, then the snapshot."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from apim_audit.collect.admin_rules import read_admin_rules
from apim_audit.collect.arm import ArmReader
from apim_audit.collect.clouds import target_of
from apim_audit.collect.credential import sign_in
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.features import read_features
from apim_audit.collect.gathered import Gathered, InterruptedReadingError, interruption
from apim_audit.collect.graph import GraphReader
from apim_audit.collect.instances import named, read_instances
from apim_audit.collect.kinds import GATEWAYS, SERVICE_TAGS, SERVICES, Held, dig, fold, id_of, opened, parse_id, text_at
from apim_audit.collect.listers import ArmLister, lister_by_graph
from apim_audit.collect.network_status import read_network_status
from apim_audit.collect.networks import read_networks
from apim_audit.collect.progress import Progress
from apim_audit.collect.request import Request
from apim_audit.collect.scope import asked_for, resolve
from apim_audit.collect.service_tags import parse_service_tags
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document, ServiceTagDocument, Snapshot, SourcedDocument

_TAGS = "the service tags"
_FEW_COLLECTIONS = 100_000
Tags = tuple[ServiceTagDocument | None, tuple[Incomplete, ...]]


def read(request: Request, taken_at: str, progress: Progress) -> Snapshot:
    """Reads what a request asks for; see `apim_audit.collect.collect`."""
    target = target_of(request)
    gathered = Gathered(progress)
    try:
        with (
            _unhurried_collector(),
            sign_in(target) as credential,
            ArmReader(target, credential, progress, gathered) as arm,
        ):
            return _read(arm, request, taken_at)
    except KeyboardInterrupt:
        raise InterruptedReadingError(_interrupted(gathered, request, taken_at)) from None


@contextmanager
def _unhurried_collector() -> Iterator[None]:
    """Lets the collector of reference cycles look less often meanwhile.

    JSON makes none, but thousands of objects a page: it would go through each page a dozen times while it is parsed,
    for a third of the time that parsing takes.
    """
    before = gc.get_threshold()
    gc.set_threshold(_FEW_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _read(arm: ArmReader, request: Request, taken_at: str) -> Snapshot:
    graph = GraphReader(arm.clients, arm.progress, arm.gathered)
    scope = resolve(graph, request)
    instances = read_instances(arm, graph, scope, request)
    tags = arm.later(lambda: _tags(arm, request, instances.documents))
    lister = lister_by_graph(arm, graph, scope) if scope.by_graph else ArmLister(arm, scope)
    networks = read_networks(arm, lister, instances.documents)
    admin_rules = read_admin_rules(arm, networks.documents if request.admin_rules else ())
    features = read_features(arm, instances.documents if request.features else ())
    status = read_network_status(arm, instances.documents if request.observed else ())
    service_tags, tag_gaps = tags.result()
    parts = (instances, networks, admin_rules, features, status)
    return Snapshot(
        documents=_sourced([document for part in parts for document in part.documents]),
        incomplete=_sorted([*scope.incomplete, *(gap for part in parts for gap in part.incomplete), *tag_gaps]),
        taken_at=taken_at,
        scope=scope.asked,
        cloud=request.cloud,
        service_tags=service_tags,
    )


def _interrupted(gathered: Gathered, request: Request, taken_at: str) -> Snapshot:
    documents = gathered.documents()
    instances = [opened(each) for each in documents if _place(each) is not None]
    others = [each for each in documents if _place(each) is None]
    return Snapshot(
        documents=_sourced([*named(instances, request.names), *others]),
        incomplete=(interruption(),),
        taken_at=taken_at,
        scope=asked_for(request),
        cloud=request.cloud,
    )


def _sourced(documents: Iterable[Held]) -> tuple[SourcedDocument, ...]:
    ordered = sorted(documents, key=lambda document: (fold(id_of(document)), id_of(document)))
    return tuple(SourcedDocument("live", document) for document in ordered)


def _sorted(entries: Iterable[Incomplete]) -> tuple[Incomplete, ...]:
    return tuple(sorted(entries, key=lambda entry: (fold(entry.id), entry.id, entry.reason)))


def _tags(arm: ArmReader, request: Request, instances: Sequence[Document]) -> Tags:
    """Reads the service tags, which are the same for all subscriptions of a cloud."""
    place = next(filter(None, map(_place, instances)), None)
    if place is None or not request.service_tags:
        return None, ()
    subscription, location = place
    list_id = f"/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/serviceTags"
    answer = arm.service_tags(subscription, location)
    if isinstance(answer, Failure):
        return None, (unread(_TAGS, list_id, answer, SERVICE_TAGS, needed=False),)
    tags = parse_service_tags(answer)
    if tags is None:
        failure = Failure("invalid", detail="the answer holds no service tag")
        return None, (unread(_TAGS, list_id, failure, SERVICE_TAGS, needed=False),)
    if dig(answer, "nextLink"):
        # The SDK has no operation that follows it. A tag that is not there counts as one without data.
        failure = Failure("unavailable", detail="the answer has more pages")
        return tags, (unread("some service tags", list_id, failure, SERVICE_TAGS, needed=False),)
    return tags, ()


def _place(instance: Held) -> tuple[str, str] | None:
    """Returns the subscription and the normalised location of an instance, or None where it is no instance."""
    resource_id = parse_id(SERVICES, id_of(instance)) or parse_id(GATEWAYS, id_of(instance))
    location = text_at(instance, "location")
    if resource_id is None or location is None:
        return None
    return resource_id.subscription, location.replace(" ", "").lower()
