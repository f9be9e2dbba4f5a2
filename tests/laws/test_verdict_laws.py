"""What must hold between the verdicts of two NSGs that differ in a known way."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.verdicts import Evidence, Verdict
from tests.laws.random_nsgs import Case, halves
from tests.laws.simulator import WORST_LAST, PlainRule, is_literal, is_pinned
from tests.laws.strategies import PORTS, cases, plain_rules
from tests.laws.translation import judged, row

free_priorities = st.sampled_from((99, *range(105, 200, 10), 4096))


def checks(case: Case) -> dict[str, Check]:
    return judged(case.instance(), case.tags(), case.catalogue())


def verdicts(case: Case) -> dict[str, str]:
    return {check_id: check.verdict.value for check_id, check in checks(case).items()}


def evidence(case: Case) -> dict[str, tuple[str, Evidence]]:
    return {check_id: (check.verdict.value, check.evidence) for check_id, check in checks(case).items()}


def ranks(case: Case) -> dict[str, int]:
    return {check_id: WORST_LAST.index(verdict) for check_id, verdict in verdicts(case).items()}


def with_rules(case: Case, rules: Iterable[PlainRule]) -> Case:
    return replace(case, rules=tuple(rules))


def rules_named(check: Check, rename: Callable[[str], str]) -> tuple[set[str], set[str]]:
    found = check.evidence
    return {rename(rule.name) for rule in found.decided_by}, {rename(rule.name) for rule in found.shadowed}


def pieces_of(case: Case, split: Callable[[PlainRule], list[PlainRule]]) -> Case:
    return with_rules(case, (piece for rule in case.rules for piece in split(rule)))


@given(cases(), plain_rules(st.just("Allow")), free_priorities)
def test_an_allow_more_never_makes_a_verdict_worse(case: Case, rule: PlainRule, priority: int) -> None:
    before, after = ranks(case), ranks(with_rules(case, (*case.rules, replace(rule, priority=priority))))
    assert all(after[check_id] <= before[check_id] for check_id in before)


@given(cases(), plain_rules(st.just("Deny")), free_priorities)
def test_a_deny_more_never_makes_a_gap_compliant(case: Case, rule: PlainRule, priority: int) -> None:
    before, after = verdicts(case), verdicts(with_rules(case, (*case.rules, replace(rule, priority=priority))))
    assert all(before[check_id] == "compliant" for check_id in before if after[check_id] == "compliant")


@given(cases(), plain_rules(st.just("Deny")))
def test_a_deny_before_all_rules_never_makes_a_verdict_better(case: Case, rule: PlainRule) -> None:
    before, after = ranks(case), ranks(with_rules(case, (replace(rule, priority=99), *case.rules)))
    assert all(after[check_id] >= before[check_id] for check_id in before)


@given(cases())
def test_writing_every_prefix_as_its_halves_changes_nothing(case: Case) -> None:
    def split(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(half for text in texts for half in (halves(text) if is_literal(text) else (text,)))

    def rule_split(rule: PlainRule) -> list[PlainRule]:
        return [replace(rule, sources=split(rule.sources), destinations=split(rule.destinations))]

    assert evidence(pieces_of(case, rule_split)) == evidence(case)


@given(cases())
def test_everything_in_halves_is_everything(case: Case) -> None:
    def split(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(half for text in texts for half in (("0.0.0.0/1", "128.0.0.0/1") if text == "*" else (text,)))

    def rule_split(rule: PlainRule) -> list[PlainRule]:
        return [replace(rule, sources=split(rule.sources), destinations=split(rule.destinations))]

    assert evidence(pieces_of(case, rule_split)) == evidence(case)


@given(cases(), st.integers(0, 65534))
def test_a_rule_in_two_pieces_by_port_is_the_rule(case: Case, cut: int) -> None:
    def split(rule: PlainRule) -> list[PlainRule]:
        if rule.destination_ports != ("*",):
            return [rule]
        low, high = (f"0-{cut}",), (f"{cut + 1}-65535",)
        twin = replace(rule, name=f"{rule.name}+", priority=rule.priority + 1, destination_ports=high)
        return [replace(rule, destination_ports=low), twin]

    def whole(name: str) -> str:
        return name.removesuffix("+")

    before, after = checks(case), checks(pieces_of(case, split))
    for check_id, check in before.items():
        assert after[check_id].verdict is check.verdict
        assert rules_named(after[check_id], whole) == rules_named(check, str)


@given(cases())
def test_a_rule_in_pieces_by_other_end_changes_no_verdict(case: Case) -> None:
    def split(rule: PlainRule) -> list[PlainRule]:
        if any(map(is_literal, rule.other_side)):
            return [rule]  # a piece that names addresses only would count as pinned
        return [_with_other_side(rule, place, text) for place, text in enumerate(rule.other_side)]

    assert verdicts(pieces_of(case, split)) == verdicts(case)


def _with_other_side(rule: PlainRule, place: int, text: str) -> PlainRule:
    piece = replace(rule, name=f"{rule.name}+{place}", priority=rule.priority + place)
    return replace(piece, sources=(text,)) if rule.direction == "Inbound" else replace(piece, destinations=(text,))


@given(cases())
def test_new_names_change_nothing_but_names(case: Case) -> None:
    def renamed(rule: PlainRule) -> list[PlainRule]:
        return [replace(rule, name=f"new {rule.name}")]

    def old(name: str) -> str:
        return name.removeprefix("new ")

    before, after = checks(case), checks(pieces_of(case, renamed))
    for check_id, check in before.items():
        assert after[check_id].verdict is check.verdict
        assert rules_named(after[check_id], old) == rules_named(check, str)
        assert after[check_id].message.replace("new ", "") == check.message


@given(cases().flatmap(lambda case: st.tuples(st.just(case), st.permutations(case.rules))))
def test_the_order_in_the_document_does_not_count(drawn: tuple[Case, list[PlainRule]]) -> None:
    case, rules = drawn
    assert evidence(with_rules(case, rules)) == evidence(case)


@given(cases(), st.sampled_from((str.lower, str.upper, str.swapcase)), st.sampled_from(("", " ", "\t ")))
def test_letter_case_and_blanks_of_expressions_do_not_count(
    case: Case, spell: Callable[[str], str], blank: str
) -> None:
    def respelt(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text if is_literal(text) else f"{blank}{spell(text)}{blank}" for text in texts)

    def respell(rule: PlainRule) -> list[PlainRule]:
        return [replace(rule, sources=respelt(rule.sources), destinations=respelt(rule.destinations))]

    assert evidence(pieces_of(case, respell)) == evidence(case)


@given(cases(), st.lists(plain_rules(), max_size=3))
def test_rules_after_a_deny_of_everything_change_no_verdict(case: Case, later: list[PlainRule]) -> None:
    everything = [
        PlainRule(f"DenyAll{way}", 1000, way, "Deny", "*", ("*",), ("*",), ("*",)) for way in ("Inbound", "Outbound")
    ]
    closed = with_rules(case, (*case.rules, *everything))
    added = [replace(rule, name=f"later{i}", priority=2000 + i) for i, rule in enumerate(later)]
    before, after = checks(closed), checks(with_rules(closed, (*closed.rules, *added)))
    for check_id, check in before.items():
        assert after[check_id].verdict is check.verdict
        assert after[check_id].evidence.decided_by == check.evidence.decided_by


@given(cases(), st.data())
def test_a_larger_requirement_is_never_compliant_where_a_smaller_is_not(case: Case, data: st.DataObject) -> None:
    more = data.draw(st.sampled_from([port for port in PORTS if port != "*"]))
    larger = []
    for requirement in case.rows:
        flow = requirement.flow
        assert flow is not None
        larger.append(row(requirement.id, flow.direction.value, flow.protocol, (*flow.ports, more), flow.peer))
    before, after = verdicts(case), verdicts(replace(case, rows=tuple(larger)))
    assert all(before[check_id] == "compliant" for check_id in after if after[check_id] == "compliant")


@given(cases())
def test_a_larger_subnet_is_never_compliant_where_a_smaller_is_not(case: Case) -> None:
    before, after = verdicts(case), verdicts(replace(case, subnets=("10.0.0.0/29", "10.0.0.16/28")))
    assert all(before[check_id] == "compliant" for check_id in after if after[check_id] == "compliant")


@given(cases())
def test_neighbours_of_equal_access_may_change_places(case: Case) -> None:
    ordered = sorted(case.rules, key=lambda rule: rule.priority)
    pair = next(((a, b) for a, b in pairwise(ordered) if a.access == b.access), None)
    assume(pair is not None)
    assert pair is not None
    one, two = pair
    swapped = [replace(one, priority=two.priority), replace(two, priority=one.priority)]
    rest = [rule for rule in ordered if rule not in pair]
    assert verdicts(with_rules(case, (*rest, *swapped))) == verdicts(case)


@given(cases())
def test_a_rule_that_decides_nothing_can_go(case: Case) -> None:
    for check_id, check in checks(case).items():
        if check.verdict in {Verdict.COMPLIANT, Verdict.PINNED}:
            continue  # what stands behind a pinned rule counts although it decides nothing
        deciders = {rule.name for rule in check.evidence.decided_by}
        fewer = checks(with_rules(case, (rule for rule in case.rules if rule.name in deciders)))[check_id]
        assert fewer.verdict is check.verdict
        assert fewer.evidence.decided_by == check.evidence.decided_by


@given(cases())
def test_a_compliant_check_stays_so_without_the_rules_that_are_pinned(case: Case) -> None:
    unpinned = with_rules(case, (rule for rule in case.rules if not is_pinned(rule)))
    after = verdicts(unpinned)
    for check_id, verdict in verdicts(case).items():
        if check_id.startswith("tag") and verdict in {"compliant", "pinned"}:
            assert (verdict == "compliant") == (after[check_id] == "compliant")


@given(cases())
def test_a_check_says_the_same_whatever_other_rows_are_judged(case: Case) -> None:
    together = evidence(case)
    for requirement in case.rows:
        alone = evidence(replace(case, rows=(requirement,)))
        assert alone[requirement.id] == together[requirement.id]


def test_the_laws_are_tried_on_gaps_and_on_compliant_checks_alike() -> None:
    seen: set[str] = set()

    @given(cases())
    def look(case: Case) -> None:
        seen.update(verdicts(case).values())

    look()
    assert seen == set(WORST_LAST)
