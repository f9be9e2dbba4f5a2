"""Runs a parsed command: the use case, then its reports, then the exit status."""

import json
import logging
import os
import sys
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from apim_audit import run
from apim_audit.cli.assumptions import announced
from apim_audit.cli.delivery import deliver, formats_of, style_for, tell_of_waivers, write
from apim_audit.cli.options import (
    Auditing,
    BaselineGaps,
    Check,
    Collect,
    Command,
    Demo,
    Doctor,
    Judging,
    Live,
    ManagementGroup,
    Plan,
    Reporting,
    Requirements,
    Subscription,
    Tenant,
)
from apim_audit.cli.paths import STANDARD_STREAM, ensure_sound_paths, file_of
from apim_audit.cli.streams import say
from apim_audit.core.accepting.known_gaps import gaps_of
from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.core.facts.text import harmless_line, printable
from apim_audit.core.judging.judge import Options
from apim_audit.errors import UsageError
from apim_audit.gate import Accepted, Sources, known_gaps_text
from apim_audit.report import Format, render_changes, render_diagnosis, render_requirements
from apim_audit.report.summary import counted, summarise
from apim_audit.snapshot import to_text as snapshot_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apim_audit.collect import Progress


def execute(command: Command) -> int:
    """Runs a command and returns its exit status.

    Raises:
        ApimAuditError: it cannot be done.
    """
    _log(command)
    ensure_sound_paths(command)
    status: int
    match command:
        case Check() | Plan() | Subscription() | ManagementGroup() | Tenant():
            status = _audit(command)
        case BaselineGaps():
            status = _baseline_gaps(command)
        case Collect():
            status = _collect(command)
        case Demo():
            status = _demo(command)
        case Doctor():
            status = _doctor(command)
        case Requirements():
            status = _requirements(command)
    return status


def _audit(command: Check | Plan | Live) -> int:
    match command:
        case Check():
            return _check(command)
        case Plan():
            return _plan(command)
        case _:
            return _live(command)


def _check(command: Check) -> int:
    accepted, options = _accepted(command), _options(command)
    report = run.check(command.files, _stdin(), command.service_tags, options, command.compare_baseline)
    return _judged(report, command, accepted)


def _baseline_gaps(command: BaselineGaps) -> int:
    accepted = _accepted(command)
    found = run.check(command.files, _stdin(), command.service_tags, _options(command))
    report = run.accept(found, accepted)
    write(known_gaps_text(report), file_of(command.output))
    tell_of_waivers(report, quiet=command.quiet)
    if not command.quiet:
        say(f"{_place(command.output)}: {_known_gaps_in_words(report)}")
    return run.OK


def _known_gaps_in_words(report: Report) -> str:
    summary = summarise(report)
    undecided = sum(number for severity, number in summary.severities if severity is Severity.UNDECIDED)
    out = [f"{number} {kind}" for number, kind in ((summary.waived, "waived"), (undecided, "undecided")) if number]
    left = f"; left out: {', '.join(out)}" if out else ""
    return counted(sum(1 for _ in gaps_of(report)), "known gap") + left


def _plan(command: Plan) -> int:
    if command.onto and command.onto_subscription:
        message = "the current state is either in files (--onto) or read live (--onto-subscription)"
        raise UsageError(message)
    accepted, options = _accepted(command), _options(command)
    tags, compared = command.service_tags, command.compare_baseline
    with _progress(command) as progress:
        report = run.plan(command.deployment, _stdin(), tags, options, compared, progress)
    return _judged(report, command, accepted, command.gate)


def _live(command: Live) -> int:
    accepted, options = _accepted(command), _options(command)
    with _progress(command) as progress:
        reading = run.Reading(command.service_tags, command.save_snapshot, progress)
        report = run.live(command.target, reading, options, command.compare_baseline)
    return _judged(report, command, accepted)


def _collect(command: Collect) -> int:
    with _progress(command) as progress:
        reading = run.Reading(command.service_tags, file_of(command.output), progress)
        snapshot = run.collect(command.target, reading)
    if reading.save_to is None:
        write(snapshot_text(snapshot), None)
    if not command.quiet:
        missing = f", {counted(len(snapshot.incomplete), 'resource')} not read" if snapshot.incomplete else ""
        say(f"{_place(command.output)}: {counted(len(snapshot.documents), 'resource')}{missing}")
    return run.UNDECIDED if snapshot.incomplete and not command.allow_incomplete else run.OK


def _place(output: str) -> str:
    return "standard output" if output == STANDARD_STREAM else output


@contextmanager
def _progress(command: Live | Collect | Plan) -> "Iterator[Progress]":
    """Yields what shows how far a reading is; where it is interrupted, says what had been read."""
    from apim_audit.cli.progress import shown  # noqa: PLC0415  (it loads the collector)
    from apim_audit.collect import InterruptedReadingError  # noqa: PLC0415

    kept = file_of(command.output) if isinstance(command, Collect) else getattr(command, "save_snapshot", None)
    try:
        with shown(quiet=command.quiet, environment_is_dumb=os.environ.get("TERM") == "dumb") as progress:
            yield progress
    except InterruptedReadingError as interrupted:
        documents = interrupted.snapshot.documents
        where = f"; {kept} keeps them" if kept is not None and documents else ""
        say(f"interrupted: {counted(len(documents), 'resource')} had been read{where}")
        raise


def _doctor(command: Doctor) -> int:
    output = file_of(command.output)
    if command.role:
        write(f"{json.dumps(run.role(command.subscriptions), indent=2)}\n", output)
        return run.OK
    diagnosis = run.doctor(command.target)
    write(render_diagnosis(diagnosis, command.format, style_for(output)), output)
    return run.OK if diagnosis.fine else run.UNDECIDED


def _demo(command: Demo) -> int:
    deliver(run.demo(_options(command), command.compare_baseline), command)
    return run.OK


def _requirements(command: Requirements) -> int:
    output = file_of(command.output)
    style = style_for(output)
    if command.compare is None:
        baseline = run.requirements(command.baseline, command.network_model)
        text = render_requirements(baseline, command.format, style)
    else:
        if command.baseline != run.DEFAULT_BASELINE:
            message = "--compare names both baselines; leave out --baseline"
            raise UsageError(message)
        before, after = command.compare
        changes = run.compare_baselines(before, after, command.network_model)
        text = render_changes(changes, command.format, style)
    write(text, output)
    return run.OK


def _accepted(command: Judging | BaselineGaps) -> Accepted:
    known_gaps = command.known_gaps if isinstance(command, Judging) else None
    return run.accepted(Sources(command.waivers, command.config, known_gaps))


def _options(command: Auditing) -> Options:
    return Options(
        baseline=command.baseline,
        as_model=None if command.as_model is None else NetworkModel(command.as_model),
        on_premises=announced(command.assume),
        admin_rules=isinstance(command, (Judging, BaselineGaps)) and command.admin_rules,
        hygiene=isinstance(command, Reporting) and command.hygiene,
        keep_names=isinstance(command, Reporting) and command.mask,
        features=command.features,
        observed=isinstance(command, Reporting) and command.observed,
        rule_stacks=isinstance(command, Reporting) and Format.HTML in formats_of(command),
    )


def _judged(found: Report, command: Judging, accepted: Accepted, gate: run.Gate = run.Gate.ALL) -> int:
    report = run.accept(found, accepted)
    deliver(report, command)
    status = run.exit_status(
        report,
        command.fail_on,
        allow_unknown=command.allow_unknown,
        allow_incomplete=command.allow_incomplete,
        gate=gate,
    )
    if status == run.UNDECIDED and not command.quiet:
        say("exit status 4: --allow-unknown forgives undecided checks, --allow-incomplete what could not be read")
    return status


def _stdin() -> BinaryIO:
    return BytesIO() if sys.stdin is None else sys.stdin.buffer


class _HarmlessFormatter(logging.Formatter):
    """Log lines without anything that a terminal or a build log might obey."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(harmless_line(printable(line)) for line in super().format(record).split("\n"))


def _log(command: Command) -> None:
    level = logging.ERROR if command.quiet else logging.INFO if command.verbose else logging.WARNING
    handler = logging.StreamHandler()
    handler.setFormatter(_HarmlessFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("azure").setLevel(max(level, logging.WARNING))  # below that it logs requests and their headers
