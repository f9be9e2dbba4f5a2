"""What a run has to say: instances with their findings, what could not be read, and what it was judged by."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from apim_audit.core.facts.findings import Check, HygieneFinding, Observation, Origin, Severity
from apim_audit.core.facts.requirements import NetworkModel, Requirement
from apim_audit.core.facts.verdicts import Verdict


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
