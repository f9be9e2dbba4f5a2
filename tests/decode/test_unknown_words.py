"""Words that stand for nothing known are told once an NSG, whether a verdict turns on them or not."""

from typing import Any

import pytest

from tests.decode.estates import TABLE_ID, estate, nsg, read, rule, service, subnet, table, vnet

UNNAMED = {"sourceAddressPrefix": None, "sourceAddressPrefixes": None}


def notes(*rules: Any) -> tuple[str, ...]:
    return read(*estate(*rules)).notes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"destinationAddressPrefix": " SQL "},
        {"destinationAddressPrefix": "10.0.0.0/8"},
        {"destinationAddressPrefix": None, "destinationAddressPrefixes": ["10.0.0.1", "10.0.0.4-10.0.0.6", "fd00::/8"]},
        {"sourceAddressPrefix": "*", "destinationAddressPrefix": "AzurePlatformDNS"},
        {"sourceAddressPrefix": None, "sourceApplicationSecurityGroups": [{"id": "/x/asg"}]},
    ],
)
def test_what_is_known_gives_no_note(changes: dict[str, Any]) -> None:
    assert notes(rule(priority=100, **changes)) == ()


def test_a_misspelt_tag_is_told_with_rule_and_meaning_on_either_side() -> None:
    assert notes(rule("In", direction="Inbound", sourceAddressPrefix="Storages", priority=101), rule()) == (
        "NSG nsg-y: is `Storages` a misspelt `Storage`? (rule In)",
    )
    assert notes(rule("Out", destinationAddressPrefix="Storages")) == (
        "NSG nsg-y: is `Storages` a misspelt `Storage`? (rule Out)",
    )


def test_a_word_of_several_rules_is_told_once_and_a_note_is_bounded() -> None:
    rules = [rule(f"R{number}", priority=100 + number, destinationAddressPrefix="Storages") for number in range(5)]
    assert notes(*rules) == ("NSG nsg-y: is `Storages` a misspelt `Storage`? (rules R0, R1, R2 and 2 more)",)
    many = [rule("x" * 500, priority=100 + n, destinationAddressPrefix=f"{n}{'y' * 500}") for n in range(50)]
    (note,) = notes(*many)
    assert note.endswith("; and 47 more")
    assert len(note) < 1000


def test_a_side_that_names_nothing_is_told() -> None:
    assert notes(rule("Deny", **UNNAMED)) == ("NSG nsg-y: which addresses does Deny mean? It names none on one side",)


def test_addresses_in_one_text_are_to_be_separated() -> None:
    (note,) = notes(rule(destinationAddressPrefix="10.0.0.0/8,10.1.0.0/16"))
    assert note == (
        "NSG nsg-y: what is `10.0.0.0/8,10.1.0.0/16`? Write each address or tag as an entry of its own (rule AllowMail)"
    )


@pytest.mark.parametrize("text", ["01.2.3.4", "1.2.3.004/32", "1.2.3.4/032", "1.2.3.256", "1.2.3", "1.2.3.4/33"])
def test_what_is_nearly_an_address_is_told(text: str) -> None:
    (note,) = notes(rule(destinationAddressPrefix=text))
    assert note.startswith(f"NSG nsg-y: what is `{text}`?")


@pytest.mark.parametrize("text", ["0.0.0.0/0", "1.20.199.255", "1.2.3.4/5", "200.249.250.9/32", "10.0.0.0-10.0.0.9"])
def test_an_address_is_no_word(text: str) -> None:
    assert notes(rule(destinationAddressPrefix=text)) == ()


def test_words_of_an_nsg_that_no_location_uses_are_not_told() -> None:
    other = nsg(rule(destinationAddressPrefix="Storages"), nsg_id="/x/networkSecurityGroups/other")
    assert read(*estate(rule()), other).notes == ()


def test_words_of_routes_are_told() -> None:
    route = {"name": "r", "properties": {"addressPrefix": "Storages", "nextHopType": "Internet"}}
    found = read(service(), vnet(subnet(routeTable={"id": TABLE_ID})), nsg(rule()), table(route))
    assert found.notes == ("Route table rt-a: is `Storages` a misspelt `Storage`? (route r)",)


def test_a_name_that_a_terminal_would_obey_is_made_harmless() -> None:
    (note,) = notes(rule("a\x1b[2J", destinationAddressPrefix="\u202eSql"))
    assert note.isprintable()
