"""The use cases, one function each; catalogue, decoder, judge and collector load inside, so that starting is quick."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from apim_audit.errors import UsageError

if TYPE_CHECKING:
    from apim_audit.core.findings import Report, ServiceTagSource
    from apim_audit.core.requirements import Baseline, Catalogue, NetworkModel
    from apim_audit.snapshot import Snapshot

DEFAULT_BASELINE = "2021-12"

OK = 0
GAPS = 3
UNDECIDED = 4


class FailOn(StrEnum):
    """The quietest gap that fails a run."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Target:
    """What to read live.

    Attributes:
        subscriptions: subscription ids.
        resource_group: only instances of this resource group.
        names: only instances of these names.
        cloud: ``AzureCloud``, ``AzureUSGovernment`` or ``AzureChinaCloud``.
        arm_endpoint: overrides the cloud's endpoint.
    """

    subscriptions: tuple[str, ...]
    resource_group: str | None = None
    names: tuple[str, ...] = ()
    cloud: str = "AzureCloud"
    arm_endpoint: str | None = None


def audit(snapshot: "Snapshot", baseline: str = DEFAULT_BASELINE) -> "Report":
    """Returns what a snapshot's instances let through and what not.

    Raises:
        UsageError: there is no such baseline.
    """
    from apim_audit.core.findings import Report
    from apim_audit.core.judge import judge
    from apim_audit.decode import decode

    catalogue = _catalogue(baseline)
    decoded = decode(snapshot, catalogue)
    judgement = judge(decoded.estate, decoded.tags, catalogue, baseline)
    return Report(
        baseline=baseline,
        taken_at=snapshot.taken_at,
        scope=snapshot.scope,
        service_tags=_tag_source(snapshot),
        instances=judgement.instances,
        incomplete=decoded.incomplete,
        notes=(*decoded.notes, *judgement.notes),
    )


def check(
    files: Sequence[str], stdin: BinaryIO, service_tags: str | None = None, baseline: str = DEFAULT_BASELINE
) -> "Report":
    """Returns the audit of documents and snapshots; the network is not touched.

    Args:
        files: their names; ``-`` is standard input.
        stdin: standard input.
        service_tags: a file with service tags, which counts before those of a snapshot.
        baseline: the table of requirements.

    Raises:
        NoAuditError: a file cannot be read.
        UsageError: there is no such baseline.
    """
    from apim_audit.snapshot import load_files, load_service_tags

    _catalogue(baseline)  # a misspelt baseline is told before anything is read
    snapshot = load_files(files, stdin)
    if service_tags is not None:
        snapshot = replace(snapshot, service_tags=load_service_tags(service_tags))
    return audit(snapshot, baseline)


def subscription(
    target: Target, service_tags: str | None, baseline: str = DEFAULT_BASELINE, save_to: str | None = None
) -> "Report":
    """Returns the audit of live subscriptions.

    Args:
        target: what to read.
        service_tags: a file with service tags, or None to ask Azure for them.
        baseline: the table of requirements.
        save_to: where to keep the snapshot that is judged, or None.

    Raises:
        NoAuditError: no credentials, a scope that cannot be read, an instance that is not there, a file that cannot be
            read or written.
        UsageError: there is no such baseline, cloud or endpoint.
    """
    from apim_audit.snapshot import save

    _catalogue(baseline)
    snapshot = collect(target, service_tags)
    if save_to is not None:
        save(snapshot, save_to)
    return audit(snapshot, baseline)


def collect(target: Target, service_tags: str | None) -> "Snapshot":
    """Returns a snapshot of live subscriptions, with the service tags that judging it can need.

    Args:
        target: what to read.
        service_tags: a file with service tags, or None to ask Azure for them.

    Raises:
        NoAuditError: no credentials, a scope that cannot be read, an instance that is not there, an unreadable file.
        UsageError: there is no such cloud or endpoint.
    """
    from apim_audit.collect import Request
    from apim_audit.collect import collect as read
    from apim_audit.snapshot import load_service_tags

    tags = None if service_tags is None else load_service_tags(service_tags)
    request = Request(
        subscriptions=target.subscriptions,
        resource_group=target.resource_group,
        names=target.names,
        cloud=target.cloud,
        arm_endpoint=target.arm_endpoint,
        service_tags=tags is None,
    )
    snapshot = read(request, _now())
    return _trimmed(snapshot if tags is None else replace(snapshot, service_tags=tags))


def demo(baseline: str = DEFAULT_BASELINE) -> "Report":
    """Returns the audit of the small estate that the program brings along, read through the live collector.

    Raises:
        NoAuditError: the embedded endpoint cannot be read.
        UsageError: there is no such baseline.
    """
    from apim_audit.demo import demo_snapshot

    _catalogue(baseline)
    return audit(_trimmed(demo_snapshot(_now())), baseline)


def requirements(baseline: str = DEFAULT_BASELINE, model: "NetworkModel | None" = None) -> "Baseline":
    """Returns a baseline of the catalogue, or of it only the rows that a network model has.

    Raises:
        UsageError: there is no such baseline, or it does not know the network model.
    """
    catalogue = _catalogue(baseline)
    found = next(each for each in catalogue.baselines if each.id == baseline)
    if model is None:
        return found
    rows = tuple(row for row in found.requirements if model in row.levels)
    if not rows:
        message = f"baseline {baseline} does not know the network model {model}"
        others = ", ".join(each.id for each in catalogue.baselines if each.knows(model))
        raise UsageError(message, f"it is known to: {others}" if others else "")
    return replace(found, requirements=rows)


def exit_status(report: "Report", fail_on: FailOn, *, allow_unknown: bool, allow_incomplete: bool) -> int:
    """Returns the exit status for a report: 0, 3 for gaps, 4 for doubts.

    Args:
        report: what the audit found.
        fail_on: the quietest gap that counts.
        allow_unknown: undecided checks do not count.
        allow_incomplete: what a judged location needs and could not be read does not count.
    """
    from apim_audit.core.findings import Severity

    loudest_first = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    failing = () if fail_on is FailOn.NEVER else loudest_first[: loudest_first.index(Severity(fail_on)) + 1]
    found = {check.severity for check in report.checks()}
    if not found.isdisjoint(failing):
        return GAPS
    if Severity.UNDECIDED in found and not allow_unknown:
        return UNDECIDED
    if any(incomplete.needed for incomplete in report.incomplete) and not allow_incomplete:
        return UNDECIDED
    return OK


def _catalogue(baseline: str) -> "Catalogue":
    from apim_audit.catalogue import load_catalogue

    catalogue = load_catalogue()
    if catalogue.baseline(baseline) is None:
        message = f"there is no baseline {baseline!r}"
        raise UsageError(message, f"choose one of: {', '.join(each.id for each in catalogue.baselines)}")
    return catalogue


def _trimmed(snapshot: "Snapshot") -> "Snapshot":
    # What is judged live is what is kept, so that judging the snapshot later gives the same report.
    from apim_audit.catalogue import load_catalogue
    from apim_audit.core.requirements import PeerKind
    from apim_audit.snapshot import named_services, trim_service_tags

    if snapshot.service_tags is None:
        return snapshot
    rows = (row for baseline in load_catalogue().baselines for row in baseline.requirements)
    peers = {row.flow.peer.name for row in rows if row.flow is not None and row.flow.peer.kind is PeerKind.TAG}
    named = named_services(document.body for document in snapshot.documents)
    return replace(snapshot, service_tags=trim_service_tags(snapshot.service_tags, named | peers))


def _tag_source(snapshot: "Snapshot") -> "ServiceTagSource":
    from apim_audit.core.findings import ServiceTagSource

    tags = snapshot.service_tags
    return ServiceTagSource() if tags is None else ServiceTagSource(tags.source, tags.cloud, tags.change_number)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
