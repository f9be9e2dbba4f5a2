"""Runs a parsed command: the use case, then its reports, then the exit status."""

import json
import logging
import sys
from io import BytesIO
from typing import BinaryIO

from apim_audit import run
from apim_audit.cli.assumptions import announced
from apim_audit.cli.delivery import deliver, ensure_writable, files_of, style_for, write
from apim_audit.cli.options import Check, Collect, Command, Demo, Doctor, Judging, Reporting, Requirements, Subscription
from apim_audit.cli.streams import say
from apim_audit.core.findings import Report
from apim_audit.core.judge import Options
from apim_audit.core.requirements import NetworkModel
from apim_audit.core.text import printable
from apim_audit.errors import UsageError
from apim_audit.report import render_changes, render_diagnosis, render_requirements
from apim_audit.report.summary import counted
from apim_audit.snapshot import save


def execute(command: Command) -> int:
    """Runs a command and returns its exit status.

    Raises:
        ApimAuditError: it cannot be done.
    """
    _log(command)
    match command:
        case Check():
            return _check(command)
        case Subscription():
            return _subscription(command)
        case Collect():
            return _collect(command)
        case Demo():
            return _demo(command)
        case Doctor():
            return _doctor(command)
        case Requirements():
            return _requirements(command)


def _check(command: Check) -> int:
    if command.files.count("-") > 1:
        message = "standard input (-) can be read only once"
        raise UsageError(message)
    ensure_writable(files_of(command))
    options = _options(command)
    report = run.check(command.files, _stdin(), command.service_tags, options, command.compare_baseline)
    return _judged(report, command)


def _subscription(command: Subscription) -> int:
    ensure_writable([*files_of(command), command.save_snapshot])
    options = _options(command)
    report = run.subscription(
        command.target, command.service_tags, options, command.compare_baseline, command.save_snapshot
    )
    return _judged(report, command)


def _collect(command: Collect) -> int:
    ensure_writable([command.output])
    snapshot = run.collect(command.target, command.service_tags)
    save(snapshot, command.output)
    if not command.quiet:
        missing = f", {counted(len(snapshot.incomplete), 'resource')} not read" if snapshot.incomplete else ""
        say(f"{command.output}: {counted(len(snapshot.documents), 'resource')}{missing}")
    return run.UNDECIDED if snapshot.incomplete and not command.allow_incomplete else run.OK


def _doctor(command: Doctor) -> int:
    ensure_writable([command.output])
    if command.role:
        write(f"{json.dumps(run.role(command.subscriptions), indent=2)}\n", command.output)
        return run.OK
    if not command.subscriptions:
        message = "no subscription is given"
        raise UsageError(message, "give the ids of the subscriptions to look at, or --role")
    diagnosis = run.doctor(command.target)
    write(render_diagnosis(diagnosis, command.format, style_for(command.output)), command.output)
    return run.OK if diagnosis.fine else run.UNDECIDED


def _demo(command: Demo) -> int:
    ensure_writable(files_of(command))
    deliver(run.demo(_options(command), command.compare_baseline), command)
    return run.OK


def _requirements(command: Requirements) -> int:
    ensure_writable([command.output])
    style = style_for(command.output)
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
    write(text, command.output)
    return run.OK


def _options(command: Reporting) -> Options:
    return Options(
        baseline=command.baseline,
        as_model=None if command.as_model is None else NetworkModel(command.as_model),
        on_premises=announced(command.assume),
        admin_rules=isinstance(command, Judging) and command.admin_rules,
        hygiene=command.hygiene,
        features=command.features,
        observed=command.observed,
    )


def _judged(report: Report, command: Judging) -> int:
    deliver(report, command)
    status = run.exit_status(
        report,
        command.fail_on,
        allow_unknown=command.allow_unknown,
        allow_incomplete=command.allow_incomplete,
    )
    if status == run.UNDECIDED and not command.quiet:
        say("exit status 4: --allow-unknown forgives undecided checks, --allow-incomplete what could not be read")
    return status


def _stdin() -> BinaryIO:
    return BytesIO() if sys.stdin is None else sys.stdin.buffer


class _HarmlessFormatter(logging.Formatter):
    """Log lines without anything that a terminal might obey."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(printable, super().format(record).split("\n")))


def _log(command: Command) -> None:
    level = logging.ERROR if command.quiet else logging.INFO if command.verbose else logging.WARNING
    handler = logging.StreamHandler()
    handler.setFormatter(_HarmlessFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("azure").setLevel(max(level, logging.WARNING))  # below that it logs requests and their headers
