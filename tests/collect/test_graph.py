"""Azure Resource Graph: the same documents as by Resource Manager, and nothing that it keeps silent about is lost."""

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from apim_audit.collect import ReadFrom
from apim_audit.core.facts.reports import Scope
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import (
    Place,
    Site,
    network_security_group,
    route_table,
    service,
    subnet,
    virtual_network,
    workspace_gateway,
)
from apim_audit.demo.endpoint import Fault
from apim_audit.demo.estate import demo_estate
from apim_audit.demo.graph import ServedGraph
from apim_audit.demo.tags import service_tag_answer
from apim_audit.errors import NoAuditError
from apim_audit.report.json_v1 import render
from apim_audit.run import audit
from apim_audit.snapshot import Snapshot
from tests.benchmarks.random_estate import Maker

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
SERVICES = "Microsoft.ApiManagement/service"
GROUP = "mg-prod"


def by_id(documents: Any) -> list[Any]:
    return sorted(documents, key=lambda document: document["id"].casefold())


def judged(document: Any) -> Any:
    """Returns what is judged of a document: the columns that queries name; Resource Graph folds the case of types."""
    columns = {name: document.get(name) for name in ("id", "name", "location", "sku", "tags", "properties")}
    return columns | {"type": document["type"].lower()}


def bodies(snapshot: Snapshot) -> list[Any]:
    return [judged(document.body) for document in snapshot.documents]


def served(estate: ServedEstate) -> list[Any]:
    return by_id(map(judged, estate.documents))


def told(snapshot: Snapshot) -> list[tuple[str, str, bool]]:
    return [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete]


def asked(endpoint: Any) -> Counter[str]:
    return Counter(request.path for request in endpoint.arm_requests())


def both_ways(read: Any, estate: ServedEstate, **request: Any) -> tuple[Snapshot, Snapshot]:
    return (
        read(estate, read_from=ReadFrom.ARM, **request)[0],
        read(estate, read_from=ReadFrom.GRAPH, **request)[0],
    )


@pytest.fixture
def pair(estates: Any) -> ServedEstate:
    """Two subscriptions with three instances each, and a management group with both."""
    plain: ServedEstate = estates.plain(3)
    graph = ServedGraph(management_groups={GROUP: (estates.one, estates.two)}, names={estates.one: "Production"})
    return replace(plain, documents=(*plain.documents, *estates.plain(3, estates.two).documents), graph=graph)


def test_both_ways_give_the_same_report_on_the_demo_estate(read: Any) -> None:
    by_arm, by_graph = both_ways(read, demo_estate())
    assert [entry.reason for entry in by_graph.incomplete] == ["forbidden"]
    assert render(audit(by_graph)) == render(audit(by_arm))


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_give_the_same_report_on_random_estates(read: Any, seed: int) -> None:
    estate = random_estate(Random(seed))
    by_arm, by_graph = both_ways(read, estate, admin_rules=True)
    assert by_arm.incomplete != ()
    assert render(audit(by_graph)) == render(audit(by_arm))


def random_estate(random: Random) -> ServedEstate:
    """Returns instances in three subscriptions with subnets anywhere, of which some documents are lost or forbidden."""
    maker = Maker(random, ("13.64.0.0/16", "20.60.0.0/16"))
    places = [Place(f"00000000-0000-4000-8000-00000000000{one}", "rg", "West Europe") for one in range(3)]
    subnets, documents = [], []
    for place, index in product(places, range(4)):
        group = network_security_group(place, f"nsg-{index}", maker.rules(random.randint(0, 12)))
        table = route_table(place, f"rt-{index}")
        vnet = place.id("Microsoft.Network/virtualNetworks", f"vnet-{index}")
        attached = [group["id"] if random.random() < 0.9 else None, table["id"] if random.random() < 0.5 else None]
        subnets.append(subnet(vnet, "apim", f"10.{index}.1.0/24", *attached))
        documents += [group, table, virtual_network(place, f"vnet-{index}", f"10.{index}.0.0/16", [subnets[-1]])]
    for place, index in product(places, range(5)):
        sites = tuple(Site(region, random.choice(subnets)["id"]) for region in ("West Europe", "North Europe"))
        sku = random.choice(("Developer", "Premium", "StandardV2"))
        attachment = random.choice(("External", "Internal"))
        documents.append(service(place, f"apim-{index}", sku, attachment, sites[: random.randint(1, 2)]))
    networks = [each for each in documents if "/service" not in each["type"]]
    forbidden = {each["id"] for each in random.sample(networks, 4)}
    lost = {each["id"] for each in random.sample(networks, 3)}
    kept = tuple(each for each in documents if each["id"] not in lost)
    return ServedEstate(kept, service_tag_answer(places[0].subscription), frozenset(forbidden))


def test_few_queries_read_many_subscriptions(read: Any, pair: ServedEstate) -> None:
    snapshot, endpoint = read(pair, subscriptions=(), tenant=True, service_tags=False)
    assert bodies(snapshot) == served(pair)
    assert snapshot.incomplete == ()
    assert asked(endpoint) == {GRAPH: 6}


def test_a_management_group_is_all_subscriptions_below_it(read: Any, pair: ServedEstate, estates: Any) -> None:
    narrow = replace(pair, graph=ServedGraph(management_groups={GROUP: (estates.two,)}))
    snapshot, _ = read(narrow, subscriptions=(), management_group=GROUP, service_tags=False)
    assert {body["id"].split("/")[2] for body in bodies(snapshot)} == {estates.two}
    assert snapshot.scope == Scope((estates.two,), None, (), GROUP)


def test_a_management_group_is_read_by_resource_manager_where_that_is_asked_for(
    read: Any, pair: ServedEstate, estates: Any
) -> None:
    by_arm, by_graph = both_ways(read, pair, subscriptions=(), management_group=GROUP)
    assert by_arm.scope == by_graph.scope == Scope((estates.one, estates.two), None, (), GROUP)
    assert render(audit(by_graph)) == render(audit(by_arm))


@pytest.mark.parametrize("wrong", ["mg-nowhere", "", "a/b", "x' or 1", "ends."])
def test_a_management_group_that_shows_no_subscription_is_no_empty_one(
    read: Any, pair: ServedEstate, wrong: str
) -> None:
    with pytest.raises(NoAuditError) as caught:
        read(pair, subscriptions=(), management_group=wrong)
    assert "management group" in str(caught.value)
    assert caught.value.hint


def test_subscriptions_may_be_named(read: Any, pair: ServedEstate, estates: Any) -> None:
    snapshot, endpoint = read(pair, subscriptions=("PRODUCTION",), service_tags=False)
    assert snapshot.scope.subscriptions == (estates.one,)
    assert asked(endpoint)[GRAPH] == 1
    assert {body["id"].split("/")[2] for body in bodies(snapshot)} == {estates.one}


def test_a_name_that_several_subscriptions_have_is_told_with_their_ids(
    read: Any, pair: ServedEstate, estates: Any
) -> None:
    twice = replace(pair, graph=ServedGraph(names={estates.one: "Production", estates.two: "production"}))
    with pytest.raises(NoAuditError, match=f"{estates.one}, {estates.two}"):
        read(twice, subscriptions=("Production",))


def test_a_name_that_no_subscription_has_is_told(read: Any, pair: ServedEstate) -> None:
    with pytest.raises(NoAuditError, match="no subscription is named 'Staging'"):
        read(pair, subscriptions=("Production", "Staging"))


def test_resource_graph_is_asked_where_there_are_many(read: Any, estates: Any) -> None:
    many = tuple(f"00000000-0000-4000-8000-{index:012}" for index in range(21))
    documents = [each for subscription in many for each in estates.plain(1, subscription).documents]
    estate = ServedEstate(tuple(documents))
    assert asked(read(estate, service_tags=False)[1]) == {GRAPH: 5}
    assert GRAPH not in asked(read(estate, subscriptions=many[:20], service_tags=False)[1])


def test_a_subscription_of_which_nothing_is_shown_is_asked_for_itself(
    read: Any, pair: ServedEstate, estates: Any
) -> None:
    three = "00000000-0000-4000-8000-000000000003"
    estate = replace(pair, subscriptions=(three,))
    path = estates.list_path(SERVICES, three)
    faults = [Fault.refusing(path, 403, "AuthorizationFailed")]
    snapshot, endpoint = read(estate, faults=faults, read_from=ReadFrom.GRAPH, service_tags=False)
    assert told(snapshot) == [(path, "forbidden", True)]
    assert asked(endpoint)[path] == 1
    whole, _ = read(estate, read_from=ReadFrom.GRAPH, service_tags=False)
    assert whole.incomplete == ()


def test_where_nothing_at_all_may_be_read_no_audit_is_performed(read: Any, estates: Any) -> None:
    fault = Fault.refusing(GRAPH, 403, "AuthorizationFailed")
    paths = [estates.list_path(SERVICES, each) for each in (estates.one, estates.two)]
    faults = [fault, *(Fault.refusing(path, 403, "AuthorizationFailed") for path in paths)]
    estate = ServedEstate((), subscriptions=(estates.one, estates.two))
    with pytest.raises(NoAuditError, match="forbidden"):
        read(estate, faults=faults, read_from=ReadFrom.GRAPH)
    with pytest.raises(NoAuditError, match="the tenant could not be read"):
        read(estate, faults=faults, subscriptions=(), tenant=True)


def test_queries_that_are_refused_leave_the_lists(read: Any, pair: ServedEstate) -> None:
    faults = [Fault.refusing(GRAPH, 400, "BadRequest")]
    snapshot, _ = read(pair, faults=faults, read_from=ReadFrom.GRAPH, service_tags=False)
    assert bodies(snapshot) == served(pair)
    assert {entry.needed for entry in snapshot.incomplete} == {False}


def test_gateways_that_could_not_be_queried_are_told(read: Any, estates: Any) -> None:
    # Gateways are asked beside the instances: of the first two queries one fails.
    reports = set()
    for turn in (0, 1):
        faults = [replace(Fault.refusing(GRAPH, 400, "BadRequest"), after=turn, times=1)]
        snapshot, _ = read(estates.plain(1), faults=faults, read_from=ReadFrom.GRAPH, service_tags=False)
        assert "apim-0" in {body["name"] for body in bodies(snapshot)}
        reports.add(tuple(told(snapshot)))
    path = f"/subscriptions/{estates.one}/providers/Microsoft.ApiManagement/gateways"
    assert reports <= {(), ((path, "refused", True),)}


def test_a_gateway_that_both_ways_bring_is_judged_once(read: Any, estates: Any) -> None:
    gateway = workspace_gateway(estates.place(), "gateway-0", estates.subnet_id(0))
    instance = estates.service(1, sku="Premium")
    graph = ServedGraph(lost=frozenset({instance["id"]}))  # so that Resource Manager is asked
    snapshot, _ = read(ServedEstate((instance, gateway, *estates.networks(2)), graph=graph), read_from=ReadFrom.GRAPH)
    assert [body["name"] for body in bodies(snapshot)].count("gateway-0") == 1
    assert {"apim-1", "gateway-0"} <= {body["name"] for body in bodies(snapshot)}


def test_the_scope_that_cannot_be_queried_after_its_subscriptions_were_is_no_audit(
    read: Any, pair: ServedEstate
) -> None:
    faults = [replace(Fault.refusing(GRAPH, 403, "AuthorizationFailed"), after=1)]
    with pytest.raises(NoAuditError, match="the tenant"):
        read(pair, faults=faults, subscriptions=(), tenant=True)


def test_what_resource_graph_does_not_show_is_read_by_id(read: Any, pair: ServedEstate, estates: Any) -> None:
    estate = replace(pair, forbidden=frozenset({estates.nsg_id(1)}))
    snapshot, endpoint = read(estate, read_from=ReadFrom.GRAPH, service_tags=False)
    assert told(snapshot) == [(estates.nsg_id(1), "forbidden", True)]
    assert asked(endpoint)[estates.nsg_id(1).lower()] + asked(endpoint)[estates.nsg_id(1)] == 1


@pytest.mark.parametrize(
    ("field", "ids"),
    [
        ("networkSecurityGroups.securityRules", "nsg_id"),
        ("routeTables.routes", "table_id"),
        ("virtualNetworks.addressSpace", "vnet_id"),
        ("virtualNetworks.subnets", "vnet_id"),
        ("service.virtualNetworkType", None),
    ],
)
def test_rows_that_lack_what_resource_manager_always_answers_are_read_there(
    read: Any, estates: Any, field: str, ids: str | None
) -> None:
    estate = replace(estates.plain(1), graph=ServedGraph(missing=frozenset({field})))
    snapshot, endpoint = read(estate, read_from=ReadFrom.GRAPH, service_tags=False)
    assert bodies(snapshot) == served(estate)
    assert snapshot.incomplete == ()
    single = estate.documents[0]["id"] if ids is None else getattr(estates, ids)(*([0] if ids != "vnet_id" else []))
    assert asked(endpoint)[single] == 1


def test_networks_outside_of_the_scope_are_read_by_id_once(read: Any, estates: Any) -> None:
    foreign = (Site("West Europe", estates.subnet_id(0, estates.two)),)
    shared = tuple(estates.service(index, sites=foreign) for index in range(3))
    graph = ServedGraph(management_groups={GROUP: (estates.one,)})
    estate = ServedEstate((*shared, *estates.networks(1, estates.two)), graph=graph)
    snapshot, endpoint = read(estate, subscriptions=(), management_group=GROUP, service_tags=False)
    assert snapshot.incomplete == ()
    singles = (estates.vnet_id(estates.two), estates.nsg_id(0, estates.two), estates.table_id(0, estates.two))
    assert [asked(endpoint)[single] for single in singles] == [1, 1, 1]


def test_gateways_are_found_by_queries_too(read: Any, estates: Any) -> None:
    gateway = workspace_gateway(estates.place(), "gateway-0", estates.subnet_id(1))
    estate = ServedEstate((estates.service(0, sku="Premium"), gateway, *estates.networks(2)))
    by_arm, by_graph = both_ways(read, estate, service_tags=False)
    assert bodies(by_graph) == bodies(by_arm)
    assert "gateway-0" in {body["name"] for body in bodies(by_graph)}


@pytest.mark.parametrize("group", ["rg-apis", "RG-APIS"])
def test_a_resource_group_narrows_queries(read: Any, estates: Any, group: str) -> None:
    plain = estates.plain(2)
    elsewhere = estates.service(5, group="rg-else", sites=(Site("West Europe"),))
    estate = replace(plain, documents=(*plain.documents, elsewhere))
    by_arm, by_graph = both_ways(read, estate, resource_group=group, service_tags=False)
    assert bodies(by_graph) == bodies(by_arm)
    assert len(bodies(by_graph)) == len(plain.documents)


@pytest.mark.parametrize("wrong", ["rg-zzz", "", "x' or '1", "a/b"])
@pytest.mark.parametrize("scope", [{"subscriptions": (), "tenant": True}, {"read_from": ReadFrom.GRAPH}])
def test_a_resource_group_that_is_not_there_stops_the_audit(
    read: Any, pair: ServedEstate, wrong: str, scope: Any
) -> None:
    with pytest.raises(NoAuditError, match="was not found"):
        read(pair, resource_group=wrong, **scope)


def test_a_resource_group_without_instances_is_read_whole(read: Any, pair: ServedEstate) -> None:
    snapshot, _ = read(pair, resource_group="rg-net", subscriptions=(), tenant=True)
    assert (snapshot.documents, snapshot.incomplete) == ((), ())


def test_names_narrow_queries_and_must_be_there(read: Any, pair: ServedEstate) -> None:
    by_arm, by_graph = both_ways(read, pair, names=("apim-1",), service_tags=False)
    assert bodies(by_graph) == bodies(by_arm)
    with pytest.raises(NoAuditError, match="'apim-9'"):
        read(pair, names=("apim-9",), read_from=ReadFrom.GRAPH)


def test_answers_that_would_be_too_large_are_asked_for_in_smaller_pages(
    read: Any, estates: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apim_audit.collect.graph._MOST_BYTES", 60_000)
    plain = estates.plain(40)
    small = replace(plain, graph=ServedGraph(most_bytes=60_000))
    whole, _ = read(plain, read_from=ReadFrom.GRAPH)
    snapshot, endpoint = read(small, read_from=ReadFrom.GRAPH)
    assert bodies(snapshot) == bodies(whole)
    refused = sum(request.status == 400 for request in endpoint.arm_requests())
    assert 0 < refused <= 5 * 10
    assert asked(endpoint)[GRAPH] > 5 + refused


def test_a_resource_that_is_too_large_by_itself_is_read_by_id(read: Any, estates: Any) -> None:
    plain = estates.plain(1)
    plain.documents[2]["properties"]["securityRules"] *= 40
    snapshot, endpoint = read(replace(plain, graph=ServedGraph(most_bytes=9_000)), read_from=ReadFrom.GRAPH)
    assert told(snapshot) == [
        (f"/subscriptions/{estates.one}/providers/Microsoft.Network/networkSecurityGroups", "refused", False)
    ]
    assert asked(endpoint)[estates.nsg_id(0)] == 1


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (ServedGraph(cut_at=1), "cut the answer off"),
        (ServedGraph(limit_hit=True), "first 10,000 subscriptions"),
    ],
)
def test_what_is_cut_off_is_told(read: Any, estates: Any, graph: ServedGraph, words: str) -> None:
    estate = replace(estates.plain(3), graph=graph)
    snapshot, _ = read(estate, read_from=ReadFrom.GRAPH, service_tags=False)
    services = [entry for entry in snapshot.incomplete if entry.id.endswith("/service")]
    assert [(entry.reason, entry.needed) for entry in services] == [("invalid", True)]
    assert words in services[0].message


def test_what_paging_loses_is_told(read: Any, estates: Any) -> None:
    plain = estates.plain(3)
    lost = frozenset({plain.documents[1]["id"], estates.nsg_id(2)})
    estate = replace(plain, graph=ServedGraph(lost=lost))
    snapshot, endpoint = read(estate, read_from=ReadFrom.GRAPH, service_tags=False)
    told_of = {entry.id.rpartition("/")[2]: (entry.needed, entry.message) for entry in snapshot.incomplete}
    assert told_of["service"][0]
    assert "2 of 3" in told_of["service"][1]
    assert not told_of["networkSecurityGroups"][0]
    assert asked(endpoint)[estates.nsg_id(2)] == 1
    assert "apim-1" not in {body["name"] for body in bodies(snapshot)}
