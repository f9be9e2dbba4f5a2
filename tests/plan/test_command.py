"""The command itself: files in, a report and an exit status out."""

import io
import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from apim_audit.cli import main
from apim_audit.cli.options import Plan
from apim_audit.cli.parsing import parse
from apim_audit.run import Deployment, Gate, Target
from tests.plan.judging import RULES, SUBSCRIPTION, estate, kept, rule_address, separate
from tests.plan.terraform_plans import plan
from tests.report.strict_schema import STRICT


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = separate()
    gone = plan(kept(blocks, AllowManagement=blocks[rule_address("AllowManagement")].gone()))
    Path("plan.json").write_text(json.dumps(gone), encoding="utf-8")
    Path("onto.json").write_text(json.dumps(estate()), encoding="utf-8")


def test_the_command_says_what_is_planned_onto_what() -> None:
    argv = "plan a b --onto c --parameters p --gate ALL --all -g rg --location here --subscription s"
    found = parse(argv.split())
    assert isinstance(found, Plan)
    assert found.deployment == Deployment(
        ("a", "b"), ("p",), ("c",), every=True, subscription="s", resource_group="rg", location="here"
    )
    assert found.gate is Gate.ALL
    live = parse(["plan", "a", "--onto-subscription", "s", "--admin-rules", "--cloud", "azurechinacloud"])
    assert isinstance(live, Plan)
    assert live.deployment.onto_live == Target(("s",), cloud="AzureChinaCloud", admin_rules=True)


def test_what_the_plan_causes_fails_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "plan.json", "--onto", "onto.json", "--report", "json=out.json"]) == 3
    shown = " ".join(capsys.readouterr().out.split())
    assert f"caused by the plan: {rule_address('AllowManagement')} (plan.json)" in shown
    assert "caused by the plan: 1 error; already there: nothing" in shown
    report = json.loads(Path("out.json").read_text(encoding="utf-8"))
    Draft202012Validator(STRICT).validate(report)
    (check,) = [each for each in report["instances"][0]["locations"][0]["checks"] if each.get("change") == "caused"]
    assert check["requirement"] == "management"
    assert check["origins"] == [{"file": "plan.json", "line": None, "address": rule_address("AllowManagement")}]
    assert report["fixed"] == []


def test_gaps_that_were_there_count_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    rules = RULES[:1] + RULES[2:]
    blocks = separate(rules)
    altered = plan(kept(blocks, AllowSql=blocks[rule_address("AllowSql")].altered(description="x")))
    Path("plan.json").write_text(json.dumps(altered), encoding="utf-8")
    Path("onto.json").write_text(json.dumps(estate(rules)), encoding="utf-8")
    assert main(["plan", "plan.json", "--onto", "onto.json"]) == 0
    assert "already there" in capsys.readouterr().out
    assert main(["plan", "plan.json", "--onto", "onto.json", "--gate", "all"]) == 3


def test_what_is_fixed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = separate()
    Path("plan.json").write_text(
        json.dumps(plan(kept(blocks, AllowManagement=blocks[rule_address("AllowManagement")]))), encoding="utf-8"
    )
    Path("onto.json").write_text(json.dumps(estate(RULES[:1] + RULES[2:])), encoding="utf-8")
    assert main(["plan", "plan.json", "--onto", "onto.json"]) == 0
    shown = capsys.readouterr().out
    assert "Fixed: 1 gap of those that were there before\n  - apis / westeurope: management (was missing)" in shown


def test_a_plan_on_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(Path("plan.json").read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["plan", "-", "--onto", "onto.json"]) == 3
    assert "(standard input)" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("plan - --onto -", "standard input (-) can be read only once"),
        ("plan plan.json --onto onto.json --onto-subscription s", "either in files (--onto) or read live"),
        ("plan plan.json --gate some", "gate"),
        ("plan", "Missing argument"),
    ],
)
def test_what_makes_no_sense_is_usage(capsys: pytest.CaptureFixture[str], arguments: str, told: str) -> None:
    assert main(arguments.split()) == 2
    assert told in capsys.readouterr().err


def test_what_is_no_plan_is_no_audit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "onto.json"]) == 5
    error = capsys.readouterr().err
    assert "no audit was performed: the plan cannot be read:" in error
    assert "hint: Give a plan as JSON (terraform show -json PLANFILE" in error


def template() -> str:
    service, network, group = estate()
    resources = [
        {"type": each["type"], "apiVersion": "2024-05-01", "name": each["name"], "location": each["location"],
         "properties": each["properties"], **({"sku": each["sku"]} if "sku" in each else {})}
        for each in (group, network, service)
    ]  # fmt: skip
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources}, indent=1)


def test_a_template_and_a_what_if_answer_are_laid_over_the_same_state(capsys: pytest.CaptureFixture[str]) -> None:
    Path("main.json").write_text(template().replace('"3443"', '"3444"'), encoding="utf-8")
    # The subscription is that of the current state, which has only one.
    assert main(["plan", "main.json", "--onto", "onto.json", "-g", "rg-apis"]) == 3
    shown = capsys.readouterr().out
    assert "caused by the plan: main.json, line " in shown
    assert "management" in shown
    changed = json.loads(Path("onto.json").read_text(encoding="utf-8"))[2]
    changed["properties"]["securityRules"] = changed["properties"]["securityRules"][:1]
    answer = {"status": "Succeeded", "changes": [
        {"resourceId": changed["id"], "changeType": "Modify", "before": None, "after": changed}
    ]}  # fmt: skip
    Path("what-if.json").write_text(json.dumps(answer), encoding="utf-8")
    assert main(["plan", "what-if.json", "--onto", "onto.json"]) == 3
    assert "caused by the plan: what-if.json" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the compiler is a shell script")
def test_a_bicep_file_is_compiled_by_the_compiler_on_the_path(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("compiled.json").write_text(template(), encoding="utf-8")
    Path("main.bicep").write_text("// compiled by the stand-in", encoding="utf-8")
    compiler = Path("bin/bicep")
    compiler.parent.mkdir()
    compiler.write_text(f"#!/bin/sh\ncat {Path('compiled.json').absolute()}\n", encoding="utf-8")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{compiler.parent.absolute()}:/usr/bin:/bin")
    assert main(["plan", "main.bicep", "--subscription", SUBSCRIPTION, "-g", "rg-apis"]) == 0
    assert "compliant" in capsys.readouterr().out
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["plan", "main.bicep"]) == 5
    assert "there is no Bicep compiler on the path" in capsys.readouterr().err
