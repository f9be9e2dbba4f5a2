"""The reference page is generated, complete and in step."""

import runpy
import sys
from pathlib import Path

import pytest

from apim_audit.catalogue import load_catalogue, page
from apim_audit.catalogue.page import main, requirements_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "requirements.md"


def test_the_page_is_in_step_with_the_catalogue() -> None:
    assert main(["--check", str(PAGE)]) == 0, (
        "run: python -m apim_audit.catalogue.page --write docs/reference/requirements.md"
    )


def test_the_page_is_checked_from_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["page", "--check", str(PAGE)])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(page.__file__, run_name="__main__")
    assert caught.value.code == 0


def test_every_requirement_has_an_anchor() -> None:
    lines = requirements_page(load_catalogue()).splitlines()
    identifiers = {row.id for baseline in load_catalogue().baselines for row in baseline.requirements}
    assert {
        line.removeprefix("### ") for line in lines if line.startswith("### ") and "Source" not in line
    } == identifiers


def test_every_source_is_listed_once() -> None:
    text = requirements_page(load_catalogue())
    rows = [row for baseline in load_catalogue().baselines for row in baseline.requirements]
    for location in {row.source_for(model).location for row in rows for model in row.levels}:
        assert text.count(f"`{location}`") == 1


def test_a_stale_page_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = tmp_path / "page.md"
    stale.write_text("old\n", encoding="utf-8")
    assert main(["--check", str(stale)]) == 1
    assert "out of step" in capsys.readouterr().err


def test_a_missing_page_is_out_of_step(tmp_path: Path) -> None:
    assert main(["--check", str(tmp_path / "none.md")]) == 1


def test_a_written_page_is_in_step(tmp_path: Path) -> None:
    written = tmp_path / "page.md"
    assert main(["--write", str(written)]) == 0
    assert main(["--check", str(written)]) == 0
