"""What a live reading brings, in which order, with how many requests."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from math import ceil
from typing import Any

import pytest

from apim_audit.core.facts.reports import Scope
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import Site, network_security_group, virtual_network, workspace_gateway
from apim_audit.snapshot import Snapshot

SERVICES = "Microsoft.ApiManagement/service"
GATEWAYS = "Microsoft.ApiManagement/gateways"
LISTS = (
    SERVICES,
    "Microsoft.Network/virtualNetworks",
    "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Network/routeTables",
)


def by_id(documents: Any) -> list[Any]:
    return sorted(documents, key=lambda document: document["id"].casefold())


def bodies(snapshot: Snapshot) -> list[Any]:
    return [document.body for document in snapshot.documents]


def test_the_documents_are_those_that_azure_holds(read: Any, estates: Any) -> None:
    estate = estates.plain(3)
    snapshot, _ = read(estate)
    assert bodies(snapshot) == by_id(estate.documents)
    assert {document.source for document in snapshot.documents} == {"live"}
    assert snapshot.incomplete == ()


def test_scope_cloud_and_time_are_noted(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(estates.plain(1))
    assert snapshot.scope == Scope(endpoint.subscription_ids, None, ())
    assert (snapshot.cloud, snapshot.taken_at) == ("AzureCloud", "2026-11-22T06:31:00Z")


@pytest.mark.parametrize(("count", "page_size"), [(1, 50), (7, 3), (120, 50)])
def test_requests_grow_with_pages_not_with_instances(read: Any, estates: Any, count: int, page_size: int) -> None:
    _, endpoint = read(estates.plain(count), page_size=page_size)
    paths = Counter(request.path for request in endpoint.arm_requests())
    pages = ceil(count / page_size)
    expected = {estates.list_path(kind): pages for kind in LISTS} | {
        estates.list_path("Microsoft.Network/virtualNetworks"): 1,
        estates.list_path("Microsoft.Network/locations/westeurope/serviceTags"): 1,
    }
    assert paths == expected


def test_one_token_serves_all_requests(read: Any, estates: Any) -> None:
    _, endpoint = read(estates.plain(9), page_size=2)
    assert len(endpoint.requests) - len(endpoint.arm_requests()) == 1


def test_page_size_does_not_change_the_snapshot(read: Any, estates: Any) -> None:
    snapshots = [read(estates.plain(11), page_size=size)[0] for size in (1, 4, 50)]
    assert snapshots[0] == snapshots[1] == snapshots[2]


def test_the_order_is_that_of_ids_with_case_folded(read: Any, estates: Any) -> None:
    estate = estates.plain(4)
    shuffled = replace(estate, documents=estate.documents[::-1])
    assert read(shuffled)[0] == read(estate)[0]


def test_fields_that_the_sdk_does_not_know_survive(read: Any, estates: Any) -> None:
    instance = estates.service(0)
    instance["properties"]["fromTheFuture"] = {"kept": [1, None, "ü"]}
    instance["properties"]["platformVersion"] = "stv9"
    instance["properties"]["createdAtUtc"] = "no date at all"
    estate = ServedEstate((instance, *estates.networks(1)))
    vnet = estate.documents[1]
    vnet["properties"]["subnets"][0]["properties"]["fromTheFuture"] = True
    assert bodies(read(estate, service_tags=False)[0]) == by_id(estate.documents)


def test_networks_that_no_instance_uses_are_left_out(read: Any, estates: Any) -> None:
    estate = estates.plain(1)
    elsewhere = estates.place(group="rg-web")
    strangers = (network_security_group(elsewhere, "nsg-web"), virtual_network(elsewhere, "vnet-web", "10.9.0.0/16"))
    snapshot, _ = read(replace(estate, documents=(*strangers, *estate.documents)))
    assert bodies(snapshot) == by_id(estate.documents)


def test_ids_are_joined_without_regard_to_case(read: Any, estates: Any) -> None:
    estate = estates.plain(1)
    instance = estate.documents[0]
    configuration = instance["properties"]["virtualNetworkConfiguration"]
    configuration["subnetResourceId"] = configuration["subnetResourceId"].upper()
    snapshot, endpoint = read(estate)
    assert bodies(snapshot) == by_id(estate.documents)
    assert len(endpoint.arm_requests()) == len(LISTS) + 1


def test_every_location_brings_its_network(read: Any, estates: Any) -> None:
    sites = (Site("West Europe", estates.subnet_id(0)), Site("North Europe", estates.subnet_id(1)))
    estate = ServedEstate((estates.service(0, sites=sites), *estates.networks(2)))
    assert bodies(read(estate, service_tags=False)[0]) == by_id(estate.documents)


def test_instances_without_a_vnet_need_no_network_lists(read: Any, estates: Any) -> None:
    estate = ServedEstate((estates.service(0, sites=(Site("West Europe"),)), *estates.networks(1)))
    snapshot, endpoint = read(estate, service_tags=False)
    assert [body["name"] for body in bodies(snapshot)] == ["apim-0"]
    assert [request.path for request in endpoint.arm_requests()] == [estates.list_path(SERVICES)]


def test_a_scope_without_instances_is_read_whole(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(ServedEstate(estates.networks(1)))
    assert (snapshot.documents, snapshot.incomplete, snapshot.service_tags) == ((), (), None)
    assert len(endpoint.arm_requests()) == 1


def test_workspace_gateways_are_instances_too(read: Any, estates: Any) -> None:
    gateway = workspace_gateway(estates.place(), "gateway-0", estates.subnet_id(1))
    estate = ServedEstate((estates.service(0, sku="Premium"), gateway, *estates.networks(2)))
    assert bodies(read(estate, service_tags=False)[0]) == by_id(estate.documents)


def test_only_tiers_that_can_have_gateways_are_asked_for_them(read: Any, estates: Any) -> None:
    for sku, asked in (("Developer", 0), ("Standard", 0), ("Premium", 1), ("StandardV2", 1)):
        _, endpoint = read(estates.plain(1, sku=sku))
        paths = [request.path for request in endpoint.arm_requests()]
        assert paths.count(estates.list_path(GATEWAYS)) == asked, sku


def test_service_tags_are_kept_raw(read: Any, estates: Any) -> None:
    tags = read(estates.plain(1))[0].service_tags
    assert (tags.source, tags.cloud, tags.change_number) == ("live", "Public", "1")
    assert tags.prefixes["Storage.WestEurope"] == ["20.60.64.0/22", "52.239.64.0/23"]


def test_service_tags_are_not_read_where_a_file_was_given(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(estates.plain(1), service_tags=False)
    assert snapshot.service_tags is None
    assert not any("serviceTags" in request.path for request in endpoint.requests)


def test_importing_the_collector_loads_no_sdk() -> None:
    code = (
        "import sys, apim_audit.collect, apim_audit.demo\n"
        "heavy = ('azure', 'cryptography', 'requests', 'msal', 'http.server')\n"
        "sys.exit(' '.join(name for name in heavy if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  (ours)
    assert (done.returncode, done.stderr) == (0, "")
