"""What the scope means: subscriptions, resource group, names, and which failures stop the audit."""

from dataclasses import replace
from typing import Any

import pytest

from apim_audit.collect import Request, collect
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import workspace_gateway
from apim_audit.demo.endpoint import Fault
from apim_audit.errors import NoAuditError, UsageError

SERVICES = "Microsoft.ApiManagement/service"


def names(snapshot: Any) -> list[str]:
    return [document.body["name"] for document in snapshot.documents]


@pytest.fixture
def groups(estates: Any) -> ServedEstate:
    """Two instances in group rg-a, one in rg-b, networks in a third."""
    services = [estates.service(index, group=group) for index, group in enumerate(("rg-a", "rg-a", "rg-b"))]
    return ServedEstate((*services, *estates.networks(3)))


@pytest.fixture
def pair(estates: Any) -> ServedEstate:
    """One instance in each of two subscriptions."""
    return ServedEstate((*estates.plain(1).documents, *estates.plain(1, estates.two).documents))


def test_a_resource_group_narrows_the_instances_but_not_their_networks(read: Any, groups: ServedEstate) -> None:
    snapshot, _ = read(groups, resource_group="RG-A", service_tags=False)
    assert sorted(names(snapshot)) == ["apim-0", "apim-1", "nsg-0", "nsg-1", "rt-0", "rt-1", "vnet-apis"]
    assert snapshot.scope.resource_group == "RG-A"


def test_a_resource_group_that_is_not_there_stops_the_audit(read: Any, groups: ServedEstate) -> None:
    with pytest.raises(NoAuditError, match="resource group 'rg-zzz' was not found"):
        read(groups, resource_group="rg-zzz")


@pytest.mark.parametrize("wrong", ["", "..", "a/b", "a?b", "{x}", "ends.", "x" * 91])
def test_resource_groups_that_cannot_exist_are_not_found(read: Any, groups: ServedEstate, wrong: str) -> None:
    with pytest.raises(NoAuditError, match="was not found"):
        read(groups, resource_group=wrong)


def test_a_resource_group_need_not_be_in_every_subscription(read: Any, pair: ServedEstate, estates: Any) -> None:
    elsewhere = estates.service(5, estates.two, group="rg-only-there")
    estate = replace(pair, documents=(*pair.documents, elsewhere))
    snapshot, _ = read(estate, resource_group="rg-only-there", service_tags=False)
    assert [name for name in names(snapshot) if name.startswith("apim")] == ["apim-5"]
    assert not [entry for entry in snapshot.incomplete if "ApiManagement" in entry.id]


def test_a_resource_group_can_hold_a_gateway_alone(read: Any, estates: Any) -> None:
    gateway = workspace_gateway(estates.place(group="rg-gates"), "gate", estates.subnet_id(0))
    snapshot, _ = read(ServedEstate((gateway, *estates.networks(1))), resource_group="rg-gates", service_tags=False)
    assert "gate" in names(snapshot)


def test_names_narrow_without_regard_to_case(read: Any, groups: ServedEstate) -> None:
    snapshot, _ = read(groups, names=("APIM-2",), service_tags=False)
    assert sorted(names(snapshot)) == ["apim-2", "nsg-2", "rt-2", "vnet-apis"]
    assert snapshot.scope.names == ("APIM-2",)


def test_a_name_that_is_not_there_stops_the_audit(read: Any, groups: ServedEstate) -> None:
    with pytest.raises(NoAuditError, match="'apim-9'") as caught:
        read(groups, names=("apim-1", "apim-9"))
    assert "apim-1" not in str(caught.value)


def test_a_name_outside_the_resource_group_is_not_there(read: Any, groups: ServedEstate) -> None:
    with pytest.raises(NoAuditError, match="apim-2"):
        read(groups, resource_group="rg-a", names=("apim-2",))


def test_subscriptions_are_read_once_however_they_are_written(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(estates.plain(1), subscriptions=(estates.one, estates.one.upper()))
    assert len(endpoint.arm_requests()) == 5
    assert names(snapshot).count("apim-0") == 1


def test_two_subscriptions_make_one_snapshot(read: Any, pair: ServedEstate) -> None:
    snapshot, _ = read(pair, service_tags=False)
    assert [document.body for document in snapshot.documents] == sorted(pair.documents, key=lambda each: each["id"])


def test_one_forbidden_subscription_of_two_is_a_gap(read: Any, pair: ServedEstate, estates: Any) -> None:
    path = estates.list_path(SERVICES, estates.two)
    snapshot, _ = read(pair, faults=[Fault.refusing(path, 403, "AuthorizationFailed")], service_tags=False)
    assert [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete] == [(path, "forbidden", True)]
    assert names(snapshot).count("apim-0") == 1


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, "AuthorizationFailed", "forbidden"),
        (404, "SubscriptionNotFound", "not-found"),
        (400, "InvalidSubscriptionId", "refused, InvalidSubscriptionId"),
        (401, "InvalidAuthenticationTokenTenant", "unauthenticated"),
        (501, "NotImplemented", "unavailable"),
    ],
)
def test_a_scope_that_cannot_be_read_stops_the_audit(
    read: Any, estates: Any, status: int, code: str, told: str
) -> None:
    fault = Fault.refusing(estates.list_path(SERVICES), status, code)
    with pytest.raises(NoAuditError, match=told) as caught:
        read(estates.plain(1), faults=[fault])
    assert estates.one in str(caught.value)
    assert caught.value.hint


def test_all_subscriptions_failing_stops_the_audit_and_names_them(read: Any, pair: ServedEstate, estates: Any) -> None:
    faults = [
        Fault.refusing(estates.list_path(SERVICES, estates.one), 403, "AuthorizationFailed"),
        Fault.refusing(estates.list_path(SERVICES, estates.two), 404, "SubscriptionNotFound"),
    ]
    with pytest.raises(NoAuditError, match=r"forbidden.*not-found") as caught:
        read(pair, faults=faults)
    assert estates.two in str(caught.value)


@pytest.mark.parametrize("wrong", ["", "..", "a/b", "{x}", "not a guid", "é", "a?b=c#d", "\x1b[2J"])
def test_subscription_ids_that_make_no_sense_stop_the_audit(read: Any, estates: Any, wrong: str) -> None:
    with pytest.raises(NoAuditError):
        read(estates.plain(1), subscriptions=(wrong,))


def test_an_endpoint_that_is_no_arm_stops_the_audit(read: Any, estates: Any) -> None:
    fault = Fault(estates.list_path(SERVICES), 200, b"<html>hello</html>", (("Content-Type", "text/html"),))
    with pytest.raises(NoAuditError, match="no JSON object"):
        read(estates.plain(1), faults=[fault])


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1",
        "management.azure.com",
        "https://",
        "https://user:PLANTED@host",
        "https://host?key=PLANTED",
        "https://host:port",
        "https://[x",
    ],
)
def test_endpoints_must_be_plain_https(endpoint: str) -> None:
    with pytest.raises(UsageError) as caught:
        collect(Request(("x",), arm_endpoint=endpoint), "")
    assert "PLANTED" not in str(caught.value) + caught.value.hint


def test_clouds_must_be_known() -> None:
    with pytest.raises(UsageError, match="AzureMoonCloud"):
        collect(Request(("x",), cloud="AzureMoonCloud"), "")
