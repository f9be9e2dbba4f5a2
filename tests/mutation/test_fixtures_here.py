"""The cases of fixtures/ in this process: the acceptance tests start the program, where no planted fault would be."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from apim_audit.cli import main
from tests.acceptance.test_cases import each_case, expected


@each_case
def test_the_case_comes_out_as_expected(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, stdin = case / "args.json", case / "stdin.json"
    extra = json.loads(arguments.read_text(encoding="utf-8")) if arguments.exists() else []
    given = io.TextIOWrapper(io.BytesIO(stdin.read_bytes() if stdin.exists() else b""))
    monkeypatch.setattr("sys.stdin", given)
    monkeypatch.chdir(case)
    report = tmp_path / "report.json"
    status = main(["check", "estate.json", *extra, "--report", f"json={report}"])
    assert capsys.readouterr().out == expected(case)["expected.txt"]
    assert f"{status}\n" == expected(case)["status"]
    assert instances(report.read_text(encoding="utf-8")) == instances(expected(case)["expected.json"])


def instances(text: str) -> Any:
    return json.loads(text)["instances"]
