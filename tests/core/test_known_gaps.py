from dataclasses import replace

import pytest

from apim_audit.core.accepting.known_gaps import KnownGap, gaps_of, recognise
from apim_audit.core.facts.findings import Check, Severity, Waiver
from apim_audit.core.facts.reports import FixedGap, Report
from apim_audit.core.facts.verdicts import Gap, NotApplicable, Undecided, Verdict
from apim_audit.run import FailOn, exit_status
from tests.report.samples import (
    BLOCKED,
    COMPLIANT,
    DEFAULT_ONLY,
    EVERY_CHECK,
    UNKNOWN,
    instance,
    location,
    report,
)

WAIVED = replace(BLOCKED, waiver=Waiver("r", "o", "2027-01-01"))


def of(*checks: Check) -> Report:
    return report(instance(location(*checks)))


def with_verdict(check: Check, verdict: Verdict) -> Check:
    assert isinstance(check.outcome, Gap)
    return replace(check, outcome=replace(check.outcome, verdict=verdict))


def status(found: Report) -> int:
    return exit_status(found, FailOn.WARNING, allow_unknown=False, allow_incomplete=False)


def test_the_gaps_of_a_report_are_known_to_the_next() -> None:
    found = of(BLOCKED, DEFAULT_ONLY, COMPLIANT)
    again = recognise(found, gaps_of(found))
    assert [check.known for check in again.checks()] == [True, True, False]
    assert [check.severity for check in again.checks()] == [check.severity for check in found.checks()]
    assert (status(found), status(again), again.fixed, again.notes) == (3, 0, (), ())


def test_doubts_and_what_is_quiet_or_waived_is_not_known() -> None:
    assert [gap.requirement for gap in gaps_of(of(*EVERY_CHECK))] == ["event-hub", "management", "storage"]
    assert list(gaps_of(of(WAIVED, replace(BLOCKED, severity=Severity.NONE)))) == []


@pytest.mark.parametrize("verdict", [Verdict.PARTIAL, Verdict.MISSING, Verdict.DEFAULT_ONLY, Verdict.PINNED])
def test_another_verdict_is_a_new_gap(verdict: Verdict) -> None:
    before = of(with_verdict(BLOCKED, verdict))
    again = recognise(of(BLOCKED), gaps_of(before))
    assert (status(again), [check.known for check in again.checks()], again.fixed) == (3, [False], ())


@pytest.mark.parametrize("field", ["requirement", "instance", "location"])
def test_the_same_gap_elsewhere_is_new(field: str) -> None:
    known = next(gaps_of(of(BLOCKED)))
    other = {
        "requirement": replace(known, requirement="sql"),
        "instance": replace(known, instance_id=known.instance_id + "2"),
        "location": replace(known, location="northeurope"),
    }[field]
    again = recognise(of(BLOCKED), [other])
    assert (status(again), again.fixed) == (3, ())
    assert again.notes == ("1 known gap was not seen: this run did not judge that check of that location",)


def test_letter_case_of_ids_and_the_spelling_of_locations_do_not_count() -> None:
    known = next(gaps_of(of(BLOCKED)))
    spelt = replace(known, instance_id=known.instance_id.upper() + "/", location="West Europe")
    assert status(recognise(of(BLOCKED), [spelt])) == 0


def test_what_is_closed_is_listed_with_what_it_was() -> None:
    known = next(gaps_of(of(BLOCKED)))
    fixed = FixedGap(known.instance_id, "westeurope", "management", Verdict.BLOCKED)
    closed = replace(BLOCKED, outcome=COMPLIANT.outcome, severity=Severity.NONE)
    for check in (closed, replace(closed, outcome=NotApplicable("it is Internal"))):
        assert recognise(of(check), [known, known]).fixed == (fixed,)


def test_a_default_rule_closes_a_gap_only_where_it_is_enough() -> None:
    known = [replace(next(gaps_of(of(BLOCKED))), requirement="event-hub")]
    enough = replace(DEFAULT_ONLY, requirement=replace(DEFAULT_ONLY.requirement, default_rules_suffice=True))
    assert recognise(of(DEFAULT_ONLY), known).fixed == ()
    assert len(recognise(of(enough), known).fixed or ()) == 1


def test_a_doubt_closes_nothing_and_counts() -> None:
    doubt = replace(BLOCKED, outcome=Undecided(("?",)), severity=Severity.UNDECIDED)
    again = recognise(of(doubt), gaps_of(of(BLOCKED)))
    assert (status(again), again.fixed, again.notes) == (4, (), ())


def test_an_undecided_check_is_never_known() -> None:
    known = next(gaps_of(of(BLOCKED)))
    again = recognise(of(UNKNOWN), [replace(known, requirement="sql", verdict=Verdict.UNKNOWN)])
    assert (status(again), next(again.checks()).known) == (4, False)


def test_what_a_plan_has_fixed_stays_listed() -> None:
    gap = FixedGap("/i", "westeurope", "sql", Verdict.MISSING)
    assert recognise(replace(of(COMPLIANT), fixed=(gap,)), []).fixed == (gap,)


def test_several_that_were_not_seen_are_counted() -> None:
    gaps = [KnownGap("/elsewhere", "x", requirement, Verdict.MISSING) for requirement in ("sql", "storage")]
    assert recognise(of(COMPLIANT), gaps).notes[0].startswith("2 known gaps were not seen")
