"""A second oracle: z3 decides the verdict of an NSG where everything is known; it knows nothing of deciders."""

from collections.abc import Callable, Iterable

import z3  # type: ignore[import-untyped]

from tests.laws.simulator import (
    DEFAULTS,
    LAST_ADDRESS,
    NOT_PUBLIC,
    PROBE,
    Needed,
    PlainRule,
    Surroundings,
    ends,
    is_pinned,
    port_ends,
    verdict_of,
)

KINDS = ("Ac", "Ad", "Dc", "Dd")
SOURCE, DESTINATION = z3.BitVec("source", 32), z3.BitVec("destination", 32)
SOURCE_PORT, DESTINATION_PORT = z3.BitVec("source_port", 16), z3.BitVec("destination_port", 16)


def verdict(needed: Needed, rules: Iterable[PlainRule], around: Surroundings) -> str | None:
    """Returns the verdict that z3 finds, or None where no flow is needed at all."""
    rules = [rule for rule in (*rules, *DEFAULTS) if rule.direction == needed.direction]
    found = _kinds(needed, rules, around)
    if not found:
        return None
    said = verdict_of(found)
    if said == "compliant" and needed.is_tag:
        unpinned = [rule for rule in rules if not is_pinned(rule)]
        return said if _kinds(needed, unpinned, around) == {"Ac"} else "pinned"
    return said


def _kinds(needed: Needed, rules: list[PlainRule], around: Surroundings) -> set[str]:
    """Returns what becomes of the needed flows: each kind that some flow meets."""
    solver = z3.SolverFor("QF_BV")
    solver.add(_flows(needed.sources, needed.source_ports, needed.destinations, needed.ports, around))
    kind: z3.ExprRef = z3.BitVecVal(3, 2)
    for rule in sorted(rules, key=lambda rule: -rule.priority):
        if rule.speaks(needed.protocol):
            match = _flows(rule.sources, rule.source_ports, rule.destinations, rule.destination_ports, around)
            kind = z3.If(match, z3.BitVecVal(2 * (rule.access == "Deny") + rule.is_default, 2), kind)
    return {name for code, name in enumerate(KINDS) if solver.check(kind == code) == z3.sat}


def _flows(
    sources: Iterable[str],
    source_ports: Iterable[str],
    destinations: Iterable[str],
    destination_ports: Iterable[str],
    around: Surroundings,
) -> z3.BoolRef:
    return z3.And(
        z3.Or([_address(SOURCE, text, around) for text in sources]),
        z3.Or([_address(DESTINATION, text, around) for text in destinations]),
        _any_of(SOURCE_PORT, map(port_ends, source_ports)),
        _any_of(DESTINATION_PORT, map(port_ends, destination_ports)),
    )


def _address(variable: z3.BitVecRef, text: str, around: Surroundings) -> z3.BoolRef:
    name = text.strip().lower()
    meaning: dict[str, Callable[[], z3.BoolRef]] = {
        "*": lambda: z3.BoolVal(val=True),
        "any": lambda: z3.BoolVal(val=True),
        "azureloadbalancer": lambda: _within(variable, (PROBE,)),
        "virtualnetwork": lambda: _within(variable, (*around.vnet, *around.peers, PROBE)),
        "internet": lambda: z3.Not(_within(variable, (*NOT_PUBLIC, *around.vnet, *around.peers))),
    }
    known = meaning.get(name)
    return known() if known else _within(variable, around.tags.get(name, (name,)))


def _within(variable: z3.BitVecRef, prefixes: Iterable[str]) -> z3.BoolRef:
    return _any_of(variable, map(ends, prefixes))


def _any_of(variable: z3.BitVecRef, spans: Iterable[tuple[int, int]]) -> z3.BoolRef:
    top = LAST_ADDRESS if variable.size() == 32 else 65535
    return z3.Or([_between(variable, first, last, top) for first, last in spans if first <= last])


def _between(variable: z3.BitVecRef, first: int, last: int, top: int) -> z3.BoolRef:
    if first == last:
        return variable == first
    limits = [z3.UGE(variable, first)] if first else []
    limits += [z3.ULE(variable, last)] if last < top else []
    return z3.And(limits)
