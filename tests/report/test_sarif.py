import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apim_audit.core.facts.findings import Change, Check, Origin, Severity
from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.requirements import Level, LevelRule, NetworkModel, Source
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.report import RENDERERS
from apim_audit.report.sarif import MOST_RESULTS, NO_FILE
from tests.report.hostile import HOSTILE, WAIVER
from tests.report.samples import (
    BASELINE,
    BLOCKED,
    COMPLIANT,
    DEFAULT_ONLY,
    FORBIDDEN,
    FULL,
    MANAGEMENT,
    NSG,
    UNKNOWN,
    instance,
    location,
    report,
)

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def run_of(found: Report) -> Any:
    [run] = json.loads(RENDERERS["sarif"](found))["runs"]
    return run


def result_of(check: Check, **changes: Any) -> Any:
    [result] = run_of(replace(report(instance(location(check))), requirements=BASELINE.requirements, **changes))[
        "results"
    ]
    return result


@pytest.mark.parametrize("found", [HOSTILE, FULL, report(), replace(FULL, requirements=BASELINE.requirements)])
def test_it_fits_the_official_schema(found: Report) -> None:
    errors = VALIDATOR.iter_errors(json.loads(RENDERERS["sarif"](found)))
    assert [f"{error.json_path}: {error.message}"[:300] for error in errors] == []


def test_gaps_and_doubts_are_results_and_nothing_else_is() -> None:
    found = [check for check in HOSTILE.checks() if check.severity is not Severity.NONE]
    results = run_of(HOSTILE)["results"]
    assert [(each["ruleId"], each["properties"]["verdict"]) for each in results] == [
        (check.id, check.verdict) for check in found
    ]
    assert run_of(report(instance(location(COMPLIANT))))["results"] == []


@pytest.mark.parametrize(
    ("check", "kind", "level"),
    [(BLOCKED, "fail", "error"), (DEFAULT_ONLY, "fail", "warning"), (UNKNOWN, "open", "none")],
)
def test_a_result_has_the_kind_and_level_of_its_check(check: Check, kind: str, level: str) -> None:
    assert (result_of(check)["kind"], result_of(check)["level"]) == (kind, level)


def test_every_row_is_a_rule_with_help_and_every_result_points_to_its_own() -> None:
    run = run_of(HOSTILE)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [row.id for row in HOSTILE.requirements]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    first = rules[0]
    for told in (MANAGEMENT.purpose, MANAGEMENT.remedy, MANAGEMENT.source.title, MANAGEMENT.source.dated, "2026-11-22"):
        assert told in first["help"]["text"]
        assert told in first["help"]["markdown"]
    assert all(len(rule["fullDescription"]["text"]) <= 1000 for rule in rules)


def rule_of(**changes: Any) -> Any:
    return run_of(replace(FULL, requirements=(replace(MANAGEMENT, **changes),)))["tool"]["driver"]["rules"][0]


def test_a_rule_is_as_severe_as_the_row_can_be() -> None:
    optional = {NetworkModel.STV2: LevelRule(Level.OPTIONAL)}
    premium = {NetworkModel.STV2: LevelRule(Level.OPTIONAL, premium=Level.REQUIRED)}
    rules = [rule_of(levels=levels) for levels in (MANAGEMENT.levels, premium, optional)]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["error", "error", "note"]
    assert [rule["properties"]["security-severity"] for rule in rules] == ["8.0", "8.0", "3.0"]


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("https://example.org/x", "https://example.org/x"),
        ("a/b@0123abc:docs/x.md", "https://github.com/a/b/blob/0123abc/docs/x.md"),
        (
            "a/b:docs/x.md, version of today",
            "https://learn.microsoft.com/azure/api-management/virtual-network-reference",
        ),
    ],
)
def test_the_help_address_is_that_of_the_source_where_it_has_one(place: str, address: str) -> None:
    assert rule_of(source=Source("t", place, "d", "c"))["helpUri"] == address


def test_a_result_is_located_in_the_file_of_the_nsg_and_by_arm_id() -> None:
    found = replace(report(instance(replace(location(BLOCKED), origin=Origin("docs/an estate.json", 7)))))
    [where] = run_of(found)["results"][0]["locations"]
    assert where["physicalLocation"] == {
        "artifactLocation": {"uri": "docs/an%20estate.json"},
        "region": {"startLine": 7},
    }
    assert [each["fullyQualifiedName"] for each in where["logicalLocations"]] == [found.instances[0].id, NSG]


def test_what_a_plan_tells_counts_before_the_file_of_the_nsg() -> None:
    origin = Origin("net/main.tf", 3, "module.net.azurerm_network_security_rule.mgmt[0]")
    [where] = result_of(replace(BLOCKED, origins=(origin,)))["locations"]
    assert where["physicalLocation"]["artifactLocation"]["uri"] == "net/main.tf"
    assert where["logicalLocations"][-1]["fullyQualifiedName"] == origin.address


@pytest.mark.parametrize(
    ("file", "uri"),
    [("./a.json", "a.json"), ("/x/a b.json", "file:///x/a%20b.json"), ("a:b#c?d.json", "a%3Ab%23c%3Fd.json")],
)
def test_a_file_is_a_uri(file: str, uri: str) -> None:
    [where] = result_of(replace(BLOCKED, origins=(Origin(file),)))["locations"]
    assert where["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_result_of_a_live_run_stands_in_a_file_of_a_fixed_name() -> None:
    [where] = result_of(BLOCKED)["locations"]
    assert where["physicalLocation"] == {"artifactLocation": {"uri": NO_FILE}, "region": {"startLine": 1}}


def fingerprint(found: Report) -> str:
    [result] = run_of(found)["results"]
    fingerprints = result["partialFingerprints"]
    assert fingerprints["primaryLocationLineHash"].endswith(":1")
    return str(fingerprints["apimAuditCheck/v1"])


def test_a_fingerprint_stays_when_the_verdict_or_the_spelling_changes_and_no_longer() -> None:
    first = instance(location(BLOCKED))
    as_before = fingerprint(report(first))
    worse = replace(DEFAULT_ONLY, id="management")
    same = (
        instance(location(worse)),
        replace(first, id=first.id.upper()),
        instance(location(BLOCKED, name="West Europe")),
    )
    assert [fingerprint(report(each)) for each in same] == [as_before] * 3
    other = (
        instance(location(BLOCKED), name="other"),
        instance(location(BLOCKED, name="northeurope")),
        instance(location(DEFAULT_ONLY)),
    )
    assert len({as_before, *(fingerprint(report(each)) for each in other)}) == 4


def test_no_two_results_share_a_fingerprint() -> None:
    hashes = [each["partialFingerprints"]["primaryLocationLineHash"] for each in run_of(FULL)["results"]]
    assert len(set(hashes)) == len(hashes) > 1


def test_a_waiver_is_a_suppression() -> None:
    assert "suppressions" not in result_of(BLOCKED)
    [suppression] = result_of(replace(BLOCKED, waiver=replace(WAIVER, reason="planned")))["suppressions"]
    assert suppression == {
        "kind": "external",
        "status": "accepted",
        "justification": "planned (owner: <b>owner</b>; until 2027-01-01)",
    }


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (BLOCKED, "new"),
        (replace(BLOCKED, known=True), "unchanged"),
        (replace(BLOCKED, change=Change.ALREADY_THERE), "unchanged"),
        (replace(BLOCKED, change=Change.CAUSED), "new"),
    ],
)
def test_with_known_gaps_or_a_plan_a_result_is_new_or_unchanged(check: Check, state: str) -> None:
    assert result_of(check, fixed=())["baselineState"] == state
    assert "baselineState" not in result_of(check)


def test_a_gap_that_is_no_more_is_told_but_is_no_result() -> None:
    run = run_of(HOSTILE)
    assert len(run["properties"]["fixed"]) == len(HOSTILE.fixed or ())
    assert not any(each["baselineState"] == "absent" for each in run["results"])


def test_the_run_is_not_successful_where_something_needed_could_not_be_read() -> None:
    [invocation] = run_of(report(incomplete=(FORBIDDEN,)))["invocations"]
    assert invocation["executionSuccessful"] is False
    [told] = invocation["toolExecutionNotifications"]
    assert (told["level"], told["message"]["text"]) == ("error", FORBIDDEN.message)
    [invocation] = run_of(report(incomplete=(replace(FORBIDDEN, needed=False),)))["invocations"]
    assert invocation["executionSuccessful"] is True


def test_text_is_neither_a_link_nor_a_placeholder() -> None:
    found = result_of(replace(BLOCKED, message="[a](https://evil.example) {0}"))["message"]
    assert "](" not in found["text"]
    assert "{{0}}" in found["text"]
    assert found["markdown"].endswith(
        "`[a](https://evil.example)` `{{0}}`. Hint: `AllowManagement` would serve if it came before the denying rule."
    )


def test_no_more_results_are_written_than_code_scanning_takes_and_the_loudest_stay() -> None:
    checks = (*(DEFAULT_ONLY,) * MOST_RESULTS, BLOCKED, replace(BLOCKED, known=True))
    run = run_of(report(instance(location(*checks))))
    verdicts = [each["properties"]["verdict"] for each in run["results"]]
    assert (len(verdicts), verdicts[0], verdicts.count(Verdict.BLOCKED)) == (MOST_RESULTS, Verdict.BLOCKED, 1)
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("2 results left out")
