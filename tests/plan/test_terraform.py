"""Terraform plans: what each way of writing an estate comes to."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit.core.facts.verdicts import Verdict
from apim_audit.demo.documents import deny_in
from apim_audit.plan.model import UNTOLD_SUBSCRIPTION
from tests.plan.judging import (
    NSG,
    RULES,
    SUBNET,
    SUBSCRIPTION,
    VNET,
    caused,
    checked,
    estate,
    found,
    inline,
    judged,
    judged_blocks,
    kept,
    rule_address,
    separate,
    status,
    verdicts,
)
from tests.plan.stories import ASSOCIATION, GROUP, hub_and_spoke
from tests.plan.terraform_plans import Block, plan

Json = dict[str, Any]
FINE = {"management": "compliant", "storage": "compliant", "nsg-attached": "compliant"}


def some(report: Any) -> dict[str, str]:
    return {name: verdict for name, verdict in verdicts(report).items() if name in FINE}


@pytest.mark.parametrize("written", [inline, separate])
def test_an_estate_that_is_created_is_judged_like_its_documents(tmp_path: Path, written: Any) -> None:
    report = judged_blocks(tmp_path, written().values())
    expected = checked(estate())
    assert {(c.id, c.verdict, c.evidence) for c in expected.checks()} <= {
        (c.id, c.verdict, c.evidence) for c in report.checks()
    }
    assert verdicts(report).keys() - verdicts(expected).keys() == {"rules-accepted"}


@pytest.mark.parametrize("action", ["replace", "create-first"])
def test_a_rule_that_is_replaced_is_there_in_the_end(tmp_path: Path, action: str) -> None:
    blocks = separate()
    old = blocks[rule_address("AllowSql")]
    new = replace(old, action=action, before=old.kept().before)
    report = judged_blocks(tmp_path, kept(blocks, AllowSql=new), estate())
    assert not caused(report)
    assert found(report, "sql").verdict is Verdict.COMPLIANT


def test_what_terraform_forgets_stays(tmp_path: Path) -> None:
    blocks = separate()
    forgotten = replace(blocks[rule_address("AllowSql")].gone(), action="forget")
    report = judged_blocks(tmp_path, kept(blocks, AllowSql=forgotten), estate(), every=True)
    assert found(report, "sql").verdict is Verdict.COMPLIANT


def test_what_is_moved_to_another_address_is_the_same(tmp_path: Path) -> None:
    blocks = separate()
    moved = replace(
        blocks[rule_address("AllowSql")].kept(), key="Sql", extra={"previous_address": rule_address("AllowSql")}
    )
    assert not judged_blocks(tmp_path, kept(blocks, AllowSql=moved), estate()).instances


def test_rules_that_move_out_of_their_nsg(tmp_path: Path) -> None:
    # The author empties security_rule and writes each rule as a resource of its own.
    before, after = inline(), separate()
    group = before[f"{GROUP}.nsg"].altered(security_rule=[])
    rules = [block for block in after.values() if block.type == "azurerm_network_security_rule"]
    others = [block.kept() for block in before.values() if block.type != GROUP]
    report = judged_blocks(tmp_path, [group, *rules, *others], estate())
    assert not caused(report)
    assert some(report) == FINE


def test_rules_that_move_out_while_the_nsg_stays_as_it_is(tmp_path: Path) -> None:
    # The author only takes the blocks away: the provider leaves the NSG alone, and the rules are imported.
    blocks = separate()
    rules = [block.altered(description="x") for block in blocks.values() if block.type.endswith("_rule")]
    others = [block.kept() for block in blocks.values() if not block.type.endswith("_rule")]
    report = judged_blocks(tmp_path, [*others, *rules], estate())
    assert some(report) == FINE
    assert not caused(report)


def test_rules_that_move_into_their_nsg_may_go_with_the_separate_ones(tmp_path: Path) -> None:
    # The NSG is written and the separate rule is deleted, in no particular order.
    blocks, written = separate(), inline()
    group = blocks[f"{GROUP}.nsg"].altered(
        security_rule=(written[f"{GROUP}.nsg"].after or {})["security_rule"], tags={"a": "b"}
    )
    rules = [block.gone() for block in blocks.values() if block.type.endswith("_rule")]
    others = [b.kept() for b in blocks.values() if not b.type.endswith("_rule") and b.type != GROUP]
    report = judged_blocks(tmp_path, [group, *rules, *others], estate())
    assert found(report, "management").verdict is Verdict.UNKNOWN
    assert status(report) == 4


def test_an_nsg_that_is_written_wipes_out_rules_that_it_does_not_name(tmp_path: Path) -> None:
    # Inline and separate rules mixed: the separate one is a no-op, and the NSG is written without it.
    blocks = separate()
    listed = (blocks[f"{GROUP}.nsg"].known)["security_rule"]
    group = blocks[f"{GROUP}.nsg"].altered(security_rule=[each for each in listed if each["name"] != "AllowSql"])
    planned = [group, *(block.kept() for block in blocks.values() if block.type != GROUP)]
    assert "sql" in caused(judged_blocks(tmp_path, planned, estate()))


def test_inline_rules_that_are_not_known_make_every_flow_unknown(tmp_path: Path) -> None:
    blocks = inline()
    group = replace(blocks[f"{GROUP}.nsg"], unknown={"id": True, "security_rule": True})
    (group.after or {}).pop("security_rule")
    report = judged_blocks(tmp_path, [group, *(b for b in blocks.values() if b.type != GROUP)])
    assert found(report, "management").verdict is Verdict.UNKNOWN
    assert f"{GROUP}.nsg.security_rule" in (found(report, "management").reason or "")
    assert found(report, "rules-accepted").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("attribute", ["priority", "access", "destination_port_range", "protocol"])
def test_an_unknown_field_makes_its_direction_unknown_with_the_attribute_named(tmp_path: Path, attribute: str) -> None:
    blocks = separate()
    rule = blocks[rule_address("AllowSql")]
    after = {name: value for name, value in (rule.after or {}).items() if name != attribute}
    unknown = replace(rule, after=after, unknown={"id": True, attribute: True})
    report = judged_blocks(tmp_path, kept(blocks, AllowSql=unknown), estate([*RULES[:4], *RULES[5:]]))
    check = found(report, "storage")
    assert check.verdict is Verdict.UNKNOWN
    assert f"is not known until the deployment: {rule.address}.{attribute}" in (check.reason or "")
    assert found(report, "management").verdict is Verdict.COMPLIANT
    assert found(report, "rules-accepted").verdict is Verdict.UNKNOWN


def test_an_unknown_prefix_concerns_only_what_it_may_match(tmp_path: Path) -> None:
    blocks = separate((*RULES, deny_in(90 + 10, "DenySome", "192.0.2.0/24", "443")))
    rule = blocks[rule_address("DenySome")]
    after = {name: value for name, value in (rule.after or {}).items() if name != "source_address_prefix"}
    unknown = replace(rule, after={**after, "priority": 99 + 2}, unknown={"id": True, "source_address_prefix": True})
    raised = blocks[rule_address("AllowClients")].altered(priority=3000)
    report = judged_blocks(tmp_path, kept(blocks, DenySome=unknown, AllowClients=raised), estate())
    check = found(report, "client-https")
    assert check.verdict is Verdict.UNKNOWN
    assert f"{rule.address}.source_address_prefix" in (check.reason or "")
    assert found(report, "management").verdict is Verdict.COMPLIANT


def test_a_rule_whose_name_is_not_known_serves_all_the_same(tmp_path: Path) -> None:
    blocks = separate()
    rule = blocks[rule_address("AllowSql")]
    after = {name: value for name, value in (rule.after or {}).items() if name != "name"}
    nameless = replace(rule, after=after, unknown={"id": True, "name": True})
    report = judged_blocks(tmp_path, kept(blocks, AllowSql=nameless), estate([*RULES[:4], *RULES[5:]]))
    assert found(report, "sql").verdict is Verdict.COMPLIANT


def test_what_is_sensitive_is_never_shown(tmp_path: Path) -> None:
    hidden = "198.51.100.77"
    blocks = separate((*RULES, deny_in(4000, "DenySome", hidden, "443")))
    rule = replace(blocks[rule_address("DenySome")], sensitive={"source_address_prefix": True})
    raised = blocks[rule_address("AllowClients")].altered(priority=4001)
    report = judged_blocks(tmp_path, kept(blocks, DenySome=rule, AllowClients=raised), estate())
    check = found(report, "client-https")
    assert check.verdict is Verdict.UNKNOWN
    assert "which the plan marks as sensitive" in (check.reason or "")
    assert hidden not in repr(report)


def test_an_association_that_goes_leaves_the_subnet_without_nsg(tmp_path: Path) -> None:
    blocks = separate()
    planned = [b.gone() if b.address == ASSOCIATION else b.kept() for b in blocks.values()]
    assert caused(judged_blocks(tmp_path, planned, estate()))["nsg-attached"] == "missing"


def test_the_nsg_of_a_subnet_that_the_plan_does_not_tell_is_unknown(tmp_path: Path) -> None:
    blocks = separate()
    full = blocks["azurerm_virtual_network.vnet"]
    network = replace(full, known={"id": full.known["id"]})
    others = [b for b in blocks.values() if b.address != ASSOCIATION and b.type != network.type]
    report = judged_blocks(tmp_path, [network.kept(), *(b.kept() for b in others)], every=True)
    assert found(report, "nsg-attached").verdict is Verdict.UNKNOWN
    assert "azurerm_subnet.vnet-apim" in (found(report, "nsg-attached").reason or "")


def test_a_reference_to_one_of_two_subnets_is_not_guessed(tmp_path: Path) -> None:
    blocks = separate()
    service = replace(
        blocks["azurerm_api_management.apis"],
        expressions={
            "virtual_network_configuration": [{"subnet_id": "azurerm_subnet.vnet-apim.id azurerm_subnet.other.id"}]
        },
    )
    other = replace(blocks["azurerm_subnet.vnet-apim"], name="other", after={
        **(blocks["azurerm_subnet.vnet-apim"].after or {}), "name": "other"
    })  # fmt: skip
    planned = [*(b for b in blocks.values() if b.type != service.type), service, other]
    report = judged_blocks(tmp_path, planned)
    assert {check.verdict for check in report.checks()} <= {Verdict.UNKNOWN, Verdict.COMPLIANT, Verdict.NOT_APPLICABLE}
    assert found(report, "management").verdict is Verdict.UNKNOWN
    assert "virtual_network_configuration[0].subnet_id" in (found(report, "management").reason or "")


def test_an_id_put_together_from_a_vnet_is_not_the_vnet(tmp_path: Path) -> None:
    blocks = separate()
    association = replace(
        blocks[ASSOCIATION],
        expressions={
            "subnet_id": "azurerm_virtual_network.vnet.id each.value.name",
            "network_security_group_id": f"{GROUP}.nsg.id",
        },
    )
    report = judged_blocks(tmp_path, [*(b for b in blocks.values() if b.address != ASSOCIATION), association])
    (entry,) = [entry for entry in report.incomplete if entry.id == ASSOCIATION]
    assert entry.needed
    assert not entry.already_there
    fine = [block.kept() for block in blocks.values() if block.address != ASSOCIATION]
    # An NSG that goes to nobody knows which subnet may go to that of the instance.
    assert status(judged_blocks(tmp_path, [*fine, association], estate(), every=True)) == 4
    alone = [block for block in (*fine, association) if block.type != "azurerm_api_management"]
    assert status(judged_blocks(tmp_path, alone)) == 0


def test_modules_are_followed_through_variables_and_outputs(tmp_path: Path) -> None:
    blocks, modules = hub_and_spoke()
    report = judged(tmp_path, plan(blocks, modules))
    (location,) = report.locations()
    assert (location.subnet_id or "").split("/")[4] == "rg-spoke"
    assert (location.network_security_group_id or "").split("/")[4] == "rg-spoke"
    assert some(report) == FINE
    hub = [block for block in blocks if "hub" in block.module and block.type == "azurerm_network_security_rule"]
    report = judged(tmp_path, plan([b for b in blocks if b not in hub], modules))
    assert some(report) == FINE
    spoke = [b for b in blocks if "spoke" in b.module and b.type == "azurerm_network_security_rule"]
    report = judged(tmp_path, plan([b for b in blocks if b not in spoke], modules))
    assert some(report) != FINE


def test_a_resource_for_each_subnet_is_joined_by_its_key(tmp_path: Path) -> None:
    blocks = separate()
    plain = blocks["azurerm_subnet.vnet-apim"]
    subnets = [
        replace(plain, name="all", key=key, after={**(plain.after or {}), "name": key}) for key in ("apim", "a/b")
    ]
    written = {"subnet_id": "each.value.id", "network_security_group_id": f"{GROUP}.nsg.id"}
    joined = replace(
        blocks[ASSOCIATION], name="all", key="apim", expressions={"for_each": "azurerm_subnet.all", **written}
    )
    service = replace(
        blocks["azurerm_api_management.apis"],
        expressions={"virtual_network_configuration": [{"subnet_id": 'azurerm_subnet.all["apim"].id'}]},
    )
    others = [b for b in blocks.values() if b.address not in {plain.address, ASSOCIATION, service.address}]
    report = judged_blocks(tmp_path, [*others, *subnets, joined, service])
    assert some(report) == FINE
    assert next(report.locations()).subnet_id == SUBNET.replace(SUBSCRIPTION, UNTOLD_SUBSCRIPTION)


def azapi(address: str, arm_type: str, name: str, body: Any, **more: Any) -> Block:
    after = {"type": f"{arm_type}@2024-05-01", "name": name, "body": body, "parent_id": NSG.partition("/providers")[0]}
    return Block("azapi_resource", address, after={**after, **more}, unknown={"id": True, "output": True})


@pytest.mark.parametrize("form", [lambda body: body, json.dumps], ids=["object", "text"])
def test_the_same_estate_written_with_azapi(tmp_path: Path, form: Any) -> None:
    service, network, group = estate()
    bodies = {
        each["name"]: {"properties": each["properties"], **({"sku": each["sku"]} if "sku" in each else {})}
        for each in (service, network, group)
    }
    blocks = [
        azapi(each["name"], each["type"], each["name"], form(bodies[each["name"]]), location=each["location"])
        for each in (service, network, group)
    ]
    report = judged_blocks(tmp_path, blocks)
    assert {k: v for k, v in verdicts(report).items() if k != "rules-accepted"} == verdicts(checked(estate()))


def test_azapi_updates_a_part(tmp_path: Path) -> None:
    body: Json = {"properties": {"securityRules": []}}
    after = {"type": "Microsoft.Network/networkSecurityGroups@2024-05-01", "resource_id": NSG, "body": body}
    report = judged_blocks(tmp_path, [Block("azapi_update_resource", "nsg", after=after)], estate())
    assert caused(report)["management"] == "missing"


def test_data_sources_tell_what_is_there(tmp_path: Path) -> None:
    blocks = separate()
    rules = blocks[f"{GROUP}.nsg"].known["security_rule"]
    group = {"id": NSG, "name": "nsg", "resource_group_name": "rg-apis", "security_rule": rules}
    inside = {
        "id": SUBNET, "name": "apim", "virtual_network_name": "vnet", "resource_group_name": "rg-apis",
        "address_prefixes": ["10.0.1.0/24"], "network_security_group_id": NSG, "route_table_id": "",
        "service_endpoints": [],
    }  # fmt: skip
    around = {"id": VNET, "name": "vnet", "address_space": ["10.0.0.0/16"], "dns_servers": []}
    told = {GROUP: group, "azurerm_subnet": inside, "azurerm_virtual_network": around}
    resources = [
        {"address": f"data.{kind}.x", "mode": "data", "type": kind, "name": "x", "values": values}
        for kind, values in told.items()
    ]
    state = {"values": {"root_module": {"resources": resources}}}
    service = replace(
        blocks["azurerm_api_management.apis"],
        expressions={"virtual_network_configuration": [{"subnet_id": "data.azurerm_subnet.x.id"}]},
    )
    report = judged(tmp_path, plan([service], prior_state=state))
    assert some(report) == FINE


def test_a_parent_that_is_only_named_is_found_by_its_name(tmp_path: Path) -> None:
    # Two subscriptions are at play, and nothing refers to the NSG: it is the one of that name and resource group.
    blocks = separate()
    rule = replace(blocks[rule_address("AllowSql")], expressions={})
    elsewhere = NSG.replace(SUBSCRIPTION, "22222222-2222-3333-4444-555555555555").replace("nsg", "other")
    other = Block(GROUP, "other", after={"name": "other", "security_rule": []}, known={"id": elsewhere}).kept()
    report = judged_blocks(tmp_path, [*kept(blocks, AllowSql=rule), other], estate([*RULES[:4], *RULES[5:]]))
    assert found(report, "sql").verdict is Verdict.COMPLIANT


def test_an_association_counts_before_a_state_that_is_not_refreshed(tmp_path: Path) -> None:
    blocks = separate()
    network = blocks["azurerm_virtual_network.vnet"]
    (inside,) = network.known["subnet"]
    stale = replace(network, known={**network.known, "subnet": [{**inside, "security_group": ""}]})
    others = [block.kept() for block in blocks.values() if block.type != network.type]
    for planned in ([stale.kept(), *others], [*others, stale.kept()]):
        report = judged_blocks(tmp_path, planned, every=True)
        assert found(report, "nsg-attached").verdict is Verdict.COMPLIANT
