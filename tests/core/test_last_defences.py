"""What was not decided, or not confirmed, is never an answer."""

from dataclasses import replace
from random import Random

import pytest

from apim_audit.core.engine.compiling import bearing_on, compile_table
from apim_audit.core.engine.decision import decide
from apim_audit.core.engine.reach import Reach
from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.engine.rulesets import ruleset_of
from apim_audit.core.engine.search import Box, Clause, Undecidable, search
from apim_audit.core.facts.estate import Unreadable
from apim_audit.core.facts.rules import ALL_PORTS, Direction
from apim_audit.core.facts.verdicts import Undecided
from apim_audit.core.judging.outcomes import UNCONFIRMED, Case, outcome_of
from apim_audit.core.judging.required import SOURCE_PORTS, Site, usable_addresses
from apim_audit.core.sets.addresses import EVERYTHING, PROBE
from apim_audit.core.sets.intervals import IntervalSet
from tests.core.locations import NO_DATA, deny_all, tags_with_data
from tests.core.locations import Site as Made

REQUIRED = Box((PROBE, EVERYTHING, SOURCE_PORTS, ALL_PORTS))


@pytest.mark.parametrize("box", [(EVERYTHING - PROBE, EVERYTHING), (EVERYTHING, PROBE)])
def test_a_flow_that_no_rule_decides_is_not_allowed_but_undecided(box: tuple[IntervalSet, IntervalSet]) -> None:
    elsewhere = Clause(0, allow=True, box=Box((*box, ALL_PORTS, ALL_PORTS)))
    with pytest.raises(Undecidable):
        search(compile_table([REQUIRED], bearing_on([REQUIRED], [elsewhere])))


def test_a_witness_that_the_plain_evaluator_contradicts_is_not_printed() -> None:
    tags, subnet = tags_with_data(), Made((replace(deny_all("Inbound", 200), sources=("Sql",)),)).subnet()
    space = space_of(subnet, tags)
    site = Site(subnet, space, Resolver(space, tags), tags, ("westeurope",), usable_addresses(subnet, space))
    assert subnet.nsg is not None
    assert not isinstance(subnet.nsg, Unreadable)
    ruleset = ruleset_of(subnet.nsg.rules, Direction.INBOUND, site.resolver)
    sql = Box((tags.sets["sql"], space.prefixes, SOURCE_PORTS, ALL_PORTS))
    decision = decide([sql], ruleset, "Tcp", may_pin=False)
    sound = outcome_of(Case(decision, [ruleset], Direction.INBOUND, "Tcp", site))
    contradicted = outcome_of(Case(decision, [ruleset], Direction.INBOUND, "Tcp", replace(site, tags=NO_DATA)))
    assert not isinstance(sound, Undecided)
    assert isinstance(contradicted, Undecided)
    assert contradicted.questions == (UNCONFIRMED,)


def test_what_reaches_a_rule_is_not_decided_beyond_the_budget() -> None:
    # Each cuts four dimensions somewhere in the middle: what is left of the last rule is thousands of pieces.
    random = Random(1)

    def some(top: int) -> IntervalSet:
        first, last = sorted(random.sample(range(top), 2))
        return IntervalSet.span(first, last)

    boxes = [Box((some(2**32), some(2**32), some(2**16), some(2**16))) for _ in range(60)]
    clauses = [Clause(number, allow=True, box=box) for number, box in enumerate(boxes)]
    everything = Clause(60, allow=False, box=Box((EVERYTHING, EVERYTHING, ALL_PORTS, ALL_PORTS)))
    reach = Reach.of([*clauses, everything])
    assert next(reach.reaching(60))
    with pytest.raises(Undecidable):
        list(reach.reaching(60))


def test_each_question_about_a_rule_has_a_budget_of_its_own() -> None:
    reach = Reach.of([Clause(0, allow=False, box=Box((EVERYTHING, EVERYTHING, ALL_PORTS, ALL_PORTS)))])
    reach.budget = 0  # spent on another
    assert list(reach.reaching(0)) == list(reach.rows)
