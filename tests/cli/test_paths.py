"""What a run reads is never written over; standard output is an output like any other."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apim_audit.cli import main

ROOT = Path(__file__).parents[2]
ESTATE = (ROOT / "fixtures" / "compliant" / "estate.json").read_text(encoding="utf-8")
TAGS = (ROOT / "fixtures" / "service-tags.json").read_text(encoding="utf-8")
FILES = {
    "x.json": ESTATE,
    "tags.json": TAGS,
    "waivers.toml": "",
    "gaps.toml": "",
    "c.toml": "",
    "plan.json": json.dumps({"format_version": "1.2", "resource_changes": [], "planned_values": {}}),
    "p.json": "{}",
}
Run = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command line in a folder of its own, and takes its log handlers away afterwards."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def done(line: str) -> tuple[int, str, str]:
        status = main(line.split())
        return (status, *capsys.readouterr())

    yield done
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("check x.json -o x.json", "x.json"),
        ("check x.json -o ./x.json", "./x.json"),
        ("check x.json --report json=x.json", "x.json"),
        ("check ./x.json p.json --report json=a --report csv=p.json", "p.json"),
        ("check x.json --service-tags tags.json -o tags.json", "tags.json"),
        ("check x.json --waivers waivers.toml -o waivers.toml", "waivers.toml"),
        ("check x.json --known-gaps gaps.toml -o gaps.toml", "gaps.toml"),
        ("check x.json --config c.toml -o c.toml", "c.toml"),
        ("check none.json -o none.json", "none.json"),
        ("baseline-gaps x.json -o x.json", "x.json"),
        ("baseline-gaps x.json --waivers waivers.toml -o waivers.toml", "waivers.toml"),
        ("plan plan.json -o plan.json", "plan.json"),
        ("plan plan.json --onto x.json --report html=x.json", "x.json"),
        ("plan plan.json --parameters p.json -o p.json", "p.json"),
        ("subscription ID --service-tags tags.json --save-snapshot tags.json", "tags.json"),
        ("collect ID --service-tags tags.json -o tags.json", "tags.json"),
        ("collect ID --config c.toml -o c.toml", "c.toml"),
        ("requirements --config c.toml -o c.toml", "c.toml"),
    ],
)
def test_an_output_never_takes_the_place_of_an_input(run: Run, line: str, output: str) -> None:
    status, out, err = run(line)
    assert (status, out) == (2, "")
    assert err.startswith(f"apim-audit: {output} is read in the same run (")
    assert {name: Path(name).read_text(encoding="utf-8") for name in FILES} == FILES
    assert {path.name for path in Path().iterdir()} == FILES.keys()


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_links_lead_to_the_input_too(run: Run, link: Callable[[str, str], None]) -> None:
    link("x.json", "y.json")
    assert run("check x.json -o y.json")[0] == 2
    assert run("check y.json -o x.json")[0] == 2
    assert Path("x.json").read_text(encoding="utf-8") == ESTATE


def test_the_configuration_file_that_was_found_is_an_input(run: Run) -> None:
    Path(".apim-audit.toml").write_text("", encoding="utf-8")
    assert run("check x.json -o .apim-audit.toml")[0] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such devices")
def test_a_file_on_standard_input_is_an_input(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(ESTATE, encoding="utf-8")
    with file.open(encoding="utf-8") as stdin:
        done = subprocess.run(  # noqa: S603  (our own program)
            [sys.executable, "-m", "apim_audit", "check", "-", "-o", str(file)],
            stdin=stdin,
            capture_output=True,
            check=False,
            cwd=ROOT,
            timeout=60,
        )
    assert (done.returncode, file.read_text(encoding="utf-8")) == (2, ESTATE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such devices")
def test_a_device_may_be_both(run: Run) -> None:
    status, _, err = run("check x.json --waivers /dev/null -o /dev/null --service-tags tags.json -q")
    assert (status, err) == (0, "")


@pytest.mark.parametrize("line", ["-o -", "-o a --report table=-", "--report json=a", ""])
def test_a_hyphen_is_standard_output(run: Run, line: str) -> None:
    status, out, _ = run(f"check x.json --service-tags tags.json -q {line}")
    assert status == 0
    assert out.startswith("contoso (Developer, External)")
    assert not Path("-").exists()


def test_where_the_table_is_on_standard_output_its_summary_is_not_said_again(run: Run) -> None:
    assert run("check x.json --service-tags tags.json -o a --report table=-")[2] == ""
    assert "1 instance" in run("check x.json --service-tags tags.json -o a --report json=-")[2]


@pytest.mark.parametrize(
    "line", ["baseline-gaps x.json -o -", "requirements -o -", "doctor ID --role -o -", "demo -q -o -"]
)
def test_a_hyphen_is_standard_output_of_every_command(run: Run, line: str) -> None:
    status, out, _ = run(line)
    assert status == 0
    assert out
    assert not Path("-").exists()


@pytest.mark.parametrize(
    "line",
    ["-o - --report json=-", "--report json=-", "-o a --report json=- --report csv=-", "-o a --report csv=./a"],
)
def test_outputs_do_not_mix(run: Run, line: str) -> None:
    status, out, err = run(f"check x.json {line}")
    assert (status, out) == (2, "")
    assert "is asked for 2 times; give each output a file of its own" in err


def test_a_file_that_is_standard_output_is_no_second_output(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(ESTATE, encoding="utf-8")
    command = [sys.executable, "-m", "apim_audit", "check", "x.json", "-f", "csv", "--report", "json=out"]
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(command, cwd=tmp_path, stdout=out, stderr=subprocess.PIPE, check=False)  # noqa: S603  (ours)
    assert done.returncode == 2
    assert b"standard output is asked for 2 times" in done.stderr


def test_a_snapshot_beside_a_report_goes_to_a_file(run: Run) -> None:
    status, _, err = run("subscription ID --save-snapshot -")
    assert status == 2
    assert "collect -o - writes a snapshot to standard output" in err
