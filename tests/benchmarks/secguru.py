"""The question as SecGuru puts it to Z3: is there a required flow that the rules, as one formula, do not allow?"""

from collections.abc import Iterable, Iterator
from functools import cache

import z3  # type: ignore[import-untyped]

from apim_audit.core.facts.rules import DEFAULT_RULES, Access, Direction, SecurityRule, Side
from apim_audit.core.sets.addresses import EVERYTHING, PROBE, PUBLIC
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold

_source, _destination = z3.BitVec("source", 32), z3.BitVec("destination", 32)
_source_port, _port = z3.BitVec("source_port", 16), z3.BitVec("port", 16)
_protocol = z3.BitVec("protocol", 2)
_PROTOCOLS = {"tcp": 0, "udp": 1, "icmp": 2}

Flow = tuple[Direction, str, IntervalSet, IntervalSet, IntervalSet]
"""Direction, protocol, sources, destinations, destination ports."""


class Policy:
    """The rules of an NSG as one formula for each direction."""

    def __init__(self, rules: Iterable[SecurityRule], tags: ServiceTags, vnet: IntervalSet) -> None:
        named = {"*": EVERYTHING, "internet": PUBLIC - vnet, "virtualnetwork": vnet | PROBE, "azureloadbalancer": PROBE}
        self._sets = {**tags.sets, **named}
        self._address = cache(self._address_formula)
        in_order = sorted(rules, key=lambda rule: rule.priority)
        self._solvers = {direction: self._solver(direction, [*in_order, *DEFAULT_RULES]) for direction in Direction}

    def allows(self, flow: Flow) -> bool:
        """Tells whether every flow gets through."""
        direction, protocol, sources, destinations, ports = flow
        solver = self._solvers[direction]
        solver.push()
        solver.add(_protocol == _PROTOCOLS[protocol.lower()])
        solver.add(_within(_source, sources), _within(_destination, destinations), _within(_port, ports))
        solver.add(_within(_source_port, IntervalSet.span(1, 65535)))
        allowed = solver.check() == z3.unsat
        solver.pop()
        return bool(allowed)

    def _solver(self, direction: Direction, rules: list[SecurityRule]) -> z3.Solver:
        allowed: z3.BoolRef = z3.BoolVal(val=False)
        for rule in reversed([rule for rule in rules if rule.direction is direction]):
            match = self._match(rule)
            allowed = z3.Or(match, allowed) if rule.access is Access.ALLOW else z3.And(z3.Not(match), allowed)
        solver = z3.SolverFor("QF_BV")
        solver.add(z3.Not(allowed))
        return solver

    def _match(self, rule: SecurityRule) -> z3.BoolRef:
        return z3.And(
            z3.BoolVal(val=True) if rule.protocol == "*" else _protocol == _PROTOCOLS[rule.protocol],
            self._side(_source, rule.source),
            self._side(_destination, rule.destination),
            _within(_source_port, rule.source_ports),
            _within(_port, rule.destination_ports),
        )

    def _side(self, variable: z3.BitVecRef, side: Side) -> z3.BoolRef:
        return z3.Or([self._address(variable, fold(text)) for text in side.expressions])

    def _address_formula(self, variable: z3.BitVecRef, name: str) -> z3.BoolRef:
        known = self._sets.get(name)
        return _within(variable, _prefix(name) if known is None else known)


def _prefix(text: str) -> IntervalSet:
    head, _, length = text.partition("/")
    octets = [int(part) for part in head.split(".")]
    first = octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]
    return IntervalSet.span(first, first | (1 << 32 - int(length or 32)) - 1)


def _within(variable: z3.BitVecRef, values: IntervalSet) -> z3.BoolRef:
    # Tests of the leading bits, which bit-blasting likes better than comparisons.
    bits = variable.size()
    return z3.Or([_leading(variable, block, bits - free) for block, free in _blocks(values, bits)])


def _blocks(values: IntervalSet, bits: int) -> Iterator[tuple[int, int]]:
    """Yields (first value, how many low bits are free) of the aligned blocks that make up a set."""
    for first, last in values.spans():
        at = first
        while at <= last:
            free = min((at & -at).bit_length() - 1 if at else bits, (last - at + 1).bit_length() - 1)
            yield at, free
            at += 1 << free


def _leading(variable: z3.BitVecRef, value: int, count: int) -> z3.BoolRef:
    if not count:
        return z3.BoolVal(val=True)
    low = variable.size() - count
    return z3.Extract(variable.size() - 1, low, variable) == value >> low
