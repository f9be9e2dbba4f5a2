"""Annotations of a GitHub Actions run, as workflow commands: what matters most first, then one line with the totals.

The escapes are those of actions/runner, ActionCommand.cs, read on 2026-11-22.
"""

from pathlib import PurePath

from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.text import printable
from apim_audit.report import PLAIN, Style
from apim_audit.report.issues import Issue, Kind, issues
from apim_audit.report.places import totals, verdicts

_COMMANDS = {Kind.ERROR: "error", Kind.WARNING: "warning", Kind.NOTE: "notice"}
_LAST = 1  # the totals are a notice too


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns the workflow commands, one a line."""
    found, more = issues(report, notes_to_spare=_LAST)
    lines = [_command(_COMMANDS[issue.kind], _place(issue) | {"title": issue.title}, issue.message) for issue in found]
    told = [totals(report), verdicts(report), f"{more} not shown" if more else ""]
    lines.append(_command("notice", {"title": "apim-audit"}, "; ".join(filter(None, told))))
    return "".join(f"{line}\n" for line in lines)


def _place(issue: Issue) -> dict[str, str]:
    if issue.origin is None:
        return {}
    line = {} if issue.origin.line is None else {"line": str(issue.origin.line)}
    return {"file": printable(PurePath(issue.origin.file).as_posix()), **line}


def _command(name: str, properties: dict[str, str], data: str) -> str:
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {written}::{_data(data)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
