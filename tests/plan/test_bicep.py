"""Bicep files, with a stand-in for the compiler: the real one cannot be had everywhere."""

import json
import os
import sys
from pathlib import Path

import pytest

from apim_audit.core.facts.findings import Origin
from apim_audit.errors import NoAuditError
from apim_audit.plan import bicep
from apim_audit.plan.bicep import compile_bicep, is_bicep, read_bicep

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a first line that names Python")

# Writes its arguments where the test finds them, then answers as the compiler does.
STAND_IN = """#!{python} -I
import json, pathlib, sys
pathlib.Path({told!r}).write_text(json.dumps(sys.argv[1:]))
sys.stderr.write({error!r})
sys.stdout.write({answer!r})
sys.exit({status})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the only folder on the path; it holds a Bicep file and one of parameters."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("main.bicep", "main.bicepparam", "-o.bicep"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    return tmp_path


def install(folder: Path, program: str, answer: str = "{}", error: str = "", status: int = 0) -> Path:
    told = folder / "told.json"
    script = STAND_IN.format(python=sys.executable, told=str(told), answer=answer, error=error, status=status)
    (folder / program).write_text(script, encoding="utf-8")
    (folder / program).chmod(0o755)
    return told


def test_bicep_compiles_to_standard_output(folder: Path) -> None:
    told = install(folder, "bicep", '{"resources": []}')
    compiled = compile_bicep(str(folder / "main.bicep"))
    assert (compiled.template, compiled.parameters) == ('{"resources": []}', None)
    assert json.loads(told.read_text(encoding="utf-8")) == ["build", str(folder / "main.bicep"), "--stdout"]


def test_az_bicep_serves_where_there_is_no_bicep(folder: Path) -> None:
    told = install(folder, "az", "\ufeff{}")
    assert compile_bicep(str(folder / "main.bicep")).template == "{}"
    arguments = json.loads(told.read_text(encoding="utf-8"))
    assert arguments == ["bicep", "build", "--file", str(folder / "main.bicep"), "--stdout"]


def test_parameters_come_with_their_template(folder: Path) -> None:
    told = install(folder, "bicep", json.dumps({"templateJson": "{}", "parametersJson": '{"parameters": {}}'}))
    compiled = compile_bicep(str(folder / "main.bicepparam"))
    assert (compiled.template, compiled.parameters) == ("{}", '{"parameters": {}}')
    assert json.loads(told.read_text(encoding="utf-8"))[0] == "build-params"


def test_a_bicep_file_is_a_plan_without_lines(folder: Path) -> None:
    kind = "Microsoft.Network/networkSecurityGroups"
    group = {"type": kind, "name": "[parameters('n')]", "properties": {"x": "[y()]"}}
    template = {"parameters": {"n": {"type": "string"}}, "resources": [group]}
    parameters = {"parameters": {"n": {"value": "nsg"}}}
    answer = {"templateJson": json.dumps(template), "parametersJson": json.dumps(parameters)}
    install(folder, "bicep", json.dumps(answer))
    plan = read_bicep(str(folder / "main.bicepparam"))
    (change,) = plan.changes
    assert change.id.endswith("/nsg")
    assert change.origin == Origin(str(folder / "main.bicepparam"))
    assert "line" not in plan.incomplete[0].message


def test_a_name_is_never_an_option(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = install(folder, "bicep")
    monkeypatch.chdir(folder)
    compile_bicep("-o.bicep")
    assert json.loads(told.read_text(encoding="utf-8"))[1] == str(folder / "-o.bicep")


def test_what_the_compiler_says_is_told(folder: Path) -> None:
    install(folder, "bicep", error="main.bicep(1,1) : Error BCP007: \x1b[31mno\n" * 50, status=1)
    with pytest.raises(NoAuditError, match="BCP007") as caught:
        compile_bicep(str(folder / "main.bicep"))
    assert "\x1b" not in str(caught.value)
    assert str(caught.value).count("BCP007") == 20


def test_without_a_compiler_it_is_said_what_to_do(folder: Path) -> None:
    with pytest.raises(NoAuditError, match="no Bicep compiler") as caught:
        compile_bicep(str(folder / "main.bicep"))
    assert "bicep build" in caught.value.hint


def test_an_answer_that_is_not_understood_is_told(folder: Path) -> None:
    install(folder, "bicep", "{")
    with pytest.raises(NoAuditError, match="not understood"):
        compile_bicep(str(folder / "main.bicepparam"))


def test_a_compiler_that_cannot_be_run_is_told(folder: Path) -> None:
    (folder / "bicep").write_text("#!/none/such\n", encoding="utf-8")
    (folder / "bicep").chmod(0o755)
    with pytest.raises(NoAuditError, match="cannot be run"):
        compile_bicep(str(folder / "main.bicep"))


def test_a_compiler_that_does_not_end_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bicep").write_text(f"#!{sys.executable} -I\nimport time\ntime.sleep(60)\n", encoding="utf-8")
    (folder / "bicep").chmod(0o755)
    monkeypatch.setattr(bicep, "_SECONDS", 0.2)
    with pytest.raises(NoAuditError, match=r"within 0\.2 seconds"):
        compile_bicep(str(folder / "main.bicep"))


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    install(folder, "bicep")
    with pytest.raises(NoAuditError, match="is no file"):
        compile_bicep(str(folder / "absent.bicep"))


def test_bicep_files_are_known_by_their_names() -> None:
    assert is_bicep("a.BICEP")
    assert is_bicep("a.bicepparam")
    assert not is_bicep("a.json")
