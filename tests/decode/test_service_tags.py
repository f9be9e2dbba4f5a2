"""Service tags: only those that the audit can touch are parsed, and none of another cloud."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit.core.facts.requirements import (
    Baseline,
    Catalogue,
    Flow,
    Level,
    LevelRule,
    NetworkModel,
    Peer,
    PeerKind,
    Requirement,
    Source,
    VirtualNetworkType,
)
from apim_audit.core.facts.rules import Direction
from apim_audit.core.sets.addresses import parse_addresses
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.decode import Decoded, decode
from apim_audit.snapshot import Document, ServiceTagDocument, Snapshot, SourcedDocument
from tests.decode.estates import NO_CATALOGUE, TABLE_ID, estate, nsg, rule, service, subnet, table, vnet

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "servicetags" / "ServiceTags_Public_20251028.json"
DATA = {
    "Storage": ["52.0.0.0/16", "2603::/16", " 53.0.0.1 "],
    "Storage.WestEurope": ["52.0.1.0/24"],
    "Storage.EastUS": ["52.0.2.0/24"],
    "Sql.WestEurope": ["60.0.1.0/24"],
    "Sql.EastUS": ["60.0.2.0/24"],
    "EventHub": ["2603::/16"],
    "AzureCloud": ["61.0.0.0/8"],
    "AzureCloud.WestEurope": ["61.1.0.0/16"],
}


def flow(peer: Peer) -> Requirement:
    return Requirement(
        id=peer.name.lower(),
        title=peer.name,
        flow=Flow(Direction.OUTBOUND, "Tcp", ("443",), peer, {}),
        applies_to=frozenset(VirtualNetworkType),
        levels={NetworkModel.STV2: LevelRule(Level.REQUIRED)},
        purpose="-",
        remedy="-",
        source=Source("-", "-", "2026-01-01", "2026-01-01"),
    )


NO_FLOW = replace(flow(Peer(PeerKind.SUBNET, "nsg-attached")), flow=None)
CATALOGUE = Catalogue(
    (
        Baseline("old", "-", (flow(Peer(PeerKind.TAG, "Storage", regional=True)),)),
        Baseline(
            "new", "-", (NO_FLOW, flow(Peer(PeerKind.TAG, "AzureCloud")), flow(Peer(PeerKind.INTERNET, "Internet")))
        ),
    ),
    frozenset({"Storage", "SQL", "GuestAndHybridManagement"}),
)


def tagged(
    *documents: Document,
    catalogue: Catalogue = NO_CATALOGUE,
    cloud: str | None = None,
    data_cloud: str | None = "Public",
    prefixes: dict[str, Any] | None = None,
) -> Decoded:
    tags = ServiceTagDocument("file", data_cloud, "375", DATA if prefixes is None else prefixes)
    sourced = tuple(SourcedDocument("estate.json", document) for document in documents)
    return decode(Snapshot(sourced, cloud=cloud, service_tags=tags), catalogue)


def addresses(*prefixes: str) -> IntervalSet:
    found = EMPTY
    for prefix in prefixes:
        found = found | (parse_addresses(prefix) or EMPTY)
    return found


def test_without_rules_or_requirements_nothing_is_parsed() -> None:
    decoded = tagged(*estate())
    assert decoded.tags.sets == {}
    assert decoded.tags.origin == "service tags Public 375"


def test_ipv6_is_kept_apart() -> None:
    sets = tagged(*estate(rule(sourceAddressPrefix="Storage", destinationAddressPrefixes=["EventHub"]))).tags.sets
    assert sets == {"storage": addresses("52.0.0.0/16", "53.0.0.1"), "eventhub": EMPTY}


@pytest.mark.parametrize("written", ["storage.westeurope", "STORAGE.WestEurope", " Storage.WestEurope "])
def test_tags_of_rules_in_any_letter_case(written: str) -> None:
    sets = tagged(*estate(rule(destinationAddressPrefix=written))).tags.sets
    assert sets == {"storage.westeurope": addresses("52.0.1.0/24")}


def test_tags_of_routes() -> None:
    route = {"name": "r", "properties": {"addressPrefix": "AzureCloud", "nextHopType": "Internet"}}
    documents = [service(), vnet(subnet(routeTable={"id": TABLE_ID})), nsg(), table(route)]
    assert set(tagged(*documents).tags.sets) == {"azurecloud"}


def test_tags_of_requirements_with_the_regions_of_the_instances() -> None:
    others = [{"location": "East US"}]
    documents = [service(additionalLocations=others), vnet(subnet()), nsg()]
    expected = {"storage", "storage.westeurope", "storage.eastus", "azurecloud"}
    assert set(tagged(*documents, catalogue=CATALOGUE).tags.sets) == expected


def test_a_tag_without_data_brings_its_regions() -> None:
    assert set(tagged(*estate(rule(destinationAddressPrefix="SQL"))).tags.sets) == {"sql.westeurope", "sql.eastus"}


def test_a_regional_tag_without_data_brings_its_family() -> None:
    sets = tagged(*estate(rule(destinationAddressPrefix="Storage.Mars"))).tags.sets
    assert set(sets) == {"storage", "storage.westeurope", "storage.eastus"}


def test_tags_of_an_nsg_that_nobody_uses_are_not_parsed() -> None:
    other = nsg(rule(destinationAddressPrefix="AzureCloud"), nsg_id="/x/networkSecurityGroups/z")
    assert tagged(*estate(), other).tags.sets == {}


def test_names_come_from_the_catalogue_and_the_data_as_azure_writes_them() -> None:
    tags = tagged(*estate(), catalogue=CATALOGUE).tags
    assert {"sql", "guestandhybridmanagement", "storage", "storage.eastus", "eventhub"} <= tags.names.keys()
    assert tags.written("guestandhybridmanagement") == "GuestAndHybridManagement"
    assert tags.written("storage.eastus") == "Storage.EastUS"


def test_no_data_at_all() -> None:
    tags = decode(Snapshot(()), CATALOGUE).tags
    assert (tags.sets, tags.origin) == ({}, "")
    assert set(tags.names) == {"storage", "sql", "guestandhybridmanagement"}


@pytest.mark.parametrize("prefixes", [["52.0.0.0/16", "52.0.0.0/99"], ["x"], [3], [None], "52.0.0.0/16", None, {}])
def test_a_tag_that_makes_no_sense_counts_as_one_without_data(prefixes: object) -> None:
    data = {**DATA, "AzureCloud": prefixes}
    used = [rule(destinationAddressPrefix="AzureCloud"), rule("B", destinationAddressPrefix="Storage")]
    decoded = tagged(*estate(*used), prefixes=data)
    assert set(decoded.tags.sets) == {"storage"}
    assert decoded.tags.knows("azurecloud")
    (entry,) = decoded.incomplete
    assert (entry.reason, entry.needed) == ("invalid", True)
    assert "tag AzureCloud" in entry.message


def doubtful(*rules: Document, **doubts: Any) -> Decoded:
    tags = replace(ServiceTagDocument("file", "Public", "375", DATA), **doubts)
    sourced = tuple(SourcedDocument("estate.json", document) for document in estate(*rules))
    return decode(Snapshot(sourced, service_tags=tags), NO_CATALOGUE)


def test_a_tag_that_contradicts_itself_counts_as_one_without_data() -> None:
    decoded = doubtful(rule(destinationAddressPrefix="Twice"), contradictory=("Twice", "Other"))
    assert "twice" not in decoded.tags.sets
    assert decoded.tags.written("twice") == "Twice"
    (entry,) = decoded.incomplete
    assert (entry.id, entry.reason, entry.needed) == ("service tag Twice", "invalid", True)
    assert entry.message == (
        "service tags Public 375: tag Twice: is there twice with different prefixes, so the tag counts as one without "
        "data"
    )
    assert decoded.notes == ()


def test_tags_that_are_not_whole_are_told() -> None:
    (note,) = doubtful(rule(), whole=False).notes
    assert note.startswith("The service tags are not whole (nextLink is set): a tag that they lack counts as one")
    assert doubtful(rule()).notes == ()
    assert doubtful(rule(), whole=False, cloud=None).notes == (note,)


def test_a_tag_that_makes_no_sense_and_is_not_used_does_not_matter() -> None:
    assert tagged(*estate(), prefixes={"AzureCloud": ["x"]}).incomplete == ()


@pytest.mark.parametrize(
    ("cloud", "location", "data_cloud", "counts"),
    [
        ("AzureCloud", "usgovvirginia", "Public", True),  # what the snapshot says counts more than the region's name
        ("AzureCloud", "westeurope", "public", True),
        ("AzureCloud", "westeurope", None, True),
        ("AzureCloud", "westeurope", "China", False),
        ("AzureUSGovernment", "usgovvirginia", "AzureGovernment", True),
        ("AzureUSGovernment", "usgovvirginia", "Public", False),
        ("AzureChinaCloud", "chinaeast2", "China", True),
        (None, "West Europe", "Public", True),
        (None, "West Europe", "AzureGovernment", False),
        (None, "USGov Virginia", "AzureGovernment", True),
        (None, "usdodcentral", "AzureGovernment", True),
        (None, "usgovarizona", "Public", False),
        (None, "China North 3", "China", True),
        (None, "China North 3", "Public", False),
        (None, "westeurope", "AzureGermany", False),
    ],
)
def test_data_of_another_cloud_is_no_data(
    cloud: str | None,
    location: str,
    data_cloud: str | None,
    counts: bool,  # noqa: FBT001  (a table)
) -> None:
    documents = [{**service(), "location": location}, vnet(subnet()), nsg(rule(destinationAddressPrefix="Storage"))]
    decoded = tagged(*documents, cloud=cloud, data_cloud=data_cloud)
    assert bool(decoded.tags.sets) == counts
    assert ("(those given are of" in decoded.tags.origin) == (not counts)
    assert bool(decoded.notes) == (not counts)


def test_the_note_names_both_clouds() -> None:
    decoded = tagged(*estate(), data_cloud="China")
    (note,) = decoded.notes
    assert "China" in note
    assert "Public" in note
    assert decoded.tags.sets == {}
    # The core asks: which addresses has Sql? It is not in ...
    assert decoded.tags.origin == "the service tags that count (those given are of China, the instances in Public)"


def test_instances_of_several_clouds_have_no_tags_in_common() -> None:
    other = {**service(f"{service()['id']}-cn", virtualNetworkType="None", virtualNetworkConfiguration=None)}
    for cloud in ("China", "Public"):
        decoded = tagged(*estate(), {**other, "location": "China North 3"}, data_cloud=cloud)
        assert decoded.tags.origin.endswith(f"(those given are of {cloud}, the instances in China and Public)")
        assert "are in China and Public: the tags count as unknown" in decoded.notes[0]


def test_a_cloud_that_nobody_knows_is_told_without_its_control_characters() -> None:
    (note,) = tagged(*estate(), data_cloud="\x1b[2JMoon").notes
    assert "\\x1b[2JMoon" in note
    assert note.isprintable()


def test_the_origin_of_tags_of_an_unknown_cloud_is_fit_for_a_screen() -> None:
    assert tagged(*estate(), data_cloud="\x1b[2JMoon").tags.origin.isprintable()


def test_microsofts_weekly_file() -> None:
    if not REAL.exists():
        pytest.skip("the service tag file of Microsoft is not beside the checkout (shared/data/servicetags)")
    data = json.loads(REAL.read_text(encoding="utf-8"))
    prefixes = {tag["name"]: tag["properties"]["addressPrefixes"] for tag in data["values"]}
    used = [rule(f"R{number}", destinationAddressPrefix=name) for number, name in enumerate(prefixes)]
    decoded = tagged(*estate(*used), prefixes=prefixes)
    assert decoded.incomplete == ()
    assert len(decoded.tags.sets) == len(prefixes)
    assert parse_addresses("13.64.39.16") is not None
    assert 0x0D402710 in decoded.tags.sets["apimanagement"]  # 13.64.39.16
