"""One sentence for people about each check."""

from collections.abc import Sequence
from functools import lru_cache

from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.verdicts import (
    Compliant,
    DecidingRule,
    Evidence,
    Gap,
    NotApplicable,
    Outcome,
    ShadowedRule,
    Undecided,
    Verdict,
    Witness,
)
from apim_audit.core.sets.tags import ServiceTags

_MANY_PORTS = "1-65535"
_DEFAULT_RULES = 65000


@lru_cache(maxsize=1024)
def flow_phrase(direction: Direction, protocol: str, ports: tuple[str, ...], peer: tuple[str, ...]) -> str:
    """Returns the flows in words: ``TCP 3443 from ApiManagement``."""
    few = [port for port in ports if port != _MANY_PORTS]
    numbers = _listed(few) if few else "on all ports"
    if few and len(few) < len(ports):
        numbers += " (stv1: all ports)"
    preposition = "from" if direction is Direction.INBOUND else "to"
    return f"{protocol.upper()} {numbers} {preposition} {_listed(peer)}"


def too_entangled(what: str, tags: ServiceTags) -> str:
    """Returns why rules or routes could not be decided, with what would help: without data every tag is an unknown."""
    why = f"the {what}, with all that is unknown, overlap in more ways than the budget allows to go through"
    return why if tags.sets else f"{why}: give --service-tags"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else words[0]


def message_of(outcome: Outcome, flow: str) -> str:
    """Returns the sentence for an outcome.

    Args:
        outcome: what was found.
        flow: the flows in words.
    """
    match outcome:
        case NotApplicable(reason=reason):
            return f"not applicable: {reason}"
        case Undecided(questions=questions):
            return f"it cannot be told whether {flow} gets through: {'; '.join(questions)}"
        case Compliant(evidence=evidence):
            return f"{_rules(evidence.decided_by)} {_verb(evidence.decided_by, 'allow')} {flow}"
        case Gap():
            return _gap(outcome, flow) + "".join(f"; {each.verdict} {each.condition}" for each in outcome.or_else)


def _gap(gap: Gap, flow: str) -> str:
    evidence = gap.evidence
    if evidence.witness is not None and evidence.witness.decided_by is None:
        return _without_nsg(gap.verdict, flow)
    match gap.verdict:
        case Verdict.PINNED:
            return _pinned(evidence, flow)
        case Verdict.DEFAULT_ONLY:
            defaults = [rule for rule in evidence.decided_by if rule.default and rule.access == "Allow"]
            some = "part of " if any(not rule.default for rule in evidence.decided_by) else ""
            noun = "rule" if len(defaults) == 1 else "rules"
            return f"{some}{flow} is allowed only by the default {noun} {_rules(defaults)}"
        case Verdict.MISSING:
            return f"no rule allows {flow}; {_rules(_denying(evidence))} drops it"
        case Verdict.PARTIAL:
            return f"{_dropping(evidence)} part of {flow}{_before(evidence.shadowed)}{_such_as(evidence.witness)}"
        case _:
            return f"{_dropping(evidence)} {_blocked(evidence, flow)}"


def _blocked(evidence: Evidence, flow: str) -> str:
    if evidence.lost_without_nsg:
        return f"part of {flow}; the subnet has no NSG, and without one the rest is lost too"
    return f"{flow}{_before(evidence.shadowed)}"


def _without_nsg(verdict: Verdict, flow: str) -> str:
    if verdict is Verdict.MISSING:
        return f"the subnet has no NSG, and without one the load balancer passes nothing: {flow} is lost"
    return f"the subnet has no NSG: {flow} gets through, but no rule says so"


def _pinned(evidence: Evidence, flow: str) -> str:
    rule = f"`{evidence.witness.decided_by}`" if evidence.witness is not None else "a rule"
    return f"{rule} allows {flow} by addresses, not by service tag: it breaks when the service's addresses change"


def _denying(evidence: Evidence) -> list[DecidingRule]:
    return [rule for rule in evidence.decided_by if rule.access == "Deny"]


def _dropping(evidence: Evidence) -> str:
    denying = _denying(evidence)
    return f"{_rules(denying)} {_verb(denying, 'drop')}"


def _before(shadowed: Sequence[ShadowedRule]) -> str:
    # That a default rule is not reached goes without saying where a rule denies.
    names = [f"`{rule.name}` ({rule.priority})" for rule in shadowed if rule.priority < _DEFAULT_RULES]
    if not names:
        return ""
    return f" before {_some(names)} {'is' if len(names) == 1 else 'are'} reached"


def _such_as(witness: Witness | None) -> str:
    if witness is None:
        return ""
    return f", such as {witness.ends()}"


def _rules(rules: Sequence[DecidingRule]) -> str:
    return _some([f"`{rule.name}` ({rule.priority})" for rule in rules]) if rules else "no rule"


def _some(names: list[str]) -> str:
    shown = 3
    return _listed(names) if len(names) <= shown else ", ".join(names[:shown]) + f" and {len(names) - shown} more"


def _verb(rules: Sequence[object], verb: str) -> str:
    return f"{verb}s" if len(rules) == 1 else verb
