"""What another baseline changes: for an audited estate, and between two tables of requirements."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import Comparison, InstanceReport, LocationReport, NewlyFailing
from apim_audit.core.facts.requirements import (
    Baseline,
    Flow,
    LevelRule,
    NetworkModel,
    Requirement,
    VirtualNetworkType,
)

_FAILURES = frozenset({Severity.ERROR, Severity.WARNING})
_NO_VNET = frozenset({VirtualNetworkType.NONE})
_IMPOSSIBLE = {NetworkModel.STV1: _NO_VNET, NetworkModel.STV2: _NO_VNET}  # classic tiers: without a VNet no model


def compare(asked: tuple[InstanceReport, ...], other: tuple[InstanceReport, ...], other_baseline: str) -> Comparison:
    """Returns the checks that fail under another baseline and not under the one asked for.

    To fail is to be a gap with the severity error or warning. A check that is only advisory, optional or absent under
    the baseline asked for does not fail there.

    Args:
        asked: the instances as the baseline asked for judges them.
        other: the same instances, in the same order, as the other baseline judges them.
        other_baseline: the other baseline's id.

    Raises:
        ValueError: the instances or their locations are not as many.
    """
    found = tuple(
        failing
        for before, after in zip(asked, other, strict=True)
        for here, there in zip(before.locations, after.locations, strict=True)
        for failing in _newly_failing(before.id, here, there)
    )
    return Comparison(other_baseline, found)


def _newly_failing(instance_id: str, here: LocationReport, there: LocationReport) -> Iterator[NewlyFailing]:
    known = {check.id: check for check in here.checks}
    for check in there.checks:
        before = known.get(check.id)
        if check.severity in _FAILURES and (before is None or before.severity not in _FAILURES):
            yield NewlyFailing(
                instance_id=instance_id,
                location=here.location,
                requirement=check.id,
                was=None if before is None else before.verdict,
                becomes=check.verdict,
                severity=check.severity,
            )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a row asks of the locations of one network model.

    Attributes:
        flow: the flows with that model's ports, or None for a check that is not about a flow.
        applies_to: the kinds of VNet attachment that the row concerns, among those that the model can have.
    """

    level: LevelRule
    flow: Flow | None
    applies_to: frozenset[VirtualNetworkType]
    default_rules_suffice: bool


@dataclass(frozen=True, slots=True)
class Added:
    """A row that only the later table has."""

    requirement: str
    title: str
    after: Terms


@dataclass(frozen=True, slots=True)
class Removed:
    """A row that only the earlier table has."""

    requirement: str
    title: str
    before: Terms


@dataclass(frozen=True, slots=True)
class Altered:
    """A row that both tables have, with different terms."""

    requirement: str
    title: str
    before: Terms
    after: Terms


RowChange = Added | Removed | Altered


@dataclass(frozen=True, slots=True)
class ModelChanges:
    """What changes for one network model, in the order of the later table, then what that table dropped.

    Attributes:
        known_before: whether the one baseline speaks of the model at all; known_after of the other one.
    """

    model: NetworkModel
    known_before: bool
    known_after: bool
    changes: tuple[RowChange, ...]


@dataclass(frozen=True, slots=True)
class BaselineChanges:
    """What changes from one baseline to another, for every network model that either of them knows."""

    before: Baseline
    after: Baseline
    models: tuple[ModelChanges, ...]


def changes_between(before: Baseline, after: Baseline) -> BaselineChanges:
    """Returns what another baseline asks that the one does not, and the other way round.

    Wording, purpose, remedy and source of a row do not count: no verdict rests on them.
    """
    known = (model for model in NetworkModel if before.knows(model) or after.knows(model))
    return BaselineChanges(before, after, tuple(_changes_for(model, before, after) for model in known))


def _changes_for(model: NetworkModel, before: Baseline, after: Baseline) -> ModelChanges:
    old, new = _rows(before, model), _rows(after, model)
    changes = [change for row in new.values() if (change := _change(old.get(row.id), row, model)) is not None]
    dropped = [Removed(row.id, row.title, _terms(row, model)) for row in old.values() if row.id not in new]
    return ModelChanges(model, bool(old), bool(new), (*changes, *dropped))


def _change(old: Requirement | None, new: Requirement, model: NetworkModel) -> RowChange | None:
    after = _terms(new, model)
    if old is None:
        return Added(new.id, new.title, after)
    before = _terms(old, model)
    return None if before == after else Altered(new.id, new.title, before, after)


def _rows(baseline: Baseline, model: NetworkModel) -> dict[str, Requirement]:
    return {row.id: row for row in baseline.requirements if model in row.levels}


def _terms(row: Requirement, model: NetworkModel) -> Terms:
    return Terms(
        level=row.levels[model],
        flow=None if row.flow is None else replace(row.flow, ports=row.flow.ports_for(model), ports_of={}),
        applies_to=row.applies_to - _IMPOSSIBLE.get(model, frozenset()),
        default_rules_suffice=row.default_rules_suffice,
    )
