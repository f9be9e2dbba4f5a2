"""Reads waivers; a file that is wrong in any way waives nothing, because it is an error."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from apim_audit.core.accepting.resource_patterns import ResourcePattern, resource_pattern
from apim_audit.core.accepting.waivers import WaiverRule, Waivers
from apim_audit.core.facts.findings import Waiver
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.errors import NoAuditError
from apim_audit.gate.toml_file import TOP_LEVEL, meant, read_toml, refuse, shown, unknown_keys

_KEYS = ("requirement", "resource", "reason", "owner", "expires", "verdict")
_VERDICTS = tuple(each for each in Verdict if each not in {Verdict.COMPLIANT, Verdict.NOT_APPLICABLE})


WAIVERS_ALONE = ("unwaivable", "waivers")
"""What may stand at the top of a file that is given for its waivers: it sets no options."""


def load_waivers(path: str, requirements: Collection[str], keys: Sequence[str] = TOP_LEVEL) -> Waivers:
    """Returns the waivers of a TOML file.

    Args:
        path: the file's name.
        requirements: the ids of all checks that there are.
        keys: what may stand at the top; only waivers are read.

    Raises:
        NoAuditError: it cannot be read, or anything in it is wrong; file, table and key are named, all of it at once.
    """
    content = read_toml(path, NoAuditError, keys)
    problems: list[str] = []
    unwaivable = _unwaivable(content.get("unwaivable", []), requirements, problems)
    rules = tuple(_rules(content.get("waivers", []), requirements, problems))
    refuse([f"{path}: {problem}" for problem in problems], NoAuditError)
    return Waivers(rules, unwaivable)


def _unwaivable(value: object, requirements: Collection[str], problems: list[str]) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        problems.append(f"unwaivable: {shown(value)} is not a list of requirement ids")
        return frozenset()
    problems += [
        f"unwaivable: there is no requirement {shown(each)}{meant(each, requirements)}"
        for each in value
        if each not in requirements
    ]
    return frozenset(value)


def _rules(value: object, requirements: Collection[str], problems: list[str]) -> Iterator[WaiverRule]:
    if not isinstance(value, list):
        problems.append(f"waivers: {shown(value)} is not a list of tables; begin each with [[waivers]]")
        return
    for number, table in enumerate(value, start=1):
        reading = _Table(table if isinstance(table, dict) else {}, requirements)
        if not isinstance(table, dict):
            reading.problems.append(f"{shown(table)} is not a table")
        else:
            yield from reading.rule(number)
        problems += [f"waivers {number}: {problem}" for problem in reading.problems]


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of waivers while it is read."""

    table: Mapping[str, object]
    requirements: Collection[str]
    problems: list[str] = field(default_factory=list)

    def rule(self, number: int) -> Sequence[WaiverRule]:
        """Returns the one waiver, or none where anything is wrong."""
        self.problems.extend(unknown_keys(self.table, _KEYS))
        requirement, resource, verdict = self._requirement(), self._resource(), self._verdict()
        waiver = Waiver(self._text("reason"), self._text("owner"), self._expires())
        if self.problems or resource is None:
            return ()
        return (WaiverRule(number, requirement, resource, verdict, waiver),)

    def _requirement(self) -> str:
        requirement = self._text("requirement")
        if requirement and requirement not in self.requirements:
            self.problems.append(
                f"requirement: there is no requirement {shown(requirement)}{meant(requirement, self.requirements)}"
            )
        return requirement

    def _resource(self) -> ResourcePattern | None:
        text = self._text("resource")
        try:
            return resource_pattern(text) if text else None
        except ValueError as error:
            self.problems.append(f"resource: {shown(text)}: {error}")
            return None

    def _verdict(self) -> Verdict | None:
        if "verdict" not in self.table:
            return None
        text = self._text("verdict")
        if text in _VERDICTS:
            return Verdict(text)
        if text:
            self.problems.append(f"verdict: {shown(text)} cannot be waived{meant(text, _VERDICTS)}")
        return None

    def _expires(self) -> str:
        value = self.table.get("expires")
        if "expires" not in self.table:
            self.problems.append("expires: the key is missing")
        elif type(value) is not date:  # a time is a date to Python, too
            self.problems.append(f"expires: {shown(value)} is not a date such as 2027-01-31, without quotes")
        else:
            return value.isoformat()
        return ""

    def _text(self, key: str) -> str:
        value = self.table.get(key)
        if key not in self.table:
            self.problems.append(f"{key}: the key is missing")
        elif not isinstance(value, str) or not value.strip():
            self.problems.append(f"{key}: {shown(value)} is not a text")
        else:
            return value.strip()
        return ""
