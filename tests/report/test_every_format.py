"""One report value, every format: the same counts, and nothing in a name has any effect."""

import os
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from apim_audit import __version__
from apim_audit.cli import main
from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import FixedGap, Report
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.report import RENDERERS, Format
from tests.report.hostile import HOSTILE, NAMES
from tests.report.parsers import PARSERS, expected, logging_command, workflow_command
from tests.report.samples import BASELINE, FULL

FIXED = FixedGap(FULL.instances[0].id, "westeurope", "storage", Verdict.MISSING)
GOLDEN = Path(__file__).parent / "golden"
TUTORIAL = str(Path(__file__).parents[2] / "docs" / "tutorial" / "contoso.json")
SUFFIXES = {"json": "json", "sarif": "sarif", "junit": "xml", "csv": "csv", "markdown": "md"}
UPDATE = os.environ.get("UPDATE_FIXTURES") == "1"

each_format = pytest.mark.parametrize("name", RENDERERS)
each_parsed_format = pytest.mark.parametrize("name", [name for name in RENDERERS if name in PARSERS])


def hostile(name: str) -> str:
    return RENDERERS[name](HOSTILE)


def test_every_format_of_the_command_line_can_be_written() -> None:
    assert set(RENDERERS) == {*Format}


@each_parsed_format
@pytest.mark.parametrize("found", [HOSTILE, FULL], ids=["hostile", "full"])
def test_every_format_tells_the_same_counts(name: str, found: Report) -> None:
    assert PARSERS[name](RENDERERS[name](found)) == expected(found)


def test_every_format_has_a_parser() -> None:
    # html is read by a browser, in a test of its own.
    assert set(RENDERERS) - set(PARSERS) <= {"html"}


@each_format
def test_no_format_holds_what_a_terminal_obeys_or_hides(name: str) -> None:
    text = hostile(name).replace("\r\n", "\n") if name == "csv" else hostile(name)
    assert [line for line in text.split("\n") if not line.replace("\t", " ").isprintable()] == []


@each_format
def test_no_name_is_a_command_to_a_build_log(name: str) -> None:
    lines = hostile(name).split("\n")
    obeyed = [line for line in lines if logging_command(line) or workflow_command(line)]
    kinds = {command.name for line in obeyed for command in (logging_command(line), workflow_command(line)) if command}
    ours: dict[str, set[str]] = {"github": {"error", "warning", "notice"}, "azure-pipelines": {"task.logissue"}}
    assert kinds == ours.get(name, set())


@each_format
def test_a_format_writes_the_same_text_each_time_and_ends_its_last_line(name: str) -> None:
    assert hostile(name) == hostile(name)
    assert hostile(name).endswith("\n")


@each_format
@pytest.mark.parametrize("nothing", [True, False])
def test_a_report_of_nothing_can_be_written(name: str, nothing: bool) -> None:  # noqa: FBT001
    found = Report("2021-12", None, HOSTILE.scope, HOSTILE.service_tags, () if nothing else FULL.instances[1:])
    assert RENDERERS[name](found)


def versionless(text: str) -> str:
    return text.replace(__version__, "0")


@each_format
def test_the_golden_files(name: str) -> None:
    path = GOLDEN / f"full.{name}.{SUFFIXES.get(name, 'txt')}"
    if name not in PARSERS:
        pytest.skip(f"{name} has golden files of its own")
    text = versionless(RENDERERS[name](GOLDEN_REPORT))
    if UPDATE:
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text


GOLDEN_REPORT = replace(
    FULL, requirements=BASELINE.requirements, instances=(HOSTILE.instances[0], *FULL.instances), fixed=(FIXED,)
)


# What Markdown, GitHub and the browsers behind it make of names.


def html_of_markdown(text: str) -> str:
    shown: str = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    return shown


def test_markdown_is_short_enough_for_a_comment() -> None:
    many = replace(HOSTILE, instances=HOSTILE.instances * 60)
    text = RENDERERS["markdown"](many)
    assert 40_000 < len(text.encode()) <= 65_536
    attention, waived = text.split("### Waived")[0], text.split("### Waived")[1]
    rows = re.findall(r"^\| (?:error|warning|undecided|note) ", attention, re.MULTILINE)
    [left] = re.findall(r"^\.\.\. and (\d+) more", attention, re.MULTILINE)
    counting = [check for check in many.checks() if check.counts and check.severity is not Severity.NONE]
    assert len(rows) + int(left) == len(counting)
    assert "### Known gaps" in waived


def test_markdown_has_no_tag_link_or_mention_from_a_name() -> None:
    shown = html_of_markdown(RENDERERS["markdown"](HOSTILE))
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z]\w*)", shown))
    ours = "h2 h3 p table thead tbody tr th td code strong s ul li details summary"
    assert tags <= set(ours.split())
    text = unescape(re.sub(r"<code>.*?</code>", "", shown, flags=re.DOTALL))
    assert [risk for risk in ("@", "://", "www.", "#1", "](", "<!--", "`", "*", "~", "|") if risk in text] == []


def test_markdown_keeps_every_name_in_its_cell() -> None:
    shown = html_of_markdown(RENDERERS["markdown"](HOSTILE))
    for table in re.findall(r"<table>.*?</table>", shown, re.DOTALL):
        widths = {len(re.findall(r"<t[hd]\b", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)}
        assert len(widths) == 1


@pytest.mark.parametrize(("options", "status"), [((), 3), (("--fail-on", "never"), 0)])
def test_the_format_never_changes_the_exit_status(
    options: tuple[str, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = {
        name: main(["check", TUTORIAL, "-f", name, "--report", f"{name}={tmp_path / name}", *options])
        for name in RENDERERS
    }
    assert capsys.readouterr().out
    assert statuses == dict.fromkeys(RENDERERS, status)


def test_several_reports_come_from_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted: list[str] = []
    for name in RENDERERS:
        wanted += ["--report", f"{name}={tmp_path / name}"]
    main(["check", TUTORIAL, "-f", "csv", *wanted])
    assert capsys.readouterr().out == (tmp_path / "csv").read_bytes().decode()
    counts = [PARSERS[name]((tmp_path / name).read_bytes().decode()) for name in RENDERERS if name in PARSERS]
    assert all(count == counts[0] for count in counts)


def test_the_report_has_every_verdict_and_names_of_any_length() -> None:
    assert set(expected(HOSTILE)) == {*Verdict}
    assert max(map(len, NAMES)) > 10_000
