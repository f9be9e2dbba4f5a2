"""Tiny universes in which a block stands for each address: how long a block is makes no difference once it is long.

A block of 64 addresses has room for every way in which an address can be a member of the unknown sets, and all of them
are gone through; of a block of 8,192 only those that some rule asks for are. Both must come to the same.
"""

from dataclasses import replace
from random import Random

import pytest

from apim_audit.core.engine.decision import Decision
from apim_audit.core.facts.rules import SecurityRule, Side
from apim_audit.core.sets.addresses import format_address, parse_span
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import AddressSet, Condition, Piece, Unknown, UnknownSet
from tests.laws.tiny_worlds import TinyCase, random_tiny_case

SHORT, LONG = 64, 8192
CHUNK = 50
CHUNKS = 10


class Blocks:
    """A tiny case with blocks for addresses."""

    def __init__(self, length: int) -> None:
        self.length = length

    def case(self, case: TinyCase) -> TinyCase:
        return replace(
            case,
            sets={name: self._addresses(each) for name, each in case.sets.items()},
            unknowns=tuple(map(self._unknown_set, case.unknowns)),
            rules=tuple(map(self._rule, case.rules)),
            other=self._addresses(case.other),
            own=self._addresses(case.own),
        )

    def _span(self, first: int, last: int) -> tuple[int, int]:
        return first * self.length, (last + 1) * self.length - 1

    def _set(self, addresses: IntervalSet) -> IntervalSet:
        return IntervalSet.union_of(self._span(*span) for span in addresses.spans())

    def _addresses(self, addresses: AddressSet) -> AddressSet:
        return AddressSet(
            tuple(
                Piece(self._set(piece.addresses), tuple(map(self._condition, piece.conditions)))
                for piece in addresses.pieces
            )
        )

    def _condition(self, condition: Condition) -> Condition:
        unknown, mask = condition
        return self._unknown(unknown), mask

    def _unknown(self, unknown: Unknown) -> Unknown:
        return self._unknown_set(unknown) if isinstance(unknown, UnknownSet) else unknown

    def _unknown_set(self, unknown: UnknownSet) -> UnknownSet:
        whole = unknown.proper_part_of
        return replace(
            unknown,
            at_most=self._set(unknown.at_most),
            proper_part_of=None if whole is None else self._set(whole),
        )

    def _rule(self, rule: SecurityRule) -> SecurityRule:
        return rule._replace(source=self._side(rule.source), destination=self._side(rule.destination))

    def _side(self, side: Side) -> Side:
        return Side(tuple(map(self._text, side.expressions)))

    def _text(self, text: str) -> str:
        span = parse_span(text)
        return text if span is None else "-".join(map(format_address, self._span(*span)))


def answers(decision: Decision) -> object:
    conditional = {
        tuple((choice.name, answer) for choice, answer in answered): family for answered, family in decision.conditional
    }
    return decision.worlds, decision.deciders(), decision.shadowed, conditional


def disagreements(seed: int, count: int) -> list[str]:
    random = Random(seed)
    found = []
    for _ in range(count):
        case = random_tiny_case(random, overlapping=random.random() < 0.3)
        short, long = (answers(Blocks(length).case(case).decided()) for length in (SHORT, LONG))
        if short != long:
            found.append(f"{short} in short blocks, {long} in long ones: {case}")
    return found


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_the_length_of_long_blocks_makes_no_difference(seed: int) -> None:
    assert disagreements(seed, CHUNK) == []
