"""What a plan causes, what it fixes and what was there already; and what the exit status makes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from apim_audit import run
from apim_audit.core.facts.findings import Change, Origin
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.demo.documents import deny_in, deny_out, peered, virtual_network
from tests.plan.judging import (
    NSG,
    PLACE,
    RULES,
    SERVICE,
    caused,
    checked,
    estate,
    found,
    inline,
    judged_blocks,
    kept,
    rule_address,
    separate,
    status,
    verdicts,
)
from tests.plan.terraform_plans import Block


def test_a_plan_that_changes_nothing_judges_nothing(tmp_path: Path) -> None:
    report = judged_blocks(tmp_path, kept(separate()), estate())
    assert not report.instances
    assert "1 instance that the plan does not touch was not judged (--all judges every one)" in report.notes
    assert status(report) == 0


def test_with_all_every_instance_is_judged_and_nothing_is_caused(tmp_path: Path) -> None:
    documents = estate(RULES[:3])
    report = judged_blocks(tmp_path, kept(separate(RULES[:3])), documents, every=True)
    assert verdicts(report) == verdicts(checked(documents))
    assert {check.change for check in report.checks() if check.severity != "none"} == {Change.ALREADY_THERE}
    assert status(report) == 0
    assert status(report, run.Gate.ALL) == run.GAPS


def test_a_rule_that_goes_is_a_gap_caused_at_its_address(tmp_path: Path) -> None:
    blocks = separate()
    gone = blocks[rule_address("AllowManagement")].gone()
    report = judged_blocks(tmp_path, kept(blocks, AllowManagement=gone), estate())
    assert caused(report) == {"management": "missing"}
    file = str(tmp_path / "plan.json")
    assert found(report, "management").origins == (Origin(file, address=rule_address("AllowManagement")),)
    assert status(report) == run.GAPS


def test_a_deny_that_comes_is_where_to_change_it(tmp_path: Path) -> None:
    deny = deny_out(99 + 1, "DenyAll")
    blocks = separate((*RULES[:3], deny, *(replace(rule, priority=rule.priority + 100) for rule in RULES[3:])))
    there = [b for address, b in blocks.items() if address != rule_address("DenyAll")]
    planned = [*(block.kept() for block in there), blocks[rule_address("DenyAll")]]
    current = estate((*RULES[:3], *(replace(rule, priority=rule.priority + 100) for rule in RULES[3:])))
    report = judged_blocks(tmp_path, planned, current)
    assert caused(report) == {"storage": "blocked", "sql": "blocked", "key-vault": "blocked"}
    assert found(report, "sql").origins[0].address == rule_address("DenyAll")


def test_a_rule_that_comes_fixes_a_gap(tmp_path: Path) -> None:
    blocks = separate()
    new = blocks[rule_address("AllowManagement")]
    report = judged_blocks(tmp_path, kept(blocks, AllowManagement=new), estate([RULES[0], *RULES[2:]]))
    assert [(gap.instance_id, gap.requirement, gap.was) for gap in report.fixed or ()] == [
        (SERVICE, "management", Verdict.MISSING)
    ]
    assert not caused(report)
    assert status(report) == 0


def test_a_gap_that_is_there_already_does_not_fail_the_gate(tmp_path: Path) -> None:
    rules = (RULES[0], *RULES[2:])
    documents, blocks = estate(rules), separate(rules)
    touched = blocks[rule_address("AllowSql")].altered(description="mail")
    report = judged_blocks(tmp_path, kept(blocks, AllowSql=touched), documents)
    assert found(report, "management").change is Change.ALREADY_THERE
    assert not caused(report)
    assert (status(report), status(report, run.Gate.ALL)) == (0, run.GAPS)


def test_a_gap_that_gets_worse_is_caused(tmp_path: Path) -> None:
    rules = (RULES[0], *RULES[2:])  # management is missing until now
    blocks = separate((*rules, deny_in(4000, "DenyAll")))
    report = judged_blocks(tmp_path, kept(blocks, DenyAll=blocks[rule_address("DenyAll")]), estate(rules))
    assert caused(report) == {"management": "blocked"}


def test_another_deny_that_takes_part_of_the_flows_is_caused_though_the_verdict_stays(tmp_path: Path) -> None:
    old, more = (deny_in(priority, f"Deny{priority}", f"{priority}.0.0.0/8", "443") for priority in (120, 130))
    rules = (old, more, *(replace(rule, priority=rule.priority + 100) for rule in RULES))
    blocks = separate(rules)
    new = blocks[rule_address("Deny130")]
    report = judged_blocks(tmp_path, kept(blocks, Deny130=new), estate((old, *rules[2:])))
    assert found(report, "client-https").verdict is Verdict.PARTIAL
    assert caused(report) == {"client-https": "partial"}
    better = judged_blocks(tmp_path, kept(blocks, Deny130=new.gone()), estate(rules))
    assert found(better, "client-https").change is Change.ALREADY_THERE


def test_for_an_instant_nothing_changes_but_the_verdict(tmp_path: Path) -> None:
    # The same rules in another order: the Deny at the bottom comes to the top.
    rules = (*RULES[:3], deny_in(4000, "DenyRest"), *RULES[3:])
    blocks = separate(rules)
    raised = blocks[rule_address("DenyRest")].altered(priority=99 + 1)
    lowered = blocks[rule_address("AllowClients")].altered(priority=4000)
    report = judged_blocks(tmp_path, kept(blocks, DenyRest=raised, AllowClients=lowered), estate(rules))
    assert caused(report) == {
        "client-https": "blocked",
        "management": "blocked",
        "load-balancer": "blocked",
        "client-http": "blocked",
    }


def test_the_platform_stays_what_the_current_state_says(tmp_path: Path) -> None:
    for platform in ("stv1", "stv2.1"):
        blocks = inline()
        service = blocks["azurerm_api_management.apis"].altered(sku_name="Premium_2")
        planned = [*(b.kept() for b in blocks.values() if b.type != service.type), service]
        report = judged_blocks(tmp_path, planned, estate(platform=platform))
        assert [each.platform_version for each in report.locations()] == [platform]


def test_an_instance_that_is_created_is_stv2(tmp_path: Path) -> None:
    report = judged_blocks(tmp_path, inline().values())
    assert [each.platform_version for each in report.locations()] == ["stv2"]


def test_what_cannot_be_judged_before_or_after_fails_the_gate(tmp_path: Path) -> None:
    # The subnet is not known at all, so that nobody can vouch for the NSG that changes.
    documents = [document for document in estate() if document["type"] != "Microsoft.Network/virtualNetworks"]
    blocks = [block for block in separate().values() if block.type.startswith("azurerm_network_security_")]
    gone = [block.gone() if block.key == "AllowSql" else block.kept() for block in blocks]
    report = judged_blocks(tmp_path, gone, documents)
    assert caused(report)["sql"] == "unknown"
    assert status(report) == run.UNDECIDED


def test_without_a_current_state_what_the_plan_tells_is_compared(tmp_path: Path) -> None:
    blocks = separate()
    gone = blocks[rule_address("AllowManagement")].gone()
    report = judged_blocks(tmp_path, kept(blocks, AllowManagement=gone))
    assert caused(report) == {"management": "missing"}
    assert found(report, "storage").verdict is Verdict.COMPLIANT


def test_network_changes_that_serve_no_known_instance_say_so(tmp_path: Path) -> None:
    blocks = separate()
    report = judged_blocks(tmp_path, [b for b in blocks.values() if b.type != "azurerm_api_management"])
    assert not report.instances
    assert any("--onto" in note for note in report.notes)


def test_the_nsg_of_another_subnet_does_not_touch_the_instance(tmp_path: Path) -> None:
    other = inline()["azurerm_network_security_group.nsg"]
    elsewhere = replace(other, name="other", after={**(other.after or {}), "name": "other"}, known={"id": f"{NSG}-2"})
    report = judged_blocks(tmp_path, [elsewhere], estate())
    assert not report.instances


def test_a_vnet_that_is_peered_touches_the_instance(tmp_path: Path) -> None:
    service, network, group = estate()
    hub = PLACE.id("Microsoft.Network/virtualNetworks", "hub")
    documents = [service, peered(network, hub, "10.9.0.0/16"), group, virtual_network(PLACE, "hub", "10.9.0.0/16")]
    body = {"properties": {"addressSpace": {"addressPrefixes": ["10.8.0.0/15"]}}}
    after = {"type": "Microsoft.Network/virtualNetworks@2024-05-01", "resource_id": hub, "body": body}
    grown = Block("azapi_update_resource", "hub", after=after)
    assert len(judged_blocks(tmp_path, [grown], documents).instances) == 1
    assert not judged_blocks(tmp_path, [grown], [service, network, group, documents[3]]).instances


def test_what_the_plan_does_not_tell_of_a_vnet_is_told(tmp_path: Path) -> None:
    blocks = separate()
    altered = blocks[rule_address("AllowSql")].altered(description="x")
    report = judged_blocks(tmp_path, kept(blocks, AllowSql=altered))
    told = [entry.message for entry in report.incomplete]
    assert any("the peerings of azurerm_virtual_network.vnet, which the plan does not tell" in each for each in told)


@pytest.mark.parametrize(
    ("destination", "access", "verdict"),
    [
        ("Storage", "Allow", Verdict.COMPLIANT),
        ("Storage.WestEurope", "Allow", Verdict.UNKNOWN),
        ("Internet", "Deny", Verdict.BLOCKED),
    ],
)
def test_a_location_that_is_not_known_yet_costs_only_what_hangs_on_its_region(
    tmp_path: Path, destination: str, access: str, verdict: Verdict
) -> None:
    rule = replace(RULES[3], destination=destination, access=access)
    blocks = separate([*RULES[:3], rule, *RULES[4:], deny_out(4000, "DenyRest")])
    service = blocks["azurerm_api_management.apis"]
    after = {name: value for name, value in (service.after or {}).items() if name != "location"}
    moved = replace(service, after=after, unknown={**service.unknown, "location": True})
    tags = {"Storage": ["20.60.0.0/16", "20.150.0.0/16"], "Storage.WestEurope": ["20.60.0.0/16"]}
    tags |= {"AzureKeyVault": ["20.61.0.0/24"], "Sql": ["20.62.0.0/24"], "ApiManagement": ["20.63.0.0/24"]}
    report = judged_blocks(tmp_path, [*(b for b in blocks.values() if b.type != service.type), moved], tags=tags)
    assert found(report, "storage").verdict is verdict
    assert found(report, "management").verdict is Verdict.COMPLIANT
    if verdict is Verdict.UNKNOWN:
        assert "which region is the location?" in (found(report, "storage").reason or "")
