import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apim_audit.core.accepting.known_gaps import KnownGap, gaps_of
from apim_audit.core.facts.findings import Waiver
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.errors import NoAuditError
from apim_audit.gate import Sources, accept, known_gaps_text, load_accepted
from apim_audit.gate.known_gaps import load_known_gaps
from apim_audit.gate.waivers import load_waivers
from apim_audit.report import RENDERERS
from tests.report.samples import BLOCKED, EVERY_CHECK, instance, location, report

IDS = ("management", "sql", "storage")
GOOD = {
    "requirement": '"management"',
    "resource": '"**/service/contoso"',
    "reason": '"It is being rebuilt."',
    "owner": '"team-apis"',
    "expires": "2027-01-31",
}
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str | bytes, name: str = "w.toml") -> str:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return written


def table(**changes: str | None) -> str:
    fields = {**GOOD, **changes}
    return "[[waivers]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items() if value is not None)


def test_a_waiver_as_it_should_be(write: Write) -> None:
    waivers = load_waivers(write(table() + table(verdict='"partial"')), IDS)
    first, second = waivers.rules
    assert (first.number, first.requirement, first.resource.text, first.verdict) == (
        1,
        "management",
        "**/service/contoso",
        None,
    )
    assert first.waiver == Waiver("It is being rebuilt.", "team-apis", "2027-01-31")
    assert (second.number, second.verdict) == (2, Verdict.PARTIAL)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *((table(**{key: None}), f"waivers 1: {key}: the key is missing") for key in GOOD),
        *((table(**{key: '" "'}), f"waivers 1: {key}: ' ' is not") for key in GOOD),
        *((table(**{key: "7"}), f"waivers 1: {key}: 7 is not") for key in GOOD),
        (table() + table(requirement='"managment"'), "waivers 2: requirement: there is no requirement 'managment'; is"),
        (table(requirement='"managment"'), "is management meant?"),
        (table(requirement='"*"'), "the known ones are management, sql, storage"),
        (table(expire="2027-01-31"), "waivers 1: expire: there is no such key; is expires meant?"),
        (table(expires='"2027-01-31"'), "waivers 1: expires: '2027-01-31' is not a date such as 2027-01-31, without q"),
        (table(expires="2027-01-31T00:00:00Z"), "waivers 1: expires: datetime"),
        (table(resource='"contoso"'), "waivers 1: resource: 'contoso': an id begins with /"),
        (table(verdict='"blockd"'), "waivers 1: verdict: 'blockd' cannot be waived; is blocked meant?"),
        (table(verdict='"compliant"'), "'compliant' cannot be waived"),
        (table(verdict='""'), "waivers 1: verdict: '' is not a text"),
        ("waivers = 7", "waivers: 7 is not a list of tables"),
        ("waivers = [7]", "waivers 1: 7 is not a table"),
        ("[waivers]\nrequirement = 'sql'", "is not a list of tables; begin each with [[waivers]]"),
        ("unwaivable = 'sql'", "unwaivable: 'sql' is not a list"),
        ("unwaivable = [1]", "unwaivable: [1] is not a list"),
        ("unwaivable = ['sqll']", "unwaivable: there is no requirement 'sqll'; is sql meant?"),
        ("[[waiver]]", "waiver: there is no such key; is waivers meant?"),
        ("[[waivers]", "is not TOML"),
        ("x = " + "[" * 5000, "is not TOML"),
        (b"\xff", "is not TOML"),
        (f"x = {'9' * 5000}", "is not TOML"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_file_table_and_key(write: Write, text: str | bytes, told: str) -> None:
    path = write(text)
    with pytest.raises(NoAuditError) as caught:
        load_waivers(path, IDS)
    assert told in str(caught.value)
    assert path in str(caught.value)
    assert caught.value.hint


def test_everything_that_is_wrong_is_said_at_once(write: Write) -> None:
    with pytest.raises(NoAuditError) as caught:
        load_waivers(write(table(owner=None, reason="1") + table(expires=None)), IDS)
    assert str(caught.value).count("\n") == 3


def test_a_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoAuditError, match="No such file"):
        load_waivers(str(tmp_path / "none.toml"), IDS)
    with pytest.raises(NoAuditError, match="No such file"):
        load_known_gaps(str(tmp_path / "none.json"))


def test_a_byte_order_mark_is_no_part_of_the_text(write: Write) -> None:
    assert len(load_waivers(write("\ufeff" + table()), IDS).rules) == 1


def test_what_the_configuration_calls_unwaivable_holds_for_waivers_of_another_file(write: Write) -> None:
    configuration = write('unwaivable = ["management"]\n' + table(requirement='"sql"'), "c.toml")
    waivers = write(table(), "w.toml")
    both = load_accepted(Sources(waivers, configuration), IDS)
    assert [rule.requirement for rule in both.waivers.rules] == ["management"]
    assert both.waivers.unwaivable == {"management"}
    alone = load_accepted(Sources(None, configuration), IDS)
    assert [rule.requirement for rule in alone.waivers.rules] == ["sql"]
    assert load_accepted(Sources(configuration, configuration), IDS) == alone


def test_a_file_that_is_given_for_its_waivers_sets_no_options(write: Write) -> None:
    with pytest.raises(NoAuditError, match="options: there is no such key"):
        load_accepted(Sources(write("[options]\nquiet = true\n")), IDS)


def test_thirty_days_of_warning(write: Write) -> None:
    accepted = load_accepted(Sources(write(table(expires="2027-01-31"))), IDS)
    found = report(instance(location(BLOCKED)))
    kinds = [
        [problem.kind.value for problem in accept(found, accepted, day).waiver_problems]
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 31), date(2027, 2, 1))
    ]
    assert kinds == [[], ["expiring"], ["expiring"], ["expired"]]


def test_known_gaps_come_back_from_their_file_and_from_a_report(write: Write) -> None:
    found = report(instance(location(*EVERY_CHECK), location(BLOCKED, name="northeurope", primary=False)))
    gaps = tuple(gaps_of(found))
    assert len(gaps) == 4
    assert load_known_gaps(write(known_gaps_text(found), "k.json")) == gaps
    assert load_known_gaps(write(RENDERERS["json"](found), "r.json")) == gaps


def test_what_was_waived_in_a_report_is_not_known_by_that_and_what_was_known_is(write: Write) -> None:
    checks = (
        replace(BLOCKED, waiver=Waiver("r", "o", "2027-01-01")),
        replace(EVERY_CHECK[2], known=True),
    )
    found = report(instance(location(*checks)))
    assert [gap.requirement for gap in load_known_gaps(write(RENDERERS["json"](found)))] == ["event-hub"]


ENTRY: dict[str, Any] = {"instanceId": "/i", "location": "l", "requirement": "sql", "verdict": "missing"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "schemaVersion is missing"),
        ("null", "schemaVersion is missing"),
        ('{"schemaVersion": true}', "schemaVersion is missing"),
        ('{"schemaVersion": 2, "knownGaps": []}', "schemaVersion is not 1"),
        ('{"schemaVersion": 1}', "instances is missing"),
        ('{"schemaVersion": 1, "knownGaps": {}}', "knownGaps is missing or of the wrong type"),
        ('{"schemaVersion": 1, "knownGaps": [7]}', "knownGaps[0].verdict is missing"),
        *(
            (json.dumps({"schemaVersion": 1, "knownGaps": [ENTRY, {**ENTRY, key: 1}]}), f"knownGaps[1].{key} is missin")
            for key in ENTRY
        ),
        (json.dumps({"schemaVersion": 1, "knownGaps": [{**ENTRY, "verdict": "unknown"}]}), "verdict unknown is no gap"),
        (json.dumps({"schemaVersion": 1, "knownGaps": [{**ENTRY, "verdict": "bad"}]}), "verdict is no verdict"),
        ('{"schemaVersion": 1, "instances": [{"locations": [{"checks": [{}]}]}]}', "checks[0].severity is missing"),
    ],
)
def test_a_wrong_file_of_known_gaps_is_an_error(write: Write, content: str, told: str) -> None:
    path = write(content, "k.json")
    with pytest.raises(NoAuditError) as caught:
        load_known_gaps(path)
    assert told in str(caught.value)
    assert path in str(caught.value)


def test_a_known_gap_is_compared_by_its_place() -> None:
    assert KnownGap("/I/", "West Europe", "sql", Verdict.MISSING).place == ("/i", "westeurope", "sql")
