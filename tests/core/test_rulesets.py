"""Rules in the order in which they are tried, and what the engine is given of each."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from apim_audit.core.engine.resolve import Resolver, Space, space_of
from apim_audit.core.engine.rulesets import Ruleset, in_order, ruleset_of, unread_nsg, without_nsg
from apim_audit.core.engine.search import Clause, Place, Undecidable
from apim_audit.core.facts.estate import Subnet
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import YES
from tests.core.locations import tags_with_data
from tests.laws.simulator import ends
from tests.laws.translation import network

TAGS = tags_with_data()
SUBNET = Subnet("subnet", (ends("10.0.1.0/24"),), None, network(("10.0.0.0/16",)))
SPACE = space_of(SUBNET, TAGS)
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
ALLOW, DENY, ALWAYS = Access.ALLOW, Access.DENY, Access.ALWAYS_ALLOW
ANY = Side(("*",))
OUTBOUND_DEFAULTS = ["AllowVnetOutBound", "AllowInternetOutBound", "DenyAllOutBound"]


def rule(name: str, priority: int = 100, access: Access = ALLOW, other: Side = ANY, ports: str = "") -> SecurityRule:
    """Returns an outbound rule for TCP."""
    there = IntervalSet.span(*map(int, ports.split("-"))) if ports else ALL_PORTS
    return SecurityRule(name, priority, OUT, access, "tcp", ANY, ALL_PORTS, other, there)


def admin(name: str, priority: int = 1, access: Access = DENY) -> SecurityRule:
    return rule(name, priority, access)._replace(admin=True)


def ruleset(*rules: SecurityRule, space: Space = SPACE) -> Ruleset:
    return ruleset_of(rules, OUT, Resolver(space, TAGS))


def names(found: Ruleset, clauses: Sequence[Clause]) -> list[str]:
    return [found.rules[clause.rule].name for clause in clauses]


def tried(found: Ruleset, protocol: str = "Tcp", ports: IntervalSet = ALL_PORTS) -> list[str]:
    return names(found, list(found.clauses_of(protocol, ports)))


def of(found: Ruleset, number: int) -> list[Clause]:
    return [clause for clause in found.clauses_of("Tcp") if clause.rule == number]


def test_admin_rules_come_first_and_default_rules_last_and_the_rest_by_priority_then_name() -> None:
    rules = [
        rule("c", 200),
        rule("B"),
        rule("a"),
        admin("late", 300),
        admin("Early"),
        rule("in")._replace(direction=IN),
    ]
    ordered = ["Early", "late", "a", "B", "c"]
    assert [each.name for each in in_order(rules, OUT)] == [*ordered, *OUTBOUND_DEFAULTS]
    assert tried(ruleset(rule("c", 200), rule("a", 100), admin("z", 300))) == ["z", "a", "c", *OUTBOUND_DEFAULTS]


def test_rules_of_another_protocol_do_not_concern_a_flow() -> None:
    udp, every = rule("udp")._replace(protocol="udp"), rule("every", 200)._replace(protocol="*")
    found = ruleset(udp, every, rule("tcp", 300))
    assert tried(found, "Tcp") == ["every", "tcp", *OUTBOUND_DEFAULTS]
    assert tried(found, "Udp") == ["udp", "every", *OUTBOUND_DEFAULTS]


@pytest.mark.parametrize(
    ("ports", "concerned"),
    [
        ("442-442", False),
        ("442-443", True),
        ("443-443", True),
        ("444-444", True),
        ("444-500", True),
        ("445-445", False),
    ],
)
def test_rules_of_other_ports_do_not_concern_a_flow(ports: str, *, concerned: bool) -> None:
    found = ruleset(rule("Rule", ports=ports))
    wanted = IntervalSet.span(443, 444)
    assert (tried(found, ports=wanted)[0] == "Rule") is concerned
    narrowed = found.concerning("Tcp", wanted)
    assert (len(narrowed.order), narrowed.rules) == (4 if concerned else 3, found.rules)
    assert tried(narrowed) == tried(found, ports=wanted)


def test_a_rule_without_ports_concerns_no_flow() -> None:
    assert tried(ruleset(rule("Rule")._replace(destination_ports=IntervalSet.empty()))) == OUTBOUND_DEFAULTS


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (rule("Rule"), (True, False, 1)),
        (rule("Rule", access=DENY), (False, False, 1)),
        (admin("Rule", access=ALLOW), (True, True, 0)),
        (admin("Rule", access=ALWAYS), (True, False, 0)),
        (admin("Rule", access=DENY), (False, False, 0)),
    ],
)
def test_what_a_rule_does_with_its_flows(given: SecurityRule, told: tuple[bool, bool, int]) -> None:
    (clause,) = of(ruleset(given), 0)
    assert (clause.allow, clause.passes, clause.stage) == told
    assert clause.box.conditions == ()


def test_a_rule_is_a_clause_for_each_piece_of_either_end_under_what_they_hang_on() -> None:
    given = rule("Rule", other=Side(("10.9.0.1", "Storrage")))._replace(
        source=Side(("10.0.1.5", "Sqll")), certain=False
    )
    asked = [
        [(ask.place, ask.unknown.name, mask) for ask, mask in clause.box.conditions] for clause in of(ruleset(given), 0)
    ]
    there = (Place.WORLD, "presence of Outbound 100 rule", YES)
    other, own = (Place.OTHER, "word storrage", YES), (Place.OWN, "word sqll", YES)
    assert asked == [[there], [own, there], [other, there], [other, own, there]]


EXEMPT = replace(SPACE, admin_exemption="It is exempt")


@pytest.mark.parametrize(("access", "mask"), [(DENY, 0b100), (ALLOW, 0b110), (ALWAYS, 0b110)])
def test_in_an_exempt_vnet_admin_rules_hang_on_how_far_they_apply(access: Access, mask: int) -> None:
    (clause,) = of(ruleset(admin("Rule", access=access), space=EXEMPT), 0)
    ((ask, answers),) = clause.box.conditions
    assert (ask.place, ask.unknown.name, answers) == (Place.WORLD, "admin rules apply", mask)
    assert of(ruleset(rule("Rule"), space=EXEMPT), 0)[0].box.conditions == ()


def test_the_clauses_of_a_rule_are_made_once() -> None:
    found = ruleset(rule("Rule"))
    assert of(found, 0)[0] is of(found, 0)[0]
    assert of(found.concerning("Tcp", ALL_PORTS), 0)[0] is of(found, 0)[0]


TIED = (rule("A"), rule("B"), rule("C", 200))


def order_of(found: Ruleset) -> list[tuple[str, list[int]]]:
    return [(found.rules[number].name, [mask for _, mask in conditions]) for number, conditions in found.order]


def test_rules_of_one_priority_stand_at_each_place_under_the_orders_that_put_them_there() -> None:
    certain: list[tuple[str, list[int]]] = [("C", []), *((name, []) for name in OUTBOUND_DEFAULTS)]
    found = ruleset(*TIED)
    assert order_of(found) == [("A", [0b01]), ("B", [0b10]), ("A", [0b10]), ("B", [0b01]), *certain]
    ((choice, _),) = found.order[0][1]
    assert choice.name == "order of Outbound 100"
    assert "`A` and `B` have the same priority (100)" in choice.question
    assert getattr(choice, "answers", ()) == ("`A` comes before `B`", "`B` comes before `A`")


def test_admin_rules_are_tied_among_themselves_only() -> None:
    found = ruleset(admin("A", 100), rule("B"), rule("C"), admin("D", 100))
    order = order_of(found)
    assert [name for name, _ in order[:8]] == ["A", "D", "A", "D", "B", "C", "B", "C"]
    assert [conditions[0][0].name for _, conditions in (found.order[0], found.order[4])] == [
        "order of admin Outbound 100",
        "order of Outbound 100",
    ]
    assert all(not masks for _, masks in order_of(ruleset(admin("A", 100), rule("B"))))


def test_default_rules_are_never_tied() -> None:
    rest = (without_nsg(OUT, ALLOW), without_nsg(OUT, DENY))
    found = ruleset_of(TIED[:2], OUT, Resolver(SPACE, TAGS), rest)
    assert order_of(found)[4:] == [("(no NSG)", []), ("(no NSG)", [])]


def test_where_too_many_rules_share_a_priority_nothing_is_decided() -> None:
    with pytest.raises(Undecidable):
        ruleset(*(rule(f"R{number}", access=DENY if number else ALLOW) for number in range(5)))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (rule("New", 150), ["admin", "A", "New", "C"]),
        (rule("New", 100), ["admin", "A", "New", "C"]),
        (rule("New", 99), ["admin", "New", "A", "C"]),
        (rule("New", 4096), ["admin", "A", "C", "New"]),
    ],
)
def test_a_changed_rule_stands_where_its_priority_puts_it(changed: SecurityRule, expected: list[str]) -> None:
    old = rule("Old", 120)
    found = ruleset(admin("admin", 3000), rule("A"), old, rule("C", 200))
    assert tried(found.with_change(old, changed)) == [*expected, *OUTBOUND_DEFAULTS]


def test_a_changed_rule_leaves_the_ruleset_as_it_was() -> None:
    found = ruleset(rule("A"))
    changed = found.with_change(rule("Elsewhere"), rule("New", 50))
    assert tried(changed) == ["New", "A", *OUTBOUND_DEFAULTS]
    assert tried(found) == ["A", *OUTBOUND_DEFAULTS]
    other = found.with_change(rule("Elsewhere"), rule("Another", 50, DENY))
    assert (tried(other)[0], next(iter(other.clauses_of("Tcp"))).allow) == ("Another", False)


@pytest.mark.parametrize(
    ("given", "pins"),
    [
        (rule("Rule", other=Side(("20.0.0.0/8",))), True),
        (rule("Rule", other=Side(("20.0.0.0/8",)), access=DENY), False),
        (rule("Rule", other=Side(("Storage",))), False),
        (rule("Rule", access=ALWAYS, other=Side(("20.0.0.0/8",))), False),
        (admin("Rule", access=ALWAYS)._replace(destination=Side(("20.0.0.0/8",))), True),
        (admin("Rule", access=ALLOW)._replace(destination=Side(("20.0.0.0/8",))), False),
    ],
)
def test_what_lets_addresses_through_pins(given: SecurityRule, *, pins: bool) -> None:
    found = ruleset(given)
    assert found.pins(0) is pins
    assert not ruleset_of([], OUT, Resolver(SPACE, TAGS), [given._replace(default=True)]).pins(0)
    assert not any(map(found.pins, range(1, len(found.rules))))


@pytest.mark.parametrize("direction", Direction)
def test_what_stands_in_for_an_nsg_takes_everything(direction: Direction) -> None:
    none = without_nsg(direction, DENY)
    letting, dropping = unread_nsg(direction, "give the NSG")
    assert (letting.access, letting.certain, dropping.access, dropping.certain) == (ALLOW, False, DENY, True)
    assert letting.priority < dropping.priority
    assert (none.access, none.default, letting.default, dropping.default) == (DENY, True, False, False)
    for each in (none, letting, dropping):
        assert each.stand_in
        assert (each.direction, each.protocol, each.source, each.destination) == (direction, "*", ANY, ANY)
        assert each.source_ports == each.destination_ports == ALL_PORTS


def test_whether_a_rule_is_there_is_asked_of_it_and_what_an_unread_nsg_does_of_the_nsg() -> None:
    def question(found: Ruleset) -> tuple[str, tuple[str, ...]]:
        ((ask, mask),) = of(found, 0)[0].box.conditions
        assert mask == YES
        return ask.unknown.question, getattr(ask.unknown, "answers", ())

    perhaps = ruleset(rule("Rule")._replace(certain=False))
    assert question(perhaps)[0].startswith("is `Rule` in force?")
    assert question(perhaps)[1] == ("`Rule` is not in force", "`Rule` is in force")
    unread = ruleset_of([], OUT, Resolver(SPACE, TAGS), unread_nsg(OUT, "give the NSG"))
    assert question(unread)[0] == "give the NSG"
    assert of(ruleset(admin("Rule")._replace(certain=False)), 0)[0].box.conditions[0][0].unknown.name == (
        "presence of admin Outbound 1 rule"
    )
