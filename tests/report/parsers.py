"""Readers of each format that know nothing of how it is written, and what they must find in a report."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from xml.etree import ElementTree as ET

from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.verdicts import Verdict

_COUNT = re.compile(r"(\d+) ([a-z-]+)")
COMMANDS = {"error", "warning", "notice", "add-mask", "set-output", "set-env", "add-path", "group", "stop-commands"}
LOGGING = re.compile(r"##vso\[")


def expected(report: Report) -> Counter[str]:
    """Returns the number of checks of each verdict."""
    return Counter(check.verdict.value for check in report.checks())


def listed(text: str) -> Counter[str]:
    """Returns the counts of verdicts in a text that lists them: ``3 blocked, 1 missing``."""
    found = {name: int(number) for number, name in _COUNT.findall(text)}
    return Counter({verdict.value: found[verdict] for verdict in Verdict if verdict in found})


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a build log obeys."""

    name: str
    properties: Mapping[str, str]
    data: str


def workflow_command(line: str) -> Command | None:
    """Returns what the runner of GitHub Actions reads in a line: `::name key=value::data`, or `##[name]` anywhere."""
    text = line.lstrip()
    if text.startswith("::"):
        info, found, data = text[2:].partition("::")
        name, _, rest = info.partition(" ")
        if found and name in COMMANDS:
            pairs = (pair.partition("=") for pair in rest.strip().split(","))
            return Command(
                name, {key: _unescaped(value, "github") for key, _, value in pairs if value}, _unescaped(data, "data")
            )
    old = re.search(r"##\[([^\] ]*)[^\]]*\]", line)
    return Command(old[1], {}, "") if old and old[1] in COMMANDS else None


def logging_command(line: str) -> Command | None:
    """Returns what the agent of Azure Pipelines reads in a line: the first `##vso[area.event key=value;]data`."""
    _, found, rest = line.partition("##vso[")
    info, closed, data = rest.partition("]")
    if not (found and closed):
        return None
    name, _, properties = info.partition(" ")
    pairs = (pair.partition("=") for pair in properties.split(";"))
    return Command(
        name, {key: _unescaped(value, "azure") for key, _, value in pairs if value}, _unescaped(data, "azure")
    )


_ESCAPES = {
    "data": (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")),
    "github": (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")),
    "azure": (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")),
}


def _unescaped(text: str, escapes: str) -> str:
    for written, meant in _ESCAPES[escapes]:
        text = text.replace(written, meant)
    return text


def from_table(text: str) -> Counter[str]:
    lines = text.splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("baseline "))
    closing = " ".join(line.strip() for line in lines[last:])
    return listed(re.split(r"\d+ instances?, ", closing)[0])


def from_json(text: str) -> Counter[str]:
    body = json.loads(text)
    assert Counter(_verdicts_in(body)) == Counter(body["summary"]["verdicts"])
    return Counter(body["summary"]["verdicts"])


def _verdicts_in(body: dict[str, list[dict[str, list[dict[str, list[dict[str, str]]]]]]]) -> Iterator[str]:
    for instance in body["instances"]:
        for location in instance["locations"]:
            yield from (check["verdict"] for check in location["checks"])


def from_sarif(text: str) -> Counter[str]:
    [run] = json.loads(text)["runs"]
    return Counter(run["properties"]["summary"]["verdicts"])


def from_csv(text: str) -> Counter[str]:
    return Counter(row["verdict"] for row in csv.DictReader(StringIO(text, newline=""), strict=True))


def from_junit(text: str) -> Counter[str]:
    suites = ET.fromstring(text.encode())  # noqa: S314  (our own output)
    found = suites.findall("./testsuite/properties/property[@name='verdicts']")
    return sum((listed(each.attrib["value"]) for each in found), Counter())


def from_markdown(text: str) -> Counter[str]:
    return listed(next(line for line in text.splitlines() if line.startswith("Verdicts: ")))


def from_github(text: str) -> Counter[str]:
    last = workflow_command(text.splitlines()[-1])
    assert last is not None
    assert last.name == "notice"
    return listed(last.data.rpartition("; ")[2] if "not shown" not in last.data else last.data.split("; ")[-2])


def from_azure_pipelines(text: str) -> Counter[str]:
    last = text.splitlines()[-1]
    return listed(last.split("; ")[-2] if "not shown" in last else last.rpartition("; ")[2])


PARSERS: Mapping[str, Callable[[str], Counter[str]]] = {
    "table": from_table,
    "json": from_json,
    "sarif": from_sarif,
    "junit": from_junit,
    "csv": from_csv,
    "markdown": from_markdown,
    "github": from_github,
    "azure-pipelines": from_azure_pipelines,
}
