"""One API Management location at a time, with the shipped catalogue and a few made-up tag prefixes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.estate import (
    Estate,
    Instance,
    InstanceKind,
    Location,
    NetworkSecurityGroup,
    Route,
    RouteTable,
    Subnet,
    Unreadable,
    VirtualNetwork,
)
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.reports import LocationReport
from apim_audit.core.facts.requirements import VirtualNetworkType
from apim_audit.core.judging.judge import judge
from apim_audit.core.sets.tags import ServiceTags, fold
from tests.laws.simulator import PlainRule, ends
from tests.laws.translation import addresses, group, network

TAGS = {
    "ApiManagement": ("13.64.39.16/32", "20.40.0.0/24"),
    "ApiManagement.WestEurope": ("20.40.0.0/25",),
    "Storage": ("20.60.0.0/16", "145.190.128.0/17"),
    "Storage.WestEurope": ("20.60.0.0/20",),
    "Storage.NorthEurope": ("20.60.16.0/20",),
    "Sql": ("20.70.0.0/16",),
    "Sql.WestEurope": ("20.70.0.0/20",),
    "Sql.NorthEurope": ("20.70.16.0/20",),
    "Sql.WestUS": (),
    "AzureKeyVault": ("20.80.0.0/16",),
    "AzureKeyVault.WestEurope": ("20.80.0.0/20",),
    "AzureMonitor": ("20.90.0.0/16",),
    "AzureMonitor.WestEurope": ("20.90.0.0/20",),
    "AzureTrafficManager": ("40.68.30.66/32",),
    "AzureActiveDirectory": ("20.100.0.0/24",),
    "AzureConnectors": ("20.101.0.0/24",),
    "EventHub": ("20.102.0.0/24",),
    "AzureCloud": ("13.64.0.0/11", "20.0.0.0/8", "40.68.0.0/14"),
}
"""Storage sticks out of AzureCloud, as in Microsoft's file; the rest is inside."""


def tags_with_data(tags: Mapping[str, tuple[str, ...]] = TAGS) -> ServiceTags:
    """Returns tags with data, and the names of the catalogue."""
    names = {fold(name): name for name in (*load_catalogue().tag_names, *tags)}
    sets = {fold(name): addresses(prefixes) for name, prefixes in tags.items()}
    return ServiceTags(sets, names, "made-up tags", {fold(name): prefixes for name, prefixes in tags.items()})


NO_DATA = tags_with_data({})


def inbound(source: str | tuple[str, ...], ports: str, **changes: object) -> PlainRule:
    """Returns a rule that allows TCP into the subnet."""
    sources = (source,) if isinstance(source, str) else source
    rule = PlainRule("AllowIn", 300, "Inbound", "Allow", "Tcp", sources, ("VirtualNetwork",), (ports,))
    return replace(rule, **changes)  # type: ignore[arg-type]


def outbound(destination: str | tuple[str, ...], ports: str, **changes: object) -> PlainRule:
    """Returns a rule that allows TCP out of the subnet."""
    destinations = (destination,) if isinstance(destination, str) else destination
    rule = PlainRule("AllowOut", 300, "Outbound", "Allow", "Tcp", ("VirtualNetwork",), destinations, (ports,))
    return replace(rule, **changes)  # type: ignore[arg-type]


def deny_all(direction: str, priority: int = 4000) -> PlainRule:
    """Returns a rule that denies everything in one direction."""
    return PlainRule("DenyAll", priority, direction, "Deny", "*", ("*",), ("*",), ("*",))


VNET = network(("10.0.0.0/16",))


@dataclass(frozen=True)
class Site:
    """A location's surroundings; what is not said is sound, and known."""

    rules: tuple[PlainRule, ...] | Unreadable | None = ()
    platform: str | None = "stv2"
    sku: str = "Developer"
    kind: VirtualNetworkType = VirtualNetworkType.EXTERNAL
    regions: tuple[str, ...] = ("West Europe",)
    prefixes: tuple[str, ...] = ("10.0.1.0/24",)
    vnet: VirtualNetwork | Unreadable = VNET
    routes: tuple[str, ...] | Unreadable = ()
    perhaps: frozenset[str] = frozenset()
    tags: ServiceTags = field(default_factory=tags_with_data)
    baseline: str = "2021-12"
    gateway_disabled: bool = False

    def report(self, place: int = 0) -> LocationReport:
        """Returns the report on one location; every location has the same subnet."""
        return self.report_on(self.subnet(), place)

    def report_on(self, subnet: Subnet | Unreadable | None, place: int = 0) -> LocationReport:
        """Returns the report on one location with another subnet."""
        subject = self.instance(subnet)
        found = judge(Estate((subject,)), self.tags, load_catalogue(), self.baseline)
        return found.instances[0].locations[place]

    def check(self, row_id: str, place: int = 0) -> Check:
        """Returns one check of one location."""
        return next(check for check in self.report(place).checks if check.id == row_id)

    def subnet(self) -> Subnet:
        """Returns the subnet with what hangs on it."""
        return Subnet(
            "/subnets/apim", tuple(map(ends, self.prefixes)), self._group(), self.vnet, self._table(), ("any",), ()
        )

    def instance(self, subnet: Subnet | Unreadable | None) -> Instance:
        """Returns an instance all of whose locations are in one subnet."""
        locations = tuple(
            Location(region, not place, self.platform, "/subnets/apim", subnet, gateway_disabled=self.gateway_disabled)
            for place, region in enumerate(self.regions)
        )
        return Instance("/service/c", "c", "g", "s", InstanceKind.SERVICE, self.sku, self.kind, locations)

    def _group(self) -> NetworkSecurityGroup | Unreadable | None:
        if self.rules is None or isinstance(self.rules, Unreadable):
            return self.rules
        return group(self.rules, self.perhaps)

    def _table(self) -> RouteTable | Unreadable | None:
        if isinstance(self.routes, Unreadable):
            return self.routes
        return RouteTable("table", tuple(Route(f"r-{text}", text, "VirtualAppliance") for text in self.routes))


def deciders(check: Check) -> list[str]:
    """Returns the names of the deciding rules, in order."""
    return [rule.name for rule in check.evidence.decided_by]


def shadowed(check: Check) -> list[str]:
    """Returns the names of the shadowed rules, in order."""
    return [rule.name for rule in check.evidence.shadowed]


def others(check: Check) -> dict[str, str]:
    """Returns the other possible verdicts with their conditions."""
    alternatives = getattr(check.outcome, "or_else", ())
    return {other.verdict.value: other.condition for other in alternatives}
