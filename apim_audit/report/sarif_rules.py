"""The rows of the catalogue as rules of SARIF, with the help that code scanning shows beside an alert."""

import re

from apim_audit.core.facts.requirements import Level, LevelRule, Requirement, Source
from apim_audit.report.json_text import Json
from apim_audit.report.requirements import flow_in_words

_HELP_PAGE = "https://learn.microsoft.com/azure/api-management/virtual-network-reference"
_PINNED_FILE = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{7,40}):(\S+)")
_TAGS = ("security", "azure", "api-management", "network")
# GitHub ranks alerts by the rule's security-severity: 7.0 to 8.9 is high, 0.1 to 3.9 low.
_SCORES = {"error": "8.0", "note": "3.0"}


def rule(row: Requirement) -> Json:
    """Returns a row as a ``reportingDescriptor``.

    GitHub needs descriptions and help, cuts the full description at 1,000 characters and ranks by
    ``security-severity`` (SARIF support for code scanning, read on 2026-11-22).
    """
    level = default_level(row)
    return {
        "id": row.id,
        "name": "".join(word.capitalize() for word in re.findall(r"\w+", f"{row.id} {row.title}")),
        "shortDescription": {"text": _sentence(f"{row.id}: {row.title}")},
        "fullDescription": {"text": f"{_sentence(flow_in_words(row.flow, row.title))} {_sentence(row.purpose)}"},
        "help": {"text": _help(row), "markdown": _help_in_markdown(row)},
        "helpUri": _address(row.source),
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": list(_TAGS),
            "precision": "very-high",
            "problem.severity": "error" if level == "error" else "recommendation",
            "security-severity": _SCORES[level],
        },
    }


def default_level(row: Requirement) -> str:
    """Returns ``error`` for a row that some network model requires, else ``note``."""
    levels = {level for rule in row.levels.values() for level in _levels(rule)}
    return "error" if Level.REQUIRED in levels else "note"


def _levels(rule: LevelRule) -> tuple[Level | None, ...]:
    return rule.level, rule.premium, rule.multi_location


def _help(row: Requirement) -> str:
    source = row.source
    lines = (
        f"What for: {row.purpose}",
        f"Traffic: {flow_in_words(row.flow, row.title)}",
        f"What to do: {row.remedy}",
        f"Source: {source.title}, {source.location}, dated {source.dated}, compared {source.compared}",
    )
    return "\n".join(map(_sentence, lines))


def _help_in_markdown(row: Requirement) -> str:
    source = row.source
    read = f"[{source.title}]({_address(source)}), `{source.location}`"
    parts = (
        f"**What for:** {row.purpose}",
        f"**Traffic:** {flow_in_words(row.flow, row.title)}",
        f"**What to do:** {row.remedy}",
        f"**Source:** {read}, dated {source.dated}, compared {source.compared}",
    )
    return "\n\n".join(map(_sentence, parts))


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _address(source: Source) -> str:
    if source.location.startswith("https://"):
        return source.location
    pinned = _PINNED_FILE.fullmatch(source.location)
    return f"https://github.com/{pinned[1]}/blob/{pinned[2]}/{pinned[3]}" if pinned else _HELP_PAGE
