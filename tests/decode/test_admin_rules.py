"""Security admin rules: in Resource Graph's shape with the rules put in, and however else they are written."""

import json
from pathlib import Path
from typing import Any

import pytest

from apim_audit.core.facts.estate import AdminRules, Unreadable
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.decode import Decoded, decode
from apim_audit.snapshot import ServiceTagDocument, Snapshot, SourcedDocument
from tests.decode.estates import (
    BASE,
    NETWORK,
    NO_CATALOGUE,
    SET_ID,
    SUBNET_ID,
    VNET_ID,
    admin_rule,
    estate,
    item,
    messages,
    nsg,
    read,
    rule_set,
    service,
    subnet,
    vnet,
    vnet_of,
)

EXAMPLE = (
    Path(__file__).parents[2]
    / ".."
    / "shared"
    / "data"
    / "arm"
    / "network-2022-05-01-NetworkManagerEffectiveSecurityAdminRulesList.json"
)


def found_in(decoded: Decoded) -> AdminRules | Unreadable | None:
    return vnet_of(decoded).admin_rules


def rules_in(*documents: Any) -> tuple[SecurityRule, ...]:
    """Returns the admin rules of an estate with these documents, which must be sound."""
    decoded = read(*estate(), *documents)
    assert decoded.incomplete == ()
    found = found_in(decoded)
    assert isinstance(found, AdminRules), found
    return found.rules


def only_rule(**changes: Any) -> SecurityRule:
    (found,) = rules_in(rule_set(admin_rule(**changes)))
    return found


def ports(*spans: tuple[int, int]) -> IntervalSet:
    return IntervalSet.union_of(spans)


def pascal(value: Any) -> Any:
    """The same JSON with names in the other letter case that Resource Graph uses."""
    if isinstance(value, list):
        return [pascal(each) for each in value]
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(each) for key, each in value.items()}
    return value


DENY_MAIL = SecurityRule(
    "DenyMail",
    20,
    Direction.OUTBOUND,
    Access.DENY,
    "tcp",
    Side(("10.0.0.0/8",)),
    ALL_PORTS,
    Side(("Internet",)),
    ports((25, 25), (587, 588)),
    admin=True,
)


def test_a_rule_as_it_is_collected() -> None:
    assert rules_in(rule_set(admin_rule())) == (DENY_MAIL,)


def test_without_a_document_nothing_is_known() -> None:
    assert found_in(read(*estate())) is None


def test_a_vnet_can_be_known_to_have_no_rules() -> None:
    assert rules_in(rule_set()) == ()
    assert rules_in(rule_set(effectiveSecurityAdminConfigurations=[{"id": BASE, "rules": []}])) == ()


@pytest.mark.parametrize(
    "body",
    [
        {**rule_set(), "properties": pascal(rule_set(admin_rule())["properties"])},
        {**rule_set(), "properties": {"EffectiveSecurityAdminConfigurations": [{"Id": BASE, "Rules": [admin_rule()]}]}},
        rule_set(
            EffectiveSecurityAdminConfigurations=[{"id": BASE, "rules": [admin_rule()]}],
            effectiveSecurityAdminConfigurations=None,
        ),
        rule_set(effectiveSecurityAdminConfigurations=[{"id": BASE, "ruleCollections": [{"rules": [admin_rule()]}]}]),
        rule_set(effectiveSecurityAdminConfigurations=None, rules=[admin_rule()]),
        rule_set(effectiveSecurityAdminConfigurations=None, value=[admin_rule()], skipToken=""),
        rule_set(effectiveSecurityAdminConfigurations=[{"id": BASE}], value=[admin_rule()]),
        rule_set(admin_rule(), value=[admin_rule()]),
        rule_set(admin_rule(), admin_rule()),
        {**rule_set(admin_rule()), "id": SET_ID.upper()},
        {**rule_set(admin_rule()), "type": "Microsoft.Network/effectiveSecurityAdminRules"},
        {key: value for key, value in rule_set(admin_rule()).items() if key in {"id", "properties"}},
    ],
)
def test_other_ways_to_write_the_document(body: Any) -> None:
    assert rules_in(body) == (DENY_MAIL,)


@pytest.mark.parametrize(
    "body",
    [
        {**admin_rule()["properties"], "id": admin_rule()["id"], "kind": "Custom"},  # the Azure CLI
        pascal({**admin_rule()["properties"], "displayName": "DenyMail"}),  # Azure PowerShell
        {"id": "/rules/DenyMail", "properties": admin_rule()["properties"]},
        {"name": "DenyMail", "properties": admin_rule()["properties"]},
        {**admin_rule(), "kind": "Default"},
        {**admin_rule(), "id": f"{admin_rule()['id']}/snapshots/3", "name": "3"},
        admin_rule(protocol="TCP", access="deny", direction="OUTBOUND", provisioningState="succeeded"),
        admin_rule(provisioningState=None),
    ],
)
def test_other_ways_to_write_a_rule(body: Any) -> None:
    assert rules_in(rule_set(body)) == (DENY_MAIL,)


@pytest.mark.parametrize(
    ("field", "value", "attribute", "expected"),
    [
        ("protocol", "Any", "protocol", "*"),
        ("protocol", "Icmp", "protocol", "icmp"),
        ("access", "Allow", "access", Access.ALLOW),
        ("access", "AlwaysAllow", "access", Access.ALWAYS_ALLOW),
        ("access", "alwaysallow", "access", Access.ALWAYS_ALLOW),
        ("direction", "Inbound", "direction", Direction.INBOUND),
        ("priority", 1, "priority", 1),
        ("priority", 4096, "priority", 4096),
        ("provisioningState", "Updating", "certain", False),
        ("provisioningState", "Failed", "certain", False),
        ("sourcePortRanges", ["*"], "source_ports", ALL_PORTS),
        ("destinationPortRanges", [" 443 ", "443"], "destination_ports", ports((443, 443))),
        ("sources", [item("*")], "source", Side(("*",))),
        ("sources", [item("VirtualNetwork", "servicetag"), item(" 10.0.0.1 ")], "source",
         Side(("VirtualNetwork", "10.0.0.1"))),
        ("sources", [{"addressPrefix": "Storage"}], "source", Side(("Storage",))),
        ("destinations", [item("/g/A", "NetworkGroup"), item("/g/B", "networkgroup"), item("*")], "destination",
         Side(("*",), network_groups=("/g/A", "/g/B"))),
        ("destinations", None, "destination", Side(())),
        ("destinations", [], "destination", Side(())),
    ],
)  # fmt: skip
def test_fields(field: str, value: object, attribute: str, expected: object) -> None:
    assert getattr(only_rule(**{field: value}), attribute) == expected


@pytest.mark.parametrize("protocol", ["Tcp", "Udp", "Any"])
@pytest.mark.parametrize("value", [None, [], [" "]])
@pytest.mark.parametrize("field", ["sourcePortRanges", "destinationPortRanges"])
def test_a_rule_without_ports_matches_any_or_none(field: str, value: object, protocol: str) -> None:
    changes: dict[str, Any] = {"protocol": protocol, field: value}
    decoded = read(*estate(), rule_set(admin_rule(**changes)))
    found = found_in(decoded)
    assert isinstance(found, AdminRules)
    assert not found.rules[0].certain
    assert ALL_PORTS in {found.rules[0].source_ports, found.rules[0].destination_ports}
    assert [(entry.id, entry.needed) for entry in decoded.incomplete] == [(SET_ID, False)]
    assert "rule DenyMail does not tell all its ports" in messages(decoded)[0]


def test_protocols_without_ports_need_none() -> None:
    assert only_rule(protocol="Icmp", sourcePortRanges=None, destinationPortRanges=[]).certain


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"access": "Permit"}, "properties.access 'Permit' is not Allow, Deny or AlwaysAllow"),
        ({"access": None}, "properties.access is missing"),
        ({"priority": "20"}, "properties.priority '20' is not a whole number"),
        ({"priority": True}, "properties.priority true is not a whole number"),
        ({"priority": None}, "properties.priority is missing"),
        ({"direction": None}, "properties.direction is missing"),
        ({"direction": "In"}, "properties.direction 'In' is not Inbound or Outbound"),
        ({"protocol": "Sctp"}, "properties.protocol 'Sctp' is not Tcp"),
        ({"protocol": ["Tcp"]}, "properties.protocol ['Tcp'] is not Tcp"),
        ({"provisioningState": 3}, "properties.provisioningState 3 is not a text"),
        ({"sources": "*"}, "properties.sources '*' is not a list"),
        ({"sources": ["*"]}, "properties.sources[0] '*' is not an object"),
        ({"sources": [item(None)]}, "properties.sources[0].addressPrefix is missing"),
        ({"sources": [item(" ")]}, "properties.sources[0].addressPrefix is missing"),
        ({"sources": [item("*", "Subnet")]}, "sources[0].addressPrefixType 'Subnet' is not IPPrefix, ServiceTag or"),
        ({"destinationPortRanges": ["https"]}, "destinationPortRanges ['https'] is not a list of which each is a port"),
        ({"destinationPortRanges": ["443", "80,81"]}, "is not a list of which each is a port"),
        ({"destinationPortRanges": "443"}, "properties.destinationPortRanges '443' is not a list"),
        ({"destinationPortRanges": [443]}, "properties.destinationPortRanges[0] 443 is not a text"),
        ({"sourcePortRanges": ["65536"]}, "properties.sourcePortRanges ['65536'] is not"),
        ({"Access": "Allow"}, "properties.access is there twice, in two letter cases"),
    ],
)
def test_a_rule_that_makes_no_sense_makes_all_of_them_unreadable(changes: dict[str, Any], told: str) -> None:
    decoded = read(*estate(), rule_set(admin_rule("Good"), admin_rule(**changes)))
    found = found_in(decoded)
    assert isinstance(found, Unreadable)
    assert found.id == VNET_ID
    assert told in found.message
    assert found.message.startswith("admin rule set of VNet vnet-a cannot be understood: ")
    (entry,) = decoded.incomplete
    assert (entry.id, entry.reason, entry.needed) == (SET_ID, "invalid", True)
    assert "estate.json: admin rule set of VNet vnet-a: " in entry.message
    assert "effectiveSecurityAdminConfigurations[0].rules[1]." in entry.message


def test_names_of_fields_are_told_without_their_control_characters() -> None:
    decoded = read(*estate(), rule_set(**{"e\x1b[2J": 1, "E\x1b[2J": 2}))
    assert isinstance(found_in(decoded), Unreadable)
    assert r"properties.e\x1b[2J is there twice" in messages(decoded)[0]


def test_everything_wrong_is_told_at_once() -> None:
    bad = [admin_rule(priority="x", access="y"), admin_rule("B", protocol="z"), 7]
    told = "\n".join(messages(read(*estate(), rule_set(*bad))))
    for problem in ("priority 'x'", "access 'y'", "protocol 'z'", "rules[2] 7 is not an object"):
        assert problem in told


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**rule_set(), "properties": None}, "properties is missing"),
        ({**rule_set(), "properties": []}, "properties [] is not an object"),
        ({**rule_set(), "properties": {}}, "properties.effectiveSecurityAdminConfigurations is missing"),
        (rule_set(effectiveSecurityAdminConfigurations={}), "effectiveSecurityAdminConfigurations {} is not a list"),
        (rule_set(effectiveSecurityAdminConfigurations=["x"]), "Configurations[0] 'x' is not an object"),
        (rule_set(effectiveSecurityAdminConfigurations=[{"id": BASE}]), "[0].rules is missing: Resource Graph names"),
        (rule_set(effectiveSecurityAdminConfigurations=[{"ruleCollections": [{"id": "x"}]}]),
         "ruleCollections[0].rules is missing"),
        (rule_set(effectiveSecurityAdminConfigurations=None, value={}), "properties.value {} is not a list"),
        (rule_set({"properties": admin_rule()["properties"]}), "rules[0].name is missing"),
        (rule_set(admin_rule(), admin_rule(access="Allow")), "rule DenyMail is given twice with different content"),
        (rule_set(provisioningState=[]), "properties.provisioningState [] is not a text"),
        (rule_set(skipToken=5), "properties.skipToken 5 is not a text"),
    ],
)  # fmt: skip
def test_a_document_that_makes_no_sense_is_unreadable(body: Any, told: str) -> None:
    decoded = read(*estate(), body)
    found = found_in(decoded)
    assert isinstance(found, Unreadable)
    assert told in found.message
    assert [(entry.id, entry.reason, entry.needed) for entry in decoded.incomplete] == [(SET_ID, "invalid", True)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"provisioningState": "Failed"}, "is Failed: what is in force is not told"),
        ({"provisioningState": "Updating\x1b[2J"}, r"is Updating\x1b[2J: what"),
        ({"skipToken": "more"}, "its skipToken names a further page"),
        ({"SkipToken": "more"}, "its skipToken names a further page"),
    ],
)
def test_a_document_that_does_not_hold_all_that_is_in_force_is_unreadable(changes: dict[str, Any], told: str) -> None:
    decoded = read(*estate(), rule_set(admin_rule(), **changes))
    found = found_in(decoded)
    assert isinstance(found, Unreadable)
    assert told in found.message
    assert [(entry.id, entry.reason, entry.needed) for entry in decoded.incomplete] == [(SET_ID, "unavailable", True)]


OTHER = f"{NETWORK}/networkManagers/central/securityAdminConfigurations/base"


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        ({}, {"access": "AlwaysAllow"}, False),
        ({"access": "Allow"}, {"access": "AlwaysAllow"}, False),
        ({}, {}, True),
        ({}, {"access": "AlwaysAllow", "direction": "Inbound"}, True),
    ],
)
def test_managers_that_disagree_leave_open_whose_rules_prevail(
    first: dict[str, Any],
    second: dict[str, Any],
    known: bool,  # noqa: FBT001  (a table)
) -> None:
    decoded = read(*estate(), rule_set(admin_rule("A", **first), admin_rule("B", base=OTHER, **second)))
    found = found_in(decoded)
    assert isinstance(found, AdminRules) is known
    if not known:
        assert "whose scope is higher: avnm, central" in getattr(found, "message", "")
        assert [entry.reason for entry in decoded.incomplete] == ["unavailable"]


def test_rules_of_one_manager_need_not_agree() -> None:
    other = BASE.replace("base", "extra").upper()
    assert len(rules_in(rule_set(admin_rule("A"), admin_rule("B", base=other, access="Allow")))) == 2


def test_rules_of_the_same_name_are_told_apart() -> None:
    rules = [admin_rule(), admin_rule(collection="apps", priority=30), admin_rule("Other"), admin_rule("denymail", "x")]
    assert [rule.name for rule in rules_in(rule_set(*rules))] == [
        "avnm/base/all/DenyMail",
        "avnm/base/apps/DenyMail",
        "Other",
        "avnm/base/x/denymail",
    ]


def test_rules_of_the_same_name_without_ids_are_told_apart() -> None:
    flat = [{**admin_rule(priority=each)["properties"], "name": "Deny"} for each in (1, 2)]
    assert [rule.name for rule in rules_in(rule_set(*flat))] == ["Deny (1)", "Deny (2)"]


@pytest.mark.parametrize("delegation", ["Microsoft.Sql/managedInstances", "microsoft.databricks/WORKSPACES"])
@pytest.mark.parametrize("nested", [True, False])
def test_services_with_a_network_intent_policy_exempt_their_vnet(
    delegation: str,
    nested: bool,  # noqa: FBT001  (a table)
) -> None:
    other = subnet(
        SUBNET_ID.replace("snet-apim", "snet-mi"),
        delegations=[{"properties": {"serviceName": each}} for each in ("Microsoft.Web/serverFarms", delegation)],
    )
    documents = [vnet(subnet(), other)] if nested else [vnet(subnet()), other]
    found = found_in(read(service(), *documents, nsg(), rule_set(admin_rule())))
    assert isinstance(found, AdminRules)
    assert found.exemption == f"Its subnet snet-mi is delegated to {delegation}, which exempts it by default"
    assert len(found.rules) == 1


def test_other_delegations_exempt_nothing() -> None:
    found = found_in(read(*estate(), rule_set(admin_rule())))
    assert isinstance(found, AdminRules)
    assert found.exemption == ""


def test_without_rules_there_is_nothing_to_be_exempt_from() -> None:
    other = subnet(f"{SUBNET_ID}-mi", delegations=[{"properties": {"serviceName": "Microsoft.Sql/managedInstances"}}])
    assert found_in(read(service(), vnet(subnet(), other), nsg(), rule_set())) == AdminRules(())


def test_a_subnet_that_makes_no_sense_may_exempt_its_vnet() -> None:
    other = subnet(f"{SUBNET_ID}-x", delegations="x")
    decoded = read(service(), vnet(subnet(), other), nsg(), rule_set(admin_rule()))
    found = found_in(decoded)
    assert isinstance(found, AdminRules)
    assert found.exemption.startswith("A subnet may exempt it (subnet snet-apim-x cannot be understood: ")
    assert [(entry.id, entry.needed) for entry in decoded.incomplete] == [(f"{SUBNET_ID}-x", True)]


@pytest.mark.parametrize("gap_id", [SET_ID, SET_ID.lower(), SET_ID + "/"])
def test_what_the_snapshot_could_not_read_is_unreadable(gap_id: str) -> None:
    gap = Incomplete(gap_id, "forbidden", "no right")
    decoded = read(*estate(), incomplete=(gap,))
    assert found_in(decoded) == Unreadable(VNET_ID, "admin rule set of VNet vnet-a could not be read (forbidden)")
    assert decoded.incomplete == (gap,)


def test_gaps_elsewhere_do_not_matter() -> None:
    gaps = (
        Incomplete(SET_ID.replace("vnet-a", "vnet-b"), "forbidden", "-"),
        Incomplete(f"{NETWORK}/virtualNetworks", "forbidden", "-", needed=False),
    )
    assert found_in(read(*estate(), incomplete=gaps)) is None


def test_a_document_of_another_vnet_does_not_matter() -> None:
    body = rule_set(admin_rule(access="x"))
    decoded = read(*estate(), {**body, "id": SET_ID.replace("vnet-a", "vnet-b")})
    assert found_in(decoded) is None
    assert [entry.needed for entry in decoded.incomplete] == [False]


def test_given_twice_alike_is_once() -> None:
    assert rules_in(rule_set(admin_rule()), rule_set(admin_rule())) == (DENY_MAIL,)


def test_given_twice_with_different_content_is_unreadable() -> None:
    decoded = read(*estate(), rule_set(admin_rule()), rule_set())
    assert found_in(decoded) == Unreadable(
        VNET_ID, "admin rule set of VNet vnet-a is given twice with different content"
    )
    assert [(entry.reason, entry.needed) for entry in decoded.incomplete] == [("duplicate", True)]


def test_where_they_do_not_count_nothing_is_needed_of_them() -> None:
    gap = Incomplete(SET_ID.upper(), "forbidden", "no right")
    other = Incomplete("/x", "forbidden", "no right")
    documents = [*estate(), rule_set(admin_rule(access="x"))]
    snapshot = Snapshot(tuple(SourcedDocument("estate.json", each) for each in documents), (gap, other))
    decoded = decode(snapshot, NO_CATALOGUE, admin_rules=False)
    assert [(entry.id, entry.needed) for entry in decoded.incomplete] == [(gap.id, False), ("/x", True)]


def test_service_tags_of_admin_rules_are_parsed() -> None:
    tags = ServiceTagDocument("file", "Public", "1", {"Storage": ["52.0.0.0/16"], "Sql": ["53.0.0.0/16"]})
    documents = [*estate(), rule_set(admin_rule(sources=[item("storage", "ServiceTag")]))]
    snapshot = Snapshot(tuple(SourcedDocument("estate.json", each) for each in documents), service_tags=tags)
    assert set(decode(snapshot, NO_CATALOGUE).tags.sets) == {"storage"}


def test_a_document_nested_beyond_measure_is_told() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    decoded = read(*estate(), rule_set(admin_rule(sources=deep)))
    assert isinstance(found_in(decoded), Unreadable)


def test_the_example_of_the_rest_api() -> None:
    if not EXAMPLE.exists():
        pytest.skip("the examples of the REST API are not beside the checkout (shared/data/arm)")
    answer = json.loads(EXAMPLE.read_text(encoding="utf-8"))["responses"]["200"]["body"]
    body = {**rule_set(), "properties": {"value": answer["value"]}}
    (found,) = rules_in(body)
    assert (found.name, found.priority, found.access, found.direction) == (
        "SampleAdminRule",
        1,
        Access.DENY,
        Direction.INBOUND,
    )
    assert found.destination_ports == ports((22, 22))
    body["properties"] = answer  # with the token of a further page
    assert isinstance(found_in(read(*estate(), body)), Unreadable)


@pytest.mark.parametrize(
    ("rules", "remedy"),
    [
        ([admin_rule(), admin_rule(access="Allow")], "remove one of the two"),
        (
            [admin_rule(destinationPortRanges=["25,26"])],
            "put each port or range as an entry of its own in destinationPortRanges",
        ),
        ([admin_rule(sourcePortRanges=["x"])], "write a port such as 443, a range such as 6381-6383, or *"),
    ],
)
def test_the_report_says_what_to_do(rules: list[Any], remedy: str) -> None:
    (message,) = messages(read(*estate(), rule_set(*rules)))
    assert message.endswith(f"; {remedy}")
