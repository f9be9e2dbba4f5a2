"""The use cases, one function each; catalogue, decoder, judge and collector load inside, so that starting is quick."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from apim_audit.errors import UsageError

if TYPE_CHECKING:
    from apim_audit.collect import Progress
    from apim_audit.core.comparison import BaselineChanges
    from apim_audit.core.findings import InstanceReport, Report, Scope, ServiceTagSource
    from apim_audit.core.judge import Options
    from apim_audit.core.permissions import Diagnosis
    from apim_audit.core.requirements import Baseline, Catalogue, NetworkModel, Requirement
    from apim_audit.gate import Accepted, Sources
    from apim_audit.plan import Plan
    from apim_audit.snapshot import Document, Snapshot

DEFAULT_BASELINE = "2021-12"


class Gate(StrEnum):
    """Which gaps and doubts of a planned state fail a run."""

    CAUSED = "caused"
    ALL = "all"


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
        subscriptions: subscription ids or names.
        resource_group: only instances of this resource group.
        names: only instances of these names.
        cloud: ``AzureCloud``, ``AzureUSGovernment`` or ``AzureChinaCloud``.
        arm_endpoint: overrides the cloud's endpoint.
        admin_rules: security admin rules too.
        management_group: all subscriptions below it, instead of those.
        tenant: all subscriptions of the tenant, instead of those.
        read_from: ``arm``, ``graph`` or ``auto``: where lists are read from.
        features: what makes optional rows necessary too.
        observed: the network status of the services too.
    """

    subscriptions: tuple[str, ...]
    resource_group: str | None = None
    names: tuple[str, ...] = ()
    cloud: str = "AzureCloud"
    arm_endpoint: str | None = None
    admin_rules: bool = False
    management_group: str | None = None
    tenant: bool = False
    read_from: str = "auto"
    features: bool = False
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment that is only planned, and the state that it would meet.

    Attributes:
        files: Terraform plans, what-if answers, templates; ``-`` is standard input.
        parameters: parameter files of a template.
        onto: files with the current state.
        onto_live: what to read live as the current state.
        every: every instance is judged, not only those that the plan touches.
        subscription: the id of the subscription that a template is deployed to, where that is told.
        resource_group: its resource group.
        location: the location of the resource group, or of the deployment.
    """

    files: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    onto: tuple[str, ...] = ()
    onto_live: Target | None = None
    every: bool = False
    subscription: str | None = None
    resource_group: str | None = None
    location: str | None = None


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
    decoded = decode(
        snapshot,
        catalogue,
        admin_rules=options.admin_rules,
        features=options.features,
        observed=options.observed,
    )
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
        notes=(*_notes_on_scope(snapshot.scope), *decoded.notes, *judgement.notes),
        comparison=comparison,
        names=names_in(snapshot) if options.keep_names else frozenset(),
        requirements=_rows(catalogue, options.baseline, judgement.instances),
        rule_stacks=judgement.rule_stacks,
    )


def _notes_on_scope(scope: "Scope") -> tuple[str, ...]:
    if scope.management_group is None and not scope.tenant:
        return ()
    where = "the tenant" if scope.management_group is None else f"management group {scope.management_group}"
    count = len(scope.subscriptions)
    were = "subscription was" if count == 1 else "subscriptions were"
    note = f"{count} {were} read, those of {where} that the identity can see"
    return (f"{note}; of others, and of resources that it may not read, Azure says nothing",)


def _rows(catalogue: "Catalogue", baseline_id: str, instances: "Sequence[InstanceReport]") -> "tuple[Requirement, ...]":
    baseline = catalogue.baseline(baseline_id)
    own = {} if baseline is None else {row.id: row for row in baseline.requirements}
    used = {
        check.id: check.requirement
        for instance in instances
        for location in instance.locations
        for check in location.checks
    }
    return (*own.values(), *(row for check_id, row in used.items() if check_id not in own))


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


def plan(
    deployment: Deployment,
    stdin: BinaryIO,
    service_tags: str | None = None,
    options: "Options | str" = DEFAULT_BASELINE,
    compare_baseline: str | None = None,
    progress: "Progress | None" = None,
) -> "Report":
    """Returns the audit of what a deployment would leave behind, beside what is there now.

    Args:
        deployment: what is planned, and onto what.
        stdin: standard input.
        service_tags: a file with service tags, which counts before those of a snapshot.
        options: how to judge, or only the baseline's id.
        compare_baseline: another baseline: the report tells what that one would newly fail.
        progress: is told how far a live reading is.

    Raises:
        NoAuditError: a file or the current state cannot be read.
        UsageError: there is no such baseline, cloud or endpoint.
    """
    from apim_audit.core.judge import Options
    from apim_audit.plan import Acceptance, Origins, beside, effective_keys, overlay, scene_of

    _look_up(options, compare_baseline)
    options = Options(options) if isinstance(options, str) else options
    snapshot = _current_state(deployment, stdin, Reading(service_tags, progress=progress))
    laid = overlay(snapshot, _planned(deployment, stdin, snapshot))
    scene = scene_of(laid, every=deployment.every)
    before = audit(scene.current, replace(options, hygiene=False))
    after = audit(scene.planned, options, compare_baseline)
    origins = Origins.of(laid.plan.changes)
    report = origins.told(beside(after, before, scene.touched), before)
    written = effective_keys(laid.changed)
    report = Acceptance(scene.planned, written, _tag_names(scene.planned), origins).told(report)
    return replace(report, notes=(*report.notes, *laid.plan.notes, *scene.notes))


def _planned(deployment: Deployment, stdin: BinaryIO, current: "Snapshot") -> "Plan":
    from apim_audit.plan import DeploymentContext, PlanReader, only_subscription

    subscription = deployment.subscription or only_subscription(current)
    context = DeploymentContext(subscription, deployment.resource_group, deployment.location, linked=_linked)
    return PlanReader(stdin, deployment.parameters, context).read(deployment.files)


def _linked(path: str) -> str | None:
    from apim_audit.plan.template import read_linked

    return read_linked(path)


def _tag_names(snapshot: "Snapshot") -> frozenset[str] | None:
    from apim_audit.catalogue import load_catalogue

    if snapshot.service_tags is None:
        return None
    return frozenset(name.lower() for name in {*snapshot.service_tags.prefixes, *load_catalogue().tag_names})


def _current_state(deployment: Deployment, stdin: BinaryIO, reading: "Reading") -> "Snapshot":
    from apim_audit.snapshot import Snapshot, load_files, load_service_tags

    if deployment.onto_live is not None:
        return _read(deployment.onto_live, reading)
    snapshot = load_files(deployment.onto, stdin) if deployment.onto else Snapshot(())
    if reading.service_tags is None:
        return snapshot
    return replace(snapshot, service_tags=load_service_tags(reading.service_tags))


@dataclass(frozen=True, slots=True)
class Reading:
    """How a live reading is done.

    Attributes:
        service_tags: a file with service tags, or None to ask Azure for them.
        save_to: where to keep the snapshot, also that of an interrupted reading, or None.
        progress: is told how far the reading is.
    """

    service_tags: str | None = None
    save_to: str | None = None
    progress: "Progress | None" = None


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
    _look_up(options, compare_baseline)
    return audit(collect(target, reading), options, compare_baseline)


def _kept_in(snapshot: "Snapshot", path: str) -> "Snapshot":
    from apim_audit.core.findings import Origin

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

    snapshot = _trimmed(_read(target, reading))
    if reading.save_to is not None:
        save(snapshot, reading.save_to)
        snapshot = _kept_in(snapshot, reading.save_to)
    return snapshot


def _read(target: Target, reading: Reading) -> "Snapshot":
    from apim_audit.collect import InterruptedReadingError, ReadFrom, Request
    from apim_audit.collect import collect as read
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
        found = read(request, _now(), reading.progress)
    except InterruptedReadingError as interrupted:
        if reading.save_to is not None and interrupted.snapshot.documents:
            save(replace(interrupted.snapshot, service_tags=tags), reading.save_to)
        raise
    return found if tags is None else replace(found, service_tags=tags)


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
    from apim_audit.core.judge import Options
    from apim_audit.demo import demo_snapshot

    _look_up(options, compare_baseline)
    asked = options if isinstance(options, Options) else Options(options)
    snapshot = demo_snapshot(_now(), features=asked.features, observed=asked.observed)
    return audit(_trimmed(snapshot), asked, compare_baseline)


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


def exit_status(
    report: "Report", fail_on: FailOn, *, allow_unknown: bool, allow_incomplete: bool, gate: Gate = Gate.ALL
) -> int:
    """Returns the exit status for a report: 0, 3 for gaps, 4 for doubts.

    Gaps that are waived or known do not count. A waiver that has expired and would cover something is 3 by itself.

    Args:
        report: what the audit found.
        fail_on: the quietest gap that counts.
        allow_unknown: undecided checks do not count.
        allow_incomplete: what a judged location needs and could not be read does not count.
        gate: whether only what a plan causes counts.
    """
    from apim_audit.core.findings import Change, Severity, WaiverProblemKind

    loudest_first = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    failing = () if fail_on is FailOn.NEVER else loudest_first[: loudest_first.index(Severity(fail_on)) + 1]
    every = gate is Gate.ALL
    counting = (check for check in report.checks() if every or check.change is Change.CAUSED)
    found = {check.severity for check in counting if check.counts}
    expired = any(problem.kind is WaiverProblemKind.EXPIRED for problem in report.waiver_problems)
    if expired or not found.isdisjoint(failing):
        return GAPS
    if Severity.UNDECIDED in found and not allow_unknown:
        return UNDECIDED
    if any(each.needed and (every or not each.already_there) for each in report.incomplete) and not allow_incomplete:
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
