"""Tiny universes in which every assignment of everything unknown is gone through, flow by flow.

This is brute force at the level of the engine: a handful of addresses, two ports, unknown sets of one to four
addresses, at the other end, the own end, or both; rules that are perhaps there; rules of equal priority; pieces of
sets that hang on a choice. A world says of each address whether it is in each unknown set, and answers each choice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, reduce
from itertools import permutations, product
from math import prod
from operator import or_
from random import Random

from apim_audit.core.engine.decision import Answered, Decision, Part, decide
from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.engine.rulesets import Ruleset, order_choice, presence_choice, ruleset_of
from apim_audit.core.engine.search import Box, Place, asked
from apim_audit.core.facts.estate import Subnet, VirtualNetwork
from apim_audit.core.facts.rules import Access, Direction, SecurityRule, Side
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.core.sets.tags import ServiceTags
from apim_audit.core.sets.unknowns import NO, YES, AddressSet, Choice, Piece, UnknownSet
from tests.laws.simulator import verdict_of

UNIVERSE = range(16)
MOST_WORLDS = 150
PORTS = (80, 443)
Answer = frozenset[int] | int
World = Mapping[str, Answer]
Flow = tuple[int, int, int]


@dataclass(frozen=True)
class TinyCase:
    """A requirement, rules and named sets, all tiny."""

    sets: Mapping[str, AddressSet]
    unknowns: tuple[UnknownSet, ...]
    choices: tuple[Choice, ...]
    rules: tuple[SecurityRule, ...]
    other: AddressSet
    own: AddressSet
    may_pin: bool

    @cached_property
    def ruleset(self) -> Ruleset:
        """The rules in order."""
        space = space_of(Subnet("s", (), None, VirtualNetwork("v", EMPTY)), NO_TAGS)
        return ruleset_of(self.rules, Direction.INBOUND, Resolver(space, NO_TAGS, dict(self.sets)), DEFAULTS)

    def decided(self) -> Decision:
        """Returns what the core decides."""
        boxes = [
            Box(
                (there.addresses, here.addresses, IntervalSet.point(1024), IntervalSet.union_of((p, p) for p in PORTS)),
                (*asked(Place.OTHER, there.conditions), *asked(Place.OWN, here.conditions)),
            )
            for there in self.other.pieces
            for here in self.own.pieces
        ]
        return decide(boxes, self.ruleset, "Tcp", may_pin=self.may_pin)

    def worlds(self) -> Iterator[World]:
        """Yields every possible world."""
        answers: list[list[tuple[str, Answer]]] = [
            [(choice.name, answer) for answer in range(choice.arity)] for choice in self.all_choices()
        ]
        members: list[list[tuple[str, Answer]]] = [
            [(each.name, chosen) for chosen in _subsets(each.at_most)] for each in self.spoken_of
        ]
        for assignment in product(*answers, *members):
            world = dict(assignment)
            if all(self._fits(each, world) for each in self.spoken_of):
                yield world

    @cached_property
    def spoken_of(self) -> list[UnknownSet]:
        """The unknown sets that the requirement or a rule for its protocol asks."""
        resolver = self.ruleset.resolver
        speaking = [rule for rule in self.ruleset.rules if rule.protocol in {"*", "tcp"}]
        sides = [side for rule in speaking for side in (resolver.other_side(rule), resolver.own_side(rule))]
        pieces = [piece for side in (*sides, self.other, self.own) for piece in side.pieces]
        names = {unknown.name for piece in pieces for unknown, _ in piece.conditions}
        return [each for each in self.unknowns if each.name in names]

    def size(self) -> int:
        """Returns how many worlds there would be if no condition ruled some out."""
        return prod(choice.arity for choice in self.all_choices()) << sum(
            each.at_most.size() for each in self.spoken_of
        )

    def all_choices(self) -> list[Choice]:
        """Returns every question with one answer in a world."""
        presence = [presence_choice(rule) for rule in self.rules if not rule.certain]
        return [*self.choices, *presence, *(order_choice(p, Direction.INBOUND, tied) for p, tied in self._ties())]

    def _ties(self) -> Iterator[tuple[int, list[SecurityRule]]]:
        for priority in {rule.priority for rule in self.rules}:
            tied = [rule for rule in self.ruleset.rules if rule.priority == priority]
            if len(tied) > 1:
                yield priority, tied

    def _fits(self, unknown: UnknownSet, world: World) -> bool:
        members = _members(world, unknown.name)
        siblings = [other for other in self.spoken_of if other.apart_from == unknown.apart_from != ""]
        return (
            (bool(members) or not unknown.inhabited)
            and (unknown.proper_part_of is None or any(at not in members for at in _all(unknown.proper_part_of)))
            and (unknown.part_of not in world or members <= _members(world, unknown.part_of))
            and not any(members & _members(world, other.name) for other in siblings if other is not unknown)
        )

    def held(self, side: AddressSet, world: World) -> int:
        """Returns the addresses that a set holds in a world, as a mask."""
        return reduce(or_, (self._held_by_piece(piece, world) for piece in side.pieces), 0)

    @staticmethod
    def _held_by_piece(piece: Piece, world: World) -> int:
        found = _mask(piece.addresses)
        for unknown, mask in piece.conditions:
            answer = world[unknown.name]
            if isinstance(answer, int):
                found &= -(mask >> answer & 1)
            else:
                inside = sum(1 << address for address in answer)
                found &= (inside if mask & YES else 0) | (~inside if mask & NO else 0)
        return found

    def flows(self, world: World) -> list[Flow]:
        """Returns the needed flows of a world: other end, own end, port."""
        there, here = self.held(self.other, world), self.held(self.own, world)
        return [
            (other, own, port)
            for other in UNIVERSE
            for own in UNIVERSE
            if there >> other & 1 and here >> own & 1
            for port in PORTS
        ]

    def ordered(self, world: World) -> list[int]:
        """Returns the numbers of the rules that are there, in the order of a world."""
        rules = self.ruleset.rules
        place = {number: (rule.priority, 0) for number, rule in enumerate(rules)}
        for priority, tied in self._ties():
            order = list(permutations(tied))[_answer(world, order_choice(priority, Direction.INBOUND, tied).name)]
            place |= {rules.index(rule): (priority, rank) for rank, rule in enumerate(order)}
        there = [n for n, rule in enumerate(rules) if rule.certain or _answer(world, presence_choice(rule).name)]
        return sorted(there, key=lambda number: place[number])

    def matchers(self, world: World) -> list[tuple[int, int, int, tuple[int, ...]]]:
        """Returns the rules that are there, in order: number, addresses at the other and the own end, ports."""
        resolver, rules = self.ruleset.resolver, self.ruleset.rules
        return [
            (
                number,
                self.held(resolver.other_side(rules[number]), world),
                self.held(resolver.own_side(rules[number]), world),
                tuple(port for port in PORTS if port in rules[number].destination_ports),
            )
            for number in self.ordered(world)
            if rules[number].protocol in {"*", "tcp"}
        ]

    def matching(self, flow: Flow, matchers: Iterable[tuple[int, int, int, tuple[int, ...]]]) -> list[int]:
        """Returns the rules that match a flow, in order."""
        other, own, port = flow
        found = [
            number
            for number, there, here, ports in matchers
            if there >> other & 1 and here >> own & 1 and port in ports
        ]
        return self._past_admin_rules(found)

    def _past_admin_rules(self, matching: list[int]) -> list[int]:
        """Returns the rules that can decide: an admin Allow does not, and behind it no other admin rule does."""
        rules = self.ruleset.rules
        for place, number in enumerate(matching):
            if rules[number].admin and rules[number].access is Access.ALLOW:
                return [*matching[:place], *(each for each in matching[place:] if not rules[each].admin)]
        return matching


@dataclass
class Tally:
    """What brute force finds, over all worlds."""

    verdicts: set[str]
    deciders: set[int]
    shadowed: set[int]


def tally(case: TinyCase, worlds: Iterable[World] | None = None) -> Tally:
    """Goes through every world, or those given."""
    found = Tally(set(), set(), set())
    for world in case.worlds() if worlds is None else worlds:
        found.verdicts.add(verdict_in(case, world, found))
    return found


def under(case: TinyCase, answered: Answered) -> set[str]:
    """Returns the verdicts of the worlds in which choices have these answers."""
    fitting = (world for world in case.worlds() if all(world[choice.name] == answer for choice, answer in answered))
    return tally(case, fitting).verdicts


def verdict_in(case: TinyCase, world: World, found: Tally) -> str:
    """Returns the verdict of one world, and adds its rules to a tally."""
    matchers = case.matchers(world)
    kinds, unpinned = set(), set()
    rules = case.ruleset.rules
    for flow in case.flows(world):
        matching = case.matching(flow, matchers)
        kinds.add(kind_of(rules[matching[0]]))
        unpinned.add(kind_of(next(rules[number] for number in matching if not is_pinned(rules[number]))))
        found.deciders.add(matching[0])
        if rules[matching[0]].access is Access.DENY:
            found.shadowed |= {number for number in matching if rules[number].access is not Access.DENY}
    verdict = verdict_of(kinds)
    return "pinned" if verdict == "compliant" and case.may_pin and unpinned != {"Ac"} else verdict


def shows(case: TinyCase, part: Part) -> bool:
    """Tells whether in some world the flow that a part shows is needed and decided by the part's rule."""
    spot = part.spot()
    flow = spot.other, spot.own, spot.destination_port
    for world in case.worlds():
        if flow in case.flows(world) and _agrees(spot.of_other, spot.other, world):
            if not _agrees(spot.of_own, spot.own, world) or not _agrees(spot.of_world, 0, world):
                continue
            matching = case.matching(flow, case.matchers(world))
            left = [n for n in matching if not part.pinned or not is_pinned(case.ruleset.rules[n])]
            if left[0] == part.rule:
                return True
    return False


def _agrees(told: Mapping[str, int], address: int, world: World) -> bool:
    return all(
        name not in world or (value if isinstance(value := world[name], int) else address in value) == answer
        for name, answer in told.items()
    )


def kind_of(rule: SecurityRule) -> str:
    """Returns Ac, Ad, Dc or Dd."""
    return ("D" if rule.access is Access.DENY else "A") + ("d" if rule.default else "c")


def is_pinned(rule: SecurityRule) -> bool:
    """Tells whether a rule allows, being no default rule, and its other end is written in addresses only."""
    texts = rule.source.expressions
    return rule.access is not Access.DENY and not rule.default and all(text[0].isdigit() for text in texts)


def _answer(world: World, name: str) -> int:
    answer = world[name]
    assert isinstance(answer, int)
    return answer


def _members(world: World, name: str) -> frozenset[int]:
    members = world[name]
    assert isinstance(members, frozenset)
    return members


def _all(addresses: IntervalSet) -> list[int]:
    return [address for address in UNIVERSE if address in addresses]


@cache
def _mask(addresses: IntervalSet) -> int:
    return sum(1 << address for address in _all(addresses))


@cache
def _subsets(addresses: IntervalSet) -> list[frozenset[int]]:
    every = _all(addresses)
    return [frozenset(at for i, at in enumerate(every) if mask >> i & 1) for mask in range(1 << len(every))]


ROOM = IntervalSet.span(14, 15)
WHOLE = IntervalSet.union_of([(0, 7), (13, 15)])  # has a member that is in no unknown set
NO_TAGS = ServiceTags({}, {})
ANYTHING = IntervalSet.span(0, 65535)


def tiny_rule(name: str, priority: int, access: Access, source: str, *, default: bool = False) -> SecurityRule:
    """Returns an inbound rule for every flow from a named set."""
    everywhere = Side(("*",))
    return SecurityRule(
        name, priority, Direction.INBOUND, access, "*", Side((source,)), ANYTHING, everywhere, ANYTHING, default=default
    )


DEFAULTS = (
    tiny_rule("DefaultAllow", 65000, Access.ALLOW, "near", default=True),
    tiny_rule("DefaultDeny", 65500, Access.DENY, "*", default=True),
)


def random_tiny_case(random: Random, *, overlapping: bool = False, admin: bool = False) -> TinyCase:
    """Returns a random case with a bounded number of worlds, in each of which some flow is needed.

    Args:
        random: the source of randomness.
        overlapping: whether an address can stand at both ends.
        admin: whether one or two admin rules come before the NSG.
    """
    while True:
        case = _attempt(random)
        if admin:
            case = replace(case, rules=(*case.rules, *_admin_rules(random, tuple(case.sets))))
        if case.size() > MOST_WORLDS or bool(case.other.at_most() & case.own.at_most()) is not overlapping:
            continue
        if all(map(case.flows, case.worlds())):
            return case


def _attempt(random: Random) -> TinyCase:
    unknowns = _unknowns(random)
    doors = tuple(Choice(f"door {i}", "is it open?", ("shut", "open")) for i in range(random.choice((0, 0, 1, 2))))
    sets = _sets(random, unknowns, doors)
    rules = _rules(random, tuple(sets))
    required = _required(random, unknowns)
    own = AddressSet.plain(IntervalSet.span(random.choice((4, 6)), random.choice((6, 7))))
    if random.random() < 0.15 and unknowns:
        own = AddressSet.unknown(unknowns[-1], IntervalSet.point(7))
    return TinyCase(sets, unknowns, doors, rules, required, own, may_pin=random.random() < 0.5)


def _unknowns(random: Random) -> tuple[UnknownSet, ...]:
    """Returns up to three unknown sets; the second and third may be disjoint parts of the first.

    Each may have members that nothing else speaks of, as a tag has: that it is inhabited never fixes a member.
    """
    family = random.random() < 0.5
    found = [_unknown(random, number, family=family) for number in range(random.choice((1, 1, 1, 2, 2, 3)))]
    if family:
        everything = reduce(or_, (each.at_most for each in found))
        found[0] = replace(found[0], at_most=everything)
    return tuple(found)


def _unknown(random: Random, number: int, *, family: bool) -> UnknownSet:
    of_family = family and number > 0
    return UnknownSet(
        f"u{number}",
        "what is it?",
        f"u{number}",
        _span(random, random.choice((1, 1, 2, 3) if number else (2, 3))) | ROOM,
        part_of="u0" if of_family else "",
        apart_from="regions" if of_family else "",
        inhabited=family or random.random() < 0.5,
        proper_part_of=WHOLE if family or random.random() < 0.3 else None,
    )


def _span(random: Random, size: int) -> IntervalSet:
    first = random.randrange(8)
    return IntervalSet.span(first, min(first + size - 1, 7))


def _sets(random: Random, unknowns: tuple[UnknownSet, ...], doors: tuple[Choice, ...]) -> dict[str, AddressSet]:
    sets = {"near": AddressSet.plain(_span(random, 3)), "*": AddressSet.plain(IntervalSet.span(0, 15))}
    for unknown in unknowns:
        sets[unknown.name] = AddressSet.unknown(
            unknown, _span(random, 2) - unknown.at_most if random.random() < 0.3 else EMPTY
        )
    for door in doors:
        base = random.choice(tuple(sets.values()))
        sets[f"behind {door.name}"] = base.under((door, random.choice((YES, 1))))
        sets[f"but {door.name}"] = sets["*"].minus(sets[f"behind {door.name}"])
    first = random.choice(unknowns).name if unknowns else "near"
    sets["not it"] = AddressSet.plain(IntervalSet.span(0, 5)).minus(sets[first])
    return sets


def _rules(random: Random, names: tuple[str, ...]) -> tuple[SecurityRule, ...]:
    count = random.randint(1, 4)
    slots = (100, 110, 120, 130)
    priorities = random.choices(slots[:2], k=count) if random.random() < 0.25 else random.sample(slots, count)
    return tuple(_random_rule(random, f"r{i}", priority, names) for i, priority in enumerate(priorities))


def _random_rule(random: Random, name: str, priority: int, names: tuple[str, ...]) -> SecurityRule:
    literals = ("0.0.0.0-0.0.0.2", "0.0.0.3", "0.0.0.2-0.0.0.5", "0.0.0.0/29")
    other = tuple(random.sample((*names, *names, *literals), random.choice((1, 1, 2))))
    own = random.choice(("*", "*", "*", "0.0.0.6", "0.0.0.4-0.0.0.6", *names))
    made = tiny_rule(name, priority, random.choice((Access.ALLOW, Access.ALLOW, Access.DENY)), "*")
    ports = random.choice((ANYTHING, ANYTHING, IntervalSet.point(443), IntervalSet.span(0, 442)))
    return made._replace(
        protocol=random.choice(("tcp", "*", "*", "udp")),
        source=Side(tuple(dict.fromkeys(other))),
        destination=Side((own,)),
        destination_ports=ports,
        certain=random.random() < 0.85,
    )


def _admin_rules(random: Random, names: tuple[str, ...]) -> Iterator[SecurityRule]:
    for priority in range(1, random.choice((2, 3))):
        made = _random_rule(random, f"a{priority}", priority, names)
        yield made._replace(access=random.choice((*Access, Access.ALWAYS_ALLOW)), admin=True)


def _required(random: Random, unknowns: tuple[UnknownSet, ...]) -> AddressSet:
    hull = AddressSet.plain(_span(random, random.randint(2, 6)) & IntervalSet.span(0, 5))
    if unknowns and random.random() < 0.4:
        chosen = random.choice(unknowns)
        return (
            AddressSet.unknown(chosen)
            if random.random() < 0.5
            else AddressSet((*hull.pieces, Piece(chosen.at_most - hull.surely(), ((chosen, YES),))))
        )
    return hull
