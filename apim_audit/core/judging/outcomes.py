"""Turns a decision into an outcome: the verdict over all worlds, its rules, a confirmed witness and the doubts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

from apim_audit.core.engine.decision import Answered, Decision, Fate, Part, Spot, verdict_of
from apim_audit.core.engine.replay import PlainFlow, Surroundings, replay
from apim_audit.core.engine.rulesets import Ruleset
from apim_audit.core.engine.search import Place
from apim_audit.core.facts.rules import Direction, SecurityRule
from apim_audit.core.facts.verdicts import (
    Alternative,
    Compliant,
    DecidingRule,
    Evidence,
    Gap,
    Outcome,
    ShadowedRule,
    Undecided,
    Verdict,
    Witness,
)
from apim_audit.core.judging.required import Site
from apim_audit.core.sets.addresses import format_address
from apim_audit.core.sets.unknowns import YES, Choice

_ORDER = (
    Verdict.COMPLIANT,
    Verdict.PINNED,
    Verdict.DEFAULT_ONLY,
    Verdict.PARTIAL,
    Verdict.MISSING,
    Verdict.BLOCKED,
)

_ALL_COMPLIANT = frozenset({Verdict.COMPLIANT})

_TELLING = {
    Verdict.PINNED: (Fate.ALLOWED,),
    Verdict.DEFAULT_ONLY: (Fate.ALLOWED_BY_DEFAULT,),
    Verdict.PARTIAL: (Fate.DENIED, Fate.DENIED_BY_DEFAULT),
    Verdict.MISSING: (Fate.DENIED_BY_DEFAULT,),
    Verdict.BLOCKED: (Fate.DENIED,),
    Verdict.UNKNOWN: (Fate.DENIED, Fate.DENIED_BY_DEFAULT, Fate.ALLOWED_BY_DEFAULT),
}
"""What the witness of a verdict shows, the most telling first."""

UNCONFIRMED = "the plain evaluator did not confirm the witness; please report this as a bug"


class Case(NamedTuple):
    """A decision with what it was made from.

    Attributes:
        rulesets: what was decided by: one ruleset, or those of stv1 and stv2, in which rules have the same numbers.
    """

    decision: Decision
    rulesets: Sequence[Ruleset]
    direction: Direction
    protocol: str
    site: Site

    @property
    def ruleset(self) -> Ruleset:
        """The ruleset by which rules are named."""
        return self.rulesets[0]

    def ruleset_of(self, part: Part) -> Ruleset:
        """Returns the ruleset that decided a part."""
        return self.rulesets[part.platform[1] if part.platform else 0]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Returns the verdict that stands furthest down in the table of verdicts."""
    return max(verdicts, key=_ORDER.index)


def outcome_of(case: Case) -> Outcome:
    """Returns the outcome of a decision; a witness that cannot be confirmed makes it undecided."""
    verdicts = case.decision.verdicts()
    if verdicts == _ALL_COMPLIANT:
        return Compliant(Evidence(_deciders(case), _shadowed(case)))
    unknown = Verdict.COMPLIANT in verdicts
    verdict = Verdict.UNKNOWN if unknown else worst(verdicts)
    witness = _witness(case, verdict)
    evidence = Evidence(_deciders(case), _shadowed(case), witness, _lost_without_nsg(case))
    if witness is None:
        return Undecided((UNCONFIRMED,), evidence)
    if unknown:
        return Undecided(questions(case.decision), evidence)
    return Gap(verdict, evidence, alternatives(case.decision, verdicts - {verdict}))


def alternatives(decision: Decision, others: Iterable[Verdict]) -> tuple[Alternative, ...]:
    """Returns other possible verdicts of a decision, the worst first, each with what has to hold for it."""
    ordered = sorted(others, key=_ORDER.index, reverse=True)
    return tuple(Alternative(other, _condition(decision, other)) for other in ordered)


def _deciders(case: Case) -> tuple[DecidingRule, ...]:
    rules = (case.ruleset.rules[number] for number in case.decision.deciders())
    return tuple(
        DecidingRule(rule.name, rule.priority, rule.access._value_, rule.default) for rule in rules if not rule.stand_in
    )


def _shadowed(case: Case) -> tuple[ShadowedRule, ...]:
    rules = (case.ruleset.rules[number] for number in case.decision.shadowed)
    return tuple(ShadowedRule(rule.name, rule.priority) for rule in rules if not rule.stand_in)


def _lost_without_nsg(case: Case) -> bool:
    return any(
        part.fate is Fate.DENIED_BY_DEFAULT and case.ruleset_of(part).rules[part.rule].stand_in
        for part in case.decision.parts
    )


def _telling(case: Case, verdict: Verdict) -> Iterator[Part]:
    parts = sorted(case.decision.parts, key=lambda part: (_is_milder(part, verdict, case.decision), part.rule))
    if verdict is not Verdict.PINNED:
        for fate in _TELLING[verdict]:
            yield from (part for part in parts if part.fate == fate and not part.pinned)
    # What pinning rules alone allow: without them it fares otherwise.
    yield from (part for part in parts if part.pinned and part.fate != Fate.ALLOWED)


def _is_milder(part: Part, verdict: Verdict, decision: Decision) -> bool:
    """Tells whether a part is of a platform on which it never comes to the verdict: it would show another one."""
    return part.platform is not None and verdict not in _verdicts_under((part.platform,), decision)


def _witness(case: Case, verdict: Verdict) -> Witness | None:
    """Returns a flow that shows the verdict, confirmed by replaying it, or None."""
    part = next(_telling(case, verdict), None)
    if part is None:
        return None
    spot = part.spot()
    flow = PlainFlow(case.direction, case.protocol, spot.own, spot.other, spot.source_port, spot.destination_port)
    around = Surroundings(
        case.site.subnet, case.site.tags, spot.of_own, spot.of_other, spot.of_world, case.site.on_premises
    )
    ruleset = case.ruleset_of(part)
    rule = replay(flow, ruleset.rules, around)
    if rule is None or not _confirms(rule, part, ruleset):
        return None
    name = None if rule.stand_in else rule.name
    return _written(flow, name, tuple(dict.fromkeys(_assumptions(part, spot))))


def _confirms(rule: SecurityRule, part: Part, ruleset: Ruleset) -> bool:
    if part.pinned:
        return any(rule is each and ruleset.pins(number) for number, each in enumerate(ruleset.rules))
    return rule is ruleset.rules[part.rule]


def _written(flow: PlainFlow, decided_by: str | None, assuming: tuple[str, ...]) -> Witness:
    ends = format_address(flow.other), format_address(flow.own)
    source, destination = ends if flow.direction is Direction.INBOUND else reversed(ends)
    return Witness(flow.protocol, source, flow.source_port, destination, flow.destination_port, decided_by, assuming)


def _assumptions(part: Part, spot: Spot) -> Iterator[str]:
    if part.platform is not None:
        choice, answer = part.platform
        yield choice.answers[answer]
    for ask, mask in part.asked():
        if isinstance(ask.unknown, Choice):
            yield ask.unknown.answers[(mask & -mask).bit_length() - 1]
        else:
            address = spot.own if ask.place is Place.OWN else spot.other
            yield f"{format_address(address)} is {'' if mask == YES else 'not '}in {ask.unknown.label}"


def questions(decision: Decision) -> tuple[str, ...]:
    """Returns what would decide it: the unknowns on which parts hang that are not allowed explicitly."""
    obstacles = [part for part in decision.parts if part.fate != Fate.ALLOWED]
    return _asked(obstacles) or _asked(decision.parts)


def _asked(parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unknown.question for part in parts for unknown, _ in part.unknowns()))


def _condition(decision: Decision, verdict: Verdict) -> str:
    """Returns what has to hold for another verdict than the worst: the fewest answers that leave no other."""
    choices = tuple(dict.fromkeys(choice for way, _ in decision.conditional for choice, _ in way))
    for size, _ in enumerate(choices, 1):
        for some in combinations(choices, size):
            for answers in product(*(range(choice.arity) for choice in some)):
                answered = tuple(zip(some, answers, strict=True))
                if _verdicts_under(answered, decision) == {verdict}:
                    return "if " + " and ".join(choice.answers[answer] for choice, answer in answered)
    return "depending on: " + "; ".join(_asked(decision.parts))


def _verdicts_under(answered: Answered, decision: Decision) -> set[Verdict]:
    wanted = {choice.name: answer for choice, answer in answered}
    return {
        verdict_of(world)
        for way, worlds in decision.conditional
        if all(wanted.get(choice.name, answer) == answer for choice, answer in way)
        for world in worlds
    }
