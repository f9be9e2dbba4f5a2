"""The page itself: the frame that stands without a script, the style, the script, and what the browser may run."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from itertools import islice

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from apim_audit import __version__
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.report.display import clip
from apim_audit.report.html.data import PageData
from apim_audit.report.html.standing import is_open, open_severities, standings
from apim_audit.report.summary import by_severity, counted, summarise

MOST_STATIC_GAPS = 500
"""The most gaps in the table that a browser without scripts shows."""

_SCRIPTS = ("dom", "data", "words", "lanes", "picture", "stack_table", "panel", "list")
_LONGEST_NAME = 80
_PACKAGE = files(__package__)


@dataclass(frozen=True, slots=True)
class _Gap:
    """A line of the table that is shown without a script."""

    instance: str
    location: str
    check: Check


def page_of(report: Report, data: PageData) -> str:
    """Returns the page of a report.

    Args:
        report: what the frame tells.
        data: what the script shows.
    """
    style, script = _text("page.css"), _script()
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"shown": _shown, "clipped": _clipped}
    template = environment.from_string(_text("page.html.jinja"))
    return template.render(
        report=report,
        summary=summarise(report),
        counts=", ".join(by_severity(open_severities(report))) or "no open gap",
        severities=open_severities(report),
        standings=standings(report),
        gaps=list(islice(_gaps(report), MOST_STATIC_GAPS)),
        more_gaps=max(sum(1 for _ in _gaps(report)) - MOST_STATIC_GAPS, 0),
        uncertain=[each for each in report.incomplete if each.needed],
        unneeded=[each for each in report.incomplete if not each.needed],
        meanings=MEANINGS,
        version=__version__,
        many=_many,
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704  (ours)
        script=Markup(script),  # noqa: S704  (ours)
        blocks={name: Markup(getattr(data, name)) for name in PageData.__slots__},  # noqa: S704  (nothing of HTML in it)
    )


MEANINGS = (
    (Verdict.BLOCKED, "A rule of yours drops all of the required traffic."),
    (Verdict.MISSING, "No rule of yours speaks of it, and nothing lets it through."),
    (Verdict.PARTIAL, "Part of it gets through, part is lost."),
    (Verdict.DEFAULT_ONLY, "It gets through, but by a default rule only."),
    (Verdict.PINNED, "It gets through by addresses where a service tag belongs: it breaks when they change."),
    (Verdict.UNKNOWN, "It cannot be told; the finding says what is missing."),
    (Verdict.COMPLIANT, "Rules of yours let all of it through."),
    (Verdict.NOT_APPLICABLE, "The row does not concern this location."),
)
"""What each verdict means, worst first."""


def _gaps(report: Report) -> Iterator[_Gap]:
    for instance in report.instances:
        for location in instance.locations:
            yield from (_Gap(instance.name, location.location, check) for check in location.checks if is_open(check))


def _text(name: str) -> str:
    return _PACKAGE.joinpath(name).read_text(encoding="utf-8")


def _script() -> str:
    parts = "\n".join(_text(f"script/{name}.js") for name in _SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\n}})();\n'


def _policy(style: str, script: str) -> str:
    # https://www.w3.org/TR/CSP3/ : with a hash, nothing inline runs but this; data blocks are no scripts.
    rules = (
        "default-src 'none'",
        f"script-src {_hash(script)}",
        f"style-src {_hash(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _hash(text: str) -> Markup:
    digest = b64encode(sha256(text.encode()).digest()).decode("ascii")
    return Markup(f"'sha256-{digest}'")  # noqa: S704  (ours)


def _many(number: int, thing: str) -> str:
    return counted(number, thing).replace(str(number), f"{number:,}", 1)


def _shown(text: str) -> Markup:
    # Build logs obey ``##vso[`` anywhere in a line.
    return Markup(escape(printable(text)).replace("##", "#&#35;"))  # noqa: S704  (escaped)


def _clipped(text: str) -> Markup:
    return _shown(clip(printable(text), _LONGEST_NAME))
