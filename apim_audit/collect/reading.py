"""One live reading: instances, then their networks and the service tags side by side, then the snapshot."""

from collections.abc import Iterable, Sequence

from apim_audit.collect.admin_rules import read_admin_rules
from apim_audit.collect.arm import ArmReader
from apim_audit.collect.credential import sign_in
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.features import read_features
from apim_audit.collect.instances import read_instances
from apim_audit.collect.kinds import GATEWAYS, SERVICE_TAGS, SERVICES, dig, fold, id_of, parse_id, text_at
from apim_audit.collect.network_status import read_network_status
from apim_audit.collect.networks import read_networks
from apim_audit.collect.request import Request, target_of
from apim_audit.collect.service_tags import parse_service_tags
from apim_audit.core.findings import Incomplete, Scope
from apim_audit.snapshot import Document, ServiceTagDocument, Snapshot, SourcedDocument

_TAGS = "the service tags"
Tags = tuple[ServiceTagDocument | None, tuple[Incomplete, ...]]


def read(request: Request, taken_at: str) -> Snapshot:
    """Reads what a request asks for; see `apim_audit.collect.collect`."""
    target = target_of(request)
    with sign_in(target) as credential, ArmReader(target, credential) as arm:
        instances = read_instances(arm, request)
        tags = arm.later(lambda: _tags(arm, request, instances.documents))
        networks = read_networks(arm, request.subscriptions, instances.documents)
        admin_rules = read_admin_rules(arm, networks.documents if request.admin_rules else ())
        features = read_features(arm, instances.documents if request.features else ())
        status = read_network_status(arm, instances.documents if request.observed else ())
        service_tags, tag_gaps = tags.result()
    parts = (instances, networks, admin_rules, features, status)
    return Snapshot(
        documents=_sourced(document for part in parts for document in part.documents),
        incomplete=_sorted([*(gap for part in parts for gap in part.incomplete), *tag_gaps]),
        taken_at=taken_at,
        scope=Scope(request.subscriptions, request.resource_group, request.names),
        cloud=request.cloud,
        service_tags=service_tags,
    )


def _sourced(documents: Iterable[Document]) -> tuple[SourcedDocument, ...]:
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


def _place(instance: Document) -> tuple[str, str] | None:
    """Returns the subscription and the normalised location of an instance."""
    resource_id = parse_id(SERVICES, id_of(instance)) or parse_id(GATEWAYS, id_of(instance))
    location = text_at(instance, "location")
    if resource_id is None or location is None:
        return None
    return resource_id.subscription, location.replace(" ", "").lower()
