"""The JSON report, version 1 of its schema (report.schema.json); fields are added, never renamed."""

from apim_audit import __version__
from apim_audit.core.facts.findings import Check, HygieneFinding, Observation, Waiver
from apim_audit.core.facts.reports import (
    Comparison,
    FixedGap,
    Incomplete,
    InstanceReport,
    LocationReport,
    Report,
    Scope,
)
from apim_audit.core.facts.verdicts import Evidence, Gap, Witness
from apim_audit.report import PLAIN, Style
from apim_audit.report.json_text import Json, to_text, written
from apim_audit.report.summary import summarise

SCHEMA_VERSION = 1


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns the report as JSON text, indented, ASCII only."""
    return to_text(_fields(report, [written(_instance(instance), 2) for instance in report.instances]))


def to_json(report: Report) -> dict[str, Json]:
    """Returns the report as the members of its JSON object."""
    return _fields(report, [_instance(instance) for instance in report.instances])


def _fields(report: Report, instances: list[Json]) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "schemaVersion": SCHEMA_VERSION,
        "tool": {"name": "apim-audit", "version": __version__},
        "baseline": report.baseline,
        "takenAt": report.taken_at,
        "scope": _scope(report.scope),
        "serviceTags": {
            "source": report.service_tags.source,
            "cloud": report.service_tags.cloud,
            "changeNumber": report.service_tags.change_number,
        },
        "assumptions": list(report.assumptions),
        "notes": list(report.notes),
        "instances": instances,
        "incomplete": [_incomplete(incomplete) for incomplete in report.incomplete],
        "comparison": None if report.comparison is None else _comparison(report.comparison),
    }
    if report.fixed is not None:
        fields["fixed"] = [fixed_gap(gap) for gap in report.fixed]
    if report.waiver_problems:
        fields["waiverProblems"] = [
            {"kind": each.kind.value, "message": each.message} for each in report.waiver_problems
        ]
    fields["summary"] = summary_fields(report)
    return fields


def _scope(scope: Scope) -> Json:
    fields: dict[str, Json] = {
        "subscriptions": list(scope.subscriptions),
        "resourceGroup": scope.resource_group,
        "names": list(scope.names),
    }
    if scope.management_group is not None:
        fields["managementGroup"] = scope.management_group
    if scope.tenant:
        fields["tenant"] = True
    return fields


def fixed_gap(gap: FixedGap) -> Json:
    """Returns a gap that is no more as the members of a JSON object."""
    return {
        "instanceId": gap.instance_id,
        "location": gap.location,
        "requirement": gap.requirement,
        "was": gap.was.value,
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
    if location.observed:
        fields["observed"] = [_observation(observation) for observation in location.observed]
    return fields


def _observation(observation: Observation) -> Json:
    return {
        "name": observation.name,
        "status": observation.status,
        "observedAt": observation.observed_at,
        "standing": observation.standing.value,
        "requirements": list(observation.requirements),
        "message": observation.message,
    }


def _check(check: Check) -> Json:
    evidence = check.evidence
    fields: dict[str, Json] = {
        "requirement": check.id,
        "level": check.level.value,
        "verdict": check.verdict.value,
        "severity": check.severity.value,
        "direction": check.direction,
        "protocol": check.protocol,
        "ports": None if check.ports is None else list(check.ports),
        "peer": None if check.peer is None else list(check.peer),
        "decidedBy": decided_by(evidence),
        "shadowed": [{"name": rule.name, "priority": rule.priority} for rule in evidence.shadowed],
        "witness": None if evidence.witness is None else witness_fields(evidence.witness),
        "orElse": _or_else(check),
        "nearMisses": [
            {"name": near.name, "priority": near.priority, "field": near.field, "message": near.message}
            for near in check.near_misses
        ],
        "message": check.message,
        "reason": check.reason,
        "waiver": None if check.waiver is None else _waiver(check.waiver),
    }
    return fields | _circumstances(check)


def _circumstances(check: Check) -> dict[str, Json]:
    """Returns the fields that are there only where something is to be said."""
    fields: dict[str, Json] = {}
    if check.known:
        fields["known"] = True
    if check.raised_by is not None:
        fields["raisedBy"] = check.raised_by
    if check.change is not None:
        fields["change"] = check.change.value
    if check.origins:
        fields["origins"] = [{"file": each.file, "line": each.line, "address": each.address} for each in check.origins]
    return fields


def _waiver(waiver: Waiver) -> Json:
    return {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires}


def decided_by(evidence: Evidence) -> Json:
    """Returns the deciding rules as the members of JSON objects."""
    return [
        {"name": rule.name, "priority": rule.priority, "access": rule.access, "default": rule.default}
        for rule in evidence.decided_by
    ]


def witness_fields(witness: Witness) -> Json:
    """Returns a witness as the members of a JSON object."""
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
    fields: dict[str, Json] = {
        "id": incomplete.id,
        "reason": incomplete.reason,
        "message": incomplete.message,
        "needed": incomplete.needed,
    }
    return fields | {"alreadyThere": True} if incomplete.already_there else fields


def summary_fields(report: Report) -> Json:
    """Returns the counts of a report as the members of a JSON object."""
    summary = summarise(report)
    fields: dict[str, Json] = {
        "instances": summary.instances,
        "locations": summary.locations,
        "checks": summary.checks,
        "verdicts": {verdict.value: number for verdict, number in summary.verdicts},
        "severities": {severity.value: number for severity, number in summary.severities},
    }
    accepted = {"waived": summary.waived, "known": summary.known}
    return fields | {name: number for name, number in accepted.items() if number}
