"""Picks the network model of a location, and the catalogue rows that it is judged by."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apim_audit.core.facts.estate import Instance, InstanceKind, Location, Subnet
from apim_audit.core.facts.features import InUse, reason_for
from apim_audit.core.facts.requirements import (
    Baseline,
    Catalogue,
    Level,
    LevelRule,
    NetworkModel,
    Requirement,
    VirtualNetworkType,
)

V2_TIERS = frozenset({"basicv2", "standardv2", "premiumv2"})
TIERS = V2_TIERS | {"developer", "basic", "standard", "premium", "isolated", "consumption"}
"""The tiers of services, folded.

Source: SkuType of azure-mgmt-apimanagement 5.0.0; PremiumV2 is there from 6.0.0b1 on.
"""
_BY_PLATFORM = {"stv1": NetworkModel.STV1, "stv2": NetworkModel.STV2, "stv2.1": NetworkModel.STV2}
_INJECTION = "microsoft.web/hostingenvironments"
_LEVELS = (Level.ADVISORY, Level.OPTIONAL, Level.REQUIRED)


@dataclass(frozen=True, slots=True)
class NothingToJudge:
    """A location without a network model, and why."""

    reason: str


def network_model(instance: Instance, location: Location) -> NetworkModel | NothingToJudge:
    """Returns the network model of a location, or why there is nothing to judge."""
    tier = instance.sku.lower()
    if instance.kind is InstanceKind.GATEWAY:
        return (
            NothingToJudge("the gateway is in no VNet") if location.subnet is None else NetworkModel.WORKSPACE_GATEWAY
        )
    if tier == "consumption" or (location.platform_version or "").lower() == "mtv1":
        return NothingToJudge("the Consumption tier cannot join a VNet")
    if tier in V2_TIERS:
        return (
            NothingToJudge("the instance is in no VNet") if location.subnet is None else _v2_model(instance, location)
        )
    if instance.virtual_network_type is VirtualNetworkType.NONE and not instance.unreadable:
        return NothingToJudge("the instance is in no VNet (virtualNetworkType is None)")
    return _BY_PLATFORM.get((location.platform_version or "").lower(), NetworkModel.UNDETERMINED)


def _v2_model(instance: Instance, location: Location) -> NetworkModel:
    if isinstance(location.subnet, Subnet) and location.subnet.delegations:
        injected = _INJECTION in {name.lower() for name in location.subnet.delegations}
    else:
        # Templates suggest External for integration and Internal for injection; both models ask for the same flows.
        injected = instance.virtual_network_type is VirtualNetworkType.INTERNAL
    return NetworkModel.V2_INJECTION if injected else NetworkModel.V2_INTEGRATION


@dataclass(frozen=True, slots=True)
class Row:
    """A catalogue row as it stands for one location.

    Attributes:
        models: the network models that have a say: one, or both platforms where the platform is not determined.
        raised_by: which feature makes it required here, or None.
        own: whether the judging baseline itself has it.
    """

    requirement: Requirement
    level: Level
    models: tuple[NetworkModel, ...]
    raised_by: str | None = None
    own: bool = True


@dataclass(frozen=True, slots=True)
class RowPicker:
    """Picks the rows of a location.

    Attributes:
        premium: whether the instance is of the Premium tier.
        multi_location: whether it has more than one location.
        delegations: those of the location's subnet.
        in_use: the features that concern the location.
    """

    model: NetworkModel
    premium: bool
    multi_location: bool
    delegations: tuple[str, ...]
    in_use: tuple[InUse, ...] = ()

    def rows(self, catalogue: Catalogue, baseline: Baseline) -> tuple[Row, ...]:
        """Returns the baseline's rows, then what it lacks and a later baseline has.

        Of the latter those that a feature in use raises are required, and those that are required there advisory.
        """
        own = tuple(self._raised(row, catalogue) for row in self._rows_of(baseline))
        known = {row.requirement.id for row in own}
        later = catalogue.baselines[catalogue.baselines.index(baseline) + 1 :]
        beyond = {
            row.requirement.id: self._raised(replace(row, level=Level.ADVISORY, own=False), catalogue)
            for newer in later
            for row in self._rows_of(newer)
            if row.requirement.id not in known and (row.level is Level.REQUIRED or self._reason(row, catalogue))
        }
        return (*own, *beyond.values())

    def _raised(self, row: Row, catalogue: Catalogue) -> Row:
        reason = None if row.level is Level.REQUIRED else self._reason(row, catalogue)
        return row if reason is None else replace(row, level=Level.REQUIRED, raised_by=reason)

    def _reason(self, row: Row, catalogue: Catalogue) -> str | None:
        return reason_for(self.in_use, catalogue.raised_by(row.requirement.id)) if self.in_use else None

    def _rows_of(self, baseline: Baseline) -> Iterator[Row]:
        for requirement in baseline.requirements:
            rules = [
                (model, rule)
                for model in self._models()
                if (rule := requirement.levels.get(model)) is not None and rule.concerns(self.delegations)
            ]
            if rules:
                level = max((self._level(rule) for _, rule in rules), key=_LEVELS.index)
                yield Row(requirement, level, tuple(model for model, _ in rules))

    def _models(self) -> tuple[NetworkModel, ...]:
        if self.model is NetworkModel.UNDETERMINED:
            return (NetworkModel.STV1, NetworkModel.STV2)
        return (self.model,)

    def _level(self, rule: LevelRule) -> Level:
        return rule.of(premium=self.premium, multi_location=self.multi_location)


def judging_baseline(catalogue: Catalogue, asked: Baseline, model: NetworkModel) -> Baseline:
    """Returns the baseline that judges a model: the one asked for, or the earliest that knows the model."""
    if model is NetworkModel.UNDETERMINED or asked.knows(model):
        return asked
    return next((baseline for baseline in catalogue.baselines if baseline.knows(model)), asked)
