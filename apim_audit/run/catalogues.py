"""The catalogue of requirements: looked up, narrowed, compared."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from apim_audit.errors import UsageError
from apim_audit.run.asking import DEFAULT_BASELINE

if TYPE_CHECKING:
    from apim_audit.core.facts.requirements import Baseline, Catalogue, NetworkModel
    from apim_audit.core.judging.comparison import BaselineChanges
    from apim_audit.core.judging.judge import Options


def requirements(baseline: str = DEFAULT_BASELINE, model: "NetworkModel | None" = None) -> "Baseline":
    """Returns a baseline of the catalogue, or of it only the rows that a network model has.

    Raises:
        UsageError: there is no such baseline, or it does not know the network model.
    """
    catalogue = catalogue_with(baseline)
    found = next(each for each in catalogue.baselines if each.id == baseline)
    if model is None:
        return found
    if not found.knows(model):
        raise _unknown_model(model, (baseline,), catalogue)
    return replace(found, requirements=tuple(row for row in found.requirements if model in row.levels))


def compare_baselines(before: str, after: str, model: "NetworkModel | None" = None) -> "BaselineChanges":
    """Returns what changes from one baseline of the catalogue to another, for all network models or for one.

    Raises:
        UsageError: there is no such baseline, or neither knows the network model.
    """
    from apim_audit.core.judging.comparison import changes_between

    catalogue = catalogue_with(before, after)
    first, second = (next(each for each in catalogue.baselines if each.id == wanted) for wanted in (before, after))
    changes = changes_between(first, second)
    if model is None:
        return changes
    found = tuple(each for each in changes.models if each.model is model)
    if not found:
        raise _unknown_model(model, (before, after), catalogue)
    return replace(changes, models=found)


def _unknown_model(model: "NetworkModel", baselines: Sequence[str], catalogue: "Catalogue") -> UsageError:
    verb = "does" if len(baselines) == 1 else "do"
    others = ", ".join(each.id for each in catalogue.baselines if each.knows(model))
    message = f"baseline {' and '.join(baselines)} {verb} not know the network model {model}"
    return UsageError(message, f"it is known to: {others}" if others else "")


def look_up(options: "Options | str", compare_baseline: str | None) -> None:
    """Ensures that the baselines asked for exist, so that a misspelt one is told before anything is read.

    Raises:
        UsageError: there is no such baseline.
    """
    catalogue_with(options if isinstance(options, str) else options.baseline, compare_baseline)


def catalogue_with(*baselines: str | None) -> "Catalogue":
    """Returns the catalogue, which holds these baselines.

    Raises:
        UsageError: there is no such baseline.
    """
    from apim_audit.catalogue import load_catalogue

    catalogue = load_catalogue()
    for baseline in baselines:
        if baseline is not None and catalogue.baseline(baseline) is None:
            message = f"there is no baseline {baseline!r}"
            raise UsageError(message, f"choose one of: {', '.join(each.id for each in catalogue.baselines)}")
    return catalogue
