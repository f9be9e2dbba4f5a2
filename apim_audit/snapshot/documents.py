"""The input of ``check``: ARM documents in every shape in which people have them, and snapshots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, BinaryIO

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.reports import Incomplete, Scope
from apim_audit.errors import NoAuditError
from apim_audit.snapshot.files import STANDARD_INPUT, name_of, read_bytes
from apim_audit.snapshot.model import Document, ServiceTagDocument, Snapshot, SourcedDocument
from apim_audit.snapshot.pages import GraphPage, ListPage, Page, gather
from apim_audit.snapshot.parsing import UnreadableTextError, Value, kind_of, parse
from apim_audit.snapshot.stored import FORMAT, StoredError, from_json

_HINT = (
    "Give JSON as Azure Resource Manager answers it: a resource, an array of resources, a list answer, "
    "a Resource Graph answer, one resource a line, or a snapshot written by collect."
)
_SKIP_TOKENS = ("$skipToken", "skipToken", "skip_token")  # the REST API, the SDKs, the Azure CLI
_SHOWN = 40
_TOTALS = ("totalRecords", "total_records")


class _ShapeError(ValueError):
    """A file is JSON, but nothing that check reads."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one top-level JSON value brings."""

    documents: tuple[SourcedDocument, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()
    page: Page | None = None
    snapshot: Snapshot | None = None


def load_files(paths: Sequence[str], stdin: BinaryIO) -> Snapshot:
    """Returns the documents of all files as one estate; ``-`` is standard input.

    An element of a list that is no resource becomes an Incomplete, and the rest of its file counts. A file that is not
    one of the shapes, or not wholly JSON, stops the audit: half an estate must not be judged as if it were whole.

    Raises:
        NoAuditError: files that cannot be read, each with its reason.
    """
    problems: list[str] = []
    parts: list[_Part] = []
    hint = ""
    for path in paths:
        name = name_of(path)
        try:
            values = parse(read_bytes(path, stdin))
            parts += [_located(_part(name, value), path, value.line) for value in values]
        except OSError as error:
            problems.append(f"{name}: {error.strerror or error}")
        except UnreadableTextError as error:
            problems += [f"{name}: {problem}" for problem in error.problems]
            hint = _HINT
        except ValueError as error:  # a shape or a damaged snapshot; also a NUL in a file's name
            problems.append(f"{name}: {error}")
            hint = _HINT
    if problems:
        raise NoAuditError("\n  ".join(["the input cannot be read:", *problems]), hint)
    return _joined(parts)


def _located(part: _Part, path: str, line: int) -> _Part:
    if path == STANDARD_INPUT:
        return part
    # What stands in an array has no line of its own that the parser would tell.
    origin = Origin(path, line if line > 1 else None)
    return replace(part, documents=tuple(replace(document, origin=origin) for document in part.documents))


def _part(file: str, value: Value) -> _Part:
    body = value.json
    place = file if value.line == 1 else f"{file}, line {value.line}"
    if isinstance(body, list):
        return _list(file, place, body)
    if not isinstance(body, dict):
        problem = f"holds {kind_of(body)}, not a resource"
        raise _ShapeError(problem)
    if body.get("format") == FORMAT:
        return _snapshot(body)
    if "formatVersion" in body and "documents" in body:
        problem = f"looks like a snapshot, but its format is {str(body.get('format'))[:_SHOWN]!r}, not {FORMAT!r}"
        raise _ShapeError(problem)
    if isinstance(body.get("id"), str) or isinstance(body.get("type"), str):
        return _Part((SourcedDocument(place, body),))
    return _answer(file, place, body)


def _snapshot(body: Document) -> _Part:
    try:
        snapshot = from_json(body)
    except StoredError as error:
        raise _ShapeError(str(error)) from None
    return _Part(snapshot.documents, snapshot.incomplete, snapshot=snapshot)


def _answer(file: str, place: str, body: Document) -> _Part:
    items, data = body.get("value"), body.get("data")
    if isinstance(items, list):
        return replace(_list(file, f"{place}, value", items), page=ListPage(file, items, body.get("nextLink")))
    if isinstance(data, list):
        page = GraphPage(file, data, _more_of_graph(body), _total_of_graph(body))
        return replace(_list(file, f"{place}, data", data), page=page)
    problem = f"holds {_guess(body)}"
    raise _ShapeError(problem)


def _more_of_graph(body: Document) -> str:
    token = next((key for key in _SKIP_TOKENS if body.get(key)), "")
    return token or ("resultTruncated" if str(body.get("resultTruncated")).lower() == "true" else "")


def _total_of_graph(body: Document) -> int | None:
    return next((value for key in _TOTALS if type(value := body.get(key)) is int), None)


def _guess(body: Document) -> str:
    error = body.get("error")
    if isinstance(error, dict):
        return f"an error answer of Azure ({error.get('code')}), not a resource"
    if isinstance(body.get("data"), dict):
        return 'a Resource Graph answer in table form; ask for it with "resultFormat": "objectArray"'
    if isinstance(body.get("values"), list):
        return "service tags, not resources; give that file with --service-tags"
    return "an object that is no resource: it has neither id nor type"


def _list(file: str, place: str, items: Iterable[Any]) -> _Part:
    documents: list[SourcedDocument] = []
    incomplete: list[Incomplete] = []
    for index, item in enumerate(items):
        if isinstance(item, dict):
            source = file if isinstance(item.get("id"), str) else f"{place}[{index}]"
            documents.append(SourcedDocument(source, item))
        else:
            message = f"{place}[{index}] is {kind_of(item)}, not a resource, and was passed over; remove or replace it"
            incomplete.append(Incomplete(file, "invalid", message))
    return _Part(tuple(documents), tuple(incomplete))


def _joined(parts: Sequence[_Part]) -> Snapshot:
    snapshots = [part.snapshot for part in parts if part.snapshot is not None]
    pages = gather(part.page for part in parts if part.page is not None)
    whole = len(snapshots) == len(parts)
    return Snapshot(
        documents=tuple(chain.from_iterable(part.documents for part in parts)),
        incomplete=(*chain.from_iterable(part.incomplete for part in parts), *pages.incomplete),
        notes=pages.notes,
        taken_at=min((s.taken_at for s in snapshots if s.taken_at), default=None) if whole else None,
        scope=_scope([snapshot.scope for snapshot in snapshots]),
        cloud=_cloud({snapshot.cloud for snapshot in snapshots} - {None}),
        service_tags=_service_tags([s.service_tags for s in snapshots if s.service_tags is not None]),
    )


def _scope(scopes: Sequence[Scope]) -> Scope:
    groups = {scope.resource_group for scope in scopes}
    management_groups = {scope.management_group for scope in scopes}
    narrowed = all(scope.names for scope in scopes)
    return Scope(
        subscriptions=tuple(dict.fromkeys(chain.from_iterable(scope.subscriptions for scope in scopes))),
        resource_group=groups.pop() if len(groups) == 1 else None,
        names=tuple(dict.fromkeys(chain.from_iterable(scope.names for scope in scopes))) if narrowed else (),
        management_group=management_groups.pop() if len(management_groups) == 1 else None,
        tenant=any(scope.tenant for scope in scopes),
    )


def _cloud(clouds: "set[str | None]") -> str | None:
    if len(clouds) > 1:
        message = f"the snapshots are of different clouds: {', '.join(sorted(map(str, clouds)))}"
        raise NoAuditError(message, "Check the snapshots of each cloud on their own.")
    return clouds.pop() if clouds else None


def _service_tags(found: Sequence[ServiceTagDocument]) -> ServiceTagDocument | None:
    if len(found) <= 1:
        return found[0] if found else None
    # Each snapshot keeps only the tags that it needs; where two have a tag, the newer data counts.
    by_age = sorted(found, key=lambda tags: (len(tags.change_number or ""), tags.change_number or ""))
    newest = by_age[-1]
    prefixes: dict[str, list[str]] = {}
    contradictory: set[str] = set()
    for tags in by_age:
        prefixes |= tags.prefixes
        contradictory = contradictory - tags.prefixes.keys() | set(tags.contradictory)
    return replace(
        newest,
        prefixes={name: found for name, found in prefixes.items() if name not in contradictory},
        contradictory=tuple(sorted(contradictory)),
        whole=all(tags.whole for tags in found),
    )
