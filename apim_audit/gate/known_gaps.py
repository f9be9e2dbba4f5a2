"""The file of known gaps: JSON of its own, or the JSON report of an earlier run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from apim_audit import __version__
from apim_audit.core.accepting.known_gaps import KnownGap, gaps_of
from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.errors import NoAuditError

SCHEMA_VERSION = 1

_GAPS = (Verdict.PINNED, Verdict.DEFAULT_ONLY, Verdict.PARTIAL, Verdict.MISSING, Verdict.BLOCKED)
_LOUD = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_HINT = "give what baseline-gaps wrote, or the JSON report of an earlier run"

_Kind = TypeVar("_Kind")


def known_gaps_text(report: Report) -> str:
    """Returns the content of the file for the gaps of a report that count."""
    gaps = [
        {
            "instanceId": gap.instance_id,
            "location": gap.location,
            "requirement": gap.requirement,
            "verdict": gap.verdict.value,
        }
        for gap in gaps_of(report)
    ]
    content = {
        "schemaVersion": SCHEMA_VERSION,
        "tool": {"name": "apim-audit", "version": __version__},
        "baseline": report.baseline,
        "knownGaps": gaps,
    }
    return json.dumps(content, indent=2) + "\n"


def load_known_gaps(path: str) -> tuple[KnownGap, ...]:
    """Returns the known gaps of a file.

    Of a report these are the gaps that counted, or were known already; what was waived is not known by that.

    Raises:
        NoAuditError: it cannot be read, or is neither of the two.
    """
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise NoAuditError(msg, _HINT) from None
    except (ValueError, RecursionError) as error:
        msg = f"{path} is not JSON: {error}"
        raise NoAuditError(msg, _HINT) from None
    return tuple(_gaps(_Part(path, "", content)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the file, of which it is not yet known whether it is what it should be."""

    path: str
    where: str
    value: Any

    def at(self, key: str, kind: type[_Kind]) -> _Kind:
        """Returns a member of an object.

        Raises:
            NoAuditError: it is not there, or of another type.
        """
        member = self.value.get(key) if isinstance(self.value, dict) else None
        if not isinstance(member, kind) or isinstance(member, bool):
            self.fail(f"{self.where}{key} is missing or of the wrong type")
        return member

    def each(self, key: str) -> Iterator["_Part"]:
        """Yields the members of a list."""
        for number, member in enumerate(self.at(key, list)):
            yield _Part(self.path, f"{self.where}{key}[{number}].", member)

    def verdict(self) -> Verdict:
        """Returns the verdict of a check, which need not be a gap."""
        text = self.at("verdict", str)
        return Verdict(text) if text in tuple(Verdict) else self.fail(f"{self.where}verdict is no verdict")

    def fail(self, problem: str) -> NoReturn:
        """Raises NoAuditError."""
        msg = f"{self.path} is neither a file of known gaps nor a JSON report: {problem}"
        raise NoAuditError(msg, _HINT)


def _gaps(content: _Part) -> Iterator[KnownGap]:
    if content.at("schemaVersion", int) != SCHEMA_VERSION:
        content.fail(f"schemaVersion is not {SCHEMA_VERSION}")
    if "knownGaps" in content.value:
        yield from map(_gap, content.each("knownGaps"))
        return
    for instance in content.each("instances"):
        for location in instance.each("locations"):
            for check in location.each("checks"):
                if _counted(check):
                    place = instance.at("id", str), location.at("location", str), check.at("requirement", str)
                    yield KnownGap(*place, check.verdict())


def _gap(entry: _Part) -> KnownGap:
    verdict = entry.verdict()
    if verdict not in _GAPS:
        entry.fail(f"{entry.where}verdict {verdict} is no gap")
    return KnownGap(entry.at("instanceId", str), entry.at("location", str), entry.at("requirement", str), verdict)


def _counted(check: _Part) -> bool:
    loud = check.at("severity", str) in _LOUD
    return loud and check.verdict() in _GAPS and check.value.get("waiver") is None
