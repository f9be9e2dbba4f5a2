"""What services observe themselves: their network status, one document a service, as ARM answers it.

The answer is an array, an element a location; in our documents it stands in ``value``, beside the id and the type that
ARM leaves out (azure-rest-api-specs, ServiceGetNetworkStatus, api-version 2024-05-01).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from apim_audit.core.facts.estate import Instance, InstanceKind
from apim_audit.core.facts.observed import STALE_HOURS, Reading
from apim_audit.core.facts.text import printable
from apim_audit.decode.fields import Fields
from apim_audit.decode.instances import location_key
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Resource, fold_id, service_of
from apim_audit.snapshot import Snapshot

_Readings = dict[tuple[str, str], tuple[Reading, ...]]


def with_network_status(
    instances: Iterable[Instance], statuses: Sequence[Resource], snapshot: Snapshot, problems: Problems
) -> tuple[Instance, ...]:
    """Returns the instances with what was observed at their locations; what is missing is told and harms nothing.

    Args:
        instances: what to complete.
        statuses: the documents.
        snapshot: when it was taken tells which readings are stale; what it could not read is told by itself.
        problems: collects what is wrong.
    """
    taken_at = _time(snapshot.taken_at)
    found: _Readings = {}
    for resource in statuses:
        found.update(_read(resource, taken_at, problems))
    told = {service_of(entry.id) for entry in snapshot.incomplete if fold_id(entry.id).endswith("/networkstatus")}
    told |= {service_of(resource.id) for resource in statuses}
    for instance in instances:
        if _has_status(instance) and fold_id(instance.id) not in told:
            message = f"the network status of {printable(instance.name)} is not among the documents; "
            problems.add_harmless(
                f"{instance.id}/networkstatus", "not-found", message + "read it with `apim-audit collect --observed`"
            )
    return tuple(_completed(instance, found) for instance in instances)


def _has_status(instance: Instance) -> bool:
    return instance.kind is InstanceKind.SERVICE and any(location.subnet_id for location in instance.locations)


def _completed(instance: Instance, found: Mapping[tuple[str, str], tuple[Reading, ...]]) -> Instance:
    key = fold_id(instance.id)
    locations = tuple(
        replace(location, observed=found.get((key, location_key(location.name)), ())) for location in instance.locations
    )
    return replace(instance, locations=locations)


def _read(resource: Resource, taken_at: datetime | None, problems: Problems) -> _Readings:
    fields = resource.fields()
    service = service_of(resource.id)
    found = {
        (service, location_key(each.required_text("location"))): tuple(_readings(each, taken_at))
        for each in fields.each("value")
    }
    for error in fields.errors:
        problems.add_harmless(resource.id, "invalid", f"{printable(resource.source)}: {resource.title}: {error}")
    return found


def _readings(location: Fields, taken_at: datetime | None) -> Iterator[Reading]:
    for each in location.inside("networkStatus").each("connectivityStatus"):
        observed_at = each.text("lastUpdated")
        yield Reading(
            name=each.required_text("name"),
            resource_type=each.text("resourceType") or "",
            status=each.required_text("status"),
            observed_at=observed_at,
            stale=_is_stale(observed_at, taken_at),
            optional=each.flag("isOptional") is True,
        )


def _is_stale(observed_at: str | None, taken_at: datetime | None) -> bool:
    observed = _time(observed_at)
    if observed is None:
        return True
    return taken_at is not None and taken_at - observed > timedelta(hours=STALE_HOURS)


def _time(text: str | None) -> datetime | None:
    """Returns a time as ARM writes it, or None where it is none; one without a zone is in UTC."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
