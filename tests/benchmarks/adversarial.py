"""Rules made to be hard: time, answer and work of the engine, beside boxes and z3 where those finish.

``python -m tests.benchmarks.adversarial [SIZE ...]`` prints the table; sizes are numbers of rules. The flows are TCP
from any address to any, at every port ("any") or at one ("1 port"). An answer is right, or it is "not decided".
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

import z3  # type: ignore[import-untyped]

from apim_audit.core.engine.compiling import bearing_on, compile_table
from apim_audit.core.engine.decision import Decision, decide
from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.engine.rulesets import Ruleset, ruleset_of
from apim_audit.core.engine.search import NODE_BUDGET, Box, Undecidable, search
from apim_audit.core.facts.estate import Subnet, VirtualNetwork
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.sets.addresses import EVERYTHING, format_address
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags
from tests.benchmarks.measuring import show
from tests.laws.boxes import Ruling, TooManyBoxes, rules_for, ruling

SIZES = (100, 300, 1000)
MOST_BOXES = 600
Z3_MILLISECONDS = 20_000
SAT_RATIO = 4.26
SAT_BITS = 8
FLOWS = {"any": IntervalSet.span(1, 65535), "1 port": IntervalSet.point(443)}

Span = tuple[int, int]
Match = tuple[Sequence[Span] | None, Sequence[Span] | None, Sequence[Span] | None, Sequence[Span] | None]
"""For the other end, the own end, source and destination ports: the values that a rule matches; None is all."""
Rules = Iterator[tuple[bool, Match]]
_TOPS = (2**32, 2**32, 2**16, 2**16)
_WILD: list[Sequence[Span] | None] = [None, None, None, None]


def _range(random: Random, top: int, share: float = 1) -> Span:
    width = max(int(top * share * random.random()), 1)
    first = random.randrange(top - width + 1)
    return first, first + width - 1


def _narrow(random: Random, fields: int, share: float, count: int = 1) -> Match:
    """Returns a match of some fields, picked at random, that leaves the others open."""
    made = list(_WILD)
    for at in random.sample(range(4), fields):
        made[at] = [_range(random, _TOPS[at], share) for _ in range(count)]
    return made[0], made[1], made[2], made[3]


def slabs(random: Random, size: int) -> Rules:
    """Yields rules with one narrow field each."""
    for _ in range(size):
        yield random.random() < 0.5, _narrow(random, 1, 1 / size)


def crossing(random: Random, size: int, fields: int, share: float, count: int = 1) -> Rules:
    """Yields rules that overlap partially, in as many fields."""
    for _ in range(size):
        yield random.random() < 0.5, _narrow(random, fields, share, count)


def alternating(random: Random, size: int) -> Rules:
    """Yields Allow and Deny in turn, overlapping in four fields."""
    for place in range(size):
        yield place % 2 == 0, _narrow(random, 4, 1)


def diagonal(random: Random, size: int) -> Rules:
    """Yields the i-th part of one end with the i-th part of the other."""
    step = 2**32 // size
    for place in range(size):
        part = [(place * step, place * step + step - 1)]
        yield random.random() < 0.5, (part, part, None, None)


def tiles(random: Random, size: int, *, gap: bool) -> Rules:
    """Yields Allows that tile all there is, but perhaps one tile, then wide Denies."""
    side = max(int((size / 2) ** 0.5), 1)
    step = -(-(2**32) // side)
    parts = [(place * step, min((place + 1) * step, 2**32) - 1) for place in range(side)]
    allows: list[Match] = [([there], [here], None, None) for there in parts for here in parts]
    random.shuffle(allows)
    for match in allows[gap:]:
        yield True, match
    for _ in range(size - len(allows)):
        yield False, _narrow(random, 2, 1)


def _cube(bits: Iterable[tuple[int, bool]]) -> Match:
    """Returns the match of values for leading bits; bit 8 is the first bit of the second field, and so on."""
    made = list(_WILD)
    wanted = list(bits)
    for at, top in enumerate(_TOPS):
        mine = [(bit % SAT_BITS, value) for bit, value in wanted if bit // SAT_BITS == at]
        step = top >> SAT_BITS
        if mine:
            made[at] = [
                (block * step, block * step + step - 1)
                for block in range(1 << SAT_BITS)
                if all(bool(block >> (SAT_BITS - 1 - bit) & 1) is value for bit, value in mine)
            ]
    return made[0], made[1], made[2], made[3]


def address_bits(random: Random, size: int) -> Rules:
    """Yields rules for a bit of the one end together with the same value of a bit of the other."""
    for _ in range(size):
        value = random.random() < 0.5
        ends = random.randrange(SAT_BITS), SAT_BITS + random.randrange(SAT_BITS)
        yield random.random() < 0.5, _cube((bit, value) for bit in ends)


def three_sat(random: Random, size: int) -> Rules:
    """Yields a Deny for each clause of a random formula, which matches what breaks it, then an Allow of all."""
    variables = min(round((size - 1) / SAT_RATIO), 4 * SAT_BITS)
    places = random.sample(range(4 * SAT_BITS), variables)
    for _ in range(size - 1):
        yield False, _cube((bit, random.random() < 0.5) for bit in random.sample(places, 3))
    yield True, (None, None, None, None)


FAMILIES: dict[str, Callable[[Random, int], Rules]] = {
    "slabs4": slabs,
    "diag": diagonal,
    "rand4": partial(crossing, fields=4, share=1),
    "list4": partial(crossing, fields=4, share=0.25, count=4),
    "alt4": alternating,
    "cross4": partial(crossing, fields=2, share=0.25),
    "cross3": partial(crossing, fields=3, share=0.5),
    "tile": partial(tiles, gap=False),
    "tilegap": partial(tiles, gap=True),
    "bits": address_bits,
    "3-SAT": three_sat,
}
SAT_SIZES = (120, 137)
"""Rules of 3-SAT at the threshold where formulas are hard, with 28 and 32 variables: what the fields have room for."""


def _side(spans: Sequence[Span] | None) -> Side:
    if spans is None:
        return Side(("*",))
    return Side(tuple(f"{format_address(first)}-{format_address(last)}" for first, last in spans))


def _ports(spans: Sequence[Span] | None) -> IntervalSet:
    return ALL_PORTS if spans is None else IntervalSet.union_of(spans)


def security_rules(rules: Rules) -> list[SecurityRule]:
    """Returns inbound rules in the order given."""
    return [
        SecurityRule(
            f"r{place}",
            100 + place,
            Direction.INBOUND,
            Access.ALLOW if allow else Access.DENY,
            "tcp",
            _side(other),
            _ports(source_ports),
            _side(own),
            _ports(ports),
        )
        for place, (allow, (other, own, source_ports, ports)) in enumerate(rules)
    ]


@dataclass(frozen=True)
class Problem:
    """Rules and the flows that are asked about."""

    rules: list[SecurityRule]
    resolver: Resolver
    flows: Box

    def ruleset(self) -> Ruleset:
        """Returns the rules for the engine; nothing of it is made yet."""
        return ruleset_of(self.rules, Direction.INBOUND, self.resolver)

    def decision(self) -> Decision | None:
        """Returns what the engine says, or None for "not decided"."""
        try:
            return decide([self.flows], self.ruleset(), "Tcp", may_pin=False)
        except Undecidable:
            return None

    def nodes(self) -> str:
        """Returns how many regions one search looks at."""
        table = compile_table([self.flows], bearing_on([self.flows], self.ruleset().clauses_of("Tcp")))
        try:
            return str(NODE_BUDGET - search(table).budget)
        except Undecidable:
            return f"over {NODE_BUDGET}"

    def boxes(self) -> Ruling | None:
        """Returns what boxes say, or None where there would be too many."""
        concerned = rules_for(self.rules, "Inbound", "tcp")
        try:
            return ruling([self.flows.sets], concerned, self.resolver, may_pin=False, most=MOST_BOXES)
        except TooManyBoxes:
            return None

    def z3(self) -> str:
        """Returns the verdict that z3 finds, or an empty text where it takes too long."""
        variables = [z3.BitVec(name, top.bit_length() - 1) for name, top in zip("abcd", _TOPS, strict=True)]
        kind = z3.BitVecVal(0, 2)
        for rule in reversed(rules_for(self.rules, "Inbound", "tcp")):
            ends = self.resolver.other_side(rule).surely(), self.resolver.own_side(rule).surely()
            match = _within(variables, (*ends, rule.source_ports, rule.destination_ports))
            kind = z3.If(match, z3.BitVecVal(2 * (rule.access is Access.DENY) + rule.default, 2), kind)
        solver = z3.SolverFor("QF_BV")
        solver.set("timeout", Z3_MILLISECONDS)
        solver.add(_within(variables, self.flows.sets))
        said = [solver.check(kind == code) for code in range(4)]
        return "" if z3.unknown in said else _verdict(*(each == z3.sat for each in said))


def _verdict(allowed: object, by_default: object, denied: object, denied_by_default: object) -> str:
    if not denied and not denied_by_default:
        return "default-only" if by_default else "compliant"
    if allowed or by_default:
        return "partial"
    return "blocked" if denied else "missing"


def _within(variables: Sequence[z3.BitVecRef], sets: Sequence[IntervalSet]) -> z3.BoolRef:
    tests = []
    for variable, values in zip(variables, sets, strict=True):
        top = (1 << variable.size()) - 1
        if (0, top) not in values.spans():
            tests.append(
                z3.Or([z3.And(z3.UGE(variable, first), z3.ULE(variable, last)) for first, last in values.spans()])
            )
    return z3.And(tests)


def problem(family: str, size: int, ports: IntervalSet) -> Problem:
    """Returns the problem of a family; the same one each time."""
    subnet = Subnet("subnet", (), None, VirtualNetwork("vnet", IntervalSet.span(10 << 24, (10 << 24) + 0xFFFF)))
    tags = ServiceTags({}, {})
    rules = security_rules(FAMILIES[family](Random(f"{family} {size}"), size))
    return Problem(rules, Resolver(space_of(subnet, tags), tags), Box((EVERYTHING, EVERYTHING, FLOWS["any"], ports)))


def line(family: str, size: int, flows: str) -> list[object]:
    """Returns a line of the table."""
    asked = problem(family, size, FLOWS[flows])
    start = time.perf_counter()
    decision = asked.decision()
    taken = 1e3 * (time.perf_counter() - start)
    told = next(iter(decision.verdicts())).value if decision else "not decided"
    second, third = asked.boxes(), asked.z3()
    verdict = second.verdict if second else "too many"
    right = agreement(asked, decision, second, third)
    deciders = len(decision.deciders()) if decision else ""
    return [family, size, flows, taken, asked.nodes(), told, deciders, verdict, third or "too long", right]


def agreement(asked: Problem, decision: Decision | None, second: Ruling | None, third: str) -> str:
    """Returns whether what was decided agrees with boxes and z3."""
    if decision is None:
        return "not decided"
    told = next(iter(decision.verdicts())).value
    rules = asked.ruleset().rules
    deciders = [rules[number].name for number in decision.deciders()]
    shadowed = [rules[number].name for number in decision.shadowed]
    if third not in {"", told}:
        return "WRONG verdict"
    if second is None:
        return "verdict right" if third else "not checked"
    expected = second.verdict, [rule.name for rule in second.deciders], [rule.name for rule in second.shadowed]
    return "all right" if (told, deciders, shadowed) == expected else "WRONG"


def main(sizes: Sequence[int]) -> None:
    """Prints the table."""
    lines = []
    for family in FAMILIES:
        for size in (*SAT_SIZES, *sizes) if family == "3-SAT" else sizes:
            for flows in ("any",) if family == "3-SAT" else FLOWS:
                lines.append(line(family, size, flows))
                sys.stderr.write(f"{lines[-1]}\n")
    show(["family", "rules", "flows", "ms", "nodes", "engine", "deciders", "boxes", "z3", "engine is"], lines)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or SIZES)
