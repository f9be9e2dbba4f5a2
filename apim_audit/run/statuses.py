"""The exit status that a report gives."""

from typing import TYPE_CHECKING

from apim_audit.run.asking import FailOn, Gate

if TYPE_CHECKING:
    from apim_audit.core.facts.reports import Report

OK = 0
GAPS = 3
UNDECIDED = 4


def exit_status(
    report: "Report", fail_on: FailOn, *, allow_unknown: bool, allow_incomplete: bool, gate: Gate = Gate.ALL
) -> int:
    """Returns the exit status for a report: 0, 3 for gaps, 4 for doubts.

    Gaps that are waived or known do not count. A waiver that has expired and would cover something is 3 by itself.

    Args:
        report: what the audit found.
        fail_on: the quietest gap that counts.
        allow_unknown: undecided checks do not count.
        allow_incomplete: what a judged location needs and could not be read does not count.
        gate: whether only what a plan causes counts.
    """
    from apim_audit.core.facts.findings import Change, Severity
    from apim_audit.core.facts.reports import WaiverProblemKind

    loudest_first = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    failing = () if fail_on is FailOn.NEVER else loudest_first[: loudest_first.index(Severity(fail_on)) + 1]
    every = gate is Gate.ALL
    counting = (check for check in report.checks() if every or check.change is Change.CAUSED)
    found = {check.severity for check in counting if check.counts}
    expired = any(problem.kind is WaiverProblemKind.EXPIRED for problem in report.waiver_problems)
    if expired or not found.isdisjoint(failing):
        return GAPS
    if Severity.UNDECIDED in found and not allow_unknown:
        return UNDECIDED
    if any(each.needed and (every or not each.already_there) for each in report.incomplete) and not allow_incomplete:
        return UNDECIDED
    return OK
