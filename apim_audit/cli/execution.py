"""Runs a parsed command: the use case, then its reports, then the exit status."""

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from apim_audit import run
from apim_audit.cli.options import Check, Collect, Command, Demo, Judging, Reporting, Requirements, Subscription
from apim_audit.cli.streams import say, style_of, write_out
from apim_audit.core.findings import Report
from apim_audit.core.text import printable
from apim_audit.errors import UsageError
from apim_audit.report import PLAIN, RENDERERS, Format, render_requirements
from apim_audit.report.summary import counted, sentence, summarise
from apim_audit.snapshot import save, write_atomically


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
    _ensure_writable(_files_of(command))
    report = run.check(command.files, _stdin(), command.service_tags, command.baseline)
    return _judged(report, command)


def _subscription(command: Subscription) -> int:
    _ensure_writable([*_files_of(command), command.save_snapshot])
    report = run.subscription(command.target, command.service_tags, command.baseline, command.save_snapshot)
    return _judged(report, command)


def _collect(command: Collect) -> int:
    _ensure_writable([command.output])
    snapshot = run.collect(command.target, command.service_tags)
    save(snapshot, command.output)
    if not command.quiet:
        missing = f", {counted(len(snapshot.incomplete), 'resource')} not read" if snapshot.incomplete else ""
        say(f"{command.output}: {counted(len(snapshot.documents), 'resource')}{missing}")
    return run.UNDECIDED if snapshot.incomplete and not command.allow_incomplete else run.OK


def _demo(command: Demo) -> int:
    _ensure_writable(_files_of(command))
    _deliver(run.demo(command.baseline), command)
    return run.OK


def _requirements(command: Requirements) -> int:
    _ensure_writable([command.output])
    baseline = run.requirements(command.baseline, command.network_model)
    style = style_of(sys.stdout, os.environ) if command.output is None else PLAIN
    _write(render_requirements(baseline, command.format, style), command.output)
    return run.OK


def _judged(report: Report, command: Judging) -> int:
    _deliver(report, command)
    status = run.exit_status(
        report,
        command.fail_on,
        allow_unknown=command.allow_unknown,
        allow_incomplete=command.allow_incomplete,
    )
    if status == run.UNDECIDED and not command.quiet:
        say("exit status 4: --allow-unknown forgives undecided checks, --allow-incomplete what could not be read")
    return status


def _deliver(report: Report, command: Reporting) -> None:
    style = style_of(sys.stdout, os.environ) if command.output is None else PLAIN
    _write(RENDERERS[command.format](report, style), command.output)
    for extra in command.report:
        _write(RENDERERS[extra.format](report), extra.path)
    seen = command.output is None and command.format == Format.TABLE
    if not seen and not command.quiet:
        say(sentence(summarise(report)))


def _write(text: str, path: str | None) -> None:
    if path is None:
        write_out(text)
    else:
        write_atomically(path, text)


def _files_of(command: Reporting) -> list[str | None]:
    return [command.output, *(extra.path for extra in command.report)]


def _ensure_writable(paths: Iterable[str | None]) -> None:
    # Before minutes of reading, not after them.
    wanted = [path for path in paths if path is not None]
    for path, count in Counter(wanted).items():
        if count > 1:
            message = f"{path} is asked for {count} times; give each output a file of its own"
            raise UsageError(message)
        target = Path(path)
        if target.is_dir() or not target.parent.is_dir():
            message = f"{path} cannot be written: it is a folder, or its folder does not exist"
            raise UsageError(message, "create the folder first, or name another file")


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
