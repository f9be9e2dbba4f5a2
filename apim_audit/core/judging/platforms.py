"""Joins what is decided for stv1 and stv2 where a location's platform is not known: each is a possible world."""

from collections.abc import Sequence

from apim_audit.core.engine.decision import Decision
from apim_audit.core.sets.unknowns import Choice

_PLATFORM = Choice("platform", "is the platform stv1 or stv2?", ("the platform is stv1", "the platform is stv2"))


def over_platforms(decisions: Sequence[Decision]) -> Decision:
    """Returns the decision of one platform as it is, or those of stv1 and stv2 joined.

    Rules must have the same numbers on both.
    """
    if len(decisions) == 1:
        return decisions[0]
    first, second = decisions
    joined = Decision(
        worlds=first.worlds | second.worlds,
        parts=(*first.parts, *second.parts),
        shadowed=tuple(sorted({*first.shadowed, *second.shadowed})),
        conditional=(*first.conditional, *second.conditional),
    )
    if first.verdicts() == second.verdicts():
        return joined
    parts = tuple(
        part._replace(platform=(_PLATFORM, answer))
        for answer, decision in enumerate(decisions)
        for part in decision.parts
    )
    conditional = tuple(
        (((_PLATFORM, answer), *answers), worlds)
        for answer, decision in enumerate(decisions)
        for answers, worlds in decision.conditional or (((), decision.worlds),)
    )
    return joined._replace(parts=parts, conditional=conditional)
