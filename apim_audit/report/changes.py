"""What changes from one baseline of the catalogue to another, as a table and as JSON."""

from collections.abc import Iterator

from apim_audit import __version__
from apim_audit.core.judging.comparison import Added, Altered, BaselineChanges, ModelChanges, Removed, RowChange, Terms
from apim_audit.report import Style
from apim_audit.report.colours import Colour, paint
from apim_audit.report.display import wrap
from apim_audit.report.json_text import Json, to_text
from apim_audit.report.requirements import flow_in_words, flow_to_json, level_in_words, level_to_json
from apim_audit.report.rows import DETAIL, aligned

SCHEMA_VERSION = 1

_KINDS = {Added: "added", Altered: "changed", Removed: "removed"}
_COLOURS = {Added: Colour.RED, Altered: Colour.YELLOW, Removed: Colour.CYAN}


def to_table(changes: BaselineChanges, style: Style) -> str:
    """Returns the changes for people: per network model what is added, changed and removed."""
    lines = list(wrap(f"From baseline {changes.before.id} to {changes.after.id}", style.width))
    rows = aligned([_cells(change) for each in changes.models for change in each.changes], style.width)
    for each in changes.models:
        lines += ["", paint(_heading(each, changes), Colour.BOLD, style)]
        for change in each.changes:
            kind = _KINDS[type(change)]
            first, *rest = next(rows)
            lines += [first.replace(kind, paint(kind, _COLOURS[type(change)], style), 1), *rest]
            for detail in _details(change):
                lines += wrap(detail, style.width, DETAIL)
    return "\n".join(lines) + "\n"


def _heading(found: ModelChanges, changes: BaselineChanges) -> str:
    for known, baseline in ((found.known_before, changes.before), (found.known_after, changes.after)):
        if not known:
            return f"{found.model}, which {baseline.id} does not know"
    return found.model.value if found.changes else f"{found.model}: no change"


def _cells(change: RowChange) -> tuple[str, ...]:
    terms = _latest(change)
    kind = _KINDS[type(change)]
    return kind, change.requirement, terms.level.level.value, flow_in_words(terms.flow, change.title)


def _latest(change: RowChange) -> Terms:
    return change.before if isinstance(change, Removed) else change.after


def _details(change: RowChange) -> Iterator[str]:
    if not isinstance(change, Altered):
        yield from _conditions(_latest(change))
        return
    before, after = _aspects(change.before, change.title), _aspects(change.after, change.title)
    yield from (f"{name}: {before[name]} -> {after[name]}" for name in after if before[name] != after[name])


def _conditions(terms: Terms) -> Iterator[str]:
    level = level_in_words(terms.level)
    if level != terms.level.level:
        yield level
    if len(terms.applies_to) == 1:
        yield f"only {_types(terms)}"


def _aspects(terms: Terms, title: str) -> dict[str, str]:
    return {
        "level": level_in_words(terms.level),
        "flows": flow_in_words(terms.flow, title),
        "regional tags": "yes" if terms.flow is not None and terms.flow.peer.regional else "no",
        "VNet types": _types(terms),
        "default rules": "suffice" if terms.default_rules_suffice else "do not suffice",
    }


def _types(terms: Terms) -> str:
    return ", ".join(sorted(terms.applies_to))


def to_json(changes: BaselineChanges) -> str:
    """Returns the changes as JSON text."""
    return to_text(
        {
            "schemaVersion": SCHEMA_VERSION,
            "tool": {"name": "apim-audit", "version": __version__},
            "from": changes.before.id,
            "to": changes.after.id,
            "networkModels": [_model(each) for each in changes.models],
        }
    )


def _model(found: ModelChanges) -> Json:
    return {
        "networkModel": found.model.value,
        "knownBefore": found.known_before,
        "knownAfter": found.known_after,
        "changes": [
            {
                "requirement": change.requirement,
                "title": change.title,
                "change": _KINDS[type(change)],
                "before": None if isinstance(change, Added) else _terms(change.before),
                "after": None if isinstance(change, Removed) else _terms(change.after),
            }
            for change in found.changes
        ],
    }


def _terms(terms: Terms) -> Json:
    return {
        "flow": None if terms.flow is None else flow_to_json(terms.flow),
        "appliesTo": [*sorted(terms.applies_to)],
        "level": level_to_json(terms.level),
        "defaultRulesSuffice": terms.default_rules_suffice,
    }
