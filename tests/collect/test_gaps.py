"""What could not be read: told once, with what to do, and nothing else lost."""

import json
from dataclasses import replace
from typing import Any

import pytest

from apim_audit.collect import ReadFrom
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import Site
from apim_audit.demo.endpoint import Fault
from apim_audit.demo.tags import service_tag_answer

NSGS = "Microsoft.Network/networkSecurityGroups"
VNETS = "Microsoft.Network/virtualNetworks"
TABLES = "Microsoft.Network/routeTables"


DOTS = "/subscriptions/x/resourceGroups/../providers/Microsoft.Network/virtualNetworks/v/subnets/.."


def told(snapshot: Any) -> list[tuple[str, str, bool]]:
    return [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete]


def names(snapshot: Any) -> set[str]:
    return {document.body["name"] for document in snapshot.documents}


def by_id(document: Any) -> str:
    return str(document["id"])


def asked(endpoint: Any, path: str) -> int:
    return sum(request.path.casefold() == path.casefold() for request in endpoint.requests)


def test_an_nsg_that_may_not_be_read_is_told_with_the_action_that_lacks(read: Any, estates: Any) -> None:
    estate = replace(estates.plain(3), forbidden=frozenset({estates.nsg_id(1)}))
    snapshot, endpoint = read(estate)
    assert told(snapshot) == [(estates.nsg_id(1), "forbidden", True)]
    assert "Microsoft.Network/networkSecurityGroups/read" in snapshot.incomplete[0].message
    assert {"nsg-0", "nsg-2", "vnet-apis", "apim-1"} <= names(snapshot)
    assert "nsg-1" not in names(snapshot)
    assert asked(endpoint, estates.nsg_id(1)) == 1


@pytest.mark.parametrize(
    ("kind", "ids"), [(NSGS, "nsg_id"), (TABLES, "table_id"), (VNETS, "vnet_id")], ids=["nsgs", "tables", "vnets"]
)
def test_a_list_that_may_not_be_read_is_made_up_for_by_id(read: Any, estates: Any, kind: str, ids: str) -> None:
    estate = estates.plain(2)
    path = estates.list_path(kind)
    snapshot, endpoint = read(estate, faults=[Fault.refusing(path, 403, "AuthorizationFailed")])
    assert told(snapshot) == [(path, "forbidden", False)]
    assert sorted((document.body for document in snapshot.documents), key=by_id) == sorted(estate.documents, key=by_id)
    singles = [estates.vnet_id()] if ids == "vnet_id" else [getattr(estates, ids)(index) for index in range(2)]
    assert [asked(endpoint, single) for single in singles] == [1] * len(singles)


def test_what_neither_list_nor_id_brings_is_needed(read: Any, estates: Any) -> None:
    estate = estates.plain(1)
    faults = [Fault.refusing(path, 403, "AuthorizationFailed") for path in (estates.list_path(NSGS), estates.nsg_id(0))]
    snapshot, _ = read(estate, faults=faults)
    assert told(snapshot) == sorted(
        [(estates.list_path(NSGS), "forbidden", False), (estates.nsg_id(0), "forbidden", True)],
        key=lambda entry: entry[0].casefold(),
    )


def test_a_vnet_that_is_gone_is_told_with_its_subnets(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(ServedEstate(estates.instances(2), service_tag_answer(estates.one)))
    assert told(snapshot) == [
        (estates.vnet_id(), "not-found", True),
        (estates.subnet_id(0), "not-found", True),
        (estates.subnet_id(1), "not-found", True),
    ]
    assert names(snapshot) == {"apim-0", "apim-1"}
    assert asked(endpoint, estates.vnet_id()) == 1


def test_a_subnet_is_read_by_id_where_its_vnet_may_not_be(read: Any, estates: Any) -> None:
    estate = replace(estates.plain(2), forbidden=frozenset({estates.vnet_id()}))
    snapshot, _ = read(estate)
    assert told(snapshot) == [(estates.vnet_id(), "forbidden", True)]
    assert names(snapshot) == {"apim-0", "apim-1", "snet-0", "snet-1", "nsg-0", "nsg-1", "rt-0", "rt-1"}


def test_a_subnet_that_its_vnet_does_not_list_is_asked_for(read: Any, estates: Any) -> None:
    estate = ServedEstate((*estates.instances(2), *estates.networks(1)))
    snapshot, _ = read(estate, service_tags=False)
    assert told(snapshot) == [(estates.subnet_id(1), "not-found", True)]


def test_a_vnet_of_another_subscription_is_fetched_once_though_shared(read: Any, estates: Any) -> None:
    foreign = (Site("West Europe", estates.subnet_id(0, estates.two)),)
    shared = tuple(estates.service(index, sites=foreign) for index in range(3))
    estate = ServedEstate((*shared, *estates.networks(1, estates.two)))
    snapshot, endpoint = read(estate, subscriptions=(estates.one,), service_tags=False)
    assert snapshot.incomplete == ()
    assert names(snapshot) == {"apim-0", "apim-1", "apim-2", "vnet-apis", "nsg-0", "rt-0"}
    singles = (estates.vnet_id(estates.two), estates.nsg_id(0, estates.two), estates.table_id(0, estates.two))
    assert [asked(endpoint, single) for single in singles] == [1, 1, 1]
    assert len(endpoint.arm_requests()) == 1 + len(singles)


@pytest.mark.parametrize("way", [ReadFrom.ARM, ReadFrom.GRAPH])
def test_a_vnet_may_name_an_nsg_of_another_subscription(read: Any, estates: Any, way: ReadFrom) -> None:
    vnet, *others = estates.networks(2)
    vnet["properties"]["subnets"][1]["properties"]["networkSecurityGroup"] = {"id": estates.nsg_id(1, estates.two)}
    there = (*estates.instances(1, estates.two), *estates.networks(2, estates.two))
    estate = ServedEstate((*estates.instances(2), vnet, *others, *there))
    snapshot, endpoint = read(estate, service_tags=False, read_from=way)
    assert snapshot.incomplete == ()
    groups = {
        document.body["id"] for document in snapshot.documents if "/networkSecurityGroups/" in document.body["id"]
    }
    assert groups == {estates.nsg_id(0), estates.nsg_id(0, estates.two), estates.nsg_id(1, estates.two)}
    assert len(groups) == sum("/networkSecurityGroups/" in document.body["id"] for document in snapshot.documents)
    assert asked(endpoint, estates.nsg_id(1, estates.two)) == 0
    assert asked(endpoint, estates.list_path(NSGS, estates.two)) == (2 if way is ReadFrom.ARM else 0)


@pytest.mark.parametrize("body", [b'{"value": [', b"[]", b'{"value": {}}', b'{"value": null}', b"\xff\xfe", b""])
def test_an_answer_that_is_no_list_is_told(read: Any, estates: Any, body: bytes) -> None:
    path = estates.list_path(NSGS)
    snapshot, _ = read(estates.plain(2), faults=[Fault(path, 200, body)])
    assert told(snapshot) == [(path, "invalid", False)]
    assert {"nsg-0", "nsg-1"} <= names(snapshot)


def test_an_answer_nested_beyond_measure_is_told(read: Any, estates: Any) -> None:
    path = estates.list_path(NSGS)
    snapshot, _ = read(estates.plain(1), faults=[Fault(path, 200, b"[" * 200_000)])
    assert told(snapshot) == [(path, "invalid", False)]


def test_an_answer_with_another_resource_is_told(read: Any, estates: Any) -> None:
    estate = estates.plain(2)
    other = next(document for document in estate.documents if document["name"] == "nsg-1")
    faults = [Fault(estates.nsg_id(0), 200, json.dumps(other).encode()), Fault(estates.list_path(NSGS), 200, b"{}")]
    snapshot, _ = read(estate, faults=faults)
    assert (estates.nsg_id(0), "invalid", True) in told(snapshot)


def test_entries_that_are_no_resource_do_not_take_the_others_along(read: Any, estates: Any) -> None:
    entries = [None, 1, {"name": "no id"}, estates.service(0), {"id": ["no text"]}]
    path = estates.list_path("Microsoft.ApiManagement/service")
    faults = [Fault(path, 200, json.dumps({"value": entries}).encode())]
    snapshot, _ = read(estates.plain(1), faults=faults)
    assert told(snapshot) == [(path, "invalid", True)]
    assert "4 entries" in snapshot.incomplete[0].message
    assert {"apim-0", "vnet-apis"} <= names(snapshot)


@pytest.mark.parametrize("wrong", ["no id", "/subscriptions/x/resourceGroups/y", DOTS, 7, {"id": "z"}, None, "", "  "])
def test_subnet_ids_that_make_no_sense_are_told(read: Any, estates: Any, wrong: Any) -> None:
    estate = estates.plain(2)
    estate.documents[0]["properties"]["virtualNetworkConfiguration"]["subnetResourceId"] = wrong
    snapshot, _ = read(estate)
    written = isinstance(wrong, str) and wrong.strip()
    assert told(snapshot) == ([(wrong, "invalid", True)] if written else [])
    assert {"apim-0", "apim-1", "nsg-1"} <= names(snapshot)


@pytest.mark.parametrize("properties", [None, [], "text", {"additionalLocations": {}}, {"backend": []}])
def test_instances_of_other_shapes_are_kept(read: Any, estates: Any, properties: Any) -> None:
    estate = estates.plain(2)
    estate.documents[0]["properties"] = properties
    snapshot, _ = read(estate)
    assert {"apim-0", "apim-1", "nsg-1"} <= names(snapshot)


def test_a_list_that_breaks_off_keeps_what_was_read(read: Any, estates: Any) -> None:
    path = estates.list_path("Microsoft.ApiManagement/service")
    faults = [replace(Fault.refusing(path, 403, "AuthorizationFailed"), after=1)]
    snapshot, _ = read(estates.plain(4), page_size=2, faults=faults)
    assert told(snapshot) == [(path, "forbidden", True)]
    assert {"apim-0", "apim-1"} <= names(snapshot)
    assert "apim-2" not in names(snapshot)


def test_a_throttled_request_is_repeated(read: Any, estates: Any) -> None:
    path = estates.list_path(NSGS)
    for seconds in ("0", "1"):
        fault = replace(Fault.refusing(path, 429, "TooManyRequests", "", (("Retry-After", seconds),)), times=1)
        snapshot, endpoint = read(estates.plain(1), faults=[fault])
        assert snapshot.incomplete == ()
        assert [request.status for request in endpoint.requests if request.path == path] == [429, 200]


def test_service_tags_that_may_not_be_read_are_told_with_both_ways_out(read: Any, estates: Any) -> None:
    path = estates.list_path("Microsoft.Network/locations/westeurope/serviceTags")
    snapshot, _ = read(estates.plain(1), faults=[Fault.refusing(path, 403, "AuthorizationFailed")])
    assert snapshot.service_tags is None
    assert told(snapshot) == [(path, "forbidden", False)]
    message = snapshot.incomplete[0].message
    assert "--service-tags FILE" in message
    assert "Microsoft.Network/locations/serviceTags/read" in message


@pytest.mark.parametrize("answer", [{}, {"values": []}, {"values": [{"name": 1}, None]}])
def test_an_answer_without_service_tags_is_told(read: Any, estates: Any, answer: Any) -> None:
    snapshot, _ = read(replace(estates.plain(1), service_tags=answer))
    assert snapshot.service_tags is None
    assert [entry.reason for entry in snapshot.incomplete] == ["invalid"]


def test_service_tags_on_further_pages_are_told(read: Any, estates: Any) -> None:
    answer = service_tag_answer(estates.one) | {"nextLink": "https://management.azure.com/more"}
    snapshot, _ = read(replace(estates.plain(1), service_tags=answer))
    assert "Storage" in snapshot.service_tags.prefixes
    assert [(entry.reason, entry.needed) for entry in snapshot.incomplete] == [("unavailable", False)]


def test_clouds_without_workspace_gateways_have_none(read: Any, estates: Any) -> None:
    path = estates.list_path("Microsoft.ApiManagement/gateways")
    for status, code in ((404, "InvalidResourceType"), (400, "NoRegisteredProviderFound")):
        snapshot, _ = read(estates.plain(1, sku="Premium"), faults=[Fault.refusing(path, status, code)])
        assert snapshot.incomplete == ()


def test_gateways_that_may_not_be_listed_are_told(read: Any, estates: Any) -> None:
    path = estates.list_path("Microsoft.ApiManagement/gateways")
    snapshot, _ = read(estates.plain(1, sku="Premium"), faults=[Fault.refusing(path, 403, "AuthorizationFailed")])
    assert told(snapshot) == [(path, "forbidden", True)]


def test_messages_never_repeat_the_text_of_an_answer(read: Any, estates: Any) -> None:
    hostile = "\x1b[31mrm -rf\x07"
    fault = Fault.refusing(estates.list_path(NSGS), 403, hostile, hostile)
    snapshot, _ = read(estates.plain(1), faults=[fault])
    assert "rm -rf" not in snapshot.incomplete[0].message
