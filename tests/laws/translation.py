"""From the plain text of the simulator to the values that the core judges."""

from collections.abc import Container, Iterable, Mapping

from apim_audit.core.facts.estate import (
    Estate,
    Instance,
    InstanceKind,
    Location,
    NetworkSecurityGroup,
    Peering,
    Subnet,
    VirtualNetwork,
)
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.requirements import (
    Baseline,
    Catalogue,
    Flow,
    Level,
    LevelRule,
    NetworkModel,
    Peer,
    Requirement,
    Source,
    VirtualNetworkType,
)
from apim_audit.core.facts.rules import Access, Direction, SecurityRule, Side
from apim_audit.core.judging.judge import judge
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold
from tests.laws.simulator import PlainRule, ends, port_ends

SOURCE = Source("made for a test", "tests", "2026-11-22", "2026-11-22")
NETWORK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network"


def addresses(texts: Iterable[str]) -> IntervalSet:
    """Returns the addresses of prefixes and ranges."""
    return IntervalSet.union_of(map(ends, texts))


def ports(texts: Iterable[str]) -> IntervalSet:
    """Returns the ports of ports, port ranges and ``*``."""
    return IntervalSet.union_of(map(port_ends, texts))


def side(texts: Iterable[str]) -> Side:
    """Returns a side of a rule; what begins with ``asg:`` is an application security group."""
    texts = tuple(texts)
    groups = tuple(text for text in texts if text.startswith("asg:"))
    return Side(tuple(text for text in texts if text not in groups), groups)


def security_rule(rule: PlainRule, *, certain: bool = True) -> SecurityRule:
    """Returns a rule as the core knows it."""
    return SecurityRule(
        rule.name,
        rule.priority,
        Direction(rule.direction),
        Access(rule.access),
        rule.protocol.strip().lower().replace("any", "*"),
        side(rule.sources),
        ports(rule.source_ports),
        side(rule.destinations),
        ports(rule.destination_ports),
        certain,
    )


def group(rules: Iterable[PlainRule], perhaps: Container[str] = ()) -> NetworkSecurityGroup:
    """Returns an NSG of plain rules; those named in ``perhaps`` are perhaps there."""
    values = tuple(security_rule(rule, certain=rule.name not in perhaps) for rule in rules)
    return NetworkSecurityGroup(f"{NETWORK}/networkSecurityGroups/nsg", values, {})


def network(vnet: Iterable[str], peers: Iterable[str] = ()) -> VirtualNetwork:
    """Returns a VNet with one peering for each prefix of its peers."""
    peerings = tuple(Peering(f"peer-{text}", addresses([text]), addresses([text])) for text in peers)
    return VirtualNetwork(f"{NETWORK}/virtualNetworks/vnet", addresses(vnet), peerings)


def service_tags(tags: Mapping[str, Iterable[str]], names: Iterable[str] = ()) -> ServiceTags:
    """Returns tags with data, and names of tags without."""
    sets = {fold(name): addresses(prefixes) for name, prefixes in tags.items()}
    return ServiceTags(sets, {fold(name): name.strip() for name in (*tags, *names)}, "tags of a test")


def row(row_id: str, direction: str, protocol: str, needed_ports: tuple[str, ...], peer: Peer) -> Requirement:
    """Returns a catalogue row that both platforms require."""
    return Requirement(
        id=row_id,
        title=row_id,
        flow=Flow(Direction(direction), protocol, needed_ports, peer, {}),
        applies_to=frozenset(VirtualNetworkType),
        levels={model: LevelRule(Level.REQUIRED) for model in NetworkModel},
        purpose="a test",
        remedy="none",
        source=SOURCE,
    )


def catalogue_of(rows: Iterable[Requirement], names: Iterable[str] = ()) -> Catalogue:
    """Returns a catalogue of one baseline, ``test``."""
    return Catalogue((Baseline("test", "made for a test", tuple(rows)),), frozenset(names))


def instance(
    *subnets: Subnet | None,
    regions: tuple[str, ...] = ("east", "west"),
    platform: str | None = "stv2",
    sku: str = "Premium",
) -> Instance:
    """Returns an instance with one location for each subnet, the primary first."""
    locations = tuple(
        Location(region, place == 0, platform, subnet.id if subnet else None, subnet)
        for place, (region, subnet) in enumerate(zip(regions, subnets, strict=False))
    )
    return Instance(
        "/service/contoso", "contoso", "g", "s", InstanceKind.SERVICE, sku, VirtualNetworkType.EXTERNAL, locations
    )


def judged(subject: Instance, tags: ServiceTags, catalogue: Catalogue, place: int = 0) -> dict[str, Check]:
    """Judges an instance and returns the checks of one of its locations by id."""
    baseline_id = catalogue.baselines[0].id
    report = judge(Estate((subject,)), tags, catalogue, baseline_id).instances[0]
    return {check.id: check for check in report.locations[place].checks}
