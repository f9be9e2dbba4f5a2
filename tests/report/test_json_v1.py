import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apim_audit import __version__
from apim_audit.core.facts.findings import HygieneKind, Severity
from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.requirements import Level, NetworkModel
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.core.judging.near_misses import Field
from apim_audit.report import RENDERERS
from apim_audit.report.json_v1 import to_json
from tests.report.samples import (
    BLOCKED,
    EITHER,
    FULL,
    LATE,
    UNATTACHED,
    UNKNOWN,
    instance,
    location,
    report,
    with_witness,
)
from tests.report.strict_schema import SCHEMA, STRICT

VALIDATOR = Draft202012Validator(STRICT)


def rendered(found: Report) -> Any:
    return json.loads(RENDERERS["json"](found))


def first_check(found: Report) -> Any:
    return rendered(found)["instances"][0]["locations"][0]["checks"][0]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("found", [FULL, report(), report(instance(location()))])
def test_every_report_fits_the_schema(found: Report) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(rendered(found))] == []


def objects(schema: Any) -> Iterator[Any]:
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for member in schema.values():
            yield from objects(member)


def test_a_reader_with_the_schema_passes_over_fields_of_a_later_version() -> None:
    later = rendered(FULL) | {"later": True}
    assert Draft202012Validator(SCHEMA).is_valid(later)
    assert not VALIDATOR.is_valid(later)


def test_the_strict_schema_closes_every_object() -> None:
    assert all(schema["additionalProperties"] is False for schema in objects(STRICT))


def test_the_schema_has_the_words_that_the_program_has() -> None:
    assert SCHEMA["$defs"]["verdict"]["enum"] == [*Verdict]
    assert SCHEMA["$defs"]["severity"]["enum"] == [*Severity]
    assert set(SCHEMA["$defs"]["check"]["properties"]["level"]["enum"]) == {*Level}
    assert SCHEMA["$defs"]["nearMiss"]["properties"]["field"]["enum"] == [*Field]
    assert SCHEMA["$defs"]["hygiene"]["properties"]["kind"]["enum"] == [*HygieneKind]
    assert SCHEMA["$defs"]["location"]["properties"]["networkModel"]["enum"] == [*NetworkModel, None]


def test_a_location_without_a_network_model_must_say_why() -> None:
    body = rendered(FULL)
    del body["instances"][1]["locations"][0]["reason"]
    assert not VALIDATOR.is_valid(body)


def test_the_head_of_the_report() -> None:
    body = rendered(replace(FULL, instances=(), incomplete=(), comparison=None))
    del body["summary"]
    assert body == {
        "schemaVersion": 1,
        "tool": {"name": "apim-audit", "version": __version__},
        "baseline": "2021-12",
        "takenAt": "2026-11-22T06:31:00Z",
        "scope": {
            "subscriptions": ["00000000-0000-0000-0000-000000000001"],
            "resourceGroup": None,
            "names": [],
        },
        "serviceTags": {"source": "file", "cloud": "Public", "changeNumber": "375"},
        "assumptions": ["Admin rules were not asked for."],
        "notes": ["2 rules name a tag without data."],
        "instances": [],
        "incomplete": [],
        "comparison": None,
    }


def test_a_blocked_check() -> None:
    assert first_check(report(instance(location(BLOCKED)))) == {
        "requirement": "management",
        "level": "required",
        "verdict": "blocked",
        "severity": "error",
        "direction": "Inbound",
        "protocol": "Tcp",
        "ports": ["3443"],
        "peer": ["ApiManagement"],
        "decidedBy": [{"name": "DenyEverything", "priority": 200, "access": "Deny", "default": False}],
        "shadowed": [{"name": "AllowManagement", "priority": 300}],
        "witness": {
            "protocol": "Tcp",
            "source": "13.64.39.16",
            "sourcePort": 1024,
            "destination": "10.0.1.4",
            "destinationPort": 3443,
            "decidedBy": "DenyEverything",
        },
        "orElse": [],
        "nearMisses": [{"name": LATE.name, "priority": 300, "field": "priority", "message": LATE.message}],
        "message": BLOCKED.message,
        "reason": None,
        "waiver": None,
    }


def test_a_check_that_is_not_about_a_flow_has_null_in_its_fields() -> None:
    found = first_check(report(instance(location(UNATTACHED))))
    assert [found[field] for field in ("direction", "protocol", "ports", "peer", "witness")] == [None] * 5


def test_other_possible_verdicts_carry_their_condition() -> None:
    found = first_check(report(instance(location(EITHER))))
    condition = "if the route 0.0.0.0/0 widens VirtualNetwork"
    assert found["orElse"] == [{"verdict": "default-only", "condition": condition}]


def test_a_doubt_names_its_reason_and_what_its_witness_assumes() -> None:
    unknown = with_witness(UNKNOWN, assuming=("Sql.WestEurope holds 1.2.3.4",))
    found = first_check(report(instance(location(unknown))))
    assert found["reason"] == "without service tag data it is not known what Sql.WestEurope is"
    assert found["witness"]["assuming"] == ["Sql.WestEurope holds 1.2.3.4"]


def test_a_location_names_its_baseline_only_where_it_is_another() -> None:
    [first, second] = rendered(FULL)["instances"][0]["locations"]
    assert "baseline" not in first
    assert second["baseline"] == "2026-04"


def test_untidy_rules_stand_at_their_location_only_where_there_are_some() -> None:
    [first, second] = rendered(FULL)["instances"][0]["locations"]
    assert "hygiene" not in second
    assert first["hygiene"] == [
        {
            "kind": "shadowed",
            "name": "AllowOld",
            "priority": 400,
            "direction": "Inbound",
            "requirement": None,
            "message": "`AllowOld` never decides anything",
        },
        {
            "kind": "too-wide",
            "name": "AllowAll",
            "priority": 100,
            "direction": "Outbound",
            "requirement": "key-vault",
            "message": "TCP 443 to AzureKeyVault would do",
        },
    ]


def test_what_another_baseline_would_fail() -> None:
    found = rendered(FULL)["comparison"]
    assert found["baseline"] == "2026-04"
    assert found["newlyFailing"][1:] == [
        {
            "instanceId": FULL.instances[0].id,
            "location": "westeurope",
            "requirement": "certificates",
            "was": None,
            "becomes": "blocked",
            "severity": "error",
        },
        {
            "instanceId": FULL.instances[0].id,
            "location": "northeurope",
            "requirement": "dns",
            "was": "compliant",
            "becomes": "missing",
            "severity": "error",
        },
    ]


def test_the_summary_counts_what_occurs() -> None:
    assert to_json(FULL)["summary"] == {
        "instances": 2,
        "locations": 3,
        "checks": 8,
        "verdicts": {
            "compliant": 1,
            "default-only": 2,
            "missing": 2,
            "blocked": 1,
            "unknown": 1,
            "not-applicable": 1,
        },
        "severities": {"error": 3, "warning": 1, "undecided": 1, "none": 3},
    }


def test_hostile_text_is_escaped() -> None:
    found = RENDERERS["json"](report(instance(location(), name="x\x1b[31m\u202e\ud800日")))
    assert found.isascii()
    assert "\x1b" not in found
