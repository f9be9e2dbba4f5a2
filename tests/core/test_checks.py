"""From a requirement to its check: what is judged, what is only in doubt, and how loud it is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.estate import Estate, NetworkSecurityGroup, Subnet, Unreadable
from apim_audit.core.facts.findings import Check, HygieneFinding
from apim_audit.core.facts.requirements import VirtualNetworkType
from apim_audit.core.facts.rules import Direction
from apim_audit.core.judging.judge import Options, judge
from tests.core.locations import NO_DATA, Site, deciders, deny_all, inbound, others, outbound, shadowed
from tests.laws.simulator import PlainRule

IN, OUT = deny_all("Inbound"), deny_all("Outbound")
STORAGE = outbound("Storage", "443")
NOT_READ = Unreadable("/nsg", "the NSG could not be read")


def checked(site: Site, row_id: str, *, known: Sequence[bool] = (True,), place: int = 0, **options: object) -> Check:
    """Returns a check of an instance of which it is known, or not, in which region each location will be."""
    subject = site.instance(site.subnet())
    locations = [replace(each, region_known=sure) for each, sure in zip(subject.locations, known, strict=True)]
    estate = Estate((replace(subject, locations=tuple(locations)),))
    report = judge(estate, site.tags, load_catalogue(), Options("2026-04", **options))  # type: ignore[arg-type]
    checks = report.instances[0].locations[place].checks
    return next(check for check in checks if check.id == row_id)


class TestRegions:
    @pytest.mark.parametrize(
        ("rules", "verdict"),
        [
            ((STORAGE, OUT), "compliant"),
            ((OUT,), "blocked"),
            ((outbound("Storage.WestEurope", "443"), OUT), "unknown"),
            ((), "unknown"),  # by a default rule: so it may be in a region, or blocked
            ((outbound("20.60.0.0/16", "443"), OUT), "unknown"),
        ],
    )
    def test_where_the_region_is_not_known_only_what_holds_in_every_one_is_told(
        self, rules: tuple[PlainRule, ...], verdict: str
    ) -> None:
        check = checked(Site(rules, regions=("[nowhere]",)), "storage", known=(False,))
        assert check.verdict == verdict
        if verdict == "unknown":
            assert getattr(check.outcome, "questions", ()) == ("which region is the location? It is [nowhere]",)
            assert check.evidence.witness is not None

    def test_what_may_be_another_gap_is_not_told_either(self) -> None:
        deny = replace(OUT, name="Perhaps")
        site = Site((deny,), regions=("[nowhere]",), perhaps=frozenset({"Perhaps"}))
        assert checked(site, "storage", known=(False,)).verdict == "unknown"

    def test_the_region_of_the_primary_location_counts_in_every_location(self) -> None:
        rules = (outbound("Storage.WestEurope", "443"), OUT)
        site = Site(rules, regions=("[nowhere]", "West Europe"), sku="Premium")
        second = checked(site, "storage", known=(False, True), place=1)
        assert getattr(second.outcome, "questions", ()) == ("which region is the location? It is [nowhere]",)
        turned = replace(site, regions=("West Europe", "[nowhere]"))
        assert checked(turned, "storage", known=(True, False)).verdict == "compliant"
        assert checked(turned, "storage", known=(True, False), place=1).verdict == "unknown"

    def test_a_row_of_the_whole_tag_does_not_hang_on_it(self) -> None:
        site = Site((outbound("AzureKeyVault.WestEurope", "443"), OUT), regions=("[nowhere]",))
        assert checked(site, "key-vault", known=(False,)).verdict == "partial"


class TestSeverity:
    @pytest.mark.parametrize(
        ("ports", "severity"),
        [("1-1023", "warning"), ("1023-1024", "error"), ("1024", "error"), ("65535", "error"), ("1", "warning")],
    )
    def test_only_source_ports_below_1024_are_a_mild_loss(self, ports: str, severity: str) -> None:
        deny = outbound("*", "*", access="Deny", priority=100, source_ports=(ports,))
        check = Site((deny, outbound("Sql", "1433"), OUT)).check("sql")
        assert (check.verdict, check.severity) == ("partial", severity)

    @pytest.mark.parametrize(
        ("rules", "severity"),
        [
            ((outbound("AzureKeyVault.WestEurope", "443"), OUT), "warning"),
            ((outbound("azurekeyvault.westeurope", "443"), OUT), "warning"),
            ((outbound(("AzureKeyVault.WestEurope", "Sql"), "443"), OUT), "warning"),
            ((outbound("AzureKeyVault.NorthEurope", "443"), OUT), "error"),
            ((outbound("20.80.0.0/20", "443"), OUT), "error"),
            ((outbound("AzureKeyVault.WestEurope", "443"), outbound("Sql", "443", access="Deny"), OUT), "warning"),
            (
                (
                    outbound("20.80.1.0/24", "443", access="Deny", priority=100),
                    outbound("AzureKeyVault.WestEurope", "443"),
                    OUT,
                ),
                "error",
            ),
            (
                (
                    outbound("20.80.128.0/24", "443", access="Deny", priority=100),
                    outbound("AzureKeyVault.WestEurope", "443"),
                    OUT,
                ),
                "error",
            ),
            (
                (outbound("AzureKeyVault.WestEurope", "*", access="Deny"), outbound("*", "443", priority=400), OUT),
                "error",
            ),
        ],
    )
    def test_the_region_instead_of_the_whole_tag_is_a_mild_loss(
        self, rules: tuple[PlainRule, ...], severity: str
    ) -> None:
        check = Site(rules).check("key-vault")
        assert (check.verdict, check.severity) == ("partial", severity)

    def test_a_loss_is_mild_only_where_it_is_in_every_world(self) -> None:
        low = outbound("*", "*", name="Low", access="Deny", priority=100, source_ports=("1-1023",))
        part = outbound("20.70.0.0/24", "*", name="Part", access="Deny", priority=101)
        rules = (low, part, outbound("Sql", "1433"), OUT)
        check = Site(rules, perhaps=frozenset({"Part"})).check("sql")
        assert (check.verdict, check.severity) == ("partial", "error")
        assert Site((low, *rules[2:])).check("sql").severity == "warning"

    def test_inbound_it_is_the_source_that_names_the_region(self) -> None:
        check = Site((inbound("ApiManagement.WestEurope", "3443"), IN)).check("management")
        assert (check.verdict, check.severity) == ("partial", "warning")

    def test_where_the_documents_name_a_region_another_is_no_mild_loss(self) -> None:
        check = Site((outbound("Sql.WestEurope", "1433"), OUT), regions=("North Europe", "West Europe")).check("sql", 1)
        assert (check.verdict, check.severity) == ("partial", "error")


class TestPlatforms:
    def test_ports_of_both_platforms_are_listed_those_of_stv2_first(self) -> None:
        assert Site((), platform="undetermined").check("load-balancer").ports == ("6390", "1-65535")
        assert Site((), platform="stv1").check("load-balancer").ports == ("1-65535",)

    def test_what_differs_says_of_which_platform_it_is(self) -> None:
        probe = inbound("AzureLoadBalancer", "6390")
        check = Site((probe, IN), platform=None).check("load-balancer")
        assert getattr(check.outcome, "questions", ()) == ("is the platform stv1 or stv2?",)
        assert check.evidence.witness is not None
        assert check.evidence.witness.assuming == ("the platform is stv1",)
        assert deciders(check) == ["AllowIn", "DenyAll"]

    def test_the_witness_is_of_the_platform_that_has_the_verdict(self) -> None:
        deny = inbound("AzureLoadBalancer", "6390", name="Deny", access="Deny", priority=100)
        narrow = inbound("AzureLoadBalancer", "7000", name="Narrow", priority=110)
        check = Site((deny, narrow, IN), platform=None).check("load-balancer")
        assert (check.verdict, others(check)) == ("blocked", {"partial": "if the platform is stv1"})
        assert check.evidence.witness is not None
        assert check.evidence.witness.assuming == ("the platform is stv2",)

    def test_what_both_shadow_is_named_once(self) -> None:
        allow = replace(inbound("AzureLoadBalancer", "*"), name="Late", priority=4090)
        check = Site((IN, allow), platform=None).check("load-balancer")
        assert (check.verdict, others(check), shadowed(check)[0]) == ("blocked", {}, "Late")
        assert shadowed(check).count("Late") == 1

    def test_conditions_hold_on_the_platform_that_they_are_of(self) -> None:
        deny = inbound("AzureLoadBalancer", "6390", name="Deny", access="Deny", priority=100)
        site = Site((deny, IN), platform=None, perhaps=frozenset({"Deny"}))
        assert site.check("load-balancer").verdict == "blocked"
        narrow = inbound("AzureLoadBalancer", "7000", name="Narrow", priority=110)
        check = replace(site, rules=(deny, narrow, IN)).check("load-balancer")
        assert (check.verdict, others(check)) == ("blocked", {"partial": "if the platform is stv1"})

    def test_what_would_serve_one_platform_alone_is_no_hint(self) -> None:
        of_stv1 = inbound("AzureLoadBalancer", "7000", name="Deny", access="Deny", priority=100)
        amiss = inbound("AzureLoadBalancer", "6390", name="Amiss", protocol="Udp")
        check = Site((of_stv1, amiss, IN), platform=None).check("load-balancer")
        assert check.verdict == "blocked"
        assert check.near_misses == ()


class TestWithoutNsg:
    @pytest.mark.parametrize(
        ("platform", "row_id", "verdict", "alternatives"),
        [
            ("stv2", "management", "missing", {}),
            ("stv1", "management", "default-only", {}),
            ("undetermined", "management", "missing", {"default-only": "if the platform is stv1"}),
            ("undetermined", "storage", "default-only", {}),
            ("stv2", "storage", "default-only", {}),
        ],
    )
    def test_what_passes_a_subnet_without_nsg(
        self, platform: str, row_id: str, verdict: str, alternatives: dict[str, str]
    ) -> None:
        check = Site(None, platform=platform).check(row_id)
        assert (check.verdict, others(check), deciders(check)) == (verdict, alternatives, [])

    def test_the_witness_is_the_lowest_flow(self) -> None:
        witness = Site(None).check("storage").evidence.witness
        assert witness is not None
        assert (witness.source, witness.source_port, witness.destination, witness.destination_port) == (
            "10.0.1.4", 1024, "20.60.0.0", 443
        )  # fmt: skip
        assert (witness.decided_by, witness.assuming) == (None, ())

    @pytest.mark.parametrize("rules", [None, NOT_READ])
    def test_there_is_nothing_to_tidy(self, rules: Unreadable | None) -> None:
        assert tidied(Site(rules).subnet()) == ()


def tidied(subnet: Subnet | Unreadable) -> tuple[HygieneFinding, ...]:
    site = Site()
    estate = Estate((site.instance(subnet),))
    found = judge(estate, site.tags, load_catalogue(), Options("2021-12", hygiene=True))
    return found.instances[0].locations[0].hygiene


class TestUnread:
    def test_a_subnet_that_was_not_read(self) -> None:
        assert tidied(NOT_READ) == ()
        checks = Site().report_on(NOT_READ).checks
        storage = next(check for check in checks if check.id == "storage")
        assert (storage.verdict, storage.peer, storage.ports) == ("unknown", ("Storage",), ("443",))
        assert getattr(storage.outcome, "questions", ()) == ("the NSG could not be read",)

    def test_only_the_direction_that_was_not_read_is_in_doubt(self) -> None:
        management = inbound("ApiManagement", "3443")
        twice = [replace(rule, name=f"Again{rule.direction}", priority=310) for rule in (management, STORAGE)]
        read = Site((management, STORAGE, *twice, OUT)).subnet()
        assert isinstance(read.nsg, NetworkSecurityGroup)
        half = replace(read, nsg=replace(read.nsg, unreadable={Direction.INBOUND: "a rule could not be read"}))
        checks = {check.id: check for check in Site().report_on(half).checks}
        assert (checks["storage"].verdict, checks["management"].verdict) == ("compliant", "unknown")
        assert getattr(checks["management"].outcome, "questions", ()) == ("a rule could not be read",)
        assert {each.name for each in tidied(read) if each.kind.value == "shadowed"} == {
            "AgainInbound",
            "AgainOutbound",
        }
        assert {each.name for each in tidied(half) if each.kind.value == "shadowed"} == {"AgainOutbound"}

    def test_rules_that_cannot_be_gone_through_are_in_doubt_and_not_tidied(self) -> None:
        tied = [replace(STORAGE, name=f"R{number}", access="Deny" if number else "Allow") for number in range(5)]
        site = Site(tuple(tied))
        assert site.check("storage").verdict == "unknown"
        assert site.check("storage").message.endswith("in more ways than the budget allows to go through")
        assert replace(site, tags=NO_DATA).check("storage").message.endswith("to go through: give --service-tags")
        assert tidied(site.subnet()) == ()


class TestApplicable:
    def test_a_row_of_another_kind_of_network_says_of_which(self) -> None:
        check = Site((), kind=VirtualNetworkType.INTERNAL).check("client-https")
        assert (check.verdict, check.severity) == ("not-applicable", "none")
        assert "only for virtualNetworkType External" in check.message

    def test_without_a_gateway_no_client_comes(self) -> None:
        disabled = Site((), gateway_disabled=True)
        assert disabled.check("client-https").verdict == "not-applicable"
        assert disabled.check("management").verdict == "missing"

    def test_a_check_says_what_it_is_about(self) -> None:
        check = Site((STORAGE, OUT)).check("storage")
        assert (check.direction, check.protocol, check.ports) == ("Outbound", "Tcp", ("443",))
        assert check.peer == ("Storage.WestEurope",)
        assert Site((STORAGE, OUT), tags=NO_DATA, regions=("Nowhere",)).check("storage").peer == ("Storage",)
