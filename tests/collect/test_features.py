"""What makes optional rows required: read only where it is asked for, kept without secrets, judged alike offline."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit import run
from apim_audit.collect.permissions import READS
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.requirements import Level
from apim_audit.core.judging.judge import Options
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import Site
from apim_audit.demo.endpoint import Fault
from apim_audit.demo.parts import Parts, part
from apim_audit.report import RENDERERS
from apim_audit.snapshot import Document, Snapshot, load_files, save

LISTS = 9  # one request each, whatever there is
SECRET = "PLANTED-9c1d-SECRET"  # noqa: S105  (a decoy)
LIMIT = f'<policies><inbound><rate-limit calls="9" renewal-period="60" /><x>{SECRET}</x></inbound></policies>'
CACHING = '<policies><inbound><cache-lookup vary-by-developer="false" /></inbound></policies>'
INTERNAL = '<policies><inbound><cache-lookup caching-type="internal" /></inbound></policies>'
FEATURES = Options("2021-12", features=True)

Case = tuple[str, Document, str, str]
ROWS: list[Case] = [
    ("loggers/audit", {"loggerType": "azureEventHub"}, "event-hub", "Event Hub logger `audit`"),
    ("loggers/ai", {"loggerType": "applicationInsights"}, "monitor", "Application Insights logger `ai`"),
    ("diagnostics/azuremonitor", {"loggerId": "/loggers/azuremonitor"}, "monitor", "diagnostic `azuremonitor`"),
    ("caches/redis", {"useFromLocation": "default"}, "cache-external-outbound", "external cache `redis`"),
    ("caches/redis", {"useFromLocation": "West Europe"}, "cache-external-inbound", "external cache `redis`"),
    ("identityProviders/aad", {"type": "aad"}, "entra-id", "identity provider `aad`"),
    ("identityProviders/aadB2C", {"type": "aadB2C"}, "entra-id", "identity provider `aadB2C`"),
    ("namedValues/key", {"keyVault": {"secretIdentifier": "x"}}, "entra-id", "named value `key` in a Key Vault"),
    ("certificates/tls", {"keyVault": {"secretIdentifier": "x"}}, "entra-id", "certificate `tls` in a Key Vault"),
    ("authorizationProviders/github", {}, "connectors", "credential provider `github`"),
    ("policies/policy", {"value": CACHING}, "cache-internal-inbound", "caching in the global policy"),
    ("policies/policy", {"value": INTERNAL}, "cache-internal-outbound", "caching in the global policy"),
    ("policies/policy", {"value": LIMIT}, "rate-limit-inbound", "`rate-limit` in the global policy with 2 units"),
]
USELESS: list[tuple[str, Document]] = [
    ("loggers/azuremonitor", {"loggerType": "azureMonitor"}),
    ("caches/redis", {"useFromLocation": "North Europe"}),
    ("identityProviders/google", {"type": "google"}),
    ("namedValues/plain", {"value": SECRET, "secret": False}),
    ("certificates/tls", {"subject": "CN=x", "keyVault": None}),
    ("policies/policy", {"value": "<policies><!-- <rate-limit calls='1' /> --><rate-limiter/></policies>"}),
    ("policyFragments/unused", {"value": LIMIT}),
    ("products/gold", {"displayName": "Gold"}),
]


def with_parts(estates: Any, *parts: tuple[str, Document], units: int = 2, **options: Any) -> ServedEstate:
    estate: ServedEstate = estates.plain(1, **options)
    service, *others = estate.documents
    service = {**service, "sku": {**service["sku"], "capacity": units}}
    found = tuple(part(service["id"], path, **properties) for path, properties in parts)
    return replace(estate, documents=(service, *others), parts=Parts(found))


def raised(report: Report) -> dict[str, str | None]:
    return {check.id: check.raised_by for check in report.checks() if check.raised_by is not None}


def check_of(report: Report, requirement: str) -> Check | None:
    return next((check for check in report.checks() if check.id == requirement), None)


def told(snapshot: Snapshot) -> list[tuple[str, str, bool]]:
    return [(entry.id.rpartition("/")[2], entry.reason, entry.needed) for entry in snapshot.incomplete]


def test_where_they_are_not_asked_for_nothing_is_read_nor_raised(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(with_parts(estates, ("loggers/audit", {"loggerType": "azureEventHub"})))
    assert not [request for request in endpoint.requests if "/service/" in request.path]
    assert raised(run.audit(snapshot)) == {}


@pytest.mark.parametrize("case", ROWS, ids=lambda case: f"{case[0]} {case[2]}")
@pytest.mark.parametrize("baseline", ["2021-12", "2026-04"])
def test_a_feature_raises_its_rows_whatever_the_baseline(read: Any, estates: Any, case: Case, baseline: str) -> None:
    path, properties, row, reason = case
    snapshot, _ = read(with_parts(estates, (path, properties)), features=True)
    assert snapshot.incomplete == ()
    report = run.audit(snapshot, Options(baseline, features=True))
    check = check_of(report, row)
    assert check is not None
    assert check.level is Level.REQUIRED
    if baseline == "2021-12" or row != "monitor":  # which the newer one requires of everybody
        assert check.raised_by == reason
    assert {name.removesuffix("-inbound").removesuffix("-outbound") for name in raised(report)} <= {
        row.removesuffix("-inbound").removesuffix("-outbound")
    }


def test_a_row_that_only_another_baseline_has_on_this_platform_is_raised(read: Any, estates: Any) -> None:
    sites = (Site("West Europe", estates.subnet_id(0), "stv1"),)
    estate = with_parts(estates, ("namedValues/key", {"keyVault": {}}), sites=sites)
    snapshot, _ = read(estate, features=True)
    reason = "named value `key` in a Key Vault"
    for baseline in ("2021-12", "2026-04"):
        report = run.audit(snapshot, Options(baseline, features=True))
        assert raised(report) == {"key-vault": reason, "entra-id": reason}


@pytest.mark.parametrize(("path", "properties"), USELESS)
def test_what_shows_no_feature_raises_nothing(read: Any, estates: Any, path: str, properties: Document) -> None:
    snapshot, _ = read(with_parts(estates, (path, properties)), features=True)
    assert snapshot.incomplete == ()
    assert raised(run.audit(snapshot, FEATURES)) == {}


def test_one_unit_needs_no_counters_of_others(read: Any, estates: Any) -> None:
    snapshot, _ = read(with_parts(estates, ("policies/policy", {"value": LIMIT}), units=1), features=True)
    assert raised(run.audit(snapshot, FEATURES)) == {}


def test_an_external_cache_takes_the_place_of_the_internal_one(read: Any, estates: Any) -> None:
    parts = (("policies/policy", {"value": CACHING}), ("caches/redis", {"useFromLocation": "default"}))
    snapshot, _ = read(with_parts(estates, *parts), features=True)
    assert set(raised(run.audit(snapshot, FEATURES))) == {"cache-external-inbound", "cache-external-outbound"}


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ((("products/p", {}), ("products/p/policies/policy", {"value": LIMIT})), "the policy of product `p`"),
        ((("apis/a", {}), ("apis/a/policies/policy", {"value": LIMIT})), "the policy of API `a`"),
        (
            (
                ("apis/a", {}),
                ("apis/a/operations/get", {}),
                ("apis/a/operations/get/policies/policy", {"value": LIMIT}),
            ),
            "the policy of operation `get` of API `a`",
        ),
        (
            (
                ("policies/policy", {"value": '<policies><include-fragment fragment-id="outer" /></policies>'}),
                ("policyFragments/Outer", {"value": '<fragment><include-fragment fragment-id="inner"/></fragment>'}),
                ("policyFragments/inner", {"value": LIMIT}),
            ),
            "policy fragment `inner`",
        ),
    ],
)
def test_policies_are_found_at_every_scope(read: Any, estates: Any, parts: Any, where: str) -> None:
    snapshot, _ = read(with_parts(estates, *parts), features=True, page_size=1)
    assert raised(run.audit(snapshot, FEATURES))["rate-limit-inbound"] == f"`rate-limit` in {where} with 2 units"


def test_several_locations_raise_what_probes_them_and_nothing_is_asked_for_it(read: Any, estates: Any) -> None:
    sites = (Site("West Europe", estates.subnet_id(0)), Site("North Europe", estates.subnet_id(0)))
    snapshot, _ = read(with_parts(estates, sites=sites, sku="Premium"), features=True)
    report = run.audit(snapshot, FEATURES)
    assert raised(report) == {"traffic-manager": "2 locations"}
    assert all(check.level is Level.REQUIRED for check in report.checks() if check.id == "traffic-manager")


def test_limits_count_only_where_a_location_has_several_units(read: Any, estates: Any) -> None:
    sites = (Site("West Europe", estates.subnet_id(0)), Site("North Europe", estates.subnet_id(0)))
    estate = with_parts(estates, ("policies/policy", {"value": LIMIT}), sites=sites, sku="Premium")
    snapshot, _ = read(estate, features=True)
    west, north = run.audit(snapshot, FEATURES).locations()
    assert "rate-limit-inbound" in {check.id for check in west.checks}
    assert "rate-limit-inbound" not in {check.id for check in north.checks}


def test_a_custom_domain_with_its_certificate_in_a_key_vault_counts(read: Any, estates: Any) -> None:
    estate = with_parts(estates)
    service, *others = estate.documents
    host = {"hostName": "api.contoso.example", "certificateSource": "KeyVault"}
    service = {**service, "properties": {**service["properties"], "hostnameConfigurations": [host]}}
    snapshot, _ = read(replace(estate, documents=(service, *others)), features=True)
    reason = "the Key Vault certificate of custom domain `api.contoso.example`"
    assert raised(run.audit(snapshot, FEATURES)) == {"entra-id": reason}


def test_instances_without_a_subnet_are_not_asked(read: Any, estates: Any) -> None:
    estate = ServedEstate(estates.instances(2, sites=(Site("West Europe"),)))
    _, endpoint = read(estate, features=True, service_tags=False)
    assert not [request for request in endpoint.requests if "/service/" in request.path]


@pytest.mark.parametrize(
    "name",
    sorted({read.kind.type.rpartition("/")[2] for read in READS if read.option == "--features"} - {"operations"}),
)
def test_a_list_that_must_not_be_read_leaves_it_open_what_is_required(read: Any, estates: Any, name: str) -> None:
    estate = with_parts(estates, ("loggers/audit", {"loggerType": "azureEventHub"}))
    path = f"{estate.documents[0]['id']}/{name}"
    fault = Fault.refusing(path, 403, "AuthorizationFailed")
    snapshot, _ = read(estate, features=True, faults=[fault])
    ((_, reason, needed),) = told(snapshot)
    assert (reason, needed) == ("forbidden", True)
    assert f"Microsoft.ApiManagement/service/{name}/read" in snapshot.incomplete[0].message
    report = run.audit(snapshot, FEATURES)
    assert run.exit_status(report, run.FailOn.NEVER, allow_unknown=True, allow_incomplete=False) == run.UNDECIDED
    assert not any(entry.needed for entry in run.audit(snapshot).incomplete)  # nobody asked


def test_a_page_that_fails_keeps_what_came_before(read: Any, estates: Any) -> None:
    loggers = [(f"loggers/l{each}", {"loggerType": "azureEventHub"}) for each in range(2)]
    estate = with_parts(estates, *loggers)
    fault = replace(Fault.refusing(f"{estate.documents[0]['id']}/loggers", 403, "AuthorizationFailed"), after=1)
    snapshot, _ = read(estate, features=True, faults=[fault], page_size=1)
    assert told(snapshot) == [("loggers", "forbidden", True)]
    assert raised(run.audit(snapshot, FEATURES)) == {"event-hub": "Event Hub logger `l0`"}


def test_workspaces_are_said_not_to_be_looked_into(read: Any, estates: Any) -> None:
    snapshot, _ = read(with_parts(estates, ("workspaces/team", {})), features=True)
    ((entry),) = run.audit(snapshot, FEATURES).incomplete
    assert (entry.reason, entry.needed) == ("truncated", True)
    assert "has workspaces" in entry.message


def test_a_tier_that_has_no_workspaces_has_none(read: Any, estates: Any) -> None:
    estate = with_parts(estates)
    fault = Fault.refusing(f"{estate.documents[0]['id']}/workspaces", 400, "MethodNotAllowedInPricingTier")
    snapshot, _ = read(estate, features=True, faults=[fault])
    assert run.audit(snapshot, FEATURES).incomplete == ()


def test_the_policies_of_one_instance_are_bounded(read: Any, estates: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apim_audit.collect.policies.MOST_REQUESTS", 5)
    apis: list[tuple[str, Document]] = [(f"apis/a{each}", {}) for each in range(9)]
    snapshot, endpoint = read(with_parts(estates, *apis), features=True)
    assert told(snapshot) == [("policies", "truncated", True)]
    assert len([request for request in endpoint.requests if "/service/" in request.path]) == LISTS + 5


def test_nothing_more_is_read_once_all_is_known(read: Any, estates: Any) -> None:
    both = LIMIT.replace("<inbound>", '<inbound><cache-lookup caching-type="internal"/>')
    parts: Any = (("policies/policy", {"value": both}), ("apis/a", {}), ("apis/a/policies/policy", {"value": LIMIT}))
    _, endpoint = read(with_parts(estates, *parts), features=True)
    assert len([request for request in endpoint.requests if "/service/" in request.path]) == LISTS + 1


SECRETS: list[tuple[str, Document]] = [
    ("namedValues/plain", {"displayName": "plain", "value": SECRET, "secret": False, "tags": [SECRET]}),
    ("namedValues/kv", {"keyVault": {"secretIdentifier": f"https://v.vault.azure.net/secrets/{SECRET}"}}),
    ("loggers/audit", {"loggerType": "azureEventHub", "credentials": {"connectionString": SECRET}}),
    ("caches/redis", {"useFromLocation": "default", "connectionString": f"redis:10000,password={SECRET}"}),
    ("identityProviders/aad", {"type": "aad", "clientSecret": SECRET, "clientId": SECRET}),
    ("certificates/tls", {"keyVault": {"secretIdentifier": SECRET}, "data": SECRET}),
    ("authorizationProviders/gh", {"oauth2": {"grantTypes": {"authorizationCode": {"clientSecret": SECRET}}}}),
    ("policies/policy", {"value": LIMIT.replace("rate-limit ", f'rate-limit-by-key counter-key="{SECRET}" ')}),
    ("policyFragments/f", {"value": f"<fragment><quota/>{SECRET}</fragment>", "description": SECRET}),
    ("diagnostics/d", {"loggerId": "/loggers/audit", "frontend": {"request": {"headers": [SECRET]}}}),
    ("workspaces/w", {"description": SECRET}),
]


def test_no_secret_is_kept_logged_or_told(
    read: Any, estates: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    snapshot, _ = read(
        with_parts(estates, *SECRETS), features=True, observed=True, manners={"token": f"{SECRET}-token"}
    )
    save(snapshot, str(tmp_path / "snapshot.json"))
    report = run.audit(snapshot, replace(FEATURES, observed=True))
    assert len(raised(report)) >= 5
    written = [(tmp_path / "snapshot.json").read_text(encoding="utf-8"), caplog.text, repr(snapshot), repr(report)]
    written += [render(report) for render in RENDERERS.values()]
    assert not [text for text in written if SECRET in text]


def test_a_snapshot_is_judged_alike_and_documents_of_arm_as_well(read: Any, estates: Any, tmp_path: Path) -> None:
    snapshot, _ = read(with_parts(estates, *SECRETS), features=True)
    save(snapshot, str(tmp_path / "snapshot.json"))
    stored = load_files([str(tmp_path / "snapshot.json")], None)  # type: ignore[arg-type]  # standard input is not read
    assert RENDERERS["json"](run.audit(stored, FEATURES)) == RENDERERS["json"](run.audit(snapshot, FEATURES))


def test_documents_as_arm_answers_them_count_and_what_is_missing_is_told(estates: Any, tmp_path: Path) -> None:
    estate = with_parts(estates, ("loggers/audit", {"loggerType": "azureEventHub"}))
    files = [str(tmp_path / "estate.json"), str(tmp_path / "loggers.json")]
    Path(files[0]).write_text(json.dumps(estate.documents), encoding="utf-8")
    Path(files[1]).write_text(json.dumps({"value": estate.parts.documents}), encoding="utf-8")
    report = run.audit(load_files(files, None), FEATURES)  # type: ignore[arg-type]
    assert raised(report) == {"event-hub": "Event Hub logger `audit`"}
    (entry,) = report.incomplete
    assert (entry.reason, entry.needed) == ("not-found", True)
    assert "diagnostic, cache, identity provider" in entry.message
    assert "logger," not in entry.message


def test_a_part_that_cannot_be_understood_is_told(read: Any, estates: Any) -> None:
    snapshot, _ = read(with_parts(estates, ("policies/policy", {"value": 7}), ("loggers/l", {})), features=True)
    report = run.audit(snapshot, FEATURES)
    assert [(entry.reason, entry.needed) for entry in report.incomplete] == [("invalid", True)] * 2
    assert any("loggerType is missing" in entry.message for entry in report.incomplete)
