"""What Azure itself sets once a deployment is through: platforms of new instances, states of peerings, gateways."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from apim_audit.core.facts.findings import Origin
from apim_audit.decode.resources import fold_id, parent_of
from apim_audit.plan.model import Action, PlannedChange
from apim_audit.plan.nesting import child_name, key_of, place_of, properties_of
from apim_audit.plan.state import State
from apim_audit.snapshot import Document, SourcedDocument, unknown, unknown_name

_NEW_PLATFORM = "stv2"
"""The compute platform of whatever is created now (Azure documentation, compute-infrastructure.md, 2023-02-01)."""

_SERVICES = "/providers/microsoft.apimanagement/service/"
_GATEWAYS = "/providers/microsoft.network/virtualnetworkgateways/"
_PEERINGS = "virtualNetworkPeerings"


def settle(planned: State, before: State, changes: Sequence[PlannedChange]) -> None:
    """Fills in what no plan writes, in the resources that the changes bear on and in no other."""
    for change in changes:
        key = fold_id(change.id)
        body = planned.get(key)
        if body is None:
            continue
        if _SERVICES in key and (change.action is Action.CREATE or before.get(key) is not None):
            _put(planned, key, _with_platforms(body), change.origin)
        elif _GATEWAYS in key:
            _place_gateway(planned, body, change.origin)
    _settle_peerings(planned, before, changes)


def _put(state: State, key: str, body: Document, origin: Origin) -> None:
    state.put(key, SourcedDocument(origin.file, body), {})


def _with_platforms(body: Document) -> Document:
    properties = properties_of(body)
    if not properties or unknown_name(properties) is not None:
        return body
    settled = {**properties, "platformVersion": properties.get("platformVersion") or _NEW_PLATFORM}
    others = properties.get("additionalLocations")
    if isinstance(others, list):
        settled["additionalLocations"] = [
            {**each, "platformVersion": each.get("platformVersion") or _NEW_PLATFORM}
            if isinstance(each, dict) and unknown_name(each) is None
            else each
            for each in others
        ]
    return {**body, "properties": settled}


def _place_gateway(state: State, gateway: Document, origin: Origin) -> None:
    configurations = properties_of(gateway).get("ipConfigurations")
    for each in configurations if isinstance(configurations, list) else ():
        key = key_of(properties_of(each).get("subnet")) if isinstance(each, dict) else None
        subnet = None if key is None else state.get(key)
        if key is None or subnet is None or properties_of(subnet).get("ipConfigurations"):
            continue
        marked = {**properties_of(subnet), "ipConfigurations": [{"id": gateway.get("id")}]}
        _put(state, key, {**subnet, "properties": marked}, origin)


def _settle_peerings(planned: State, before: State, changes: Sequence[PlannedChange]) -> None:
    touched = {key: change.origin for change in changes if (key := _network_of(fold_id(change.id))) is not None}
    keys = (fold_id(change.id) for change in changes if change.action is Action.CREATE)
    created = {key for key in keys if before.get(key) is None}
    settling = _Settling(planned, before, created)
    for network in [key for key in planned.keys() if _is_network(key)]:  # noqa: SIM118  (a method of State)
        for peering in planned.children(network, _PEERINGS):
            remote = key_of(properties_of(peering).get("remoteVirtualNetwork")) or ""
            origin = touched.get(network) or touched.get(remote)
            if origin is not None and _is_readable(peering):
                key = key_of(peering) or f"{network}/virtualnetworkpeerings/{child_name(peering)}"
                _put(planned, key, settling.settled(peering, key, network, remote), origin)


def _is_readable(body: Document) -> bool:
    properties = properties_of(body)
    return bool(properties) and unknown_name(properties) is None


@dataclass(frozen=True, slots=True)
class _Settling:
    """Settles peerings: each is connected where the VNet at its other end is peered back."""

    planned: State
    before: State
    created: AbstractSet[str]

    def settled(self, peering: Document, key: str, network: str, remote: str) -> Document:
        properties, there = properties_of(peering), self.before.get(key)
        other = self.planned.get(remote)
        if other is not None and _is_peered(self.planned, remote, network):
            changes = _connected(properties, properties_of(other).get("addressSpace"), there)
        elif other is not None and self._is_not_peered(remote, network):
            changes = {"peeringState": "Initiated" if there is None else "Disconnected"}
        elif properties.get("peeringState") is None:
            name = f"whether the VNet at the other end of {peering.get('name')} is peered with this one"
            changes = {"peeringState": unknown(name)}
        else:
            return peering
        return {**peering, "properties": {**properties, **changes}}

    def _is_not_peered(self, remote: str, network: str) -> bool:
        # Not every document of a VNet tells its peerings; one that is new has none but those of the plan.
        there = self.before.get(remote)
        listed = there is not None and isinstance(properties_of(there).get(_PEERINGS), list)
        told = listed and all(map(_is_readable, self.before.children(remote, _PEERINGS)))
        return told or remote in self.created or _is_peered(self.before, remote, network)


def _is_network(key: str) -> bool:
    return "/microsoft.network/virtualnetworks/" in key and place_of(key) is None


def _network_of(key: str) -> str | None:
    """Returns the VNet whose peerings a change of a resource bears on."""
    place = place_of(key)
    if place is None:
        return key if _is_network(key) else None
    return parent_of(key) if place.field == _PEERINGS else None


def _is_peered(planned: State, network: str, with_network: str) -> bool:
    peerings = planned.children(network, _PEERINGS)
    return any(key_of(properties_of(each).get("remoteVirtualNetwork")) == with_network for each in peerings)


def _connected(properties: Document, space: object, before: Document | None) -> Document:
    current = {"peeringState": "Connected", "remoteVirtualNetworkAddressSpace": space}
    was = "" if before is None else str(properties_of(before).get("peeringState")).lower()
    if was != "connected":
        return {**current, "remoteAddressSpace": space, "peeringSyncLevel": "FullyInSync"}
    agreed = properties.get("remoteAddressSpace")
    if agreed is None:
        return {**current, "remoteAddressSpace": space}
    # What was peered stays until somebody synchronises the peering.
    return current if _prefixes(agreed) == _prefixes(space) else {**current, "peeringSyncLevel": "RemoteNotInSync"}


def _prefixes(space: object) -> object:
    prefixes = space.get("addressPrefixes") if isinstance(space, dict) else None
    return sorted(map(str, prefixes)) if isinstance(prefixes, list) else prefixes
