"""The use cases, one function each; catalogue, decoder, judge and collector load inside, so that starting is quick."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from apim_audit.errors import UsageError

if TYPE_CHECKING:
    from apim_audit.core.comparison import BaselineChanges
    from apim_audit.core.findings import Report, ServiceTagSource
    from apim_audit.core.judge import Options
    from apim_audit.core.requirements import Baseline, Catalogue, NetworkModel
    from apim_audit.gate import Accepted, Sources
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
        admin_rules: security admin rules too.
    """

    subscriptions: tuple[str, ...]
    resource_group: str | None = None
    names: tuple[str, ...] = ()
    cloud: str = "AzureCloud"
    arm_endpoint: str | None = None
    admin_rules: bool = False


def audit(
    snapshot: "Snapshot", options: "Options | str" = DEFAULT_BASELINE, compare_baseline: str | None = None
) -> "Report":
    """Returns what a snapshot's instances let through and what not.

    Args:
        snapshot: the documents.
        options: how to judge, or only the baseline's id.
        compare_baseline: another baseline: the report tells what that one would newly fail.

    Raises:
        UsageError: there is no such baseline.
    """
    from apim_audit.core.comparison import compare
    from apim_audit.core.findings import Report
    from apim_audit.core.judge import Options, judge
    from apim_audit.decode import decode
    from apim_audit.snapshot import names_in

    options = Options(options) if isinstance(options, str) else options
    catalogue = _catalogue(options.baseline, compare_baseline)
    decoded = decode(snapshot, catalogue, admin_rules=options.admin_rules)
    judgement = judge(decoded.estate, decoded.tags, catalogue, options)
    comparison = None
    if compare_baseline is not None:
        other = replace(options, baseline=compare_baseline, hygiene=False, rule_stacks=False)
        found = judge(decoded.estate, decoded.tags, catalogue, other)
        comparison = compare(judgement.instances, found.instances, compare_baseline)
    return Report(
        baseline=options.baseline,
        taken_at=snapshot.taken_at,
        scope=snapshot.scope,
        service_tags=_tag_source(snapshot),
        instances=judgement.instances,
        incomplete=decoded.incomplete,
        assumptions=judgement.assumptions,
        notes=(*decoded.notes, *judgement.notes),
        comparison=comparison,
        names=names_in(snapshot) if options.keep_names else frozenset(),
        rule_stacks=judgement.rule_stacks,
    )


def check(
    files: Sequence[str],
    stdin: BinaryIO,
    service_tags: str | None = None,
    options: "Options | str" = DEFAULT_BASELINE,
    compare_baseline: str | None = None,
) -> "Report":
    """Returns the audit of documents and snapshots; the network is not touched.

    Args:
        files: their names; ``-`` is standard input.
        stdin: standard input.
        service_tags: a file with service tags, which counts before those of a snapshot.
        options: how to judge, or only the baseline's id.
        compare_baseline: another baseline: the report tells what that one would newly fail.

    Raises:
        NoAuditError: a file cannot be read.
        UsageError: there is no such baseline.
    """
    from apim_audit.snapshot import load_files, load_service_tags

    _look_up(options, compare_baseline)  # a misspelt baseline is told before anything is read
    snapshot = load_files(files, stdin)
    if service_tags is not None:
        snapshot = replace(snapshot, service_tags=load_service_tags(service_tags))
    return audit(snapshot, options, compare_baseline)


def subscription(
    target: Target,
    service_tags: str | None,
    options: "Options | str" = DEFAULT_BASELINE,
    compare_baseline: str | None = None,
    save_to: str | None = None,
) -> "Report":
    """Returns the audit of live subscriptions.

    Args:
        target: what to read.
        service_tags: a file with service tags, or None to ask Azure for them.
        options: how to judge, or only the baseline's id.
        compare_baseline: another baseline: the report tells what that one would newly fail.
        save_to: where to keep the snapshot that is judged, or None.

    Raises:
        NoAuditError: no credentials, a scope that cannot be read, an instance that is not there, a file that cannot be
            read or written.
        UsageError: there is no such baseline, cloud or endpoint.
    """
    from apim_audit.snapshot import save

    _look_up(options, compare_baseline)
    snapshot = collect(target, service_tags)
    if save_to is not None:
        save(snapshot, save_to)
    return audit(snapshot, options, compare_baseline)


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
        admin_rules=target.admin_rules,
    )
    snapshot = read(request, _now())
    return _trimmed(snapshot if tags is None else replace(snapshot, service_tags=tags))


def accepted(sources: "Sources") -> "Accepted":
    """Returns what files accept; read before anything else, so that a wrong file costs no minutes.

    Raises:
        NoAuditError: a file cannot be read, or is wrong.
    """
    from apim_audit.gate import load_accepted

    ids = {row.id: None for baseline in _catalogue().baselines for row in baseline.requirements}
    return load_accepted(sources, ids.keys())


def accept(report: "Report", accepted: "Accepted") -> "Report":
    """Returns the report with waived and known gaps marked, as of today in UTC.

    The same report gives the same one again on the same day.
    """
    from apim_audit.gate import accept as mark

    marked = mark(report, accepted, datetime.now(UTC).date())
    owners = {rule.waiver.owner for rule in accepted.waivers.rules}
    return replace(marked, names=marked.names | owners) if marked.names else marked


def masked(report: "Report") -> "Report":
    """Returns the report for readers outside the house: names, ids and addresses are masked.

    Args:
        report: one that was judged with ``keep_names``.
    """
    from apim_audit.report.masking import mask

    catalogue = _catalogue()
    ids = {row.id for baseline in catalogue.baselines for row in baseline.requirements}
    return mask(report, catalogue.tag_names | ids)


def demo(options: "Options | str" = DEFAULT_BASELINE, compare_baseline: str | None = None) -> "Report":
    """Returns the audit of the small estate that the program brings along, read through the live collector.

    Args:
        options: how to judge, or only the baseline's id.
        compare_baseline: another baseline: the report tells what that one would newly fail.

    Raises:
        NoAuditError: the embedded endpoint cannot be read.
        UsageError: there is no such baseline.
    """
    from apim_audit.demo import demo_snapshot

    _look_up(options, compare_baseline)
    return audit(_trimmed(demo_snapshot(_now())), options, compare_baseline)


def requirements(baseline: str = DEFAULT_BASELINE, model: "NetworkModel | None" = None) -> "Baseline":
    """Returns a baseline of the catalogue, or of it only the rows that a network model has.

    Raises:
        UsageError: there is no such baseline, or it does not know the network model.
    """
    catalogue = _catalogue(baseline)
    found = next(each for each in catalogue.baselines if each.id == baseline)
    if model is None:
        return found
    if not found.knows(model):
        raise _unknown_model(model, (baseline,), catalogue)
    return replace(found, requirements=tuple(row for row in found.requirements if model in row.levels))


def compare_baselines(before: str, after: str, model: "NetworkModel | None" = None) -> "BaselineChanges":
    """Returns what changes from one baseline of the catalogue to another, for all network models or for one.

    Raises:
        UsageError: there is no such baseline, or neither knows the network model.
    """
    from apim_audit.core.comparison import changes_between

    catalogue = _catalogue(before, after)
    first, second = (next(each for each in catalogue.baselines if each.id == wanted) for wanted in (before, after))
    changes = changes_between(first, second)
    if model is None:
        return changes
    found = tuple(each for each in changes.models if each.model is model)
    if not found:
        raise _unknown_model(model, (before, after), catalogue)
    return replace(changes, models=found)


def _unknown_model(model: "NetworkModel", baselines: Sequence[str], catalogue: "Catalogue") -> UsageError:
    verb = "does" if len(baselines) == 1 else "do"
    others = ", ".join(each.id for each in catalogue.baselines if each.knows(model))
    message = f"baseline {' and '.join(baselines)} {verb} not know the network model {model}"
    return UsageError(message, f"it is known to: {others}" if others else "")


def exit_status(report: "Report", fail_on: FailOn, *, allow_unknown: bool, allow_incomplete: bool) -> int:
    """Returns the exit status for a report: 0, 3 for gaps, 4 for doubts.

    Gaps that are waived or known do not count. A waiver that has expired and would cover something is 3 by itself.

    Args:
        report: what the audit found.
        fail_on: the quietest gap that counts.
        allow_unknown: undecided checks do not count.
        allow_incomplete: what a judged location needs and could not be read does not count.
    """
    from apim_audit.core.findings import Severity, WaiverProblemKind

    loudest_first = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    failing = () if fail_on is FailOn.NEVER else loudest_first[: loudest_first.index(Severity(fail_on)) + 1]
    found = {check.severity for check in report.checks() if check.counts}
    expired = any(problem.kind is WaiverProblemKind.EXPIRED for problem in report.waiver_problems)
    if expired or not found.isdisjoint(failing):
        return GAPS
    if Severity.UNDECIDED in found and not allow_unknown:
        return UNDECIDED
    if any(incomplete.needed for incomplete in report.incomplete) and not allow_incomplete:
        return UNDECIDED
    return OK


def _look_up(options: "Options | str", compare_baseline: str | None) -> None:
    _catalogue(options if isinstance(options, str) else options.baseline, compare_baseline)


def _catalogue(*baselines: str | None) -> "Catalogue":
    from apim_audit.catalogue import load_catalogue

    catalogue = load_catalogue()
    for baseline in baselines:
        if baseline is not None and catalogue.baseline(baseline) is None:
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
