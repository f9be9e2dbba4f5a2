"""Peerings of VNets: how much of the remote space each adds to the VirtualNetwork tag."""

from dataclasses import dataclass

from apim_audit.core.facts.estate import Peering
from apim_audit.core.sets.addresses import EVERYTHING, parse_addresses
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.decode.fields import Fields, shown
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Resource, name_in


@dataclass(frozen=True, slots=True)
class PeeringDocument:
    """A peering, and whether the VNet uses the gateway at its other end."""

    peering: Peering
    remote_gateway: bool


@dataclass(frozen=True, slots=True)
class _Spaces:
    """What a peering tells of the remote space.

    Attributes:
        agreed: the space that was peered, None where it is not told.
        current: the space that the remote VNet has now, None where it is not told.
    """

    agreed: IntervalSet | None
    current: IntervalSet | None

    @property
    def at_most(self) -> IntervalSet:
        known = [space for space in (self.agreed, self.current) if space is not None]
        return EVERYTHING if not known else known[0] | known[-1]

    @property
    def surely(self) -> IntervalSet:
        return EMPTY if self.agreed is None or self.current is None else self.agreed & self.current

    @property
    def in_sync(self) -> IntervalSet | None:
        return self.current if self.agreed is None else self.agreed


def doubtful_peering(name: str, why: str) -> PeeringDocument:
    """Returns a peering of which nothing is known: it may add anything, and bring a gateway."""
    return PeeringDocument(Peering(name, EMPTY, EVERYTHING, f"peering {name} {why}"), remote_gateway=True)


def read_peering(resource: Resource, problems: Problems) -> PeeringDocument:
    """Returns a peering; one that cannot be understood may add anything."""
    fields = resource.fields()
    name = name_in(resource.id)
    properties = fields.inside("properties", required=True)
    peering = _peering(name, properties)
    remote_gateway = properties.flag("useRemoteGateways") is True
    if fields.errors:
        resource.report(problems, fields.errors)
        return doubtful_peering(name, "cannot be understood")
    return PeeringDocument(peering, remote_gateway)


def space_of(fields: Fields, name: str) -> IntervalSet | None:
    """Returns the IPv4 addresses of an address space.

    Returns:
        None where it is not told, an empty list included; where it cannot be understood, that is an error as well.
    """
    inside = fields.inside(name)
    prefixes = inside.texts("addressPrefixes")
    sets = [parse_addresses(prefix) for prefix in prefixes]
    if None in sets:
        wrong = shown(prefixes[sets.index(None)])
        inside.wrong("addressPrefixes", f"a list of address prefixes, because of {wrong}")
        return None
    return IntervalSet.union_of(span for each in sets if each for span in each.spans()) if sets else None


def _peering(name: str, properties: Fields) -> Peering:
    connected = properties.required_text("peeringState").lower() == "connected"
    access = properties.flag("allowVirtualNetworkAccess")
    complete = properties.flag("peerCompleteVnets")
    level = properties.text("peeringSyncLevel") or ""
    spaces = _Spaces(
        space_of(properties, "remoteAddressSpace"), space_of(properties, "remoteVirtualNetworkAddressSpace")
    )
    if not connected or access is False:
        return Peering(name, EMPTY, EMPTY)
    if access is None:
        return _between(name, EMPTY, spaces, "does not tell allowVirtualNetworkAccess")
    if complete is False:
        return _between(name, EMPTY, spaces, "joins subnets, not whole VNets")
    return _whole(name, level, spaces)


def _whole(name: str, level: str, spaces: _Spaces) -> Peering:
    space = spaces.in_sync
    if space is None:
        return _between(name, EMPTY, spaces, "does not tell the remote address space")
    if level and level.lower() != "fullyinsync":
        return _between(name, spaces.surely, spaces, f"is not fully in sync ({shown(level)[1:-1]})")
    if not level and spaces.at_most != spaces.surely and None not in (spaces.agreed, spaces.current):
        return _between(name, spaces.surely, spaces, "tells two remote address spaces that differ")
    return Peering(name, space, space)


def _between(name: str, surely: IntervalSet, spaces: _Spaces, why: str) -> Peering:
    doubt = "" if surely == spaces.at_most else f"peering {name} {why}"
    return Peering(name, surely, spaces.at_most, doubt)
