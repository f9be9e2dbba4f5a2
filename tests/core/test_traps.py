"""The field's traps: what textual comparison gets wrong, each with the exact verdict."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from apim_audit.core.facts.estate import NetworkSecurityGroup, Unreadable
from apim_audit.core.facts.requirements import VirtualNetworkType
from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.verdicts import Verdict
from tests.core.locations import (
    NO_DATA,
    VNET,
    Site,
    deciders,
    deny_all,
    inbound,
    others,
    outbound,
    shadowed,
    tags_with_data,
)
from tests.laws.simulator import NOT_PUBLIC, PlainRule, ends
from tests.laws.translation import network

IN, OUT = deny_all("Inbound"), deny_all("Outbound")
MANAGEMENT = inbound("ApiManagement", "3443", name="AllowManagement")

SPELLING: dict[str, tuple[str, tuple[PlainRule, ...], str]] = {
    "several texts on a side": ("management", (inbound(("8.8.8.0/24", "ApiManagement"), "3443"),), "compliant"),
    "a tag in lower case": ("management", (inbound("apimanagement", "3443"),), "compliant"),
    "a tag in upper case with blanks": ("management", (inbound(" APIMANAGEMENT ", "3443"),), "compliant"),
    "SQL for Sql": ("sql", (outbound("SQL", "1433"), OUT), "compliant"),
    "a regional tag in odd case": ("storage", (outbound("storage.westEUROPE", "443"), OUT), "compliant"),
    "Any for a star": ("client-https", (inbound("any", "443"),), "compliant"),
    "any protocol": ("management", (inbound("ApiManagement", "3443", protocol="*"),), "compliant"),
    "host bits": ("management", (inbound("ApiManagement", "3443", destinations=("10.0.1.77/24",)),), "compliant"),
    "both halves of everything": ("client-https", (inbound(("0.0.0.0/1", "128.0.0.0/1"), "443"),), "compliant"),
    "both halves of everything for a tag": ("storage", (outbound(("0.0.0.0/1", "128.0.0.0/1"), "443"),), "compliant"),
    "everything as an address": ("management", (inbound("0.0.0.0/0", "3443"),), "compliant"),
    "everything as a range": ("management", (inbound("0.0.0.0-255.255.255.255", "3443"),), "compliant"),
    "one half of everything": ("client-https", (inbound("0.0.0.0/1", "443"),), "partial"),
    "the two halves in two rules": (
        "client-https",
        (inbound("0.0.0.0/1", "443"), inbound("128.0.0.0/1", "443", priority=310)),
        "compliant",
    ),
    "the two halves in two rules for a tag": (
        "storage",
        (outbound("0.0.0.0/1", "443"), outbound("128.0.0.0/1", "443", priority=310)),
        "pinned",
    ),
    "the subnet's prefix": (
        "management",
        (inbound("ApiManagement", "3443", destinations=("10.0.1.0/24",)),),
        "compliant",
    ),
    "the VNet's space": ("management", (inbound("ApiManagement", "3443", destinations=("10.0.0.0/8",)),), "compliant"),
    "half the subnet": ("management", (inbound("ApiManagement", "3443", destinations=("10.0.1.0/25",)),), "partial"),
    "both halves of the subnet": (
        "management",
        (inbound("ApiManagement", "3443", destinations=("10.0.1.0/25", "10.0.1.128/25")),),
        "compliant",
    ),
    "all but what Azure reserves": (
        "management",
        (inbound("ApiManagement", "3443", destinations=("10.0.1.4-10.0.1.254",)),),
        "compliant",
    ),
    "all but one usable address": (
        "management",
        (inbound("ApiManagement", "3443", destinations=("10.0.1.5-10.0.1.254",)),),
        "partial",
    ),
    "all but the last usable address": (
        "management",
        (inbound("ApiManagement", "3443", destinations=("10.0.1.4-10.0.1.253",)),),
        "partial",
    ),
    "another subnet": ("management", (inbound("ApiManagement", "3443", destinations=("10.0.2.0/24",)),), "missing"),
    "a group at our end": ("management", (inbound("ApiManagement", "3443", destinations=("asg:apim",)),), "missing"),
}

MATCHING: dict[str, tuple[str, tuple[PlainRule, ...], str]] = {
    "source port 443": ("management", (inbound("ApiManagement", "3443", source_ports=("443",)),), "partial"),
    "all source ports but 0": (
        "management",
        (inbound("ApiManagement", "3443", source_ports=("1-65535",)),),
        "compliant",
    ),
    "all source ports but 1": ("management", (inbound("ApiManagement", "3443", source_ports=("2-65535",)),), "partial"),
    "all source ports but 65535": (
        "management",
        (inbound("ApiManagement", "3443", source_ports=("1-65534",)),),
        "partial",
    ),
    "deny of part of a tag": (
        "management",
        (inbound("20.40.0.0/26", "*", access="Deny", priority=100), MANAGEMENT),
        "partial",
    ),
    "deny of all of a tag": (
        "management",
        (inbound("AzureCloud", "*", access="Deny", priority=100), MANAGEMENT),
        "blocked",
    ),
    "deny of another port": (
        "management",
        (inbound("*", "3442", access="Deny", priority=100), MANAGEMENT),
        "compliant",
    ),
    "deny after the allow": ("management", (MANAGEMENT, inbound("*", "*", access="Deny", priority=301)), "compliant"),
    "UDP for TCP inbound": ("management", (inbound("ApiManagement", "3443", protocol="Udp"),), "missing"),
    "UDP for TCP outbound": ("storage", (outbound("Storage", "443", protocol="Udp"),), "default-only"),
    "the wrong direction": ("management", (replace(MANAGEMENT, direction="Outbound"),), "missing"),
    "SQL on 1443": ("sql", (outbound("Sql", "1443"),), "default-only"),
    "storage on 433": ("storage", (outbound("Storage", "433"), OUT), "blocked"),
    "AzureCloud for Sql": ("sql", (outbound("AzureCloud", "1433"), OUT), "compliant"),
    "AzureCloud for regional storage": ("storage", (outbound("AzureCloud", "443"), OUT), "compliant"),
    "addresses for a tag": ("sql", (outbound("20.70.0.0/20", "1433"), OUT), "pinned"),
    "addresses twice for a tag": (
        "sql",
        (outbound("20.70.0.0/20", "1433"), outbound("20.70.0.0/16", "1433", priority=310), OUT),
        "pinned",
    ),
    "addresses before the tag": (
        "sql",
        (outbound("20.70.0.0/20", "1433"), outbound("Sql", "1433", priority=310), OUT),
        "compliant",
    ),
    "addresses for a part of a tag": ("sql", (outbound("20.70.0.0/21", "1433"), OUT), "partial"),
    "addresses for the Internet": ("client-https", (inbound("0.0.0.0-255.255.255.255", "443"),), "compliant"),
    "addresses for the load balancer": ("load-balancer", (inbound("168.63.129.16", "6390"), IN), "compliant"),
    "nothing outbound": ("storage", (), "default-only"),
    "nothing inbound": ("management", (), "missing"),
    "nothing for the probe": ("load-balancer", (), "default-only"),
    "VirtualNetwork denied with the probe": (
        "load-balancer",
        (inbound("VirtualNetwork", "*", access="Deny", priority=100), inbound("AzureLoadBalancer", "6390")),
        "blocked",
    ),
    "the probe before VirtualNetwork": (
        "load-balancer",
        (
            inbound("AzureLoadBalancer", "6390", priority=99),
            inbound("VirtualNetwork", "*", access="Deny", priority=100),
        ),
        "compliant",
    ),
    "Internet denied with the probe allowed by default": (
        "load-balancer",
        (inbound("Internet", "*", access="Deny", priority=100),),
        "default-only",
    ),
    "Internet denied": ("storage", (outbound("Internet", "*", access="Deny", priority=4000),), "blocked"),
    "Internet denied after the tag": (
        "storage",
        (outbound("Storage", "443"), outbound("Internet", "*", access="Deny", priority=4000)),
        "compliant",
    ),
    "IPv6 denied": ("management", (inbound("::/0", "*", access="Deny", priority=100), MANAGEMENT), "compliant"),
    "IPv6 allowed": ("management", (inbound("::/0", "3443"),), "missing"),
    "IPv6 among IPv4": ("management", (inbound(("2001:db8::/32", "ApiManagement"), "3443"),), "compliant"),
    "a host service is nothing else": (
        "storage",
        (outbound("AzurePlatformDNS", "*", access="Deny", priority=100), outbound("Storage", "443")),
        "compliant",
    ),
    "a host service does not allow": ("load-balancer", (inbound("AzurePlatformDNS", "6390"), IN), "blocked"),
}


@pytest.mark.parametrize(
    ("row_id", "rules", "verdict"), [*SPELLING.values(), *MATCHING.values()], ids=[*SPELLING, *MATCHING]
)
def test_the_verdict_is(row_id: str, rules: tuple[PlainRule, ...], verdict: str) -> None:
    assert Site(rules).check(row_id).verdict.value == verdict


NEWEST: dict[str, tuple[str, tuple[PlainRule, ...], str]] = {
    "ports in two rules": (
        "monitor",
        (outbound("AzureMonitor", "443"), outbound("AzureMonitor", "1886", priority=310), OUT),
        "compliant",
    ),
    "one port of two": ("monitor", (outbound("AzureMonitor", "443"), OUT), "partial"),
    "port ranges that meet": (
        "cache-internal-inbound",
        (inbound("10.0.1.0/24", "6381-6382"), inbound("10.0.1.0/24", "6383-7000", priority=310), IN),
        "compliant",
    ),
    "port ranges with a gap of one": (
        "cache-internal-outbound",
        (outbound("10.0.1.0/24", "6381"), outbound("10.0.1.0/24", "6383", priority=310), OUT),
        "partial",
    ),
    "TCP for UDP": ("rate-limit-inbound", (inbound("VirtualNetwork", "4290"), IN), "blocked"),
    "units within the subnet": (
        "rate-limit-inbound",
        (inbound("10.0.1.0/24", "4290", protocol="Udp"), IN),
        "compliant",
    ),
    "units by half the subnet": (
        "rate-limit-outbound",
        (outbound("10.0.1.0/25", "4290", protocol="*"), OUT),
        "partial",
    ),
    "external cache by default": ("cache-external-inbound", (), "default-only"),
    "certificates by default": ("certificates", (), "default-only"),
    "certificates by a tag": ("certificates", (outbound("AzureCloud", "80"), OUT), "partial"),
    "AzureCloud for the global tag": ("event-hub", (outbound("AzureCloud", "*"), OUT), "compliant"),
}


@pytest.mark.parametrize(("row_id", "rules", "verdict"), NEWEST.values(), ids=NEWEST)
def test_the_verdict_by_the_newest_baseline_is(row_id: str, rules: tuple[PlainRule, ...], verdict: str) -> None:
    assert Site(rules, baseline="2026-04").check(row_id).verdict.value == verdict


def test_the_message_names_who_drops_what_before_whom() -> None:
    deny = deny_all("Inbound", 200)
    check = Site((deny, MANAGEMENT)).check("management")
    assert (
        check.message == "`DenyAll` (200) drops TCP 3443 from ApiManagement before `AllowManagement` (300) is reached"
    )
    assert (check.verdict, check.severity, deciders(check), shadowed(check)) == (
        "blocked",
        "error",
        ["DenyAll"],
        ["AllowManagement"],
    )


def test_the_witness_of_a_deny_is_a_flow_that_it_drops() -> None:
    deny = inbound("20.40.0.128/25", "*", access="Deny", priority=100, name="DenySome")
    check = Site((deny, MANAGEMENT)).check("management")
    witness = check.evidence.witness
    assert witness is not None
    assert (witness.source, witness.destination, witness.destination_port) == ("20.40.0.128", "10.0.1.4", 3443)
    assert (witness.decided_by, deciders(check), shadowed(check)) == (
        "DenySome",
        ["DenySome", "AllowManagement"],
        ["AllowManagement"],
    )


def test_a_deny_of_virtual_network_is_named_for_the_probe() -> None:
    deny = inbound("VirtualNetwork", "*", access="Deny", priority=100, name="DenyVnet", protocol="*")
    allow = inbound("AzureLoadBalancer", "6390", name="AllowProbe")
    check = Site((deny, allow)).check("load-balancer")
    assert deciders(check) == ["DenyVnet"]
    assert shadowed(check) == ["AllowProbe", "AllowVnetInBound", "AllowAzureLoadBalancerInBound"]


def test_without_custom_rules_the_probe_is_let_in_as_part_of_virtual_network() -> None:
    assert deciders(Site().check("load-balancer")) == ["AllowVnetInBound"]


MESSAGES: dict[str, tuple[str, tuple[PlainRule, ...], str]] = {
    "compliant": ("management", (MANAGEMENT,), "`AllowManagement` (300) allows TCP 3443 from ApiManagement"),
    "default-only": (
        "storage",
        (),
        "TCP 443 to Storage.WestEurope is allowed only by the default rule `AllowInternetOutBound` (65001)",
    ),
    "missing": (
        "management",
        (),
        "no rule allows TCP 3443 from ApiManagement; `DenyAllInBound` (65500) drops it",
    ),
    "pinned": (
        "sql",
        (outbound("20.70.0.0/20", "1433", name="AllowSql"), OUT),
        (
            "`AllowSql` allows TCP 1433 to Sql.WestEurope by addresses, not by service tag: "
            "it breaks when the service's addresses change"
        ),
    ),
    "partial": (
        "management",
        (inbound("20.40.0.0/25", "*", access="Deny", priority=100, name="DenyHalf"), MANAGEMENT),
        (
            "`DenyHalf` (100) drops part of TCP 3443 from ApiManagement before `AllowManagement` (300) is reached, "
            "such as 20.40.0.0:1024 to 10.0.1.4:3443"
        ),
    ),
}


@pytest.mark.parametrize(("row_id", "rules", "message"), MESSAGES.values(), ids=MESSAGES)
def test_the_message_of_a_verdict_is(row_id: str, rules: tuple[PlainRule, ...], message: str) -> None:
    assert Site(rules).check(row_id).message == message


class TestSeverity:
    def test_loss_of_low_source_ports_only_is_a_warning(self) -> None:
        check = Site((inbound("ApiManagement", "3443", source_ports=("1024-65535",)),)).check("management")
        assert (check.verdict, check.severity) == ("partial", "warning")

    def test_loss_of_one_port_more_is_an_error(self) -> None:
        check = Site((inbound("ApiManagement", "3443", source_ports=("1025-65535",)),)).check("management")
        assert (check.verdict, check.severity) == ("partial", "error")

    def test_loss_of_low_source_ports_and_of_an_address_is_an_error(self) -> None:
        allow = inbound("20.40.0.0/24", "3443", source_ports=("1024-65535",))
        check = Site((allow,)).check("management")
        assert (check.verdict, check.severity) == ("partial", "error")

    def test_narrowed_clients_are_a_note(self) -> None:
        check = Site((inbound("20.0.0.0/8", "443"),)).check("client-https")
        assert (check.verdict, check.severity) == ("partial", "note")

    def test_no_clients_at_all_are_an_error(self) -> None:
        check = Site().check("client-https")
        assert (check.verdict, check.severity) == ("missing", "error")

    def test_a_regional_tag_for_key_vault_is_a_warning(self) -> None:
        check = Site((outbound("AzureKeyVault.WestEurope", "443"), OUT)).check("key-vault")
        assert (check.verdict, check.severity) == ("partial", "warning")

    def test_a_regional_tag_for_monitor_is_a_warning(self) -> None:
        rules = (outbound("AzureMonitor.WestEurope", "*"), OUT)
        check = Site(rules, baseline="2026-04").check("monitor")
        assert (check.verdict, check.severity) == ("partial", "warning")

    def test_a_regional_tag_on_a_wrong_port_besides_is_an_error(self) -> None:
        rules = (outbound("AzureMonitor.WestEurope", "443"), OUT)
        check = Site(rules, baseline="2026-04").check("monitor")
        assert (check.verdict, check.severity) == ("partial", "error")

    def test_the_addresses_of_a_region_are_no_regional_tag(self) -> None:
        check = Site((outbound("20.80.0.0/20", "443"), OUT)).check("key-vault")
        assert (check.verdict, check.severity) == ("partial", "error")

    def test_a_regional_tag_beside_default_rules_is_default_only(self) -> None:
        check = Site((outbound("AzureKeyVault.WestEurope", "443"),)).check("key-vault")
        assert (check.verdict, check.severity) == ("default-only", "warning")

    def test_default_rules_alone_are_a_warning(self) -> None:
        check = Site().check("storage")
        assert (check.verdict, check.severity, deciders(check)) == (
            "default-only",
            "warning",
            ["AllowInternetOutBound"],
        )

    def test_pinned_is_a_warning(self) -> None:
        assert Site((outbound("20.70.0.0/20", "1433"), OUT)).check("sql").severity == "warning"

    def test_an_optional_loss_is_a_note(self) -> None:
        check = Site((inbound("Internet", "80", access="Deny"),)).check("client-http")
        assert (check.verdict, check.severity) == ("blocked", "note")

    def test_an_advisory_loss_is_silent(self) -> None:
        check = Site((OUT,)).check("certificates")
        assert (check.verdict, check.level, check.severity) == ("blocked", "advisory", "none")

    def test_unknown_is_undecided(self) -> None:
        check = Site((outbound("KeyVault", "443"), OUT)).check("key-vault")
        assert (check.verdict, check.severity) == ("unknown", "undecided")

    @pytest.mark.parametrize(("sku", "severity"), [("Premium", "error"), ("Developer", "note")])
    def test_the_probe_on_stv1_is_required_on_premium_only(self, sku: str, severity: str) -> None:
        check = Site((IN,), platform="stv1", sku=sku).check("load-balancer")
        assert (check.verdict, check.severity) == ("blocked", severity)

    def test_a_deny_elsewhere_is_an_error_though_a_regional_rule_decides_a_part(self) -> None:
        deny = outbound("20.80.128.0/24", "*", access="Deny", priority=100)
        rules = (deny, outbound("AzureKeyVault.WestEurope", "443", priority=200), outbound("AzureKeyVault", "443"))
        check = Site(rules).check("key-vault")
        assert (check.verdict, check.severity) == ("partial", "error")


class TestInternet:
    @pytest.mark.parametrize("block", NOT_PUBLIC)
    def test_what_is_not_public_is_not_needed_by_clients(self, block: str) -> None:
        deny = inbound(block, "*", access="Deny", priority=100)
        assert Site((deny, inbound("Internet", "443"))).check("client-https").verdict == "compliant"

    @pytest.mark.parametrize("block", NOT_PUBLIC)
    def test_its_neighbours_are_needed(self, block: str) -> None:
        first, last = ends(block)
        for neighbour in (first - 1, last + 1):
            if 0 <= neighbour < 2**32:
                deny = inbound(f"{IPv4Address(neighbour)}", "*", access="Deny", priority=100)
                site = Site((deny, inbound("Internet", "443")))
                assert site.check("client-https").verdict == "partial"

    def test_a_vnet_in_public_space_is_not_part_of_it(self) -> None:
        vnet = network(("20.0.0.0/24",), ("20.0.1.0/24",))
        deny = inbound("20.0.0.0/23", "*", access="Deny", priority=100)
        site = Site((deny, inbound("Internet", "443")), prefixes=("20.0.0.0/28",), vnet=vnet)
        assert site.check("client-https").verdict == "compliant"
        assert Site((deny, inbound("Internet", "443"))).check("client-https").verdict == "partial"


class TestRegions:
    def test_the_region_of_the_location_suffices(self) -> None:
        assert Site((outbound("Storage.WestEurope", "443"), OUT)).check("storage").verdict == "compliant"

    def test_another_region_does_not_serve(self) -> None:
        assert Site((outbound("Storage.NorthEurope", "443"), OUT)).check("storage").verdict == "blocked"

    @pytest.mark.parametrize(
        ("destinations", "primary", "additional"),
        [
            (("Storage.WestEurope",), "compliant", "partial"),
            (("Storage.NorthEurope",), "blocked", "partial"),
            (("Storage.NorthEurope", "Storage.WestEurope"), "compliant", "compliant"),
            (("Storage",), "compliant", "compliant"),
        ],
    )
    def test_an_additional_location_needs_its_own_region_and_the_primary_one(
        self, destinations: tuple[str, ...], primary: str, additional: str
    ) -> None:
        site = Site((outbound(destinations, "443"), OUT), regions=("West Europe", "northeurope"), sku="Premium")
        assert [site.check("storage", place).verdict for place in (0, 1)] == [primary, additional]

    def test_the_other_end_names_both_regions(self) -> None:
        site = Site((OUT,), regions=("West Europe", "North Europe"), sku="Premium")
        assert site.check("storage", 1).peer == ("Storage.NorthEurope", "Storage.WestEurope")

    @pytest.mark.parametrize("region", ["westus", "moonbase"])
    def test_without_a_regional_tag_or_with_an_empty_one_the_global_tag_is_needed(self, region: str) -> None:
        site = Site((outbound("Sql.WestEurope", "1433"), OUT), regions=(region,))
        check = site.check("sql")
        assert (check.verdict, check.peer) == ("partial", ("Sql",))

    def test_one_region_without_a_tag_makes_both_global(self) -> None:
        site = Site((outbound("Sql.NorthEurope", "1433"), OUT), regions=("moonbase", "northeurope"), sku="Premium")
        check = site.check("sql", 1)
        assert (check.verdict, check.peer) == ("partial", ("Sql",))

    def test_azure_cloud_does_not_cover_all_of_the_global_storage_tag(self) -> None:
        rules = (outbound("AzureCloud", "*"), OUT)
        site = Site(rules, regions=("moonbase",))
        assert (site.check("storage").verdict, site.check("sql").verdict) == ("partial", "compliant")

    def test_the_global_tag_covers_the_regions_that_data_do_not(self) -> None:
        tags = Site(tags=NO_DATA, rules=(outbound("Sql", "1433"), OUT), regions=("West Europe", "northeurope"))
        assert tags.check("sql", 1).verdict == "compliant"


class TestNoGroup:
    @pytest.mark.parametrize(
        ("platform", "row_id", "verdict", "severity"),
        [
            ("stv2", "management", "missing", "error"),
            ("stv2", "load-balancer", "missing", "error"),
            ("stv2", "storage", "default-only", "warning"),
            ("stv2", "nsg-attached", "missing", "error"),
            ("stv2.1", "management", "missing", "error"),
            ("stv1", "management", "default-only", "warning"),
            ("stv1", "storage", "default-only", "warning"),
            ("stv1", "nsg-attached", "missing", "warning"),
            ("undetermined", "nsg-attached", "missing", "error"),
        ],
    )
    def test_a_subnet_without_nsg(self, platform: str, row_id: str, verdict: str, severity: str) -> None:
        check = Site(None, platform=platform).check(row_id)
        assert (check.verdict, check.severity) == (verdict, severity)
        assert deciders(check) == []

    def test_the_witness_has_no_deciding_rule(self) -> None:
        witness = Site(None).check("management").evidence.witness
        assert witness is not None
        assert witness.decided_by is None
        assert (witness.source, witness.destination, witness.destination_port) == ("13.64.39.16", "10.0.1.4", 3443)

    def test_on_an_undetermined_platform_inbound_checks_differ(self) -> None:
        check = Site(None, platform="undetermined").check("management")
        assert check.verdict == "missing"
        assert others(check) == {"default-only": "if the platform is stv1"}

    def test_an_nsg_makes_the_condition_compliant(self) -> None:
        assert Site(()).check("nsg-attached").verdict == "compliant"


class TestUndeterminedPlatform:
    @pytest.mark.parametrize("platform", ["undetermined", None])
    def test_what_only_one_platform_asks_for_is_unknown(self, platform: str | None) -> None:
        probe = inbound("AzureLoadBalancer", "6390")
        assert Site((probe, IN), platform=platform).check("load-balancer").verdict == "unknown"

    def test_what_both_platforms_lack_is_a_gap(self) -> None:
        deny = inbound("AzureLoadBalancer", "6390", access="Deny", priority=100)
        check = Site((deny, inbound("AzureLoadBalancer", "*")), platform="undetermined").check("load-balancer")
        assert check.verdict == "blocked"
        assert others(check) == {"partial": "if the platform is stv1"}

    def test_the_level_is_the_stricter(self) -> None:
        assert Site((IN,), platform="undetermined").check("load-balancer").level == "required"

    def test_a_row_that_one_platform_lacks_does_not_vote(self) -> None:
        site = Site((outbound("AzureKeyVault", "443"), OUT), platform="undetermined")
        assert (site.check("key-vault").verdict, site.check("key-vault").level) == ("compliant", "required")

    def test_what_both_platforms_have_is_decided(self) -> None:
        assert Site((MANAGEMENT,), platform="undetermined").check("management").verdict == "compliant"


class TestUnreadable:
    LOST = Unreadable("/lost", "it could not be read (forbidden)")

    def test_an_unreadable_nsg_makes_flows_unknown(self) -> None:
        check = Site(self.LOST).check("management")
        assert (check.verdict, check.reason) == ("unknown", "it could not be read (forbidden)")

    def test_an_unreadable_subnet_makes_flows_unknown(self) -> None:
        site = Site()
        assert {
            check.verdict
            for check in site.report_on(self.LOST).checks
            if check.direction is not None and check.level == "required"
        } == {"unknown"}

    def test_an_unreadable_vnet_leaves_what_does_not_depend_on_it(self) -> None:
        allow = inbound("ApiManagement", "3443", destinations=("*",))
        assert Site((allow,), vnet=self.LOST).check("management").verdict == "compliant"

    def test_virtual_network_covers_the_subnet_whatever_the_vnet(self) -> None:
        assert Site((MANAGEMENT,), vnet=self.LOST).check("management").verdict == "compliant"

    def test_an_unreadable_vnet_makes_what_internet_allows_unknown(self) -> None:
        rules = (outbound("Internet", "443"), OUT)
        assert Site(rules, vnet=self.LOST).check("storage").verdict == "unknown"
        assert Site(rules).check("storage").verdict == "compliant"

    def test_an_unreadable_vnet_makes_a_deny_of_virtual_network_a_doubt(self) -> None:
        rules = (outbound("VirtualNetwork", "*", access="Deny", priority=100), outbound("Storage", "443"))
        assert Site(rules, vnet=self.LOST).check("storage").verdict == "unknown"
        assert Site(rules).check("storage").verdict == "compliant"

    def test_an_unreadable_route_table_makes_a_deny_of_virtual_network_a_doubt(self) -> None:
        rules = (outbound("VirtualNetwork", "*", access="Deny", priority=100), outbound("Storage", "443"))
        assert Site(rules, routes=self.LOST).check("storage").verdict == "unknown"

    def test_an_unreadable_route_table_makes_what_internet_allows_unknown(self) -> None:
        rules = (outbound("Internet", "443"), OUT)
        assert Site(rules, routes=self.LOST).check("storage").verdict == "unknown"

    def test_an_unreadable_route_table_does_not_touch_what_a_tag_allows(self) -> None:
        assert Site((outbound("Storage", "443"), OUT), routes=self.LOST).check("storage").verdict == "compliant"

    def test_an_unreadable_route_table_does_not_hide_a_gap(self) -> None:
        assert Site((MANAGEMENT, IN), routes=self.LOST).check("client-https").verdict == "blocked"

    def test_the_direction_that_could_be_read_is_judged(self) -> None:
        site = Site((MANAGEMENT,))
        subnet = site.subnet()
        assert isinstance(subnet.nsg, NetworkSecurityGroup)
        half_read = replace(subnet, nsg=replace(subnet.nsg, unreadable={Direction.OUTBOUND: "rule 2 is no rule"}))
        verdicts = {check.id: check.verdict for check in site.report_on(half_read).checks}
        assert (verdicts["management"], verdicts["storage"]) == ("compliant", "unknown")


class TestOwnEnd:
    @pytest.mark.parametrize(("prefix", "verdict"), [("10.0.1.0/29", "compliant"), ("10.0.1.0/30", "unknown")])
    def test_a_subnet_too_small_to_have_a_usable_address_is_unknown(self, prefix: str, verdict: str) -> None:
        assert Site((MANAGEMENT,), prefixes=(prefix,)).check("management").verdict == verdict

    def test_a_subnet_of_unknown_prefixes_is_covered_by_virtual_network(self) -> None:
        assert Site((MANAGEMENT,), prefixes=()).check("management").verdict == "compliant"

    @pytest.mark.parametrize(
        ("own", "verdict"), [("*", "compliant"), ("10.0.0.0/16", "compliant"), ("10.0.1.0/24", "unknown")]
    )
    def test_a_subnet_of_unknown_prefixes_may_be_anywhere_in_the_vnet(self, own: str, verdict: str) -> None:
        allow = inbound("ApiManagement", "3443", destinations=(own,))
        assert Site((allow,), prefixes=()).check("management").verdict == verdict

    def test_every_prefix_of_the_subnet_counts(self) -> None:
        allow = inbound("ApiManagement", "3443", destinations=("10.0.1.0/24",))
        assert Site((allow,), prefixes=("10.0.1.0/24", "10.0.9.0/28")).check("management").verdict == "partial"


class TestNoTagData:
    @pytest.mark.parametrize(
        ("sources", "verdict"),
        [
            (("ApiManagement",), "compliant"),
            (("*",), "compliant"),
            (("Internet",), "compliant"),
            (("AzureCloud",), "unknown"),
            (("20.40.0.0/24",), "missing"),
            (("Sql", "ApiManagement"), "compliant"),
            (("VirtualNetwork",), "missing"),
        ],
    )
    def test_names_decide_what_they_can(self, sources: tuple[str, ...], verdict: str) -> None:
        assert Site((inbound(sources, "3443"),), tags=NO_DATA).check("management").verdict == verdict

    def test_a_region_denied_is_a_gap_whatever_its_addresses(self) -> None:
        deny = inbound("ApiManagement.WestEurope", "*", access="Deny", priority=100)
        assert Site((deny, MANAGEMENT), tags=NO_DATA).check("management").verdict == "partial"

    def test_one_region_of_a_tag_never_serves_all_of_it(self) -> None:
        rules = (outbound("AzureKeyVault.WestEurope", "443"), OUT)
        assert Site(rules, tags=NO_DATA).check("key-vault").verdict == "partial"

    def test_another_tag_denied_may_or_may_not_matter(self) -> None:
        deny = inbound("AzureCloud", "*", access="Deny", priority=100)
        assert Site((deny, MANAGEMENT), tags=NO_DATA).check("management").verdict == "unknown"

    def test_what_default_rules_allow_is_default_only(self) -> None:
        assert Site(tags=NO_DATA).check("storage").verdict == "default-only"

    def test_nothing_allows_an_unknown_tag_in(self) -> None:
        assert Site(tags=NO_DATA).check("management").verdict == "missing"


class TestTagNames:
    """What names of tags tell where there are no data."""

    @pytest.mark.parametrize(
        ("denied", "verdict"), [("Storage.NorthEurope", "compliant"), ("AzureKeyVault.NorthEurope", "unknown")]
    )
    def test_regions_of_one_tag_are_apart_those_of_two_need_not_be(self, denied: str, verdict: str) -> None:
        deny = outbound(denied, "*", access="Deny", priority=100)
        assert Site((deny, outbound("Storage", "443"), OUT), tags=NO_DATA).check("storage").verdict == verdict

    def test_azure_monitor_core_is_no_region(self) -> None:
        deny = outbound("AzureMonitor.Core", "*", access="Deny", priority=100)
        rules = (deny, outbound("AzureMonitor.WestEurope", "*", name="AllowRegion"), OUT)
        check = Site(rules, tags=NO_DATA, baseline="2026-04").check("monitor")
        assert "AllowRegion" in shadowed(check)  # which it could not be if the two were apart

    def test_a_region_that_is_all_of_what_is_needed_is_denied_wholly(self) -> None:
        rules = (outbound("Sql.WestEurope", "*", access="Deny", priority=100), outbound("Sql", "1433"))
        assert Site(rules, tags=NO_DATA).check("sql").verdict == "blocked"

    @pytest.mark.parametrize(
        ("destinations", "verdict"),
        [
            (("Sql.WestEurope", "Sql.NorthEurope"), "compliant"),
            (("Sql",), "compliant"),
            (("Sql.NorthEurope",), "partial"),
            (("Sql.WestUS",), "blocked"),
        ],
    )
    def test_two_regions_are_needed_by_name(self, destinations: tuple[str, ...], verdict: str) -> None:
        rules = (outbound(destinations, "1433"), OUT)
        site = Site(rules, tags=NO_DATA, regions=("West Europe", "North Europe"), sku="Premium")
        assert site.check("sql", 1).verdict == verdict

    def test_a_tag_and_its_region_together_are_the_tag(self) -> None:
        rules = (outbound(("AzureKeyVault", "AzureKeyVault.WestEurope"), "443"), OUT)
        assert Site(rules, tags=NO_DATA).check("key-vault").verdict == "compliant"

    def test_no_tag_is_all_of_the_internet(self) -> None:
        rules = (outbound("AzureCloud", "80"),)
        check = Site(rules, tags=NO_DATA, baseline="2026-04").check("certificates")
        assert check.verdict == "default-only"

    @pytest.mark.parametrize(("one", "two"), [("AzureCloud", "Storage"), ("VideoIndexer", "AzureSentinel")])
    def test_nor_is_it_where_another_tag_is_asked_about_too(self, one: str, two: str) -> None:
        some = outbound(one, "80", access="Deny", priority=100, sources=("10.0.1.0/25",))
        site = Site((some, outbound(two, "80", access="Deny")), tags=NO_DATA, baseline="2026-04")
        check = site.check("certificates")
        assert (check.verdict, others(check)) == ("partial", {})

    def test_a_region_is_not_shadowed_by_another(self) -> None:
        deny = outbound("AzureMonitor.NorthEurope", "*", access="Deny", priority=100)
        rules = (deny, outbound("AzureMonitor.WestEurope", "*"), OUT)
        assert "AllowOut" not in shadowed(Site(rules, tags=NO_DATA, baseline="2026-04").check("monitor"))

    def test_two_tags_may_be_all_of_the_internet_between_them(self) -> None:
        rules = (outbound(("AzureCloud", "Storage"), "80"),)
        check = Site(rules, tags=NO_DATA, baseline="2026-04").check("certificates")
        assert check.verdict == "unknown"


class TestDoubts:
    def test_an_address_of_the_subnet_stands_at_both_ends(self) -> None:
        # Whatever the subnet is: where an address of it can be reached from it, so it can be reached by it.
        own = ("10.0.1.0/24",)
        rules = (
            inbound(own, "6381-6382", priority=100),
            inbound("*", "*", access="Deny", priority=200, destinations=own),
            inbound("VirtualNetwork", "6381"),
            IN,
        )
        check = Site(rules, prefixes=(), baseline="2026-04").check("cache-internal-inbound")
        assert (check.verdict, others(check)) == ("partial", {})

    def test_a_tag_without_an_address_asks_for_nothing_that_could_be_compliant(self) -> None:
        check = Site((inbound("*", "*"),), tags=tags_with_data({"ApiManagement": ()})).check("management")
        assert (check.verdict, check.reason) == ("unknown", "ApiManagement has no address")

    def test_a_subnet_of_unknown_prefixes_has_an_address_all_the_same(self) -> None:
        rules = (inbound("*", "*", access="Deny", destinations=("10.0.1.0/24",)),)
        check = Site(rules, prefixes=()).check("management")
        assert (check.verdict, set(others(check))) == ("blocked", {"missing"})

    def test_what_is_asked_of_either_end_names_the_address_of_that_end(self) -> None:
        witness = Site((), prefixes=(), vnet=Unreadable("vnet", "give the VNet")).check("sql").evidence.witness
        assert witness is not None
        assert witness.assuming == (
            f"{witness.source} is in the VNet's address space",
            f"{witness.source} is in the subnet",
            f"{witness.destination} is in the VNet's address space",
        )

    def test_a_word_that_is_no_tag_is_asked_about(self) -> None:
        check = Site((outbound("KeyVault", "443"), OUT)).check("key-vault")
        assert check.reason == "is `KeyVault` a misspelt `AzureKeyVault`?"

    def test_a_side_that_says_nothing_may_be_anything(self) -> None:
        rule = inbound((), "3443", access="Deny", priority=100)
        assert Site((rule, MANAGEMENT)).check("management").verdict == "unknown"

    def test_a_rule_that_is_perhaps_there_is_a_doubt(self) -> None:
        site = Site((MANAGEMENT,), perhaps=frozenset({"AllowManagement"}))
        assert site.check("management").verdict == "unknown"

    def test_two_rules_of_one_priority_are_a_doubt(self) -> None:
        deny = inbound("*", "*", access="Deny", name="DenyToo")
        assert Site((MANAGEMENT, deny)).check("management").verdict == "unknown"

    def test_of_three_rules_of_one_priority_any_may_come_first(self) -> None:
        allow = inbound("*", "*", name="AllowToo")
        site = Site((MANAGEMENT, allow, inbound("*", "*", access="Deny", name="DenyToo")))
        check = site.check("management")
        assert check.reason == (
            "`AllowManagement` and `AllowToo` and `DenyToo` have the same priority (300): which comes first?"
        )
        assert check.evidence.witness is not None
        assert check.evidence.witness.decided_by == "DenyToo"

    def test_two_rules_of_one_priority_that_agree_are_none(self) -> None:
        assert Site((MANAGEMENT, inbound("*", "*", name="AllowToo"))).check("management").verdict == "compliant"

    def test_two_rules_of_one_priority_in_two_directions_are_none(self) -> None:
        deny = outbound("*", "*", access="Deny")
        assert Site((MANAGEMENT, deny)).check("management").verdict == "compliant"

    def test_a_group_at_the_other_end_may_hold_any_address_of_the_vnet(self) -> None:
        rules = (outbound("asg:cache", "10000", access="Deny", priority=100), outbound("VirtualNetwork", "10000"))
        check = Site(rules, baseline="2026-04").check("cache-external-outbound")
        assert check.verdict == "unknown"

    def test_a_group_never_holds_the_probe_nor_a_service(self) -> None:
        deny = inbound("asg:web", "*", access="Deny", priority=100)
        site = Site((deny, inbound("AzureLoadBalancer", "6390"), replace(MANAGEMENT, priority=310)))
        assert (site.check("load-balancer").verdict, site.check("management").verdict) == ("compliant", "compliant")

    def test_a_group_in_a_vnet_round_the_probe_does_not_hold_it(self) -> None:
        deny = inbound("asg:web", "*", access="Deny", priority=100)
        vnet = network(("168.63.129.0/24",))
        site = Site((deny, inbound("AzureLoadBalancer", "6390")), prefixes=("168.63.129.64/28",), vnet=vnet)
        assert site.check("load-balancer").verdict == "compliant"

    def test_nothing_is_shadowed_by_a_deny_that_only_a_pinned_rule_keeps_off(self) -> None:
        rules = (
            outbound("20.70.0.0/20", "1433", priority=100),
            outbound("Gibberish", "*", access="Deny", priority=200),
            outbound("Sql", "1433"),
        )
        check = Site(rules).check("sql")
        assert (check.verdict, deciders(check), shadowed(check)) == ("unknown", ["AllowOut"], [])

    def test_a_default_route_may_turn_virtual_network_into_everything(self) -> None:
        rules = (outbound("VirtualNetwork", "*", access="Deny", priority=100), outbound("Storage", "443"))
        assert Site(rules, routes=("0.0.0.0/0",)).check("storage").verdict == "unknown"

    def test_a_default_route_does_not_shrink_internet(self) -> None:
        rules = (outbound("Internet", "443"), OUT)
        assert Site(rules, routes=("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1")).check("storage").verdict == "compliant"

    def test_a_route_of_a_tag_may_shrink_internet(self) -> None:
        rules = (outbound("Internet", "443"), OUT)
        assert Site(rules, routes=("Storage",)).check("storage").verdict == "unknown"

    def test_what_would_decide_between_gaps_is_said(self) -> None:
        check = Site((), routes=("0.0.0.0/0",)).check("management")
        assert check.verdict == "missing"
        assert others(check) == {"default-only": "if the route 0.0.0.0/0 widens VirtualNetwork"}
        assert check.message.endswith("; default-only if the route 0.0.0.0/0 widens VirtualNetwork")

    def test_what_takes_two_answers_is_not_promised_for_one(self) -> None:
        deny = inbound("ApiManagement", "*", access="Deny", name="DenyManagement")
        check = Site((deny,), routes=("0.0.0.0/0",), perhaps=frozenset({"DenyManagement"})).check("management")
        assert check.verdict == "blocked"
        assert others(check).keys() == {"missing", "default-only"}
        assert others(check)["missing"] != others(check)["default-only"]
        for condition in others(check).values():  # with the Deny or the route alone it is something else
            assert "`DenyManagement`" in condition
            assert "0.0.0.0/0" in condition

    def test_a_doubt_that_makes_no_difference_is_not_part_of_a_condition(self) -> None:
        deny = inbound("20.40.0.0/25", "*", access="Deny", priority=100, name="DenyHalf")
        perhaps = {
            f"Perhaps{number}": replace(deny, name=f"Perhaps{number}", priority=number) for number in range(200, 205)
        }
        site = Site((deny, *perhaps.values()), routes=("0.0.0.0/0",), perhaps=frozenset(perhaps))
        assert others(site.check("management")) == {"partial": "if the route 0.0.0.0/0 widens VirtualNetwork"}

    def test_a_subnet_and_a_vnet_of_which_nothing_is_known_are_never_a_gap_for_sure(self) -> None:
        deny = inbound("*", "*", access="Deny", destinations=("10.0.1.0/24",))
        unread = Unreadable("/vnets/v", "VNet v could not be read")
        assert Site((deny,), prefixes=(), vnet=unread).check("management").verdict == "unknown"

    def test_any_number_of_rules_of_one_priority_may_agree(self) -> None:
        rules = tuple(replace(MANAGEMENT, name=f"Allow{i}") for i in range(6))
        assert Site(rules).check("management").verdict == "compliant"

    def test_a_gateway_may_announce_anything(self) -> None:
        site = Site((), vnet=replace(VNET, gateway="a gateway"))
        assert others(site.check("management")).keys() == {"default-only", "partial"}


class TestDns:
    PLATFORM = outbound("AzurePlatformDNS", "*", protocol="*", access="Deny", priority=200, name="DenyDns")

    @pytest.mark.parametrize(
        ("rules", "verdict", "severity"),
        [
            ((), "default-only", "none"),
            ((OUT,), "default-only", "none"),
            ((outbound("168.63.129.16", "*", protocol="*", access="Deny"),), "default-only", "none"),
            ((PLATFORM,), "blocked", "error"),
            ((replace(PLATFORM, destinations=("azureplatformdns",)),), "blocked", "error"),
            ((replace(PLATFORM, destination_ports=("53",), protocol="Tcp"),), "default-only", "none"),
            ((replace(PLATFORM, direction="Inbound"),), "default-only", "none"),
            ((PLATFORM, replace(PLATFORM, access="Allow", priority=100)), "compliant", "none"),
            ((PLATFORM, outbound("*", "*", protocol="*", priority=100)), "blocked", "error"),
        ],
    )
    def test_azures_own_dns_obeys_only_rules_that_name_it(
        self, rules: tuple[PlainRule, ...], verdict: str, severity: str
    ) -> None:
        check = Site(rules, baseline="2026-04").check("dns")
        assert (check.verdict, check.severity) == (verdict, severity)

    @pytest.mark.parametrize(
        ("servers", "rules", "verdict"),
        [
            (("10.0.0.4",), (), "default-only"),
            (("10.0.0.4",), (OUT,), "blocked"),
            (("10.0.0.4",), (outbound("VirtualNetwork", "53", protocol="Udp"), OUT), "compliant"),
            (("10.0.0.4",), (outbound("VirtualNetwork", "53"), OUT), "blocked"),
            (("10.0.0.4",), (PLATFORM,), "default-only"),
            (("10.0.0.4", "8.8.8.8"), (outbound("VirtualNetwork", "53", protocol="Udp"), OUT), "partial"),
            (("10.0.0.4", "8.8.8.8"), (outbound(("10.0.0.4", "8.8.8.8"), "53", protocol="*"), OUT), "compliant"),
            (("172.16.0.4",), (), "missing"),
            (("dns.example",), (), "unknown"),
        ],
    )
    def test_servers_of_ones_own_are_addresses_like_any(
        self, servers: tuple[str, ...], rules: tuple[PlainRule, ...], verdict: str
    ) -> None:
        site = Site(rules, baseline="2026-04", vnet=replace(VNET, dns_servers=servers))
        assert site.check("dns").verdict == verdict


class TestWhatIsListed:
    @pytest.mark.parametrize("row_id", ["client-https", "client-http", "traffic-manager"])
    def test_a_location_without_gateway_needs_no_clients(self, row_id: str) -> None:
        check = Site(gateway_disabled=True, baseline="2026-04").check(row_id)
        assert (check.verdict, check.severity) == ("not-applicable", "none")
        assert "disableGateway" in (check.reason or "")

    def test_a_location_without_gateway_needs_the_rest(self) -> None:
        assert Site(gateway_disabled=True).check("management").verdict == "missing"

    @pytest.mark.parametrize("row_id", ["client-https", "client-http"])
    def test_an_internal_instance_needs_no_clients_from_the_internet(self, row_id: str) -> None:
        assert Site(kind=VirtualNetworkType.INTERNAL).check(row_id).verdict is Verdict.NOT_APPLICABLE

    @pytest.mark.parametrize(("regions", "level"), [(("westeurope",), "optional"), (("westeurope", "x"), "required")])
    def test_traffic_manager_is_required_with_more_than_one_location(
        self, regions: tuple[str, ...], level: str
    ) -> None:
        assert Site(regions=regions, baseline="2026-04", sku="Premium").check("traffic-manager").level == level

    def test_the_probe_on_stv1_needs_all_ports(self) -> None:
        site = Site((inbound("AzureLoadBalancer", "6390"), IN), platform="stv1", sku="Premium")
        check = site.check("load-balancer")
        assert (check.verdict, check.ports, check.severity) == ("partial", ("1-65535",), "error")

    def test_stv1_does_not_need_key_vault(self) -> None:
        rows = {check.id for check in Site(platform="stv1").report().checks if check.level != "advisory"}
        assert "key-vault" not in rows

    def test_an_instance_in_no_vnet_is_not_judged(self) -> None:
        report = Site(kind=VirtualNetworkType.NONE).report()
        assert report.network_model is None
        assert report.checks == ()
        assert report.reason
