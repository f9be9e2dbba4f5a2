"""Issues of an Azure Pipelines run, as logging commands: what matters most first, then one line with the totals.

``task.complete`` is never written: it would set the result of the step, which is for the exit status to do. The
escapes are those of microsoft/azure-pipelines-agent, Command.cs, and of "Logging commands" in the documentation of
Azure Pipelines (``%`` as ``%AZP25``), read on 2026-11-22.
"""

from pathlib import PurePath

from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.text import printable
from apim_audit.report import PLAIN, Style
from apim_audit.report.issues import Issue, Kind, issues
from apim_audit.report.places import totals, verdicts

_ESCAPES = {"%": "%AZP25", ";": "%3B", "\r": "%0D", "\n": "%0A", "]": "%5D"}


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns a logging command for each error and warning, a plain line for each note and for the totals."""
    found, more = issues(report)
    told = [totals(report), verdicts(report), f"{more} not shown" if more else ""]
    lines = [*map(_line, found), f"apim-audit: {'; '.join(filter(None, told))}"]
    return "".join(f"{line}\n" for line in lines)


def _line(issue: Issue) -> str:
    message = f"{issue.title}: {issue.message}"
    if issue.kind is Kind.NOTE:
        return f"note: {message}"
    properties = {"type": issue.kind.value, **_place(issue), "code": issue.code}
    written = ";".join(f"{key}={_escaped(value)}" for key, value in properties.items())
    return f"##vso[task.logissue {written}]{_escaped(message)}"


def _place(issue: Issue) -> dict[str, str]:
    if issue.origin is None:
        return {}
    line = {} if issue.origin.line is None else {"linenumber": str(issue.origin.line)}
    return {"sourcepath": printable(PurePath(issue.origin.file).as_posix()), **line}


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
