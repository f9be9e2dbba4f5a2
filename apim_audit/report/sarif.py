"""SARIF 2.1.0, shaped so that GitHub code scanning takes it: a result for each gap and each doubt, no others.

What GitHub makes of it was read in "SARIF support for code scanning" on 2026-11-22: every result needs a location, of
the fingerprints only ``primaryLocationLineHash`` counts, an upload of more than 25,000 results is refused.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePath
from urllib.parse import quote

from apim_audit import __version__
from apim_audit.core.facts.findings import Change, Check, Origin, Severity
from apim_audit.core.facts.reports import Incomplete, Report, WaiverProblem
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Gap, Undecided
from apim_audit.report import PLAIN, Style
from apim_audit.report.json_text import Json, to_text, written
from apim_audit.report.json_v1 import decided_by, fixed_gap, summary_fields, witness_fields
from apim_audit.report.markdown_text import code, inline
from apim_audit.report.places import LOUD_PROBLEMS, Place, brief, contradictions, loud_places, loudest_first
from apim_audit.report.sarif_rules import rule
from apim_audit.report.summary import counted

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
NO_FILE = "apim-audit.snapshot.json"
"""Stands for the file of a live run or of standard input, so that an alert keeps its place from run to run."""

MOST_RESULTS = 25_000

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns the report as SARIF 2.1.0, JSON text, ASCII only."""
    return to_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]})


def _run(report: Report) -> Json:
    places = list(loud_places(report))
    left_out = len(places) - MOST_RESULTS
    if left_out > 0:
        places = loudest_first(places)[:MOST_RESULTS]
    index = {row.id: number for number, row in enumerate(report.requirements)}
    compared = report.fixed is not None
    properties: dict[str, Json] = {
        "baseline": report.baseline,
        "takenAt": report.taken_at,
        "summary": summary_fields(report),
        "assumptions": list(map(printable, report.assumptions)),
        "notes": list(map(printable, report.notes)),
    }
    if report.fixed is not None:  # GitHub would open an alert for a result that is absent
        properties["fixed"] = [fixed_gap(gap) for gap in report.fixed]
    return {
        "tool": {
            "driver": {
                "name": "apim-audit",
                "fullName": f"apim-audit {__version__}",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [rule(row) for row in report.requirements],
            }
        },
        "automationDetails": {"id": f"apim-audit/{report.baseline}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, left_out)],
        "results": [written(_result(place, index, compared=compared), 4) for place in places],
        "properties": properties,
    }


def _invocation(report: Report, left_out: int) -> Json:
    notifications = [_unread(entry) for entry in report.incomplete]
    notifications += [_notification("observed", "warning", told) for told in contradictions(report)]
    if left_out > 0:
        told = f"{counted(left_out, 'result')} left out, the least severe: code scanning takes no more than 25,000."
        notifications.append(_notification("too-many-results", "warning", told))
    fields: dict[str, Json] = {
        "executionSuccessful": not any(entry.needed for entry in report.incomplete),
        "toolExecutionNotifications": notifications,
    }
    if report.waiver_problems:
        fields["toolConfigurationNotifications"] = [_waiver_problem(problem) for problem in report.waiver_problems]
    return fields


def _unread(entry: Incomplete) -> Json:
    level = "error" if entry.needed else "note"
    return _notification(f"incomplete/{printable(entry.reason)}", level, brief(entry.message or entry.id))


def _waiver_problem(problem: WaiverProblem) -> Json:
    level = "error" if problem.kind in LOUD_PROBLEMS else "warning"
    return _notification(f"waiver/{problem.kind}", level, brief(problem.message))


def _notification(kind: str, level: str, text: str) -> Json:
    return {"descriptor": {"id": kind}, "level": level, "message": {"text": _literal(text)}}


def _result(place: Place, index: dict[str, int], *, compared: bool) -> Json:
    check = place.check
    undecided = isinstance(check.outcome, Undecided)
    fields: dict[str, Json] = {
        "ruleId": check.id,
        "kind": "open" if undecided else "fail",
        "level": _LEVELS.get(check.severity, "none"),  # the standard allows no other level for an open result
        "message": _message(place),
        "locations": list(_locations(place)),
        "partialFingerprints": _fingerprints(place),
        "properties": _properties(check),
    }
    if check.id in index:
        fields["ruleIndex"] = index[check.id]
    if compared:
        old = check.known or check.change is Change.ALREADY_THERE
        fields["baselineState"] = "unchanged" if old else "new"
    if check.waiver is not None:
        waiver = check.waiver
        why = f"{waiver.reason} (owner: {waiver.owner}; until {waiver.expires})"
        fields["suppressions"] = [{"kind": "external", "status": "accepted", "justification": brief(why)}]
    return fields


def _message(place: Place) -> Json:
    where, told = place.where, _sentences(place)
    markdown = f"**{place.check.verdict}** at {code(where)}: {inline(told)}"
    return {"text": _literal(f"{where}: {told}"), "markdown": _braces(markdown)}


def _sentences(place: Place) -> str:
    hints = "".join(f" Hint: {brief(near.message)}." for near in place.check.near_misses)
    told = place.sentence
    return f"{told}{'' if told.endswith('.') else '.'}{hints}"


def _literal(text: str) -> str:
    # "[text](target)" would be a link (SARIF 2.1.0, 3.11.6).
    return _braces(text.replace("](", "] ("))


def _braces(text: str) -> str:
    # A number in braces would be a placeholder (SARIF 2.1.0, 3.11.5).
    return text.replace("{", "{{").replace("}", "}}")


def _locations(place: Place) -> Iterator[Json]:
    for origin in place.origins or (Origin(NO_FILE),):
        logical: list[Json] = [_logical(place.instance.id)]
        if place.location.network_security_group_id is not None:
            logical.append(_logical(place.location.network_security_group_id))
        if origin.address is not None:
            logical.append(_logical(origin.address))
        yield {
            "physicalLocation": {
                "artifactLocation": {"uri": _uri(origin.file)},
                "region": {"startLine": origin.line or 1},
            },
            "logicalLocations": logical,
        }


def _logical(full_name: str) -> Json:
    return {
        "name": printable(full_name.rpartition("/")[2]),
        "fullyQualifiedName": printable(full_name),
        "kind": "resource",
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    written = quote(path.as_posix(), errors="backslashreplace")
    return f"file://{'' if written.startswith('/') else '/'}{written}" if path.is_absolute() else written


def _fingerprints(place: Place) -> Json:
    # Not the verdict: an alert that becomes worse stays the same alert.
    location = "".join(place.location.location.split()).lower()
    parts = (place.instance.id.rstrip("/").lower(), location, place.check.id)
    digest = sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
    return {"primaryLocationLineHash": f"{digest[:16]}:1", "apimAuditCheck/v1": digest}


def _properties(check: Check) -> Json:
    evidence = check.evidence
    fields: dict[str, Json] = {
        "verdict": check.verdict.value,
        "severity": check.severity.value,
        "level": check.level.value,
        "reason": check.reason,
        "decidedBy": decided_by(evidence),
        "witness": None if evidence.witness is None else witness_fields(evidence.witness),
    }
    if isinstance(check.outcome, Gap) and check.outcome.or_else:
        fields["orElse"] = [f"{other.verdict} {other.condition}" for other in check.outcome.or_else]
    if check.raised_by is not None:
        fields["raisedBy"] = check.raised_by
    if check.change is not None:
        fields["change"] = check.change.value
    return fields
