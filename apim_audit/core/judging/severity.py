"""How loud a verdict is."""

from functools import lru_cache

from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.requirements import Level, Requirement
from apim_audit.core.facts.verdicts import Verdict

_LOSSES = frozenset({Verdict.PARTIAL, Verdict.MISSING, Verdict.BLOCKED})


def severity_of(requirement: Requirement, level: Level, verdict: Verdict, *, mild: bool) -> Severity:
    """Returns the severity of a check.

    Args:
        requirement: the catalogue row.
        level: how much the row matters here.
        verdict: what was found.
        mild: a loss that seldom hurts: only source ports below 1024, all but the regional part of a tag, or an NSG
            missing where the platform works without.
    """
    clients = requirement.id.startswith("client-")
    return _severity(
        level, verdict, mild=mild, clients=clients, default_rules_suffice=requirement.default_rules_suffice
    )


@lru_cache
def _severity(level: Level, verdict: Verdict, *, mild: bool, clients: bool, default_rules_suffice: bool) -> Severity:
    loss = Severity.WARNING if mild else Severity.ERROR
    match level, verdict:
        case (Level.ADVISORY, _) | (_, Verdict.COMPLIANT | Verdict.NOT_APPLICABLE):
            return Severity.NONE
        case Level.OPTIONAL, _:
            return Severity.NOTE if verdict in _LOSSES else Severity.NONE
        case _, Verdict.UNKNOWN:
            return Severity.UNDECIDED
        case _, Verdict.DEFAULT_ONLY if default_rules_suffice:
            return Severity.NONE
        case _, Verdict.DEFAULT_ONLY | Verdict.PINNED:
            return Severity.WARNING
        case _:
            pass
    # Clients are often narrowed on purpose.
    return Severity.NOTE if verdict is Verdict.PARTIAL and clients else loss
