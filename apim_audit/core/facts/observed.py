"""What the service itself observes beside what is computed: it is told, and it never replaces a verdict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from apim_audit.core.facts.findings import Check, Observation, Standing
from apim_audit.core.facts.reports import InstanceReport
from apim_audit.core.facts.requirements import Catalogue, Level
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Verdict

STALE_HOURS = 3
"""From this age on a reading says nothing: Azure refreshes it every 15 minutes, and its own portal counts it as stale.

Source: models of azure-mgmt-apimanagement 5.0 (2024-05-01); Azure-AppServices-Diagnostics-Portal, apim-flows
(2023-09-11).
"""

_OPEN = frozenset({Verdict.COMPLIANT, Verdict.PINNED, Verdict.DEFAULT_ONLY})
_SHUT = frozenset({Verdict.MISSING, Verdict.BLOCKED})
_DECIDED = _OPEN | _SHUT | {Verdict.PARTIAL}
_SUSPECTS = "suspect a route, name resolution, a firewall or a security admin rule"


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of one dependency in the network status of a location.

    Attributes:
        name: the dependency as Azure names it.
        resource_type: its kind as Azure names it, such as ``BlobStorage``; empty where it is not told.
        status: as Azure wrote it.
        observed_at: when it was last updated, as Azure wrote it.
        stale: it is older than three hours, or does not tell its age.
        optional: Azure says that the service can do without.
    """

    name: str
    resource_type: str
    status: str
    observed_at: str | None
    stale: bool
    optional: bool


def observations(readings: Iterable[Reading], checks: Sequence[Check], catalogue: Catalogue) -> tuple[Observation, ...]:
    """Returns how the readings of a location stand beside its checks, in the order of the readings."""
    return tuple(_observation(reading, _about(reading, checks, catalogue)) for reading in readings)


def disagreements(instances: Iterable[InstanceReport]) -> Iterator[str]:
    """Yields a note for each location of which the service observes what the rules do not explain.

    What fails of the dependencies that Azure calls optional is told only where a requirement is required here.
    """
    for instance in instances:
        for location in instance.locations:
            required = {check.id for check in location.checks if check.level is Level.REQUIRED}
            names = [
                each
                for observation in location.observed
                if observation.standing is Standing.DISAGREES
                for each in observation.requirements
                if each in required
            ]
            if names:
                place = f"{printable(instance.name)} / {printable(location.location)}"
                yield f"{place}: what the service observes disagrees with {', '.join(dict.fromkeys(names))}"


def _about(reading: Reading, checks: Iterable[Check], catalogue: Catalogue) -> tuple[Check, ...]:
    kind = reading.resource_type.casefold()
    return tuple(
        check for check in checks if kind in {name.casefold() for name in catalogue.observed_as(check.requirement.id)}
    )


def _observation(reading: Reading, about: tuple[Check, ...]) -> Observation:
    standing, message = _standing(reading, about)
    ids = tuple(check.id for check in about)
    optional = "; Azure counts it as optional" if reading.optional and standing is Standing.DISAGREES else ""
    return Observation(reading.name, reading.status, reading.observed_at, standing, ids, message + optional)


def _standing(reading: Reading, about: tuple[Check, ...]) -> tuple[Standing, str]:
    name = f"`{reading.name}`"
    verdicts = {check.verdict for check in about} & _DECIDED
    if not about:
        return Standing.UNRELATED, f"no requirement is about {name}"
    if not verdicts:
        return Standing.UNRELATED, f"nothing was decided that {name} could be compared with"
    if reading.stale:
        age = f"was last observed at {reading.observed_at}" if reading.observed_at else "does not tell its age"
        return Standing.STALE, f"{name} {age}: too old to count, which can itself mean that the contact is lost"
    return _fresh(reading, name, verdicts)


def _fresh(reading: Reading, name: str, verdicts: set[Verdict]) -> tuple[Standing, str]:
    computed = ", ".join(sorted(verdicts))
    match reading.status.casefold():
        case "success" if verdicts <= _SHUT:
            what = "the rules may have changed since, or connections from before them may go on"
            return (
                Standing.DISAGREES,
                f"{name} is reached although the rules do not let it through ({computed}): {what}",
            )
        case "failure" if verdicts <= _OPEN:
            return (
                Standing.DISAGREES,
                f"{name} is not reached although the rules let it through ({computed}): {_SUSPECTS}",
            )
        case "success":
            return Standing.AGREES, f"{name} is reached ({computed})"
        case "failure":
            return Standing.AGREES, f"{name} is not reached ({computed})"
        case _:
            return Standing.UNRELATED, f"the status of {name} is not told yet"
