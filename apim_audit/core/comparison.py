"""What another baseline changes: for an audited estate, and between two tables of requirements."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apim_audit.core.findings import Comparison, InstanceReport, LocationReport, NewlyFailing, Severity
from apim_audit.core.requirements import Baseline, Flow, LevelRule, NetworkModel, VirtualNetworkType

_FAILURES = frozenset({Severity.ERROR, Severity.WARNING})


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
    """

    level: LevelRule
    flow: Flow | None
    applies_to: frozenset[VirtualNetworkType]
    default_rules_suffice: bool


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that two baselines do not have alike.

    Attributes:
        before: its terms in the one baseline, or None where it has no such row.
        after: its terms in the other one, or None; never are both None.
    """

    requirement: str
    before: Terms | None
    after: Terms | None


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
    old, new = _terms(before, model), _terms(after, model)
    rows = (RowChange(row, old.get(row), new.get(row)) for row in (new | old))
    changes = tuple(change for change in rows if change.before != change.after)
    return ModelChanges(model, bool(old), bool(new), changes)


def _terms(baseline: Baseline, model: NetworkModel) -> dict[str, Terms]:
    return {
        row.id: Terms(
            level=row.levels[model],
            flow=None if row.flow is None else replace(row.flow, ports=row.flow.ports_for(model), ports_of={}),
            applies_to=row.applies_to,
            default_rules_suffice=row.default_rules_suffice,
        )
        for row in baseline.requirements
        if model in row.levels
    }
