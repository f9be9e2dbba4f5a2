"""The JSON report, version 1 of its schema (report.schema.json); fields are added, never renamed."""

from apim_audit import __version__
from apim_audit.core.findings import (
    Check,
    Comparison,
    Evidence,
    Gap,
    HygieneFinding,
    Incomplete,
    InstanceReport,
    LocationReport,
    Report,
    Witness,
)
from apim_audit.report import PLAIN, Style
from apim_audit.report.json_text import Json, to_text
from apim_audit.report.summary import summarise

SCHEMA_VERSION = 1


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns the report as JSON text, indented, ASCII only."""
    return to_text(to_json(report))


def to_json(report: Report) -> dict[str, Json]:
    """Returns the report as the members of its JSON object."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "tool": {"name": "apim-audit", "version": __version__},
        "baseline": report.baseline,
        "takenAt": report.taken_at,
        "scope": {
            "subscriptions": list(report.scope.subscriptions),
            "resourceGroup": report.scope.resource_group,
            "names": list(report.scope.names),
        },
        "serviceTags": {
            "source": report.service_tags.source,
            "cloud": report.service_tags.cloud,
            "changeNumber": report.service_tags.change_number,
        },
        "assumptions": list(report.assumptions),
        "notes": list(report.notes),
        "instances": [_instance(instance) for instance in report.instances],
        "incomplete": [_incomplete(incomplete) for incomplete in report.incomplete],
        "comparison": None if report.comparison is None else _comparison(report.comparison),
        "summary": _summary(report),
    }


def _instance(instance: InstanceReport) -> Json:
    return {
        "id": instance.id,
        "name": instance.name,
        "resourceGroup": instance.resource_group,
        "subscriptionId": instance.subscription_id,
        "sku": instance.sku,
        "virtualNetworkType": instance.virtual_network_type,
        "locations": [_location(location) for location in instance.locations],
    }


def _location(location: LocationReport) -> Json:
    fields: dict[str, Json] = {
        "location": location.location,
        "primary": location.primary,
        "platformVersion": location.platform_version,
        "networkModel": None if location.network_model is None else location.network_model.value,
        "subnetId": location.subnet_id,
        "networkSecurityGroupId": location.network_security_group_id,
    }
    if location.reason is not None:
        fields["reason"] = location.reason
    if location.baseline is not None:
        fields["baseline"] = location.baseline
    fields["checks"] = [_check(check) for check in location.checks]
    if location.hygiene:
        fields["hygiene"] = [_hygiene(finding) for finding in location.hygiene]
    return fields


def _check(check: Check) -> Json:
    evidence = check.evidence
    return {
        "requirement": check.id,
        "level": check.level.value,
        "verdict": check.verdict.value,
        "severity": check.severity.value,
        "direction": check.direction,
        "protocol": check.protocol,
        "ports": None if check.ports is None else list(check.ports),
        "peer": None if check.peer is None else list(check.peer),
        "decidedBy": _decided_by(evidence),
        "shadowed": [{"name": rule.name, "priority": rule.priority} for rule in evidence.shadowed],
        "witness": None if evidence.witness is None else _witness(evidence.witness),
        "orElse": _or_else(check),
        "nearMisses": [
            {"name": near.name, "priority": near.priority, "field": near.field, "message": near.message}
            for near in check.near_misses
        ],
        "message": check.message,
        "reason": check.reason,
        "waiver": None,
    }


def _decided_by(evidence: Evidence) -> Json:
    return [
        {"name": rule.name, "priority": rule.priority, "access": rule.access, "default": rule.default}
        for rule in evidence.decided_by
    ]


def _witness(witness: Witness) -> Json:
    fields: dict[str, Json] = {
        "protocol": witness.protocol,
        "source": witness.source,
        "sourcePort": witness.source_port,
        "destination": witness.destination,
        "destinationPort": witness.destination_port,
        "decidedBy": witness.decided_by,
    }
    if witness.assuming:
        fields["assuming"] = list(witness.assuming)
    return fields


def _or_else(check: Check) -> Json:
    if not isinstance(check.outcome, Gap):
        return []
    return [{"verdict": other.verdict.value, "condition": other.condition} for other in check.outcome.or_else]


def _hygiene(finding: HygieneFinding) -> Json:
    return {
        "kind": finding.kind.value,
        "name": finding.name,
        "priority": finding.priority,
        "direction": finding.direction,
        "requirement": finding.requirement,
        "message": finding.message,
    }


def _comparison(comparison: Comparison) -> Json:
    return {
        "baseline": comparison.baseline,
        "newlyFailing": [
            {
                "instanceId": failing.instance_id,
                "location": failing.location,
                "requirement": failing.requirement,
                "was": None if failing.was is None else failing.was.value,
                "becomes": failing.becomes.value,
                "severity": failing.severity.value,
            }
            for failing in comparison.newly_failing
        ],
    }


def _incomplete(incomplete: Incomplete) -> Json:
    return {
        "id": incomplete.id,
        "reason": incomplete.reason,
        "message": incomplete.message,
        "needed": incomplete.needed,
    }


def _summary(report: Report) -> Json:
    summary = summarise(report)
    return {
        "instances": summary.instances,
        "locations": summary.locations,
        "checks": summary.checks,
        "verdicts": {verdict.value: number for verdict, number in summary.verdicts},
        "severities": {severity.value: number for severity, number in summary.severities},
    }
