"""Live reading, what is judged of it, and whether it is permitted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apim_audit.run.asking import DEFAULT_BASELINE, Reading, Target
from apim_audit.run.auditing import audit
from apim_audit.run.catalogues import look_up

if TYPE_CHECKING:
    from apim_audit.core.facts.permissions import Diagnosis
    from apim_audit.core.facts.reports import Report
    from apim_audit.core.judging.judge import Options
    from apim_audit.snapshot import Document, Snapshot


def live(
    target: Target,
    reading: Reading,
    options: "Options | str" = DEFAULT_BASELINE,
    compare_baseline: str | None = None,
) -> "Report":
    """Returns the audit of live subscriptions.

    Args:
        target: what to read.
        reading: how.
        options: how to judge, or only the baseline's id.
        compare_baseline: another baseline: the report tells what that one would newly fail.

    Raises:
        NoAuditError: no credentials, a scope that cannot be read, an instance that is not there, a file that cannot be
            read or written.
        UsageError: there is no such baseline, cloud or endpoint.
        InterruptedReadingError: somebody pressed Ctrl-C; what had been read is kept where that was asked for.
    """
    look_up(options, compare_baseline)
    return audit(collect(target, reading), options, compare_baseline)


def _kept_in(snapshot: "Snapshot", path: str) -> "Snapshot":
    from apim_audit.core.facts.findings import Origin

    documents = tuple(replace(document, origin=Origin(path)) for document in snapshot.documents)
    return replace(snapshot, documents=documents)


def collect(target: Target, reading: Reading) -> "Snapshot":
    """Returns a snapshot of live subscriptions, with the service tags that judging it can need.

    Args:
        target: what to read.
        reading: how.

    Raises:
        NoAuditError: no credentials, a scope that cannot be read, an instance that is not there, a file that cannot be
            read or written.
        UsageError: there is no such cloud or endpoint.
        InterruptedReadingError: somebody pressed Ctrl-C; what had been read is kept where that was asked for.
    """
    from apim_audit.snapshot import save

    snapshot = trimmed(read(target, reading))
    if reading.save_to is not None:
        save(snapshot, reading.save_to)
        snapshot = _kept_in(snapshot, reading.save_to)
    return snapshot


def read(target: Target, reading: Reading) -> "Snapshot":
    """Returns what was read live, with every service tag; see `collect`."""
    from apim_audit.collect import InterruptedReadingError, ReadFrom, Request
    from apim_audit.collect import collect as read_documents
    from apim_audit.snapshot import load_service_tags, save

    tags = None if reading.service_tags is None else load_service_tags(reading.service_tags)
    request = Request(
        subscriptions=target.subscriptions,
        resource_group=target.resource_group,
        names=target.names,
        cloud=target.cloud,
        arm_endpoint=target.arm_endpoint,
        service_tags=tags is None,
        admin_rules=target.admin_rules,
        management_group=target.management_group,
        tenant=target.tenant,
        read_from=ReadFrom(target.read_from),
        features=target.features,
        observed=target.observed,
    )
    try:
        found = read_documents(request, _now(), reading.progress)
    except InterruptedReadingError as interrupted:
        if reading.save_to is not None and interrupted.snapshot.documents:
            save(replace(interrupted.snapshot, service_tags=tags), reading.save_to)
        raise
    return found if tags is None else replace(found, service_tags=tags)


def doctor(target: Target) -> "Diagnosis":
    """Returns whether live subscriptions can be audited: credentials, the endpoint, and each read that is made.

    Args:
        target: which subscriptions, from where.

    Raises:
        NoAuditError: no credentials, or no subscription can be reached.
        UsageError: there is no such cloud or endpoint.
    """
    from apim_audit.collect import Request, diagnose

    return diagnose(
        Request(
            target.subscriptions,
            cloud=target.cloud,
            arm_endpoint=target.arm_endpoint,
            management_group=target.management_group,
            tenant=target.tenant,
        )
    )


def role(subscriptions: Sequence[str]) -> "Document":
    """Returns the definition of an Azure role with exactly the reads that this program makes.

    Args:
        subscriptions: where it can be assigned.
    """
    from apim_audit.collect.permissions import role

    return role(subscriptions)


def demo(options: "Options | str" = DEFAULT_BASELINE, compare_baseline: str | None = None) -> "Report":
    """Returns the audit of the small estate that the program brings along, read through the live collector.

    Args:
        options: how to judge, or only the baseline's id.
        compare_baseline: another baseline: the report tells what that one would newly fail.

    Raises:
        NoAuditError: the embedded endpoint cannot be read.
        UsageError: there is no such baseline.
    """
    from apim_audit.core.judging.judge import Options
    from apim_audit.demo import demo_snapshot

    look_up(options, compare_baseline)
    asked = options if isinstance(options, Options) else Options(options)
    snapshot = demo_snapshot(_now(), features=asked.features, observed=asked.observed)
    return audit(trimmed(snapshot), asked, compare_baseline)


def trimmed(snapshot: "Snapshot") -> "Snapshot":
    """Returns a snapshot with only the service tags that judging it can need.

    What is judged live is what is kept, so that judging the snapshot later gives the same report.
    """
    from apim_audit.catalogue import load_catalogue
    from apim_audit.core.facts.requirements import PeerKind
    from apim_audit.snapshot import named_services, trim_service_tags

    if snapshot.service_tags is None:
        return snapshot
    rows = (row for baseline in load_catalogue().baselines for row in baseline.requirements)
    peers = {row.flow.peer.name for row in rows if row.flow is not None and row.flow.peer.kind is PeerKind.TAG}
    named = named_services(document.body for document in snapshot.documents)
    return replace(snapshot, service_tags=trim_service_tags(snapshot.service_tags, named | peers))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
