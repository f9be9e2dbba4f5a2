"""Checks that are not about a flow: the NSG, delegation, size and routes of a subnet, and the compute platform."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from apim_audit.core.engine.decision import LOST, Decision
from apim_audit.core.engine.resolve import resolve_tag
from apim_audit.core.engine.search import Undecidable
from apim_audit.core.facts.estate import Instance, Location, Route, RouteTable, Subnet, Unreadable
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.core.facts.verdicts import Compliant, Evidence, Gap, NotApplicable, Outcome, Undecided, Verdict
from apim_audit.core.judging.messages import too_entangled
from apim_audit.core.judging.outcomes import alternatives, questions, worst
from apim_audit.core.judging.routes import way_out
from apim_audit.core.sets.addresses import PUBLIC, format_address
from apim_audit.core.sets.tags import ServiceTags
from apim_audit.core.sets.unknowns import AddressSet

_CLASSIC = frozenset({NetworkModel.STV1, NetworkModel.STV2, NetworkModel.UNDETERMINED})
_INJECTION = "Microsoft.Web/hostingEnvironments"
_INTEGRATION = "Microsoft.Web/serverFarms"
_ENDPOINTS = ("Microsoft.Storage", "Microsoft.Sql", "Microsoft.KeyVault", "Microsoft.EventHub")
_CONTROL_PLANE = "apimanagement"
_WIDEST_OF_A_GATEWAY = 24
_MOST_NAMED = 3
_ANYWHERE = AddressSet.plain(PUBLIC)


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
    destinations = resolve_tag(_CONTROL_PLANE, premises.tags)
    decision = _way_out(destinations if destinations.pieces else _ANYWHERE, table.routes, premises.tags)
    if decision is None:
        return _undecided(too_entangled("routes", premises.tags))
    verdicts = decision.verdicts()
    if verdicts == {Verdict.COMPLIANT}:
        return _fine("the routes let answers to ApiManagement leave to the Internet directly")
    if Verdict.COMPLIANT in verdicts or not destinations.pieces:
        asked = questions(decision) if destinations.pieces else ("which addresses has ApiManagement? It has none",)
        return _undecided("; ".join(asked))
    return _diverted(decision, table, example=destinations.is_certain())


@lru_cache(maxsize=256)
def _way_out(destinations: AddressSet, routes: tuple[Route, ...], tags: ServiceTags) -> Decision | None:
    """Returns the decision on routes, which many subnets share, or None."""
    try:
        return way_out(destinations, routes, tags)
    except Undecidable:
        return None


def _diverted(decision: Decision, table: RouteTable, *, example: bool) -> Finding:
    verdicts = decision.verdicts()
    verdict = worst(verdicts)
    or_else = alternatives(decision, verdicts - {verdict})
    # One that diverts in every world tells more than one that does so in some.
    parts = sorted(
        (part for part in decision.parts if part.fate & LOST), key=lambda part: (len(part.unknowns()), part.rule)
    )
    routes = [table.routes[number] for number in dict.fromkeys(part.rule for part in parts)]
    such_as = f"such as {format_address(parts[0].spot().other)}, " if example else ""
    message = f"{_sending(routes, whole=verdict is not Verdict.PARTIAL)}, {such_as}not to the Internet"
    message += "".join(f"; {each.verdict} {each.condition}" for each in or_else)
    return Finding(Gap(verdict, Evidence(), or_else), message)


def _sending(routes: Sequence[Route], *, whole: bool) -> str:
    """Returns what routes do with the answers to the control plane: the first alone, or all of them between them."""
    first, *others = routes
    if not whole or not others:
        share = "answers" if whole else "part of the answers"
        return f"the route {first.prefix} (`{first.name}`) sends {share} to ApiManagement to {first.next_hop_type}"
    named = " and ".join(f"{route.prefix} (`{route.name}`)" for route in routes[:_MOST_NAMED])
    more = f" and {len(routes) - _MOST_NAMED} more" if len(routes) > _MOST_NAMED else ""
    hops = " or ".join(dict.fromkeys(route.next_hop_type for route in routes))
    return f"the routes {named}{more} send answers to ApiManagement to {hops}"


def _service_endpoints(premises: Premises, subnet: Subnet) -> Finding:
    table = subnet.route_table
    if isinstance(table, Unreadable):
        return _undecided(table.message)
    decision = None if table is None else _way_out(_ANYWHERE, table.routes, premises.tags)
    have = {name.lower().removesuffix(".global") for name in subnet.service_endpoints}
    lacking = [name for name in _ENDPOINTS if name.lower() not in have]
    if table is None or (decision is not None and decision.verdicts() == {Verdict.COMPLIANT}):
        return _not_applicable("no user-defined route diverts traffic to the Internet")
    if not lacking:
        return _fine("the subnet has the service endpoints that forced tunnelling asks for")
    if decision is None:
        return _undecided(too_entangled("routes", premises.tags))
    if Verdict.COMPLIANT in decision.verdicts():
        return _undecided("; ".join(questions(decision)))
    return _fails(f"traffic is diverted by a route, and the subnet lacks service endpoints for {', '.join(lacking)}")


_OF_THE_SUBNET: Mapping[str, Callable[[Premises, Subnet], Finding]] = {
    "nsg-attached": _nsg_attached,
    "subnet-delegation": _delegation,
    "subnet-size": _size,
    "management-return-path": _return_path,
    "service-endpoints": _service_endpoints,
}
