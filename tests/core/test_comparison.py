from dataclasses import replace

import pytest

from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.reports import NewlyFailing
from apim_audit.core.facts.requirements import Baseline, Level, LevelRule, NetworkModel, Requirement, VirtualNetworkType
from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.verdicts import Compliant, Evidence, Gap, Verdict
from apim_audit.core.judging.comparison import Added, Altered, Removed, RowChange, changes_between, compare
from tests.report.samples import (
    BLOCKED,
    COMPLIANT,
    DEFAULT_ONLY,
    MANAGEMENT,
    SQL,
    STORAGE,
    UNKNOWN,
    VAULT,
    check,
    instance,
    location,
)

REQUIRED = LevelRule(Level.REQUIRED)
MISSING = check(MANAGEMENT, Gap(Verdict.MISSING, Evidence()), Severity.ERROR)
ADVISED = replace(MISSING, severity=Severity.NONE, level=Level.ADVISORY)
NOTED = replace(MISSING, severity=Severity.NOTE, level=Level.OPTIONAL)
FINE = check(MANAGEMENT, Compliant(Evidence()))


def becoming(before: tuple[Check, ...], after: tuple[Check, ...]) -> list[tuple[str, Verdict | None, Verdict]]:
    comparison = compare((instance(location(*before)),), (instance(location(*after)),), "2026-04")
    return [(failing.requirement, failing.was, failing.becomes) for failing in comparison.newly_failing]


def test_a_gap_that_the_other_baseline_adds_is_newly_failing() -> None:
    [here, there] = (instance(location(*checks)) for checks in ((COMPLIANT,), (COMPLIANT, BLOCKED)))
    found = compare((here,), (there,), "2026-04")
    assert found.baseline == "2026-04"
    assert found.newly_failing == (
        NewlyFailing(here.id, "westeurope", "management", None, Verdict.BLOCKED, Severity.ERROR),
    )


@pytest.mark.parametrize(
    ("before", "was"),
    [(FINE, Verdict.COMPLIANT), (ADVISED, Verdict.MISSING), (NOTED, Verdict.MISSING)],
)
def test_what_does_not_fail_yet_newly_fails(before: Check, was: Verdict) -> None:
    assert becoming((before,), (MISSING,)) == [("management", was, Verdict.MISSING)]


def test_a_check_that_is_undecided_today_newly_fails() -> None:
    undecided = replace(UNKNOWN, id="management")
    assert becoming((undecided,), (MISSING,)) == [("management", Verdict.UNKNOWN, Verdict.MISSING)]


@pytest.mark.parametrize("before", [MISSING, replace(MISSING, severity=Severity.WARNING)])
def test_what_fails_already_is_nothing_new(before: Check) -> None:
    assert becoming((before,), (MISSING,)) == []


@pytest.mark.parametrize("after", [FINE, ADVISED, NOTED, replace(UNKNOWN, id="management")])
def test_only_errors_and_warnings_are_failures(after: Check) -> None:
    assert becoming((FINE,), (after,)) == []


def test_a_warning_is_a_failure() -> None:
    assert becoming((), (DEFAULT_ONLY,)) == [("event-hub", None, Verdict.DEFAULT_ONLY)]


def test_locations_are_compared_each_with_itself() -> None:
    first, second = location(MISSING), location(FINE, name="northeurope", primary=False)
    other = (instance(first, replace(second, checks=(MISSING,))),)
    [found] = compare((instance(first, second),), other, "2026-04").newly_failing
    assert found.location == "northeurope"


def test_the_order_is_that_of_instances_locations_and_checks() -> None:
    names = ("a", "b")
    before = tuple(instance(location(), location(name="x"), name=name) for name in names)
    after = tuple(instance(location(DEFAULT_ONLY, MISSING), location(MISSING, name="x"), name=name) for name in names)
    found = compare(before, after, "2026-04").newly_failing
    assert [(failing.instance_id[-1], failing.location, failing.requirement) for failing in found] == [
        (name, place, requirement)
        for name in names
        for place, requirement in (("westeurope", "event-hub"), ("westeurope", "management"), ("x", "management"))
    ]


def test_instances_that_are_not_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare((instance(location()),), (), "2026-04")


def row(base: Requirement, level: LevelRule = REQUIRED, model: NetworkModel = NetworkModel.STV2) -> Requirement:
    return replace(base, levels={model: level})


def baseline(name: str, *rows: Requirement) -> Baseline:
    return Baseline(name, name, rows)


def changes(before: Requirement, after: Requirement) -> tuple[RowChange, ...]:
    [found] = changes_between(baseline("old", before), baseline("new", after)).models
    return found.changes


def test_rows_are_added_altered_and_removed_in_the_order_of_the_later_table() -> None:
    old = baseline("old", row(SQL), row(STORAGE), row(MANAGEMENT, LevelRule(Level.OPTIONAL)))
    new = baseline("new", row(VAULT), row(MANAGEMENT), row(STORAGE))
    [found] = changes_between(old, new).models
    assert [(type(change), change.requirement, change.title) for change in found.changes] == [
        (Added, "key-vault", "key-vault title"),
        (Altered, "management", "management title"),
        (Removed, "sql", "sql title"),
    ]


def test_a_level_that_changes_is_told_with_its_conditions() -> None:
    [change] = changes(row(SQL), row(SQL, LevelRule(Level.OPTIONAL, premium=Level.REQUIRED)))
    assert isinstance(change, Altered)
    assert (change.before.level, change.after.level) == (REQUIRED, LevelRule(Level.OPTIONAL, premium=Level.REQUIRED))


def test_ports_are_those_of_the_network_model() -> None:
    assert SQL.flow is not None
    flow = replace(SQL.flow, ports=("1",), ports_of={NetworkModel.STV2: SQL.flow.ports, NetworkModel.STV1: ("9",)})
    assert changes(row(SQL), replace(row(SQL), flow=flow)) == ()
    [change] = changes(row(SQL), replace(row(SQL), flow=replace(flow, ports_of={})))
    assert isinstance(change, Altered)
    assert change.after.flow is not None
    assert change.after.flow.ports == ("1",)


@pytest.mark.parametrize(
    "other",
    [
        replace(row(SQL), default_rules_suffice=True),
        replace(row(SQL), applies_to=frozenset({VirtualNetworkType.EXTERNAL})),
        replace(row(SQL), flow=None),
        replace(row(SQL), flow=replace(SQL.flow, direction=Direction.INBOUND)),  # type: ignore[type-var]
        replace(row(SQL), flow=replace(SQL.flow, protocol="Udp")),  # type: ignore[type-var]
    ],
)
def test_everything_that_a_verdict_rests_on_counts(other: Requirement) -> None:
    [change] = changes(row(SQL), other)
    assert isinstance(change, Altered)


def test_wording_does_not_count() -> None:
    assert changes(row(SQL), replace(row(SQL), title="x", purpose="x", remedy="x")) == ()


def test_a_classic_model_always_has_a_vnet_so_rows_for_none_do_not_differ() -> None:
    everywhere = frozenset(VirtualNetworkType)
    assert changes(row(SQL), replace(row(SQL), applies_to=everywhere)) == ()
    v2 = row(SQL, model=NetworkModel.V2_INJECTION)
    assert len(changes(v2, replace(v2, applies_to=everywhere))) == 1


def test_a_model_that_one_baseline_does_not_know_is_told() -> None:
    old = baseline("old", row(SQL, model=NetworkModel.STV1))
    new = baseline("new", row(SQL, model=NetworkModel.V2_INJECTION))
    found = changes_between(old, new).models
    assert [(each.model, each.known_before, each.known_after) for each in found] == [
        (NetworkModel.STV1, True, False),
        (NetworkModel.V2_INJECTION, False, True),
    ]
    assert [type(change) for each in found for change in each.changes] == [Removed, Added]


def test_a_baseline_and_itself_differ_in_nothing() -> None:
    table = baseline("one", row(SQL), row(STORAGE))
    assert [each.changes for each in changes_between(table, table).models] == [()]
