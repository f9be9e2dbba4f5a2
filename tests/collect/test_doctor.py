"""Whether an audit can be made: named by action, without a change to anything, without a secret in what is told."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from apim_audit.collect import Request, diagnose
from apim_audit.collect.kinds import RESOURCE_GROUPS, SUBSCRIPTIONS
from apim_audit.collect.permissions import READS, permits, role
from apim_audit.core.facts.permissions import Diagnosis, ReadState
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve
from apim_audit.demo.parts import EVERYTHING, Parts, part
from apim_audit.demo.showing import isolated
from apim_audit.errors import NoAuditError
from apim_audit.report import render_diagnosis

ALL = [read.kind.action for read in READS]
LISTS = ["Microsoft.ApiManagement/service", "Microsoft.ApiManagement/gateways", "Microsoft.Network/virtualNetworks"]
LISTS += ["Microsoft.Network/networkSecurityGroups", "Microsoft.Network/routeTables"]
PERMISSIONS = "Microsoft.Authorization/permissions"
TOKEN = "PLANTED-51aa-TOKEN"  # noqa: S105  (a decoy)


def look(
    estate: ServedEstate, faults: Sequence[Fault] = (), subscriptions: tuple[str, ...] | None = None
) -> tuple[Diagnosis, ArmEndpoint]:
    with serve(estate, faults=faults, token=TOKEN) as endpoint:
        with isolated(endpoint.environment()):
            diagnosis = diagnose(Request(subscriptions or endpoint.subscription_ids, arm_endpoint=endpoint.url))
        assert endpoint.refused() == []
        assert {request.method for request in endpoint.requests} == {"GET"}
    return diagnosis, endpoint


def states(diagnosis: Diagnosis, subscription: int = 0) -> dict[str, ReadState]:
    return {read.action: read.state for read in diagnosis.subscriptions[subscription].reads}


def granted(estate: ServedEstate, *permissions: dict[str, Any]) -> ServedEstate:
    return replace(estate, parts=Parts(permissions=permissions))


def forbidden(path: str) -> Fault:
    return Fault.refusing(path, 403, "AuthorizationFailed")


def test_a_reader_may_read_everything(estates: Any) -> None:
    diagnosis, endpoint = look(estates.plain(1))
    assert diagnosis.fine
    assert diagnosis.credential == "ManagedIdentityCredential"
    assert diagnosis.endpoint == endpoint.url
    assert states(diagnosis) == dict.fromkeys(ALL, ReadState.PERMITTED)


def test_the_role_that_is_shipped_is_enough(estates: Any) -> None:
    actions = role(["x"])["Actions"]
    diagnosis, _ = look(granted(estates.plain(1), {"actions": actions, "notActions": []}))
    assert set(states(diagnosis).values()) == {ReadState.PERMITTED}


@pytest.mark.parametrize("action", ALL)
def test_each_action_that_is_missing_is_named(estates: Any, action: str) -> None:
    permissions = {"actions": ["*/read"], "notActions": [action.upper()]}
    faults = [forbidden(f"/subscriptions/{estates.one}/providers/{each}") for each in LISTS if action == f"{each}/read"]
    diagnosis, _ = look(granted(estates.plain(1), permissions), faults)
    assert {each for each, state in states(diagnosis).items() if state is not ReadState.PERMITTED} == {action}
    option = next(read.option for read in READS if read.kind.action == action)
    assert diagnosis.fine == (option is not None)
    table = render_diagnosis(diagnosis, "table")
    assert f"missing {action}" in " ".join(table.split())
    assert "Reader" in table


def test_what_is_refused_counts_more_than_what_is_granted(estates: Any) -> None:
    fault = forbidden(f"/subscriptions/{estates.one}/providers/{LISTS[3]}")
    diagnosis, _ = look(estates.plain(1), [fault])
    assert states(diagnosis)["Microsoft.Network/networkSecurityGroups/read"] is ReadState.MISSING


@pytest.mark.parametrize(
    ("permissions", "action", "expected"),
    [
        ([{"actions": ["*"]}], "A.B/c/read", True),
        ([{"actions": ["*/read"]}], "A.B/c/d/read", True),
        ([{"actions": ["A.B/*/read"]}], "a.b/c/d/READ", True),
        ([{"actions": ["A.B/c/read"]}], "A.B/c/d/read", False),
        ([{"actions": ["A.B/c/*"]}], "A.B/c/read", True),
        ([{"actions": ["A.B/c"]}], "A.B/c/read", False),
        ([{"actions": ["AxB/*"]}, {"actions": ["A.B/*/action"]}], "A.B/c/read", False),
        ([{"actions": ["*"], "notActions": ["A.B/*"]}], "A.B/c/read", False),
        ([{"actions": ["*"], "notActions": ["A.B/*"]}, {"actions": ["A.B/c/read"]}], "A.B/c/read", True),
        ([{"dataActions": ["*"]}], "A.B/c/read", False),
        ([{"actions": None}, {"actions": "*"}, {"actions": [7]}, "x"], "A.B/c/read", False),
        ([], "A.B/c/read", False),
    ],
)
def test_permissions_are_matched_as_azure_matches_them(permissions: Any, action: str, expected: bool) -> None:  # noqa: FBT001
    assert permits(permissions, action) is expected


def test_where_permissions_cannot_be_read_samples_are_tried(estates: Any) -> None:
    fault = forbidden(f"/subscriptions/{estates.one}/providers/{PERMISSIONS}")
    diagnosis, _ = look(estates.plain(1), [fault])
    found = states(diagnosis)
    assert diagnosis.fine
    assert {found[read.kind.action] for read in READS if read.option is None} == {ReadState.PERMITTED}
    assert found["Microsoft.ApiManagement/service/loggers/read"] is ReadState.NOT_TOLD
    assert found[f"{PERMISSIONS}/read"] is ReadState.MISSING
    assert "Microsoft.Authorization/permissions/read" in render_diagnosis(diagnosis, "table")


def test_without_a_sample_it_is_not_told(estates: Any) -> None:
    fault = forbidden(f"/subscriptions/{estates.one}/providers/{PERMISSIONS}")
    diagnosis, _ = look(ServedEstate((), subscriptions=(estates.one,)), [fault])
    assert not diagnosis.fine
    assert states(diagnosis)["Microsoft.Network/virtualNetworks/subnets/read"] is ReadState.NOT_TOLD


def test_permissions_of_more_pages_decide_nothing(estates: Any) -> None:
    path = f"/subscriptions/{estates.one}/providers/{PERMISSIONS}"
    body = json.dumps({"value": [EVERYTHING], "nextLink": "https://elsewhere.example/"}).encode()
    diagnosis, _ = look(estates.plain(1), [Fault(path, 200, body)])
    assert states(diagnosis)["Microsoft.ApiManagement/service/loggers/read"] is ReadState.NOT_TOLD


def test_a_provider_that_is_not_registered_is_no_lack_of_permission(estates: Any) -> None:
    path = f"/subscriptions/{estates.one}/providers/{LISTS[0]}"
    diagnosis, _ = look(estates.plain(1), [Fault.refusing(path, 409, "MissingSubscriptionRegistration")])
    assert diagnosis.fine
    assert "unregistered" in render_diagnosis(diagnosis, "table")


def test_each_subscription_is_told_by_itself(estates: Any) -> None:
    estate = replace(estates.plain(1), subscriptions=(estates.two,))
    fault = forbidden(f"/subscriptions/{estates.two}/providers/{LISTS[0]}")
    diagnosis, _ = look(estate, [fault])
    assert set(states(diagnosis).values()) == {ReadState.PERMITTED}
    assert states(diagnosis, 1)["Microsoft.ApiManagement/service/read"] is ReadState.MISSING
    assert not diagnosis.fine


@pytest.mark.parametrize("subscription", ["00000000-0000-4000-8000-00000000ffff", "a/b", "..", ""])
def test_a_subscription_that_is_not_there_ends_it(estates: Any, subscription: str) -> None:
    with pytest.raises(NoAuditError, match=r"could not be reached|no subscription is named"):
        look(estates.plain(1), subscriptions=(subscription or " ",))


def test_without_credentials_there_is_nothing_to_look_at(estates: Any) -> None:
    with serve(estates.plain(1)) as endpoint:
        environment = endpoint.environment() | {"IDENTITY_HEADER": "wrong"}
        with isolated(environment), pytest.raises(NoAuditError, match="no Azure credential works"):
            diagnose(Request((estates.one,), arm_endpoint=endpoint.url))


@pytest.mark.parametrize("fmt", ["table", "json"])
def test_no_secret_and_no_identity_is_told(estates: Any, fmt: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    diagnosis, endpoint = look(estates.plain(1))
    told = render_diagnosis(diagnosis, fmt) + caplog.text + repr(diagnosis)
    assert TOKEN not in told
    assert endpoint.identity_header not in told


def test_the_json_has_every_read(estates: Any) -> None:
    diagnosis, _ = look(estates.plain(1))
    told = json.loads(render_diagnosis(diagnosis, "json"))
    assert told["fine"] is True
    assert [read["action"] for read in told["subscriptions"][0]["reads"]] == ALL
    assert {read["state"] for read in told["subscriptions"][0]["reads"]} == {"permitted"}


def test_the_role_permits_exactly_what_is_asked_for(read: Any, estates: Any) -> None:
    """Everything on, every scope of policies there: what the endpoint was asked is what the role lists.

    Subscriptions and resource groups are asked for through Azure Resource Graph, whose path names no action.
    """
    estate = estates.plain(1)
    service = estate.documents[0]
    names = ("products/p", "apis/a", "apis/a/operations/get")
    parts = tuple(part(service["id"], name) for name in names)
    apart = {"subnetResourceId": estates.subnet_id(7)}  # its VNet does not list it, so it is asked for by itself
    north = {"location": "North Europe", "virtualNetworkConfiguration": apart}
    properties = {**service["properties"], "additionalLocations": [north]}
    service = {**service, "sku": {"name": "Premium", "capacity": 2}, "properties": properties}
    estate = replace(estate, documents=(service, *estate.documents[1:]), parts=Parts(parts))
    _, endpoint = read(estate, admin_rules=True, features=True, observed=True)
    _, looked = look(estate)
    asked = {action_of(request.path) for request in (*endpoint.arm_requests(), *looked.arm_requests())}
    by_graph = {SUBSCRIPTIONS.action, RESOURCE_GROUPS.action}
    assert asked | by_graph == set(role([])["Actions"]) == set(ALL)


def action_of(path: str) -> str:
    """Returns the action that a GET of a path takes."""
    namespace, *segments = path.rpartition("/providers/")[2].split("/")
    return "/".join([namespace, *segments[::2], "read"])
