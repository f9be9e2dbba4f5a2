"""The demo's estate: twelve instances, each of which tells one story about security rules.

What each is found to be is noted beside it, for the baseline 2021-12; checks that are not named are compliant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import (
    Place,
    Rule,
    Site,
    allow_in,
    allow_out,
    deny_in,
    deny_out,
    network_security_group,
    peered,
    route_table,
    service,
    subnet,
    virtual_network,
)
from apim_audit.demo.parts import Parts, connectivity, observed_at, part
from apim_audit.demo.tags import MANAGEMENT_ADDRESSES, PART_OF_STORAGE, service_tag_answer
from apim_audit.snapshot import Document

SUBSCRIPTION = "dec0de00-0000-4000-8000-000000000001"

_SERVICES = Place(SUBSCRIPTION, "rg-apis", "West Europe")
_WEST = Place(SUBSCRIPTION, "rg-network-westeurope", "West Europe")
_NORTH = Place(SUBSCRIPTION, "rg-network-northeurope", "North Europe")
_HUB = Place(SUBSCRIPTION, "rg-network-hub", "West Europe")

_CLIENTS = allow_in(100, "AllowClients", "Internet", ("80", "443"))
_MANAGEMENT = allow_in(110, "AllowManagement", "ApiManagement", "3443")
_PROBE = allow_in(120, "AllowLoadBalancerProbe", "AzureLoadBalancer", "6390")
_NO_MORE_IN = deny_in(4096, "DenyAllOtherInbound")

_STORAGE = allow_out(110, "AllowStorage", "Storage", "443")
_SQL = allow_out(120, "AllowSql", "Sql", "1433")
_KEY_VAULT = allow_out(130, "AllowKeyVault", "AzureKeyVault", "443")
_MONITOR = allow_out(140, "AllowMonitor", "AzureMonitor", ("1886", "443"))
_CERTIFICATES = allow_out(150, "AllowCertificateChecks", "Internet", "80")
_NO_MORE_OUT = deny_out(4096, "DenyAllOtherOutbound")
_OTHER_OUT = (_KEY_VAULT, _MONITOR, _CERTIFICATES, _NO_MORE_OUT)

_GOOD_IN = (_CLIENTS, _MANAGEMENT, _PROBE, _NO_MORE_IN)
_GOOD_OUT = (_STORAGE, _SQL, *_OTHER_OUT)
_GOOD = (*_GOOD_IN, *_GOOD_OUT)

Verdicts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """An instance and what it shows.

    Attributes:
        name: the instance's name.
        tells: what is the matter, one sentence.
        rules: the custom rules of its NSG; None for a subnet without an NSG.
        verdicts: what the checks of its primary location find, by requirement, where they are not compliant.
        attachment: its virtualNetworkType.
        platform: its platformVersion.
        sku: its tier.
        readable: whether the identity may read its NSG.
        north: the rules of its second location, in North Europe, where it has one.
        north_verdicts: what the checks find there, likewise.
    """

    name: str
    tells: str
    rules: tuple[Rule, ...] | None
    verdicts: Verdicts = field(default_factory=dict)
    attachment: str = "External"
    platform: str = "stv2"
    sku: str = "Developer"
    readable: bool = True
    north: tuple[Rule, ...] | None = None
    north_verdicts: Verdicts = field(default_factory=dict)


STORIES = (
    Story(
        "apim-all-allowed",
        "Every required flow has a rule of its own, ahead of a Deny for the rest.",
        _GOOD,
    ),
    Story(
        "apim-consumption",
        "The Consumption tier has no VNet: there is nothing to judge.",
        None,
        attachment="None",
        platform="mtv1",
        sku="Consumption",
    ),
    Story(
        "apim-default-rules-only",
        "An NSG without a rule of its own: the default rules let the outbound half and the probe pass, nothing else.",
        (),
        {
            "client-https": "missing",
            "client-http": "missing",
            "management": "missing",
            "load-balancer": "default-only",
            "storage": "default-only",
            "sql": "default-only",
            "key-vault": "default-only",
        },
    ),
    Story(
        "apim-deny-before-allow",
        "DenyEverything at 200 is reached before AllowManagement at 300.",
        (
            _CLIENTS,
            allow_in(110, "AllowLoadBalancerProbe", "AzureLoadBalancer", "6390"),
            deny_in(200, "DenyEverything"),
            allow_in(300, "AllowManagement", "ApiManagement", "3443"),
            *_GOOD_OUT,
        ),
        {"management": "blocked"},
    ),
    Story(
        "apim-no-nsg",
        "No NSG on the subnet: on stv2 the load balancer then passes nothing in, and outbound nothing is said.",
        None,
        {
            "nsg-attached": "missing",
            "client-https": "missing",
            "client-http": "missing",
            "management": "missing",
            "load-balancer": "missing",
            "storage": "default-only",
            "sql": "default-only",
            "key-vault": "default-only",
        },
    ),
    Story(
        "apim-nsg-not-readable",
        "The identity may not read the NSG, so nothing can be told.",
        _GOOD,
        {
            "client-https": "unknown",
            "client-http": "unknown",
            "management": "unknown",
            "load-balancer": "unknown",
            "storage": "unknown",
            "sql": "unknown",
            "key-vault": "unknown",
        },
        readable=False,
    ),
    Story(
        "apim-part-of-storage-denied",
        "DenyOldStorage takes a part of the Storage tag out before AllowStorage is reached.",
        (*_GOOD_IN, deny_out(100, "DenyOldStorage", PART_OF_STORAGE, "443"), *_GOOD_OUT),
        {"storage": "partial"},
    ),
    Story(
        "apim-pinned-management",
        "AllowManagement lists the control plane's addresses of today instead of its service tag.",
        (_CLIENTS, allow_in(110, "AllowManagement", MANAGEMENT_ADDRESSES, "3443"), _PROBE, _NO_MORE_IN, *_GOOD_OUT),
        {"management": "pinned"},
    ),
    Story(
        "apim-sql-port-typo",
        "AllowSql names port 1443 instead of 1433, and the Deny behind it takes what SQL really needs.",
        (*_GOOD_IN, _STORAGE, allow_out(120, "AllowSql", "Sql", "1443"), *_OTHER_OUT),
        {"sql": "blocked"},
    ),
    Story(
        "apim-stv1-probe-ports",
        "On stv1 the load balancer needs every port; a rule written for stv2 opens only 6390 ahead of the Deny.",
        _GOOD,
        {"client-https": "not-applicable", "client-http": "not-applicable", "load-balancer": "partial"},
        attachment="Internal",
        platform="stv1",
        sku="Premium",
    ),
    Story(
        "apim-two-regions",
        "The second region may reach its own Storage and SQL, but not those of the primary region, which it needs too.",
        (
            *_GOOD_IN,
            allow_out(110, "AllowStorage", "Storage.WestEurope", "443"),
            allow_out(120, "AllowSql", "Sql.WestEurope", "1433"),
            *_OTHER_OUT,
        ),
        {"client-https": "not-applicable", "client-http": "not-applicable"},
        attachment="Internal",
        sku="Premium",
        north=(
            *_GOOD_IN,
            allow_out(110, "AllowStorage", "Storage.NorthEurope", "443"),
            allow_out(120, "AllowSql", "Sql.NorthEurope", "1433"),
            *_OTHER_OUT,
        ),
        north_verdicts={
            "client-https": "not-applicable",
            "client-http": "not-applicable",
            "storage": "partial",
            "sql": "partial",
        },
    ),
    Story(
        "apim-vnet-deny-takes-probe",
        "DenyVirtualNetwork also takes the load balancer's probe, whose address belongs to VirtualNetwork.",
        (_CLIENTS, _MANAGEMENT, deny_in(4096, "DenyVirtualNetwork", "VirtualNetwork"), *_GOOD_OUT),
        {"load-balancer": "blocked"},
    ),
)


def demo_estate(observed: str = "2026-11-22T06:00:00.0000000Z") -> ServedEstate:
    """Returns the estate: the instances and their networks, and some networks that have nothing to do with them.

    Args:
        observed: when the services have last looked at their dependencies.
    """
    attached = [story for story in STORIES if story.attachment != "None"]
    west = _networks(_WEST, "10.20", {story.name: story.rules for story in attached})
    north = _networks(_NORTH, "10.30", {story.name: story.north for story in attached if story.north is not None})
    forbidden = frozenset(_nsg_id(_WEST, story.name) for story in attached if not story.readable)
    documents = (*map(_instance, STORIES), *west, *north, *_strangers())
    return ServedEstate(documents, service_tag_answer(SUBSCRIPTION), forbidden, parts=_parts(observed))


def _parts(observed: str) -> Parts:
    """Returns what two of the instances use and observe, for ``--features`` and ``--observed``.

    The one logs to an event hub, which its own Deny for the rest does not let through; and its SQL database is out of
    reach, although the rules let it through. The other observes what its rules explain.
    """
    logging, typo = (
        _SERVICES.id("Microsoft.ApiManagement/service", f"apim-{n}") for n in ("all-allowed", "sql-port-typo")
    )
    storage = connectivity("apimstdemo.blob.core.windows.net", "BlobStorage", "success", observed)
    sql = connectivity("apimsqldemo.database.windows.net", "SQLDatabase", "failure", observed)
    return Parts(
        documents=(
            part(logging, "loggers/audit", loggerType="azureEventHub", credentials={"name": "audit"}, isBuffered=True),
            part(logging, "policies/policy", format="xml", value="<policies><inbound><base /></inbound></policies>"),
        ),
        network_status={each: [observed_at(_SERVICES.location, storage, sql)] for each in (logging, typo)},
    )


def _instance(story: Story) -> Document:
    places = [_WEST] if story.north is None else [_WEST, _NORTH]
    sites = tuple(
        Site(place.location, None if story.attachment == "None" else _subnet_id(place, story.name), story.platform)
        for place in places
    )
    return service(_SERVICES, story.name, story.sku, story.attachment, sites) | {"tags": {"story": story.tells}}


def _networks(place: Place, octets: str, rules: Mapping[str, tuple[Rule, ...] | None]) -> list[Document]:
    """Returns a VNet peered with the hub, with a subnet and an NSG for each instance, and a route table."""
    table = route_table(place, f"rt-apis-{place.region()}", [_subnet_id(place, name) for name in rules])
    subnets = [
        subnet(_network_id(place), f"snet-{name}", f"{octets}.{index}.0/27", own_nsg, table["id"])
        for index, (name, own) in enumerate(rules.items(), start=1)
        for own_nsg in [None if own is None else _nsg_id(place, name)]
    ]
    network = virtual_network(place, _network_id(place).rpartition("/")[2], f"{octets}.0.0/16", subnets)
    groups = [
        network_security_group(place, f"nsg-{name}", own, [_subnet_id(place, name)])
        for name, own in rules.items()
        if own is not None
    ]
    return [peered(network, _network_id(_HUB), "10.0.0.0/16"), table, *groups]


def _strangers() -> list[Document]:
    """Returns a network that no instance uses; a snapshot leaves it out."""
    nsg = network_security_group(_HUB, "nsg-jump-hosts", [deny_in(4096, "DenyAllOtherInbound")])
    hub = virtual_network(_HUB, _network_id(_HUB).rpartition("/")[2], "10.0.0.0/16")
    return [hub, nsg, route_table(_HUB, "rt-jump-hosts")]


def _network_id(place: Place) -> str:
    return place.id("Microsoft.Network/virtualNetworks", f"vnet-{place.resource_group.removeprefix('rg-network-')}")


def _subnet_id(place: Place, instance: str) -> str:
    return f"{_network_id(place)}/subnets/snet-{instance}"


def _nsg_id(place: Place, instance: str) -> str:
    return place.id("Microsoft.Network/networkSecurityGroups", f"nsg-{instance}")
