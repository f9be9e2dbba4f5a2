"""Security rules: every way in which Azure and people write them, and what is told of those that make no sense."""

from typing import Any

import pytest

from apim_audit.core.facts.rules import Access, Direction, SecurityRule, Side
from apim_audit.core.sets.intervals import IntervalSet
from tests.decode.estates import estate, messages, nsg_of, read, rule


def only_rule(**changes: Any) -> SecurityRule:
    decoded = read(*estate(rule(**changes)))
    assert messages(decoded) == []
    assert nsg_of(decoded).unreadable == {}
    (found,) = nsg_of(decoded).rules
    return found


def ports(*spans: tuple[int, int]) -> IntervalSet:
    return IntervalSet.union_of(spans)


def test_a_rule_as_arm_gives_it() -> None:
    assert only_rule() == SecurityRule(
        "AllowMail",
        100,
        Direction.OUTBOUND,
        Access.ALLOW,
        "tcp",
        Side(("VirtualNetwork",)),
        ports((0, 65535)),
        Side(("Internet",)),
        ports((25, 25)),
    )


@pytest.mark.parametrize(
    ("singular", "plural", "expected"),
    [
        ("443", [], ((443, 443),)),
        ("443", None, ((443, 443),)),
        (None, ["443"], ((443, 443),)),
        ("", ["443", "80-81"], ((443, 443), (80, 81))),
        ("25", ["443"], ((25, 25), (443, 443))),  # both at once: their union
        ("*", ["443"], ((0, 65535),)),
        (" 6381 - 6383 ", [], ((6381, 6383),)),
        ("0-65535", [], ((0, 65535),)),
        ("0", [], ((0, 0),)),
        ("65535", [], ((65535, 65535),)),
        (None, ["443", "", "443"], ((443, 443),)),
        ("00443", [], ((443, 443),)),
    ],
)
def test_ports(singular: str | None, plural: list[str] | None, expected: tuple[tuple[int, int], ...]) -> None:
    found = only_rule(destinationPortRange=singular, destinationPortRanges=plural)
    assert found.destination_ports == ports(*expected)
    found = only_rule(sourcePortRange=singular, sourcePortRanges=plural)
    assert found.source_ports == ports(*expected)


@pytest.mark.parametrize(
    ("singular", "plural", "told"),
    [
        ("25,587", [], "destinationPortRange '25,587' is not a port or range"),
        ("65536", [], "destinationPortRange '65536' is not a port or range"),
        ("-1", [], "destinationPortRange '-1' is not a port or range"),
        ("90-80", [], "destinationPortRange '90-80' is not a port or range"),
        ("80-", [], "destinationPortRange '80-' is not a port or range"),
        ("https", [], "destinationPortRange 'https' is not a port or range"),
        ("\u0664\u0664\u0663", [], "is not a port or range"),  # digits, but not of ASCII
        ("9" * 5000, [], "is not a port or range"),
        ("80", ["443", "x"], "destinationPortRanges 'x' is not a port or range"),
        (None, None, "destinationPortRange is missing"),
        ("", [], "destinationPortRange is missing"),
        (" ", None, "destinationPortRange is missing"),
        (443, [], "destinationPortRange 443 is not a text"),
        (None, [443], "destinationPortRanges [443] is not a list of texts"),
        (None, "443", "destinationPortRanges '443' is not a list"),
        ("80", {}, "destinationPortRanges {} is not a list"),
        (["80"], [], "destinationPortRange ['80'] is not a text"),
    ],
)
def test_ports_that_make_no_sense(singular: object, plural: object, told: str) -> None:
    decoded = read(*estate(rule(destinationPortRange=singular, destinationPortRanges=plural), rule("Good")))
    group = nsg_of(decoded)
    assert [found.name for found in group.rules] == ["Good"]
    assert set(group.unreadable) == {Direction.OUTBOUND}
    assert told in group.unreadable[Direction.OUTBOUND]
    (entry,) = decoded.incomplete
    assert told in entry.message
    assert (entry.reason, entry.needed) == ("invalid", True)


def test_a_missing_source_port_is_not_understood_either() -> None:
    group = nsg_of(read(*estate(rule(sourcePortRange=None))))
    assert "sourcePortRange is missing" in group.unreadable[Direction.OUTBOUND]


@pytest.mark.parametrize(
    ("singular", "plural", "groups", "expected"),
    [
        ("Storage", [], None, Side(("Storage",))),
        (" Storage ", None, [], Side(("Storage",))),
        (None, ["10.0.0.0/24", " 10.0.1.5 "], None, Side(("10.0.0.0/24", "10.0.1.5"))),
        ("10.0.0.7/24", ["Sql"], None, Side(("10.0.0.7/24", "Sql"))),  # host bits stay, the core reads them
        ("*", ["*"], None, Side(("*",))),
        ("", ["", " "], None, Side(())),
        (None, None, None, Side(())),
        (None, [], [{"id": "/asg/A"}, {"id": "/asg/B"}], Side((), ("/asg/A", "/asg/B"))),
        ("Sql", [], [{"id": "/asg/A"}], Side(("Sql",), ("/asg/A",))),
        ("no such thing", [], None, Side(("no such thing",))),
    ],
)
def test_sides(singular: object, plural: object, groups: object, expected: Side) -> None:
    def changes(end: str) -> dict[str, object]:
        return {
            f"{end}AddressPrefix": singular,
            f"{end}AddressPrefixes": plural,
            f"{end}ApplicationSecurityGroups": groups,
        }

    assert only_rule(**changes("source")).source == expected
    assert only_rule(**changes("destination")).destination == expected


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("sourceAddressPrefix", 10, "sourceAddressPrefix 10 is not a text"),
        ("sourceAddressPrefix", ["*"], "sourceAddressPrefix ['*'] is not a text"),
        ("sourceAddressPrefixes", "*", "sourceAddressPrefixes '*' is not a list"),
        ("sourceAddressPrefixes", [None], "sourceAddressPrefixes [None] is not a list of texts"),
        ("destinationApplicationSecurityGroups", {}, "destinationApplicationSecurityGroups {} is not a list"),
        ("destinationApplicationSecurityGroups", ["/asg"], "'/asg' is not an object with the id"),
        ("destinationApplicationSecurityGroups", [{"id": ""}], "is not an object with the id"),
        ("priority", "200", "priority '200' is not a whole number"),
        ("priority", 200.0, "priority 200.0 is not a whole number"),
        ("priority", True, "priority true is not a whole number"),
        ("priority", None, "priority is missing"),
        ("access", "Permit", "access 'Permit' is not Allow or Deny"),
        ("access", 1, "access 1 is not Allow or Deny"),
        ("access", "AlwaysAllow", "access 'AlwaysAllow' is not Allow or Deny"),  # a security admin rule's
        ("protocol", "Sctp", "protocol 'Sctp' is not Tcp"),
        ("protocol", ["Tcp"], "protocol ['Tcp'] is not Tcp"),
        ("protocol", "Asterisk", "protocol 'Asterisk' is not Tcp"),
        ("provisioningState", 3, "provisioningState 3 is not a text"),
    ],
)
def test_fields_that_make_no_sense(field: str, value: Any, told: str) -> None:
    decoded = read(*estate(rule(**{field: value})))
    assert told in nsg_of(decoded).unreadable[Direction.OUTBOUND]
    (message,) = messages(decoded)
    assert told in message
    assert "securityRules[0].properties." in message


@pytest.mark.parametrize("value", [None, "In", 1, ["Inbound"], {}])
def test_a_direction_that_makes_no_sense_makes_both_unreadable(value: object) -> None:
    group = nsg_of(read(*estate(rule(direction=value))))
    assert set(group.unreadable) == set(Direction)


@pytest.mark.parametrize("body", [None, 3, "rule", [], {}, {"name": "r"}, {"name": "r", "properties": []}])
def test_a_rule_without_properties_makes_both_directions_unreadable(body: object) -> None:
    group = nsg_of(read(*estate(body, rule("Good"))))
    assert set(group.unreadable) == set(Direction)
    assert [found.name for found in group.rules] == ["Good"]


def test_everything_wrong_with_a_rule_is_told_at_once() -> None:
    bad = rule(priority="x", access="y", destinationPortRange="z", destinationAddressPrefix=5)
    bad["name"] = 7
    told = "\n".join(messages(read(*estate(rule("Good"), bad))))
    for field in ("name 7", "priority 'x'", "access 'y'", "destinationPortRange 'z'", "destinationAddressPrefix 5"):
        assert field in told
    assert told.count("properties.securityRules[1].") == 5


@pytest.mark.parametrize(
    ("field", "value", "attribute", "expected"),
    [
        ("direction", "INBOUND", "direction", Direction.INBOUND),
        ("direction", " inbound ", "direction", Direction.INBOUND),
        ("access", "deny", "access", Access.DENY),
        ("protocol", "TCP", "protocol", "tcp"),
        ("protocol", "udp", "protocol", "udp"),
        ("protocol", "*", "protocol", "*"),
        ("protocol", "any", "protocol", "*"),
        ("protocol", "ICMP", "protocol", "icmp"),
        ("priority", 5000, "priority", 5000),
        ("priority", -1, "priority", -1),
        ("provisioningState", "succeeded", "certain", True),
        ("provisioningState", None, "certain", True),
        ("provisioningState", "Updating", "certain", False),
        ("provisioningState", "Failed", "certain", False),
        ("provisioningState", "", "certain", False),
    ],
)
def test_words_in_any_case(field: str, value: object, attribute: str, expected: object) -> None:
    assert getattr(only_rule(**{field: value}), attribute) == expected


def test_unknown_fields_do_not_matter() -> None:
    assert only_rule(tomorrow={"a": [1]}) == only_rule()
