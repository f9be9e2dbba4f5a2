"""Every command in the documentation does what its page shows.

Live commands read the tutorial's estate from the embedded ARM endpoint. ``UPDATE_DOCS=1 pytest tests/docs`` writes the
outputs anew, save for those that are shown in part: read the difference before you keep it.
"""

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apim_audit.cli.parsing import parse
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.endpoint import ArmEndpoint, serve
from apim_audit.demo.tags import service_tag_answer
from tests.docs.examples import Example, examples, outputs, rewritten

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
PAGES_WITH_EXAMPLES = [page for page in PAGES if examples(page.read_text(encoding="utf-8"))]
UPDATE = os.environ.get("UPDATE_DOCS") == "1"
SHELL_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
OURS = re.compile(r"^(?:.*&& )? *(?:\.venv/bin/)?apim-audit (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ArmEndpoint]:
    documents = json.loads((TUTORIAL / "contoso.json").read_text(encoding="utf-8"))
    with serve(ServedEstate(tuple(documents), service_tag_answer(SUBSCRIPTION))) as served:
        yield served


@pytest.fixture
def environment(endpoint: ArmEndpoint, tmp_path: Path) -> dict[str, str]:
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "apim-audit"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m apim_audit "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return {
        **endpoint.environment(),
        "APIM_AUDIT_ARM_ENDPOINT": endpoint.url,
        "COLUMNS": "80",
        "HOME": str(tmp_path),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stands for the reader's own folder, into which they have copied the tutorial's estate."""
    folder = tmp_path / "folder"
    shutil.copytree(TUTORIAL, folder / "docs" / "tutorial")
    shutil.copy(TUTORIAL / "contoso.json", folder)
    return folder


@pytest.mark.parametrize("page", PAGES_WITH_EXAMPLES, ids=lambda page: page.name)
def test_every_command_prints_what_its_page_shows(page: Path, folder: Path, environment: dict[str, str]) -> None:
    text = page.read_text(encoding="utf-8")
    shown = examples(text)
    printed = outputs([example.command for example in shown], folder, environment)
    if UPDATE:
        shown = [example.with_output(output) for example, output in zip(shown, printed, strict=True)]
        page.write_text(rewritten(text, iter(shown)), encoding="utf-8")
    wrong = [(each.command, out) for each, out in zip(shown, printed, strict=True) if not each.shows(out)]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_not_run_is_one_that_the_program_takes(page: Path) -> None:
    for block in SHELL_BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in OURS.findall(block.replace("\\\n", " ")):
            words = shlex.split(re.split(r" [|>&;]", line)[0])
            assert not isinstance(parse(words), int)


def test_an_example_is_a_command_with_its_output() -> None:
    text = "```console\n$ one \\\n> two\nout\n$ three\n```\n```console\n$ four\na\nb\n```\n"
    assert examples(text) == [
        Example("$ one \\\n> two\n", "out\n"),
        Example("$ three\n", ""),
        Example("$ four\n", "a\nb\n"),
    ]
    assert examples(text)[0].command == "one \\\ntwo"
    assert rewritten(text, iter(examples(text))) == text


def test_an_elision_stands_for_any_lines() -> None:
    example = Example("$ x\n", "a\n...\nz\n")
    assert [example.shows(text) for text in ("a\nz\n", "a\nb\nc\nz\n", "a\nb\n", "b\nz\n")] == [
        True,
        True,
        False,
        False,
    ]
    assert example.with_output("new\n") == example


def test_commands_share_a_folder_and_see_the_status_of_the_one_before(tmp_path: Path) -> None:
    commands = ["echo kept > file; false", "echo $?; cat file", "echo gone >&2"]
    assert outputs(commands, tmp_path, {"PATH": os.environ["PATH"]}) == ["", "1\nkept\n", "gone\n"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_example_is_passed_over(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^\s*\$ ", text, re.MULTILINE)) == len(examples(text))
