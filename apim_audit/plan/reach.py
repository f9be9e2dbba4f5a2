"""Which instances a change touches: by themselves, their subnets, NSGs, route tables, VNets and peered VNets."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from apim_audit.decode.networks import GATEWAY_SUBNET
from apim_audit.decode.resources import fold_id, parent_of
from apim_audit.plan.nesting import is_instance, key_of, place_of, properties_of
from apim_audit.plan.overlay import Overlaid
from apim_audit.plan.state import State
from apim_audit.snapshot import Document, Snapshot

_LOOSE = ("/providers/microsoft.network/networksecuritygroups/", "/providers/microsoft.network/routetables/")


@dataclass(frozen=True, slots=True)
class Reach:
    """What an instance hangs on.

    Attributes:
        keys: of the resources; changes of their rules, routes and peerings count as theirs.
        untold: the subscriptions in which it hangs on an NSG and a route table that cannot be named, because the
            subnet is not known.
    """

    keys: frozenset[str]
    untold: frozenset[str]

    def meets(self, changed: AbstractSet[str]) -> bool:
        """Tells whether one of the changed resources is what the instance hangs on."""
        if not self.keys.isdisjoint(changed):
            return True
        return any(key.startswith(scope) for scope in self.untold for key in changed if _is_loose(key))


def _is_loose(key: str) -> bool:
    return any(kind in key for kind in _LOOSE)


def effective_keys(changed: AbstractSet[str]) -> frozenset[str]:
    """Returns the keys of what changes when these resources do: for a rule its NSG, for a route its table."""
    return frozenset(each for key in changed for each in _effective(key))


def _effective(key: str) -> Iterator[str]:
    place = place_of(key)
    yield key
    if place is not None and (place.field != "subnets" or place.name == GATEWAY_SUBNET):
        yield place.parent


def reaches(snapshot: Snapshot) -> dict[str, Reach]:
    """Returns what each instance of a snapshot hangs on, by the instance's key."""
    state = State(snapshot.documents)
    return {
        key: _reach(key, document.body, state)
        for document in snapshot.documents
        if is_instance(document) and (key := key_of(document.body)) is not None
    }


def _reach(instance: str, body: Document, state: State) -> Reach:
    keys, untold = {instance}, set()
    for subnet in _subnets(body):
        found = state.get(subnet)
        keys |= {subnet, *_round(subnet, found, state)}
        if found is None:
            untold.add("/".join([*subnet.split("/")[:3], ""]))
    return Reach(frozenset(keys), frozenset(untold))


def _subnets(body: Document) -> Iterator[str]:
    properties = properties_of(body)
    others = properties.get("additionalLocations")
    for part in (properties, *(others if isinstance(others, list) else ())):
        configuration = part.get("virtualNetworkConfiguration") if isinstance(part, dict) else None
        subnet = configuration.get("subnetResourceId") if isinstance(configuration, dict) else None
        if isinstance(subnet, str):
            yield fold_id(subnet)
    backend = properties.get("backend")
    key = key_of(backend.get("subnet")) if isinstance(backend, dict) else None
    if key is not None:
        yield key


def _round(subnet: str, body: Document | None, state: State) -> Iterator[str]:
    network = parent_of(subnet)
    yield network
    for field in ("networkSecurityGroup", "routeTable"):
        key = None if body is None else key_of(properties_of(body).get(field))
        if key is not None:
            yield key
    for peering in state.children(network, "virtualNetworkPeerings"):
        remote = key_of(properties_of(peering).get("remoteVirtualNetwork"))
        if remote is not None:
            yield remote


@dataclass(frozen=True, slots=True)
class Scene:
    """What is judged: the current and the planned state, without the instances that nobody asked for.

    Attributes:
        touched: the keys of the instances that the plan touches.
        notes: what was left out, one sentence each.
    """

    current: Snapshot
    planned: Snapshot
    touched: frozenset[str]
    notes: tuple[str, ...]


def scene_of(laid: Overlaid, *, every: bool) -> Scene:
    """Returns what is to be judged of a current state and what a plan makes of it.

    Args:
        laid: both states.
        every: every instance is asked for, not only those that the plan touches.
    """
    changed = effective_keys(laid.changed)
    before, after = reaches(laid.current), reaches(laid.planned)
    touched = frozenset(key for reach in (before, after) for key, each in reach.items() if each.meets(changed))
    if every:
        return Scene(laid.current, laid.planned, touched, ())
    notes = _left_out(laid.changed, sum(key not in touched for key in after), after.keys() & touched)
    return Scene(_only(laid.current, touched), _only(laid.planned, touched), touched, notes)


def _only(snapshot: Snapshot, touched: AbstractSet[str]) -> Snapshot:
    kept = (each for each in snapshot.documents if not is_instance(each) or (key_of(each.body) or "") in touched)
    return replace(snapshot, documents=tuple(kept))


def _left_out(changed: AbstractSet[str], left: int, judged: AbstractSet[str]) -> tuple[str, ...]:
    if left:
        some = "1 instance that the plan does not touch was" if left == 1 else f"{left} untouched instances were"
        return (f"{some} not judged (--all judges every one)",)
    if not judged and any("/providers/microsoft.network/" in key for key in changed):
        return ("The plan changes network resources, but no instance is known that they serve: is --onto needed?",)
    return ()
