"""Templates: parameters, loops, conditions, children, nested deployments, order, lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from apim_audit.errors import NoAuditError
from apim_audit.plan.model import Plan, Writing
from apim_audit.plan.template import DeploymentContext, ParameterFile, is_template, read_linked, read_template
from apim_audit.snapshot import unknown_name
from tests.plan.template.small import (
    CONTEXT,
    GROUP,
    NSG,
    SCHEMA,
    nested,
    nsg,
    only,
    planned,
    properties,
    rule,
    template,
)

VNET = {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01", "name": "v", "properties": {
    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}  # fmt: skip


def rules(plan: Plan) -> list[dict[str, Any]]:
    return list(properties(only(plan))["securityRules"])


def names(plan: Plan) -> list[str]:
    return [change.id.partition("/Microsoft.Network/")[2] for change in plan.changes]


def messages(plan: Plan) -> str:
    return "\n".join(entry.message for entry in plan.incomplete)


# Parameters


def test_parameters_come_from_the_file_and_else_from_their_defaults() -> None:
    body = template(
        nsg("[concat(parameters('first'), parameters('second'))]"),
        parameters={
            "first": {"type": "string"},
            "second": {"type": "string", "defaultValue": "[toLower(parameters('FIRST'))]"},
        },
    )
    assert names(planned(body, {"First": "A"})) == ["networkSecurityGroups/Aa"]


def test_a_parameter_without_value_is_unknown_and_named() -> None:
    body = template(
        nsg(properties={"securityRules": [rule(priority="[parameters('p')]")]}), parameters={"p": {"type": "int"}}
    )
    plan = planned(body)
    assert unknown_name(rules(plan)[0]["properties"]["priority"]) == "parameters('p')"
    assert "parameter p has no value" in messages(plan)


def test_a_parameter_that_nothing_needs_is_not_missed() -> None:
    assert planned(template(nsg(), parameters={"unused": {"type": "string"}})).incomplete == ()


@pytest.mark.parametrize(
    ("definition", "value", "problem"),
    [
        ({"type": "int"}, "5", "parameter p is a text, not of the type int"),
        ({"type": "int"}, True, "parameter p is a truth value"),
        ({"type": "string", "allowedValues": ["a", "b"]}, "c", "parameter p is not among the values"),
        ({"type": "array", "minLength": 2}, [1], "parameter p is below the template's minLength"),
        ({"type": "int", "maxValue": 9}, 10, "parameter p is above the template's maxValue"),
        ({"type": "object"}, None, "parameter p is null"),
        ({"$ref": "#/definitions/t"}, 5, "parameter p is a number, not of the type string"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(definition: dict[str, Any], value: object, problem: str) -> None:
    body = template(nsg(), parameters={"p": definition}, definitions={"t": {"type": "string"}})
    with pytest.raises(NoAuditError, match=problem):
        planned(body, {"p": value})


def test_a_value_for_a_parameter_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoAuditError, match="parameter other is not one of the template's"):
        planned(template(nsg()), {"other": 1})


def test_every_problem_of_a_parameter_file_is_told_at_once() -> None:
    body = template(nsg(), parameters={"a": {"type": "int"}, "b": {"type": "bool"}})
    with pytest.raises(NoAuditError, match=r"parameter a .*; parameter b "):
        planned(body, {"a": "x", "b": "y"})


@pytest.mark.parametrize("type_name", ["secureString", "secureObject"])
def test_secure_values_are_in_no_output(type_name: str) -> None:
    secret = "hunter2" if type_name == "secureString" else {"x": "hunter2"}
    for parameters in ({"s": {"type": type_name}}, {"s": {"type": type_name, "defaultValue": secret}}):
        body = template(nsg("[string(parameters('s'))]", properties={"x": "[parameters('s')]"}), parameters=parameters)
        given = {} if "defaultValue" in parameters["s"] else {"s": secret}
        assert "hunter2" not in repr(planned(body, given))
    with pytest.raises(NoAuditError) as caught:
        planned(template(parameters={"s": {"type": "secureString", "allowedValues": ["x"]}}), {"s": 22222})
    assert "22222" not in str(caught.value)


def test_a_key_vault_reference_is_unknown() -> None:
    body = template(nsg(properties={"x": "[parameters('s')]"}), parameters={"s": {"type": "string"}})
    values = {"parameters": {"s": {"reference": {"keyVault": {"id": "/x"}, "secretName": "y"}}}}
    plan = read_template("t.json", json.dumps(body), [ParameterFile("p.json", json.dumps(values))], CONTEXT)
    assert unknown_name(properties(only(plan))["x"]) == "parameters('s')"


def test_the_last_parameter_file_counts() -> None:
    body = json.dumps(template(nsg("[parameters('p')]"), parameters={"p": {"type": "string"}}))
    files = [
        ParameterFile(name, json.dumps({"parameters": {key: {"value": name}}}))
        for key, name in (("p", "a"), ("P", "b"))
    ]
    assert names(read_template("t.json", body, files, CONTEXT)) == ["networkSecurityGroups/b"]


@pytest.mark.parametrize("text", ["[]", "{", '{"parameters": {"p": 5}}', '{"parameters": []}'])
def test_a_file_that_is_no_parameter_file_is_refused_by_name(text: str) -> None:
    with pytest.raises(NoAuditError, match=r"wrong\.json"):
        read_template("t.json", json.dumps(template(nsg())), [ParameterFile("wrong.json", text)], CONTEXT)


def test_a_nullable_parameter_is_null() -> None:
    parameters = {"p": {"type": "string", "nullable": True}}
    body = template(nsg(properties={"x": "[coalesce(parameters('p'), 'none')]"}), parameters=parameters)
    assert properties(only(planned(body)))["x"] == "none"


def test_variables_and_parameters_that_turn_in_circles_are_told() -> None:
    circle = template(
        nsg(properties={"x": "[variables('a')]", "y": "[parameters('p')]"}),
        variables={"a": "[variables('b')]", "b": "[variables('a')]"},
        parameters={"p": {"type": "string", "defaultValue": "[parameters('p')]"}},
    )
    plan = planned(circle)
    assert "variable a depends on itself" in messages(plan)
    assert "parameter p depends on itself" in messages(plan)
    assert unknown_name(properties(only(plan))["x"]) is not None


# Loops and conditions


def test_a_resource_is_copied() -> None:
    body = template(nsg("[format('n{0}-{1}', copyIndex(), copyIndex('loop', 10))]", copy={"name": "loop", "count": 2}))
    assert names(planned(body)) == ["networkSecurityGroups/n0-10", "networkSecurityGroups/n1-11"]


def test_properties_are_copied_and_keep_their_line() -> None:
    loop = {
        "name": "securityRules",
        "count": "[length(variables('ports'))]",
        "input": rule(
            "[concat('r', copyIndex('securityRules'))]",
            priority="[copyIndex('securityRules', 100)]",
            destinationPortRange="[string(variables('ports')[copyIndex('securityRules')])]",
        ),
    }
    plan = planned(template(nsg(properties={"copy": [loop]}), variables={"ports": [443, 3443]}))
    found = [
        (each["name"], each["properties"]["priority"], each["properties"]["destinationPortRange"])
        for each in rules(plan)
    ]
    assert found == [("r0", 100, "443"), ("r1", 101, "3443")]
    assert {origin.line for origin in only(plan).rule_origins.values()} == {
        next(
            n
            for n, line in enumerate(
                json.dumps(
                    template(nsg(properties={"copy": [loop]}), variables={"ports": [443, 3443]}), indent=1
                ).splitlines(),
                1,
            )
            if '"input"' in line
        )
    }


def test_variables_are_copied_at_both_places() -> None:
    loop = {"name": "ports", "count": 2, "input": "[copyIndex('ports', 1)]"}
    body = template(
        nsg(properties={"a": "[variables('ports')]", "b": "[variables('object').ports]"}),
        variables={"copy": [loop], "object": {"copy": [loop]}},
    )
    found = properties(only(planned(body)))
    assert found["a"] == found["b"] == [1, 2]


def test_a_false_condition_takes_a_resource_away_but_not_its_children() -> None:
    child = {"type": "securityRules", "name": "r", "properties": rule()["properties"]}
    plan = planned(template(nsg(condition="[equals(1, 2)]", resources=[child])))
    assert names(plan) == ["networkSecurityGroups/nsg/securityRules/r"]


def test_a_condition_that_is_not_known_leaves_nothing_certain() -> None:
    plan = planned(template(nsg(condition="[empty(reference('x').y)]", properties={"securityRules": [rule()]})))
    assert unknown_name(only(plan).body["properties"]) == "condition empty(reference('x').y)"  # type: ignore[index]
    assert "perhaps written" in messages(plan)


def test_a_rule_on_an_unknown_condition_leaves_the_other_direction_alone() -> None:
    child = {
        "type": f"{NSG}/securityRules",
        "name": "nsg/r",
        "condition": "[utcNow()]",
        "properties": rule()["properties"],
    }
    found = properties(only(planned(template(child))))
    assert found["direction"] == "Inbound"
    assert unknown_name(found["access"]) is not None


@pytest.mark.parametrize("count", ["[length(reference('x').y)]", 801, -1, "[if(true(), 'a', 'b')]"])
def test_a_loop_whose_rounds_are_not_known_is_needed(count: object) -> None:
    plan = planned(template(nsg(copy={"name": "loop", "count": count})))
    assert plan.changes == ()
    assert any(entry.needed for entry in plan.incomplete)


def test_resources_that_bear_on_no_verdict_are_not_evaluated() -> None:
    other = {"type": "Microsoft.Web/sites", "name": "[nonsense(]", "copy": {"name": "x", "count": "[fail()]"}}
    assert planned(template(other)) == Plan(())


# Children and identities


def test_children_come_after_their_parents_wherever_they_stand() -> None:
    subnet = {
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "name": "v/b",
        "properties": {"addressPrefix": "10.0.1.0/24"},
    }
    inner = {"type": "subnets", "name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}}
    plan = planned(template(subnet, {**VNET, "resources": [inner]}))
    assert names(plan) == ["virtualNetworks/v", "virtualNetworks/v/subnets/b", "virtualNetworks/v/subnets/a"]
    assert [change.body["name"] for change in plan.changes if change.body] == ["v", "b", "a"]


def test_what_is_depended_on_is_written_first() -> None:
    first = {**VNET, "name": "a", "dependsOn": ["[resourceId('Microsoft.Network/virtualNetworks', 'b')]"]}
    second = {**VNET, "name": "b", "dependsOn": ["c"]}
    plan = planned(template(first, second, {**VNET, "name": "c", "dependsOn": ["a circle", "a"]}))
    assert sorted(names(plan)) == ["virtualNetworks/a", "virtualNetworks/b", "virtualNetworks/c"]
    plan = planned(template(first, second, {**VNET, "name": "c"}))
    assert names(plan) == ["virtualNetworks/c", "virtualNetworks/b", "virtualNetworks/a"]


def test_an_unknown_name_is_the_same_wherever_it_is_referred_to() -> None:
    body = template(
        nsg("[concat('nsg-', parameters('env'))]"),
        {
            **VNET,
            "properties": {
                "subnets": [
                    {
                        "name": "s",
                        "properties": {
                            "networkSecurityGroup": {
                                "id": f"[resourceId('{NSG}', format('{{0}}-{{1}}', 'nsg', parameters('env')))]"
                            }
                        },
                    }
                ]
            },
        },
        parameters={"env": {"type": "string"}},
    )
    group, network = planned(body, context=DeploymentContext()).changes
    (subnet,) = properties(network)["subnets"]
    assert subnet["properties"]["networkSecurityGroup"]["id"] == group.id


def test_two_new_guids_are_not_the_same_name() -> None:
    parameters = {name: {"type": "string", "defaultValue": "[newGuid()]"} for name in "ab"}
    plan = planned(template(nsg("[parameters('a')]"), nsg("[parameters('b')]"), parameters=parameters))
    assert len(set(names(plan))) == 2


def test_names_of_two_unknowns_that_differ_in_case_only_differ() -> None:
    plan = planned(template(*(nsg(f"[reference('{name}').name]") for name in ("a", "A", "a/b", "a|b"))))
    assert len({change.id.lower() for change in plan.changes}) == 4


def test_an_unknown_address_is_no_made_up_one() -> None:
    body = template(
        nsg(properties={"securityRules": [rule(sourceAddressPrefix="[concat(reference('ip').ipAddress, '/32')]")]})
    )
    assert unknown_name(rules(planned(body))[0]["properties"]["sourceAddressPrefix"]) is not None


def test_a_name_that_does_not_fit_its_type_is_passed_over_and_told() -> None:
    plan = planned(template({**nsg("a/b")}))
    assert plan.changes == ()
    assert plan.incomplete[0].needed


@pytest.mark.parametrize(("version", "expected"), [("2023-04-01", []), ("2023-09-01", None), ("2024-05-01", None)])
def test_a_vnet_without_subnets_keeps_them_in_newer_versions(version: str, expected: object) -> None:
    change = only(planned(template({**VNET, "apiVersion": version})))
    assert change.writing is Writing.PART
    assert properties(change).get("subnets") == expected
    assert properties(change)["dhcpOptions"] == {"dnsServers": []}


def test_an_nsg_is_written_whole_even_without_rules() -> None:
    change = only(planned(template(nsg())))
    assert change.writing is Writing.WHOLE
    assert properties(change) == {"securityRules": []}


# Nested deployments


def inner_nsg() -> dict[str, Any]:
    return template(
        nsg("[parameters('name')]", properties={"location": "[resourceGroup().name]"}),
        parameters={"name": {"type": "string"}},
        outputs={"id": {"type": "string", "value": f"[resourceId('{NSG}', parameters('name'))]"}},
    )


def test_inner_scope_has_parameters_and_resource_group_of_its_own() -> None:
    outer = template(
        nested("d", inner_nsg(), parameters={"name": "[variables('n')]"}, resourceGroup="other"), variables={"n": "x"}
    )
    change = only(planned(outer))
    assert change.id.endswith("/resourceGroups/other/providers/Microsoft.Network/networkSecurityGroups/x")
    assert properties(change)["location"] == "other"


def test_outer_scope_sees_what_the_outer_template_sees() -> None:
    inner = template(
        nsg("[variables('n')]", properties={"location": "[resourceGroup().name]"}), variables={"n": "inner"}
    )
    change = only(planned(template(nested("d", inner, "outer", resourceGroup="other"), variables={"n": "outer"})))
    assert change.id.endswith("/resourceGroups/other/providers/Microsoft.Network/networkSecurityGroups/outer")
    assert properties(change)["location"] == "rg"


def test_outputs_of_a_nested_deployment_are_known_to_others() -> None:
    network = template(
        {
            **VNET,
            "properties": {
                "subnets": [{"name": "s", "properties": {"networkSecurityGroup": {"id": "[parameters('nsg')]"}}}]
            },
        },
        parameters={"nsg": {"type": "string"}},
    )
    reference = "[reference(resourceId('Microsoft.Resources/deployments', 'nsg')).outputs.id.value]"
    plan = planned(
        template(
            nested("vnet", network, parameters={"nsg": reference}, dependsOn=["nsg"]),
            nested("nsg", inner_nsg(), parameters={"name": "x"}),
        )
    )
    group, vnet = plan.changes
    assert properties(vnet)["subnets"][0]["properties"]["networkSecurityGroup"]["id"] == group.id


def test_symbolic_names_are_understood() -> None:
    body = template(languageVersion="2.0")
    body["resources"] = {
        "later": {**VNET, "dependsOn": ["group"], "properties": {"id": "[reference('module').outputs.id.value]"}},
        "module": nested("d", inner_nsg(), parameters={"name": "x"}),
        "group": nsg(),
        "there": {**nsg("old"), "existing": True},
    }
    plan = planned(body)
    assert names(plan) == ["networkSecurityGroups/nsg", "virtualNetworks/v", "networkSecurityGroups/x"]
    assert properties(plan.changes[1])["id"] == f"{GROUP}/providers/{NSG}/x"


def test_secure_outputs_and_missing_ones_stay_unknown() -> None:
    inner = template(outputs={"s": {"type": "securestring", "value": "hunter2"}})
    outer = template(
        nested("d", inner),
        nsg(properties={"a": "[reference('d').outputs.s.value]", "b": "[reference('d').outputs.t.value]"}),
    )
    found = properties(only(planned(outer)))
    assert unknown_name(found["a"])
    assert unknown_name(found["b"])
    assert "hunter2" not in repr(planned(outer))


def test_a_subscription_template_deploys_to_resource_groups() -> None:
    outer = template(nested("d", inner_nsg(), parameters={"name": "x"}, resourceGroup="g2"))
    outer["$schema"] = SCHEMA.replace("deploymentTemplate", "subscriptionDeploymentTemplate")
    change = only(planned(outer, context=DeploymentContext(CONTEXT.subscription_id, "g2", "westeurope")))
    assert change.id == f"{GROUP[:-2]}g2/providers/{NSG}/x"


@pytest.mark.parametrize(
    ("schema", "expression", "expected"),
    [
        (
            "subscription",
            "resourceId('A/b', 'c')",
            "/subscriptions/11111111-1111-1111-1111-111111111111/providers/A/b/c",
        ),
        ("subscription", "resourceId('x', 'A/b', 'c')", "/subscriptions/x/providers/A/b/c"),
        (
            "managementGroup",
            "resourceId('A/b', 'c')",
            "/providers/Microsoft.Management/managementGroups/mg/providers/A/b/c",
        ),
        ("managementGroup", "managementGroup().name", "mg"),
        ("tenant", "resourceId('A/b', 'c')", "/providers/A/b/c"),
        ("tenant", "tenant().tenantId", "t"),
    ],
)
def test_ids_are_those_of_the_scope(schema: str, expression: str, expected: str) -> None:
    inner = template(nsg(properties={"x": "[parameters('p')]"}), parameters={"p": {"type": "string"}})
    outer = template(nested("d", inner, parameters={"p": f"[{expression}]"}, resourceGroup="g", subscriptionId="s"))
    outer["$schema"] = SCHEMA.replace("deploymentTemplate", f"{schema}DeploymentTemplate")
    context = DeploymentContext(CONTEXT.subscription_id, tenant_id="t", management_group="mg")
    assert properties(only(planned(outer, context=context)))["x"] == expected


def test_a_resource_group_is_not_seen_from_a_subscription() -> None:
    outer = template(nested("d", template(nsg("[resourceGroup().name]")), subscriptionId="s"))
    assert "not deployed to a resource group" in messages(planned(outer))


def test_a_new_peering_keeps_what_only_azure_tells() -> None:
    peering = {"type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings", "name": "v/p", "properties": {}}
    change = only(planned(template(peering)))
    assert change.writing is Writing.PART
    assert properties(change) == {"useRemoteGateways": False}


def test_parameters_of_a_deployment_that_do_not_fit_are_told() -> None:
    inner = template(nsg(properties={"x": "[parameters('p')]"}), parameters={"p": {"type": "int"}})
    plan = planned(template(nested("d", inner, parameters={"p": "text", "q": 1})))
    assert unknown_name(properties(only(plan))["x"]) == "parameters('p')"
    assert "parameter p is a text" in messages(plan)
    assert "parameter q is not one of the template's" in messages(plan)


def test_a_parameter_file_that_a_deployment_links_to_is_told() -> None:
    deployment = nested("d", inner_nsg())
    deployment["properties"]["parametersLink"] = {"uri": "https://x"}
    assert "parameter file of the deployment d is not read" in messages(planned(template(deployment)))


def test_a_linked_template_that_is_no_json_is_needed(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    link = {"templateLink": {"relativePath": "bad.json"}}
    top = template({"type": "Microsoft.Resources/deployments", "name": "t", "properties": link})
    plan = read_template(str(tmp_path / "top.json"), json.dumps(top), (), DeploymentContext(linked=read_linked))
    assert [entry.needed for entry in plan.incomplete] == [True]
    assert "ends too early" in messages(plan) or "is not JSON" in messages(plan)


def test_the_location_of_a_resource_group_is_not_that_of_the_deployment() -> None:
    inner = template(nsg("x", location="[resourceGroup().location]"))
    outer = template(
        nested("a", inner, resourceGroup="g2"),
        nested("b", inner),
        nested("c", inner, resourceGroup="RG"),
        nested("d", inner, resourceGroup="rg", subscriptionId="22222222-2222-2222-2222-222222222222"),
    )
    known = [unknown_name(change.body["location"]) is None for change in planned(outer).changes if change.body]
    assert known == [False, True, True, False]
    outer["$schema"] = SCHEMA.replace("deploymentTemplate", "subscriptionDeploymentTemplate")
    (change, *_) = planned(outer, context=DeploymentContext(CONTEXT.subscription_id, "g2", "westeurope")).changes
    assert unknown_name((change.body or {})["location"]) is not None


def test_a_nested_deployment_on_an_unknown_condition_is_all_in_doubt() -> None:
    plan = planned(template(nested("d", inner_nsg(), parameters={"name": "x"}, condition="[utcNow()]")))
    assert unknown_name(only(plan).body["properties"]) == "condition utcNow()"  # type: ignore[index]


def test_functions_of_the_user_are_called() -> None:
    member = {
        "parameters": [{"name": "a", "type": "string"}],
        "output": {"type": "string", "value": "[concat('x', parameters('a'))]"},
    }
    plan = planned(template(nsg("[Own.Name('y')]"), functions=[{"namespace": "own", "members": {"name": member}}]))
    assert names(plan) == ["networkSecurityGroups/xy"]


def test_a_linked_template_beside_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "leaf.json").write_text(json.dumps(inner_nsg()), encoding="utf-8")
    link = {
        "mode": "Incremental",
        "templateLink": {"relativePath": "../leaf.json"},
        "parameters": {"name": {"value": "x"}},
    }
    middle = template({"type": "Microsoft.Resources/deployments", "name": "m", "properties": link})
    (tmp_path / "modules" / "middle.json").write_text(json.dumps(middle), encoding="utf-8")
    top = template(
        {
            "type": "Microsoft.Resources/deployments",
            "name": "t",
            "properties": {"templateLink": {"relativePath": "modules/middle.json"}},
        }
    )
    context = DeploymentContext(CONTEXT.subscription_id, "rg", linked=read_linked)
    plan = read_template(str(tmp_path / "top.json"), json.dumps(top), (), context)
    assert only(plan).id.endswith("/x")
    assert only(plan).origin.file == str(tmp_path / "leaf.json")


@pytest.mark.parametrize(
    "link",
    [
        {"relativePath": "absent.json"}, {"relativePath": "/etc/hosts"}, {"relativePath": "/dev/zero"},
        {"uri": "https://x/y.json"}, {"relativePath": "https://x/y.json"},
        {"id": "/subscriptions/x"}, {"relativePath": "."}, {"relativePath": "a\0b"}, 5,
    ],
)  # fmt: skip
def test_a_linked_template_that_is_not_at_hand_is_needed(link: object, tmp_path: Path) -> None:
    top = template({"type": "Microsoft.Resources/deployments", "name": "t", "properties": {"templateLink": link}})
    plan = read_template(str(tmp_path / "top.json"), json.dumps(top), (), DeploymentContext(linked=read_linked))
    assert plan.changes == ()
    assert [entry.needed for entry in plan.incomplete] == [True]


# Lines


def test_rules_are_found_on_their_lines_through_variables_and_parameter_files() -> None:
    text = json.dumps(
        template(
            nsg(properties={"securityRules": "[concat(variables('rules'), parameters('more'))]"}),
            variables={"rules": [rule("one")]},
            parameters={"more": {"type": "array"}},
        ),
        indent=1,
    )
    values = json.dumps({"parameters": {"more": {"value": [rule("two")]}}}, indent=1)
    change = only(read_template("t.json", text, [ParameterFile("p.json", values)], CONTEXT))
    one, two = change.rule_origins["one"], change.rule_origins["two"]
    assert (one.file, two.file) == ("t.json", "p.json")
    assert '"one"' in text.splitlines()[one.line or 0]
    assert '"two"' in values.splitlines()[two.line or 0]
    assert change.origin.line == 1 + next(n for n, line in enumerate(text.splitlines()) if '"resources"' in line) + 1


def test_notes_tell_what_is_made_up_and_what_complete_mode_does() -> None:
    assert planned(template(nsg())).notes == ()
    plan = planned(template(nsg()), context=DeploymentContext(complete=True))
    assert "made up" in plan.notes[0]
    assert "complete mode" in plan.notes[1]


def test_a_resource_that_is_written_twice_is_told() -> None:
    plan = planned(template(nsg("one"), nsg("ONE", properties={"securityRules": [rule()]})))
    assert [len(properties(change)["securityRules"]) for change in plan.changes] == [0, 1]
    assert plan.notes == (f"main.json: {GROUP}/providers/{NSG}/one is written 2 times; the last of them counts",)


def test_templates_are_told_from_other_json() -> None:
    assert is_template(template())
    assert not is_template({"$schema": "https://json-schema.org/x", "resources": []})
    assert not is_template([])
