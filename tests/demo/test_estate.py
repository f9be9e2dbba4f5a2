"""The demo's estate is one that Azure would accept, and its made-up service tags keep the laws of the real ones."""

import json
from collections import Counter
from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import Any

import pytest

from apim_audit.core.facts.verdicts import Verdict
from apim_audit.core.sets.addresses import PUBLIC, parse_addresses
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.demo.estate import STORIES, SUBSCRIPTION, demo_estate
from apim_audit.demo.tags import PART_OF_STORAGE, service_tag_answer

ESTATE = demo_estate()
IDS = {document["id"] for document in ESTATE.documents}


def of_type(kind: str) -> list[Any]:
    return [document for document in ESTATE.documents if document["type"].endswith(kind)]


def tag_sets() -> dict[str, IntervalSet]:
    sets = {}
    for value in service_tag_answer(SUBSCRIPTION)["values"]:
        parsed = [parse_addresses(prefix) for prefix in value["properties"]["addressPrefixes"]]
        sets[value["name"]] = EMPTY
        for addresses in parsed:
            assert addresses is not None
            sets[value["name"]] |= addresses
    return sets


def test_it_is_small_and_shows_both_platforms_both_attachments_and_two_locations() -> None:
    assert 8 <= len(STORIES) <= 12
    assert {story.platform for story in STORIES} >= {"stv1", "stv2"}
    assert {story.attachment for story in STORIES} == {"External", "Internal", "None"}
    assert any(story.north for story in STORIES)
    assert len({story.name for story in STORIES}) == len(STORIES)


def test_every_verdict_occurs() -> None:
    told = {verdict for story in STORIES for verdict in (*story.verdicts.values(), *story.north_verdicts.values())}
    assert told | {"compliant"} == {str(verdict) for verdict in Verdict}


def test_it_is_json_with_ids_that_occur_once() -> None:
    assert json.loads(json.dumps(ESTATE.documents)) == list(ESTATE.documents)
    assert len(IDS) == len(ESTATE.documents)


def test_every_subnet_nsg_and_route_table_that_is_named_exists() -> None:
    networks = of_type("/virtualNetworks")
    subnets = [subnet for network in networks for subnet in network["properties"]["subnets"]]
    named = [
        subnet["properties"][attribute]["id"]
        for subnet in subnets
        for attribute in ("networkSecurityGroup", "routeTable")
        if attribute in subnet["properties"]
    ]
    assert set(named) <= IDS
    own = {subnet["id"] for subnet in subnets}
    for document in [*of_type("/networkSecurityGroups"), *of_type("/routeTables")]:
        assert {entry["id"] for entry in document["properties"]["subnets"]} <= own
    for instance in of_type("/service"):
        sites = [instance["properties"], *(instance["properties"]["additionalLocations"] or [])]
        used = {
            site["virtualNetworkConfiguration"]["subnetResourceId"]
            for site in sites
            if site["platformVersion"] != "mtv1"
        }
        assert used <= own
    assert ESTATE.forbidden <= IDS


def test_subnets_lie_in_their_vnet_and_apart() -> None:
    for network in of_type("/virtualNetworks"):
        space = IPv4Network(network["properties"]["addressSpace"]["addressPrefixes"][0])
        prefixes = [IPv4Network(each["properties"]["addressPrefix"]) for each in network["properties"]["subnets"]]
        assert all(prefix.subnet_of(space) for prefix in prefixes)
        assert not any(first.overlaps(second) for first, second in combinations(prefixes, 2))


@pytest.mark.parametrize("group", of_type("/networkSecurityGroups"), ids=lambda group: group["name"])
def test_rules_are_such_as_azure_accepts(group: Any) -> None:
    rules = [rule["properties"] for rule in group["properties"]["securityRules"]]
    assert all(100 <= rule["priority"] <= 4096 for rule in rules)
    assert max(Counter((rule["direction"], rule["priority"]) for rule in rules).values(), default=1) == 1
    for rule in rules:
        for field in ("sourceAddressPrefix", "destinationAddressPrefix"):
            assert bool(rule.get(field)) != bool(rule.get(f"{field}es"))
        assert bool(rule.get("destinationPortRange")) != bool(rule.get("destinationPortRanges"))
    defaults = [rule["properties"]["priority"] for rule in group["properties"]["defaultSecurityRules"]]
    assert sorted(defaults) == [65000, 65000, 65001, 65001, 65500, 65500]


def test_tags_hold_public_addresses_without_host_bits() -> None:
    for value in service_tag_answer(SUBSCRIPTION)["values"]:
        for prefix in value["properties"]["addressPrefixes"]:
            ip_network(prefix)
    assert all((addresses - PUBLIC) == EMPTY for addresses in tag_sets().values())


def test_regional_tags_are_parts_of_theirs_and_apart() -> None:
    sets = tag_sets()
    regional = {name: addresses for name, addresses in sets.items() if "." in name}
    for name, addresses in regional.items():
        assert (addresses - sets[name.partition(".")[0]]) == EMPTY
    for (first, one), (second, other) in combinations(regional.items(), 2):
        if first.partition(".")[0] == second.partition(".")[0]:
            assert (one & other) == EMPTY, (first, second)


def test_services_are_apart_and_azure_cloud_covers_all_but_a_part_of_storage() -> None:
    sets = tag_sets()
    services = {name: addresses for name, addresses in sets.items() if "." not in name and name != "AzureCloud"}
    for (first, one), (second, other) in combinations(services.items(), 2):
        assert (one & other) == EMPTY, (first, second)
    outside = {name for name, addresses in services.items() if (addresses - sets["AzureCloud"]) != EMPTY}
    assert outside == {"Storage", "AzureActiveDirectory"}


def test_the_part_of_storage_is_a_proper_part_of_the_region() -> None:
    part, whole = parse_addresses(PART_OF_STORAGE), tag_sets()["Storage.WestEurope"]
    assert part is not None
    assert (part - whole) == EMPTY
    assert (whole - part) != EMPTY
