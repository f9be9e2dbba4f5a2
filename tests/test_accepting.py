"""Waivers, known gaps and masks through the command line."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apim_audit.cli import main
from apim_audit.cli.parsing import VARIABLES
from tests.report.strict_schema import STRICT

ROOT = Path(__file__).parents[1]
ESTATE = str(ROOT / "docs" / "tutorial" / "contoso.json")
CONTOSO = "**/service/contoso"
Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(VARIABLES):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def day(offset: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=offset)).isoformat()


def waivers(*tables: tuple[str, str, int], name: str = ".apim-audit.toml", before: str = "") -> str:
    text = before + "".join(
        f'[[waivers]]\nrequirement = "{requirement}"\nresource = "{resource}"\nreason = "It is being rebuilt."\n'
        f'owner = "team-apis"\nexpires = {day(offset)}\n'
        for requirement, resource, offset in tables
    )
    Path(name).write_text(text, encoding="utf-8")
    return name


def check(*argv: str) -> int:
    return main(["check", ESTATE, *argv])


def report(*argv: str) -> Any:
    check("-q", "-f", "json", "-o", "report.json", *argv)
    body = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert Draft202012Validator(STRICT).is_valid(body)
    return body


def test_a_waived_estate_passes_and_says_why(capsys: Printed) -> None:
    waivers(("management", CONTOSO, 90), ("sql", CONTOSO, 90))
    assert check() == 0
    printed = capsys.readouterr()
    assert f"waived until {day(90)} by team-apis: It is being rebuilt." in printed.out
    assert "1 error, 1 warning (of these 2 waived)" in " ".join(printed.out.split())
    assert printed.err == ""
    assert "\x1b" not in printed.out


def test_on_a_terminal_a_waived_gap_is_struck_through(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    waivers(("management", CONTOSO, 90))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert check() == 3
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if "\x1b[9m" in line] == ["error"]


def test_waivers_named_on_the_command_line_take_the_place_of_those_found() -> None:
    waivers(("management", CONTOSO, 90), ("sql", CONTOSO, 90))
    other = waivers(("management", CONTOSO, 90), name="other.toml")
    assert check("-q", "--waivers", other) == 3
    waivers(before='unwaivable = ["management"]\n')
    body = report("--waivers", other)
    assert [problem["kind"] for problem in body["waiverProblems"]] == ["unwaivable"]


def test_the_json_report_bears_waivers_and_counts() -> None:
    waivers(("management", CONTOSO, 90), ("storage", CONTOSO, 90), ("sql", CONTOSO, 29))
    body = report()
    found = {each["requirement"]: each for each in body["instances"][0]["locations"][0]["checks"]}
    waiver = {"reason": "It is being rebuilt.", "owner": "team-apis", "expires": day(90)}
    assert found["management"]["waiver"] == waiver
    assert (found["management"]["verdict"], found["management"]["severity"]) == ("blocked", "error")
    assert found["storage"]["waiver"] is None
    assert [problem["kind"] for problem in body["waiverProblems"]] == ["unused", "expiring"]
    assert body["summary"]["waived"] == 2
    assert body["summary"]["severities"]["error"] == 1


@pytest.mark.parametrize("argv", [(), ("-q",), ("-q", "--fail-on", "never"), ("-q", "-f", "json")])
def test_an_expired_waiver_is_loud_and_never_passes(argv: tuple[str, ...], capsys: Printed) -> None:
    waivers(("management", CONTOSO, -1), ("sql", CONTOSO, 90))
    assert check(*argv) == 3
    told = capsys.readouterr().err
    assert f"waiver 1 (management) expired on {day(-1)}" in told


def test_other_problems_are_said_unless_quiet(capsys: Printed) -> None:
    waivers(("management", CONTOSO, 5), ("sql", CONTOSO, 90), ("storage", "**/service/gone", -9))
    assert check("-o", "out.txt") == 0
    told = capsys.readouterr().err
    assert "waiver 1 (management) expires" in told
    assert "waiver 3 (storage) matches nothing" in told
    assert check("-q", "-o", "out.txt") == 0
    assert capsys.readouterr().err == ""
    assert "waiver 1 (management)" in Path("out.txt").read_text(encoding="utf-8")


def test_a_wrong_waiver_file_waives_nothing(capsys: Printed) -> None:
    name = waivers(("management", CONTOSO, 90), ("sql", CONTOSO, 90), ("managment", CONTOSO, 90), name="w.toml")
    assert check("--waivers", name) == 5
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no audit was performed: w.toml: waivers 3: requirement" in printed.err
    assert check("--waivers", "missing.toml") == 5
    assert check("--known-gaps", "missing.json") == 5


def test_a_damaged_estate_is_not_waived_by_a_rotten_file(capsys: Printed) -> None:
    Path(".apim-audit.toml").write_text("[[waivers]]\nrequirement = 7\n", encoding="utf-8")
    assert check() == 5
    assert "waivers 1: requirement: 7 is not a text" in capsys.readouterr().err


def test_the_same_snapshot_gives_the_same_bytes_on_the_same_day() -> None:
    waivers(("management", CONTOSO, 5), ("storage", CONTOSO, 90))
    assert report() == report()
    texts = []
    for name in ("a", "b"):
        check("-q", "-o", name)
        texts.append(Path(name).read_bytes())
    assert texts[0] == texts[1]


def test_known_gaps_do_not_count_and_new_ones_do(capsys: Printed) -> None:
    assert main(["baseline-gaps", ESTATE, "-o", "known.json"]) == 0
    assert capsys.readouterr().err == "known.json: 2 known gaps\n"
    assert check("--known-gaps", "known.json") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "(of these 2 known)" in told
    assert "Fixed: 0 gaps" in told
    content = json.loads(Path("known.json").read_text(encoding="utf-8"))
    content["knownGaps"][0]["verdict"] = "partial"
    Path("known.json").write_text(json.dumps(content), encoding="utf-8")
    assert check("--known-gaps", "known.json") == 3


def test_an_earlier_report_is_as_good_as_the_file() -> None:
    report()
    assert check("-q", "--known-gaps", "report.json") == 0


def test_what_is_fixed_is_listed(capsys: Printed) -> None:
    main(["baseline-gaps", ESTATE, "-o", "known.json", "-q"])
    text = Path(ESTATE).read_text(encoding="utf-8").replace('"priority": 300', '"priority": 190')
    Path("better.json").write_text(text, encoding="utf-8")
    assert main(["check", "better.json", "--known-gaps", "known.json"]) == 0
    assert "Fixed: 1 gap of those that were there before\n  - contoso / West Europe: management (was blocked)" in (
        capsys.readouterr().out
    )
    main(["check", "better.json", "--known-gaps", "known.json", "-q", "-f", "json", "-o", "r.json"])
    body = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert Draft202012Validator(STRICT).is_valid(body)
    assert [(gap["requirement"], gap["was"]) for gap in body["fixed"]] == [("management", "blocked")]


def test_what_is_waived_is_not_written_down_as_known(capsys: Printed) -> None:
    waivers(("management", CONTOSO, 90))
    assert main(["baseline-gaps", ESTATE, "-o", "known.json"]) == 0
    assert capsys.readouterr().err == "known.json: 1 known gap; left out: 1 waived\n"


def test_known_gaps_are_judged_by_the_options_of_check() -> None:
    argv = [ESTATE, "-q", "--baseline", "2026-04"]
    assert main(["baseline-gaps", *argv, "-o", "known.json"]) == 0
    assert main(["check", *argv, "--known-gaps", "known.json"]) == 0


SECRETS = ("contoso", "11111111", "rg-apis", "AllowManagement", "DenyEverything", "10.1.0.4", "nsg-apim", "team-apis")


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_masked_report_and_what_is_said_beside_it_give_nothing_away(form: str, capsys: Printed) -> None:
    waivers(("management", CONTOSO, -1), ("sql", CONTOSO, 90), ("storage", CONTOSO, 90))
    assert check("--mask", "-f", form) == 3
    printed = capsys.readouterr()
    assert [secret for secret in SECRETS if secret in printed.out + printed.err] == []
    assert "masked" in printed.out
    check("-f", form)
    plain = capsys.readouterr()
    shown = {secret for secret in SECRETS if secret in plain.out + plain.err}
    assert shown >= set(SECRETS) - {"11111111", "rg-apis"}  # the table shows no whole ids
    assert form == "table" or shown == set(SECRETS)


def test_a_masked_report_fits_the_schema_and_the_status_stays() -> None:
    waivers(("management", CONTOSO, 90))
    body = report("--mask")
    assert body["instances"][0]["name"] == "instance-1"
    waiver = body["instances"][0]["locations"][0]["checks"][3]["waiver"]
    assert (waiver["owner"], waiver["reason"]) == ("owner-1", "(withheld)")
    assert body["summary"] == report()["summary"]


def test_known_gaps_of_a_masked_report_match_nothing() -> None:
    report("--mask")
    assert check("-q", "--known-gaps", "report.json") == 3
