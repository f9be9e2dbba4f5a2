"""Where a subnet's user-defined routes send traffic: longest-prefix match over sets of addresses.

Routes learned by BGP cannot be read from a subnet; what is said here holds for the user-defined and system routes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apim_audit.core.facts.estate import Route
from apim_audit.core.sets.addresses import parse_addresses, parse_span
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold

_BITS = 32


@dataclass(frozen=True, slots=True)
class Diversion:
    """What does not leave to the Internet directly.

    Attributes:
        addresses: the destinations.
        routes: the routes that divert some of them, in the order of the table, each with those that it diverts.
        undecided: route prefixes of which it cannot be told which destinations they take.
    """

    addresses: IntervalSet
    routes: tuple[tuple[Route, IntervalSet], ...]
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One prefix of a route.

    Attributes:
        length: its prefix length; of merged prefixes of a tag the least that any of them can have.
        exact: whether the length is known exactly.
    """

    length: int
    exact: bool
    addresses: IntervalSet
    route: Route

    def is_direct(self) -> bool:
        return fold(self.route.next_hop_type) == "internet"

    def may_lose_to(self, other: "_Entry") -> bool:
        """Tells whether prefixes of the other, which come later here, can be longer after all."""
        return not other.exact and self.length < _BITS and self.is_direct() is not other.is_direct()


def diverted(destinations: IntervalSet, routes: Sequence[Route], tags: ServiceTags) -> Diversion:
    """Returns the destinations whose longest matching route has another next hop than Internet.

    A route that names a service tag stands for one route for each prefix of the tag; of equal prefixes the literal one
    wins (Azure documentation, virtual-networks-udr-overview). What no route matches leaves by the system's own route.
    """
    entries = sorted(_entries(routes, tags), key=lambda entry: (-entry.length, not entry.exact))
    left, lost = destinations, EMPTY
    through: dict[Route, IntervalSet] = {}
    undecided = {route.prefix for route in routes if _is_unread(route, tags)}
    for number, entry in enumerate(entries):
        taken = left & entry.addresses
        left = left - taken
        if taken and not entry.is_direct():
            lost = lost | taken
            through[entry.route] = through.get(entry.route, EMPTY) | taken
        rivals = (later for later in entries[number + 1 :] if entry.may_lose_to(later))
        undecided.update(rival.route.prefix for rival in rivals if not taken.isdisjoint(rival.addresses))
    found = tuple((route, through[route]) for route in routes if route in through)
    return Diversion(lost, found, tuple(sorted(undecided)))


def _entries(routes: Sequence[Route], tags: ServiceTags) -> Iterator[_Entry]:
    for route in routes:
        span = parse_span(fold(route.prefix))
        if span is not None:
            yield _Entry(_length(span), exact=True, addresses=IntervalSet.span(*span), route=route)
        for each in tags.sets.get(fold(route.prefix), EMPTY).spans():
            yield _Entry(_length(each), exact=False, addresses=IntervalSet.span(*each), route=route)


def _length(span: tuple[int, int]) -> int:
    """Returns the length of the shortest prefix that fits into a span."""
    return _BITS + 1 - (span[1] - span[0] + 1).bit_length()


def _is_unread(route: Route, tags: ServiceTags) -> bool:
    name = fold(route.prefix)
    return parse_addresses(name) is None and name not in tags.sets
