"""Security admin rules come before the NSG: Deny drops, AlwaysAllow delivers, Allow goes on to the NSG."""

from dataclasses import replace
from typing import Any

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.estate import AdminRules, Estate, NetworkSecurityGroup, Unreadable
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.judging.judge import Judgement, Options, judge
from apim_audit.core.sets.intervals import IntervalSet
from tests.core.locations import VNET, Site, deny_all, inbound, others
from tests.laws.simulator import PlainRule

GROUP = "/networkManagers/m/networkGroups/servers"
ALLOWING = inbound("ApiManagement", "3443", name="AllowManagement")
SOUND = Site(rules=(ALLOWING,))
CLOSED = Site(rules=(deny_all("Inbound", 200),))


def admin(access: str, source: Side, name: str = "admin", priority: int = 1, **changes: Any) -> SecurityRule:
    """Returns an inbound admin rule for TCP and every port."""
    rule = SecurityRule(
        name, priority, Direction.INBOUND, Access(access), "tcp", source, ALL_PORTS, Side(("*",)), ALL_PORTS, admin=True
    )
    return rule._replace(**changes)


def judged(site: Site, rules: AdminRules | Unreadable | None, *, asked: bool = True) -> Judgement:
    """Returns the judgement of a location whose VNet has admin rules."""
    placed = replace(site, vnet=replace(VNET, admin_rules=rules))
    estate = Estate((placed.instance(placed.subnet()),))
    return judge(estate, placed.tags, load_catalogue(), Options("2021-12", admin_rules=asked))


def management(site: Site, *rules: SecurityRule, exemption: str = "") -> Check:
    """Returns the management check of a location under admin rules."""
    report = judged(site, AdminRules(rules, exemption)).instances[0].locations[0]
    return next(check for check in report.checks if check.id == "management")


ANYWHERE = Side(("*",))
SOME = Side(("13.64.39.16",))


@pytest.mark.parametrize(
    ("site", "rules", "verdict", "deciders"),
    [
        (SOUND, [admin("Deny", ANYWHERE)], "blocked", ["admin"]),
        (CLOSED, [admin("AlwaysAllow", ANYWHERE)], "compliant", ["admin"]),
        (CLOSED, [admin("Allow", ANYWHERE)], "blocked", ["DenyAll"]),
        (SOUND, [admin("Allow", ANYWHERE), admin("Deny", ANYWHERE, "late", 2)], "compliant", ["AllowManagement"]),
        (SOUND, [admin("Deny", ANYWHERE), admin("AlwaysAllow", ANYWHERE, "late", 2)], "blocked", ["admin"]),
        (SOUND, [admin("Deny", Side(("13.64.39.16",)))], "partial", ["admin", "AllowManagement"]),
        (SOUND, [admin("Deny", ANYWHERE, protocol="udp")], "compliant", ["AllowManagement"]),
        (SOUND, [admin("Deny", ANYWHERE, direction=Direction.OUTBOUND)], "compliant", ["AllowManagement"]),
    ],
)
def test_admin_rules_are_tried_before_the_nsg(
    site: Site, rules: list[SecurityRule], verdict: str, deciders: list[str]
) -> None:
    check = management(site, *rules)
    assert (check.verdict, [rule.name for rule in check.evidence.decided_by]) == (verdict, deciders)
    assert verdict == "compliant" or check.evidence.witness is not None


@pytest.mark.parametrize("late", ["Deny", "AlwaysAllow"])
@pytest.mark.parametrize(
    ("source", "rules", "verdict"),
    [
        (ANYWHERE, (deny_all("Inbound", 200), ALLOWING), "blocked"),
        (ANYWHERE, (), "missing"),
        (Side(("13.64.39.16",)), (deny_all("Inbound", 200),), None),
    ],
)
def test_what_an_admin_rule_passes_on_meets_the_whole_nsg_whatever_later_admin_rules_say(
    late: str, source: Side, rules: tuple[PlainRule, ...], verdict: str | None
) -> None:
    check = management(Site(rules=rules), admin("Allow", source), admin(late, ANYWHERE, "late", 2))
    if verdict is None:  # a part goes to the NSG, the rest is decided by the later admin rule
        verdict = "blocked" if late == "Deny" else "partial"
        assert [rule.name for rule in check.evidence.decided_by] == ["late", "DenyAll"]
    assert check.verdict == verdict


BY_ADDRESS = Side(("13.64.39.16", "20.40.0.0/24"))
BY_TAG = Side(("ApiManagement",))
NOTHING_FOR_IT = Site(rules=())


@pytest.mark.parametrize(
    ("site", "rules", "verdict", "deciders"),
    [
        (NOTHING_FOR_IT, [admin("AlwaysAllow", BY_ADDRESS)], "pinned", ["admin"]),
        (CLOSED, [admin("AlwaysAllow", BY_ADDRESS)], "pinned", ["admin"]),
        (CLOSED, [admin("AlwaysAllow", BY_TAG)], "compliant", ["admin"]),
        (CLOSED, [admin("AlwaysAllow", Side(("0.0.0.0/1", "128.0.0.0/1")))], "compliant", ["admin"]),
        (CLOSED, [admin("AlwaysAllow", BY_ADDRESS), admin("AlwaysAllow", BY_TAG, "tag", 2)], "compliant", ["admin"]),
        (CLOSED, [admin("AlwaysAllow", BY_ADDRESS), admin("Deny", BY_TAG, "late", 2)], "pinned", ["admin"]),
        (SOUND, [admin("AlwaysAllow", BY_ADDRESS)], "compliant", ["admin"]),
        (SOUND, [admin("AlwaysAllow", BY_ADDRESS), admin("Deny", BY_TAG, "late", 2)], "pinned", ["admin"]),
        (SOUND, [admin("Allow", BY_ADDRESS), admin("Deny", BY_TAG, "late", 2)], "compliant", ["AllowManagement"]),
        (NOTHING_FOR_IT, [admin("Allow", BY_ADDRESS)], "missing", ["DenyAllInBound"]),
        (
            Site(rules=(inbound(("13.64.39.16", "20.40.0.0/24"), "3443", name="Pinning"),)),
            [admin("Allow", BY_ADDRESS)],
            "pinned",
            ["Pinning"],
        ),
        (replace(NOTHING_FOR_IT, rules=None, platform="stv1"), [admin("AlwaysAllow", BY_ADDRESS)], "pinned", ["admin"]),
    ],
)
def test_what_is_always_allowed_by_addresses_is_pinned_as_with_an_nsg(
    site: Site, rules: list[SecurityRule], verdict: str, deciders: list[str]
) -> None:
    check = management(site, *rules)
    assert (check.verdict, [rule.name for rule in check.evidence.decided_by]) == (verdict, deciders)
    if verdict == "pinned":
        assert check.evidence.witness is not None
        assert check.evidence.witness.decided_by == deciders[0]


def test_what_is_always_allowed_out_by_addresses_is_pinned_too() -> None:
    regional = Side(("20.60.0.0/20",))
    rule = admin("AlwaysAllow", ANYWHERE, direction=Direction.OUTBOUND, destination=regional)
    checks = judged(CLOSED, AdminRules((rule,))).instances[0].locations[0].checks
    assert next(check for check in checks if check.id == "storage").verdict == "pinned"


def test_addresses_beside_a_network_group_are_not_addresses_only() -> None:
    both = admin("AlwaysAllow", BY_ADDRESS._replace(network_groups=(GROUP,)))
    assert management(CLOSED, both).verdict == "compliant"


def test_what_a_network_group_holds_is_not_known() -> None:
    check = management(SOUND, admin("Deny", Side((), network_groups=(GROUP,))))
    assert check.verdict == "unknown"
    assert "network group servers" in check.message


def test_an_admin_rule_that_is_perhaps_there_is_in_doubt() -> None:
    assert management(SOUND, admin("Deny", ANYWHERE, certain=False)).verdict == "unknown"


@pytest.mark.parametrize(
    ("site", "rule", "verdict"),
    [(SOUND, admin("Deny", ANYWHERE), "unknown"), (CLOSED, admin("AlwaysAllow", ANYWHERE), "unknown")],
)
def test_an_exempt_vnet_may_obey_them_or_not(site: Site, rule: SecurityRule, verdict: str) -> None:
    check = management(site, rule, exemption="Its subnet sqlmi is delegated")
    assert check.verdict == verdict
    assert "do admin rules apply" in check.message


def test_an_exempt_vnet_may_obey_those_that_allow_alone() -> None:
    deny, allow = admin("Deny", ANYWHERE), admin("AlwaysAllow", ANYWHERE, "late", 2)
    assert management(CLOSED, deny, allow, exemption="exempt").verdict == "unknown"


@pytest.mark.parametrize("rules", [None, Unreadable("/vnet", "the admin rules could not be read")])
def test_rules_that_were_not_read_make_unknown_what_would_be_compliant(rules: Unreadable | None) -> None:
    for site, verdict in ((SOUND, "unknown"), (CLOSED, "blocked")):
        checks = judged(site, rules).instances[0].locations[0].checks
        assert next(check for check in checks if check.id == "management").verdict == verdict


def test_rules_that_were_not_asked_for_do_not_count_and_one_note_says_so() -> None:
    found = judged(SOUND, AdminRules((admin("Deny", ANYWHERE),)), asked=False)
    assert next(c for c in found.instances[0].locations[0].checks if c.id == "management").verdict == "compliant"
    assert len([note for note in found.notes if "--admin-rules" in note]) == 1


def test_without_an_nsg_admin_rules_still_decide() -> None:
    bare = replace(SOUND, rules=None, platform="stv1")
    blocked = management(bare, admin("Deny", ANYWHERE))
    assert (blocked.verdict, [rule.name for rule in blocked.evidence.decided_by]) == ("blocked", ["admin"])
    passing = management(bare, admin("Allow", ANYWHERE))
    assert passing.verdict == "default-only"
    assert passing.evidence.decided_by == ()
    assert passing.evidence.witness is not None
    assert passing.evidence.witness.decided_by is None


UNREAD = Unreadable("/nsg", "NSG nsg could not be read (forbidden)")
ONE = Side(("13.64.39.16",))
WEB = Side((), network_groups=(GROUP,))


def not_understood(site: Site, direction: Direction, rules: tuple[SecurityRule, ...]) -> Check:
    """Returns the management check of a location some rules of whose NSG could not be understood."""
    subnet = replace(site, vnet=replace(VNET, admin_rules=AdminRules(rules))).subnet()
    assert isinstance(subnet.nsg, NetworkSecurityGroup)
    nsg = replace(subnet.nsg, unreadable={direction: "rule x is not understood"})
    estate = Estate((site.instance(replace(subnet, nsg=nsg)),))
    found = judge(estate, site.tags, load_catalogue(), Options("2021-12", admin_rules=True))
    return next(check for check in found.instances[0].locations[0].checks if check.id == "management")


@pytest.mark.parametrize(
    ("rules", "verdict", "or_else", "deciders"),
    [
        ([admin("Deny", ANYWHERE)], "blocked", {}, ["admin"]),
        ([admin("Deny", BY_TAG)], "blocked", {}, ["admin"]),
        (
            [admin("Deny", ONE)],
            "blocked",
            {"partial": "if the NSG lets through what comes to it"},
            ["admin"],
        ),
        ([admin("AlwaysAllow", ONE), admin("Deny", ANYWHERE, "late", 2)], "partial", {}, ["admin", "late"]),
        ([admin("AlwaysAllow", ONE), admin("Deny", Side(("20.40.0.0/25",)), "late", 2)], "partial", {}, None),
        ([admin("Allow", ONE), admin("Deny", ANYWHERE, "late", 2)], "blocked", {"partial": None}, ["late"]),
        ([admin("AlwaysAllow", BY_ADDRESS), admin("Deny", ANYWHERE, "late", 2)], "pinned", {}, ["admin"]),
    ],
)
def test_what_admin_rules_deny_is_denied_whatever_an_unread_nsg_says(
    rules: list[SecurityRule], verdict: str, or_else: dict[str, str | None], deciders: list[str] | None
) -> None:
    unread = management(Site(rules=UNREAD), *rules)
    misread = not_understood(SOUND, Direction.INBOUND, tuple(rules))
    for check in (unread, misread):
        assert check.verdict == verdict
        assert others(check).keys() == or_else.keys()
        assert all(others(check)[key] == text for key, text in or_else.items() if text is not None)
        assert deciders is None or [rule.name for rule in check.evidence.decided_by] == deciders
        assert check.evidence.shadowed == ()
        assert check.evidence.witness is not None
        assert check.evidence.witness.decided_by in {rule.name for rule in rules}


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [admin("AlwaysAllow", ANYWHERE)],
        [admin("AlwaysAllow", ANYWHERE), admin("Deny", ANYWHERE, "late", 2)],
        [admin("Allow", ANYWHERE), admin("Deny", ANYWHERE, "late", 2)],
        [admin("Deny", ANYWHERE, protocol="udp")],
        [admin("Deny", ANYWHERE, direction=Direction.OUTBOUND)],
        [admin("Deny", Side(("10.9.9.9",)))],
        [admin("AlwaysAllow", ONE)],
    ],
)
def test_what_admin_rules_do_not_deny_hangs_on_the_nsg_that_was_not_read(rules: list[SecurityRule]) -> None:
    check = management(Site(rules=UNREAD), *rules)
    assert (check.verdict, check.reason) == ("unknown", UNREAD.message)
    misread = not_understood(SOUND, Direction.INBOUND, tuple(rules))
    assert (misread.verdict, misread.reason) == ("unknown", "rule x is not understood")
    assert {rule.name for rule in check.evidence.decided_by} <= {"admin"}


def test_an_admin_rule_that_perhaps_denies_and_an_unread_nsg_are_two_questions() -> None:
    check = management(Site(rules=UNREAD), admin("Deny", WEB))
    assert check.verdict == "unknown"
    assert check.reason == "which addresses are in the network group servers?; NSG nsg could not be read (forbidden)"
    assert [rule.name for rule in check.evidence.decided_by] == ["admin"]
    exempt = management(Site(rules=UNREAD), admin("Deny", ANYWHERE), exemption="exempt")
    assert (exempt.verdict, len(exempt.reason or "") > 0) == ("unknown", True)


def test_what_was_not_understood_in_one_direction_leaves_the_other_alone() -> None:
    assert not_understood(SOUND, Direction.OUTBOUND, (admin("Deny", ONE),)).verdict == "partial"


def test_an_nsg_in_which_rules_were_not_understood_gets_no_hints() -> None:
    mistyped = Site(rules=(inbound("ApiManagement", "3444"),))
    assert not_understood(mistyped, Direction.INBOUND, (admin("Deny", ONE),)).near_misses == ()


def test_with_an_unread_nsg_azures_own_dns_is_denied_by_admin_rules_that_name_it() -> None:
    named = admin(
        "Deny", ANYWHERE, direction=Direction.OUTBOUND, protocol="udp", destination=Side(("AzurePlatformDNS",))
    )
    for rules, verdict in (((named,), "blocked"), ((named._replace(destination=ANYWHERE),), "unknown")):
        report = judged(Site(rules=UNREAD), AdminRules(rules)).instances[0].locations[0]
        assert next(check for check in report.checks if check.id == "dns").verdict == verdict


def test_azures_own_dns_heeds_only_admin_rules_that_name_it() -> None:
    deny = admin("Deny", ANYWHERE, direction=Direction.OUTBOUND, protocol="udp")
    for rules in (None, ()):
        report = judged(replace(SOUND, rules=rules), AdminRules((deny,))).instances[0].locations[0]
        dns = next(check for check in report.checks if check.id == "dns")
        assert (dns.verdict, dns.evidence.shadowed) == ("default-only", ())


BARE = replace(SOUND, rules=None)


@pytest.mark.parametrize(
    ("rules", "verdict", "deciders"),
    [
        ([admin("AlwaysAllow", ANYWHERE)], "missing", []),
        ([admin("AlwaysAllow", Side(("13.64.39.16",)))], "missing", []),
        ([admin("Deny", Side(("13.64.39.16",)))], "blocked", ["admin"]),
        ([admin("Deny", ANYWHERE), admin("AlwaysAllow", ANYWHERE, "late", 2)], "blocked", ["admin"]),
        ([admin("AlwaysAllow", ANYWHERE), admin("Deny", ANYWHERE, "late", 2)], "missing", []),
        ([admin("AlwaysAllow", Side(("13.64.39.16",))), admin("Deny", ANYWHERE, "late", 2)], "blocked", ["late"]),
    ],
)
def test_without_an_nsg_the_load_balancer_of_stv2_drops_what_is_always_allowed(
    rules: list[SecurityRule], verdict: str, deciders: list[str]
) -> None:
    check = management(BARE, *rules)
    assert (check.verdict, [rule.name for rule in check.evidence.decided_by]) == (verdict, deciders)
    assert check.evidence.shadowed == ()
    if verdict == "missing":
        assert check.message.endswith("TCP 3443 from ApiManagement is lost")
        assert check.evidence.witness is not None
        assert check.evidence.witness.decided_by is None


def test_without_an_nsg_admin_rules_that_always_allow_serve_where_no_load_balancer_drops() -> None:
    assert management(replace(BARE, platform="stv1"), admin("AlwaysAllow", ANYWHERE)).verdict == "compliant"
    outbound = admin("AlwaysAllow", ANYWHERE, direction=Direction.OUTBOUND)
    checks = judged(BARE, AdminRules((outbound,))).instances[0].locations[0].checks
    assert next(check for check in checks if check.id == "storage").verdict == "compliant"


@pytest.mark.parametrize(
    ("rules", "verdict", "alternatives", "deciders"),
    [
        ([admin("Deny", Side(("10.9.9.9",)))], "missing", ["default-only"], []),
        ([admin("Allow", ANYWHERE), admin("Deny", ANYWHERE, "late", 2)], "missing", ["default-only"], []),
        ([admin("AlwaysAllow", Side(("13.64.39.16", "20.40.0.0/24")))], "missing", ["pinned"], ["admin"]),
        ([admin("AlwaysAllow", Side(("13.64.39.16",)))], "missing", ["default-only"], ["admin"]),
        ([admin("Deny", SOME)], "blocked", ["partial"], ["admin"]),
        ([admin("Deny", SOME, certain=False)], "blocked", ["missing", "partial", "default-only"], ["admin"]),
        ([admin("AlwaysAllow", ANYWHERE), admin("Deny", ANYWHERE, "late", 2)], "unknown", [], ["admin"]),
        ([admin("Deny", ANYWHERE)], "blocked", [], ["admin"]),
    ],
)  # fmt: skip
def test_without_an_nsg_and_a_platform_admin_rules_are_judged_on_both(
    rules: list[SecurityRule], verdict: str, alternatives: list[str], deciders: list[str]
) -> None:
    check = management(replace(BARE, platform=None), *rules)
    assert (check.verdict, list(others(check))) == (verdict, alternatives)
    assert [rule.name for rule in check.evidence.decided_by] == deciders
    each = [management(replace(BARE, platform=platform), *rules) for platform in ("stv1", "stv2")]
    possible = {verdict for alone in each for verdict in (alone.verdict, *others(alone))}
    assert verdict == "unknown" if "compliant" in possible else possible == {verdict, *alternatives}


def test_what_an_admin_rule_denies_without_an_nsg_is_not_all_that_is_lost() -> None:
    check = management(BARE, admin("Deny", SOME))
    assert check.message == (
        "`admin` (1) drops part of TCP 3443 from ApiManagement; the subnet has no NSG, and without one the rest is "
        "lost too"
    )
    assert management(BARE, admin("Deny", ANYWHERE)).message == "`admin` (1) drops TCP 3443 from ApiManagement"


def test_where_the_platform_tells_whether_no_nsg_matters_the_witness_says_so() -> None:
    bare = replace(BARE, platform=None)
    some, every = admin("Deny", Side(("10.9.9.9",))), admin("AlwaysAllow", ANYWHERE)
    for check in (management(bare, some), management(bare, every), bare.check("management")):
        assert check.evidence.witness is not None
        assert check.evidence.witness.assuming == ("the platform is stv2",)
    assert others(management(bare, some)) == {"default-only": "if the platform is stv1"}
    assert management(bare, every).reason == "is the platform stv1 or stv2?"
    assert [rule.access for rule in management(bare, every).evidence.decided_by] == ["AlwaysAllow"]


def test_where_admin_rules_deny_nothing_an_unread_nsg_is_all_there_is_to_say() -> None:
    check = management(Site(rules=UNREAD), admin("AlwaysAllow", ONE))
    assert (check.verdict, getattr(check.outcome, "questions", ())) == ("unknown", (UNREAD.message,))
    assert (check.evidence.decided_by, check.evidence.witness) == ((), None)


def test_low_source_ports_that_only_an_admin_allow_leaves_to_a_deny_are_a_mild_loss() -> None:
    passing = admin("Allow", ANYWHERE, "passing", source_ports=IntervalSet.span(1024, 65535))
    check = management(SOUND, passing, admin("Deny", ANYWHERE, "rest", 2))
    assert (check.verdict, check.severity) == ("partial", "warning")
