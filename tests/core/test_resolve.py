"""What the words of a rule stand for: tags with and without data, groups, routes, and words that are none of these."""

from dataclasses import replace

import pytest

from apim_audit.core.engine.resolve import Resolver, is_pinning, is_unknown_word, space_of
from apim_audit.core.facts.estate import Unreadable
from apim_audit.core.facts.rules import Access, Direction, SecurityRule, Side
from apim_audit.core.sets.addresses import EVERYTHING, PROBE
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold, not_yet_known
from apim_audit.core.sets.unknowns import AddressSet, UnknownSet
from tests.core.locations import NO_DATA, VNET, Site, deny_all, others, outbound, tags_with_data
from tests.laws.simulator import PlainRule
from tests.laws.translation import addresses, service_tags

OUT = deny_all("Outbound")
ANY_PORTS = IntervalSet.span(0, 65535)


def questions(found: AddressSet) -> set[str]:
    return {unknown.question for piece in found.pieces for unknown, _ in piece.conditions}


def named(*names: str) -> ServiceTags:
    """Returns tags of which the names are known, and nothing else."""
    return ServiceTags({}, {fold(name): name for name in names})


class TestRoutes:
    @pytest.mark.parametrize(
        ("route", "verdict"),
        [
            ("20.60.0.0/16", "unknown"),
            ("20.60.0.7/32", "unknown"),
            ("0.0.0.0/2", "unknown"),
            ("0.0.0.0/1", "compliant"),
            ("0.0.0.0/0", "compliant"),
            ("10.0.0.0/8", "compliant"),
            ("Storage.WestEurope", "unknown"),
        ],
    )
    def test_a_public_prefix_longer_than_half_of_everything_may_leave_internet(self, route: str, verdict: str) -> None:
        assert Site((outbound("Internet", "443"), OUT), routes=(route,)).check("storage").verdict == verdict

    @pytest.mark.parametrize("said", ["172.16.0.0/12", None])
    def test_what_is_announced_is_known_where_it_is_said(self, said: str | None) -> None:
        subnet = replace(Site().subnet(), virtual_network=replace(VNET, gateway="a gateway"))
        found = space_of(subnet, NO_DATA, None if said is None else addresses([said])).virtual_network
        assert found.is_certain() is (said is not None)
        assert found.at_most() == (EVERYTHING if said is None else addresses(["10.0.0.0/16", said]) | PROBE)


class TestTags:
    def test_a_region_is_less_than_its_tag_because_other_regions_are_there_too(self) -> None:
        tags = tags_with_data({"AzureKeyVault": ("20.80.0.0/16",)})
        check = Site((outbound("AzureKeyVault.NorthEurope", "443"), OUT), tags=tags).check("key-vault")
        assert (check.verdict, others(check)) == ("partial", {})

    def test_a_tag_without_data_has_an_address(self) -> None:
        rules = (outbound("AzureSentinel", "80", access="Deny"),)
        check = Site(rules, tags=NO_DATA, baseline="2026-04").check("certificates")
        assert (check.verdict, others(check)) == ("partial", {})

    def test_a_tag_without_data_has_the_addresses_of_its_known_regions(self) -> None:
        tags = tags_with_data({"Sql.WestUS": ("20.70.0.0/24",), "Storage.WestUS": ("20.60.0.0/24",)})
        site = Site((outbound("Sql", "*"), OUT), tags=tags, regions=("West US",))
        assert (site.check("sql").verdict, site.check("storage").verdict) == ("compliant", "unknown")

    def test_a_region_with_its_known_siblings_is_not_all_of_the_internet(self) -> None:
        rules = (outbound(("Sql.NorthEurope", "Sql.WestUS"), "80"),)
        assert self.certificates(*rules) == ("default-only", {})

    def test_a_tag_may_be_no_more_than_its_known_regions(self) -> None:
        rules = outbound("Sql.WestUS", "80", priority=100), outbound("Sql", "80", access="Deny")
        verdict, other = self.certificates(*rules, names=("Sql", "Sql.WestUS"))
        assert (verdict, set(other)) == ("partial", {"default-only"})

    @staticmethod
    def certificates(
        *rules: PlainRule, names: tuple[str, ...] = ("Sql", "Sql.WestUS", "Sql.NorthEurope")
    ) -> tuple[str, dict[str, str]]:
        """Returns what becomes of port 80 of the Internet where these tags are known, and data of one region."""
        tags = service_tags({"Sql.WestUS": ("20.70.0.0/24",)}, names)
        check = Site(rules, tags=tags, baseline="2026-04").check("certificates")
        return check.verdict.value, others(check)


class TestWords:
    @pytest.mark.parametrize(
        "text", ["*", "Any", "Internet", "AzurePlatformDNS", "SQL", "10.0.0.0/8", "::/0", not_yet_known("a prefix")]
    )
    def test_addresses_and_known_names_are_no_unknown_words(self, text: str) -> None:
        assert not is_unknown_word(text, named("Sql"))

    @pytest.mark.parametrize("text", ["KeyVault", "10.0.0.0/33", ""])
    def test_anything_else_is_one(self, text: str) -> None:
        assert is_unknown_word(text, named("Sql"))

    @pytest.mark.parametrize(
        ("text", "question"),
        [
            ("Cloud", "is `Cloud` a misspelt `AzureCloud`?"),
            ("Storag", "is `Storag` a misspelt `Storage`?"),
            ("Gibberish", "what is `Gibberish`? It is no address, prefix or known service tag"),
            (
                not_yet_known("a prefix"),
                "which addresses does a rule name? They are not known until the deployment: a prefix",
            ),
        ],
    )
    def test_a_word_is_asked_about(self, text: str, question: str) -> None:
        tags = named("Storage", "MyAzureCloud", "AzureCloud", "Sql")
        resolver = Resolver(space_of(Site().subnet(), tags), tags)
        assert questions(resolver.expression(text)) == {question}


class TestGroups:
    RULE = SecurityRule("r", 100, Direction.INBOUND, Access.ALLOW, "*", Side(()), ANY_PORTS, Side(("*",)), ANY_PORTS)

    def resolved(self, source: Side, vnet: Unreadable | None = None) -> AddressSet:
        subnet = replace(Site().subnet(), virtual_network=vnet or VNET)
        return Resolver(space_of(subnet, NO_DATA), NO_DATA).other_side(self.RULE._replace(source=source))

    def test_groups_are_asked_about_by_name(self) -> None:
        found = self.resolved(Side((), ("/applicationSecurityGroups/web",), ("/networkGroups/servers",)))
        assert questions(found) == {
            "which addresses are in the application security group web?",
            "which addresses are in the network group servers?",
        }

    def test_a_member_of_a_group_is_an_address_of_the_vnet_though_its_space_is_not_known(self) -> None:
        found = self.resolved(Side((), ("/applicationSecurityGroups/web",)), Unreadable("/vnets/v", "not read"))
        own = addresses(["10.0.1.0/24"])
        for piece in found.pieces:
            of_the_space = any(unknown.name == "space of /vnets/v" for unknown, _ in piece.conditions)
            assert of_the_space or piece.addresses <= own

    def test_a_side_of_several_kinds_is_all_of_them(self) -> None:
        found = self.resolved(Side(("10.9.0.1", "10.9.0.2", "Gibberish"), ("/applicationSecurityGroups/web",)))
        assert found.surely() == addresses(["10.9.0.1-10.9.0.2"])
        unknowns = {unknown for piece in found.pieces for unknown, _ in piece.conditions}
        assert {each.label for each in unknowns if isinstance(each, UnknownSet)} == {"Gibberish", "web"}


@pytest.mark.parametrize(
    ("side", "pins"),
    [
        (Side(("10.0.0.0/8",)), True),
        (Side(("10.0.0.0/8", " 20.0.0.1 ")), True),
        (Side(("10.0.0.0/8",), ("/applicationSecurityGroups/web",)), False),
        (Side((), ("/applicationSecurityGroups/web",)), False),
        (Side(()), False),
        (Side(("10.0.0.0/8", "Sql")), False),
        (Side(("*",)), False),
        (Side(("0.0.0.0/0",)), False),
        (Side(("0.0.0.0/1", "128.0.0.0/1")), False),
    ],
)
def test_a_side_pins_that_is_written_in_fewer_addresses_than_are_public(side: Side, *, pins: bool) -> None:
    assert is_pinning(side) is pins
