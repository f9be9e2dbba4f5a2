"""The report's schema with no room for fields that it does not name: what we write has to be described."""

import json
from pathlib import Path
from typing import Any

import apim_audit.report as reports

SCHEMA = json.loads((Path(reports.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if isinstance(schema.get("properties"), dict) and "type" in schema else {}
    return closed | {key: _strict(member) for key, member in schema.items()}


STRICT = _strict(SCHEMA)
