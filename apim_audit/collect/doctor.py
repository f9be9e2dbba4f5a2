"""Whether an audit can be made: credentials, the endpoint, and for each read whether it is permitted.

Lists are tried, for one page; for the rest the identity's own permissions are read, which deny assignments may still
narrow. Where those cannot be read, a sample is tried of what every audit reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from azure.core.rest import HttpRequest

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.clouds import target_of
from apim_audit.collect.credential import sign_in
from apim_audit.collect.failures import Failure, advice
from apim_audit.collect.gathered import Gathered
from apim_audit.collect.graph import GraphReader
from apim_audit.collect.kinds import (
    GATEWAYS,
    NETWORK_SECURITY_GROUPS,
    PERMISSIONS,
    ROUTE_TABLES,
    SERVICE_TAGS,
    SERVICES,
    SUBNETS,
    VIRTUAL_NETWORKS,
    Kind,
    dig,
    list_at,
    parse_id,
    text_at,
)
from apim_audit.collect.permissions import READS, Read, permits
from apim_audit.collect.progress import Progress
from apim_audit.collect.request import Request
from apim_audit.collect.scope import resolve
from apim_audit.core.facts.permissions import Diagnosis, ReadPermission, ReadState, SubscriptionDiagnosis
from apim_audit.errors import NoAuditError
from apim_audit.snapshot import Document

_LISTED = (SERVICES, GATEWAYS, VIRTUAL_NETWORKS, NETWORK_SECURITY_GROUPS, ROUTE_TABLES)
_API_VERSION = "2022-04-01"
_ANSWERED = frozenset({"forbidden", "unregistered"})
"""Failures in which the subscription itself has answered."""

Tried = list[object] | Failure


@dataclass(frozen=True, slots=True)
class _Job:
    subscription: str
    kind: Kind


def diagnose(request: Request) -> Diagnosis:
    """Looks whether an audit of subscriptions can be made; nothing is changed, and nothing that is read is kept.

    Raises:
        NoAuditError: no credential works, the scope cannot be read, or no subscription can be reached.
        UsageError: the cloud or the ARM endpoint makes no sense.
    """
    target = target_of(request)
    progress = Progress()
    gathered = Gathered(progress)
    with sign_in(target) as credential, ArmReader(target, credential, progress, gathered) as arm:
        subscriptions = resolve(GraphReader(arm.clients, progress, gathered), request).subscriptions
        jobs = [_Job(each, kind) for each in subscriptions for kind in (*_LISTED, PERMISSIONS)]
        answers = dict(zip(jobs, arm.each(partial(_try, arm), jobs), strict=True))
        _demand_one(subscriptions, answers)
        found = tuple(SubscriptionDiagnosis(each, _reads(arm, each, answers)) for each in subscriptions)
    return Diagnosis(target.endpoint, credential.kind, found)


def _try(arm: ArmReader, job: _Job) -> Tried:
    if job.kind != PERMISSIONS:
        return arm.first_page(job.kind, job.subscription)
    answer = _permissions(arm, job.subscription)
    if isinstance(answer, Failure):
        return answer
    if dig(answer, "nextLink"):
        return Failure("unavailable", detail="the permissions have more pages")
    return list_at(answer, "value")


def _permissions(arm: ArmReader, subscription: str) -> Document | Failure:
    # None of the SDKs in use has an operation for it; this is the public way to ask for anything else.
    path = f"/subscriptions/{subscription}/providers/{PERMISSIONS.type}"
    request = HttpRequest("GET", path, params={"api-version": _API_VERSION})
    return arm.ask(subscription, lambda clients, hook: clients.network.send_request(request, raw_response_hook=hook))


def _demand_one(subscriptions: Sequence[str], answers: Mapping[_Job, Tried]) -> None:
    failures = {}
    for each in subscriptions:
        answer = answers[_Job(each, SERVICES)]
        if isinstance(answer, Failure) and answer.reason not in _ANSWERED:
            failures[each] = answer
    if failures and len(failures) == len(subscriptions):
        name, failure = next(iter(failures.items()))
        more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        message = f"subscription {name}{more} could not be reached ({failure})"
        raise NoAuditError(message, advice(failure, SERVICES))


def _reads(arm: ArmReader, subscription: str, answers: Mapping[_Job, Tried]) -> tuple[ReadPermission, ...]:
    permissions = answers[_Job(subscription, PERMISSIONS)]
    tried = {kind: answers[_Job(subscription, kind)] for kind in _LISTED}
    if isinstance(permissions, Failure):
        tried |= _sampled(arm, subscription, tried)
    return tuple(_read(read, tried.get(read.kind), permissions) for read in READS)


def _sampled(arm: ArmReader, subscription: str, tried: Mapping[Kind, Tried]) -> dict[Kind, Tried]:
    """Tries what no list tells, with a resource that the lists have brought; what has none stays untold."""
    found: dict[Kind, Tried] = {}
    networks = tried[VIRTUAL_NETWORKS]
    for network in networks if isinstance(networks, list) else ():
        location = text_at(network, "location")
        if location is not None and SERVICE_TAGS not in found:
            found[SERVICE_TAGS] = _brought(arm.service_tags(subscription, location))
        for subnet in list_at(network, "properties", "subnets"):
            resource_id = parse_id(SUBNETS, text_at(subnet, "id") or "")
            if resource_id is not None and SUBNETS not in found:
                found[SUBNETS] = _brought(arm.get(SUBNETS, resource_id))
    return found


def _brought(answer: Document | Failure) -> Tried:
    return answer if isinstance(answer, Failure) else [answer]


def _read(read: Read, tried: Tried | None, permissions: Tried) -> ReadPermission:
    action = read.kind.action
    if isinstance(tried, list):
        return ReadPermission(action, read.option, ReadState.PERMITTED)
    if tried is not None and tried.reason == "forbidden":
        return _missing(read)
    if isinstance(permissions, list):
        if not permits(permissions, action):
            return _missing(read)
        return ReadPermission(action, read.option, ReadState.PERMITTED, _remark(read.kind, tried))
    if read.kind == PERMISSIONS and permissions.reason == "forbidden":
        return _missing(read)
    why = f"{tried or permissions}: {advice(tried or permissions, read.kind if tried else PERMISSIONS)}"
    return ReadPermission(action, read.option, ReadState.NOT_TOLD, why)


def _missing(read: Read) -> ReadPermission:
    detail = "the built-in Reader role has it, and so has the role of `apim-audit doctor --role`"
    return ReadPermission(read.kind.action, read.option, ReadState.MISSING, detail)


def _remark(kind: Kind, failure: Failure | None) -> str:
    # The list of gateways is not offered everywhere, which means that there is none.
    if failure is None or (kind == GATEWAYS and failure.reason in {"not-found", "refused"}):
        return ""
    return f"granted, but the list was not answered: {failure}"
