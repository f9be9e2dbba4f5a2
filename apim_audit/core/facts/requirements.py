"""What API Management needs from an NSG: requirements as values, read from the catalogue's baselines."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apim_audit.core.facts.features import Feature
from apim_audit.core.facts.rules import Direction


class NetworkModel(StrEnum):
    """How a location is attached to its subnet; it picks the location's requirements."""

    STV1 = "stv1"
    STV2 = "stv2"
    UNDETERMINED = "undetermined"
    V2_INJECTION = "v2-injection"
    V2_INTEGRATION = "v2-integration"
    WORKSPACE_GATEWAY = "workspace-gateway"


class VirtualNetworkType(StrEnum):
    """How a service is reached through its VNet."""

    NONE = "None"
    EXTERNAL = "External"
    INTERNAL = "Internal"


class Level(StrEnum):
    """How much a requirement matters, weakest first."""

    ADVISORY = "advisory"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A requirement's level for one network model, with the conditions that raise it.

    Attributes:
        level: the level where no condition holds.
        premium: the level on the Premium tier, where it differs.
        multi_location: the level of an instance with more than one location, where it differs.
        delegation: the subnet delegation without which the row does not concern a location; None where any will do.
    """

    level: Level
    premium: Level | None = None
    multi_location: Level | None = None
    delegation: str | None = None

    def of(self, *, premium: bool, multi_location: bool) -> Level:
        """Returns the level for an instance."""
        if premium and self.premium is not None:
            return self.premium
        if multi_location and self.multi_location is not None:
            return self.multi_location
        return self.level

    def concerns(self, delegations: Iterable[str]) -> bool:
        """Tells whether a subnet with these delegations has the row at all; letter case does not count."""
        return self.delegation is None or self.delegation.casefold() in {name.casefold() for name in delegations}


class PeerKind(StrEnum):
    """What stands at the other end of a required flow."""

    TAG = "tag"  # a service tag with published prefixes
    INTERNET = "internet"
    LOAD_BALANCER = "load-balancer"
    VIRTUAL_NETWORK = "virtual-network"
    SUBNET = "subnet"
    DNS_SERVERS = "dns-servers"


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a required flow.

    Attributes:
        kind: what stands there.
        name: what people call it; for a service tag its name as in an NSG.
        regional: whether the tag of the location's region (and the primary's) is what must get through.
    """

    kind: PeerKind
    name: str
    regional: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where a requirement was read.

    Attributes:
        title: the page or table.
        location: repository and path, or address, with the commit where known.
        dated: the date the source gives itself.
        compared: the day the row was last compared with it, ISO 8601.
    """

    title: str
    location: str
    dated: str
    compared: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The flows of a requirement, save for the addresses of the API Management end.

    Attributes:
        direction: Inbound or Outbound.
        protocol: ``Tcp`` or ``Udp``, as ARM writes it.
        ports: destination ports as the catalogue writes them, ``443`` or ``6381-6383``, for every network model.
        ports_of: the models whose ports differ.
        peer: the other end.
    """

    direction: Direction
    protocol: str
    ports: tuple[str, ...]
    peer: Peer
    ports_of: Mapping[NetworkModel, tuple[str, ...]]

    def ports_for(self, model: NetworkModel) -> tuple[str, ...]:
        """Returns the destination ports that one network model needs."""
        return self.ports_of.get(model, self.ports)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the table of requirements: a set of flows that must get through, or a condition of the subnet.

    Attributes:
        id: the stable name, used as check id, SARIF rule and documentation anchor.
        title: a few words.
        flow: the flows, or None for a check that is not about a flow.
        applies_to: the kinds of VNet attachment that the row concerns.
        levels: the level for each network model that has the row.
        purpose: what API Management does with it.
        remedy: what to do about a gap, one sentence.
        default_rules_suffice: whether being allowed by default rules alone is good enough.
        source: where it was read.
        remedy_of: the models whose remedy reads otherwise.
        source_of: the models whose row was read elsewhere.
        raised_by: the features of an instance that make the row required.
        observed_as: the kinds of dependency in the service's network status that the row lets through, as Azure names
            them.
    """

    id: str
    title: str
    flow: Flow | None
    applies_to: frozenset[VirtualNetworkType]
    levels: Mapping[NetworkModel, LevelRule]
    purpose: str
    remedy: str
    source: Source
    default_rules_suffice: bool = False
    remedy_of: Mapping[NetworkModel, str] = field(default_factory=dict)
    source_of: Mapping[NetworkModel, Source] = field(default_factory=dict)
    raised_by: tuple[Feature, ...] = ()
    observed_as: tuple[str, ...] = ()

    def remedy_for(self, model: NetworkModel) -> str:
        """Returns what to do about a gap at a location of one network model."""
        return self.remedy_of.get(model, self.remedy)

    def source_for(self, model: NetworkModel) -> Source:
        """Returns where the row of one network model was read."""
        return self.source_of.get(model, self.source)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A dated table of requirements.

    Attributes:
        id: ``2021-12`` or ``2026-04``.
        title: what it is, in one line.
        requirements: the rows, in catalogue order.
    """

    id: str
    title: str
    requirements: tuple[Requirement, ...]

    def knows(self, model: NetworkModel) -> bool:
        """Tells whether any row speaks of a network model."""
        return any(model in requirement.levels for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All baselines, oldest first, and the names of the known service tags.

    Attributes:
        baselines: oldest first.
        tag_names: every service tag name that Azure is known to have, as Azure writes it.
    """

    baselines: tuple[Baseline, ...]
    tag_names: frozenset[str]

    def baseline(self, baseline_id: str) -> Baseline | None:
        """Returns the baseline of that id, or None."""
        return next((baseline for baseline in self.baselines if baseline.id == baseline_id), None)

    def raised_by(self, requirement_id: str) -> tuple[Feature, ...]:
        """Returns the features that make a row required, whatever the baseline: the newest that tells them counts."""
        return next((row.raised_by for row in self._newest_first(requirement_id) if row.raised_by), ())

    def observed_as(self, requirement_id: str) -> tuple[str, ...]:
        """Returns what the network status calls the dependencies of a row, whatever the baseline."""
        return next((row.observed_as for row in self._newest_first(requirement_id) if row.observed_as), ())

    def _newest_first(self, requirement_id: str) -> Iterator[Requirement]:
        for baseline in reversed(self.baselines):
            yield from (row for row in baseline.requirements if row.id == requirement_id)
