"""What Azure and networks do to clients, over TLS, with the real SDK: nothing else is lost, nothing is taken for read.

Where both ways are asked, a fault strikes a list of Resource Manager, or a query of Resource Graph.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from apim_audit.collect import Progress, ReadFrom
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.endpoint import Fault
from apim_audit.errors import NoAuditError
from apim_audit.run import UNDECIDED, FailOn, audit, exit_status

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
SERVICES = "Microsoft.ApiManagement/service"
NSGS = "Microsoft.Network/networkSecurityGroups"
WAYS = {
    "arm": ({"read_from": ReadFrom.ARM}, "/subscriptions/00000000-0000-4000-8000-000000000001/providers/" + NSGS),
    "graph": ({"read_from": ReadFrom.GRAPH}, GRAPH),
}


class Waits(Progress):
    """Remembers how long it was told to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def throttled(self, seconds: float) -> None:
        self.seconds.append(seconds)
        assert self.counts().waiting > 0


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[dict[str, Any], str]:
    return WAYS[request.param]


def told(snapshot: Any) -> list[tuple[str, str, bool]]:
    return [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete]


def names(snapshot: Any) -> set[str]:
    return {document.body["name"] for document in snapshot.documents}


def status(snapshot: Any) -> int:
    """Returns the exit status of a run in which no gap counts."""
    return exit_status(audit(snapshot), FailOn.NEVER, allow_unknown=False, allow_incomplete=False)


def statuses(endpoint: Any, path: str) -> list[int]:
    return [request.status for request in endpoint.requests if request.path == path]


EVERYTHING = {"apim-0", "vnet-apis", "nsg-0", "rt-0"}


@pytest.mark.parametrize("code", [429, 503])
def test_a_wait_that_azure_asks_for_is_kept_to_and_told(read: Any, estates: Any, way: Any, code: int) -> None:
    request, path = way
    fault = replace(Fault.refusing(path, code, "Busy", headers=(("Retry-After", "1"),)), times=1)
    waits = Waits()
    snapshot, endpoint = read(estates.plain(1), faults=[fault], progress=waits, **request)
    assert (names(snapshot), snapshot.incomplete) == (EVERYTHING, ())
    assert waits.seconds == [1.0]
    assert statuses(endpoint, path)[:2] == [code, 200]


@pytest.mark.parametrize("code", [429, 503])
def test_a_wait_without_end_is_capped(
    read: Any, estates: Any, way: Any, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apim_audit.collect.pipeline._RETRY_AFTER_CEILING", 1.0)
    request, path = way
    fault = replace(Fault.refusing(path, code, "Busy", headers=(("Retry-After", "86400"),)), times=1)
    waits = Waits()
    snapshot, _ = read(estates.plain(1), faults=[fault], progress=waits, **request)
    assert (names(snapshot), waits.seconds) == (EVERYTHING, [1.0])


def test_the_quota_of_resource_graph_is_waited_for(read: Any, estates: Any) -> None:
    estate = estates.plain(1)
    spent = replace(estate, graph=replace(estate.graph, remaining=0, resets_after="00:00:02"))
    waits = Waits()
    snapshot, endpoint = read(spent, progress=waits, read_from=ReadFrom.GRAPH)
    assert names(snapshot) == EVERYTHING
    assert set(statuses(endpoint, GRAPH)) == {200}
    assert len(waits.seconds) >= 2
    assert max(waits.seconds) <= 2


@pytest.mark.parametrize("cut", [0, 100])
def test_a_connection_that_is_reset_in_the_middle_of_a_page_is_opened_again(
    read: Any, estates: Any, way: Any, cut: int
) -> None:
    request, path = way
    fault = Fault(path, rightly=True, cut=cut, times=1)
    snapshot, endpoint = read(estates.plain(1), faults=[fault], **request)
    assert (names(snapshot), snapshot.incomplete) == (EVERYTHING, ())
    assert len(statuses(endpoint, path)) >= 2


def test_connections_that_are_always_reset_are_told(read: Any, estates: Any, way: Any) -> None:
    request, path = way
    fault = Fault(path, rightly=True, cut=100, after=2 if path == GRAPH else 0)  # the instances are read
    snapshot, _ = read(estates.plain(1), faults=[fault], **request)
    assert {(reason, needed) for _, reason, needed in told(snapshot)} == {("unavailable", False)}
    assert names(snapshot) == EVERYTHING


def test_a_slow_answer_is_waited_for(read: Any, estates: Any, way: Any) -> None:
    request, path = way
    snapshot, _ = read(estates.plain(1), faults=[Fault(path, rightly=True, delay=0.5)], **request)
    assert (names(snapshot), snapshot.incomplete) == (EVERYTHING, ())


def test_an_answer_that_takes_too_long_is_asked_for_again(
    read: Any, estates: Any, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apim_audit.collect.pipeline._READ_SECONDS", 0.5)
    request, path = way
    snapshot, endpoint = read(estates.plain(1), faults=[Fault(path, rightly=True, delay=2, times=1)], **request)
    assert (names(snapshot), snapshot.incomplete) == (EVERYTHING, ())
    assert len(statuses(endpoint, path)) >= 1


def test_answers_that_always_take_too_long_are_told(read: Any, estates: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apim_audit.collect.pipeline._READ_SECONDS", 0.3)
    path = estates.list_path(NSGS)
    snapshot, _ = read(estates.plain(1), faults=[Fault(path, rightly=True, delay=1)])
    assert told(snapshot) == [(path, "unavailable", False)]
    assert "no answer in time" in snapshot.incomplete[0].message
    assert names(snapshot) == EVERYTHING


def test_tokens_that_expire_on_the_way_are_renewed(read: Any, estates: Any, way: Any) -> None:
    request, _ = way
    snapshot, endpoint = read(estates.plain(9), page_size=1, manners={"token_uses": 3}, **request)
    whole, _ = read(estates.plain(9), **request)
    assert snapshot == whole
    assert len(endpoint.requests) - len(endpoint.arm_requests()) > 1


@pytest.mark.parametrize("link", ["https://evil.example/next", "{url}:1/next"])
def test_a_next_page_at_another_origin_is_refused(read: Any, estates: Any, link: str) -> None:
    path = estates.list_path(SERVICES)
    body = json.dumps({"value": [estates.service(0)], "nextLink": link}).encode()
    snapshot, endpoint = read(estates.plain(1), faults=[Fault(path, 200, body)])
    assert told(snapshot) == [(path, "invalid", True)]
    assert names(snapshot) == EVERYTHING
    assert not any("next" in request.path for request in endpoint.requests)
    assert status(snapshot) == UNDECIDED


def test_pages_without_end_are_given_up(read: Any, estates: Any, way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apim_audit.collect.pages._MAX_PAGES", 3)
    request, path = way
    row = estates.plain(1).documents[2]
    turns = [
        {"value": [row], "nextLink": f"{{url}}{path}?api-version=1&$skiptoken={turn}"}
        | {"data": [row], "$skipToken": f"token-{turn}", "totalRecords": 99}
        for turn in range(6)
    ]
    first = 2 if path == GRAPH else 0
    faults = [Fault(path, 200, json.dumps(turn).encode(), after=first + at, times=1) for at, turn in enumerate(turns)]
    snapshot, endpoint = read(estates.plain(1), faults=faults, **request)
    assert [entry.reason for entry in snapshot.incomplete if "pages" in entry.message] == ["invalid"]
    assert len(statuses(endpoint, path)) <= 12
    assert names(snapshot) >= EVERYTHING


@pytest.mark.parametrize("body", [b'{"data": [', b"[]", b'{"data": {}}', b'{"data": []}', b"\xff", b"", b"[" * 99_999])
def test_malformed_answers_of_resource_graph_are_told(read: Any, estates: Any, body: bytes) -> None:
    faults = [Fault(GRAPH, 200, body, after=3)]
    snapshot, _ = read(estates.plain(1), faults=faults, read_from=ReadFrom.GRAPH)
    assert {(reason, needed) for _, reason, needed in told(snapshot)} == {("invalid", False)}
    assert names(snapshot) == EVERYTHING


@pytest.mark.parametrize("total", [None, "7", 1.5])
def test_a_count_that_is_none_is_told(read: Any, estates: Any, total: Any) -> None:
    body = json.dumps({"data": [], "totalRecords": total}).encode()
    faults = [Fault(GRAPH, 200, body)]
    with pytest.raises(NoAuditError, match="no list of rows"):
        read(estates.plain(1), faults=faults, subscriptions=(), tenant=True)


def test_one_resource_that_is_forbidden_leaves_the_others(read: Any, estates: Any, way: Any) -> None:
    request, _ = way
    estate = replace(estates.plain(2), forbidden=frozenset({estates.nsg_id(1)}))
    snapshot, _ = read(estate, **request)
    assert told(snapshot) == [(estates.nsg_id(1), "forbidden", True)]
    assert {"apim-0", "apim-1", "nsg-0"} <= names(snapshot)
    assert status(snapshot) == UNDECIDED


def test_a_subscription_that_is_forbidden_leaves_the_others(read: Any, estates: Any, way: Any) -> None:
    request, _ = way
    path = estates.list_path(SERVICES, estates.two)
    estate = replace(estates.plain(1), subscriptions=(estates.two,))
    snapshot, _ = read(estate, faults=[Fault.refusing(path, 403, "AuthorizationFailed")], **request)
    assert told(snapshot) == [(path, "forbidden", True)]
    assert names(snapshot) == EVERYTHING
    assert status(snapshot) == UNDECIDED


def test_where_everything_is_forbidden_no_audit_is_performed(read: Any, estates: Any, way: Any) -> None:
    request, _ = way
    paths = [GRAPH, *(estates.list_path(SERVICES, each) for each in (estates.one, estates.two))]
    faults = [Fault.refusing(path, 403, "AuthorizationFailed") for path in paths]
    estate = ServedEstate(estates.plain(1).documents, subscriptions=(estates.two,))
    with pytest.raises(NoAuditError, match="forbidden"):
        read(estate, faults=faults, **request)


def test_what_is_deleted_between_the_list_and_the_reading_is_told(read: Any, estates: Any, way: Any) -> None:
    request, _ = way
    documents = [each for each in estates.plain(1).documents if each["name"] != "nsg-0"]
    snapshot, _ = read(ServedEstate(tuple(documents)), service_tags=False, **request)
    assert told(snapshot) == [(estates.nsg_id(0), "not-found", True)]
    assert names(snapshot) == EVERYTHING - {"nsg-0"}
    assert status(snapshot) == UNDECIDED


def test_the_order_does_not_depend_on_timing(read: Any, estates: Any, way: Any) -> None:
    request, _ = way
    documents = (*estates.plain(2).documents, *estates.plain(2, estates.two).documents)
    late = [Fault(estates.list_path(kind), rightly=True, delay=0.2) for kind in (SERVICES, NSGS)]
    at_once, _ = read(ServedEstate(documents), service_tags=False, **request)
    delayed, _ = read(ServedEstate(documents), faults=late, service_tags=False, **request)
    assert delayed == at_once
