"""Checks that are not about a flow: delegation, size and routes of the subnet, and the compute platform."""

from dataclasses import replace
from typing import Any

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.estate import Estate, InstanceKind, Route, RouteTable, Unreadable
from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.requirements import NetworkModel, VirtualNetworkType
from apim_audit.core.facts.verdicts import Verdict, verdict_of
from apim_audit.core.judging.conditions import Finding, Premises, condition
from apim_audit.core.judging.judge import judge
from apim_audit.core.sets.tags import ServiceTags
from tests.core.locations import NO_DATA, VNET, Site, deny_all, inbound, others, tags_with_data

NEWEST = Site(baseline="2026-04", rules=(inbound("Internet", "443"),))
INJECTION, INTEGRATION = "Microsoft.Web/hostingEnvironments", "Microsoft.Web/serverFarms"


def check_of(site: Site, row_id: str, **changes: Any) -> Check:
    """Returns a check of a location whose subnet is changed."""
    subnet = replace(site.subnet(), **({"delegations": ()} | changes))
    return next(check for check in site.report_on(subnet).checks if check.id == row_id)


def routed(*routes: tuple[str, str]) -> RouteTable:
    """Returns a table of (prefix, next hop type)."""
    return RouteTable("/tables/rt", tuple(Route(f"r{i}", prefix, hop) for i, (prefix, hop) in enumerate(routes)))


@pytest.mark.parametrize(
    ("sku", "delegations", "verdict"),
    [
        ("Premium", (), "compliant"),
        ("Premium", (INTEGRATION,), "missing"),
        ("PremiumV2", (INJECTION,), "compliant"),
        ("PremiumV2", (INJECTION.upper(),), "compliant"),
        ("PremiumV2", (), "missing"),
        ("StandardV2", (INTEGRATION,), "compliant"),
        ("StandardV2", ("Microsoft.ContainerInstance/containerGroups",), "missing"),
    ],
)
def test_each_model_asks_for_its_delegation(sku: str, delegations: tuple[str, ...], verdict: str) -> None:
    check = check_of(replace(NEWEST, sku=sku), "subnet-delegation", delegations=delegations)
    assert check.verdict == verdict
    assert check.severity is (Severity.NONE if verdict == "compliant" else Severity.ERROR)


@pytest.mark.parametrize(
    ("sku", "prefix", "verdict"),
    [
        ("Developer", "10.0.1.0/29", "compliant"),
        ("Developer", "10.0.1.0/30", "missing"),
        ("PremiumV2", "10.0.1.0/27", "compliant"),
        ("PremiumV2", "10.0.1.0/28", "missing"),
    ],
)
def test_a_subnet_must_be_as_large_as_its_model_asks(sku: str, prefix: str, verdict: str) -> None:
    site = replace(NEWEST, sku=sku, prefixes=(prefix,))
    assert check_of(site, "subnet-size", delegations=(INJECTION,)).verdict == verdict


@pytest.mark.parametrize(
    ("prefix", "verdict"),
    [
        ("10.0.1.0/28", "missing"),
        ("10.0.1.0/27", "compliant"),
        ("10.0.0.0/24", "compliant"),
        ("10.0.0.0/23", "missing"),
    ],
)
def test_a_workspace_gateway_takes_neither_less_nor_more_than_it_can_use(prefix: str, verdict: str) -> None:
    subnet = replace(NEWEST, prefixes=(prefix,)).subnet()
    subject = replace(NEWEST.instance(replace(subnet, delegations=(INJECTION,))), kind=InstanceKind.GATEWAY)
    found = judge(Estate((subject,)), NEWEST.tags, load_catalogue(), NEWEST.baseline)
    assert (
        next(check for check in found.instances[0].locations[0].checks if check.id == "subnet-size").verdict == verdict
    )


def test_of_several_prefixes_the_largest_counts() -> None:
    site = replace(NEWEST, prefixes=("10.0.1.0/30", "10.0.2.0/29", "10.0.3.0/32"))
    assert check_of(site, "subnet-size").message == "the subnet apim is a /29"


def test_a_subnet_of_unknown_prefixes_has_no_known_size() -> None:
    assert check_of(NEWEST, "subnet-size", prefixes=()).verdict == "unknown"


@pytest.mark.parametrize(
    ("baseline", "platform", "verdict", "severity"),
    [
        ("2026-04", "stv1", "missing", "error"),
        ("2021-12", "stv1", "missing", "none"),
        ("2026-04", "stv2.1", "compliant", "none"),
        ("2026-04", None, "unknown", "undecided"),
    ],
)
def test_stv1_is_retired(baseline: str, platform: str | None, verdict: str, severity: str) -> None:
    check = replace(NEWEST, baseline=baseline, platform=platform).check("platform-version")
    assert (check.verdict, check.severity) == (verdict, severity)


@pytest.mark.parametrize(
    ("routes", "verdict"),
    [
        ([], "compliant"),
        ([("10.0.0.0/8", "VirtualAppliance")], "compliant"),
        ([("0.0.0.0/0", "Internet")], "compliant"),
        ([("0.0.0.0/0", "VirtualAppliance")], "missing"),
        ([("0.0.0.0/1", "VirtualAppliance"), ("128.0.0.0/1", "VirtualAppliance")], "missing"),
        ([("0.0.0.0/0", "VirtualNetworkGateway"), ("ApiManagement", "Internet")], "compliant"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("apimanagement", "internet")], "compliant"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("13.64.39.16/32", "Internet")], "partial"),
        ([("0.0.0.0/0", "None"), ("13.64.39.16/32", "Internet"), ("20.40.0.0/24", "Internet")], "compliant"),
        ([("ApiManagement", "Internet"), ("20.40.0.0/8", "VirtualAppliance")], "compliant"),
        ([("ApiManagement", "Internet"), ("13.64.39.16/32", "VirtualAppliance")], "partial"),
        ([("ApiManagement", "Internet"), ("20.40.0.0/24", "VirtualAppliance")], "partial"),
        ([("ApiManagement", "Internet"), ("20.40.0.0/23", "VirtualAppliance")], "compliant"),
        ([("ApiManagement", "VirtualAppliance"), ("20.40.0.0/24", "Internet")], "partial"),
        ([("ApiManagement", "VirtualAppliance"), ("20.40.0.0/16", "Internet")], "missing"),
        ([("AzureCloud", "VirtualAppliance"), ("ApiManagement", "Internet")], "compliant"),
        ([("AzureCloud", "Internet"), ("ApiManagement", "VirtualAppliance")], "missing"),
        ([("ApiManagement.WestEurope", "VirtualAppliance"), ("ApiManagement", "Internet")], "partial"),
        ([("0.0.0.0/0", "Internet"), ("0.0.0.0/0", "VirtualAppliance")], "unknown"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("0.0.0.0/0", "Internet")], "unknown"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("0.0.0.0/0", "None")], "missing"),
        ([("ApiManagement", "Internet"), ("APIMANAGEMENT", "VirtualAppliance")], "unknown"),
        ([("0.0.0.0/0", "Internet"), ("0.0.0.0/0", "None"), ("ApiManagement", "Internet")], "compliant"),
        ([("::/0", "VirtualAppliance")], "compliant"),
        ([("ActionGroup", "VirtualAppliance")], "unknown"),
        ([("ActionGroup", "Internet")], "compliant"),
        ([("ActionGroup", "VirtualAppliance"), ("10.0.0.0/8", "VirtualAppliance")], "unknown"),
    ],
)
def test_answers_to_the_control_plane_follow_the_longest_prefix(routes: list[tuple[str, str]], verdict: str) -> None:
    check = check_of(NEWEST, "management-return-path", route_table=routed(*routes))
    assert check.verdict == verdict, check.message


def test_the_first_of_several_diverting_routes_is_named_with_what_it_diverts_itself() -> None:
    table = routed(("20.40.0.0/25", "VirtualAppliance"), ("13.64.39.16/32", "VirtualNetworkGateway"))
    assert check_of(NEWEST, "management-return-path", route_table=table).message == (
        "the route 20.40.0.0/25 (`r0`) sends part of the answers to ApiManagement to VirtualAppliance, such as "
        "20.40.0.0, not to the Internet"
    )


@pytest.mark.parametrize(
    ("routes", "verdict"),
    [
        ([("10.0.0.0/8", "VirtualAppliance")], "compliant"),
        ([("0.0.0.0/0", "VirtualAppliance")], "missing"),
        ([("0.0.0.0/1", "None"), ("128.0.0.0/1", "VirtualAppliance")], "missing"),
        ([("0.0.0.0/1", "VirtualAppliance")], "unknown"),
        ([("20.0.0.0/8", "VirtualAppliance")], "unknown"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("ApiManagement", "Internet")], "compliant"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("20.0.0.0/8", "Internet")], "unknown"),
        ([("ApiManagement", "VirtualAppliance")], "missing"),
        ([("ApiManagement", "VirtualAppliance"), ("0.0.0.0/0", "Internet")], "missing"),
        ([("ApiManagement", "VirtualAppliance"), ("20.0.0.0/8", "Internet")], "unknown"),
        ([("ApiManagement", "Internet"), ("20.0.0.0/8", "VirtualAppliance")], "unknown"),
        ([("ApiManagement", "Internet"), ("100.0.0.0/8", "VirtualAppliance")], "compliant"),
        ([("ApiManagement", "Internet"), ("AzureCloud", "VirtualAppliance")], "unknown"),
        ([("ApiManagement", "Internet"), ("ApiManagement", "VirtualAppliance")], "unknown"),
        ([("ApiManagement.WestEurope", "VirtualAppliance")], "partial"),
        ([("Storage", "VirtualAppliance")], "unknown"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("ApiManagement", "Internet"), ("Storage", "None")], "unknown"),
        ([("0.0.0.0/0", "Internet"), ("ApiManagement", "None"), ("Storage", "Internet")], "unknown"),
        ([("0.0.0.0/0", "Internet"), ("0.0.0.0/0", "VirtualAppliance")], "unknown"),
    ],
)
def test_without_tag_data_names_decide_what_they_can(routes: list[tuple[str, str]], verdict: str) -> None:
    check = check_of(replace(NEWEST, tags=NO_DATA), "management-return-path", route_table=routed(*routes))
    assert check.verdict == verdict, check.message


DEFAULT = ("0.0.0.0/0", "None")


@pytest.mark.parametrize(
    ("tags", "routes", "message"),
    [
        (
            NEWEST.tags,
            [DEFAULT],
            "the route 0.0.0.0/0 (`r0`) sends answers to ApiManagement to None, such as 13.64.39.16, not to the",
        ),
        (
            NEWEST.tags,
            [("13.64.39.16/32", "Internet"), DEFAULT],
            "the route 0.0.0.0/0 (`r1`) sends part of the answers to ApiManagement to None, such as 20.40.0.0,",
        ),
        (
            NEWEST.tags,
            [("13.64.39.16/32", "None"), ("0.0.0.0/0", "Internet"), DEFAULT],
            "the routes 13.64.39.16/32 (`r0`) and 0.0.0.0/0 (`r2`) send answers to ApiManagement to None, such as",
        ),
        (
            NEWEST.tags,
            [("13.64.39.16/32", "None"), ("20.40.0.0/25", "None"), ("20.40.0.128/25", "None")],
            "the routes 13.64.39.16/32 (`r0`) and 20.40.0.0/25 (`r1`) and 20.40.0.128/25 (`r2`) send answers to",
        ),
        (
            NEWEST.tags,
            [("0.0.0.0/1", "VirtualAppliance"), ("20.40.0.0/16", "None")],
            "the routes 0.0.0.0/1 (`r0`) and 20.40.0.0/16 (`r1`) send answers to ApiManagement to VirtualAppliance or",
        ),
        (
            NEWEST.tags,
            [
                ("13.64.39.16/32", "None"),
                ("20.40.0.0/26", "None"),
                ("20.40.0.64/26", "None"),
                ("20.40.0.128/25", "None"),
            ],
            "the routes 13.64.39.16/32 (`r0`) and 20.40.0.0/26 (`r1`) and 20.40.0.64/26 (`r2`) and 1 more send",
        ),
        (
            NEWEST.tags,
            [("0.0.0.0/0", "Internet"), DEFAULT],
            "it cannot be told: the routes `r0` and `r1` have a prefix in common: which of them counts?",
        ),
        (
            NO_DATA,
            [DEFAULT],
            "the route 0.0.0.0/0 (`r0`) sends answers to ApiManagement to None, not to the Internet",
        ),
        (
            NO_DATA,
            [("20.0.0.0/8", "VirtualAppliance")],
            "it cannot be told: which addresses has ApiManagement? It is not in made-up tags",
        ),
        (
            NO_DATA,
            [("ApiManagement", "Internet"), ("ApiManagement", "None")],
            (
                "it cannot be told: which addresses has ApiManagement? It is not in made-up tags; "
                "the routes `r0` and `r1` have a prefix in common: which of them counts?"
            ),
        ),
    ],
)
def test_what_is_said_of_a_return_path_names_the_route_and_what_would_tell(
    tags: ServiceTags, routes: list[tuple[str, str]], message: str
) -> None:
    check = check_of(replace(NEWEST, tags=tags), "management-return-path", route_table=routed(*routes))
    assert check.message.startswith(message)


def test_of_a_return_path_that_is_lost_either_way_the_other_loss_is_told_too() -> None:
    table = routed(("13.64.39.16/32", "None"), ("0.0.0.0/0", "Internet"), ("0.0.0.0/0", "None"))
    check = check_of(NEWEST, "management-return-path", route_table=table)
    assert check.verdict == "missing"
    assert others(check) == {"partial": "if the route `r1` counts"}
    assert check.message.endswith("not to the Internet; partial if the route `r1` counts")


def test_data_that_says_that_the_control_plane_has_no_address_leaves_a_doubt() -> None:
    site = replace(NEWEST, tags=tags_with_data({"ApiManagement": ()}))
    assert check_of(site, "management-return-path", route_table=routed(("0.0.0.0/0", "None"))).verdict == "unknown"
    assert (
        check_of(site, "management-return-path", route_table=routed(("0.0.0.0/0", "Internet"))).verdict == "compliant"
    )


def test_a_tag_whose_prefixes_lengths_are_not_known_is_longer_than_what_sticks_out_of_it() -> None:
    site = replace(NEWEST, tags=replace(NEWEST.tags, prefixes={}))
    for literal, verdict in (("20.40.0.0/23", "compliant"), ("20.40.0.0/24", "unknown"), ("13.64.39.16/32", "partial")):
        table = routed(("ApiManagement", "Internet"), (literal, "VirtualAppliance"))
        assert check_of(site, "management-return-path", route_table=table).verdict == verdict


@pytest.mark.parametrize(
    ("routes", "verdict"),
    [
        ([("ActionGroup", "VirtualAppliance")], "missing"),  # it has addresses, whichever
        ([("Nonsense", "VirtualAppliance")], "unknown"),
        ([("0.0.0.0/0", "VirtualAppliance"), ("0.0.0.0/0", "Internet")], "unknown"),
        ([("10.0.0.0/8", "VirtualAppliance")], "not-applicable"),
    ],
)
def test_whether_traffic_is_diverted_is_asked_of_every_world(routes: list[tuple[str, str]], verdict: str) -> None:
    assert check_of(NEWEST, "service-endpoints", route_table=routed(*routes)).verdict == verdict
    every = ("Microsoft.Storage", "Microsoft.Sql", "Microsoft.KeyVault", "Microsoft.EventHub")
    served = check_of(NEWEST, "service-endpoints", route_table=routed(*routes), service_endpoints=every)
    assert served.verdict == ("not-applicable" if verdict == "not-applicable" else "compliant")


@pytest.mark.parametrize("row_id", ["management-return-path", "service-endpoints"])
def test_an_unreadable_route_table_is_never_fine(row_id: str) -> None:
    check = check_of(NEWEST, row_id, route_table=Unreadable("/tables/rt", "route table rt could not be read"))
    assert check.verdict == "unknown"
    assert check.reason == "route table rt could not be read"


def test_service_endpoints_are_asked_for_under_forced_tunnelling_only() -> None:
    forced = routed(("0.0.0.0/0", "VirtualAppliance"))
    assert check_of(NEWEST, "service-endpoints").verdict == "not-applicable"
    lacking = check_of(NEWEST, "service-endpoints", route_table=forced, service_endpoints=("Microsoft.Storage",))
    assert (lacking.verdict, lacking.severity) == ("missing", "note")
    assert "Microsoft.Sql, Microsoft.KeyVault, Microsoft.EventHub" in lacking.message
    every = ("Microsoft.Storage.Global", "Microsoft.Sql", "Microsoft.KeyVault", "Microsoft.EventHub")
    assert check_of(NEWEST, "service-endpoints", route_table=forced, service_endpoints=every).verdict == "compliant"


def test_an_nsg_that_is_not_understood_is_not_called_attached() -> None:
    check = check_of(NEWEST, "nsg-attached", nsg=Unreadable("", "the NSG's id is not understood"))
    assert check.verdict == "unknown"


def test_an_internal_instance_has_the_rows_too() -> None:
    report = replace(NEWEST, kind=VirtualNetworkType.INTERNAL).report()
    assert {"subnet-size", "management-return-path"} <= {check.id for check in report.checks}


def test_a_subnet_of_ipv6_alone_has_no_end_that_could_be_compliant() -> None:
    site = replace(NEWEST, baseline="2021-12")
    check = check_of(site, "client-https", prefixes=(), ipv6_only=True)
    assert check.verdict == "unknown"
    assert check.reason == "the subnet apim has no usable IPv4 address"


def test_the_address_of_azures_own_dns_is_not_a_server_of_ones_own() -> None:
    site = replace(NEWEST, rules=(deny_all("Outbound"),))
    for servers, verdict in (
        (("168.63.129.16",), "default-only"),
        (("10.0.0.4", "168.63.129.16"), "blocked"),
        (("10.0.0.4",), "blocked"),
    ):
        assert check_of(site, "dns", virtual_network=replace(VNET, dns_servers=servers)).verdict == verdict


MANY = ("Storage", "Sql", "AzureMonitor", "AzureKeyVault", "EventHub")
TOO_MANY = [(name, hop) for name, hop in zip(MANY, ("Internet", "None") * 3, strict=False)]


@pytest.mark.parametrize(
    ("routes", "verdict"),
    [
        ([DEFAULT, ("ApiManagement", "Internet"), *((name, "Internet") for name in MANY)], Verdict.COMPLIANT),
        ([*((name, "None") for name in MANY), ("10.0.0.0/8", "Internet")], Verdict.UNKNOWN),
        ([DEFAULT, *((name, "None") for name in MANY)], Verdict.MISSING),
        ([DEFAULT, *TOO_MANY], Verdict.UNKNOWN),
    ],
)
def test_of_many_routes_by_tags_without_data_those_count_that_could_change_it(
    routes: list[tuple[str, str]], verdict: Verdict
) -> None:
    assert verdict_of(found("management-return-path", routes).outcome) is verdict


def found(row: str, routes: list[tuple[str, str]], tags: ServiceTags = NO_DATA) -> Finding:
    """Returns what is said of a route table by itself."""
    subnet = replace(NEWEST.subnet(), route_table=routed(*routes))
    instance = NEWEST.instance(subnet)
    return condition(row, Premises(instance, instance.locations[0], NetworkModel.STV2, subnet, tags))


@pytest.mark.parametrize("row", ["management-return-path", "service-endpoints"])
def test_where_routes_by_tags_without_data_are_too_many_the_data_would_help(row: str) -> None:
    undecided = "the routes, with all that is unknown, overlap in more ways than the budget allows to go through"
    assert found(row, [DEFAULT, *TOO_MANY]).message == f"it cannot be told: {undecided}: give --service-tags"


@pytest.mark.parametrize(
    ("addresses", "verdict"),
    [
        (("13.64.39.16/32",), Verdict.MISSING),  # no other route is longer
        (("13.64.39.16/32", "20.40.0.0/24"), Verdict.UNKNOWN),  # one may lead the rest to the Internet, or not
    ],
)
def test_of_many_routes_by_tags_without_data_not_even_the_best_that_is_possible_is_guessed(
    addresses: tuple[str, ...], verdict: Verdict
) -> None:
    tags = tags_with_data({"ApiManagement": addresses})
    routes = [*((prefix, "None") for prefix in addresses), *TOO_MANY]
    assert verdict_of(found("management-return-path", routes, tags).outcome) is verdict
