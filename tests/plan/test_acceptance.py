"""Rules that Azure would refuse are findings before anything is deployed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit.core.facts.findings import Change, Severity
from apim_audit.core.facts.verdicts import Verdict
from tests.plan.judging import RULES, estate, found, judged_blocks, kept, rule_address, separate, status


def altered(folder: Path, **changes: Any) -> Any:
    """Judges a plan in which a rule that serves nothing is created so."""
    spare = replace(RULES[3], name="Spare", priority=3000)
    blocks = separate((*RULES, spare))
    block = blocks[rule_address("Spare")]
    new = replace(block, after={**(block.after or {}), **changes})
    return judged_blocks(folder, kept(blocks, Spare=new), estate())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"priority": 100}, "Spare: it has the priority of AllowStorage (Outbound 100)"),
        ({"priority": 99}, "priority 99 is not from 100 to 4096"),
        ({"priority": 4097}, "priority 4097 is not from 100 to 4096"),
        ({"destination_port_range": "25,587"}, "destinationPortRange '25,587' is not a port"),
        ({"destination_port_range": "65536"}, "is not a port or range of ports from 0 to 65535"),
        ({"name": "Has blank"}, "a name has up to 80 letters"),
        ({"name": "ends-"}, "a name has up to 80 letters"),
        ({"name": "x" * 81}, "a name has up to 80 letters"),
        ({"destination_address_prefixes": ["10.0.0.0/8"]}, "destinationAddressPrefix and destinationAddressPrefixes"),
        ({"destination_port_ranges": ["80"]}, "destinationPortRange and destinationPortRanges are both given"),
        (
            {"destination_address_prefix": None, "destination_address_prefixes": ["Storage", "Sql", "10.0.0.0/8"]},
            "destinationAddressPrefixes has more than one service tag (Storage, Sql)",
        ),
        ({"destination_address_prefix": None}, "no destination is given"),
        ({"protocol": "Http"}, "protocol 'Http' is not"),
    ],
)
def test_a_rule_that_azure_refuses_fails_the_gate(tmp_path: Path, changes: Any, told: str) -> None:
    report = altered(tmp_path, **changes)
    check = found(report, "rules-accepted")
    assert (check.verdict, check.severity, check.change) == (Verdict.MISSING, Severity.ERROR, Change.CAUSED)
    assert told in check.message
    assert check.origins[0].address in {rule_address("Spare"), "azurerm_network_security_group.nsg"}
    assert status(report) == 3


@pytest.mark.parametrize("name", ["a", "A_", "a.b-c_d", "0" * 80])
def test_names_that_azure_takes(tmp_path: Path, name: str) -> None:
    assert found(altered(tmp_path, name=name), "rules-accepted").verdict is Verdict.COMPLIANT


def test_one_priority_may_stand_once_in_each_direction(tmp_path: Path) -> None:
    assert found(altered(tmp_path), "rules-accepted").verdict is Verdict.COMPLIANT
    report = altered(tmp_path, direction="Inbound", priority=103)
    assert found(report, "rules-accepted").verdict is Verdict.COMPLIANT


def test_an_unknown_tag_is_told_where_data_is_at_hand(tmp_path: Path) -> None:
    report = altered(tmp_path, destination_address_prefix="Storrage")
    assert found(report, "rules-accepted").verdict is Verdict.COMPLIANT
    onto = {"format": "apim-audit-snapshot", "formatVersion": 1, "incomplete": [], "cloud": None, "takenAt": None}
    tags = {"source": "file", "cloud": "Public", "changeNumber": "1", "prefixes": {"Storage": ["20.0.0.0/16"]}}
    scope: Any = {"subscriptions": [], "resourceGroup": None, "names": []}
    documents = [{"source": "x", "body": body} for body in estate()]
    snapshot: Any = {**onto, "serviceTags": tags, "scope": scope, "documents": documents}
    spare = replace(RULES[3], name="Spare", priority=3000, destination="Storrage")
    blocks = separate((*RULES, spare))
    report = judged_blocks(tmp_path, kept(blocks, Spare=blocks[rule_address("Spare")]), snapshot)
    assert "Storrage is no service tag that is known" in found(report, "rules-accepted").message


def test_an_nsg_that_the_plan_does_not_write_is_not_looked_through(tmp_path: Path) -> None:
    report = judged_blocks(tmp_path, kept(separate()), estate(), every=True)
    assert "rules-accepted" not in {check.id for check in report.checks()}
