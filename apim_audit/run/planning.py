"""Planned deployments are judged beside the current state."""

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from apim_audit.run.asking import DEFAULT_BASELINE, Deployment, Reading
from apim_audit.run.auditing import audit
from apim_audit.run.catalogues import look_up
from apim_audit.run.reading import read

if TYPE_CHECKING:
    from apim_audit.collect import Progress
    from apim_audit.core.facts.reports import Report
    from apim_audit.core.judging.judge import Options
    from apim_audit.plan import Plan
    from apim_audit.snapshot import Snapshot


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
    from apim_audit.core.judging.judge import Options
    from apim_audit.plan import Acceptance, Origins, beside, effective_keys, overlay, scene_of

    look_up(options, compare_baseline)
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
        return read(deployment.onto_live, reading)
    snapshot = load_files(deployment.onto, stdin) if deployment.onto else Snapshot(())
    if reading.service_tags is None:
        return snapshot
    return replace(snapshot, service_tags=load_service_tags(reading.service_tags))
