"""Brings what was found to where it was asked for: standard output and files, a reader who has left included."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from apim_audit.cli.options import Reporting
from apim_audit.cli.paths import file_of
from apim_audit.cli.streams import say, style_of
from apim_audit.core.facts.reports import Report, WaiverProblemKind
from apim_audit.report import PLAIN, RENDERERS, Format, Renderer, Style
from apim_audit.report.summary import sentence, summarise
from apim_audit.run import masked
from apim_audit.snapshot import NotWrittenError, write_atomically


def deliver(found: Report, command: Reporting) -> None:
    """Writes a report in every format that was asked for, masked if wanted so.

    What cannot be written does not keep the rest.

    Raises:
        NotWrittenError: something could not be written; each failure is named.
    """
    report = masked(found) if command.mask else found
    problems = []
    wanted = _wanted(command)
    for each in wanted:
        try:
            write(each.renderer(report, style_for(each.path)), each.path)
        except NotWrittenError as error:
            problems.append(error)
    seen = any(each.path is None and each.renderer is RENDERERS[Format.TABLE] for each in wanted)
    tell_of_waivers(report, quiet=seen or command.quiet)
    if not seen and not command.quiet:
        say(sentence(summarise(report)))
    if problems:
        message = "\n  ".join(["the audit was performed, but its report is not complete:", *map(str, problems)])
        raise NotWrittenError(message, problems[0].hint)


def tell_of_waivers(report: Report, *, quiet: bool) -> None:
    """Says on standard error what is wrong with the waivers.

    Args:
        report: what the audit found.
        quiet: only those that have expired.
    """
    for problem in report.waiver_problems:
        if problem.kind is WaiverProblemKind.EXPIRED or not quiet:
            say(problem.message)


@dataclass(frozen=True, slots=True)
class _Wanted:
    renderer: Renderer
    path: str | None


def _wanted(command: Reporting) -> Sequence[_Wanted]:
    extra = (_Wanted(RENDERERS[each.format], file_of(each.path)) for each in command.report)
    return (_Wanted(RENDERERS[command.format], file_of(command.output)), *extra)


def style_for(path: str | None) -> Style:
    """Returns how people's text should look in a file, or on standard output where the path is None."""
    return style_of(sys.stdout, os.environ) if path is None else PLAIN


def write(text: str, path: str | None) -> None:
    """Writes text to a file, or to standard output where the path is None.

    A reader who has closed the pipe (``| head``) is no error.

    Raises:
        NotWrittenError: it cannot be written.
    """
    if path is not None:
        write_atomically(path, text)
        return
    try:
        if sys.stdout is None:
            raise OSError(None, "it is closed")  # noqa: TRY301  (told like any other failure)
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        message = f"standard output could not be written to: {error.strerror}"
        raise NotWrittenError(message) from None


def _discard_output() -> None:
    # Python flushes at exit; what is left must go somewhere.
    if sys.stdout is not None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  (open until the process ends)


def formats_of(command: Reporting) -> set[str]:
    """Returns the formats of a command's reports."""
    return {command.format, *(each.format for each in command.report)}
