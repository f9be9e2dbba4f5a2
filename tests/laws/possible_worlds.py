"""Every possible world of a location in which something is unknown, gone through exhaustively, by the law's words.

The other end's addresses fall into *atoms*: addresses that no expression with a known meaning tells apart. What is
unknown is a handful of named sets; in a world each address of an atom has a *pattern*, the unknown sets it belongs
to. A world is thus, for each atom, the patterns that occur in it: any, as many as it has addresses, at least one.
What the law says of a world (what becomes of the flows, who decides) is a union over all that occurs in it, and so
are the promises of section 3 ("is not empty"). So all worlds are met by uniting, atom by atom, every choice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, permutations, product

from tests.laws.simulator import (
    DEFAULTS,
    LAST_ADDRESS,
    NOT_PUBLIC,
    WORST_LAST,
    Needed,
    PlainRule,
    Simulation,
    Surroundings,
    is_pinned,
    verdict_of,
)

Pattern = frozenset[str]
ON_PREMISES = "~on-premises"


@dataclass(frozen=True)
class HalfKnown:
    """A location with what is not known of it; names of sets in lower case.

    Attributes:
        around: what is known; tags without data are not in it.
        unknown_tags: service tags without data that are mentioned.
        words: expressions that mean nothing known.
        groups: application security groups at the other end, written as expressions.
        routes: prefixes of user-defined routes.
        gateway: whether on-premises may belong to VirtualNetwork.
        half_synced: (what a peering surely adds, what it adds at most), by a name.
        perhaps: names of rules that are perhaps there.
    """

    around: Surroundings
    unknown_tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    gateway: bool = False
    half_synced: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    perhaps: frozenset[str] = frozenset()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of all unknown sets."""
        gateway = (ON_PREMISES,) if self.gateway else ()
        return (*self.unknown_tags, *self.words, *self.groups, *self.half_synced, *gateway)

    def literals(self) -> set[str]:
        """Returns every expression of known meaning that shapes an unknown one."""
        peers = {text for bounds in self.half_synced.values() for texts in bounds for text in texts}
        return {*NOT_PUBLIC, *self.around.vnet, *self.around.peers, *self.known(self.routes), *self.around.tags, *peers}

    def known(self, texts: Iterable[str]) -> set[str]:
        """Returns those expressions whose meaning is known."""
        return {text for text in texts if text.strip().lower() not in self.unknown}

    def is_possible(self, address: int, pattern: Pattern) -> bool:
        """Tells whether an address may belong to these unknown sets and to no other."""
        return all(self._fits(name, address, pattern) for name in self.unknown)

    def _fits(self, name: str, address: int, pattern: Pattern) -> bool:
        inside = name in pattern
        if name in self.unknown_tags:
            return self._tag_fits(name, address, pattern)
        if name in self.groups:
            return not inside or self.around.side_holds(self.around.vnet, address) and not _is_probe(address)
        if name in self.half_synced:
            surely, at_most = self.half_synced[name]
            return self.around.side_holds(at_most if inside else surely, address) is inside
        return True

    def _tag_fits(self, name: str, address: int, pattern: Pattern) -> bool:
        inside = name in pattern
        if inside and not is_public(address):
            return False
        whole, dot, _ = name.partition(".")
        if dot and inside and self._lies_in(whole, address, pattern) is False:
            return False
        family = {other for other in (*self.unknown_tags, *self.around.tags) if other.startswith(f"{whole}.")}
        if dot:
            return not inside or not any(self._lies_in(other, address, pattern) for other in family - {name})
        return inside or not any(self._lies_in(other, address, pattern) for other in family)

    def _lies_in(self, name: str, address: int, pattern: Pattern) -> bool | None:
        if name in self.unknown_tags:
            return name in pattern
        return self.around.holds(name, address) if name in self.around.tags else None

    def promises(self) -> dict[str, Callable[[int, Pattern], bool]]:
        """Returns what some address must fulfil: every tag has an address, and lacks one that is public."""
        found: dict[str, Callable[[int, Pattern], bool]] = {}
        for name in self.unknown_tags:
            found[f"{name} is not empty"] = lambda _, pattern, name=name: name in pattern
            found[f"{name} is not all"] = lambda at, pattern, name=name: name not in pattern and is_public(at)
        return found


def is_public(address: int) -> bool:
    """Tells whether an address is in PUBLIC."""
    return not Surroundings(()).side_holds(NOT_PUBLIC, address)


def _is_probe(address: int) -> bool:
    return Surroundings(()).holds("AzureLoadBalancer", address)


@dataclass(frozen=True)
class Choice:
    """One way in which everything turned out that is not a set: rules in order, and what routes do."""

    ordered: tuple[PlainRule, ...]
    widening: frozenset[str]
    narrowing: frozenset[str]


def choices(half: HalfKnown, rules: Iterable[PlainRule], direction: str) -> Iterator[Choice]:
    """Yields every choice."""
    own = [rule for rule in (*rules, *DEFAULTS) if rule.direction == direction]
    routes = tuple(dict.fromkeys(half.routes))
    narrow = tuple(text for text in routes if _narrows_internet(text, half))
    for there in _subsets([rule for rule in own if rule.name in half.perhaps]):
        present = [rule for rule in own if rule.name not in half.perhaps or rule in there]
        for ordered in _orders(present):
            for widening, narrowing in product(_subsets(routes), _subsets(narrow)):
                yield Choice(ordered, frozenset(widening), frozenset(narrowing))


def _narrows_internet(route: str, half: HalfKnown) -> bool:
    if route.lower() in half.unknown_tags or route.lower() in half.around.tags:
        return True
    return int(route.partition("/")[2]) > 1


def _subsets(items: Iterable[object]) -> Iterator[tuple]:
    items = tuple(items)
    return (chosen for size in range(len(items) + 1) for chosen in combinations(items, size))
