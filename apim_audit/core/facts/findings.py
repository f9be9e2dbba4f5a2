"""What the judging says: verdicts, severities and the report, as frozen values."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from apim_audit.core.facts.requirements import Level, NetworkModel, Requirement


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


class Severity(StrEnum):
    """How loud a check is, loudest first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    UNDECIDED = "undecided"
    NONE = "none"


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
    """The rules and the flow that a verdict rests on."""

    decided_by: tuple[DecidingRule, ...] = ()
    shadowed: tuple[ShadowedRule, ...] = ()
    witness: Witness | None = None


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


@dataclass(frozen=True, slots=True)
class LocationReport:
    """The checks of one location of one instance.

    Attributes:
        network_model: None where there is nothing to judge; ``reason`` then says why.
        baseline: the baseline that judged, where it is not the one asked for.
        hygiene: untidy rules, where they were asked for.
        observed: what the service itself observes, where that was asked for.
        origin: where the NSG was read, or the instance where it has none or it could not be read; None for no file.
    """

    location: str
    primary: bool
    platform_version: str | None
    network_model: NetworkModel | None
    subnet_id: str | None
    network_security_group_id: str | None
    checks: tuple[Check, ...]
    reason: str | None = None
    baseline: str | None = None
    hygiene: tuple[HygieneFinding, ...] = ()
    observed: tuple[Observation, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """One API Management instance with its locations, primary first."""

    id: str
    name: str
    resource_group: str
    subscription_id: str
    sku: str
    virtual_network_type: str
    locations: tuple[LocationReport, ...]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Something that should have been read and was not, or not wholly.

    Attributes:
        id: the resource, subscription or file.
        reason: one word: forbidden, not-found, invalid, duplicate, unavailable, ...
        message: one sentence with what to do.
        needed: whether a judged location needs it, so that the audit is not whole without it.
        already_there: where something is planned, whether it is so without the plan as well.
    """

    id: str
    reason: str
    message: str
    needed: bool = True
    already_there: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for.

    Attributes:
        subscriptions: ids; for a management group or a tenant those that were found below it.
        resource_group: only instances of this resource group.
        names: only instances of these names.
        management_group: the management group that was asked for.
        tenant: whether a whole tenant was asked for.
    """

    subscriptions: tuple[str, ...] = ()
    resource_group: str | None = None
    names: tuple[str, ...] = ()
    management_group: str | None = None
    tenant: bool = False


@dataclass(frozen=True, slots=True)
class ServiceTagSource:
    """Where the service tags came from: ``live``, ``file`` or ``none``; which cloud, which change number."""

    source: str = "none"
    cloud: str | None = None
    change_number: str | None = None


@dataclass(frozen=True, slots=True)
class NewlyFailing:
    """A check that another baseline fails and the one asked for does not.

    Attributes:
        was: the verdict under the baseline asked for, or None where it has no such check.
        becomes: the verdict under the other baseline; severity likewise.
    """

    instance_id: str
    location: str
    requirement: str
    was: Verdict | None
    becomes: Verdict
    severity: Severity


@dataclass(frozen=True, slots=True)
class Comparison:
    """What another baseline would newly fail."""

    baseline: str
    newly_failing: tuple[NewlyFailing, ...]


@dataclass(frozen=True, slots=True)
class FixedGap:
    """A gap that was there before, known or in the current state, and is no more.

    Attributes:
        was: its verdict then.
    """

    instance_id: str
    location: str
    requirement: str
    was: Verdict


@dataclass(frozen=True, slots=True)
class StackRule:
    """One rule of a rule stack, its fields as text for people.

    Attributes:
        access: ``Allow``, ``Deny`` or ``AlwaysAllow``.
        protocol: ``TCP``, ``UDP`` and so on, or ``*``.
        source: addresses, tags and groups as Azure wrote them, with commas between; so the destination.
        source_ports: ``443``, ``80, 443``, ``6381-6383`` or ``*``; so the destination ports.
        default: whether it is one of the default rules.
        certain: whether it is there for sure.
        admin: whether it is a security admin rule, tried before the NSG.
    """

    name: str
    priority: int
    direction: str
    access: str
    protocol: str
    source: str
    source_ports: str
    destination: str
    destination_ports: str
    default: bool = False
    certain: bool = True
    admin: bool = False


@dataclass(frozen=True, slots=True)
class RuleStack:
    """The rules that a subnet's flows go through; subnets that share an NSG share its stack.

    Attributes:
        network_security_group_id: the NSG, or None where admin rules stand alone.
        virtual_network_id: the VNet whose admin rules come first; None where none do.
        rules: inbound ones, then outbound ones, each in the order in which they are tried: admin rules, custom ones by
            priority, default ones.
        unreadable: why some rules are missing here, one phrase each.
    """

    network_security_group_id: str | None
    virtual_network_id: str | None
    rules: tuple[StackRule, ...]
    unreadable: tuple[str, ...] = ()


class WaiverProblemKind(StrEnum):
    """What is wrong with a waiver."""

    EXPIRED = "expired"  # it covers nothing any more, and the run says so loudly
    EXPIRING = "expiring"  # within 30 days
    UNUSED = "unused"  # it matches nothing
    UNWAIVABLE = "unwaivable"  # its requirement must not be waived


@dataclass(frozen=True, slots=True)
class WaiverProblem:
    """A waiver that somebody has to look at, in one sentence."""

    kind: WaiverProblemKind
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an audit found, in the stable order of the contract.

    Attributes:
        fixed: gaps that are no more, where known gaps or a plan were given, else None.
        waiver_problems: what is wrong with the waivers.
        names: what is named in the documents, for a report that leaves the house; empty where it does not.
        requirements: the rows that could be judged: those of the baseline, then those that other baselines lent.
        rule_stacks: the rules of the NSGs, for formats that draw them; empty unless asked for.
    """

    baseline: str
    taken_at: str | None
    scope: Scope
    service_tags: ServiceTagSource
    instances: tuple[InstanceReport, ...]
    incomplete: tuple[Incomplete, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    comparison: Comparison | None = None
    fixed: tuple[FixedGap, ...] | None = None
    waiver_problems: tuple[WaiverProblem, ...] = ()
    names: frozenset[str] = frozenset()
    requirements: tuple[Requirement, ...] = ()
    rule_stacks: tuple[RuleStack, ...] = ()

    def locations(self) -> Iterator[LocationReport]:
        """Yields every location of every instance."""
        for instance in self.instances:
            yield from instance.locations

    def checks(self) -> Iterator[Check]:
        """Yields every check of every location."""
        for location in self.locations():
            yield from location.checks
