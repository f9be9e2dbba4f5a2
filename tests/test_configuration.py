"""Defaults of options: the command line comes before the environment, that before the file."""

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from apim_audit.cli import main
from apim_audit.cli.configuration import DEFAULT_FILE, NOT_IN_A_FILE
from apim_audit.cli.options import (
    COMMANDS,
    BaselineGaps,
    Check,
    Cloud,
    Collect,
    Command,
    Demo,
    ReportFile,
    Requirements,
    Subscription,
    name_of,
)
from apim_audit.cli.parsing import VARIABLES, parse
from apim_audit.errors import UsageError
from apim_audit.report import Format, PlainFormat
from apim_audit.run import FailOn

CHECK = ["check", "a.json"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(VARIABLES):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, name: str = DEFAULT_FILE) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def wrong(text: str, *argv: str, name: str = DEFAULT_FILE) -> str:
    written(text, name)
    with pytest.raises(UsageError) as caught:
        parse(argv or CHECK)
    assert name in str(caught.value)
    return str(caught.value)


def test_without_a_file_nothing_changes() -> None:
    assert parse(CHECK) == Check(files=("a.json",))


def test_the_file_of_the_current_folder_sets_defaults() -> None:
    written('[options]\nfail-on = "error"\nquiet = true\nreport = ["json=x.json"]\nas = "STV2"\n')
    found = parse(CHECK)
    assert isinstance(found, Check)
    assert (found.fail_on, found.quiet, found.report) == (FailOn.ERROR, True, (ReportFile("json", "x.json"),))
    assert (found.as_model, found.config) == ("stv2", DEFAULT_FILE)


def test_the_environment_comes_before_the_file_and_the_command_line_before_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written('[options]\nfail-on = "error"\nbaseline = "2026-04"\nformat = "json"\n')
    monkeypatch.setenv("APIM_AUDIT_FAIL_ON", "note")
    monkeypatch.setenv("APIM_AUDIT_BASELINE", "from-the-environment")
    found = parse([*CHECK, "--fail-on", "never"])
    assert isinstance(found, Check)
    assert (found.fail_on, found.baseline, found.format) == (FailOn.NEVER, "from-the-environment", Format.JSON)


def test_a_flag_of_the_file_is_turned_off_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    written("[options]\nquiet = true\n")
    monkeypatch.setenv("APIM_AUDIT_QUIET", "false")
    found = parse(CHECK)
    assert isinstance(found, Check)
    assert not found.quiet


def test_the_table_of_a_command_comes_before_that_of_all() -> None:
    written('[options]\nformat = "json"\nbaseline = "2026-04"\n[options.check]\nformat = "table"\n')
    check, requirements = parse(CHECK), parse(["requirements"])
    assert isinstance(check, Check)
    assert isinstance(requirements, Requirements)
    assert (check.format, check.baseline) == (Format.TABLE, "2026-04")
    assert (requirements.format, requirements.baseline) == (PlainFormat.JSON, "2026-04")


def test_every_command_takes_what_it_has_and_passes_over_the_rest() -> None:
    written(
        '[options]\noutput = "o"\ncloud = "azurechinacloud"\nname = ["a", "b"]\ncompare = ["1", "2"]\n'
        'service-tags = "t"\nwaivers = "w"\nassume = ["on-premises=none"]\n'
    )
    found = [
        parse(argv) for argv in (["subscription", "s"], ["collect", "s"], ["baseline-gaps", "f"], ["requirements"])
    ]
    subscription, collect, gaps, requirements = found
    assert isinstance(subscription, Subscription)
    assert (subscription.cloud, subscription.name, subscription.waivers) == (Cloud.CHINA, ("a", "b"), "w")
    assert isinstance(collect, Collect)
    assert (collect.output, collect.service_tags) == ("o", "t")
    assert isinstance(gaps, BaselineGaps)
    assert (gaps.output, len(gaps.assume)) == ("o", 1)
    assert isinstance(requirements, Requirements)
    assert requirements.compare == ("1", "2")


def test_what_only_some_commands_can_take_is_left_to_them() -> None:
    written('[options]\noutput = "o"\n[options.collect]\noutput = "c"\n')
    collect, check = parse(["collect", "s"]), parse(CHECK)
    assert isinstance(collect, Collect)
    assert isinstance(check, Check)
    assert (collect.output, check.output) == ("c", "o")


def test_the_demo_is_always_the_same() -> None:
    written("this is no TOML")
    assert parse(["demo"]) == Demo()
    with pytest.raises(UsageError):
        parse(CHECK)


def test_help_does_not_need_a_sound_file(capsys: pytest.CaptureFixture[str]) -> None:
    written("this is no TOML")
    assert parse(["check", "--help"]) == 0
    assert "Judge documents" in capsys.readouterr().out


def test_a_named_file_takes_the_place_of_the_found_one(monkeypatch: pytest.MonkeyPatch) -> None:
    written("this is no TOML")
    named = written('[options]\nformat = "json"\n', "named.toml")
    for found in (parse([*CHECK, "--config", named]), _with(monkeypatch, "APIM_AUDIT_CONFIG", named)):
        assert isinstance(found, Check)
        assert (found.format, found.config) == (Format.JSON, named)
    nothing = parse([*CHECK, "--config", os.devnull])
    assert isinstance(nothing, Check)
    assert nothing.format is Format.TABLE


def _with(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> Command | int:
    monkeypatch.setenv(name, value)
    return parse(CHECK)


def test_a_named_file_that_is_missing_is_an_error() -> None:
    with pytest.raises(UsageError, match="No such file"):
        parse([*CHECK, "--config", "missing.toml"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[options]\nfail_on = "error"\n', "options: fail_on: there is no such key; is fail-on meant?"),
        ('[options.chek]\nformat = "json"\n', "options: chek: there is no such key; is check meant?"),
        ('[options.check]\nname = ["x"]\n', "options.check: name: there is no such key"),
        ("[options.demo]\nquiet = true\n", "options: demo: there is no such key"),
        ('[options]\nconfig = "x"\n', "options: config: there is no such key"),
        ("[options]\nhelp = true\n", "options: help: there is no such key"),
        ("[options]\ncheck = 7\n", "options.check is not a table"),
        ("options = 7\n", "options is not a table"),
        ("[option]\n", "option: there is no such key; is options meant?"),
        ('fail-on = "error"\n', "fail-on: there is no such key"),
        ('[options]\nquiet = "yes"\n', "options: quiet: expected true or false"),
        ("[options]\nbaseline = true\n", "options: baseline: expected a text"),
        ('[options]\nbaseline = ""\n', "options: baseline: expected a text"),
        ("[options]\nbaseline = 2021-12-01\n", "options: baseline: expected a text"),
        ('[options]\nname = "x"\n', "options: name: expected a list of texts"),
        ("[options]\nname = [1]\n", "options: name: expected a list of texts"),
        ('[options]\ncompare = ["x"]\n', "options: compare: expected a list of 2 texts"),
        ('[options]\nfail-on = "errors"\n', "options: fail-on: 'errors' is not one of 'error', "),
        ('[options]\nreport = ["jso=x"]\n', "options: report: 'jso=x' is not FORMAT=FILE"),
        ('[options]\nassume = ["x"]\n', "options: assume: 'x' is neither on-premises"),
    ],
)
def test_a_wrong_option_is_an_error_that_names_file_table_and_key(text: str, told: str) -> None:
    assert told in wrong(text)


def test_what_is_wrong_is_wrong_for_every_command() -> None:
    assert "arm-endpoint" in wrong("[options.subscription]\narm-endpoint = 7\n", "requirements")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert wrong('[options]\nquiet = 1\nformat = "x"\ny = 1\n[options.check]\nz = 1\n').count("\n") == 4


def test_a_file_that_was_only_found_must_not_say_where_tokens_go() -> None:
    text = '[options]\narm-endpoint = "https://attacker.example"\n'
    assert "must not say where tokens go" in wrong(text, "subscription", "s")
    named = written(text, "named.toml")
    found = parse(["subscription", "s", "--config", named])
    assert isinstance(found, Subscription)
    assert found.arm_endpoint == "https://attacker.example"


@pytest.mark.parametrize(
    "path", ["/etc/x", "../x", "a/../../x", ".git/config", "a/.x", "link/x", "../x=y", "~/../../../../x"]
)
@pytest.mark.parametrize("option", ["output", "report", "save-snapshot"])
def test_a_file_that_was_only_found_writes_below_its_folder_only(option: str, path: str, folder: Path) -> None:
    (folder / "link").symlink_to("/")
    text = (
        f"[options]\n{option} = {[f'json={path}']!r}\n" if option == "report" else f"[options]\n{option} = {path!r}\n"
    )
    assert "below its own folder only" in wrong(text)
    assert parse([*CHECK, "--config", written(text, "named.toml")])


def test_a_file_that_was_only_found_may_write_below_its_folder() -> None:
    written('[options]\noutput = "reports/a.txt"\nreport = ["json=a=b.json"]\n')
    assert isinstance(parse(CHECK), Check)


def test_a_link_as_configuration_that_leads_nowhere_is_an_error() -> None:
    Path(DEFAULT_FILE).symlink_to("nowhere")
    with pytest.raises(UsageError, match="cannot be read"):
        parse(CHECK)


def test_every_option_has_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    values: dict[str, Any] = {"network_model": "stv1", "cloud": "AzureChinaCloud", "format": "json", "report": "json=x"}
    values |= {"read_from": "graph", "gate": "all"}
    values |= {"assume": "on-premises=none", "as_model": "stv2", "fail_on": "note", "compare": "a b"}
    for command in COMMANDS:
        name = name_of(command)
        arguments = {
            "subscription": ["s"],
            "management-group": ["m"],
            "collect": ["s", "-o", "x"],
            "check": ["f"],
            "plan": ["f"],
            "baseline-gaps": ["f", "-o", "x"],
        }
        argv = [name, *arguments.get(name, [])]
        plain = parse(argv)
        for field in fields(command):
            if field.name in {"subscriptions", "files", "config", "output"} or field.name == name.replace("-", "_"):
                continue
            option = {"as_model": "AS", "every": "ALL"}.get(field.name, field.name.upper())
            with monkeypatch.context() as patch:
                value = "true" if field.type in {bool, "bool"} else "x"
                patch.setenv(
                    f"APIM_AUDIT_{option}", values.get(field.name, "true" if _flag(command, field.name) else value)
                )
                assert parse(argv) != plain, f"{name}: {option}"


def _flag(command: type[Command], name: str) -> bool:
    return "bool" in str({each.name: each.type for each in fields(command)}[name])


def test_several_values_of_a_variable_are_separated_by_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIM_AUDIT_REPORT", "json=a table=b")
    found = parse(CHECK)
    assert isinstance(found, Check)
    assert found.report == (ReportFile("json", "a"), ReportFile("table", "b"))


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIM_AUDIT_FAIL_ON", "x")
    with pytest.raises(UsageError, match="variable APIM_AUDIT_FAIL_ON"):
        parse(CHECK)


def test_no_option_of_a_file_is_named_like_a_command() -> None:
    options = {field.name.replace("_", "-") for command in COMMANDS for field in fields(command)} - NOT_IN_A_FILE
    assert options.isdisjoint(map(name_of, COMMANDS))


def test_a_wrong_file_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    written("[options]\nquite = true\n")
    assert main(CHECK) == 2
    told = capsys.readouterr().err
    assert "is quiet meant?" in told
    assert "Traceback" not in told
