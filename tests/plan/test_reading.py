"""Files that are no plan, or a hostile one, get one clear error."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit.errors import NoAuditError
from apim_audit.plan import Plan, PlanReader
from tests.plan.judging import separate
from tests.plan.terraform_plans import Block, plan


def read(folder: Path, content: bytes, name: str = "plan.json") -> Plan:
    path = folder / name
    path.write_bytes(content)
    return PlanReader(io.BytesIO()).read([str(path)])


def error_of(folder: Path, content: bytes, name: str = "plan.json") -> str:
    with pytest.raises(NoAuditError) as caught:
        read(folder, content, name)
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"format_version": "2.0", "resource_changes": []}, "format version '2.0', and this program reads 1.x"),
        ({"format_version": 1, "resource_changes": []}, "format version 1"),
        ({"format_version": "1.0", "values": {}}, "is a Terraform state, not a plan"),
        ({"format_version": "1.0"}, "written by Terraform, but it is no plan"),
        ({"format_version": "1.2", "resource_changes": {}}, "resource_changes is an object, not an array"),
        ({"format_version": "1.2", "resource_changes": [1]}, "resource_changes[0] is a number, not an object"),
        ({"format_version": "1.2", "resource_changes": [{}]}, "resource_changes[0].address is null, not a text"),
        ({"format_version": "1.2", "configuration": []}, "configuration is an array, not an object"),
        ({"format_version": "1.2", "planned_values": {}, "prior_state": 3}, "prior_state is a number, not an object"),
        (
            {"format_version": "1.2", "resource_changes": [{"address": "a.b", "type": "a", "name": "b", "change": {}}]},
            "resource_changes[0].change.actions is not a list of texts (a.b)",
        ),
        ([], "holds an array, not a plan"),
        ({}, "neither a Terraform plan, a what-if answer nor a template"),
    ],
)
def test_what_is_no_plan_is_told_with_its_file(tmp_path: Path, body: Any, told: str) -> None:
    message = error_of(tmp_path, json.dumps(body).encode())
    assert told in message
    assert "plan.json" in message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04tfplan", "Terraform's own binary form; give what `terraform show -json` makes of it"),
        (b'{"@level":"info"}\n{"@level":"info"}\n', "is it the log of `terraform plan -json`?"),
        (b"", "is empty"),
        (b'{"format_version": "1.2", ', "is it truncated?"),
    ],
)
def test_other_output_of_terraform_is_recognised(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in error_of(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoAuditError, match=r"gone\.json: No such file"):
        PlanReader(io.BytesIO()).read([str(tmp_path / "gone.json")])


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value}
    return value


def test_deep_nesting_is_one_error_or_none(tmp_path: Path) -> None:
    block = Block("azurerm_network_security_group", "n", after={"name": "n", "tags": nested(400)})
    read(tmp_path, json.dumps(plan([block])).encode())
    deep = '{"format_version": "1.2", "resource_changes": ' + "[" * 200_000 + "]" * 200_000 + "}"
    assert "nested too deeply" in error_of(tmp_path, deep.encode())


def test_references_that_run_in_circles_end(tmp_path: Path) -> None:
    expressions = {"subnet_id": "azurerm_subnet.b.id", "virtual_network_name": "azurerm_virtual_network.a.name"}
    blocks = [
        Block("azurerm_subnet", "a", after={}, unknown={"id": True}, expressions=expressions),
        Block("azurerm_virtual_network", "a", after={}, expressions={"resource_group_name": "module.m.x"}),
        Block("azurerm_resource_group", "a", after={}, expressions={"name": "module.m.x"}),
    ]
    modules = {
        "m": {
            "expressions": {"v": {"references": ["module.m.x", "module.m"]}},
            "module": {"outputs": {"x": {"expression": {"references": ["var.v"]}}}, "resources": []},
        }
    }
    blocks.append(
        Block("azurerm_subnet", "c", after={}, module="module.m", expressions={"virtual_network_name": "var.v"})
    )
    assert read(tmp_path, json.dumps(plan(blocks, modules)).encode()).incomplete


def test_a_chain_of_outputs_is_not_followed_for_ever(tmp_path: Path) -> None:
    # Each output refers twice to the one before it: 2 to the 60 ways.
    calls: Any = {}
    module = {"outputs": {"x": {"expression": {"references": ["var.v"]}}}}
    for number in range(60):
        for letter in "mn":
            references = [f"module.{each}{number - 1}.x" for each in "mn"] if number else []
            calls[f"{letter}{number}"] = {"expressions": {"v": {"references": references}}, "module": module}
    blocks = [
        Block("azurerm_subnet", f"s{letter}{number}", after={}, module=f"module.{letter}{number}")
        for letter in "mn"
        for number in range(60)
    ]
    last = Block("azurerm_subnet", "s", after={}, expressions={"virtual_network_name": "module.m59.x"})
    assert read(tmp_path, json.dumps(plan([*blocks, last], calls)).encode()).incomplete


@pytest.mark.parametrize("junk", [None, 1, "x", [], [[]], {"a": 1}, True])
def test_attributes_of_the_wrong_type_do_not_break_the_reading(tmp_path: Path, junk: Any) -> None:
    blocks = []
    for block in separate().values():
        after = {**(block.after or {}), **block.known}
        blocks += [
            replace(block, name=f"{block.name}-{name}", after={**after, name: junk}, expressions={name: "x"})
            for name in after
        ]
    body = plan(blocks)
    body["configuration"]["root_module"]["module_calls"] = junk
    read(tmp_path, json.dumps(body).encode())


def test_an_unknown_action_and_a_plan_that_is_not_whole_are_told(tmp_path: Path) -> None:
    (first, *_) = separate().values()
    body = plan([first], errored=True, complete=False)
    body["resource_changes"][0]["change"]["actions"] = ["transmogrify"]
    messages = [entry.message for entry in read(tmp_path, json.dumps(body).encode()).incomplete]
    assert len(messages) == 3
    assert "transmogrify" in messages[2]
