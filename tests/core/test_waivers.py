from dataclasses import replace

import pytest

from apim_audit.core.accepting.resource_patterns import resource_pattern
from apim_audit.core.accepting.waivers import Today, WaiverRule, Waivers, waive
from apim_audit.core.facts.findings import Change, Check, Severity, Waiver
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report, WaiverProblem, WaiverProblemKind
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.run import FailOn, exit_status
from tests.report.samples import (
    BLOCKED,
    COMPLIANT,
    DEFAULT_ONLY,
    EITHER,
    NOT_APPLICABLE,
    NSG,
    SUBNET,
    UNKNOWN,
    instance,
    location,
    report,
)

TODAY = Today("2026-11-22", "2026-12-22")
LATER = "2027-06-30"


def rule(
    requirement: str = "management",
    resource: str = "**/service/contoso",
    verdict: Verdict | None = None,
    expires: str = LATER,
    number: int = 1,
) -> WaiverRule:
    return WaiverRule(
        number, requirement, resource_pattern(resource), verdict, Waiver(f"reason {number}", "owner", expires)
    )


def waived(found: Report, *rules: WaiverRule, unwaivable: str = "") -> Report:
    return waive(found, Waivers(rules, frozenset(unwaivable.split())), TODAY)


def of(*checks: Check) -> Report:
    return report(instance(location(*checks)))


def kinds(found: Report) -> list[WaiverProblemKind]:
    return [problem.kind for problem in found.waiver_problems]


def status(found: Report, fail_on: FailOn = FailOn.WARNING) -> int:
    return exit_status(found, fail_on, allow_unknown=False, allow_incomplete=False)


def test_a_waived_gap_keeps_its_verdict_and_severity_and_does_not_count() -> None:
    found = waived(of(BLOCKED, COMPLIANT), rule())
    (check, other) = found.checks()
    assert check == replace(BLOCKED, waiver=Waiver("reason 1", "owner", LATER))
    assert (check.verdict, check.severity, check.counts) == (Verdict.BLOCKED, Severity.ERROR, False)
    assert other is COMPLIANT
    assert (found.waiver_problems, status(found), status(of(BLOCKED))) == ((), 0, 3)


@pytest.mark.parametrize("resource", ["**/service/CONTOSO", NSG, SUBNET, "**/networkSecurityGroups/nsg-*"])
def test_the_resource_is_the_instance_its_subnet_or_its_nsg(resource: str) -> None:
    assert status(waived(of(BLOCKED), rule(resource=resource))) == 0


@pytest.mark.parametrize("resource", ["**/service/fabrikam", "**/service/contoso/*", "**/virtualNetworks/vnet"])
def test_another_resource_is_not_covered(resource: str) -> None:
    found = waived(of(BLOCKED), rule(resource=resource))
    assert (status(found), kinds(found)) == (3, [WaiverProblemKind.UNUSED])
    assert "no resource" in found.waiver_problems[0].message


def test_a_waiver_of_an_instance_holds_in_every_location_and_one_of_an_nsg_only_there() -> None:
    elsewhere = replace(location(BLOCKED, name="northeurope", primary=False), network_security_group_id="/nsg/b")
    estate = report(instance(location(BLOCKED), elsewhere))
    assert status(waived(estate, rule())) == 0
    assert [check.counts for check in waived(estate, rule(resource="/nsg/b")).checks()] == [True, False]


@pytest.mark.parametrize("check", [UNKNOWN, COMPLIANT, NOT_APPLICABLE, replace(BLOCKED, severity=Severity.NONE)])
def test_a_waiver_without_a_verdict_covers_gaps_only(check: Check) -> None:
    found = waived(of(check), rule(check.id))
    assert next(found.checks()) is check
    assert kinds(found) == [WaiverProblemKind.UNUSED]
    assert "is no gap" in found.waiver_problems[0].message


def test_a_doubt_is_covered_where_the_waiver_says_unknown() -> None:
    assert status(waived(of(UNKNOWN), rule("sql"))) == 4
    assert status(waived(of(UNKNOWN), rule("sql", verdict=Verdict.UNKNOWN))) == 0
    assert status(waived(of(BLOCKED), rule(verdict=Verdict.UNKNOWN))) == 3


@pytest.mark.parametrize("verdict", [each for each in Verdict if each is not Verdict.BLOCKED])
def test_a_worse_or_better_verdict_than_the_waived_one_counts(verdict: Verdict) -> None:
    found = waived(of(BLOCKED), rule(verdict=verdict))
    assert (status(found), kinds(found)) == (3, [WaiverProblemKind.UNUSED])


def test_of_a_gap_in_several_worlds_the_worst_has_to_be_waived() -> None:
    assert status(waived(of(EITHER), rule("storage", verdict=Verdict.DEFAULT_ONLY))) == 3
    assert status(waived(of(EITHER), rule("storage", verdict=Verdict.MISSING))) == 0


def test_the_last_day_still_counts_and_the_next_does_not() -> None:
    last, after = (waived(of(BLOCKED), rule(expires=day)) for day in ("2026-11-22", "2026-11-21"))
    assert (status(last), kinds(last)) == (0, [WaiverProblemKind.EXPIRING])
    assert (status(after), kinds(after)) == (3, [WaiverProblemKind.EXPIRED])
    assert next(after.checks()) is BLOCKED
    assert "2026-11-21" in after.waiver_problems[0].message
    assert "owner" in after.waiver_problems[0].message


@pytest.mark.parametrize(("expires", "warned"), [("2026-12-22", True), ("2026-12-23", False)])
def test_an_expiry_within_thirty_days_warns(expires: str, warned: bool) -> None:  # noqa: FBT001  (pytest)
    found = waived(of(BLOCKED), rule(expires=expires))
    assert (status(found), kinds(found)) == (0, [WaiverProblemKind.EXPIRING] * warned)


@pytest.mark.parametrize("fail_on", list(FailOn))
def test_an_expired_waiver_that_would_cover_something_fails_at_every_threshold(fail_on: FailOn) -> None:
    note = replace(BLOCKED, severity=Severity.NOTE)
    assert status(waived(of(note), rule(expires="2026-01-01")), fail_on) == 3


def test_an_expired_waiver_that_matches_nothing_is_only_unused() -> None:
    found = waived(of(COMPLIANT), rule("key-vault", expires="2026-01-01"))
    assert (status(found), kinds(found)) == (0, [WaiverProblemKind.UNUSED])
    assert "2026-01-01" in found.waiver_problems[0].message


def test_a_valid_waiver_takes_the_place_of_an_expired_one() -> None:
    found = waived(of(BLOCKED), rule(expires="2026-01-01"), rule(number=2))
    assert (status(found), kinds(found)) == (0, [WaiverProblemKind.UNUSED])
    assert next(found.checks()).waiver == Waiver("reason 2", "owner", LATER)


def test_of_several_the_one_that_holds_longest_is_shown_and_none_is_unused() -> None:
    found = waived(of(BLOCKED), rule(expires="2027-01-01"), rule(expires="2028-01-01", number=2))
    assert next(found.checks()).waiver == Waiver("reason 2", "owner", "2028-01-01")
    assert found.waiver_problems == ()


def test_what_is_unwaivable_counts() -> None:
    found = waived(of(BLOCKED, DEFAULT_ONLY), rule(), rule("event-hub", number=2), unwaivable="management")
    assert [check.counts for check in found.checks()] == [True, False]
    assert (status(found), kinds(found)) == (3, [WaiverProblemKind.UNWAIVABLE])


def test_every_problem_names_its_waiver() -> None:
    rules = (rule("storage", number=1), rule(expires="2026-01-01", number=2), rule("event-hub", number=3))
    found = waived(of(BLOCKED, DEFAULT_ONLY), *rules, unwaivable="event-hub")
    assert [problem.message.split(" ")[:3] for problem in found.waiver_problems] == [
        ["waiver", "1", "(storage)"],
        ["waiver", "2", "(management)"],
        ["waiver", "3", "(event-hub)"],
    ]


def test_without_waivers_nothing_changes() -> None:
    full = report(instance(location(BLOCKED, UNKNOWN)), InstanceReport("/i", "i", "", "", "", "None", ()))
    assert waived(full) == full


def test_what_was_there_stays() -> None:
    before = WaiverProblem(WaiverProblemKind.UNUSED, "x")
    planned: LocationReport = location(replace(BLOCKED, change=Change.CAUSED))
    found = waived(replace(report(instance(planned)), waiver_problems=(before,)), rule("sql"))
    assert found.waiver_problems[0] is before
    assert next(found.checks()).change is Change.CAUSED
