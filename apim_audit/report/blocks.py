"""The block of one location: what needs attention first, explained once for all that share the cause."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from apim_audit.core.facts.findings import Check, HygieneFinding, Severity
from apim_audit.core.facts.reports import InstanceReport, LocationReport
from apim_audit.core.facts.requirements import Level, NetworkModel, VirtualNetworkType
from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Gap, Verdict, Witness
from apim_audit.core.judging.messages import flow_phrase
from apim_audit.report import Style
from apim_audit.report.colours import Colour, paint
from apim_audit.report.display import wrap
from apim_audit.report.observed import observed_lines
from apim_audit.report.planned import change_lines
from apim_audit.report.rows import DETAIL, INDENT, aligned, flow, name

LOUD = (Severity.ERROR, Severity.WARNING, Severity.UNDECIDED, Severity.NOTE)
"""The severities that need attention, loudest first."""

COLOURS = {
    Severity.ERROR: Colour.RED,
    Severity.WARNING: Colour.YELLOW,
    Severity.UNDECIDED: Colour.MAGENTA,
    Severity.NOTE: Colour.CYAN,
}

_PLATFORMS = (NetworkModel.STV1, NetworkModel.STV2)


@dataclass(frozen=True, slots=True)
class _Group:
    """Checks that need attention for the same cause.

    Attributes:
        told: the cause, in words that do not repeat what the rows say.
        others: the other verdicts that are possible.
        hints: the rules that would serve but for one field.
        accepted: why they do not count, where they do not.
        raised_by: the feature that makes them required, or None.
        planned: what a plan has to do with it.
    """

    checks: tuple[Check, ...]
    told: str
    others: tuple[str, ...]
    hints: tuple[str, ...]
    accepted: str
    raised_by: str | None
    planned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A location with its instance, and its checks that need attention."""

    instance: InstanceReport
    location: LocationReport
    groups: tuple[_Group, ...]


def blocks(instances: Iterable[InstanceReport], style: Style) -> Iterator[list[str]]:
    """Yields the lines of each location's block.

    The rows of all blocks are one table, so that their columns stand under each other.
    """
    places = [
        _Place(instance, location, tuple(_groups(location)))
        for instance in instances
        for location in instance.locations
    ]
    checks = [check for place in places for group in place.groups for check in group.checks]
    rows = aligned(
        [(check.verdict.value, check.severity.value, check.id, _flow(check)) for check in checks], style.width
    )
    for place in places:
        yield list(_block(place, rows, style))


def _block(place: _Place, rows: Iterator[list[str]], style: Style) -> Iterator[str]:
    location = place.location
    heading = wrap(_heading(place.instance, location), style.width, following=INDENT)
    yield from (paint(line, Colour.BOLD, style) for line in heading)
    if location.network_model is None:
        yield from wrap(f"not judged: {printable(location.reason or 'nothing to judge')}", style.width, INDENT)
    for group in place.groups:
        for check in group.checks:
            yield from _painted(next(rows), check, style)
        for line in _explained(group):
            yield from wrap(printable(line), style.width, DETAIL)
    for line in (*_quiet(location), *map(_untidy, location.hygiene), *observed_lines(location)):
        yield from wrap(line, style.width, INDENT, DETAIL)


def _heading(instance: InstanceReport, location: LocationReport) -> str:
    place = name(location.location)
    if len(instance.locations) > 1 and location.primary:
        place += " (primary)"
    if location.network_model is not None:
        place += f", {_platform(location, location.network_model)}"
    if location.baseline is not None:
        place += f", judged by baseline {location.baseline}"
    heading = f"{name(instance.name)} ({_kind(instance)}) / {place}"
    nsg = location.network_security_group_id
    return heading if nsg is None else f"{heading} / NSG {name(nsg.rpartition('/')[2])}"


def _kind(instance: InstanceReport) -> str:
    sku = name(instance.sku) or "sku not known"
    if instance.virtual_network_type != VirtualNetworkType.NONE:
        return f"{sku}, {name(instance.virtual_network_type)}"
    # What is judged is in a VNet: then the document did not tell the type, or not so that it could be understood.
    judged = any(location.network_model is not None for location in instance.locations)
    if not judged:
        return f"{sku}, no VNet"
    return f"{sku}, VNet type not known" if instance.sku else sku


def _platform(location: LocationReport, model: NetworkModel) -> str:
    version = location.platform_version or ""
    if version.lower().startswith(model.value):
        return name(version)
    if model in _PLATFORMS and version.lower().startswith(_PLATFORMS):
        return f"{name(version)} judged as {model}"
    return model.value


def _groups(location: LocationReport) -> Iterator[_Group]:
    loud = sorted((check for check in location.checks if check.severity in LOUD), key=_loudness)
    found: dict[tuple[object, ...], list[Check]] = {}
    for check in loud:
        cause, hints = check.reason or _told(check), tuple(near.message for near in check.near_misses)
        said = (tuple(_others(check)), hints, tuple(change_lines(check)))
        key = (check.severity, check.verdict, cause, said, _accepted(check), check.raised_by)
        found.setdefault(key, []).append(check)
    for checks in found.values():
        yield _group(tuple(checks))


def _group(checks: tuple[Check, ...]) -> _Group:
    first = checks[0]
    cause = first.reason or _told(first)
    shared = f"it cannot be told: {cause}" if first.verdict is Verdict.UNKNOWN else cause
    hints = tuple(near.message for near in first.near_misses)
    told = _told(first) if len(checks) == 1 else shared
    others, planned = tuple(_others(first)), tuple(change_lines(first))
    return _Group(checks, told, others, hints, _accepted(first), first.raised_by, planned)


def _accepted(check: Check) -> str:
    if check.waiver is not None:
        return f"waived until {check.waiver.expires} by {check.waiver.owner}: {check.waiver.reason}"
    return "known: it was there before, and does not count" if check.known else ""


def _loudness(check: Check) -> tuple[bool, int]:
    return not check.counts, LOUD.index(check.severity)


def _told(check: Check) -> str:
    if check.direction is None or not check.ports or not check.peer:
        return check.message
    # The row above says which flows these are.
    phrase = flow_phrase(Direction(check.direction), check.protocol or "", check.ports, check.peer)
    return check.message.replace(phrase, "this")


def _flow(check: Check) -> str:
    if check.direction is None:
        return ""
    return flow(check.direction, check.protocol or "", check.ports or (), check.peer or ())


def _painted(lines: Sequence[str], check: Check, style: Style) -> Iterator[str]:
    if check.waiver is not None:
        yield from (f"{INDENT}{paint(line.removeprefix(INDENT), Colour.STRUCK, style)}" for line in lines)
        return
    verdict = paint(check.verdict.value, COLOURS[check.severity], style)
    yield lines[0].replace(check.verdict.value, verdict, 1)
    yield from lines[1:]


def _others(check: Check) -> Iterator[str]:
    # A message may have told these already; nothing is said twice.
    if isinstance(check.outcome, Gap):
        for other in check.outcome.or_else:
            if other.condition not in check.message:
                yield f"or {other.verdict} {other.condition}"


def _explained(group: _Group) -> Iterator[str]:
    if group.accepted:
        yield group.accepted
    if group.raised_by is not None:
        yield f"required because of {group.raised_by}"
    yield group.told
    yield from group.others
    witness = group.checks[0].evidence.witness
    if witness is not None and f"{witness.source}:{witness.source_port}" not in group.told:
        yield _example(witness, group.told)
    yield from (f"hint: {hint}" for hint in group.hints)
    yield from group.planned


def _example(witness: Witness, told: str) -> str:
    decider = witness.decided_by
    proviso = witness.proviso()
    known = decider is None or f"`{decider}`" in told
    rest = proviso if known else f": decided by {decider}{proviso and ','}{proviso}"
    return f"e.g. {witness.flow()}{rest}"


def _quiet(location: LocationReport) -> Iterator[str]:
    quiet = [check for check in location.checks if check.severity not in LOUD]
    for verdict in Verdict:
        same = [check for check in quiet if check.verdict is verdict and not _is_told_apart(check)]
        if verdict is Verdict.NOT_APPLICABLE:
            yield from _not_applicable(same)
        elif same:
            yield f"{verdict}: {_ids(same)}"
        if verdict is Verdict.COMPLIANT and (fine := [check for check in quiet if _is_fine_by_default(check)]):
            yield f"fine by default rules: {_ids(fine)}"
    for check in quiet:
        if check.raised_by is not None:
            yield f"required because of {printable(check.raised_by)}: {check.id}"
    advisory = [f"{check.id} ({check.verdict})" for check in quiet if _advises(check)]
    if advisory:
        yield f"advisory: {', '.join(advisory)}"


def _is_told_apart(check: Check) -> bool:
    return _is_fine_by_default(check) or _advises(check)


def _is_fine_by_default(check: Check) -> bool:
    return check.verdict is Verdict.DEFAULT_ONLY and check.requirement.default_rules_suffice


def _advises(check: Check) -> bool:
    if check.verdict in {Verdict.COMPLIANT, Verdict.NOT_APPLICABLE} or _is_fine_by_default(check):
        return False
    return check.level is Level.ADVISORY


def _ids(checks: Iterable[Check]) -> str:
    return ", ".join(check.id for check in checks)


def _not_applicable(checks: Iterable[Check]) -> Iterator[str]:
    for reason, same in groupby(sorted(checks, key=_reason), key=_reason):
        ids = _ids(same)
        yield f"not applicable: {ids} ({printable(reason)})" if reason else f"not applicable: {ids}"


def _reason(check: Check) -> str:
    return check.reason or ""


def _untidy(finding: HygieneFinding) -> str:
    message = finding.message if f"`{finding.name}`" in finding.message else f"`{finding.name}`: {finding.message}"
    return f"hygiene: {printable(message)} ({finding.kind}, {name(finding.direction)} {finding.priority})"
