"""The first few cases of the random laws: most faults show there. No part of the suite, which has them all."""

from tests.laws import test_block_laws, test_boxes, test_possible_worlds, test_random_nsgs, test_tiny_worlds
from tests.laws.test_tiny_worlds import of_conditions, of_parts, of_rules_and_verdicts, of_verdicts


def test_random_nsgs_agree_with_the_simulator() -> None:
    assert test_random_nsgs.disagreements(0, 5) == []


def test_random_nsgs_agree_with_boxes() -> None:
    assert test_boxes.synthetic_disagreements(0, 10) == []


def test_tiny_universes_are_gone_through() -> None:
    assert test_tiny_worlds.disagreements(of_rules_and_verdicts, 0, 12) == []
    assert test_tiny_worlds.disagreements(of_parts, 100, 8) == []
    assert test_tiny_worlds.disagreements(of_conditions, 200, 8) == []
    assert test_tiny_worlds.disagreements(of_verdicts, 300, 8, overlapping=True) == []


def test_half_known_nsgs_agree_with_all_possible_worlds() -> None:
    assert test_possible_worlds.disagreements(0, 10) == []


def test_long_blocks_agree_with_short_ones() -> None:
    assert test_block_laws.disagreements(0, 10) == []
