"""The list of service tag names is in step with Microsoft's own files."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.sets.addresses import parse_span
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import NAMES_WITHOUT_DATA, fold

DATA = Path(__file__).parents[3] / "shared" / "data" / "servicetags"
LINES = files("apim_audit.catalogue").joinpath("service-tags.txt").read_text(encoding="utf-8").splitlines()
SPECIAL = {
    "VirtualNetwork",
    "Internet",
    "AzureLoadBalancer",
    "AzurePlatformDNS",
    "AzurePlatformIMDS",
    "AzurePlatformLKM",
}


# AzureMonitor.Core is no region; the pair of AzurePortal overlaps in the Government cloud.
OVERLAPPING = {"azuremonitor", "azureportal"}


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    if not DATA.is_dir():
        pytest.skip("shared/data/servicetags is not beside the checkout")
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json"))]


def ipv4_sets(document: dict[str, Any]) -> dict[str, IntervalSet]:
    spans = {
        fold(value["name"]): [
            parse_span(prefix) for prefix in value["properties"]["addressPrefixes"] if ":" not in prefix
        ]
        for value in document["values"]
    }
    return {name: IntervalSet.union_of(span for span in found if span) for name, found in spans.items()}


def test_the_list_has_the_names_of_all_clouds_and_no_others(documents: list[dict[str, Any]]) -> None:
    named = {value["name"] for document in documents for value in document["values"]}
    assert load_catalogue().tag_names == named | SPECIAL
    for document in documents:
        assert f"{document['cloud']} change {document['changeNumber']}" in LINES[0]


def test_a_region_lies_within_its_tag_in_every_cloud(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        sets = ipv4_sets(document)
        regional = {name: sets.get(name.partition(".")[0]) for name in sets if "." in name}
        assert [name for name, whole in regional.items() if whole is not None and not sets[name] <= whole] == []


def test_regions_of_a_tag_share_no_address_save_two_known_tags(documents: list[dict[str, Any]]) -> None:
    overlapping = set()
    for document in documents:
        regions: dict[str, list[IntervalSet]] = {}
        for name, addresses in ipv4_sets(document).items():
            if "." in name:
                regions.setdefault(name.partition(".")[0], []).append(addresses)
        for tag, parts in regions.items():
            together = IntervalSet.union_of(span for part in parts for span in part.spans())
            if together.size() < sum(part.size() for part in parts):
                overlapping.add(tag)
    assert overlapping == OVERLAPPING


def test_the_list_is_sorted_after_one_line_of_source() -> None:
    assert LINES[0].startswith("# ")
    assert LINES[1:] == sorted(LINES[1:])
    assert load_catalogue().tag_names == set(LINES[1:])


def test_names_differ_in_more_than_letter_case() -> None:
    names = load_catalogue().tag_names
    assert len({fold(name) for name in names}) == len(names)


def test_tags_that_no_file_lists_are_known_by_name() -> None:
    assert {fold(name) for name in load_catalogue().tag_names} >= NAMES_WITHOUT_DATA
