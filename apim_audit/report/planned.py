"""What a planned deployment has to do with the findings: caused, already there, fixed; and where to change it."""

from collections import Counter
from collections.abc import Iterable, Iterator

from apim_audit.core.facts.findings import Change, Check, Origin, Severity
from apim_audit.core.facts.reports import Report
from apim_audit.report import Style
from apim_audit.report.display import wrap
from apim_audit.report.summary import by_severity

_WORDS = {Change.CAUSED: "caused by the plan", Change.ALREADY_THERE: "already there"}


def change_lines(check: Check) -> Iterator[str]:
    """Yields what a plan has to do with a check, and where to change it; nothing where nothing is planned."""
    places = ", ".join(map(_place, check.origins))
    if check.change is not None:
        yield _WORDS[check.change] + (f": {places}" if places else "")
    elif places:
        yield f"written down in {places}"


def _place(origin: Origin) -> str:
    line = "" if origin.line is None else f", line {origin.line}"
    return f"{origin.address} ({origin.file}{line})" if origin.address else f"{origin.file}{line}"


def tally(report: Report, style: Style) -> Iterator[str]:
    """Yields one line: what a plan causes, what was there already; nothing where nothing is planned."""
    changed = [check for check in report.checks() if check.change is not None]
    if not changed:
        return
    parts = [f"{_WORDS[change]}: {', '.join(by_severity(_counts(changed, change))) or 'nothing'}" for change in Change]
    yield from wrap("; ".join(parts), style.width)


def _counts(checks: Iterable[Check], change: Change) -> list[tuple[Severity, int]]:
    found = Counter(check.severity for check in checks if check.change is change)
    return [(severity, found[severity]) for severity in Severity if found[severity]]
