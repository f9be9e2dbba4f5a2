"""Every possible world of a location in which something is unknown, gone through exhaustively, by the law's words.

The other end's addresses fall into *atoms*: addresses that no expression with a known meaning tells apart. What is
unknown is a handful of named sets; in a world each address of an atom has a *pattern*, the unknown sets it belongs
to. A world is thus, for each atom, the patterns that occur in it: any, as many as it has addresses, at least one.
What the law says of a world (what becomes of the flows, who decides) is a union over all that occurs in it, and so
are the promises of section 3 ("is not empty"). So all worlds are met by uniting, atom by atom, every choice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial, reduce
from itertools import combinations, permutations, product
from operator import or_
from typing import TypeVar

from tests.laws.simulator import (
    DEFAULTS,
    LAST_ADDRESS,
    NOT_PUBLIC,
    WORST_LAST,
    Needed,
    Packet,
    PlainRule,
    Simulation,
    Surroundings,
    ends,
    is_pinned,
    verdict_of,
)

T = TypeVar("T")
Pattern = frozenset[str]
KINDS = ("Ac", "Ad", "Dc", "Dd")
ON_PREMISES = "~on-premises"


@dataclass(frozen=True)
class HalfKnown:
    """A location with what is not known of it; names of sets in lower case.

    Attributes:
        around: what is known; tags without data are not in it.
        unknown_tags: service tags without data that are mentioned, with their families as far as names are known.
        words: expressions that mean nothing known.
        groups: application security groups, written as expressions; at the own end they hold nothing.
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

    @cached_property
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
            return not inside or (self.around.side_holds(self.around.vnet, address) and not _is_probe(address))
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
            found[f"{name} is not empty"] = partial(_is_inside, name)
            found[f"{name} is not all"] = partial(_is_outside, name)
        return found


def _is_inside(name: str, _address: int, pattern: Pattern) -> bool:
    return name in pattern


def _is_outside(name: str, address: int, pattern: Pattern) -> bool:
    return name not in pattern and is_public(address)


@cache
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
    own: frozenset[tuple[str, int]]


def choices(needed: Needed, rules: Iterable[PlainRule], half: HalfKnown) -> Iterator[Choice]:
    """Yields every choice; the own end's few addresses are no atoms, so what words hold of them is chosen here."""
    routes = tuple(dict.fromkeys(half.routes))
    narrow = tuple(text for text in routes if _narrows_internet(text, half))
    said = {text.lower() for rule in rules for text in rule.own_side}
    own = [(word, address) for word in half.words if word in said for address in own_addresses(needed)]
    for ordered in _lists(rules, needed.direction, half.perhaps):
        for widening, narrowing, held in product(_subsets(routes), _subsets(narrow), _subsets(own)):
            yield Choice(ordered, frozenset(widening), frozenset(narrowing), frozenset(held))


def own_addresses(needed: Needed) -> list[int]:
    """Returns the addresses of the API Management end."""
    return [address for first, last in map(ends, needed.own) for address in range(first, last + 1)]


def _lists(rules: Iterable[PlainRule], direction: str, perhaps: frozenset[str]) -> Iterator[tuple[PlainRule, ...]]:
    """Yields every list of rules that may be there, in every order that their priorities leave open."""
    every = [rule for rule in (*rules, *DEFAULTS) if rule.direction == direction]
    for missing in _subsets([rule for rule in every if rule.name in perhaps]):
        yield from _orders([rule for rule in every if rule not in missing])


def _narrows_internet(route: str, half: HalfKnown) -> bool:
    if route.lower() in half.unknown_tags or route.lower() in half.around.tags:
        return True
    return int(route.partition("/")[2]) > 1


def _orders(rules: list[PlainRule]) -> Iterator[tuple[PlainRule, ...]]:
    """Yields every order by priority: of rules of equal priority either may come first."""
    priorities = sorted({rule.priority for rule in rules})
    ties = ([rule for rule in rules if rule.priority == priority] for priority in priorities)
    for parts in product(*(permutations(tie) for tie in ties)):
        yield tuple(rule for part in parts for rule in part)


def _subsets(items: Iterable[T]) -> Iterator[tuple[T, ...]]:
    items = tuple(items)
    return (chosen for size in range(len(items) + 1) for chosen in combinations(items, size))


@dataclass(frozen=True)
class Atom:
    """Addresses that nothing known tells apart: one of them, and how many there are."""

    address: int
    size: int


@dataclass(frozen=True)
class Told:
    """What holds in the possible worlds taken together."""

    verdicts: frozenset[str]
    deciders: frozenset[str]
    shadowed: frozenset[str]

    @property
    def verdict(self) -> str:
        """What the law makes of it: one verdict, unknown, or the worst of several gaps."""
        if len(self.verdicts) > 1 and "compliant" in self.verdicts:
            return "unknown"
        return max(self.verdicts, key=WORST_LAST.index)

    @property
    def others(self) -> frozenset[str]:
        """The other verdicts of a gap."""
        return self.verdicts - {self.verdict} if self.verdict != "unknown" else frozenset()


@dataclass(frozen=True)
class Marks:
    """What may be said of a world, a bit each, so that a world is an integer and worlds unite by ``|``."""

    names: tuple[str, ...]
    promises: tuple[str, ...]

    def fate(self, kind: str, unpinned: str) -> int:
        """Some flow is decided by a rule of this kind, and by one of that kind if there were no pinned rules."""
        return 1 << 4 * KINDS.index(kind) + KINDS.index(unpinned)

    def decider(self, name: str) -> int:
        """The rule decides some flow."""
        return 1 << 16 + self.names.index(name)

    def shadowed(self, name: str) -> int:
        """The rule would allow some flow that an earlier one denies."""
        return 1 << 16 + len(self.names) + self.names.index(name)

    def promise(self, name: str) -> int:
        """Some address fulfils the promise."""
        return 1 << 16 + 2 * len(self.names) + self.promises.index(name)

    def fates_of(self, world: int) -> set[tuple[str, str]]:
        """Returns the fates in a world."""
        return {(one, other) for one in KINDS for other in KINDS if world & self.fate(one, other)}


@dataclass(frozen=True)
class Kind:
    """An address of a pattern: which promises it fulfils, and whether flows with it are needed."""

    address: int
    pattern: Pattern
    fulfilled: int
    needed: bool


@dataclass(frozen=True)
class Court:
    """A needed set of flows before the rules of an NSG, where not everything is known."""

    needed: Needed
    rules: tuple[PlainRule, ...]
    half: HalfKnown
    _kinds: dict[Atom, list[Kind]] = field(default_factory=dict, repr=False, compare=False)

    def told(self) -> Told:
        """Returns what holds in the possible worlds."""
        worlds = {world for choice in self.choices() for world in self._worlds(choice)}
        ever = _union(worlds)
        return Told(
            frozenset(map(self._verdict, worlds)),
            frozenset(name for name in self.marks.names if ever & self.marks.decider(name)),
            frozenset(name for name in self.marks.names if ever & self.marks.shadowed(name)),
        )

    def choices(self) -> Iterator[Choice]:
        """Yields every choice of what is not a set."""
        return choices(self.needed, self.rules, self.half)

    @cached_property
    def marks(self) -> Marks:
        """What may be said of a world."""
        return Marks(tuple(rule.name for rule in (*self.rules, *DEFAULTS)), tuple(self.half.promises()))

    def _verdict(self, world: int) -> str:
        fates = self.marks.fates_of(world)
        verdict = verdict_of({kind for kind, _ in fates})
        if verdict != "compliant" or not self.needed.is_tag:
            return verdict
        return "compliant" if {unpinned for _, unpinned in fates} == {"Ac"} else "pinned"

    def _worlds(self, choice: Choice) -> set[int]:
        rests = self.rests(choice)
        reached = {0}
        for atom in self.atoms:
            cells = {self._cell(choice, kind, rests) for kind in self.kinds_of(atom)}
            reached = {one | other for one in reached for other in _unions(cells, atom.size)}
        kept = _union(map(self.marks.promise, self.marks.promises))
        return {world for world in reached if world & kept == kept and world & 0xFFFF}

    def rests(self, choice: Choice) -> set[int]:
        """Returns the masks of the rules that match, as if each matched every address at the other end."""
        simulation = Simulation(self.needed, choice.ordered, self.half.around)
        own = {self._own_mask(choice, address) for address in own_addresses(self.needed)}
        return {rest & mask for rest in simulation.masks_of_ports() for mask in own}

    def _own_mask(self, choice: Choice, address: int) -> int:
        return sum(
            1 << i
            for i, rule in enumerate(choice.ordered)
            if any(self._own_end_holds(choice, text.lower(), address) for text in rule.own_side)
        )

    def _own_end_holds(self, choice: Choice, text: str, address: int) -> bool:
        if text in self.half.words:
            return (text, address) in choice.own
        return text not in self.half.groups and self.half.around.holds(text, address)

    def most_patterns(self) -> int:
        """Returns how many patterns some address may have, or a bound above it where that takes long to tell."""
        if len(self.half.unknown) > 6:
            return 1 << len(self.half.unknown)
        return max(len(self.patterns(atom.address)) for atom in self.atoms)

    def patterns(self, address: int) -> list[Pattern]:
        """Returns the unknown sets that an address may belong to: each combination."""
        every = map(frozenset, _subsets(self.half.unknown))
        return [pattern for pattern in every if self.half.is_possible(address, pattern)]

    @cached_property
    def atoms(self) -> list[Atom]:
        """Returns the atoms of all addresses."""
        around = self.half.around
        said = {text for rule in (*self.rules, *DEFAULTS) for text in rule.other_side} | set(self.needed.other)
        texts = sorted(self.half.literals() | self.half.known(said))
        edges = sorted({edge for text in texts for edge in around.edges(text) if edge <= LAST_ADDRESS})
        found: dict[tuple[bool, ...], Atom] = {}
        for edge, following in zip(edges, (*edges[1:], LAST_ADDRESS + 1), strict=True):
            signature = tuple(around.holds(text, edge) for text in texts)
            before = found.get(signature, Atom(edge, 0))
            found[signature] = Atom(before.address, before.size + following - edge)
        return list(found.values())

    def kinds_of(self, atom: Atom) -> list[Kind]:
        """Returns the kinds of addresses that an atom may have."""
        if atom not in self._kinds:
            self._kinds[atom] = [self._kind(atom.address, pattern) for pattern in self.patterns(atom.address)]
        return self._kinds[atom]

    def _kind(self, address: int, pattern: Pattern) -> Kind:
        promises = self.half.promises().items()
        fulfilled = _union(self.marks.promise(name) for name, test in promises if test(address, pattern))
        return Kind(address, pattern, fulfilled, needed=self.is_needed(address, pattern))

    def _cell(self, choice: Choice, kind: Kind, rests: set[int]) -> int:
        if not kind.needed:
            return kind.fulfilled
        matching = self._matching(choice, kind.address, kind.pattern)
        return kind.fulfilled | _union(self._outcome(choice, matching & rest) for rest in rests)

    def _outcome(self, choice: Choice, mask: int) -> int:
        fate, decider, shadowed = self._decided(choice, mask)
        return self.marks.fate(*fate) | self.marks.decider(decider) | _union(map(self.marks.shadowed, shadowed))

    def is_needed(self, address: int, pattern: Pattern) -> bool:
        """Tells whether flows with this address at the other end are needed."""
        around = self.half.around
        return any(
            name.lower() in pattern if name.lower() in self.half.unknown else around.holds(name, address)
            for name in self.needed.other
        )

    def _matching(self, choice: Choice, address: int, pattern: Pattern) -> int:
        return sum(
            1 << i
            for i, rule in enumerate(choice.ordered)
            if any(self.holds(text, address, pattern, choice) for text in rule.other_side)
        )

    def holds(self, text: str, address: int, pattern: Pattern, choice: Choice) -> bool:
        """Tells whether an expression holds an address of this pattern, in a world of this choice."""
        name, half = text.strip().lower(), self.half
        if name in half.unknown:
            return name in pattern
        known = half.around.holds(text, address)
        peered = any(peer in pattern for peer in half.half_synced)
        if name == "virtualnetwork":
            routed = any(self.holds(route, address, pattern, choice) for route in choice.widening)
            return known or peered or routed or ON_PREMISES in pattern
        if name == "internet":
            return known and not peered and not any(self.holds(r, address, pattern, choice) for r in choice.narrowing)
        return known

    def may_show(self, packet: Packet, rule_name: str | None) -> bool:
        """Tells whether in some world a packet is needed, decided by that rule, and not explicitly allowed."""
        inbound = self.needed.direction == "Inbound"
        other, own = (packet.source, packet.destination) if inbound else (packet.destination, packet.source)
        return any(
            rule_name == name and fate != ("Ac", "Ac")
            for choice in self.choices()
            for pattern in self.patterns(other)
            if self.is_needed(other, pattern)
            for fate, name in self._fates(choice, packet, self._matching(choice, other, pattern), own)
        )

    def _fates(self, choice: Choice, packet: Packet, other: int, own: int) -> list[tuple[tuple[str, str], str]]:
        ports = sum(1 << i for i, rule in enumerate(choice.ordered) if rule.speaks_of_ports(packet))
        fate, name, _ = self._decided(choice, other & self._own_mask(choice, own) & ports)
        return [(fate if self.needed.is_tag else (fate[0], fate[0]), name)]

    @staticmethod
    def _decided(choice: Choice, mask: int) -> tuple[tuple[str, str], str, tuple[str, ...]]:
        matching = [rule for i, rule in enumerate(choice.ordered) if mask >> i & 1]
        first = matching[0]
        second = next(rule for rule in matching if not is_pinned(rule))
        allowed = [rule.name for rule in matching if rule.access == "Allow"] if first.access == "Deny" else []
        return (kind_of(first), kind_of(second)), first.name, tuple(allowed)


def kind_of(rule: PlainRule) -> str:
    """Returns Ac, Ad, Dc or Dd: what a rule's decision counts as."""
    return ("A" if rule.access == "Allow" else "D") + ("d" if rule.is_default else "c")


def _unions(cells: set[int], size: int) -> set[int]:
    """Returns what may hold of an atom: the union of at least one cell, and of no more than it has addresses."""
    found, last = set(cells), set(cells)
    for _ in range(min(size, len(cells)) - 1):
        last = {one | other for one in last for other in cells} - found
        found |= last
    return found


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)
