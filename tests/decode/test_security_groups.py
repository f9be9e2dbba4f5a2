"""NSGs: what belongs to one, and what is told of one that is not as it should be."""

import pytest

from apim_audit.core.facts.estate import Unreadable
from apim_audit.core.facts.rules import Direction
from tests.decode.estates import NSG_ID, SUBNET_ID, estate, messages, nsg, nsg_of, read, rule, service, subnet_of
from tests.decode.estates import subnet as subnet_document
from tests.decode.estates import vnet as vnet_document

OTHER_NSG = NSG_ID.replace("nsg-y", "nsg-z")


def test_rules_keep_their_order_and_default_rules_are_ignored() -> None:
    group = nsg_of(read(*estate(rule("B", priority=300), rule("A", priority=200))))
    assert [found.name for found in group.rules] == ["B", "A"]
    assert group.id == NSG_ID


def test_the_phrase_names_rule_nsg_field_and_value() -> None:
    group = nsg_of(read(*estate(rule(destinationPortRange="25,587"))))
    assert group.unreadable[Direction.OUTBOUND].startswith(
        "rule AllowMail of nsg-y: destinationPortRange '25,587' is not a port or range"
    )


def test_the_report_names_file_resource_and_path() -> None:
    (entry,) = read(*estate(rule(priority="x"))).incomplete
    assert entry.id == NSG_ID
    assert entry.message == (
        "estate.json: NSG nsg-y: properties.securityRules[0].properties.priority 'x' is not a whole number; "
        "write a number from 100 to 4096, without quotes"
    )


@pytest.mark.parametrize(
    ("ports", "remedy"),
    [
        ("25,587", "put each port or range as an entry of its own in destinationPortRanges"),
        ("25; 587", "put each port or range as an entry of its own in destinationPortRanges"),
        ("25 587", "put each port or range as an entry of its own in destinationPortRanges"),
        (" 3443x ", "write a port such as 443, a range such as 6381-6383, or *"),
        ("", "write a port such as 443, a range such as 6381-6383, or *"),
        ("70000", "write a port such as 443, a range such as 6381-6383, or *"),
    ],
)
def test_the_report_of_a_port_says_what_to_do(ports: str, remedy: str) -> None:
    decoded = read(*estate(rule(destinationPortRange=ports)))
    (message,) = messages(decoded)
    assert message.endswith(f"; {remedy}")
    assert remedy not in nsg_of(decoded).unreadable[Direction.OUTBOUND]  # a reason, told with every check


def test_what_a_terminal_could_obey_is_escaped() -> None:
    decoded = read(*estate(rule("Evil\x1b[2J", access="\x1b]0;x\x07")))
    told = messages(decoded) + list(nsg_of(decoded).unreadable.values())
    assert all(text.isprintable() for text in told)


def test_a_rule_in_the_other_direction_does_not_suffer() -> None:
    group = nsg_of(read(*estate(rule(access="x", direction="Inbound"), rule("Good"))))
    assert set(group.unreadable) == {Direction.INBOUND}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"properties": None}, "properties is missing"),
        ({"properties": []}, "properties [] is not an object"),
        ({"properties": {}}, "properties.securityRules is missing"),
        ({"properties": {"securityRules": {"a": 1}}}, "properties.securityRules {'a': 1} is not a list"),
    ],
)
def test_an_nsg_that_makes_no_sense_is_unreadable(change: dict[str, object], told: str) -> None:
    decoded = read(service(), vnet_document(subnet_document()), {**nsg(), **change})
    found = subnet_of(decoded).nsg
    assert isinstance(found, Unreadable)
    assert told in found.message
    assert told in messages(decoded)[0]


def test_an_empty_nsg_is_an_nsg() -> None:
    decoded = read(*estate())
    assert nsg_of(decoded).rules == ()
    assert decoded.incomplete == ()


def test_rules_given_by_themselves_join_their_nsg() -> None:
    decoded = read(*estate(rule("A")), rule("B", priority=200))
    assert [found.name for found in nsg_of(decoded).rules] == ["A", "B"]


def test_rules_given_by_themselves_are_enough() -> None:
    group = nsg()
    del group["properties"]["securityRules"]
    decoded = read(service(), vnet_document(subnet_document()), group, rule("A"))
    assert [found.name for found in nsg_of(decoded).rules] == ["A"]


def test_a_rule_that_stands_twice_alike_is_one_rule() -> None:
    decoded = read(*estate(rule("A")), rule("A", description="another"))
    assert len(nsg_of(decoded).rules) == 1
    assert decoded.incomplete == ()


def test_a_rule_that_stands_twice_with_different_content_makes_its_directions_unreadable() -> None:
    decoded = read(*estate(rule("A")), rule("a", access="Deny", direction="Inbound"))
    assert set(nsg_of(decoded).unreadable) == set(Direction)
    assert [entry.reason for entry in decoded.incomplete] == ["duplicate"]
    assert messages(decoded)[0].endswith("is given twice with different content; remove one of the two")


def test_a_bad_rule_by_itself_makes_its_nsg_unreadable() -> None:
    decoded = read(*estate(rule("A")), rule("B", access="x"))
    assert "rule B of nsg-y: access 'x'" in nsg_of(decoded).unreadable[Direction.OUTBOUND]
    assert [entry.needed for entry in decoded.incomplete] == [True]


def test_priorities_that_azure_refuses_are_noted_and_kept() -> None:
    rules = [rule("Low", priority=99), rule("A", priority=300), rule("B", priority=300), rule("C", priority=4097)]
    decoded = read(*estate(*rules, rule("D", priority=300, direction="Inbound")))
    assert len(nsg_of(decoded).rules) == 5
    assert decoded.incomplete == ()
    outside, shared = decoded.notes
    assert "Low (Outbound 99), C (Outbound 4097)" in outside
    assert "A (Outbound 300), B (Outbound 300)" in shared
    assert "D" not in shared


def test_the_bounds_of_custom_priorities_are_fine() -> None:
    assert read(*estate(rule("A", priority=100), rule("B", priority=4096))).notes == ()


def test_an_nsg_that_nobody_uses_is_told_but_not_needed() -> None:
    decoded = read(*estate(), nsg(rule(access="x", priority=1), nsg_id=OTHER_NSG))
    assert [(entry.id, entry.needed) for entry in decoded.incomplete] == [(OTHER_NSG, False)]
    assert decoded.notes == ()


@pytest.mark.parametrize("written", [NSG_ID.upper(), NSG_ID.lower() + "/", f" {NSG_ID} "])
def test_an_nsg_is_found_in_any_letter_case(written: str) -> None:
    subnet = subnet_document(networkSecurityGroup={"id": written})
    assert nsg_of(read(service(), vnet_document(subnet), nsg(rule()))).id == NSG_ID


def test_an_nsg_that_is_not_there_is_unreadable_and_told_once() -> None:
    other = SUBNET_ID.replace("snet-apim", "snet-b")
    two = service(
        additionalLocations=[
            {"location": "North Europe", "virtualNetworkConfiguration": {"subnetResourceId": other}},
        ]
    )
    subnet = subnet_document(other, networkSecurityGroup={"id": NSG_ID.upper()})
    decoded = read(two, vnet_document(subnet_document(), subnet))
    assert subnet_of(decoded).nsg == Unreadable(NSG_ID, "NSG nsg-y is not among the documents")
    assert [(entry.reason, entry.id) for entry in decoded.incomplete] == [("missing-document", NSG_ID)]
