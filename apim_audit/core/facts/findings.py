"""What was found at one location: checks, hygiene and observations, as frozen values."""

from dataclasses import dataclass
from enum import StrEnum

from apim_audit.core.facts.requirements import Level, Requirement
from apim_audit.core.facts.verdicts import Evidence, NearMiss, NotApplicable, Outcome, Undecided, Verdict, verdict_of


class Severity(StrEnum):
    """How loud a check is, loudest first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    UNDECIDED = "undecided"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a resource or rule is written down, so that it can be changed there.

    Attributes:
        file: a file's name as it was given, or ``live``.
        line: its line, from 1, where that is known.
        address: a Terraform address (``module.net.azurerm_network_security_rule.mgmt[0]``), where there is one.
    """

    file: str
    line: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a gap is accepted, by whom, until when.

    Attributes:
        expires: the last day on which it holds, ISO 8601.
    """

    reason: str
    owner: str
    expires: str


class Change(StrEnum):
    """What a planned deployment has to do with a gap or a doubt."""

    CAUSED = "caused"
    ALREADY_THERE = "already-there"


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement at one location.

    Attributes:
        id: the requirement's id, with ``-inbound`` or ``-outbound`` where a row has both directions.
        requirement: the catalogue row.
        level: required, optional or advisory here.
        outcome: what was found.
        severity: how loud it is.
        direction: ``Inbound`` or ``Outbound``, None for a check that is not about a flow; so the next three.
        protocol: ``Tcp`` or ``Udp``.
        ports: destination ports as text.
        peer: names of the other end, several where regional tags are joined.
        message: one sentence for people.
        near_misses: for a gap, the rules that would serve but for one field.
        raised_by: which feature of the instance makes an optional or advisory row required, or None.
        waiver: the waiver that covers a gap, or None.
        known: whether a gap is among the known ones.
        change: what a planned deployment has to do with it, or None where nothing is planned.
        origins: where to change it, where a plan or a template tells.
    """

    id: str
    requirement: Requirement
    level: Level
    outcome: Outcome
    severity: Severity
    message: str
    direction: str | None = None
    protocol: str | None = None
    ports: tuple[str, ...] | None = None
    peer: tuple[str, ...] | None = None
    near_misses: tuple[NearMiss, ...] = ()
    raised_by: str | None = None
    waiver: Waiver | None = None
    known: bool = False
    change: Change | None = None
    origins: tuple[Origin, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it bears on the exit status: it is neither waived nor a known gap."""
        return self.waiver is None and not self.known

    @property
    def verdict(self) -> Verdict:
        """The verdict that the outcome stands for."""
        return verdict_of(self.outcome)

    @property
    def evidence(self) -> Evidence:
        """The evidence of the outcome; empty where it is not applicable."""
        return Evidence() if isinstance(self.outcome, NotApplicable) else self.outcome.evidence

    @property
    def reason(self) -> str | None:
        """Why it is unknown or not applicable, else None."""
        match self.outcome:
            case NotApplicable(reason=reason):
                return reason
            case Undecided(questions=questions):
                return "; ".join(questions) or None
            case _:
                return None


class HygieneKind(StrEnum):
    """What is untidy about a rule that does no harm to a requirement."""

    TOO_WIDE = "too-wide"  # alone serves a requirement, and lets through far more
    SHADOWED = "shadowed"  # never decides anything
    REDUNDANT = "redundant"  # could go without a change to any flow


@dataclass(frozen=True, slots=True)
class HygieneFinding:
    """A rule that could be narrower, or could go.

    Attributes:
        message: one sentence; for a rule too wide with the narrowest that would do.
        requirement: the check that the rule serves, for a rule too wide.
    """

    kind: HygieneKind
    name: str
    priority: int
    direction: str
    message: str
    requirement: str | None = None


class Standing(StrEnum):
    """How what the service itself observes stands beside the computed verdicts."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    STALE = "stale"
    UNRELATED = "unrelated"  # no requirement is about it, or none was decided


@dataclass(frozen=True, slots=True)
class Observation:
    """One dependency as the service's own network status reports it; it never replaces a verdict.

    Attributes:
        name: the dependency as Azure names it.
        status: ``success``, ``failure``, ``initializing`` or whatever else Azure wrote.
        observed_at: when it was last updated, as Azure wrote it.
        requirements: ids of the checks that it bears on.
        message: one sentence for people.
    """

    name: str
    status: str
    observed_at: str | None
    standing: Standing
    requirements: tuple[str, ...]
    message: str
