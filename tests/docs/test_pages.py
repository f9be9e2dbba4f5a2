"""The pages of the documentation are complete, in step with the program, and lead somewhere."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

import apim_audit.report
from apim_audit.catalogue import load_catalogue
from apim_audit.collect import kinds
from apim_audit.collect.kinds import Kind
from apim_audit.collect.permissions import READS, role
from apim_audit.report import Format
from apim_audit.report.csv_rows import COLUMNS
from apim_audit.run import FailOn
from apim_audit.snapshot import Snapshot, save
from tests.catalogue.test_docs import broken_links
from tests.docs import commands_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
RUN = ROOT / ".ci" / "run"
CONSTRAINTS = ROOT / ".ci" / "constraints.txt"


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_in(page: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text_of(DOCS / "reference" / page)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    assert [link for link in broken_links(page) if not link.startswith("https://")] == []


def test_every_page_is_in_the_index() -> None:
    index = text_of(DOCS / "README.md")
    pages = [page.relative_to(DOCS).as_posix() for page in PAGES[1:] if page != DOCS / "README.md"]
    assert [page for page in pages if f"({page})" not in index] == []


def test_the_page_of_the_commands_is_in_step() -> None:
    assert text_of(commands_page.PAGE) == commands_page.page(), "run: python -m tests.docs.commands_page"


def actions_in(text: str) -> list[str]:
    return re.findall(r"`(Microsoft\.\w+/[\w/]+/read)`", text)


def test_every_type_that_is_read_is_in_the_list_of_reads() -> None:
    types = [kind.action for kind in vars(kinds).values() if isinstance(kind, Kind)]
    assert sorted(types) == sorted(read.kind.action for read in READS)


def test_the_role_is_in_step_with_the_program() -> None:
    text = json.dumps(role([]), indent=2) + "\n"
    if os.environ.get("UPDATE_DOCS") == "1":
        (DOCS / "reference" / "role.json").write_text(text, encoding="utf-8", newline="\n")
    assert text_of(DOCS / "reference" / "role.json") == text, "run with UPDATE_DOCS=1"


def test_the_page_of_permissions_names_each_once_beside_the_option_that_asks_for_it() -> None:
    rows = re.findall(r"^\| (`Microsoft.*?) \| (.*?) \|", text_of(DOCS / "how-to" / "least-privilege.md"), re.MULTILINE)
    named = [(action, option.strip("`")) for actions, option in rows for action in actions_in(actions)]
    assert sorted(named) == sorted((read.kind.action, read.option or "every audit") for read in READS)


def test_the_readme_names_what_every_audit_reads() -> None:
    assert set(actions_in(text_of(README))) == {read.kind.action for read in READS if read.option is None}


def test_the_page_of_features_names_every_row_that_one_raises() -> None:
    page = text_of(DOCS / "how-to" / "features-and-observations.md")
    rows = [row for baseline in load_catalogue().baselines for row in baseline.requirements if row.raised_by]
    assert {re.sub("-(in|out)bound$", "", row.id) for row in rows} <= set(re.findall(r"`([a-z-]+)`", page))


def test_the_page_of_the_json_report_names_every_field() -> None:
    schema = json.loads(text_of(Path(apim_audit.report.__file__).parent / "report.schema.json"))
    assert fields_of(schema) - code_in("json-report.md") == set()


def fields_of(schema: object) -> set[str]:
    if isinstance(schema, list):
        return {name for each in schema for name in fields_of(each)}
    if not isinstance(schema, dict):
        return set()
    inner = {name for value in schema.values() for name in fields_of(value)}
    return inner | set(schema.get("properties", {}))


def test_the_page_of_the_snapshot_names_every_field(tmp_path: Path) -> None:
    save(Snapshot(()), str(tmp_path / "snapshot.json"))
    assert set(json.loads(text_of(tmp_path / "snapshot.json"))) - code_in("snapshot.md") == set()


def test_the_page_of_the_formats_has_a_section_for_each_and_names_every_column() -> None:
    headings = re.findall(r"^## (.+)$", text_of(DOCS / "reference" / "formats.md"), re.MULTILINE)
    assert [*Format] == [Format.TABLE, Format.JSON, *headings]
    assert set(COLUMNS) - code_in("formats.md") == set()


def test_every_threshold_is_on_the_page_of_the_exit_status() -> None:
    page = text_of(DOCS / "reference" / "exit-status.md")
    assert [value for value in FailOn if value not in page] == []


def readme_commands() -> list[str]:
    return re.findall(r"^python3 -m venv .*$", text_of(README), re.MULTILINE)


def test_the_readme_has_one_command_for_a_look_and_one_for_the_tests() -> None:
    look, tests = readme_commands()
    assert look.endswith("apim-audit demo")
    assert tests.endswith("pytest")


def test_ci_runs_what_the_readme_says() -> None:
    script = text_of(RUN)
    parts = {
        part.replace(".venv/", '"$venv"/').replace(" .venv", ' "$venv"')
        for line in readme_commands()
        for part in line.split(" && ")
    }
    assert [part for part in parts if part not in script] == []


def test_every_library_that_the_project_names_is_pinned() -> None:
    # That the versions fit is seen where pip installs them.
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    named = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    named += [each for extra in project["project"]["optional-dependencies"].values() for each in extra]
    pinned = set(re.findall(r"^([\w.-]+)==", text_of(CONSTRAINTS), re.MULTILINE))
    assert {re.split(r"[<>=~!\[; ]", each, maxsplit=1)[0] for each in named} - pinned == set()
