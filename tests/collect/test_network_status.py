"""What services observe is set beside the verdicts, and changes none of them."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit import run
from apim_audit.core.facts.findings import Standing
from apim_audit.core.facts.reports import LocationReport, Report
from apim_audit.core.judging.judge import Options
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import Site
from apim_audit.demo.endpoint import Fault
from apim_audit.demo.parts import Parts, connectivity, observed_at
from apim_audit.report import RENDERERS
from apim_audit.snapshot import Document, Snapshot, load_files, save

FRESH = "2026-11-22T03:31:00.0000000Z"  # three hours before the snapshots of these tests are taken, to the second
OLD = "2026-11-22T03:30:59.9999999Z"
OBSERVED = Options("2021-12", observed=True)


def with_status(estates: Any, *locations: Document, **options: Any) -> ServedEstate:
    estate: ServedEstate = estates.plain(1, **options)
    return replace(estate, parts=Parts(network_status={estate.documents[0]["id"]: locations}))


def one(report: Report) -> LocationReport:
    return next(iter(report.locations()))


def standings(report: Report) -> list[tuple[Standing, tuple[str, ...]]]:
    return [(each.standing, each.requirements) for each in one(report).observed]


def test_where_it_is_not_asked_for_nothing_is_read_nor_told(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(with_status(estates, observed_at("West Europe")))
    assert not [request for request in endpoint.requests if request.path.endswith("networkstatus")]
    assert one(run.audit(snapshot)).observed == ()


# Nothing of the estate's NSG but the management port is allowed explicitly; outbound all is open by default.
@pytest.mark.parametrize(
    ("kind", "status", "updated", "standing", "requirements"),
    [
        ("SQLDatabase", "success", FRESH, Standing.AGREES, ("sql",)),
        ("sqldatabase", "Failure", FRESH, Standing.DISAGREES, ("sql",)),
        ("SQLDatabase", "failure", OLD, Standing.STALE, ("sql",)),
        ("SQLDatabase", "failure", "yesterday", Standing.STALE, ("sql",)),
        ("SQLDatabase", "initializing", FRESH, Standing.UNRELATED, ("sql",)),
        ("BlobStorage", "failure", FRESH, Standing.DISAGREES, ("storage",)),
        ("FileStorage", "failure", FRESH, Standing.UNRELATED, ()),
        ("ApiManagement Control Plane - inbound", "failure", FRESH, Standing.DISAGREES, ("management",)),
        ("Metrics", "failure", FRESH, Standing.DISAGREES, ("monitor",)),
        ("SourceControl", "failure", FRESH, Standing.UNRELATED, ()),
        ("AzureActiveDirectory", "failure", FRESH, Standing.UNRELATED, ()),  # not a row of this baseline
    ],
)
def test_a_reading_stands_beside_the_verdicts_that_are_about_it(  # noqa: PLR0913, PLR0917  (a table of cases)
    read: Any, estates: Any, kind: str, status: str, updated: str, standing: Standing, requirements: tuple[str, ...]
) -> None:
    status_there = observed_at("west europe", connectivity("host", kind, status, updated))
    snapshot, _ = read(with_status(estates, status_there), observed=True)
    report = run.audit(snapshot, OBSERVED)
    assert standings(report) == [(standing, requirements)]
    assert one(report).observed[0].observed_at == updated


def test_what_is_reached_although_the_rules_forbid_it_disagrees_too(read: Any, estates: Any) -> None:
    reading = connectivity("host", "InternalCache", "success", FRESH)
    estate = with_status(estates, observed_at("West Europe", reading))
    documents = tuple(
        {**each, "properties": {**each["properties"], "securityRules": []}}
        if "securityRules" in each["properties"]
        else each
        for each in estate.documents
    )
    sql = connectivity("control plane", "ApiManagement Control Plane - inbound", "success", FRESH)
    estate = with_status(estates, observed_at("West Europe", sql))
    snapshot, _ = read(replace(estate, documents=documents), observed=True)
    report = run.audit(snapshot, OBSERVED)
    assert standings(report) == [(Standing.DISAGREES, ("management",))]
    assert "is reached although the rules do not let it through (missing)" in one(report).observed[0].message


def test_it_changes_neither_verdicts_nor_the_exit_status_and_is_noted(read: Any, estates: Any) -> None:
    failing = [connectivity(f"h{kind}", kind, "failure", FRESH) for kind in ("SQLDatabase", "BlobStorage")]
    snapshot, _ = read(with_status(estates, observed_at("West Europe", *failing)), observed=True)
    with_it, without = run.audit(snapshot, OBSERVED), run.audit(snapshot)
    assert [*with_it.checks()] == [*without.checks()]
    status = {
        run.exit_status(each, run.FailOn.NEVER, allow_unknown=False, allow_incomplete=False)
        for each in (with_it, without)
    }
    assert status == {run.OK}
    note = "apim-0 / West Europe: what the service observes disagrees with sql, storage"
    assert set(with_it.notes) - set(without.notes) == {note}


def test_what_azure_calls_optional_is_said_to_be_and_noted_only_where_it_is_required(read: Any, estates: Any) -> None:
    failing = connectivity("metrics", "Metrics", "failure", FRESH, optional=True)
    snapshot, _ = read(with_status(estates, observed_at("West Europe", failing)), observed=True)
    report = run.audit(snapshot, OBSERVED)
    assert one(report).observed[0].message.endswith("; Azure counts it as optional")
    assert not [note for note in report.notes if "disagrees" in note]
    assert [note for note in run.audit(snapshot, replace(OBSERVED, baseline="2026-04")).notes if "disagrees" in note]


def test_each_location_has_its_own_and_one_request_brings_them_all(read: Any, estates: Any) -> None:
    sites = (Site("West Europe", estates.subnet_id(0)), Site("North Europe", estates.subnet_id(0)))
    readings = [
        observed_at(place, connectivity(place, "SQLDatabase", "success", FRESH))
        for place in ("North Europe", "West Europe")
    ]
    snapshot, endpoint = read(with_status(estates, *readings, sites=sites), observed=True)
    west, north = run.audit(snapshot, OBSERVED).locations()
    assert [each.name for each in (*west.observed, *north.observed)] == ["West Europe", "North Europe"]
    assert Counter(request.path.rpartition("/")[2] for request in endpoint.requests)["networkstatus"] == 1


@pytest.mark.parametrize("body", [b"{}", b'{"value": []}', b"null", b"[", b'"text"'])
def test_an_answer_of_another_shape_is_told_and_harms_nothing(read: Any, estates: Any, body: bytes) -> None:
    estate = with_status(estates)
    fault = Fault(f"{estate.documents[0]['id']}/networkstatus", 200, body)
    snapshot, _ = read(estate, observed=True, faults=[fault])
    assert [(entry.reason, entry.needed) for entry in snapshot.incomplete] == [("invalid", False)]
    assert run.audit(snapshot, OBSERVED).incomplete == snapshot.incomplete


def test_a_refusal_names_the_permission_and_harms_nothing(read: Any, estates: Any) -> None:
    estate = with_status(estates)
    fault = Fault.refusing(f"{estate.documents[0]['id']}/networkstatus", 403, "AuthorizationFailed")
    snapshot, _ = read(estate, observed=True, faults=[fault])
    ((entry),) = snapshot.incomplete
    assert (entry.reason, entry.needed) == ("forbidden", False)
    assert "Microsoft.ApiManagement/service/networkstatus/read" in entry.message


def test_a_snapshot_is_judged_alike_and_one_without_says_so(read: Any, estates: Any, tmp_path: Path) -> None:
    reading = connectivity("host", "SQLDatabase", "failure", OLD)
    estate = with_status(estates, observed_at("West Europe", reading))
    snapshot, _ = read(estate, observed=True)
    save(snapshot, str(tmp_path / "snapshot.json"))
    stored = load_files([str(tmp_path / "snapshot.json")], None)  # type: ignore[arg-type]  # standard input is not read
    assert RENDERERS["json"](run.audit(stored, OBSERVED)) == RENDERERS["json"](run.audit(snapshot, OBSERVED))
    ((entry),) = run.audit(read(estate)[0], OBSERVED).incomplete
    assert (entry.reason, entry.needed) == ("not-found", False)


def test_documents_that_do_not_tell_their_time_are_compared_as_they_are(read: Any, estates: Any) -> None:
    reading = connectivity("host", "SQLDatabase", "failure", OLD)
    snapshot, _ = read(with_status(estates, observed_at("West Europe", reading)), observed=True)
    timeless: Snapshot = replace(snapshot, taken_at=None)
    assert standings(run.audit(timeless, OBSERVED)) == [(Standing.DISAGREES, ("sql",))]


def test_what_is_wrong_in_a_status_is_told_by_field(read: Any, estates: Any) -> None:
    snapshot, _ = read(with_status(estates, observed_at("West Europe", {"name": "host", "status": 7})), observed=True)
    ((entry),) = run.audit(snapshot, OBSERVED).incomplete
    assert (entry.reason, entry.needed) == ("invalid", False)
    assert "value[0].networkStatus.connectivityStatus[0].status 7 is not a text" in entry.message


def test_the_table_tells_disagreements_in_full_and_the_rest_in_short(read: Any, estates: Any) -> None:
    readings = [
        connectivity("a", "SQLDatabase", "failure", FRESH),
        connectivity("b", "BlobStorage", "success", FRESH),
        connectivity("c\x1b[2J", "AzureKeyVault", "failure", OLD),
        connectivity("d", "SourceControl", "failure", FRESH),
    ]
    snapshot, _ = read(with_status(estates, observed_at("West Europe", *readings)), observed=True)
    table = " ".join(RENDERERS["table"](run.audit(snapshot, OBSERVED)).split())
    counts = "1 as the rules say, 1 against what the rules say, 1 too old to count, 1 that no verdict is about"
    assert f"observed: {counts}" in table
    assert (
        "observed: sql: `a` is not reached although the rules let it through (default-only): suspect a route" in table
    )
    assert "observed too long ago: c" in table
    assert "\x1b" not in table
