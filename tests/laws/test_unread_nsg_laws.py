"""What admin rules leave to an NSG that was not read: the verdicts are those of the NSGs that it can be."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.estate import AdminRules, Estate, Unreadable
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.judging.judge import Options, judge
from apim_audit.core.sets.intervals import IntervalSet
from tests.core.locations import VNET, Site, deny_all, inbound, others
from tests.laws.simulator import PlainRule

OTHER_ENDS = (
    Side(("*",)), Side(("ApiManagement",)), Side(("13.64.39.16",)), Side(("20.40.0.0/24",)), Side(("20.40.0.0/25",)),
    Side(("13.64.39.16", "20.40.0.0/24")), Side((), network_groups=("/groups/g",)),
)  # fmt: skip
PORTS = (ALL_PORTS, IntervalSet.point(3443), IntervalSet.span(0, 3442))
UNREAD = Unreadable("/nsg", "NSG nsg could not be read (forbidden)")
LETTING, CLOSING = replace(inbound("*", "*"), protocol="*"), deny_all("Inbound", 100)
NSGS: tuple[tuple[PlainRule, ...], ...] = (
    (LETTING,),
    (CLOSING,),
    (),
    (inbound("13.64.39.16", "3443"),),
    (inbound("ApiManagement", "3443"), deny_all("Inbound")),
    (inbound("20.40.0.0/25", "3443"), deny_all("Inbound")),
)


@st.composite
def admin_rules(draw: st.DrawFn) -> AdminRules:
    """Returns up to three inbound admin rules."""
    count = draw(st.integers(1, 3))
    return AdminRules(tuple(draw(_rule(place)) for place in range(1, count + 1)))


@st.composite
def _rule(draw: st.DrawFn, priority: int) -> SecurityRule:
    access = draw(st.sampled_from((Access.DENY, *Access)))
    other, ports = draw(st.sampled_from(OTHER_ENDS)), draw(st.sampled_from(PORTS))
    own = Side(("*",))
    return SecurityRule(
        f"admin{priority}", priority, Direction.INBOUND, access, "*", other, ALL_PORTS, own, ports,
        certain=draw(st.integers(0, 5)) > 0, admin=True,
    )  # fmt: skip


def management(rules: tuple[PlainRule, ...] | Unreadable, admin: AdminRules) -> Check:
    """Returns the management check behind admin rules."""
    site = Site(rules=rules, vnet=replace(VNET, admin_rules=admin))
    found = judge(
        Estate((site.instance(site.subnet()),)), site.tags, load_catalogue(), Options("2021-12", admin_rules=True)
    )
    return next(check for check in found.instances[0].locations[0].checks if check.id == "management")


def possible(check: Check) -> set[str]:
    """Returns the verdicts that a check leaves possible."""
    return {check.verdict.value, *others(check)}


@given(admin_rules())
def test_a_gap_for_sure_is_one_with_every_nsg_and_has_the_verdicts_of_those(admin: AdminRules) -> None:
    unread = management(UNREAD, admin)
    read = [possible(management(rules, admin)) for rules in NSGS]
    if unread.verdict == "unknown":
        assert read[0] & {"compliant", "unknown"}
    else:
        assert unread.verdict != "compliant"
        assert set().union(*read) == possible(unread)


@given(admin_rules())
def test_only_admin_rules_are_named_where_the_nsg_was_not_read(admin: AdminRules) -> None:
    evidence = management(UNREAD, admin).evidence
    names = {rule.name for rule in admin.rules}
    assert {rule.name for rule in evidence.decided_by} | {rule.name for rule in evidence.shadowed} <= names
    assert evidence.witness is None or evidence.witness.decided_by in {None, *names}
