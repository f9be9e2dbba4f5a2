"""Every folder of fixtures/ through the command line.

A case is a folder with ``estate.json`` (any input of check) and, where wanted, ``args.json`` (further arguments; files
are named relative to the folder) and ``stdin.json`` (what stands on standard input). What must come out stands beside
it: ``expected.txt`` (the table), ``expected.json`` (the JSON report; the program's version is left open) and
``status``. ``UPDATE_FIXTURES=1 pytest tests/acceptance`` writes the three anew: read the difference before you keep it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apim_audit import __version__
from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.verdicts import Verdict
from tests.acceptance.reviewed_verdicts import REVIEWED
from tests.report.strict_schema import STRICT

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.rglob("estate.json"))
UPDATE = os.environ.get("UPDATE_FIXTURES") == "1"
VERSION = f'"version": "{__version__}"'

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(FIXTURES).as_posix())


def outputs(case: Path, report: Path) -> dict[str, str]:
    arguments, stdin = case / "args.json", case / "stdin.json"
    extra = json.loads(arguments.read_text(encoding="utf-8")) if arguments.exists() else []
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "apim_audit", "check", "estate.json", *extra, "--report", f"json={report}"],
        input=stdin.read_bytes() if stdin.exists() else b"",
        capture_output=True,
        check=False,
        cwd=case,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert report.exists(), done.stderr.decode()
    return {
        "expected.txt": done.stdout.decode(),
        "expected.json": report.read_text(encoding="utf-8").replace(VERSION, '"version": "0"', 1),
        "status": f"{done.returncode}\n",
    }


def expected(case: Path) -> dict[str, str]:
    names = ("expected.txt", "expected.json", "status")
    return {name: (case / name).read_text(encoding="utf-8") for name in names}


@each_case
def test_the_case_comes_out_as_expected(case: Path, tmp_path: Path) -> None:
    found = outputs(case, tmp_path / "report.json")
    if UPDATE:
        for name, text in found.items():
            (case / name).write_text(text, encoding="utf-8", newline="\n")
    assert found == expected(case)


@each_case
def test_what_is_expected_is_fit_for_a_screen_and_for_the_schema(case: Path) -> None:
    lines = expected(case)["expected.txt"].split("\n")
    assert all(line.isprintable() and len(line) <= 80 for line in lines)
    assert Draft202012Validator(STRICT).is_valid(json.loads(expected(case)["expected.json"]))


def noteworthy(location: Any) -> str:
    """Returns the checks of the baseline that are neither compliant nor not-applicable."""
    return " ".join(
        ":".join((check["requirement"], check["verdict"], check["severity"])).removesuffix(":none")
        for check in location["checks"]
        if check["verdict"] not in {"compliant", "not-applicable"} and check["level"] != "advisory"
    )


def test_every_case_is_reviewed() -> None:
    assert list(REVIEWED) == [case.name for case in CASES]


@each_case
def test_the_expected_verdicts_are_those_decided_by_hand(case: Path) -> None:
    report = json.loads(expected(case)["expected.json"])
    locations = [location for instance in report["instances"] for location in instance["locations"]]
    assert tuple(noteworthy(location) for location in locations) == REVIEWED[case.name]


def test_the_cases_between_them_show_everything() -> None:
    reported = [json.loads(expected(case)["expected.json"]) for case in CASES]
    checks = [
        check
        for report in reported
        for instance in report["instances"]
        for location in instance["locations"]
        for check in location["checks"]
    ]
    assert {check["verdict"] for check in checks} == set(Verdict)
    assert {check["severity"] for check in checks} == set(Severity)
    assert {expected(case)["status"] for case in CASES} == {"0\n", "3\n", "4\n"}


def test_the_readme_of_the_fixtures_names_each_case_with_its_status() -> None:
    text = (FIXTURES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| .* \| (\d) \|$", text, re.MULTILINE)
    assert rows == [(case.name, expected(case)["status"].strip()) for case in CASES]
