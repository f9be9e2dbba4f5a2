"""Workflow commands of GitHub Actions and logging commands of Azure Pipelines."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.facts.findings import Check, Origin
from apim_audit.core.facts.reports import Incomplete, WaiverProblem, WaiverProblemKind
from apim_audit.core.facts.text import printable
from apim_audit.report import RENDERERS
from tests.report.hostile import EVERY_VERDICT, WAIVER
from tests.report.parsers import Command, logging_command, workflow_command
from tests.report.samples import BLOCKED, DEFAULT_ONLY, FORBIDDEN, UNKNOWN, instance, location, report

NOTE = next(check for check in EVERY_VERDICT if check.severity == "note")
TEXTS = st.text(st.sampled_from("%;]:,=\r\n25303BAZPD#[vso a`\u202e\ud800"), min_size=1, max_size=20)


def on_github(*checks: Check) -> list[Command]:
    return [
        found
        for line in RENDERERS["github"](report(instance(location(*checks)))).splitlines()
        if (found := workflow_command(line))
    ]


def on_azure(*checks: Check) -> list[Command]:
    lines = RENDERERS["azure-pipelines"](report(instance(location(*checks)))).splitlines()
    return [found for line in lines if (found := logging_command(line))]


@pytest.mark.parametrize(
    ("check", "github", "azure"),
    [
        (BLOCKED, "error", "error"),
        (DEFAULT_ONLY, "warning", "warning"),
        (UNKNOWN, "warning", "warning"),
        (NOTE, "notice", None),
    ],
)
def test_the_kind_of_an_annotation(check: Check, github: str, azure: str | None) -> None:
    assert [each.name for each in on_github(check)] == [github, "notice"]
    assert [each.properties["type"] for each in on_azure(check)] == ([azure] if azure else [])


def test_an_annotation_stands_at_its_file_and_line() -> None:
    check = replace(BLOCKED, origins=(Origin("a/main.tf", 3),))
    assert on_github(check)[0].properties == {
        "file": "a/main.tf",
        "line": "3",
        "title": "contoso / westeurope: management blocked",
    }
    assert on_azure(check)[0].properties == {
        "type": "error",
        "sourcepath": "a/main.tf",
        "linenumber": "3",
        "code": "management",
    }


def test_without_a_file_there_is_none() -> None:
    assert "file" not in on_github(BLOCKED)[0].properties
    assert "sourcepath" not in on_azure(BLOCKED)[0].properties


@given(TEXTS, TEXTS)
def test_every_text_arrives_as_it_was(message: str, file: str) -> None:
    check = replace(BLOCKED, message=message, origins=(Origin(f"{file}.json"),))
    [found, _] = on_github(check)
    assert found.data == printable(message)
    assert found.properties["title"] == "contoso / westeurope: management blocked"
    [logged] = on_azure(check)
    assert logged.data == f"contoso / westeurope: management blocked: {printable(message)}"
    assert set(logged.properties) == {"type", "sourcepath", "code"}


def test_waived_and_known_gaps_are_counted_but_not_annotated() -> None:
    aside = (replace(BLOCKED, waiver=WAIVER), replace(BLOCKED, known=True))
    [summary] = on_github(*aside)
    assert summary.data == ("1 instance, 1 location, 2 checks: no gap; 1 waived; 1 known gap; 2 blocked")
    assert on_azure(*aside) == []


def test_ten_of_each_kind_are_written_loudest_first_and_the_rest_is_counted() -> None:
    checks = (*(DEFAULT_ONLY,) * 12, *(NOTE,) * 12, *(BLOCKED,) * 11)
    names = [each.name for each in on_github(*checks)]
    assert names == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    assert on_github(*checks)[-1].data.endswith("; 1 more error, 2 more warnings, 3 more notes not shown")
    assert [each.properties["type"] for each in on_azure(*checks)] == ["error"] * 10 + ["warning"] * 10


def test_what_could_not_be_read_and_bad_waivers_are_annotated() -> None:
    expired = WaiverProblem(WaiverProblemKind.EXPIRED, "the waiver of x ended on 2026-01-01")
    unused = WaiverProblem(WaiverProblemKind.UNUSED, "the waiver of y matches nothing")
    found = report(incomplete=(FORBIDDEN, Incomplete("/x", "duplicate", "twice", needed=False)))
    found = replace(found, waiver_problems=(expired, unused))
    lines = RENDERERS["github"](found).splitlines()[:-1]
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::warning"]
    assert lines[0].endswith(expired.message)


def test_the_result_of_a_step_is_left_to_the_exit_status() -> None:
    assert "task.complete" not in RENDERERS["azure-pipelines"](report(instance(location(BLOCKED))))
