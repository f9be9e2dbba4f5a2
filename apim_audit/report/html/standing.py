"""How instances and locations stand: by their loudest open check."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.reports import InstanceReport, Report
from apim_audit.core.facts.verdicts import Verdict

NO_OPEN_GAP = "no open gap"
NOT_JUDGED = "not judged"

_LOUDEST_FIRST = tuple(Severity)
_WORST_LAST = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many instances stand alike.

    Attributes:
        name: the verdict of their loudest open check, or ``no open gap`` or ``not judged``.
        severity: how loud that check is; none for the last two.
        ambiguous: whether another standing has the same name and another severity.
        share: how many that is beside the most, as a percentage.
    """

    name: str
    severity: Severity
    instances: int
    ambiguous: bool
    share: str


def is_attention(check: Check) -> bool:
    """Tells whether a check is a gap or doubt that people should look at, waived and known ones included."""
    return check.severity is not Severity.NONE or check.waiver is not None or check.known


def is_open(check: Check) -> bool:
    """Tells whether a check needs attention and is neither waived nor known."""
    return check.severity is not Severity.NONE and check.counts


def loudest(checks: Iterable[Check]) -> tuple[Severity, str]:
    """Returns the severity and the verdict of the loudest open check, or what stands in its place."""
    judged = False
    found: list[tuple[int, int]] = []
    for check in checks:
        judged = True
        if is_open(check):
            found.append((_LOUDEST_FIRST.index(check.severity), -_WORST_LAST.index(check.verdict)))
    if not found:
        return Severity.NONE, NO_OPEN_GAP if judged else NOT_JUDGED
    severity, verdict = min(found)
    return _LOUDEST_FIRST[severity], _WORST_LAST[-verdict].value


def standings(report: Report) -> tuple[Standing, ...]:
    """Returns how the instances stand, loudest first."""
    counts = Counter(loudest(_checks(instance)) for instance in report.instances)
    names = Counter(name for _, name in counts)
    most = max(counts.values(), default=1)
    return tuple(
        Standing(name, severity, number, names[name] > 1, f"{100 * number / most:.2f}%")
        for (severity, name), number in sorted(counts.items(), key=_rank)
    )


def open_severities(report: Report) -> tuple[tuple[Severity, int], ...]:
    """Returns how many open checks have each of the severities that occur, loudest first."""
    counts = Counter(check.severity for check in report.checks() if is_open(check))
    return tuple((severity, counts[severity]) for severity in Severity if counts[severity])


def _rank(entry: tuple[tuple[Severity, str], int]) -> tuple[int, int]:
    (severity, name), _ = entry
    places = [verdict.value for verdict in reversed(Verdict)]
    return _LOUDEST_FIRST.index(severity), places.index(name) if name in places else len(places) + (name == NOT_JUDGED)


def _checks(instance: InstanceReport) -> Iterable[Check]:
    return (check for location in instance.locations for check in location.checks)
