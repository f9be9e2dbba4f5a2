"""Everything that is accepted in a run, and what it makes of a report."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from apim_audit.core.accepting.known_gaps import KnownGap, recognise
from apim_audit.core.accepting.waivers import Today, Waivers, waive
from apim_audit.core.facts.reports import Report
from apim_audit.gate.known_gaps import load_known_gaps
from apim_audit.gate.waivers import WAIVERS_ALONE, load_waivers

_WARNING = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that say what is accepted; None where there is none.

    Attributes:
        waivers: the file of waivers that was asked for; without it those of the configuration count.
        configuration: the configuration file; what it calls unwaivable holds for waivers of another file, too.
        known_gaps: the file of known gaps.
    """

    waivers: str | None = None
    configuration: str | None = None
    known_gaps: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What does not count for the exit status, though it is a gap.

    Attributes:
        known_gaps: the gaps that were there before, or None where none are given.
    """

    waivers: Waivers
    known_gaps: tuple[KnownGap, ...] | None


def load_accepted(sources: Sources, requirements: Collection[str]) -> Accepted:
    """Returns what files accept.

    Args:
        sources: the files.
        requirements: the ids of all checks that there are.

    Raises:
        NoAuditError: a file cannot be read, or is wrong.
    """
    own = Waivers() if sources.configuration is None else load_waivers(sources.configuration, requirements)
    known = None if sources.known_gaps is None else load_known_gaps(sources.known_gaps)
    if sources.waivers is None or sources.waivers == sources.configuration:
        return Accepted(own, known)
    asked_for = load_waivers(sources.waivers, requirements, WAIVERS_ALONE)
    return Accepted(Waivers(asked_for.rules, own.unwaivable | asked_for.unwaivable), known)


def accept(report: Report, accepted: Accepted, today: date) -> Report:
    """Returns the report with waived and known gaps marked; verdicts and severities stay what they are."""
    waived = waive(report, accepted.waivers, Today(today.isoformat(), (today + _WARNING).isoformat()))
    return waived if accepted.known_gaps is None else recognise(waived, accepted.known_gaps)
