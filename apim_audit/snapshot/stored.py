"""Our own format of a snapshot: written atomically, read back to the same value."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from apim_audit.core.facts.reports import Incomplete, Scope
from apim_audit.errors import NoAuditError
from apim_audit.snapshot.files import NotWrittenError, write_atomically
from apim_audit.snapshot.model import Document, ServiceTagDocument, Snapshot, SourcedDocument
from apim_audit.snapshot.parsing import kind_of

FORMAT = "apim-audit-snapshot"
FORMAT_VERSION = 1

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SHOWN = 40

_T = TypeVar("_T")


class StoredError(ValueError):
    """A stored snapshot is of another version or damaged."""


def save(snapshot: Snapshot, path: str) -> None:
    """Writes a snapshot atomically: sorted keys, one document a line, no secrets but what ARM itself answered.

    Raises:
        NoAuditError: it cannot be written.
    """
    try:
        write_atomically(path, to_text(snapshot))
    except NotWrittenError as error:
        raise NoAuditError(str(error), error.hint) from None


def to_text(snapshot: Snapshot) -> str:
    """Returns the stored form of a snapshot.

    Raises:
        NoAuditError: a document holds what JSON cannot.
    """
    try:
        return "".join(_lines(snapshot))
    except (ValueError, RecursionError) as error:
        message = f"the snapshot cannot be written: {error}"
        raise NoAuditError(message) from None


def _lines(snapshot: Snapshot) -> Iterator[str]:
    head = {
        "cloud": snapshot.cloud,
        "format": FORMAT,
        "formatVersion": FORMAT_VERSION,
        "incomplete": [_incomplete_to_json(incomplete) for incomplete in snapshot.incomplete],
        "scope": _scope_to_json(snapshot.scope),
        "serviceTags": _tags_to_json(snapshot.service_tags),
        "takenAt": snapshot.taken_at,
    }
    yield '{"documents": ['
    for index, document in enumerate(snapshot.documents):
        yield (",\n" if index else "\n") + _dump({"body": document.body, "source": document.source})
    yield "\n]"
    for key, value in head.items():
        yield f",\n{_dump(key)}: {_dump(value)}"
    yield "}\n"


def _dump(value: object) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False, check_circular=False)


def _incomplete_to_json(incomplete: Incomplete) -> Document:
    return {
        "id": incomplete.id,
        "message": incomplete.message,
        "needed": incomplete.needed,
        "reason": incomplete.reason,
    }


def _scope_to_json(scope: Scope) -> Document:
    return {
        "managementGroup": scope.management_group,
        "names": list(scope.names),
        "resourceGroup": scope.resource_group,
        "subscriptions": list(scope.subscriptions),
        "tenant": scope.tenant,
    }


def _tags_to_json(tags: ServiceTagDocument | None) -> Document | None:
    if tags is None:
        return None
    return {
        "changeNumber": tags.change_number,
        "cloud": tags.cloud,
        "prefixes": tags.prefixes,
        "source": tags.source,
        # Only of a file that is not as it should be; earlier releases do not know them.
        **({"contradictory": list(tags.contradictory)} if tags.contradictory else {}),
        **({} if tags.whole else {"whole": False}),
    }


def from_json(body: Document) -> Snapshot:
    """Returns the snapshot that a parsed file of ours holds.

    Raises:
        StoredError: the format version is unknown, or a field is missing or of the wrong type.
    """
    version = _field(body, "formatVersion", int)
    if version != FORMAT_VERSION:
        problem = f"is a snapshot of format version {version!r}, and this program reads {FORMAT_VERSION}; update it"
        raise StoredError(problem)
    return Snapshot(
        documents=tuple(_document(item) for item in _field(body, "documents", list)),
        incomplete=tuple(_incomplete(item) for item in _field(body, "incomplete", list)),
        taken_at=_time(body, "takenAt"),
        scope=_scope(_field(body, "scope", dict)),
        cloud=_optional(body, "cloud", str),
        service_tags=_tags(_optional(body, "serviceTags", dict)),
    )


def _document(item: object) -> SourcedDocument:
    document = _typed(item, dict, "documents[]")
    return SourcedDocument(_field(document, "source", str), _field(document, "body", dict))


def _incomplete(item: object) -> Incomplete:
    fields = _typed(item, dict, "incomplete[]")
    return Incomplete(
        id=_field(fields, "id", str),
        reason=_field(fields, "reason", str),
        message=_field(fields, "message", str),
        needed=_field(fields, "needed", bool),
    )


def _scope(fields: Document) -> Scope:
    return Scope(
        subscriptions=_texts(fields, "subscriptions"),
        resource_group=_optional(fields, "resourceGroup", str),
        names=_texts(fields, "names"),
        # Snapshots of earlier releases tell neither of these.
        management_group=_optional(fields, "managementGroup", str),
        tenant=_optional(fields, "tenant", bool) or False,
    )


def _tags(fields: Document | None) -> ServiceTagDocument | None:
    if fields is None:
        return None
    prefixes = _field(fields, "prefixes", dict)
    for name in prefixes:
        _texts(prefixes, name)
    return ServiceTagDocument(
        _field(fields, "source", str),
        _optional(fields, "cloud", str),
        _optional(fields, "changeNumber", str),
        prefixes,
        _texts(fields, "contradictory") if "contradictory" in fields else (),
        whole=_optional(fields, "whole", bool) is not False,
    )


def _time(fields: Document, key: str) -> str | None:
    text = _optional(fields, key, str)
    if text is None or _is_time(text):
        return text
    problem = f"is a damaged snapshot: {key} {text[:_SHOWN]!r} is not a time such as 2026-11-22T06:31:00Z"
    raise StoredError(problem)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).strftime(_TIME) == text
    except ValueError:
        return False


def _texts(fields: Document, key: str) -> tuple[str, ...]:
    return tuple(_typed(item, str, f"{key}[]") for item in _field(fields, key, list))


def _optional(fields: Document, key: str, kind: type[_T]) -> _T | None:
    return None if fields.get(key) is None else _field(fields, key, kind)


def _field(fields: Document, key: str, kind: type[_T]) -> _T:
    if key not in fields:
        problem = f"is a damaged snapshot: {key} is missing"
        raise StoredError(problem)
    return _typed(fields[key], kind, key)


def _typed(value: object, kind: type[_T], place: str) -> _T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        problem = f"is a damaged snapshot: {place} is {kind_of(value)}, not {kind_of(kind())}"
        raise StoredError(problem)
    return value
