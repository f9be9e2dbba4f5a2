"""From a decision to what is told of it: which flow shows it, what would decide, and what is not told."""

from dataclasses import replace

from apim_audit.core.engine.decision import decide
from apim_audit.core.engine.rulesets import ruleset_of
from apim_audit.core.engine.search import Box
from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.verdicts import Gap, Undecided
from apim_audit.core.judging.outcomes import UNCONFIRMED, Case, outcome_of
from apim_audit.core.judging.required import SOURCE_PORTS
from apim_audit.core.sets.intervals import IntervalSet
from tests.core.locations import Site, deny_all, inbound, others, outbound, tags_with_data
from tests.laws.simulator import PlainRule, ends
from tests.laws.test_boxes import site_of
from tests.laws.translation import security_rule

OUT = deny_all("Outbound")
PIN = outbound("20.70.0.0/16", "1433", name="Pin")


def case_of(*rules: PlainRule) -> Case:
    """Returns what becomes of TCP 1433 to Sql."""
    tags = tags_with_data()
    site = site_of(Site().subnet(), tags, ("westeurope",))
    ruleset = ruleset_of(map(security_rule, rules), Direction.OUTBOUND, site.resolver)
    own = IntervalSet.span(*ends("10.0.1.4-10.0.1.254"))
    required = Box((tags.sets["sql"], own, SOURCE_PORTS, IntervalSet.point(1433)))
    return Case(decide([required], ruleset, "Tcp", may_pin=True), [ruleset], Direction.OUTBOUND, "Tcp", site)


def test_what_is_pinned_is_shown_where_no_other_rule_allows_it() -> None:
    rest = outbound("Sql", "1433", name="Some", priority=310, source_ports=("1-2000",))
    check = Site((PIN, rest, OUT)).check("sql")
    assert check.verdict == "pinned"
    assert check.evidence.witness is not None
    assert (check.evidence.witness.source_port, check.evidence.witness.decided_by) == (2001, "Pin")


def test_a_decision_without_a_part_that_shows_it_is_not_told() -> None:
    case = case_of(OUT)
    assert isinstance(outcome_of(case), Gap)
    outcome = outcome_of(case._replace(decision=case.decision._replace(parts=())))
    assert isinstance(outcome, Undecided)
    assert outcome.questions == (UNCONFIRMED,)


def test_a_pinned_flow_that_a_rule_decides_which_does_not_pin_is_not_confirmed() -> None:
    case = case_of(PIN, OUT)
    assert isinstance(outcome_of(case), Gap)
    before = replace(OUT, name="Before", priority=100)
    outcome = outcome_of(case._replace(rulesets=case_of(before, PIN, OUT).rulesets))
    assert isinstance(outcome, Undecided)
    assert outcome.questions == (UNCONFIRMED,)


def test_other_verdicts_come_the_worst_first() -> None:
    deny = inbound("ApiManagement", "*", access="Deny", name="DenyManagement")
    check = Site((deny,), routes=("0.0.0.0/0",), perhaps=frozenset({"DenyManagement"})).check("management")
    assert list(others(check)) == ["missing", "default-only"]


def test_only_what_may_stand_in_the_way_is_asked() -> None:
    low = outbound("Sql", "1433", name="Low", priority=100, source_ports=("1-2000",))
    high = outbound("Sql", "1433", name="High", priority=110, source_ports=("2001-65535",), access="Deny")
    check = Site((low, high, outbound("Sql", "1433"), OUT), perhaps=frozenset({"Low", "High"})).check("sql")
    assert isinstance(check.outcome, Undecided)
    assert [question.split("?")[0] for question in check.outcome.questions] == ["is `High` in force"]
