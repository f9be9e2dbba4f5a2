"""What a house accepts, and what may leave it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apim_audit.run.catalogues import catalogue_with

if TYPE_CHECKING:
    from apim_audit.core.facts.reports import Report
    from apim_audit.gate import Accepted, Sources


def accepted(sources: "Sources") -> "Accepted":
    """Returns what files accept; read before anything else, so that a wrong file costs no minutes.

    Raises:
        NoAuditError: a file cannot be read, or is wrong.
    """
    from apim_audit.gate import load_accepted

    ids = {row.id: None for baseline in catalogue_with().baselines for row in baseline.requirements}
    return load_accepted(sources, ids.keys())


def accept(report: "Report", accepted: "Accepted") -> "Report":
    """Returns the report with waived and known gaps marked, as of today in UTC.

    The same report gives the same one again on the same day.
    """
    from apim_audit.gate import accept as mark

    marked = mark(report, accepted, datetime.now(UTC).date())
    owners = {rule.waiver.owner for rule in accepted.waivers.rules}
    return replace(marked, names=marked.names | owners) if marked.names else marked


def masked(report: "Report") -> "Report":
    """Returns the report for readers outside the house: names, ids and addresses are masked.

    Args:
        report: one that was judged with ``keep_names``.
    """
    from apim_audit.report.masking import mask

    catalogue = catalogue_with()
    ids = {row.id for baseline in catalogue.baselines for row in baseline.requirements}
    return mask(report, catalogue.tag_names | ids)
