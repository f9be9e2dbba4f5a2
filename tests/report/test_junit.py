from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.reports import Incomplete, Report
from apim_audit.core.facts.requirements import Level
from apim_audit.core.facts.verdicts import Compliant, NotApplicable, Undecided
from apim_audit.report import RENDERERS
from tests.report.hostile import HOSTILE, WAIVER
from tests.report.samples import (
    ADVISORY,
    BLOCKED,
    CLIENTS,
    COMPLIANT,
    DEFAULT_ONLY,
    FORBIDDEN,
    FULL,
    NOT_APPLICABLE,
    NOT_JUDGED,
    UNKNOWN,
    check,
    instance,
    location,
    report,
)

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit.xsd"))


def suites_of(found: Report) -> ET.Element:
    return ET.fromstring(RENDERERS["junit"](found).encode())  # noqa: S314  (our own output)


def outcome_of(found: Check) -> str:
    [case] = suites_of(report(instance(location(found)))).iter("testcase")
    return next((element.tag for element in case), "passed")


@pytest.mark.parametrize("found", [HOSTILE, FULL, report(), report(instance(NOT_JUDGED))])
def test_it_fits_the_schema_of_jenkins(found: Report) -> None:
    assert [str(error.reason) for error in SCHEMA.iter_errors(RENDERERS["junit"](found))] == []


FINE_BY_DEFAULT = replace(
    DEFAULT_ONLY, severity=Severity.NONE, requirement=replace(CLIENTS, default_rules_suffice=True)
)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (COMPLIANT, "passed"),
        (FINE_BY_DEFAULT, "passed"),
        (BLOCKED, "failure"),
        (DEFAULT_ONLY, "failure"),
        (UNKNOWN, "error"),
        (NOT_APPLICABLE, "skipped"),
        (ADVISORY, "skipped"),
        (replace(check(CLIENTS, Undecided(("x",))), level=Level.OPTIONAL), "skipped"),
        (replace(BLOCKED, waiver=WAIVER), "skipped"),
        (replace(BLOCKED, known=True), "skipped"),
    ],
)
def test_what_becomes_of_a_check(found: Check, outcome: str) -> None:
    assert outcome_of(found) == outcome


def test_only_what_is_compliant_or_fine_by_default_passes() -> None:
    for found in HOSTILE.checks():
        assert outcome_of(found) != "passed" or isinstance(found.outcome, Compliant)
        assert outcome_of(found) == "skipped" or not isinstance(found.outcome, NotApplicable)


def test_the_counts_are_those_of_the_elements() -> None:
    suites = suites_of(HOSTILE)
    for each in (suites, *suites):
        found = Counter(element.tag for case in each.iter("testcase") for element in case)
        assert int(each.attrib["tests"]) == len(list(each.iter("testcase")))
        assert (int(each.attrib["failures"]), int(each.attrib["errors"])) == (found["failure"], found["error"])


def test_what_could_not_be_read_is_an_error_where_it_is_needed() -> None:
    unneeded = Incomplete("/x", "duplicate", "given twice", needed=False)
    [suite] = suites_of(report(incomplete=(FORBIDDEN, unneeded)))
    assert [case[0].tag for case in suite.iter("testcase")] == ["error", "skipped"]


def test_a_failure_tells_its_cause_its_witness_and_what_to_do() -> None:
    [failure] = suites_of(report(instance(location(BLOCKED)))).iter("failure")
    assert failure.attrib == {"type": "blocked", "message": BLOCKED.message}
    assert "e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443" in str(failure.text)
    assert "remedy: Allow ApiManagement." in str(failure.text)


def test_why_something_is_skipped_is_told() -> None:
    suites = suites_of(
        report(instance(location(NOT_APPLICABLE, replace(BLOCKED, waiver=WAIVER), replace(BLOCKED, known=True))))
    )
    told = [str(skipped.text) for skipped in suites.iter("skipped")]
    assert told[0] == "the service is Internal"
    assert told[1].startswith("waived: =accepted")
    assert told[2].startswith("a known gap: ")
