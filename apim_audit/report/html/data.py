"""The report as data for the page: a small index that is read at once, and lines that are read when they are asked for.

A line is one JSON value. What occurs twice is written once: lines refer to others by their number. So a page of
thousands of locations opens quickly, and an NSG that many share is there once.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from apim_audit.core.facts.findings import Check, Origin
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report, RuleStack, StackRule
from apim_audit.core.facts.requirements import NetworkModel, Requirement
from apim_audit.report.html.standing import is_attention, is_open, loudest
from apim_audit.report.json_v1 import to_json

_QUOTED = json.encoder.encode_basestring_ascii
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
# What ends a script element, and what build logs obey (``##vso[``), wherever it stands.
_HARMLESS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "#": "\\u0023"})


@dataclass(slots=True)
class Lines:
    """Values as lines of JSON, each different one once."""

    _places: dict[str, int] = field(default_factory=dict)

    def add(self, value: object) -> int:
        """Returns the number of the value's line."""
        return self.add_line(_ENCODE(value))

    def add_line(self, line: str) -> int:
        """Returns the number of a line of JSON."""
        return self._places.setdefault(line, len(self._places))

    def text(self) -> str:
        """Returns the lines, with nothing in them that HTML knows."""
        return "\n".join(self._places).translate(_HARMLESS)


@dataclass(frozen=True, slots=True)
class PageData:
    """The blocks of data of a page, fit to stand in a script element.

    Attributes:
        index: one JSON object.
        places: a line for each location, in the order of the index.
        checks: a line for each check; so rules and stacks.
    """

    index: str
    places: str
    checks: str
    rules: str
    stacks: str


def data_of(report: Report) -> PageData:
    """Returns the data of a report's page."""
    return _Packing(report).packed()


class _Packing:
    """Packs a report.

    The fields of a check are those of the JSON report, which has them already in order; what is empty is left out.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._places: list[str] = []
        self._checks, self._rules, self._stacks = Lines(), Lines(), Lines()
        self._numbers_of: dict[str, list[int]] = {}
        self._told: list[Requirement] = []
        self._stack_numbers: dict[tuple[str, str], int] = {}

    def packed(self) -> PageData:
        for stack in self._report.rule_stacks:
            key = ((stack.network_security_group_id or "").lower(), (stack.virtual_network_id or "").lower())
            self._stack_numbers[key] = self._stacks.add(self._stack(stack))
        index = {
            "instances": [self._instance(instance) for instance in self._report.instances],
            "requirements": [_requirement(each) for each in self._told],
        }
        return PageData(
            index=_ENCODE(index).translate(_HARMLESS),
            places="\n".join(self._places).translate(_HARMLESS),
            checks=self._checks.text(),
            rules=self._rules.text(),
            stacks=self._stacks.text(),
        )

    def _stack(self, stack: RuleStack) -> dict[str, object]:
        return _filled(
            {
                "nsg": stack.network_security_group_id,
                "network": stack.virtual_network_id,
                "unreadable": list(stack.unreadable),
                "rules": [self._rules.add_line(_rule(rule)) for rule in stack.rules],
            }
        )

    def _instance(self, instance: InstanceReport) -> dict[str, object]:
        # One by one: what thousands of instances say is not held in memory twice.
        alone = Report(self._report.baseline, None, self._report.scope, self._report.service_tags, (instance,))
        (written,) = cast("list[dict[str, Any]]", to_json(alone)["instances"])
        locations = zip(instance.locations, written["locations"], strict=True)
        told = {key: value for key, value in written.items() if key != "locations"}
        return told | {"locations": [self._location(location, fields) for location, fields in locations]}

    def _location(self, location: LocationReport, written: dict[str, Any]) -> dict[str, object]:
        checks = [
            self._checks.add(_filled(fields) | {"row": self._row(check.requirement)})
            for check, fields in zip(location.checks, written.pop("checks"), strict=True)
        ]
        origin = {"origin": _origin(location.origin)} if location.origin is not None else {}
        stack = self._stack_number(location)
        self._places.append(_ENCODE(_filled(written) | {"checks": checks, **origin}))
        return _filled({"name": location.location, "stack": stack, **_standing(location)}) | _numbers(location)

    def _stack_number(self, location: LocationReport) -> int | None:
        group = (location.network_security_group_id or "").lower()
        network = (location.subnet_id or "").lower().partition("/subnets/")[0]
        # A stack with the admin rules of the VNet comes before the NSG's own.
        return self._stack_numbers.get((group, network), self._stack_numbers.get((group, "")))

    def _row(self, requirement: Requirement) -> int:
        # Rows are told apart by all that they are: two baselines may word the one of an id differently.
        numbers = self._numbers_of.setdefault(requirement.id, [])
        for number in numbers:
            if self._told[number] == requirement:
                return number
        numbers.append(len(self._told))
        self._told.append(requirement)
        return numbers[-1]


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None and value != []}


def _standing(location: LocationReport) -> dict[str, object]:
    severity, name = loudest(location.checks)
    return {
        "model": None if location.network_model is None else location.network_model.value,
        "nsg": (location.network_security_group_id or "").rpartition("/")[2] or None,
        "severity": severity.value,
        "worst": name,
        "gaps": list(_gaps(location)),
        "rules": sorted({rule.name for check in location.checks if is_attention(check) for rule in _rules_of(check)}),
    }


def _rules_of(check: Check) -> Iterator[Any]:
    yield from check.evidence.decided_by
    yield from check.evidence.shadowed
    yield from check.near_misses


def _gaps(location: LocationReport) -> Iterator[list[str]]:
    for check in location.checks:
        if is_attention(check):
            state = "waived" if check.waiver is not None else "known" if check.known else ""
            yield [check.verdict.value, check.severity.value, check.id, state]


def _numbers(location: LocationReport) -> dict[str, object]:
    counts = Counter(check.severity.value for check in location.checks if is_open(check))
    return {"open": dict(counts)}


def _rule(rule: StackRule) -> str:
    # There are by far the most of these: a list, written by hand, takes a fifth of the encoder's time for an object.
    return (
        f"[{_QUOTED(rule.name)},{rule.priority},{_QUOTED(rule.direction)},{_QUOTED(rule.access)},"
        f"{_QUOTED(rule.protocol)},{_QUOTED(rule.source)},{_QUOTED(rule.source_ports)},{_QUOTED(rule.destination)},"
        f"{_QUOTED(rule.destination_ports)},{int(rule.default)},{int(rule.certain)},{int(rule.admin)}]"
    )


def _origin(origin: Origin) -> dict[str, object]:
    return {"file": origin.file, "line": origin.line, "address": origin.address}


def _requirement(requirement: Requirement) -> dict[str, object]:
    source = requirement.source
    remedies = {model.value: requirement.remedy_for(model) for model in NetworkModel if model in requirement.remedy_of}
    return {
        "title": requirement.title,
        "purpose": requirement.purpose,
        "remedy": requirement.remedy,
        "remedyOf": remedies,
        "source": f"{source.title}, {source.dated}",
    }
