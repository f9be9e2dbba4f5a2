"""Route tables against brute force: address by address, the longest prefix wins; where data lacks, over the data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, ip_network
from itertools import combinations, permutations, product
from random import Random

import pytest

from apim_audit.core.engine.resolve import resolve_tag
from apim_audit.core.facts.estate import Route
from apim_audit.core.judging.routes import way_out
from apim_audit.core.sets.tags import ServiceTags
from tests.laws.translation import addresses

CHUNK = 60
CHUNKS = 8
NAMES = ("ApiManagement", "ApiManagement.east", "Storage", "AzureCloud", "AzureCloud.east")
HOPS = ("Internet", "Internet", "VirtualAppliance", "VirtualNetworkGateway")
POOL = ("20.0.0.0/30", "20.0.0.0/31", "20.0.0.2/31", "20.0.0.0/32", "20.0.0.1/32", "20.0.0.3/32", "20.0.0.4/31")
LITERALS = (*POOL, "0.0.0.0/0", "20.0.0.0/8", "16.0.0.0/4", "9.0.0.0/8", "20.0.0.0/29")
Data = Mapping[str, tuple[str, ...]]


def tags_of(data: Data, names: Sequence[str] = NAMES) -> ServiceTags:
    folded = {name.lower(): prefixes for name, prefixes in data.items()}
    sets = {name: addresses(prefixes) for name, prefixes in folded.items()}
    return ServiceTags(sets, {name.lower(): name for name in names}, "", folded)


def told(routes: Sequence[Route], tags: ServiceTags) -> set[str]:
    """Returns the verdicts that the core leaves possible."""
    destinations = resolve_tag("apimanagement", tags)
    return {verdict.value for verdict in way_out(destinations, routes, tags).verdicts()}


@cache
def parsed(text: str) -> IPv4Network:
    network = ip_network(text)
    assert isinstance(network, IPv4Network)
    return network


def kind(name: str) -> int:
    """Returns the place of a route among those of an equal prefix."""
    head, dot, _ = name.lower().partition(".")
    if name[0].isdigit():
        return 0
    return (3 if dot else 4) if head == "azurecloud" else (1 if dot else 2)


@dataclass(frozen=True)
class Brute:
    """A table in a world in which every tag has data."""

    routes: tuple[Route, ...]
    data: Data

    def verdicts(self) -> set[str]:
        """Returns the verdict for every order in which routes of equal prefixes may count."""
        return {self._verdict(order) for order in permutations(range(len(self.routes)))}

    def _verdict(self, order: Sequence[int]) -> str:
        lost = {self._is_lost(int(address), order) for text in self.data["ApiManagement"] for address in parsed(text)}
        return "compliant" if lost == {False} else "missing" if lost == {True} else "partial"

    def _is_lost(self, address: int, order: Sequence[int]) -> bool:
        found = [
            (-prefix.prefixlen, kind(route.prefix), order[number], route.next_hop_type)
            for number, route in enumerate(self.routes)
            for prefix in map(parsed, self.data.get(route.prefix, (route.prefix,)))
            if int(prefix.network_address) <= address <= int(prefix.broadcast_address)
        ]
        return bool(found) and min(found)[-1] != "Internet"


def random_routes(random: Random, prefixes: Sequence[str], most: int) -> tuple[Route, ...]:
    count = random.randint(1, most)
    return tuple(Route(f"r{n}", random.choice(prefixes), random.choice(HOPS)) for n in range(count))


def random_data(random: Random) -> Data:
    whole = tuple(random.sample(POOL, random.randint(1, 4)))
    data = {name: tuple(random.sample(POOL, random.randint(1, 3))) for name in NAMES}
    return {**data, "ApiManagement": whole, "ApiManagement.east": whole[:1]}


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_with_data_the_longest_prefix_decides_every_address(seed: int) -> None:
    random = Random(seed)
    for _ in range(CHUNK):
        routes, data = random_routes(random, (*LITERALS, *NAMES, *NAMES), 4), random_data(random)
        assert told(routes, tags_of(data)) == Brute(routes, data).verdicts(), (routes, data)


def worlds(names: Sequence[str]) -> Iterator[Data]:
    """Yields data for tags, each of one or two prefixes out of a few."""
    few = ("20.0.0.0/30", "20.0.0.0/31", "20.0.0.0/32", "12.0.0.0/24", "130.0.0.0/24")
    options = [(one,) for one in few] + list(combinations(few, 2))
    for chosen in product(options, repeat=len(names)):
        yield dict(zip(names, chosen, strict=True))


WITHOUT = ("ApiManagement", "Storage")
WIDE = (*WITHOUT, *WITHOUT, "0.0.0.0/0", "0.0.0.0/1", "8.0.0.0/5")
INSIDE = ("20.0.0.0/8", "20.0.0.0/30", "20.0.0.0/31", "20.0.0.0/32")


def without_data(seed: int, prefixes: Sequence[str]) -> Iterator[tuple[set[str], set[str], tuple[Route, ...]]]:
    """Yields what is told of random tables without data, and what comes out over all data."""
    random = Random(seed)
    for _ in range(CHUNK // 12):
        routes = random_routes(random, prefixes, 3)
        possible = set[str]().union(*(Brute(routes, data).verdicts() for data in worlds(WITHOUT)))
        yield told(routes, tags_of({}, WITHOUT)), possible, routes


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_without_data_nothing_is_definite_where_data_could_change_it(seed: int) -> None:
    for found, possible, routes in without_data(100 + seed, (*WIDE, *INSIDE)):
        assert ("compliant" in found) >= ("compliant" in possible), (routes, found, possible)
        assert bool(found - {"compliant"}) >= bool(possible - {"compliant"}), (routes, found, possible)


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_without_data_names_decide_what_no_data_could_change(seed: int) -> None:
    for found, possible, routes in without_data(200 + seed, WIDE):
        assert ("compliant" in found) == ("compliant" in possible), (routes, found, possible)
        assert bool(found - {"compliant"}) == bool(possible - {"compliant"}), (routes, found, possible)
