"""Every folder of fixtures/ through the command line.

A case is a folder with ``estate.json`` (any input of check) and, where wanted, ``args.json`` (further arguments; files
are named relative to the folder). What must come out stands beside it: ``expected.txt`` (the table), ``expected.json``
(the JSON report; the program's version is left open) and ``status``. ``UPDATE_FIXTURES=1 pytest tests/acceptance``
writes the three anew: read the difference before you keep it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apim_audit import __version__

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.rglob("estate.json"))
UPDATE = os.environ.get("UPDATE_FIXTURES") == "1"
VERSION = f'"version": "{__version__}"'


def run(case: Path, form: str) -> "subprocess.CompletedProcess[bytes]":
    arguments = case / "args.json"
    extra = json.loads(arguments.read_text(encoding="utf-8")) if arguments.exists() else []
    return subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "apim_audit", "check", "estate.json", *extra, "-f", form],
        capture_output=True,
        check=False,
        cwd=case,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )


def outputs(case: Path) -> dict[str, str]:
    table, report = run(case, "table"), run(case, "json")
    assert table.returncode == report.returncode, "the format changed the exit status"
    return {
        "expected.txt": table.stdout.decode(),
        "expected.json": report.stdout.decode().replace(VERSION, '"version": "0"', 1),
        "status": f"{table.returncode}\n",
    }


def test_there_are_cases() -> None:
    if not CASES:
        pytest.skip("fixtures/ holds no case yet")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(FIXTURES).as_posix())
def test_the_case_comes_out_as_expected(case: Path) -> None:
    found = outputs(case)
    if UPDATE:
        for name, text in found.items():
            (case / name).write_text(text, encoding="utf-8", newline="\n")
    assert found == {name: (case / name).read_text(encoding="utf-8") for name in found}
