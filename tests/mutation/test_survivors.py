"""Tests that were written because a mutant survived all others."""

import pytest

from apim_audit.core.engine.decision import decide
from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.engine.rulesets import ruleset_of
from apim_audit.core.engine.search import Box, Place, Undecidable, asked
from apim_audit.core.facts.estate import Subnet
from apim_audit.core.facts.rules import Direction
from apim_audit.core.judging.required import SOURCE_PORTS, Site, usable_addresses
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags
from apim_audit.core.sets.unknowns import YES, UnknownSet
from tests.laws.simulator import PlainRule, ends
from tests.laws.translation import network, security_rule, service_tags

NO_TAGS = ServiceTags({}, {})


@pytest.mark.parametrize(
    ("prefix", "names", "ruled"),
    [("20.0.0.1/32", ("East", "West"), 2), ("20.0.0.0/31", ("East", "West", "North"), 1)],
)
def test_facts_that_no_world_meets_are_not_decided(prefix: str, names: tuple[str, ...], ruled: int) -> None:
    # Regions of a tag of too few addresses have a member each, and none in common (worlds.py, fates).
    tags = service_tags({"Storage": (prefix,)}, ("Storage", *(f"Storage.{name}" for name in names)))
    subnet = Subnet("subnet", (ends("10.0.0.0/28"),), None, network(("10.0.0.0/24",)))
    space = space_of(subnet, tags)
    site = Site(subnet, space, Resolver(space, tags), tags, (), usable_addresses(subnet, space))
    rules = [
        PlainRule(region, priority, "Outbound", access, "Tcp", ("*",), (f"Storage.{region}",), ("443",))
        for region, priority, access in (("East", 100, "Allow"), ("West", 200, "Deny"))[:ruled]
    ]
    ruleset = ruleset_of(map(security_rule, rules), Direction.OUTBOUND, site.resolver)
    own = site.api_management.surely()
    flows = Box((tags.sets["storage"], own, SOURCE_PORTS, IntervalSet.point(443)))
    with pytest.raises(Undecidable):
        decide([flows], ruleset, "Tcp", may_pin=False)


def test_a_world_in_which_nothing_is_required_is_not_decided() -> None:
    # Nothing says that the unknown set which is required has a member.
    perhaps = UnknownSet("perhaps", "?", "perhaps", IntervalSet.span(1, 4))
    resolver = Resolver(space_of(Subnet("subnet", (), None, network(())), NO_TAGS), NO_TAGS)
    rules = [PlainRule("Some", 100, "Outbound", "Deny", "Tcp", ("*",), ("0.0.0.1-0.0.0.2",), ("443",))]
    ruleset = ruleset_of(map(security_rule, rules), Direction.OUTBOUND, resolver)
    flows = Box(
        (perhaps.at_most, IntervalSet.point(9), SOURCE_PORTS, IntervalSet.point(443)),
        asked(Place.OTHER, [(perhaps, YES)]),
    )
    with pytest.raises(Undecidable):
        decide([flows], ruleset, "Tcp", may_pin=False)
