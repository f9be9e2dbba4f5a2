"""Random estates as ARM documents; their NSGs have the shape that people's NSGs are thought to have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from random import Random

from apim_audit.demo.documents import (
    Place,
    Prefixes,
    Rule,
    Site,
    allow_in,
    allow_out,
    network_security_group,
    service,
    subnet,
    virtual_network,
)
from apim_audit.snapshot import Document, ServiceTagDocument, load_service_tags

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
PLACE = Place(SUBSCRIPTION, "rg-apis", "West Europe")

_TAG_FILES = Path(__file__).parents[3] / "shared" / "data" / "servicetags"
_TAGS = (
    "ApiManagement", "AzureActiveDirectory", "AzureCloud", "AzureCloud.westeurope", "AzureConnectors",
    "AzureFrontDoor.Backend", "AzureKeyVault", "AzureMonitor", "AzureTrafficManager", "EventHub", "Sql",
    "Sql.WestEurope", "Storage", "Storage.WestEurope",
)  # fmt: skip
_NAMES = (*_TAGS, "Internet", "VirtualNetwork", "AzureLoadBalancer")
_PORTS = ("443", "80", "3443", "6390", "1433", "22", "3389", "8080", "53", "25")
_FIRST = 120
_BOTTOM = 0.8

REQUIRED = (
    allow_in(100, "AllowClients", "Internet", ("80", "443")),
    allow_in(101, "AllowManagement", "ApiManagement", "3443"),
    allow_in(102, "AllowLoadBalancer", "AzureLoadBalancer", "6390"),
    allow_out(100, "AllowStorage", "Storage", "443"),
    allow_out(101, "AllowSql", "Sql", "1433"),
    allow_out(102, "AllowKeyVault", "AzureKeyVault", "443"),
)
"""Rules that serve every flow of the default baseline; the random ones have later priorities."""


def public_tag_file() -> Path:
    """Returns Microsoft's service tag file of the public cloud, which the project does not contain.

    Raises:
        SystemExit: it is not there.
    """
    found = sorted(_TAG_FILES.glob("ServiceTags_Public_*.json"))
    if not found:
        message = f"needs a ServiceTags_Public_*.json (Azure IP Ranges and Service Tags) in {_TAG_FILES}"
        raise SystemExit(message)
    return found[-1]


def public_tags() -> ServiceTagDocument:
    """Returns the public cloud's service tags."""
    return load_service_tags(str(public_tag_file()))


@dataclass(frozen=True)
class Maker:
    """Makes rules.

    Attributes:
        real_prefixes: IPv4 prefixes of service tags, from which half of the rules' prefixes are carved.
    """

    random: Random
    real_prefixes: Sequence[str]

    @classmethod
    def of(cls, random: Random, tags: ServiceTagDocument) -> "Maker":
        """Returns a maker for a file of service tags."""
        return cls(random, [text for name in _TAGS for text in tags.prefixes[name] if ":" not in text])

    def rules(self, count: int) -> list[Rule]:
        """Returns rules with distinct priorities, those that match everything mostly at the bottom."""
        drafts = sorted((self._rule() for _ in range(count)), key=self._rank)
        priorities = sorted(self.random.sample(range(_FIRST, 4097), count))
        return [Rule(priority, f"rule-{priority}", *draft) for priority, draft in zip(priorities, drafts, strict=True)]

    def _rule(self) -> tuple[str, str, Prefixes, Prefixes, Prefixes, str]:
        random = self.random
        direction = random.choice(("Inbound", "Outbound"))
        ends = self._other(), self._own()
        source, destination = ends if direction == "Inbound" else ends[::-1]
        access = "Deny" if random.random() < 0.3 else "Allow"
        protocol = random.choices(("Tcp", "*", "Udp", "Icmp"), (60, 22, 12, 6))[0]
        return direction, access, source, destination, self._ports(), protocol

    def _rank(self, draft: tuple[object, ...]) -> float:
        wide = "*" in draft[2:4] and self.random.random() < _BOTTOM
        return wide + self.random.random()

    def _other(self) -> Prefixes:
        chance = self.random.random()
        if chance < 0.22:
            return "*"
        if chance < 0.44:
            return self.random.choice(_NAMES)
        return _one_or_many([self._prefix() for _ in range(self.random.randint(1, 8))])

    def _prefix(self) -> str:
        random = self.random
        if random.random() < 0.5:
            network = IPv4Network(random.choice(self.real_prefixes))
            inner = random.randint(network.prefixlen, 32)
            start = int(network.network_address) + random.randrange(network.num_addresses)
            return str(IPv4Network((start, inner), strict=False))
        return str(
            IPv4Network((random.randrange(1 << 24, 224 << 24), random.choice((12, 16, 20, 24, 32))), strict=False)
        )

    def _own(self) -> Prefixes:
        random = self.random
        inner = IPv4Network(
            (int(IPv4Address("10.0.0.0")) + random.randrange(1 << 16), random.randint(16, 32)), strict=False
        )
        return random.choice(("*", "VirtualNetwork", "10.0.1.0/24", str(inner)))

    def _ports(self) -> Prefixes:
        random = self.random
        chance = random.random()
        if chance < 0.25:
            return "*"
        if chance < 0.65:
            return random.choice(_PORTS)
        if chance < 0.85:
            return tuple(random.sample(_PORTS, 3))
        first = random.randrange(1, 60_000)
        return f"{first}-{first + random.randrange(5_000)}"


def _one_or_many(texts: Sequence[str]) -> Prefixes:
    return texts[0] if len(texts) == 1 else tuple(texts)


def instance(name: str, rules: Sequence[Rule]) -> tuple[Document, Document, Document]:
    """Returns an External stv2 instance in a VNet of its own, with an NSG."""
    network_id = PLACE.id("Microsoft.Network/virtualNetworks", f"vnet-{name}")
    group = network_security_group(PLACE, f"nsg-{name}", rules)
    inside = subnet(network_id, "apim", "10.0.1.0/24", group["id"])
    network = virtual_network(PLACE, f"vnet-{name}", "10.0.0.0/16", [inside])
    return service(PLACE, name, "Premium", "External", (Site("West Europe", inside["id"]),)), network, group


def documents(maker: Maker, count: int, rules: int, *, served: bool = False) -> Iterator[Document]:
    """Yields the documents of an estate, each instance with random rules of its own.

    Args:
        maker: makes the rules.
        count: how many instances.
        rules: how many rules each NSG has.
        served: whether the rules that are required come first, and random ones behind them.
    """
    for place in range(count):
        random = maker.rules(rules - len(REQUIRED) if served else rules)
        yield from instance(f"apim-{place:05}", (*REQUIRED, *random) if served else random)
