"""The table: one block a location, what needs attention first, for people at a terminal or reading a build log."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from apim_audit.core.findings import (
    Check,
    Gap,
    Incomplete,
    InstanceReport,
    LocationReport,
    Report,
    ServiceTagSource,
    Severity,
    Verdict,
    Witness,
)
from apim_audit.core.requirements import Level, NetworkModel, VirtualNetworkType
from apim_audit.report import PLAIN, Style
from apim_audit.report.colours import Colour, paint
from apim_audit.report.display import printable, wrap
from apim_audit.report.rows import DETAIL, INDENT, aligned, flow, name
from apim_audit.report.summary import Summary, listed, sentence, summarise

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.UNDECIDED, Severity.NOTE)
_WORST_FIRST = (
    Verdict.BLOCKED,
    Verdict.MISSING,
    Verdict.PARTIAL,
    Verdict.UNKNOWN,
    Verdict.DEFAULT_ONLY,
    Verdict.PINNED,
    Verdict.COMPLIANT,
    Verdict.NOT_APPLICABLE,
)
_COLOURS = {
    Severity.ERROR: Colour.RED,
    Severity.WARNING: Colour.YELLOW,
    Severity.UNDECIDED: Colour.MAGENTA,
    Severity.NOTE: Colour.CYAN,
}


def render(report: Report, style: Style = PLAIN) -> str:
    """Returns the report as a table with an explanation under each gap and each doubt.

    Args:
        report: what the audit found.
        style: the colours and the width, which is kept as long as the last column has 20 columns to itself.
    """
    summary = summarise(report)
    rows = iter(_rows(report, style))
    blocks = [
        list(_block(instance, location, rows, style))
        for instance in report.instances
        for location in instance.locations
    ]
    blocks.append(list(_remarks(report, summary, style)))
    blocks.append(list(_closing(report, summary, style)))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _block(
    instance: InstanceReport, location: LocationReport, rows: Iterator[list[str]], style: Style
) -> Iterator[str]:
    heading = wrap(_heading(instance, location), style.width, following=INDENT)
    yield from (paint(line, Colour.BOLD, style) for line in heading)
    if location.network_model is None:
        yield from wrap(f"not judged: {printable(location.reason or 'nothing to judge')}", style.width, INDENT)
    for _, group in groupby(_loud(location), key=_doubt):
        checks = list(group)
        for check in checks:
            yield from _painted(next(rows), check, style)
        yield from _details(checks, style.width)
    for line in _quiet(location):
        yield from wrap(line, style.width, INDENT, DETAIL)


def _heading(instance: InstanceReport, location: LocationReport) -> str:
    network = instance.virtual_network_type
    kind = f"{name(instance.sku)}, {'no VNet' if network == VirtualNetworkType.NONE else name(network)}"
    place = name(location.location)
    if len(instance.locations) > 1 and location.primary:
        place += " (primary)"
    if location.network_model is not None:
        place += f", {_platform(location, location.network_model)}"
    if location.baseline is not None:
        place += f", judged by baseline {location.baseline}"
    heading = f"{name(instance.name)} ({kind}) / {place}"
    nsg = location.network_security_group_id
    return heading if nsg is None else f"{heading} / NSG {name(nsg.rpartition('/')[2])}"


def _platform(location: LocationReport, model: NetworkModel) -> str:
    version = location.platform_version
    return name(version) if version is not None and version.lower().startswith(model.value) else model.value


def _loud(location: LocationReport) -> list[Check]:
    loud = [check for check in location.checks if check.severity in _ORDER]
    return sorted(loud, key=lambda check: _ORDER.index(check.severity))


def _rows(report: Report, style: Style) -> Iterator[list[str]]:
    # One table for the whole report, so that its columns stand under each other in every block.
    loud = [check for location in report.locations() for check in _loud(location)]
    return aligned([(check.verdict.value, check.severity.value, check.id, _flow(check)) for check in loud], style.width)


def _flow(check: Check) -> str:
    if check.direction is None:
        return ""
    return flow(check.direction, check.protocol or "", check.ports or (), check.peer or ())


def _painted(lines: Sequence[str], check: Check, style: Style) -> Iterator[str]:
    verdict = paint(check.verdict.value, _COLOURS[check.severity], style)
    yield lines[0].replace(check.verdict.value, verdict, 1)
    yield from lines[1:]


def _doubt(check: Check) -> str:
    return check.reason or check.id


def _details(checks: Sequence[Check], width: int) -> Iterator[str]:
    # What keeps several checks from being decided, such as an NSG that could not be read, is told once.
    text = _explained(checks[0]) if len(checks) == 1 else [f"it cannot be told: {checks[0].reason}"]
    for line in text:
        yield from wrap(printable(line), width, DETAIL)


def _explained(check: Check) -> Iterator[str]:
    yield check.message
    # A message may have told these already; nothing is said twice.
    if isinstance(check.outcome, Gap):
        for other in check.outcome.or_else:
            if other.condition not in check.message:
                yield f"or {other.verdict} {other.condition}"
    witness = check.evidence.witness
    if witness is not None and f"{witness.source}:{witness.source_port}" not in check.message:
        yield _example(witness)


def _example(witness: Witness) -> str:
    decider = "nothing filters it" if witness.decided_by is None else f"decided by {witness.decided_by}"
    condition = f", if {' and '.join(witness.assuming)}" if witness.assuming else ""
    source = f"{witness.source}:{witness.source_port}"
    destination = f"{witness.destination}:{witness.destination_port}"
    return f"e.g. {witness.protocol.upper()} {source} to {destination}: {decider}{condition}"


def _quiet(location: LocationReport) -> Iterator[str]:
    quiet = [check for check in location.checks if check.severity not in _ORDER]
    for verdict in Verdict:
        same = [check for check in quiet if check.verdict is verdict and not _advises(check)]
        if verdict is Verdict.NOT_APPLICABLE:
            yield from _not_applicable(same)
        elif same:
            yield f"{verdict}: {', '.join(check.id for check in same)}"
    advisory = [f"{check.id} ({check.verdict})" for check in quiet if _advises(check)]
    if advisory:
        yield f"advisory: {', '.join(advisory)}"


def _advises(check: Check) -> bool:
    return check.level is Level.ADVISORY and check.verdict not in {Verdict.COMPLIANT, Verdict.NOT_APPLICABLE}


def _not_applicable(checks: Iterable[Check]) -> Iterator[str]:
    for reason, same in groupby(sorted(checks, key=_reason), key=_reason):
        ids = ", ".join(check.id for check in same)
        yield f"not applicable: {ids} ({printable(reason)})" if reason else f"not applicable: {ids}"


def _reason(check: Check) -> str:
    return check.reason or ""


def _remarks(report: Report, summary: Summary, style: Style) -> Iterator[str]:
    if not report.instances:
        yield from wrap("There is no API Management instance in what was read: nothing to audit.", style.width)
    elif not summary.checks:
        yield from wrap("No instance is in a VNet: nothing to audit.", style.width)
    yield from _section("Assumptions", report.assumptions, style)
    yield from _section("Notes", report.notes, style)
    yield from _section("Not read", dict.fromkeys(map(_not_read, report.incomplete)), style)


def _section(title: str, items: Iterable[str], style: Style) -> Iterator[str]:
    lines = [line for item in items for line in wrap(printable(item), style.width, "  - ", "    ")]
    if lines:
        yield paint(title, Colour.BOLD, style)
        yield from lines


def _not_read(incomplete: Incomplete) -> str:
    message = incomplete.message or incomplete.id
    return f"{message} ({incomplete.reason})"


def _closing(report: Report, summary: Summary, style: Style) -> Iterator[str]:
    origin = [f"baseline {report.baseline}", _tags(report.service_tags)]
    if report.taken_at is not None:
        origin.append(f"taken {report.taken_at}")
    yield from wrap(printable("; ".join(origin)), style.width)
    if summary.verdicts:
        counts = sorted(summary.verdicts, key=_worst_first)
        yield from wrap(listed(counts), style.width)
    closing = wrap(sentence(summary), style.width)
    yield from (paint(line, Colour.BOLD, style) for line in closing)


def _worst_first(count: tuple[Verdict, int]) -> int:
    return _WORST_FIRST.index(count[0])


def _tags(source: ServiceTagSource) -> str:
    if source.source == "none":
        return "no service tag data"
    version = " ".join(part for part in (source.cloud, source.change_number) if part)
    return f"service tags {version} ({source.source})" if version else f"service tags ({source.source})"
