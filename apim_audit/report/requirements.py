"""A baseline of the catalogue, as a table and as JSON."""

from collections.abc import Iterator

from apim_audit import __version__
from apim_audit.core.facts.requirements import Baseline, Flow, LevelRule, Requirement
from apim_audit.report import Style
from apim_audit.report.colours import Colour, paint
from apim_audit.report.display import wrap
from apim_audit.report.json_text import Json, to_text
from apim_audit.report.rows import DETAIL, aligned, flow

SCHEMA_VERSION = 1


def to_table(baseline: Baseline, style: Style) -> str:
    """Returns the requirements for people: a row each, with levels, purpose, remedy and source under it."""
    sources = tuple(dict.fromkeys(row.source for row in baseline.requirements))
    lines = [f"Baseline {baseline.id}: {baseline.title}"]
    rows = aligned([(row.id, flow_in_words(row.flow, row.title)) for row in baseline.requirements], style.width)
    for row, found in zip(baseline.requirements, rows, strict=True):
        lines += ["", paint(found[0], Colour.BOLD, style), *found[1:]]
        for detail in (*_details(row), f"Source: [{sources.index(row.source) + 1}]."):
            lines += wrap(detail, style.width, DETAIL)
    lines.append("")
    for number, source in enumerate(sources, 1):
        text = f"[{number}] {source.title}, {source.location}, {source.dated}; compared {source.compared}"
        lines += wrap(text, style.width, following="    ")
    return "\n".join(lines) + "\n"


def flow_in_words(found: Flow | None, title: str) -> str:
    """Returns what a row is about: ``In TCP 3443 from ApiManagement``, or its title where it is not about a flow."""
    if found is None:
        return title
    return flow(found.direction, found.protocol, found.ports, (found.peer.name,))


def _details(row: Requirement) -> Iterator[str]:
    yield row.purpose if row.flow is None else f"{row.title}. {row.purpose}"
    levels = "; ".join(f"{model} {level_in_words(rule)}" for model, rule in row.levels.items())
    yield f"{', '.join(sorted(row.applies_to))}: {levels}."
    if row.flow is not None:
        for model, ports in row.flow.ports_of.items():
            yield f"On {model}: {flow(row.flow.direction, row.flow.protocol, ports, (row.flow.peer.name,))}."
        if row.flow.peer.regional:
            yield "What counts are the regional tags of the location's region and of the primary one."
    if row.default_rules_suffice:
        yield "Default rules suffice."
    if row.raised_by:
        yield f"Required where the instance has (--features): {'; '.join(each.plural for each in row.raised_by)}."
    yield f"Remedy: {row.remedy}"


def level_in_words(rule: LevelRule) -> str:
    """Returns a level with its conditions: ``optional (required on Premium)``."""
    conditions = [
        f"{level} {condition}"
        for level, condition in ((rule.premium, "on Premium"), (rule.multi_location, "with more than one location"))
        if level is not None
    ]
    if rule.delegation is not None:
        conditions.append(f"only where the subnet is delegated to {rule.delegation}")
    return f"{rule.level} ({', '.join(conditions)})" if conditions else rule.level.value


def to_json(baseline: Baseline) -> str:
    """Returns the requirements as JSON text."""
    return to_text(
        {
            "schemaVersion": SCHEMA_VERSION,
            "tool": {"name": "apim-audit", "version": __version__},
            "baseline": baseline.id,
            "title": baseline.title,
            "requirements": [_requirement(row) for row in baseline.requirements],
        }
    )


def _requirement(row: Requirement) -> Json:
    return {
        "id": row.id,
        "title": row.title,
        "flow": None if row.flow is None else flow_to_json(row.flow),
        "appliesTo": [*sorted(row.applies_to)],
        "levels": {model.value: level_to_json(rule) for model, rule in row.levels.items()},
        "defaultRulesSuffice": row.default_rules_suffice,
        "raisedBy": [feature.value for feature in row.raised_by],
        "purpose": row.purpose,
        "remedy": row.remedy,
        "source": {
            "title": row.source.title,
            "location": row.source.location,
            "dated": row.source.dated,
            "compared": row.source.compared,
        },
    }


def flow_to_json(found: Flow) -> Json:
    """Returns the flows of a row as the members of a JSON object."""
    return {
        "direction": found.direction.value,
        "protocol": found.protocol,
        "ports": list(found.ports),
        "portsOf": {model.value: list(ports) for model, ports in found.ports_of.items()},
        "peer": {"kind": found.peer.kind.value, "name": found.peer.name, "regional": found.peer.regional},
    }


def level_to_json(rule: LevelRule) -> Json:
    """Returns a level with its conditions as the members of a JSON object."""
    return {
        "level": rule.level.value,
        "premium": None if rule.premium is None else rule.premium.value,
        "multiLocation": None if rule.multi_location is None else rule.multi_location.value,
        "delegation": rule.delegation,
    }
