"""Near misses, rules that are far too wide, rules that never decide, and what the user may assume."""

from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.estate import Estate
from apim_audit.core.facts.reports import LocationReport
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.core.judging.judge import Options, judge
from apim_audit.core.sets.addresses import parse_addresses
from apim_audit.core.sets.intervals import EMPTY
from apim_audit.core.sets.tags import ServiceTags
from tests.core.locations import NO_DATA, VNET, Site, deny_all, inbound, others, outbound, tags_with_data
from tests.laws.simulator import PlainRule

CLOSED_OUT = deny_all("Outbound")


def hints(row_id: str, *rules: PlainRule) -> list[tuple[str, str]]:
    """Returns (field, message) of the near misses of a row."""
    return [(miss.field, miss.message) for miss in Site(rules=rules).check(row_id).near_misses]


@pytest.mark.parametrize(
    ("row_id", "rules", "field", "message"),
    [
        ("sql", [outbound("Sql", "1443")], "destinationPort", "`AllowOut` would serve if its port were 1433"),
        (
            "sql",
            [outbound("SQL", "1433", protocol="Udp")],
            "protocol",
            "`AllowOut` would serve if its protocol were TCP",
        ),
        (
            "load-balancer",
            [replace(inbound("AzureLoadBalancer", "6390"), direction="Outbound"), deny_all("Inbound")],
            "direction",
            "`AllowIn` would serve if its direction were Inbound",
        ),
        (
            "management",
            [inbound("ApiManagement", "3443", destinations=("10.0.1.0/25",))],
            "ownEnd",
            "`AllowIn` would serve if its destination were VirtualNetwork",
        ),
        (
            "management",
            [inbound("VirtualNetwork", "3443", destinations=("ApiManagement",))],
            "swapped",
            "`AllowIn` would serve if its source and destination were swapped",
        ),
        (
            "management",
            [deny_all("Inbound", 200), inbound("ApiManagement", "3443")],
            "priority",
            "`AllowIn` would serve if it came before the rules that deny",
        ),
        (
            "management",
            [inbound("ApiManagement", "3443", source_ports=("443",))],
            "sourcePort",
            "`AllowIn` would serve if its source port were *",
        ),
    ],
)
def test_a_rule_wrong_in_one_field_is_named_with_it(
    row_id: str, rules: list[PlainRule], field: str, message: str
) -> None:
    assert hints(row_id, *rules) == [(field, message)]


def test_a_misspelt_tag_leaves_a_doubt_that_names_the_right_one() -> None:
    check = Site(rules=(outbound("AzureKeyVaults", "443"), CLOSED_OUT)).check("key-vault")
    assert check.verdict == "unknown"
    assert check.reason == "is `AzureKeyVaults` a misspelt `AzureKeyVault`?"


@pytest.mark.parametrize(
    "rules",
    [
        [outbound("Sql", "1443", protocol="Udp")],  # two fields
        [outbound("AzureKeyVault", "443")],  # meant for another row
        [deny_all("Outbound", 200), outbound("Sql", "1443")],  # the mended rule would not be reached
        [],
    ],
)
def test_a_rule_that_would_not_serve_is_not_named(rules: list[PlainRule]) -> None:
    assert hints("sql", *rules) == []


def test_a_rule_that_serves_already_is_not_told_to_change_its_port() -> None:
    site = Site(rules=(inbound("AzureLoadBalancer", "6390"), deny_all("Inbound")), baseline="2026-04")
    assert [miss.message for miss in site.check("machine-health").near_misses] == [
        "`AllowIn` would serve if it also had port 6391"
    ]


TWO_REGIONS = ("West Europe", "North Europe")


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ("20.60.0.0/20", "`AllowOut` would serve if its destination were Storage"),
        ("Storage.NorthEurope", "`AllowOut` would serve with a second rule like it for Storage.WestEurope"),
        ("storage.westeurope", "`AllowOut` would serve with a second rule like it for Storage.NorthEurope"),
    ],
)
@pytest.mark.parametrize("tags", [Site().tags, NO_DATA])
def test_of_two_regions_no_hint_names_two_tags_on_one_side(destination: str, message: str, tags: ServiceTags) -> None:
    rules = (outbound(destination, "443"), CLOSED_OUT)
    check = Site(rules=rules, regions=TWO_REGIONS, tags=tags).check("storage", 1)
    assert [miss.message for miss in check.near_misses] == [message]


def test_a_rule_that_serves_another_requirement_is_told_to_change_nothing_but_where_it_stands() -> None:
    deny = outbound("Storage", "443", name="NoStorage", access="Deny", priority=200)
    site = Site(rules=(deny, outbound("AzureCloud", "443")))
    assert site.check("key-vault").verdict == "compliant"
    message = "`AllowOut` would serve if it came before the rules that deny"
    assert [(miss.field, miss.message) for miss in site.check("storage").near_misses] == [("priority", message)]


def test_a_rule_that_a_deny_which_is_perhaps_there_may_precede_is_no_hint() -> None:
    deny = outbound("Storage", "*", name="Perhaps", access="Deny", priority=200)
    site = Site(rules=(deny, outbound("Storage", "80")), perhaps=frozenset({"Perhaps"}))
    check = site.check("storage")
    assert (check.verdict, others(check), check.near_misses) == (
        "blocked", {"default-only": "if `Perhaps` is not in force"}, ()
    )  # fmt: skip


def test_three_rules_are_named_and_no_more() -> None:
    rules = [outbound("Sql", str(port), name=f"Sql{port}", priority=port) for port in range(300, 304)]
    assert len(hints("sql", *rules)) == 3


@pytest.mark.parametrize(
    ("row_id", "far", "near"),
    [
        ("sql", outbound("Sql", "1443", protocol="Udp"), outbound("Sql", "1443")),
        ("sql", outbound("Sql", "1443", sources=("10.0.1.0/25",)), outbound("Sql", "1443")),
        (
            "management",
            inbound("10.9.9.9", "3443", destinations=("ApiManagement",)),
            inbound("ApiManagement", "3444"),
        ),
    ],
)
def test_rules_that_one_change_would_not_mend_stand_in_no_way(row_id: str, far: PlainRule, near: PlainRule) -> None:
    rules = [named(f"Far{number}", far, number) for number in range(300, 303)]
    closed = deny_all(far.direction)
    found = hints(row_id, *rules, named("Near", near, 310), closed)
    assert [field for field, message in found if message.startswith("`Near` would serve")] == ["destinationPort"]


PARTLY_KNOWN = tags_with_data({"Storage.WestEurope": ("20.60.0.0/20",)})


def test_of_a_tag_that_is_known_in_part_a_rule_names_a_part() -> None:
    region = outbound("Storage.WestEurope", "443")
    site = Site(rules=(region, CLOSED_OUT), tags=PARTLY_KNOWN, regions=("North Europe",))
    assert site.check("storage").peer == ("Storage.NorthEurope",)
    everywhere = replace(site, regions=("Nowhere",))
    check = everywhere.check("storage")
    assert check.peer == ("Storage",)
    assert [miss.message for miss in check.near_misses] == ["`AllowOut` would serve if its destination were Storage"]
    denied = replace(everywhere, rules=(deny_all("Outbound", 200), region)).check("storage")
    assert (denied.verdict, denied.near_misses) == ("blocked", ())


def test_a_second_rule_is_no_hint_where_it_would_come_behind_a_deny() -> None:
    denied = replace(outbound("Storage.WestEurope", "443"), name="DenyOne", access="Deny", priority=200)
    rules = (denied, outbound("Storage.NorthEurope", "443"), CLOSED_OUT)
    assert Site(rules=rules, regions=TWO_REGIONS).check("storage", 1).near_misses == ()


def test_the_narrow_rule_for_two_regions_names_the_whole_tag() -> None:
    site = Site(rules=(named("Wide", outbound("*", "*"), 100),), regions=TWO_REGIONS)
    found = judged(site, Options("2021-12", hygiene=True), 1).hygiene
    storage = next(finding for finding in found if finding.requirement == "storage")
    assert storage.message.endswith("TCP 443 from VirtualNetwork to Storage would do for this subnet")


def judged(site: Site, options: Options, place: int = 0) -> LocationReport:
    """Returns the report on a location, judged with options."""
    found = judge(Estate((site.instance(site.subnet()),)), site.tags, load_catalogue(), options)
    return found.instances[0].locations[place]


def untidy(*rules: PlainRule) -> set[tuple[str, str]]:
    """Returns (kind, rule) of what hygiene finds."""
    found = judged(Site(rules=rules), Options("2021-12", hygiene=True)).hygiene
    return {(finding.kind.value, finding.name) for finding in found}


def named(name: str, rule: PlainRule, priority: int) -> PlainRule:
    """Returns a rule under another name and priority."""
    return replace(rule, name=name, priority=priority)


def test_rules_that_never_decide_are_named_exactly() -> None:
    first = named("First", outbound("Storage", "443"), 100)
    halves = [
        named("Low", outbound("20.60.0.0/17", "443"), 110),
        named("High", outbound("20.60.128.0/17", "443"), 120),
    ]
    both = named("Both", outbound("20.60.0.0/16", "443"), 130)
    assert untidy(first, *halves, both, CLOSED_OUT) >= {("shadowed", "Low"), ("shadowed", "High"), ("shadowed", "Both")}
    assert ("shadowed", "Both") in untidy(*halves, both, CLOSED_OUT)
    assert not any(kind == "shadowed" for kind, _ in untidy(halves[0], both, CLOSED_OUT))


def test_a_rule_is_redundant_if_what_follows_does_the_same() -> None:
    narrow = named("Narrow", outbound("Sql", "1433"), 100)
    wide = named("Wide", outbound("Sql", "*"), 200)
    assert ("redundant", "Narrow") in untidy(narrow, wide, CLOSED_OUT)
    between = replace(named("Between", outbound("Sql", "1433"), 150), access="Deny")
    assert ("redundant", "Narrow") not in untidy(narrow, between, wide, CLOSED_OUT)


def test_a_rule_far_wider_than_its_requirement_is_named_with_a_narrow_one() -> None:
    wide = named("Wide", outbound("*", "*"), 100)
    found = judged(Site(rules=(wide,)), Options("2021-12", hygiene=True)).hygiene
    sql = next(finding for finding in found if finding.requirement == "sql")
    assert (sql.kind, sql.name) == ("too-wide", "Wide")
    assert sql.message == (
        "`Wide` alone serves TCP 1433 to Sql.WestEurope and is far wider: "
        "TCP 1433 from VirtualNetwork to Sql.WestEurope would do for this subnet"
    )
    assert ("too-wide", "AllowOut") not in untidy(outbound("Sql", "1433"))


def test_a_rule_of_many_more_ports_than_its_requirement_needs_is_far_wider() -> None:
    assert ("too-wide", "AllowOut") in untidy(outbound("Sql", "1433-2457"))
    assert ("too-wide", "AllowOut") not in untidy(outbound("Sql", "1433-2456"))


def test_all_ports_are_not_far_wider_than_all_but_port_0() -> None:
    rules = (inbound("AzureLoadBalancer", "*"), deny_all("Inbound"))
    site = Site(rules=rules, platform="stv1", sku="Premium")
    assert judged(site, Options("2021-12", hygiene=True)).hygiene == ()


def test_only_where_clients_come_in_from_anywhere_is_the_internet_not_far_wider() -> None:
    assert untidy(inbound("Internet", "443")) == set()
    assert ("too-wide", "AllowOut") in untidy(outbound("Internet", "1433"))


def test_a_rule_that_alone_serves_the_last_protocol_decides_something() -> None:
    each = [
        replace(named(protocol, outbound("Sql", "*"), number), protocol=protocol)
        for number, protocol in enumerate(("Tcp", "Udp", "Icmp", "Esp"), 100)
    ]
    assert ("shadowed", "AllowOut") not in untidy(*each, outbound("Sql", "*", protocol="*"))


def test_a_rule_of_which_it_cannot_be_told_in_time_is_not_named() -> None:
    random = Random(1)

    def some(top: int) -> list[int]:
        return sorted(random.sample(range(top), 2))

    def entangled(number: int) -> PlainRule:
        own, (first, last) = some(256), map(IPv4Address, some(2**32))
        ports, source_ports = (f"{low}-{high}" for low, high in (some(2**16), some(2**16)))
        sources = (f"10.0.1.{own[0]}-10.0.1.{own[1]}",)
        rule = outbound(f"{first}-{last}", ports, sources=sources, source_ports=(source_ports,))
        return named(f"r{number}", rule, 100 + number)

    rules = [entangled(number) for number in range(60)]
    twice = [named("Again", rules[0], 3000), CLOSED_OUT, named("DenyTwice", CLOSED_OUT, 4001)]
    assert ("redundant", "DenyAll") in untidy(*rules[:9], *twice)
    found = untidy(*rules, *twice)
    assert found > {("shadowed", "Again"), ("shadowed", "DenyTwice")}
    assert not any(name == "DenyAll" for _, name in found)


def test_hygiene_is_off_by_default_and_changes_no_check() -> None:
    site = Site(rules=(named("Wide", outbound("*", "*"), 100), outbound("Sql", "1433")))
    plain, tidy = judged(site, Options("2021-12")), judged(site, Options("2021-12", hygiene=True))
    assert plain.hygiene == ()
    assert plain.checks == tidy.checks


def test_an_assumption_about_on_premises_closes_the_question_and_is_told() -> None:
    deny = replace(inbound("VirtualNetwork", "*"), access="Deny", priority=200)
    site = Site(rules=(deny, inbound("ApiManagement", "3443")), vnet=replace(VNET, gateway="a gateway"))
    assert site.check("management").verdict == "unknown"
    for announced, verdict in ((EMPTY, "compliant"), (parse_addresses("13.64.0.0/16"), "partial")):
        options = Options("2021-12", on_premises=announced)
        found = judge(Estate((site.instance(site.subnet()),)), site.tags, load_catalogue(), options)
        checks = found.instances[0].locations[0].checks
        assert next(check for check in checks if check.id == "management").verdict == verdict
        assert any("on-premises" in assumption for assumption in found.assumptions)


def test_an_stv1_instance_can_be_judged_as_stv2() -> None:
    site = Site(rules=(inbound("AzureLoadBalancer", "6390"), deny_all("Inbound")), platform="stv1", sku="Premium")
    assert judged(site, Options("2021-12")).network_model is NetworkModel.STV1
    as_stv2 = judged(site, Options("2021-12", as_model=NetworkModel.STV2))
    assert as_stv2.network_model is NetworkModel.STV2
    assert {check.id: check.verdict.value for check in as_stv2.checks}["load-balancer"] == "compliant"


def test_without_data_a_regional_tag_is_not_the_whole_tag() -> None:
    site = Site(rules=(outbound("AzureKeyVault.WestEurope", "443"), CLOSED_OUT), tags=NO_DATA)
    assert site.check("key-vault").verdict == "partial"
    assert replace(site, rules=(outbound("AzureKeyVault", "443"), CLOSED_OUT)).check("key-vault").verdict == "compliant"


def test_no_rule_serves_azures_own_dns_that_does_not_name_it() -> None:
    denying = PlainRule("NoDns", 100, "Outbound", "Deny", "Tcp", ("*",), ("AzurePlatformDNS",), ("53",))
    udp = replace(denying, protocol="Udp")
    for rules in ((denying, outbound("*", "*")), (udp, outbound("*", "*"))):
        assert Site(rules=rules, baseline="2026-04").check("dns").near_misses == ()


def test_servers_of_ones_own_are_served_like_any_other_end() -> None:
    vnet = replace(VNET, dns_servers=("10.9.9.9",))
    site = Site(rules=(outbound("10.9.9.9", "53"), CLOSED_OUT), vnet=vnet, baseline="2026-04")
    assert [miss.field for miss in site.check("dns").near_misses] == ["protocol"]


def test_where_the_platforms_need_different_ports_no_port_is_a_hint() -> None:
    probe = inbound("AzureLoadBalancer", "6380")
    closed = deny_all("Inbound")
    assert Site(rules=(probe, closed), platform="stv2").check("load-balancer").near_misses
    assert Site(rules=(probe, closed), platform="undetermined").check("load-balancer").near_misses == ()


def test_where_the_platform_is_not_known_a_hint_holds_for_either() -> None:
    site = Site(rules=(deny_all("Inbound", 100), inbound("AzureLoadBalancer", "6390")), platform="undetermined")
    assert site.check("load-balancer").near_misses == ()
    every_port = replace(site, rules=(deny_all("Inbound", 100), inbound("AzureLoadBalancer", "*")))
    assert [miss.field for miss in every_port.check("load-balancer").near_misses] == ["priority"]
