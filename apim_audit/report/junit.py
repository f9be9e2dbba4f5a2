"""JUnit XML for the Tests tab of a CI server: a test suite a location, a test case a check.

Valid against the schema of Jenkins. Everything is escaped by `printable` first, which leaves no character that XML 1.0
cannot hold.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from xml.sax.saxutils import escape, quoteattr

from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.reports import Incomplete, InstanceReport, LocationReport, Report
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Compliant, NotApplicable, Undecided, Verdict
from apim_audit.report import PLAIN, Style
from apim_audit.report.places import LOUD_PROBLEMS, sentence_of, where
from apim_audit.report.summary import listed, verdict_counts


class _Result(Enum):
    """What became of a test case; the value is its element."""

    PASSED = ""
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    result: _Result = _Result.PASSED
    kind: str = ""
    message: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Suite:
    name: str
    properties: Mapping[str, str]
    cases: tuple[_Case, ...]


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns the report as JUnit XML, UTF-8."""
    suites = tuple(_suites(report))
    counts = Counter(case.result for suite in suites for case in suite.cases)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="apim-audit"{_counts(counts)}>']
    for suite in suites:
        lines += _suite(suite, report)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suites(report: Report) -> Iterator[_Suite]:
    for instance in report.instances:
        for location in instance.locations:
            cases = tuple(_case(check, location) for check in location.checks)
            properties = {"instance": instance.id, "verdicts": listed(verdict_counts(location.checks))}
            properties |= {f"observed: {each.name}": f"{each.status} ({each.standing})" for each in location.observed}
            yield _Suite(where(instance, location), properties, cases or (_not_judged(instance, location),))
    waivers = tuple(
        _Case(f"{problem.kind} waiver", _waiver_result(problem.kind in LOUD_PROBLEMS), problem.kind, problem.message)
        for problem in report.waiver_problems
    )
    unread = tuple(map(_unread, report.incomplete))
    yield from (_Suite(name, {}, cases) for name, cases in (("waivers", waivers), ("not read", unread)) if cases)


def _waiver_result(loud: bool) -> _Result:  # noqa: FBT001  (there is nothing else to tell)
    return _Result.FAILURE if loud else _Result.SKIPPED


def _unread(entry: Incomplete) -> _Case:
    result = _Result.ERROR if entry.needed else _Result.SKIPPED
    return _Case(entry.id or entry.reason, result, entry.reason, entry.message or entry.reason)


def _not_judged(instance: InstanceReport, location: LocationReport) -> _Case:
    reason = location.reason or "nothing to judge"
    return _Case("not judged", _Result.SKIPPED, "not-judged", f"{where(instance, location)}: {reason}")


def _case(check: Check, location: LocationReport) -> _Case:
    result, why = _result(check)
    if result is _Result.PASSED:
        return _Case(check.id)
    message = f"{why}: {sentence_of(check)}" if why else sentence_of(check)
    details = () if result is _Result.SKIPPED else tuple(_details(check, location))
    return _Case(check.id, result, check.verdict.value, message, details)


def _result(check: Check) -> tuple[_Result, str]:
    """Returns what becomes of a check, and why where its message does not say it."""
    if isinstance(check.outcome, NotApplicable):
        return _Result.SKIPPED, ""
    if check.waiver is not None:
        return _Result.SKIPPED, f"waived: {check.waiver.reason} ({check.waiver.owner}, until {check.waiver.expires})"
    if isinstance(check.outcome, Compliant):
        return _Result.PASSED, ""
    if check.known:
        return _Result.SKIPPED, "a known gap"
    if check.severity is Severity.NONE:
        return _quiet(check)
    return (_Result.ERROR if isinstance(check.outcome, Undecided) else _Result.FAILURE), ""


def _quiet(check: Check) -> tuple[_Result, str]:
    if check.verdict is Verdict.DEFAULT_ONLY and check.requirement.default_rules_suffice:
        return _Result.PASSED, ""
    return _Result.SKIPPED, f"{check.level}, {check.verdict}, no severity"


def _details(check: Check, location: LocationReport) -> Iterator[str]:
    witness = check.evidence.witness
    if witness is not None:
        yield f"e.g. {witness.flow()}{witness.proviso()}"
    yield from (f"hint: {near.message}" for near in check.near_misses)
    model = location.network_model
    yield f"remedy: {check.requirement.remedy_for(NetworkModel.STV2 if model is None else model)}"
    nsg = location.network_security_group_id
    yield from () if nsg is None else (f"NSG: {nsg}",)


def _suite(suite: _Suite, report: Report) -> Iterator[str]:
    counts = Counter(case.result for case in suite.cases)
    time = "" if report.taken_at is None else f" timestamp={_quoted(report.taken_at.removesuffix('Z'))}"
    yield f"  <testsuite name={_quoted(suite.name)}{_counts(counts)} skipped={_quoted(counts[_Result.SKIPPED])}{time}>"
    if suite.properties:
        told = "".join(f"<property name={_quoted(k)} value={_quoted(v)}/>" for k, v in suite.properties.items())
        yield f"    <properties>{told}</properties>"
    for case in suite.cases:
        yield from _test_case(case, suite.name)
    yield "  </testsuite>"


def _counts(counts: Counter[_Result]) -> str:
    return f' tests="{counts.total()}" failures="{counts[_Result.FAILURE]}" errors="{counts[_Result.ERROR]}" time="0"'


def _test_case(case: _Case, suite: str) -> Iterator[str]:
    head = f'    <testcase classname={_quoted(suite)} name={_quoted(case.name)} time="0"'
    if case.result is _Result.PASSED:
        yield f"{head}/>"
        return
    text = escape("\n".join(map(printable, (case.message, *case.details))))
    if case.result is _Result.SKIPPED:  # older servers know no attributes here
        yield f"{head}><skipped>{text}</skipped></testcase>"
        return
    element = case.result.value
    yield f"{head}><{element} type={_quoted(case.kind)} message={_quoted(case.message)}>{text}</{element}></testcase>"


def _quoted(value: object) -> str:
    return quoteattr(printable(str(value)))
