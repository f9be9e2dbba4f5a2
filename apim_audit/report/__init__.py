"""Reports: each format is a function from a Report to text; adding one is adding a module and a line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # asking for the version must not wait for these
    from apim_audit.core.facts.permissions import Diagnosis
    from apim_audit.core.facts.reports import Report
    from apim_audit.core.facts.requirements import Baseline
    from apim_audit.core.judging.comparison import BaselineChanges


class Format(StrEnum):
    """The formats of a report."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    CSV = "csv"
    MARKDOWN = "markdown"
    GITHUB = "github"
    AZURE_PIPELINES = "azure-pipelines"
    HTML = "html"


class PlainFormat(StrEnum):
    """The formats of what is no report: the catalogue, what the doctor found."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Style:
    """How text meant for people is laid out; formats for machines pay no heed.

    Attributes:
        colour: whether ANSI colours are wanted.
        width: the columns of the screen.
    """

    colour: bool = False
    width: int = 80


PLAIN = Style()


class Renderer(Protocol):
    """Turns a report into the text of one format, with a line end after its last line."""

    def __call__(self, report: "Report", style: Style = PLAIN) -> str:
        """Returns the text."""


def _loaded_on_use(module: str) -> Renderer:
    # tabulate alone costs as much as judging hundreds of NSGs, so a format's libraries load when it is asked for.
    def render(report: "Report", style: Style = PLAIN) -> str:
        text: str = import_module(f"{__name__}.{module}").render(report, style)
        return text

    return render


RENDERERS: Mapping[str, Renderer] = {
    Format.TABLE: _loaded_on_use("table"),
    Format.JSON: _loaded_on_use("json_v1"),
    Format.SARIF: _loaded_on_use("sarif"),
    Format.JUNIT: _loaded_on_use("junit"),
    Format.CSV: _loaded_on_use("csv_rows"),
    Format.MARKDOWN: _loaded_on_use("markdown"),
    Format.GITHUB: _loaded_on_use("github"),
    Format.AZURE_PIPELINES: _loaded_on_use("azure_pipelines"),
    Format.HTML: _loaded_on_use("html"),
}


def render_requirements(baseline: "Baseline", fmt: str, style: Style = PLAIN) -> str:
    """Returns a baseline of the catalogue as text.

    Args:
        baseline: the requirements to print.
        fmt: ``table`` or ``json``.
        style: how the table is laid out.
    """
    renderers = import_module(f"{__name__}.requirements")
    text: str = renderers.to_json(baseline) if fmt == PlainFormat.JSON else renderers.to_table(baseline, style)
    return text


def render_changes(changes: "BaselineChanges", fmt: str, style: Style = PLAIN) -> str:
    """Returns what changes from one baseline of the catalogue to another as text.

    Args:
        changes: what is different.
        fmt: ``table`` or ``json``.
        style: how the table is laid out.
    """
    renderers = import_module(f"{__name__}.changes")
    text: str = renderers.to_json(changes) if fmt == PlainFormat.JSON else renderers.to_table(changes, style)
    return text


def render_diagnosis(diagnosis: "Diagnosis", fmt: str, style: Style = PLAIN) -> str:
    """Returns whether an audit can be made as text.

    Args:
        diagnosis: what was found.
        fmt: ``table`` or ``json``.
        style: how the table is laid out.
    """
    renderers = import_module(f"{__name__}.diagnosis")
    text: str = renderers.to_json(diagnosis) if fmt == PlainFormat.JSON else renderers.to_table(diagnosis, style)
    return text
