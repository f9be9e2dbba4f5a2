"""Random NSGs with the tags that Microsoft publishes and the rows that the program ships with."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.requirements import NetworkModel, PeerKind, Requirement
from tests.laws.comparing import differences
from tests.laws.random_nsgs import real_case

TAG_FILE = Path(__file__).parents[2] / ".." / "shared" / "data" / "servicetags" / "ServiceTags_Public_20251028.json"
REGIONS = ("westeurope", "northeurope", "westus")
CHUNK = 20
CHUNKS = 10


@cache
def rows() -> tuple[Requirement, ...]:
    """Returns the rows of the newest baseline that are about flows to something with addresses."""
    return tuple(
        requirement
        for requirement in load_catalogue().baselines[-1].requirements
        if requirement.flow is not None
        and requirement.flow.peer.kind is not PeerKind.DNS_SERVERS
        and NetworkModel.STV2 in requirement.levels
    )


@cache
def real_tags() -> Mapping[str, tuple[str, ...]]:
    """Returns the IPv4 prefixes of the tags that the rows name, of some of their regions, and of AzureCloud."""
    values = json.loads(TAG_FILE.read_text(encoding="utf-8"))["values"]
    peers = {row.flow.peer.name.lower() for row in rows() if row.flow is not None} | {"azurecloud"}
    wanted = peers | {f"{peer}.{region}" for peer in peers for region in REGIONS}
    return {
        value["name"].lower(): tuple(text for text in value["properties"]["addressPrefixes"] if ":" not in text)
        for value in values
        if value["name"].lower() in wanted
    }


def disagreements(seed: int, count: int) -> list[str]:
    if not TAG_FILE.is_file():
        pytest.skip("the folder shared/data with the public service tags does not stand beside this checkout")
    random = Random(seed)
    cases = (real_case(random, real_tags(), rows()) for _ in range(count))
    return [f"case {place} of seed {seed}: {text}" for place, case in enumerate(cases) for text in differences(case)]


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_the_core_agrees_with_the_simulator_on_real_tags(seed: int) -> None:
    assert disagreements(seed, CHUNK) == []


@pytest.mark.wide
@pytest.mark.parametrize("seed", range(1000, 1000 + 20 * CHUNKS))
def test_the_core_agrees_with_the_simulator_on_real_tags_many_times(seed: int) -> None:
    assert disagreements(seed, CHUNK) == []
