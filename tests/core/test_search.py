"""The search by itself, on tables written by hand: what it finds, and what it need not look at to find it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from apim_audit.core.engine.classes import Classes
from apim_audit.core.engine.search import Box, Clause, Region, Search, Table, Undecidable, search
from apim_audit.core.sets.intervals import IntervalSet

POINT = IntervalSet.point(0)
ALLOW, DENY = True, False
Row = tuple[int, bool, Region]
"""A clause: the rule's number, whether it allows, and the classes that it matches in each dimension."""


def table_of(regions: Sequence[Region], rows: Sequence[Row], classes: Sequence[int] = (4, 1, 1, 1)) -> Table:
    """Returns a table of masks; what the classes stand for does not matter to a search."""
    other, own, source_port, port = (Classes(POINT, (), (0,) * count, {}) for count in classes)
    return Table(
        classes=(other, own, source_port, port),
        unknowns=(),
        regions=tuple(regions),
        columns=tuple(zip(*(masks for _, _, masks in rows), strict=True)),
        clauses=tuple(Clause(rule, allow, Box((POINT, POINT, POINT, POINT))) for rule, allow, _ in rows),
    )


def searched(table: Table, budget: int = 1000) -> Search:
    state = Search(table, budget, exhaustive=False)
    state.run(range(len(table.clauses)))
    return state


@pytest.mark.parametrize(
    ("rules", "classes", "price"), [(1, 1, 1), (63, 1, 1), (64, 1, 2), (128, 8188, 3), (1, 8189, 2), (64, 16381, 6)]
)
def test_a_look_costs_one_and_one_more_for_so_many_rules_and_classes(rules: int, classes: int, price: int) -> None:
    rows = [(number, ALLOW, (1, 1, 1, 1)) for number in range(rules)]
    table = table_of([(1, 1, 1, 1)], rows, (classes, 1, 1, 1))
    assert searched(table, price).deciders == {0}
    with pytest.raises(Undecidable):
        searched(table, price - 1)


@pytest.mark.parametrize("access", [(ALLOW, ALLOW), (ALLOW, DENY), (DENY, ALLOW), (DENY, DENY)])
def test_where_nothing_new_can_come_nothing_is_looked_at(access: tuple[bool, bool]) -> None:
    first, last = access
    # A rule of many pieces before one that takes the rest, behind which a third has nothing left.
    count = 40
    everything = (1 << count) - 1
    pieces: list[Row] = [(0, first, (1 << n, 1 << n, 1, 1)) for n in range(count)]
    behind: list[Row] = [(1, last, (everything, everything, 1, 1)), (2, DENY, (everything, everything, 1, 1))]
    table = table_of([(everything, everything, 1, 1)], [*pieces, *behind], (count, count, 1, 1))
    found = searched(table, 8)
    assert found.deciders == {0, 1}
    assert found.shadowed == ({1} if (first, last) == (DENY, ALLOW) else set())


def test_a_rule_behind_one_that_leaves_something_in_every_dimension_is_found() -> None:
    rows: list[Row] = [(0, ALLOW, (1, 1, 1, 1)), (1, ALLOW, (3, 3, 3, 3))]
    assert searched(table_of([(1, 1, 1, 1), (3, 3, 3, 3)], rows)).deciders == {0, 1}


def test_an_allow_is_shadowed_by_a_piece_of_a_deny_though_both_decide_elsewhere_already() -> None:
    rows: list[Row] = [
        (0, DENY, (0b001, 0b11, 1, 1)),
        (0, DENY, (0b010, 0b01, 1, 1)),
        (1, ALLOW, (0b110, 0b11, 1, 1)),
    ]
    found = searched(table_of([(0b100, 0b11, 1, 1), (0b011, 0b11, 1, 1)], rows))
    assert (found.deciders, found.shadowed) == ({0, 1}, {1})


def test_an_admin_allow_spares_its_flows_the_admin_rules_and_leaves_them_to_the_nsg() -> None:
    rows: list[Row] = [(0, ALLOW, (1, 1, 1, 1)), (1, DENY, (1, 1, 1, 1)), (2, ALLOW, (1, 1, 1, 1))]
    table = table_of([(1, 1, 1, 1)], rows)
    spares, denies, of_the_nsg = table.clauses
    stages = spares._replace(passes=True, stage=0), denies._replace(stage=0), of_the_nsg
    assert searched(replace(table, clauses=stages)).deciders == {2}


def test_one_part_for_each_rule_is_kept_or_all_where_they_are_wanted() -> None:
    rows: list[Row] = [(0, ALLOW, (0b01, 0b01, 1, 1)), (0, ALLOW, (0b10, 0b10, 1, 1)), (1, DENY, (0b11, 0b11, 1, 1))]
    table = table_of([(0b11, 0b11, 1, 1)], rows, (2, 2, 1, 1))
    assert sorted(leaf.rule for leaf in search(table).leaves) == [0, 1]
    assert sorted(leaf.rule for leaf in search(table, exhaustive=True).leaves) == [0, 0, 1, 1]
