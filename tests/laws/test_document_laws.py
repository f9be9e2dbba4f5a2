"""However Azure's JSON writes a rule (letter case, singular, plural or both), it is the same rule."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.facts.rules import SecurityRule
from apim_audit.decode.rules import read_rule
from tests.laws.simulator import PlainRule
from tests.laws.strategies import plain_rules
from tests.laws.translation import security_rule

Spell = Callable[[str], str]
spellings = st.sampled_from((str, str.lower, str.upper, str.swapcase, lambda text: f" {text} "))
FIELDS = (
    ("sourceAddressPrefix", "sourceAddressPrefixes"),
    ("destinationAddressPrefix", "destinationAddressPrefixes"),
    ("sourcePortRange", "sourcePortRanges"),
    ("destinationPortRange", "destinationPortRanges"),
)


def document(rule: PlainRule, spell: Spell, plural_from: tuple[int, int, int, int]) -> dict[str, Any]:
    """Returns a rule as ARM writes it; of each list the first is singular, or none, or it stands in both fields."""
    properties: dict[str, Any] = {
        "priority": rule.priority,
        "direction": spell(rule.direction),
        "access": spell(rule.access),
        "protocol": spell(rule.protocol),
    }
    lists = (rule.sources, rule.destinations, rule.source_ports, rule.destination_ports)
    for (singular, plural), texts, start in zip(FIELDS, lists, plural_from, strict=True):
        if start:
            properties[singular] = texts[0]
        properties[plural] = list(texts[start % 2 :])
    return {"name": rule.name, "properties": properties}


def plain(rule: SecurityRule) -> tuple[object, ...]:
    return (
        (rule.name, rule.priority, rule.direction, rule.access, rule.protocol, rule.certain),
        (rule.source, rule.destination),
        (rule.source_ports, rule.destination_ports),
    )


@given(plain_rules(), spellings, st.tuples(*[st.integers(0, 2)] * 4))
def test_a_rule_is_read_the_same_however_it_is_written(
    rule: PlainRule, spell: Spell, plural_from: tuple[int, int, int, int]
) -> None:
    assert plain(read_rule(document(rule, spell, plural_from))) == plain(security_rule(rule))
