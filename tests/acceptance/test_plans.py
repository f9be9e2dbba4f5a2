"""Every folder of fixtures/plans/ through the command line.

A case is a folder with ``plan.json``, and ``onto.json`` where it meets a state; both come from `tests/plan/stories.py`.
What must come out stands beside them: ``expected.txt`` (the table) and ``status``. ``UPDATE_FIXTURES=1 pytest
tests/acceptance/test_plans.py`` writes all of them anew: read the difference before you keep it.
"""

import json
import os
from pathlib import Path

import pytest

from apim_audit.cli import main
from tests.plan.stories import STORIES

PLANS = Path(__file__).parents[2] / "fixtures" / "plans"
UPDATE = os.environ.get("UPDATE_FIXTURES") == "1"
each_story = pytest.mark.parametrize("name", STORIES)


def written(name: str) -> dict[str, str]:
    plan, onto = STORIES[name]()
    files = {"plan.json": plan, **({} if onto is None else {"onto.json": onto})}
    return {file: json.dumps(body, indent=1) + "\n" for file, body in files.items()}


def run(case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    monkeypatch.chdir(case)
    onto = ["--onto", "onto.json"] if (case / "onto.json").exists() else []
    status = main(["plan", "plan.json", *onto, "-q"])
    return {"expected.txt": capsys.readouterr().out, "status": f"{status}\n"}


@each_story
def test_the_plan_comes_out_as_expected(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = PLANS / name
    if UPDATE:
        case.mkdir(parents=True, exist_ok=True)
        _write(case, written(name))
        _write(case, run(case, monkeypatch, capsys))
    files = {**written(name), **run(case, monkeypatch, capsys)}
    assert {file: (case / file).read_text(encoding="utf-8") for file in files} == files


def _write(case: Path, files: dict[str, str]) -> None:
    for file, text in files.items():
        (case / file).write_text(text, encoding="utf-8", newline="\n")


def test_every_folder_is_a_story() -> None:
    assert sorted(path.name for path in PLANS.iterdir()) == sorted(STORIES)
