"""What makes optional rows necessary: loggers, caches, policies and so on, of the services that have a subnet.

Named values, connection strings and policies can hold secrets. Of every entry only what is judged is kept, and the rest
is gone as soon as its answer is taken apart.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.children import list_document, list_id, services_with_subnet
from apim_audit.collect.clients import SubscriptionClients
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.kinds import (
    AUTHORIZATION_PROVIDERS,
    CACHES,
    CERTIFICATES,
    DIAGNOSTICS,
    IDENTITY_PROVIDERS,
    LOGGERS,
    NAMED_VALUES,
    POLICY_FRAGMENTS,
    WORKSPACES,
    Kind,
    ResourceId,
    dig,
    text_at,
)
from apim_audit.collect.pages import Operation
from apim_audit.collect.policies import PolicyReading, read_policies, reduced_policy
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document

_Choose = Callable[[SubscriptionClients], Operation]

_LISTS: Mapping[Kind, _Choose] = {
    LOGGERS: lambda clients: clients.api_management.logger.list_by_service,
    DIAGNOSTICS: lambda clients: clients.api_management.diagnostic.list_by_service,
    CACHES: lambda clients: clients.api_management.cache.list_by_service,
    IDENTITY_PROVIDERS: lambda clients: clients.api_management.identity_provider.list_by_service,
    NAMED_VALUES: lambda clients: clients.api_management.named_value.list_by_service,
    CERTIFICATES: lambda clients: clients.api_management.certificate.list_by_service,
    AUTHORIZATION_PROVIDERS: lambda clients: clients.api_management.authorization_provider.list_by_service,
    POLICY_FRAGMENTS: lambda clients: clients.api_management.policy_fragment.list_by_service,
    WORKSPACES: lambda clients: clients.api_management.workspace.list_by_service,
}
_KEPT: Mapping[Kind, str] = {
    LOGGERS: "loggerType",
    DIAGNOSTICS: "loggerId",
    CACHES: "useFromLocation",
    IDENTITY_PROVIDERS: "type",
}
"""The property of an entry that is judged."""

_KEY_VAULT_ONLY = (NAMED_VALUES, CERTIFICATES)
_NOT_OFFERED = frozenset({"not-found", "refused"})


@dataclass(frozen=True, slots=True)
class Features:
    """A document for each list, and what could not be read."""

    documents: tuple[Document, ...]
    incomplete: tuple[Incomplete, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    service: ResourceId
    kind: Kind


def read_features(arm: ArmReader, instances: Iterable[Document]) -> Features:
    """Reads what makes optional rows necessary, service by service, several requests at a time."""
    services = services_with_subnet(instances)
    jobs = [_Job(service, kind) for service, _ in services for kind in _LISTS]
    documents: list[Document] = []
    incomplete: list[Incomplete] = []
    for job, (entries, failure) in zip(jobs, arm.each(partial(_listed, arm), jobs), strict=True):
        if failure is not None and not _means_none(job.kind, failure):
            incomplete.append(_gap(job, failure))
        if failure is None or entries or _means_none(job.kind, failure):
            documents.append(list_document(job.service, job.kind, _kept(job.kind, entries)))
    policies = [PolicyReading.of(service, document) for service, document in services]
    read_policies(arm, policies)
    documents += [each.document for each in policies if each.document is not None]
    incomplete += [gap for each in policies for gap in each.incomplete]
    return Features(tuple(documents), tuple(incomplete))


def _listed(arm: ArmReader, job: _Job) -> tuple[list[object], Failure | None]:
    service = job.service
    operation = _LISTS[job.kind]
    return arm.entries(
        service.subscription, lambda clients: partial(operation(clients), service.resource_group, service.name)
    )


def _means_none(kind: Kind, failure: Failure) -> bool:
    # Tiers that cannot have workspaces do not offer the list.
    return kind == WORKSPACES and failure.reason in _NOT_OFFERED


def _gap(job: _Job, failure: Failure) -> Incomplete:
    what = f"the list of {job.kind.noun}s of {job.service.name} that may make optional rows required"
    return unread(what, list_id(job.service, job.kind), failure, job.kind)


def _kept(kind: Kind, entries: Sequence[object]) -> list[Document]:
    """Returns of each entry its id, its name and what is judged."""
    return [_entry(kind, each) for each in entries if isinstance(each, dict) and _counts(kind, each)]


def _counts(kind: Kind, entry: Document) -> bool:
    return kind not in _KEY_VAULT_ONLY or dig(entry, "properties", "keyVault") is not None


def _entry(kind: Kind, entry: Document) -> Document:
    return {
        "id": text_at(entry, "id"),
        "name": text_at(entry, "name"),
        "type": kind.type,
        "properties": _properties(kind, entry),
    }


def _properties(kind: Kind, entry: Document) -> Document:
    if kind == POLICY_FRAGMENTS:
        return {"value": reduced_policy(entry)}
    if kind in _KEY_VAULT_ONLY:
        return {"keyVault": {}}
    kept = _KEPT.get(kind)
    return {} if kept is None else {kept: text_at(entry, "properties", kept)}
