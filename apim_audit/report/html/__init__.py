"""The HTML report: one file that needs nothing else, to be opened in a browser."""

from apim_audit.core.facts.reports import Report
from apim_audit.report import PLAIN, Style
from apim_audit.report.html.data import data_of
from apim_audit.report.html.page import page_of


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns the report as a page of HTML."""
    return page_of(report, data_of(report))
