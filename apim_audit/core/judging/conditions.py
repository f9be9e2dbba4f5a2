"""Checks that are not about a flow: the NSG, delegation, size and routes of a subnet, and the compute platform."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apim_audit.core.facts.estate import Instance, Location, RouteTable, Subnet, Unreadable
from apim_audit.core.facts.findings import Compliant, Evidence, Gap, NotApplicable, Outcome, Undecided, Verdict
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.core.judging.routes import Diversion, diverted
from apim_audit.core.sets.addresses import PUBLIC, format_address
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags

_CLASSIC = frozenset({NetworkModel.STV1, NetworkModel.STV2, NetworkModel.UNDETERMINED})
_INJECTION = "Microsoft.Web/hostingEnvironments"
_INTEGRATION = "Microsoft.Web/serverFarms"
_ENDPOINTS = ("Microsoft.Storage", "Microsoft.Sql", "Microsoft.KeyVault", "Microsoft.EventHub")
_CONTROL_PLANE = "apimanagement"
_WIDEST_OF_A_GATEWAY = 24


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a condition and the sentence about it.

    Attributes:
        mild: a failure that seldom hurts.
    """

    outcome: Outcome
    message: str
    mild: bool = False


@dataclass(frozen=True, slots=True)
class Premises:
    """What a condition looks at.

    Attributes:
        subnet: the subnet, or why it cannot be judged.
    """

    instance: Instance
    location: Location
    model: NetworkModel
    subnet: Subnet | Unreadable
    tags: ServiceTags


def condition(requirement_id: str, premises: Premises) -> Finding:
    """Returns the finding of a condition.

    Raises:
        KeyError: the catalogue has a row without flow that is not known here.
    """
    if requirement_id == "platform-version":
        return _platform_version(premises)
    check = _OF_THE_SUBNET[requirement_id]
    subnet = premises.subnet
    if isinstance(subnet, Unreadable):
        return _undecided(subnet.message)
    return check(premises, subnet)


def _undecided(question: str) -> Finding:
    return Finding(Undecided((question,)), f"it cannot be told: {question}")


def _fine(message: str) -> Finding:
    return Finding(Compliant(Evidence()), message)


def _fails(message: str, *, mild: bool = False) -> Finding:
    return Finding(Gap(Verdict.MISSING, Evidence()), message, mild)


def _not_applicable(reason: str) -> Finding:
    return Finding(NotApplicable(reason), f"not applicable: {reason}")


def _name(resource_id: str) -> str:
    return resource_id.rpartition("/")[2]


def _nsg_attached(premises: Premises, subnet: Subnet) -> Finding:
    if isinstance(subnet.nsg, Unreadable) and not subnet.nsg.id:
        return _undecided(subnet.nsg.message)
    if subnet.nsg is None:
        # stv1 works without; everything since drops what no NSG allows.
        return _fails(f"the subnet {_name(subnet.id)} has no NSG", mild=premises.model is NetworkModel.STV1)
    return _fine(f"the NSG {_name(subnet.nsg.id)} is attached to the subnet {_name(subnet.id)}")


def _platform_version(premises: Premises) -> Finding:
    version = premises.location.platform_version
    if premises.instance.unreadable:
        return _undecided(premises.instance.unreadable)
    match (version or "").lower():
        case "stv1":
            return _fails("the platform stv1 is retired since 31 August 2024: migrate to stv2")
        case "stv2" | "stv2.1":
            return _fine(f"the platform is {version}")
        case _:
            return _undecided(f"which platform has the location? platformVersion is {version or 'absent'}")


def _delegation(premises: Premises, subnet: Subnet) -> Finding:
    have = {name.lower(): name for name in subnet.delegations}
    listed = " and ".join(subnet.delegations)
    if premises.model in _CLASSIC:
        if have:
            return _fails(f"the subnet {_name(subnet.id)} is delegated to {listed}: the classic tiers cannot use it")
        return _fine(f"the subnet {_name(subnet.id)} is not delegated")
    wanted = _wanted_delegations(premises.model)
    if any(name.lower() in have for name in wanted):
        return _fine(f"the subnet {_name(subnet.id)} is delegated to {listed}")
    found = f"delegated to {listed}" if have else "not delegated"
    return _fails(f"the subnet {_name(subnet.id)} is {found}; it needs {' or '.join(wanted)}")


def _wanted_delegations(model: NetworkModel) -> tuple[str, ...]:
    match model:
        case NetworkModel.V2_INJECTION:
            return (_INJECTION,)
        case NetworkModel.V2_INTEGRATION:
            return (_INTEGRATION,)
        case _:
            return (_INJECTION, _INTEGRATION)


def _size(premises: Premises, subnet: Subnet) -> Finding:
    if not subnet.prefixes:
        return _undecided(f"which prefixes has the subnet {_name(subnet.id)}?")
    length = 32 - max(last - first for first, last in subnet.prefixes).bit_length()
    at_least = 29 if premises.model in _CLASSIC else 27
    if length > at_least:
        return _fails(f"the subnet {_name(subnet.id)} is a /{length}; {premises.model} needs a /{at_least} at least")
    if premises.model is NetworkModel.WORKSPACE_GATEWAY and length < _WIDEST_OF_A_GATEWAY:
        return _fails(f"the subnet {_name(subnet.id)} is a /{length}; a workspace gateway takes a /24 at most")
    return _fine(f"the subnet {_name(subnet.id)} is a /{length}")


def _return_path(premises: Premises, subnet: Subnet) -> Finding:
    table = subnet.route_table
    if isinstance(table, Unreadable):
        return _undecided(table.message)
    if table is None:
        return _fine("the subnet has no route table: answers to the control plane leave to the Internet directly")
    destinations = premises.tags.sets.get(_CONTROL_PLANE)
    if not destinations:
        return _return_path_without_data(table, premises.tags)
    found = diverted(destinations, table.routes, premises.tags)
    if found.undecided and (found.addresses or _unread_may_divert(table, found)):
        return _undecided(f"which destinations do the routes for {' and '.join(found.undecided)} take?")
    if found.addresses:
        return _fails(_diverted_message(found, destinations))
    return _fine("the routes let answers to ApiManagement leave to the Internet directly")


def _unread_may_divert(table: RouteTable, found: Diversion) -> bool:
    return any(route.prefix in found.undecided and route.next_hop_type.lower() != "internet" for route in table.routes)


def _diverted_message(found: Diversion, destinations: IntervalSet) -> str:
    route, taken = found.routes[0]
    share = "answers" if destinations <= taken else "part of the answers"
    return (
        f"the route {route.prefix} (`{route.name}`) sends {share} to ApiManagement to {route.next_hop_type}, "
        f"such as {format_address(taken.first())}, not to the Internet"
    )


def _return_path_without_data(table: RouteTable, tags: ServiceTags) -> Finding:
    found = diverted(PUBLIC, table.routes, tags)
    if not found.addresses and not _unread_may_divert(table, found):
        return _fine("no route diverts public addresses")
    return _undecided("which addresses has ApiManagement? Give --service-tags")


def _service_endpoints(premises: Premises, subnet: Subnet) -> Finding:
    table = subnet.route_table
    if isinstance(table, Unreadable):
        return _undecided(table.message)
    forced = table is not None and bool(diverted(PUBLIC, table.routes, premises.tags).addresses)
    if not forced:
        return _not_applicable("no user-defined route diverts traffic to the Internet")
    have = {name.lower().removesuffix(".global") for name in subnet.service_endpoints}
    lacking = [name for name in _ENDPOINTS if name.lower() not in have]
    if lacking:
        return _fails(
            f"traffic is diverted by a route, and the subnet lacks service endpoints for {', '.join(lacking)}"
        )
    return _fine("the subnet has the service endpoints that forced tunnelling asks for")


_OF_THE_SUBNET: Mapping[str, Callable[[Premises, Subnet], Finding]] = {
    "nsg-attached": _nsg_attached,
    "subnet-delegation": _delegation,
    "subnet-size": _size,
    "management-return-path": _return_path,
    "service-endpoints": _service_endpoints,
}
