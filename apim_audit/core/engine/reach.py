"""What reaches a clause, and what would decide it instead: one table for all clauses of a ruleset.

Where every rule is asked about, compiling a table for each costs more than asking. Here the classes are those of all
flows, and a question is answered by taking earlier clauses off a region, box by box, until something is left.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import and_

from apim_audit.core.engine.compiling import table_of_all
from apim_audit.core.engine.search import Clause, Dimension, Region, Undecidable

REACH_BUDGET = 2_000
"""Regions that one question may look at, one more for every 64 clauses in each; 1,000 random rules need 120 at most."""

_CLAUSES_A_NODE = 64
_DIMENSIONS = len(Dimension)


@dataclass(slots=True)
class Reach:
    """Clauses in order, and for each what it matches, by masks of classes.

    Attributes:
        clauses: the clauses.
        rows: for each clause the mask of each dimension; those of unknowns come last.
        budget: what is left of it for the question at hand.
    """

    clauses: Sequence[Clause]
    rows: Sequence[Region]
    budget: int = REACH_BUDGET
    _of_rules: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, clauses: Iterable[Clause]) -> "Reach":
        """Returns the reach of clauses, given in order."""
        table = table_of_all(clauses)
        found = cls(table.clauses, tuple(zip(*table.columns, strict=True)))
        for number, clause in enumerate(table.clauses):
            found._of_rules.setdefault(clause.rule, []).append(number)
        return found

    def of_rule(self, rule: int) -> Sequence[int]:
        """Returns the places of a rule's clauses."""
        return self._of_rules.get(rule, ())

    def reaching(self, place: int) -> Iterator[Region]:
        """Yields, in parts, what reaches a clause of the NSG and matches it.

        Raises:
            Undecidable: the budget ran out.
        """
        self.budget = REACH_BUDGET
        for part, deciding in self._past_admin_rules(self.rows[place], range(place)):
            yield from self._uncovered(part, deciding)

    def meets_otherwise(self, region: Region, places: Iterable[int], otherwise: Callable[[int], bool]) -> bool:
        """Tells whether some flow of a region is decided, by the first of some clauses, otherwise than wanted.

        Args:
            region: the flows.
            places: the clauses; the last matches everything.
            otherwise: tells of a rule, by its number, whether it does something else.

        Raises:
            Undecidable: the budget ran out.
        """
        before: list[int] = []
        for place in self._meeting(region, places):
            if not otherwise(self.clauses[place].rule):
                before.append(place)
                continue
            common = tuple(map(and_, region, self.rows[place]))
            if next(self._uncovered(common, before), None) is not None:
                return True
        return False

    def hangs_on_unknowns(self, place: int) -> bool:
        """Tells whether anything unknown bears on what a clause matches, or on what may be shadowed there."""
        region, clauses = self.rows[place], self.clauses
        if clauses[place].box.conditions:
            return True
        plain = region[:_DIMENSIONS]
        denied = passed = closed = False
        for number, (clause, row) in enumerate(zip(clauses, self.rows, strict=True)):
            if (closed and not clause.allow) or not all(map(and_, plain, row)):
                continue
            if clause.box.conditions:
                return True
            denied = denied or not clause.allow
            passed = passed or clause.passes
            if not closed and (number == place or ((clause.stage or not passed) and self._covers(number, region))):
                closed = True
                if not denied:
                    break
        return False

    def _past_admin_rules(self, region: Region, earlier: Sequence[int]) -> Iterator[tuple[Region, Sequence[int]]]:
        """Yields parts of a region with the clauses that can decide them: behind an admin Allow no other admin rule."""
        clauses = self.clauses
        earlier = self._meeting(region, earlier)
        at = next((i for i, place in enumerate(earlier) if clauses[place].passes), None)
        if at is None:
            yield region, earlier
            return
        passing = earlier[at]
        inside = tuple(map(and_, region, self.rows[passing]))
        yield inside, [*earlier[:at], *(place for place in earlier[at + 1 :] if clauses[place].stage)]
        rest = [*earlier[:at], *earlier[at + 1 :]]
        for outside in _cut(region, self.rows[passing]):
            yield from self._past_admin_rules(outside, rest)

    def _uncovered(self, region: Region, places: Sequence[int]) -> Iterator[Region]:
        """Yields disjoint parts that make up what of a region none of some clauses matches."""
        rows = self.rows
        stack: list[tuple[Region, Sequence[int]]] = [(region, places)]
        while stack:
            region, places = stack.pop()
            alive = self._meeting(region, places)
            self.budget -= 1 + len(alive) // _CLAUSES_A_NODE
            if self.budget < 0:
                raise Undecidable
            if not alive:
                yield region
                continue
            # What sticks out in one dimension only is cut off without more pieces than before.
            sticking_out = [
                sum(1 for mine, its in zip(region, rows[place], strict=True) if mine & ~its) for place in alive
            ]
            least = min(sticking_out)
            if least:
                at = sticking_out.index(least)
                rest = [*alive[:at], *alive[at + 1 :]]
                stack += ((outside, rest) for outside in _cut(region, rows[alive[at]]))

    def _meeting(self, region: Region, places: Iterable[int]) -> list[int]:
        rows = self.rows
        return [place for place in places if all(map(and_, region, rows[place]))]

    def _covers(self, place: int, region: Region) -> bool:
        clause = self.clauses[place]
        return not clause.passes and not any(mine & ~its for mine, its in zip(region, self.rows[place], strict=True))


def _cut(region: Region, row: Region) -> Iterator[Region]:
    """Yields disjoint parts that make up what of a region a row leaves."""
    for at, (mine, its) in enumerate(zip(region, row, strict=True)):
        rest = mine & ~its
        if rest:
            yield (*region[:at], rest, *region[at + 1 :])
            region = (*region[:at], mine & its, *region[at + 1 :])
