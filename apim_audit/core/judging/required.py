"""Builds the flows of a requirement at one location: what must get through, as boxes for the engine."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from apim_audit.core.engine.resolve import Resolver, Space, resolve_tag
from apim_audit.core.engine.search import Asked, Box, Place, asked
from apim_audit.core.facts.estate import Subnet, Unreadable, VirtualNetwork
from apim_audit.core.facts.requirements import Flow, NetworkModel, Peer, PeerKind
from apim_audit.core.facts.rules import SecurityRule
from apim_audit.core.sets.addresses import PROBE, PUBLIC, parse_addresses
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold
from apim_audit.core.sets.unknowns import YES, AddressSet, Piece, UnknownSet

_TAG, _DNS_SERVERS = PeerKind.TAG, PeerKind.DNS_SERVERS
SOURCE_PORTS = IntervalSet.span(1, 65535)
_RESERVED_FIRST = 4
_RESERVED_LAST = 1


class NoFlows(Exception):  # noqa: N818  (an answer: the requirement cannot be put to the rules)
    """The flows of a requirement cannot be told; the message says what would tell them, as a phrase."""


@dataclass(frozen=True, slots=True)
class Site:
    """A subnet with everything that the flows of a requirement depend on.

    Attributes:
        regions: the location's region and the primary's, as tag suffixes, each once.
        api_management: the usable addresses of the subnet: API Management's own end.
        on_premises: what gateways announce, where the user says so.
        admin_rules: the admin rules to reckon with, or why they are not known.
    """

    subnet: Subnet
    space: Space
    resolver: Resolver
    tags: ServiceTags
    regions: tuple[str, ...]
    api_management: AddressSet
    on_premises: IntervalSet | None = None
    admin_rules: tuple[SecurityRule, ...] | Unreadable = ()


class RequiredFlows(NamedTuple):
    """The flows of one requirement at one location.

    Attributes:
        boxes: the flows.
        peer: names of the other end.
        ports: destination ports as text.
    """

    boxes: tuple[Box, ...]
    peer: tuple[str, ...]
    ports: tuple[str, ...]


def usable_addresses(subnet: Subnet, space: Space) -> AddressSet:
    """Returns the addresses that API Management can have in a subnet.

    Azure reserves the first four addresses of each prefix and the last (Azure documentation, virtual-networks-faq).
    Where the prefixes are not known it is an unknown part of the VNet's space that has a member.
    """
    if subnet.prefixes:
        usable = ((first + _RESERVED_FIRST, last - _RESERVED_LAST) for first, last in subnet.prefixes)
        return AddressSet.plain(IntervalSet.union_of(usable))
    if subnet.ipv6_only:
        return AddressSet.plain(EMPTY)
    question = f"which prefixes has the subnet {subnet.id.rpartition('/')[2]}?"
    at_most = space.own.at_most()
    unknown = UnknownSet(f"subnet {subnet.id.lower()}", question, "the subnet", at_most, inhabited=True)
    return space.own.under((unknown, YES))


@lru_cache(maxsize=256)
def parse_ports(texts: tuple[str, ...]) -> IntervalSet:
    """Returns the ports of catalogue texts such as ``443`` and ``6381-6383``."""
    spans = []
    for text in texts:
        first, dash, last = text.partition("-")
        spans.append((int(first), int(last if dash else first)))
    return IntervalSet.union_of(spans)


def required_flows(flow: Flow, model: NetworkModel, site: Site) -> RequiredFlows:
    """Returns the flows that must get through.

    Raises:
        NoFlows: an end is empty or cannot be told.
    """
    if not site.api_management.pieces:
        msg = f"the subnet {site.subnet.id.rpartition('/')[2]} has no usable IPv4 address"
        raise NoFlows(msg)
    other, names = _other_end(flow.peer, site)
    if not other.pieces:
        msg = f"{' and '.join(names)} has no address"
        raise NoFlows(msg)
    ports = flow.ports_for(model)
    wanted = parse_ports(ports)
    boxes = tuple(_box(there, here, wanted) for there in other.pieces for here in site.api_management.pieces)
    return RequiredFlows(boxes, names, ports)


def _box(there: Piece, here: Piece, ports: IntervalSet) -> Box:
    conditions: tuple[tuple[Asked, int], ...] = ()
    if there.conditions or here.conditions:
        conditions = (*asked(Place.OTHER, there.conditions), *asked(Place.OWN, here.conditions))
    return Box((there.addresses, here.addresses, SOURCE_PORTS, ports), conditions)


def peer_names(peer: Peer, site: Site) -> tuple[str, ...]:
    """Returns the names of the other end, without asking whether it has addresses."""
    if peer.regional and peer.kind is _TAG:
        return tuple(map(site.tags.written, _regional_names(peer, site)))
    if peer.kind is _DNS_SERVERS:
        return _custom_servers(site.subnet) or ("AzurePlatformDNS",)
    return (peer.name,)


def on_one_side(names: tuple[str, ...]) -> tuple[str, ...]:
    """Returns names as one rule can have them on a side: of several regional tags the whole one, addresses as they are.

    Source: NSG overview (2025-07-15): several addresses may stand in a rule, several service tags may not.
    """
    wholes = tuple(dict.fromkeys(name.partition(".")[0] for name in names))
    regional = len(names) > 1 and all(parse_addresses(fold(name)) is None for name in names)
    return wholes if regional else names


def _other_end(peer: Peer, site: Site) -> tuple[AddressSet, tuple[str, ...]]:
    names = peer_names(peer, site)
    match peer.kind:
        case PeerKind.TAG:
            tags = [resolve_tag(fold(name), site.tags) for name in names]
            return (tags[0] if len(tags) == 1 else AddressSet.union(tags)), names
        case PeerKind.INTERNET:
            return _public_beside(site.space.surely_private), names
        case PeerKind.LOAD_BALANCER:
            return AddressSet.plain(PROBE), names
        case PeerKind.VIRTUAL_NETWORK:
            return AddressSet.plain(site.space.surely_private | PROBE), names
        case PeerKind.SUBNET:
            return site.api_management, names
        case PeerKind.DNS_SERVERS:
            return AddressSet.plain(_server_addresses(site.subnet)), names


@lru_cache(maxsize=64)
def _public_beside(private: IntervalSet) -> AddressSet:
    return AddressSet.plain(PUBLIC - private)


def _regional_names(peer: Peer, site: Site) -> tuple[str, ...]:
    """Returns the regional tags of the location and the primary, or the global tag where one of them is not to be had.

    Source: API Management virtual network reference (2025-06-17), regional service tags: each region's NSG must allow
    the tags of that region and of the primary one.
    """
    whole, tags = fold(peer.name), site.tags
    names = tuple(f"{whole}.{region}" for region in site.regions)
    usable = all(tags.knows(name) and tags.sets.get(name, PUBLIC) for name in names)
    return names if usable else (peer.name,)


def _custom_servers(subnet: Subnet) -> tuple[str, ...]:
    vnet = subnet.virtual_network
    if not isinstance(vnet, VirtualNetwork):
        raise NoFlows(vnet.message)
    # Azure's own DNS answers at the host's address, whether it is named there or not.
    return tuple(server for server in vnet.dns_servers if parse_addresses(server) != PROBE)


def _server_addresses(subnet: Subnet) -> IntervalSet:
    servers = _custom_servers(subnet)
    found = EMPTY if servers else PROBE
    for server in servers:
        addresses = parse_addresses(server)
        if addresses is None:
            msg = f"the DNS server {server!r} is no address"
            raise NoFlows(msg)
        found = found | addresses
    return found
