"""Security rules of an NSG as values, and the six default rules that follow the custom ones."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import permutations
from typing import NamedTuple

from apim_audit.core.sets.intervals import IntervalSet

ALL_PORTS = IntervalSet.span(0, 65535)


class Direction(StrEnum):
    """Whether a flow enters or leaves the subnet."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


_INBOUND = Direction.INBOUND  # to look a member up in its class takes ten times as long


class Access(StrEnum):
    """What a rule does with a flow that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"
    ALWAYS_ALLOW = "AlwaysAllow"  # admin rules only: delivered without asking the NSG


class Side(NamedTuple):
    """One side of a rule: the union of its singular and plural fields, as Azure wrote them.

    Attributes:
        expressions: ``*``, addresses, prefixes, ranges, service tags; blanks at the ends are gone.
        groups: ids of application security groups.
        network_groups: ids of network groups of Azure Virtual Network Manager; admin rules only.
    """

    expressions: tuple[str, ...]
    groups: tuple[str, ...] = ()
    network_groups: tuple[str, ...] = ()


class SecurityRule(NamedTuple):
    """One security rule; a named tuple, because an estate has hundreds of thousands.

    Attributes:
        protocol: ``tcp``, ``udp``, ``icmp``, ``esp``, ``ah`` or ``*``, lower case.
        certain: False for a rule whose provisioningState is given and is not Succeeded: it is perhaps there.
        default: whether it is one of the six default rules.
        admin: whether it is a security admin rule of Azure Virtual Network Manager, tried before the NSG.
        stand_in: whether it is no rule, but stands for an NSG that is not there or not known; it is never shown.
    """

    name: str
    priority: int
    direction: Direction
    access: Access
    protocol: str
    source: Side
    source_ports: IntervalSet
    destination: Side
    destination_ports: IntervalSet
    certain: bool = True
    default: bool = False
    admin: bool = False
    stand_in: bool = False

    def own_side(self) -> Side:
        """Returns the side at which the subnet stands."""
        return self.destination if self.direction is _INBOUND else self.source

    def other_side(self) -> Side:
        """Returns the side at which the subnet does not stand."""
        return self.source if self.direction is _INBOUND else self.destination


def _default(name: str, priority: int, direction: Direction, access: Access, ends: tuple[str, str]) -> SecurityRule:
    source, destination = ends
    return SecurityRule(
        name,
        priority,
        direction,
        access,
        "*",
        Side((source,)),
        ALL_PORTS,
        Side((destination,)),
        ALL_PORTS,
        default=True,
    )


DEFAULT_RULES = (
    _default("AllowVnetInBound", 65000, Direction.INBOUND, Access.ALLOW, ("VirtualNetwork", "VirtualNetwork")),
    _default("AllowAzureLoadBalancerInBound", 65001, Direction.INBOUND, Access.ALLOW, ("AzureLoadBalancer", "*")),
    _default("DenyAllInBound", 65500, Direction.INBOUND, Access.DENY, ("*", "*")),
    _default("AllowVnetOutBound", 65000, Direction.OUTBOUND, Access.ALLOW, ("VirtualNetwork", "VirtualNetwork")),
    _default("AllowInternetOutBound", 65001, Direction.OUTBOUND, Access.ALLOW, ("*", "Internet")),
    _default("DenyAllOutBound", 65500, Direction.OUTBOUND, Access.DENY, ("*", "*")),
)
"""The six default rules, as ARM names them (Azure documentation, network-security-groups-overview, 2025-07-15)."""

_MOST_PERMUTED = 4


def tied_orders(tied: Sequence[SecurityRule]) -> list[tuple[SecurityRule, ...]]:
    """Returns the orders in which rules of equal priority may be tried: answer i of their order is the i-th.

    Of many rules that all do the same only who comes first matters, and that only for who decides.

    Raises:
        ValueError: there are too many orders to go through.
    """
    if len(tied) <= _MOST_PERMUTED:
        return list(permutations(tied))
    if len({rule.access for rule in tied}) > 1:
        msg = f"{len(tied)} rules of equal priority that allow and deny"
        raise ValueError(msg)
    return [(*tied[first:], *tied[:first]) for first in range(len(tied))]
