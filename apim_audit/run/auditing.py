"""Snapshots and files are judged; nothing here touches the network."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from apim_audit.run.asking import DEFAULT_BASELINE
from apim_audit.run.catalogues import catalogue_with, look_up

if TYPE_CHECKING:
    from apim_audit.core.facts.reports import InstanceReport, Report, Scope, ServiceTagSource
    from apim_audit.core.facts.requirements import Catalogue, Requirement
    from apim_audit.core.judging.judge import Options
    from apim_audit.decode import Decoded
    from apim_audit.snapshot import Snapshot


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
    from apim_audit.core.facts.reports import Report
    from apim_audit.core.judging.comparison import compare
    from apim_audit.core.judging.judge import Options, judge
    from apim_audit.decode import decode
    from apim_audit.run.cores import on_every_core

    options = Options(options) if isinstance(options, str) else options
    catalogue = catalogue_with(options.baseline, compare_baseline)
    decoded = decode(
        snapshot,
        catalogue,
        admin_rules=options.admin_rules,
        features=options.features,
        observed=options.observed,
    )
    judgement = judge(decoded.estate, decoded.tags, catalogue, options, on_every_core)
    comparison = None
    if compare_baseline is not None:
        other = replace(options, baseline=compare_baseline, hygiene=False, rule_stacks=False)
        found = judge(decoded.estate, decoded.tags, catalogue, other, on_every_core)
        comparison = compare(judgement.instances, found.instances, compare_baseline)
    return Report(
        baseline=options.baseline,
        taken_at=snapshot.taken_at,
        scope=snapshot.scope,
        service_tags=_tag_source(snapshot),
        instances=judgement.instances,
        incomplete=decoded.incomplete,
        assumptions=judgement.assumptions,
        notes=(*_notes_on_scope(snapshot.scope), *snapshot.notes, *decoded.notes, *judgement.notes),
        comparison=comparison,
        names=_names(snapshot, decoded) if options.keep_names else frozenset(),
        requirements=_rows(catalogue, options.baseline, judgement.instances),
        rule_stacks=judgement.rule_stacks,
    )


def _names(snapshot: "Snapshot", decoded: "Decoded") -> frozenset[str]:
    from apim_audit.decode.unknown_words import unknown_words_in
    from apim_audit.snapshot import names_in

    # A word that is no tag may be anybody's own.
    return names_in(snapshot) | unknown_words_in(decoded.estate.instances, decoded.tags)


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

    look_up(options, compare_baseline)
    snapshot = load_files(files, stdin)
    if service_tags is not None:
        snapshot = replace(snapshot, service_tags=load_service_tags(service_tags))
    return audit(snapshot, options, compare_baseline)


def _tag_source(snapshot: "Snapshot") -> "ServiceTagSource":
    from apim_audit.core.facts.reports import ServiceTagSource

    tags = snapshot.service_tags
    return ServiceTagSource() if tags is None else ServiceTagSource(tags.source, tags.cloud, tags.change_number)
