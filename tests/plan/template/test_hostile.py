"""Templates that are meant to do harm end in one clear error, or in unknowns, and soon."""

import json
from typing import Any

import pytest

from apim_audit.errors import NoAuditError
from apim_audit.plan.template import read_template
from apim_audit.snapshot import unknown_name
from tests.plan.template.small import CONTEXT, nested, nsg, only, planned, properties, template, value_of


def doubling(start: str, step: str) -> dict[str, Any]:
    return {"v0": start, **{f"v{n}": step.format(n=n - 1) for n in range(1, 60)}}


@pytest.mark.parametrize(
    ("start", "step"),
    [
        ("aaaaaaaa", "[concat(variables('v{n}'), variables('v{n}'))]"),
        ("aaaaaaaa", "[format('{{0}}{{0}}', variables('v{n}'))]"),
        ("aaaaaaaa", "[replace(variables('v{n}'), 'a', variables('v{n}'))]"),
        ("[range(0, 9999)]", "[concat(variables('v{n}'), variables('v{n}'))]"),
        ("aaaaaaaa", "[base64(concat(variables('v{n}'), variables('v{n}')))]"),
    ],
)
def test_values_that_double_are_cut_off(start: str, step: str) -> None:
    assert unknown_name(value_of("length(variables('v59'))", variables=doubling(start, step))) is not None


@pytest.mark.parametrize(
    "use",
    [
        "variables('v59')",
        "string(variables('v59'))",
        "equals(variables('v59'), variables('v58'))",
        "format('{0}', variables('v59'))",
    ],
)
def test_values_that_share_their_parts_without_end_are_one_error(use: str) -> None:
    with pytest.raises(NoAuditError, match="more work than any real template"):
        value_of(use, variables=doubling("a", "[createArray(variables('v{n}'), variables('v{n}'))]"))


def test_loops_within_loops_within_loops_are_one_error() -> None:
    body: object = "x"
    for level in range(4):
        body = {"copy": [{"name": f"l{level}", "count": 800, "input": body}]}
    with pytest.raises(NoAuditError, match="more work"):
        planned(template(nsg(properties=body)))


def function(text: str) -> dict[str, Any]:
    return {"parameters": [], "output": {"type": "string", "value": text}}


def test_a_function_that_calls_itself_is_told() -> None:
    functions = [{"namespace": "own", "members": {"f": function("[concat(own.f(), own.f())]")}}]
    assert unknown_name(value_of("own.f()", functions=functions)) is not None


def test_functions_that_call_others_twice_each_are_one_error() -> None:
    members = {
        f"f{n}": function(f"[concat(own.f{n + 1}(), own.f{n + 1}(), own.f{n + 1}(), own.f{n + 1}())]")
        for n in range(30)
    }
    with pytest.raises(NoAuditError, match="more work"):
        value_of("own.f0()", functions=[{"namespace": "own", "members": members}])


def test_values_of_any_depth_are_unknown_in_their_depths() -> None:
    expression = "reduce(range(0, 5000), 0, lambda('a', 'b', createArray(lambdaVariables('a'))))"
    assert "nested too deeply" in json.dumps(value_of(expression))


def test_deployments_without_end_are_told() -> None:
    inner = template(nsg())
    for level in range(15):
        inner = template(nested(f"d{level}", inner))
    plan = planned(inner)
    assert plan.changes == ()
    assert "nested more than" in plan.incomplete[0].message
    assert plan.incomplete[0].needed


def test_deployments_that_refer_to_each_other_in_circles_are_told() -> None:
    def deployment(name: str, other: str) -> dict[str, Any]:
        inner = template(
            outputs={"o": {"type": "string", "value": "[parameters('p')]"}}, parameters={"p": {"type": "string"}}
        )
        return nested(name, inner, parameters={"p": f"[reference('{other}').outputs.o.value]"})

    plan = planned(
        template(deployment("a", "b"), deployment("b", "a"), nsg(properties={"x": "[reference('a').outputs.o.value]"}))
    )
    assert unknown_name(properties(only(plan))["x"]) is not None


@pytest.mark.parametrize(
    "expression",
    [
        "concat(" * 500 + "'a'" + ")" * 500, "x" * 30_000, "variables('" + "a" * 20_000 + "')", "a[" * 3000,
        "createObject('a', 1)" + ".a" * 100, "'" * 999,
    ],
)  # fmt: skip
def test_expressions_without_measure_are_unknown(expression: str) -> None:
    plan = planned(template(nsg(properties={"x": f"[{expression}]"})))
    assert len(unknown_name(properties(only(plan))["x"]) or "") < 200
    assert all(len(entry.message) < 700 for entry in plan.incomplete)


def test_control_characters_are_shown_harmless() -> None:
    plan = planned(template(nsg(properties={"x": "[nonsense('\x1b[31m')]"})))
    assert "\x1b" not in plan.incomplete[0].message


@pytest.mark.parametrize(
    "body",
    [
        {"resources": [None, 5, "x", [], {}]}, {"resources": {"a": 5}}, {"resources": [{"type": 5, "name": {}}]},
        {"resources": [nsg()], "variables": 5, "parameters": [], "functions": {}},
        {"resources": [nsg(properties=5)]}, {"resources": [nsg(properties=[])]}, {"resources": [{**nsg(), "name": 5}]},
        {"resources": [nsg(copy=5)]}, {"resources": [nsg(dependsOn=5)]}, {"resources": [nsg(condition={"a": 1})]},
        {"resources": [nested("d", {"resources": 5})]}, {"resources": [nested("d", 5)]},  # type: ignore[arg-type]
        {"resources": [{"type": "Microsoft.Resources/deployments", "name": "x"}]},
        {"resources": [{"type": "Microsoft.Resources/deployments", "name": "x/y/z", "properties": 5}]},
        {"resources": [nsg(resources=[{"type": "securityRules"}])]},
        {"resources": [nsg(properties={"securityRules": [5, {"name": 5}, {"properties": 5}]})]},
        {"resources": [nsg()], "parameters": {"a": 5}, "functions": [5, {"members": {"a": 5}}]},
    ],
)  # fmt: skip
def test_templates_of_any_shape_do_not_crash(body: dict[str, Any]) -> None:
    read_template("t.json", json.dumps(body), (), CONTEXT)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "5", '{"resources": 5}', "{" * 3000, "[" * 3000, '{"resources": [}', "\0"]
)
def test_what_is_no_template_is_one_error_with_its_name(text: str) -> None:
    with pytest.raises(NoAuditError, match=r"some\.json"):
        read_template("some.json", text)
