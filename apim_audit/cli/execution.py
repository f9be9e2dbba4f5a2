"""Runs a parsed command: the use case, then its reports, then the exit status."""

import logging
import sys
from io import BytesIO
from typing import BinaryIO

from apim_audit import run
from apim_audit.cli.delivery import deliver, ensure_writable, files_of, style_for, write
from apim_audit.cli.options import Check, Collect, Command, Demo, Judging, Reporting, Requirements, Subscription
from apim_audit.cli.streams import say
from apim_audit.core.findings import Report
from apim_audit.core.judge import Options
from apim_audit.core.requirements import NetworkModel
from apim_audit.core.text import printable
from apim_audit.errors import UsageError
from apim_audit.report import render_changes, render_requirements
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
        case Requirements():
            return _requirements(command)


def _check(command: Check) -> int:
    if command.files.count("-") > 1:
        message = "standard input (-) can be read only once"
        raise UsageError(message)
    ensure_writable(files_of(command))
    question = _question(command)
    return _judged(run.check(command.files, _stdin(), command.service_tags, question), command)


def _subscription(command: Subscription) -> int:
    ensure_writable([*files_of(command), command.save_snapshot])
    question = _question(command)
    report = run.subscription(command.target, command.service_tags, question, command.save_snapshot)
    return _judged(report, command)


def _collect(command: Collect) -> int:
    ensure_writable([command.output])
    snapshot = run.collect(command.target, command.service_tags)
    save(snapshot, command.output)
    if not command.quiet:
        missing = f", {counted(len(snapshot.incomplete), 'resource')} not read" if snapshot.incomplete else ""
        say(f"{command.output}: {counted(len(snapshot.documents), 'resource')}{missing}")
    return run.UNDECIDED if snapshot.incomplete and not command.allow_incomplete else run.OK


def _demo(command: Demo) -> int:
    ensure_writable(files_of(command))
    deliver(run.demo(_question(command)), command)
    return run.OK


def _requirements(command: Requirements) -> int:
    ensure_writable([command.output])
    style = style_for(command.output)
    if command.compare is None:
        baseline = run.requirements(command.baseline, command.network_model)
        text = render_requirements(baseline, command.format, style)
    else:
        before, after = command.compare
        changes = run.compare_baselines(before, after, command.network_model)
        text = render_changes(changes, command.format, style)
    write(text, command.output)
    return run.OK
