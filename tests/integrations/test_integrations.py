"""What other systems read: each file fits its published schema, and its shell does what it should.

The steps run with the program of this checkout in place of an installed one, against the tutorial's estate: documents
as they are, subscriptions from the embedded ARM endpoint. Formats that a step asks for have to be there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.endpoint import ArmEndpoint, serve
from apim_audit.demo.tags import service_tag_answer
from apim_audit.report import RENDERERS

yaml = pytest.importorskip("ruamel.yaml", reason="check-jsonschema, which brings YAML, is not installed")

ROOT = Path(__file__).parents[2]
INTEGRATIONS = ROOT / "docs" / "how-to" / "integrations"
ACTION = ROOT / "action.yml"
AZURE = INTEGRATIONS / "azure-pipelines.yml"
GITLAB = INTEGRATIONS / "gitlab-ci.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
DOCKERFILE = ROOT / "Dockerfile"
ESTATE = ROOT / "docs" / "tutorial" / "contoso.json"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
HOSTILE = "$(touch stolen) `touch stolen` ; touch stolen && touch stolen"


def needs(*formats: str) -> pytest.MarkDecorator:
    missing = [each for each in formats if each not in RENDERERS]
    return pytest.mark.skipif(bool(missing), reason=f"the report formats {', '.join(missing)} are not there")


def load(path: Path) -> Any:
    return yaml.YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("path", "schema"), [(ACTION, "github-actions"), (AZURE, "azure-pipelines"), (GITLAB, "gitlab-ci")]
)
def test_the_file_fits_its_published_schema(path: Path, schema: str) -> None:
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    transform = ["--data-transform", schema] if schema != "github-actions" else []
    done = subprocess.run([*argv, *transform], capture_output=True, check=False, text=True, timeout=120)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_fit_the_schema_of_pre_commit() -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    argv = [sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS)]
    done = subprocess.run(argv, capture_output=True, check=False, text=True, timeout=120)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ArmEndpoint]:
    documents = json.loads(ESTATE.read_text(encoding="utf-8"))
    with serve(ServedEstate(tuple(documents), service_tag_answer(SUBSCRIPTION))) as served:
        yield served


@pytest.fixture
def environment(endpoint: ArmEndpoint, tmp_path: Path) -> dict[str, str]:
    """What a runner sets, with the program of this checkout where the installation would have put it."""
    programs = tmp_path / "apim-audit" / "bin"
    programs.mkdir(parents=True)
    program = programs / "apim-audit"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m apim_audit "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return {
        **endpoint.environment(),
        "AGENT_TEMPDIRECTORY": str(tmp_path),
        "APIM_AUDIT_ARM_ENDPOINT": endpoint.url,
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "HOME": str(tmp_path),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "RUNNER_TEMP": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(ESTATE, folder / "a.arm.json")
    return folder


def bash(
    script: str, environment: Mapping[str, str], folder: Path, *options: str
) -> "subprocess.CompletedProcess[str]":
    argv = ["/bin/bash", "--noprofile", "--norc", *options, "-c", script]
    return subprocess.run(  # noqa: S603  (our own scripts)
        argv, capture_output=True, check=False, cwd=folder, env=dict(environment), text=True, timeout=300
    )


def action_step(name: str) -> dict[str, Any]:
    return next(step for step in load(ACTION)["runs"]["steps"] if step["name"] == name)


def run_action(
    inputs: Mapping[str, str], environment: Mapping[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    """Runs the step that audits, with inputs given as GitHub gives them: defaults first, then expressions resolved."""
    given = {name: each["default"] for name, each in load(ACTION)["inputs"].items()} | dict(inputs)
    step = action_step("Audit")
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], text)
        for name, text in step["env"].items()
    }
    return bash(step["run"], {**environment, **variables}, folder, "-e", "-o", "pipefail")


def output_of(environment: Mapping[str, str]) -> dict[str, str]:
    lines = Path(environment["GITHUB_OUTPUT"]).read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


GITHUB = needs("github", "sarif", "markdown")


@GITHUB
@pytest.mark.parametrize(
    "inputs",
    [
        {"documents": "*.arm.json"},
        {"subscriptions": f"{SUBSCRIPTION}\n", "arguments": "-g rg-apis\n--hygiene"},
    ],
)
def test_the_action_reports_to_summary_and_outputs(
    inputs: dict[str, str], environment: dict[str, str], folder: Path
) -> None:
    done = run_action(inputs, environment, folder)
    assert done.returncode == 0, done.stderr
    output = output_of(environment)
    assert output["status"] == "3"
    assert json.loads(Path(output["sarif"]).read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert json.loads(Path(output["json"]).read_text(encoding="utf-8"))["summary"]["instances"] == 1
    assert "contoso" in Path(environment["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert "::error" in done.stdout
    assert "::group::apim-audit\n::stop-commands::" in done.stdout


@GITHUB
def test_the_action_tells_a_status_without_a_report(environment: dict[str, str], folder: Path) -> None:
    done = run_action({"documents": "missing-*.json"}, environment, folder)
    assert (done.returncode, output_of(environment)) == (0, {"status": "5"})
    assert "no audit was performed" in done.stderr
    assert run_action({}, environment, folder).returncode == 0
    assert output_of(environment)["status"] == "2"


@GITHUB
@pytest.mark.parametrize("name", ["documents", "subscriptions", "arguments"])
def test_no_input_is_a_command(name: str, environment: dict[str, str], folder: Path) -> None:
    run_action({"documents": "a.arm.json", name: HOSTILE}, environment, folder)
    assert not (folder / "stolen").exists()
    assert output_of(environment)["status"] in {"2", "5"}


@pytest.mark.parametrize("status", ["0", "3", "4", "5", ""])
def test_the_last_step_of_the_action_gives_the_status(status: str, environment: dict[str, str], folder: Path) -> None:
    done = bash(action_step("Verdict")["run"], {**environment, "STATUS": status}, folder, "-e", "-o", "pipefail")
    assert done.returncode == int(status or "1")


def shell_of(path: Path) -> Iterator[str]:
    """Every piece of shell in a file of steps."""
    waiting: list[Any] = [load(path)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from (text for key, text in value.items() if key in {"run", "bash", "inlineScript"})
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


@pytest.mark.parametrize("path", [ACTION, AZURE], ids=lambda path: path.name)
def test_no_shell_holds_an_expression_of_the_platform(path: Path, environment: dict[str, str], folder: Path) -> None:
    scripts = list(shell_of(path))
    assert len(scripts) >= 2
    for script in scripts:
        assert "${{" not in script
        assert bash(script, environment, folder, "-n").returncode == 0


def azure_step(key: str, value: str) -> dict[str, Any]:
    return next(step for step in load(AZURE)["steps"] if step.get(key) == value)


@needs("azure-pipelines", "junit", "markdown")
@pytest.mark.parametrize(("subscriptions", "status"), [(SUBSCRIPTION, 3), (HOSTILE, 2)])
def test_the_template_of_azure_pipelines(
    subscriptions: str, status: int, environment: dict[str, str], folder: Path
) -> None:
    step = azure_step("task", "AzureCLI@2")
    assert set(step["env"]) == {"SUBSCRIPTIONS", "ARGUMENTS"}
    reports = Path(environment["AGENT_TEMPDIRECTORY"]) / "apim-audit-reports"
    reports.mkdir()
    given = {"SUBSCRIPTIONS": subscriptions, "ARGUMENTS": "-g rg-apis"}
    done = bash(step["inputs"]["inlineScript"], {**environment, **given}, folder)
    assert not (folder / "stolen").exists()
    assert done.returncode == status or status == 2 != done.returncode > 1, done.stderr
    if status == 3:
        assert ET.parse(reports / "apim-audit.xml").getroot().tag == "testsuites"  # noqa: S314  (our own)
        assert f"##vso[task.uploadsummary]{reports}/apim-audit.md" in done.stdout


def gitlab_job() -> dict[str, Any]:
    job: dict[str, Any] = load(GITLAB)["apim-audit"]
    return job


@needs("junit")
def test_the_job_of_gitlab(environment: dict[str, str], folder: Path) -> None:
    script = "\n".join(gitlab_job()["script"])
    given = {"SUBSCRIPTIONS": SUBSCRIPTION, "ARGUMENTS": "-g rg-apis", "AZURE_ID_TOKEN": "a-token"}
    done = bash(f"{script}\n", {**environment, **given}, folder, "-e", "-o", "pipefail")
    assert done.returncode == 3, done.stderr
    assert ET.parse(folder / "apim-audit.xml").getroot().tag == "testsuites"  # noqa: S314
    reports = gitlab_job()["artifacts"]
    assert [*reports["paths"], reports["reports"]["junit"]] == ["apim-audit.json", "apim-audit.xml"]
    assert {path.name for path in folder.iterdir()} == {"a.arm.json", "apim-audit.json", "apim-audit.xml"}


def test_the_hook_judges_the_files_it_is_given(environment: dict[str, str], folder: Path) -> None:
    (hook,) = load(HOOKS)
    assert re.search(hook["files"], "network/a.arm.json")
    assert not re.search(hook["files"], "package.json")
    assert hook["require_serial"]  # all files are one estate
    entry = " ".join([hook["entry"], *hook["args"], "a.arm.json"])
    done = bash(entry, environment, folder)
    assert (done.returncode, "management" in done.stdout) == (3, True)
    accepted = " ".join([hook["entry"], "--fail-on", "never", *hook["args"], "a.arm.json"])
    assert bash(accepted, environment, folder).returncode == 0


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in lines]


def test_the_image_is_slim_and_its_user_is_not_root() -> None:
    found = instructions()
    last_stage = found[max(index for index, (word, _) in enumerate(found) if word == "FROM") :]
    assert all(re.fullmatch(r"python:3\.\d+-slim( AS \w+)?", rest) for word, rest in found if word == "FROM")
    users = [rest for word, rest in last_stage if word == "USER"]
    assert users == ["65532:65532"]
    assert json.loads(dict(last_stage)["ENTRYPOINT"]) == ["apim-audit"]
    assert "ADD" not in dict(found)


def test_everything_that_the_image_copies_is_there_and_let_through() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }
    assert copied == let_through
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_the_shell_of_the_image_is_sound(environment: dict[str, str], folder: Path) -> None:
    scripts = [rest for word, rest in instructions() if word == "RUN"]
    assert len(scripts) == 2
    for script in scripts:
        done = subprocess.run(["/bin/sh", "-n", "-c", script], capture_output=True, check=False, cwd=folder)  # noqa: S603
        assert done.returncode == 0, environment
