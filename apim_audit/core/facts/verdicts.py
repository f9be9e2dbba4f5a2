"""What became of a requirement: verdicts, with the rules and the flow that they rest on."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a requirement; the first six are ordered from best to worst."""

    COMPLIANT = "compliant"
    PINNED = "pinned"
    DEFAULT_ONLY = "default-only"
    PARTIAL = "partial"
    MISSING = "missing"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class DecidingRule:
    """A security rule that decides some flow of a requirement."""

    name: str
    priority: int
    access: str
    default: bool


@dataclass(frozen=True, slots=True)
class ShadowedRule:
    """An Allow that matches some required flow which an earlier Deny decides."""

    name: str
    priority: int


@dataclass(frozen=True, slots=True)
class Witness:
    """One concrete flow that shows a gap or a doubt.

    Attributes:
        decided_by: the name of the rule that decides this flow, or None where no NSG filters.
        assuming: what has to hold for this flow to fare so, one phrase each; empty where nothing is in doubt.
    """

    protocol: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    decided_by: str | None
    assuming: tuple[str, ...] = ()

    def ends(self) -> str:
        """Returns from where it comes and where it goes, as ``203.0.113.9:50000 to 10.0.1.4:3443``."""
        return f"{self.source}:{self.source_port} to {self.destination}:{self.destination_port}"

    def flow(self) -> str:
        """Returns the flow itself, as ``TCP 203.0.113.9:50000 to 10.0.1.4:3443``."""
        return f"{self.protocol.upper()} {self.ends()}"

    def proviso(self) -> str:
        """Returns what has to hold, to stand behind the flow: `` if one thing and another``, or nothing."""
        return f" if {' and '.join(self.assuming)}" if self.assuming else ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another verdict that holds in some possible world, and what would decide for it."""

    verdict: Verdict
    condition: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A rule that would close a gap if one field were different.

    Attributes:
        field: the field: destinationPort, protocol, direction, otherEnd, ownEnd, sourcePort, swapped or priority.
        message: one sentence: ``AllowSql`` would serve if its port were 1433.
    """

    name: str
    priority: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rules and the flow that a verdict rests on.

    Attributes:
        lost_without_nsg: whether some of the flows are lost because there is no NSG, whatever rules decide the others.
    """

    decided_by: tuple[DecidingRule, ...] = ()
    shadowed: tuple[ShadowedRule, ...] = ()
    witness: Witness | None = None
    lost_without_nsg: bool = False


@dataclass(frozen=True, slots=True)
class Compliant:
    """Every required flow is allowed explicitly."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Gap:
    """The requirement is not met as it should be, in every possible world.

    Attributes:
        verdict: pinned, default-only, partial, missing or blocked: the worst of all worlds.
        evidence: with a witness, save for checks that are not about a flow.
        or_else: the other verdicts that are possible.
    """

    verdict: Verdict
    evidence: Evidence
    or_else: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """It cannot be told.

    Attributes:
        questions: what would decide it, one phrase each.
        evidence: the rules that decide in any world; a witness where there is one.
    """

    questions: tuple[str, ...]
    evidence: Evidence = Evidence()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The requirement does not concern the location, for this reason."""

    reason: str


Outcome = Compliant | Gap | Undecided | NotApplicable


def verdict_of(outcome: Outcome) -> Verdict:
    """Returns the verdict that an outcome stands for."""
    return outcome.verdict if isinstance(outcome, Gap) else _VERDICTS[type(outcome)]


# Looked up once: it is asked for several times a check, and a member of an enumeration takes long to look up.
_VERDICTS = {Compliant: Verdict.COMPLIANT, Undecided: Verdict.UNKNOWN, NotApplicable: Verdict.NOT_APPLICABLE}
