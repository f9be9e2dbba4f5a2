"""What is not known never makes a wrong value: with less known, each value is the same, or unknown."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from apim_audit.errors import NoAuditError
from apim_audit.plan.model import Plan
from apim_audit.plan.template import DeploymentContext, read_template
from apim_audit.run import audit
from apim_audit.snapshot import unknown_name
from tests.plan.template.published import ABSENT, Published, published
from tests.plan.template.small import CONTEXT, nested, nsg, planned, rule, template, value_of
from tests.plan.template.test_functions import DOCUMENTED
from tests.plan.template.test_published import as_new, snapshot

LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w.'-])-?\d+(?![\w.'])")
IDENTITIES = {"id", "name", "subnetResourceId"}
ALL = published()


def agrees(partly: Any, wholly: Any, key: str = "") -> bool:
    """Tells whether a value under less knowledge is the one under more, as far as it claims to be known."""
    if unknown_name(partly) is not None or (key in IDENTITIES and "{" in str(partly)):
        return True
    if isinstance(partly, dict) and isinstance(wholly, dict):
        return partly.keys() == wholly.keys() and all(agrees(each, wholly[name], name) for name, each in partly.items())
    if isinstance(partly, list) and isinstance(wholly, list):
        return len(partly) == len(wholly) and all(map(agrees, partly, wholly))
    return type(partly) is type(wholly) and partly == wholly


def with_one_unknown() -> Iterator[tuple[str, Any]]:
    """Yields the documented expressions, each literal in turn replaced by a parameter without value."""
    for expression, expected in DOCUMENTED:
        for match in LITERAL.finditer(expression):
            yield expression[: match.start()] + "parameters('p')" + expression[match.end() :], expected


@pytest.mark.parametrize(("expression", "expected"), [*with_one_unknown()])
def test_a_function_of_something_unknown_is_right_or_unknown(expression: str, expected: Any) -> None:
    assert agrees(value_of(expression, parameters={"p": {"type": "string"}}), expected)


@pytest.mark.skipif(not ALL, reason=ABSENT)
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.nsg.stem)
@pytest.mark.parametrize("context", [DeploymentContext(), DeploymentContext(resource_group="apim-rg")])
def test_a_published_template_of_which_less_is_known_is_right_or_unknown(
    case: Published, context: DeploymentContext
) -> None:
    partly = read_template(case.template.name, case.text, (), context).changes
    wholly = case.plan().changes
    assert len(partly) == len(wholly)
    for less, more in zip(partly, wholly, strict=True):
        assert agrees(less.body, more.body)
        assert less.rule_origins == more.rule_origins


@pytest.mark.skipif(not ALL, reason=ABSENT)
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.nsg.stem)
@pytest.mark.parametrize(
    "context",
    [
        DeploymentContext(),
        DeploymentContext(location="westeurope"),
        DeploymentContext(CONTEXT.subscription_id, "apim-rg"),
    ],
)
def test_a_verdict_of_which_less_is_known_is_the_same_or_unknown(case: Published, context: DeploymentContext) -> None:
    partly = verdicts_of(read_template(case.template.name, case.text, (), context))
    wholly = verdicts_of(case.plan())
    assert len(partly) == len(wholly)
    for (requirement, less), (other, more) in zip(partly, wholly, strict=True):
        assert requirement == other
        assert less in {more, "unknown"}


def verdicts_of(plan: Plan) -> list[tuple[str, str]]:
    report = audit(snapshot(as_new(plan)))
    return [(check.id, str(check.verdict)) for check in report.checks()]


JUNK = [
    None, 5, -1, 1.5, True, "", "[", "[]", "[[x]", [], {}, [None], "[utcNow()]", "[variables('y')]", "[copyIndex()]",
    "[createArray(1, 2)]", "[reference('d')]", "[null()]", "[concat('a/b/c', '/')]", {"$unknown": "x"}, {"copy": 5},
    {"copy": [{"name": "a", "count": 2, "input": 1}]}, "\ud800", "[json('{')]",
]  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield from paths(each, (*path, key))


def whole() -> dict[str, Any]:
    """Returns a template with a bit of everything."""
    inner = template(
        nsg("[parameters('n')]"),
        parameters={"n": {"type": "string"}},
        outputs={"id": {"type": "string", "value": "[resourceId('A/b', 'c')]"}},
    )
    loop = {"name": "securityRules", "count": 3, "input": rule("[concat('r', copyIndex('securityRules'))]")}
    return template(
        nested("d", inner, parameters={"n": "x"}),
        nsg(
            "[concat(variables('v'), copyIndex())]",
            properties={"copy": [loop], "x": "[reference('d').outputs.id.value]"},
            copy={"name": "l", "count": 2},
            condition="[equals(1, 1)]",
            dependsOn=["d"],
            resources=[{"type": "securityRules", "name": "r", "properties": rule()["properties"]}],
        ),
        variables={"v": "[toLower(parameters('p'))]", "copy": [{"name": "w", "count": 2, "input": "[copyIndex('w')]"}]},
        parameters={"p": {"type": "string", "defaultValue": "[resourceGroup().name]"}},
    )


def test_damaged_templates_are_read_or_refused_and_never_crash() -> None:
    source = random.Random(20261122)
    known = list(paths(whole()))
    for _ in range(400):
        damaged = whole()
        for _ in range(source.choice([1, 1, 2, 4])):
            _damage(damaged, source.choice(known[1:]), source)
        with suppress(NoAuditError):
            read_template("f", json.dumps(damaged), (), CONTEXT)


def _damage(body: dict[str, Any], path: tuple[Any, ...], source: random.Random) -> None:
    holder: Any = body
    try:
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = source.choice(JUNK)
    except (KeyError, IndexError, TypeError):
        return  # an earlier damage took it away


def test_the_whole_template_is_read() -> None:
    plan = planned(whole())
    assert plan.incomplete == ()
    assert len(plan.changes) == 5
