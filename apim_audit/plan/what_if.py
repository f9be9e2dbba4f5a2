"""The answer of ARM's What-If operation, as the Azure CLI, PowerShell, the SDKs and the REST API print it.

Source: Azure documentation, ``deploy-what-if`` (2025-02-12), and the REST API's ``Deployments - What If``, 2021-04-01.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.text import printable
from apim_audit.errors import NoAuditError
from apim_audit.plan.model import Action, Plan, PlannedChange
from apim_audit.plan.template.documents import JUDGED, KEEPS_SUBNETS_FROM, completed
from apim_audit.snapshot import Document, unknown

_HINT = "Give what `az deployment group what-if --no-pretty-print` prints, with the result format FullResourcePayloads."
_STAYS = frozenset({"nochange", "ignore", "noeffect"})
_WRITES = {"create": Action.CREATE, "modify": Action.UPDATE}
_DEEPEST = 60
_KEPT_BY_AZURE = ("virtualNetworkPeerings", "subnets")
_NO_MATTER = "9999"


class _NotWhatIfError(ValueError):
    """A JSON value is no What-If answer; the message is a phrase."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one change of the answer comes to."""

    change: PlannedChange | None = None
    incomplete: Incomplete | None = None
    note: str = ""


def is_what_if(body: object) -> bool:
    """Tells whether a JSON value is the answer of a What-If operation."""
    changes = _list(_inner(_plain(body)), "changes")
    return changes is not None and all("changetype" in _plain(each) for each in changes)


def read_what_if(file: str, body: object) -> Plan:
    """Returns what the answer of a What-If operation says that a deployment would do.

    Args:
        file: the answer's name.
        body: the answer as JSON.

    Raises:
        NoAuditError: it is no such answer, or Azure says that the operation failed.
    """
    try:
        answer = _answer(body)
        changes = _changes(answer)
    except _NotWhatIfError as error:
        message = f"{printable(file)} is no usable What-If answer: it {printable(str(error))}"
        raise NoAuditError(message, _HINT) from None
    parts = [_part(file, number, each, certain=True) for number, each in enumerate(changes)]
    parts += [_part(file, number, each, certain=False) for number, each in enumerate(_potential(answer))]
    parts += [_diagnostic(file, _plain(each)) for each in _list(answer, "diagnostics") or ()]
    written = [part.change for part in parts if part.change is not None]
    return Plan(
        tuple(sorted(written, key=lambda change: change.id.count("/"))),  # what stands in a resource after it
        tuple(part.incomplete for part in parts if part.incomplete is not None),
        tuple(part.note for part in parts if part.note),
    )


def _plain(value: object) -> Mapping[str, Any]:
    # resourceId of the REST API and the CLI is resource_id in Python's SDK and FullyQualifiedResourceId in PowerShell.
    return {key.replace("_", "").lower(): each for key, each in value.items()} if isinstance(value, dict) else {}


def _inner(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = _plain(answer.get("properties"))
    return inner if "changes" in inner else answer


def _list(answer: Mapping[str, Any], name: str) -> list[Any] | None:
    found = answer.get(name)
    return found if isinstance(found, list) else None


def _potential(answer: Mapping[str, Any]) -> list[Any]:
    return _list(answer, "potentialchanges") or []


def _answer(body: object) -> Mapping[str, Any]:
    answer = _plain(body)
    status, error = answer.get("status"), answer.get("error")
    if isinstance(status, str) and status.lower() not in {"succeeded", ""}:
        message = f"says that the operation {status.lower()}{_reason(error)}"
        raise _NotWhatIfError(message)
    inner = _inner(answer)
    if isinstance(error, dict) and "changes" not in inner:
        message = f"holds an error of Azure{_reason(error)}"
        raise _NotWhatIfError(message)
    return inner


def _changes(answer: Mapping[str, Any]) -> list[Any]:
    changes = _list(answer, "changes")
    if changes is None:
        message = 'holds no list "changes"'
        raise _NotWhatIfError(message)
    return changes


def _reason(error: object) -> str:
    code, told = _plain(error).get("code"), _plain(error).get("message")
    return ": " + ", ".join(each for each in (code, told) if isinstance(each, str)) if code or told else ""


def _diagnostic(file: str, each: Mapping[str, Any]) -> _Part:
    told = ": ".join(printable(str(part))[:300] for part in (each.get("code"), each.get("message")) if part)
    sentence = f"{printable(file)}: Azure says of the What-If: {told}"
    if "shortcircuited" in str(each.get("code")).lower():
        # The resources of that nested deployment are not among the changes.
        return _Part(incomplete=Incomplete(str(each.get("target") or file), "not-predicted", sentence))
    return _Part(note=sentence)


def _part(file: str, number: int, entry: object, *, certain: bool) -> _Part:
    change = _plain(entry)
    identity = change.get("resourceid") or change.get("fullyqualifiedresourceid") or _id_in(change)
    kind = str(change.get("changetype") or "").lower()
    if not isinstance(identity, str) or not identity.startswith("/"):
        told = printable(str(identity or change.get("unsupportedreason") or "nothing"))[:300]
        message = (
            f"{printable(file)}: change {number + 1} names no resource ({told}), so that what it does is not known"
        )
        return _Part(incomplete=Incomplete(file, "not-predicted", message))
    if kind in _STAYS or not _is_judged(identity):
        return _Part()
    if kind == "delete" and certain:
        return _Part(PlannedChange(Action.DELETE, identity, None, Origin(file)))
    action, after = _WRITES.get(kind), change.get("after")
    if action is None or not isinstance(after, dict) or not certain:
        return _told_too_little(file, identity, kind, change)
    return _Part(PlannedChange(action, identity, _document(identity, after, change.get("before")), Origin(file)))


def _id_in(change: Mapping[str, Any]) -> object:
    bodies = (change.get("after"), change.get("before"))
    return next((body["id"] for body in bodies if isinstance(body, dict) and body.get("id")), None)


def _type_in(identity: str) -> str:
    _, _, tail = identity.rpartition("/providers/")
    namespace, *segments = tail.split("/")
    return "/".join((namespace, *segments[::2]))


def _is_judged(identity: str) -> bool:
    return _type_in(identity).lower() in JUDGED


def _document(identity: str, after: Document, before: object) -> Document:
    document: Document = _marked(after, _DEEPEST)
    document["id"] = identity
    document["type"] = _type_in(identity)
    _restore(document, before)
    completed(document, _NO_MATTER)
    return document


def _told_too_little(file: str, identity: str, kind: str, change: Mapping[str, Any]) -> _Part:
    # Nothing is known of the resource afterwards but that it may be there.
    why = f"the What-If tells no more than {printable(kind) or 'that it changes'}"
    told = change.get("unsupportedreason")
    reason = f" ({printable(str(told))[:300]})" if told else ""
    message = f"{printable(file)}: what becomes of {printable(identity)} is not known: {why}{reason}"
    document: Document = {
        "id": identity,
        "name": identity.rpartition("/")[2],
        "type": _type_in(identity),
        "properties": unknown(why),
    }
    before = change.get("before")
    if isinstance(before, dict):
        document |= {key: before[key] for key in ("location", "sku") if key in before}
    planned = PlannedChange(Action.UPDATE, identity, document, Origin(file))
    return _Part(planned, Incomplete(identity, "not-predicted", message, needed=False))


def _marked(value: Any, depth: int) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(value, str):
        is_expression = value.startswith("[") and value.endswith("]") and not value.startswith("[[")
        return unknown(value[1:-1]) if is_expression else value
    if depth == 0 and isinstance(value, dict | list):
        return unknown("a value that is nested too deeply")
    if isinstance(value, dict):
        return {name: _marked(each, depth - 1) for name, each in value.items()}
    return [_marked(each, depth - 1) for each in value] if isinstance(value, list) else value


def _restore(document: Document, before: object) -> None:
    """Puts back what the What-If takes for deleted from a VNet, and Azure keeps.

    Source: Azure/arm-template-whatif issues 281 (peerings, answer of Microsoft, 2026-08-19) and 393 (subnets,
    2025-03-21).
    """
    properties = document.get("properties")
    earlier = before.get("properties") if isinstance(before, dict) else None
    if not isinstance(properties, dict) or not isinstance(earlier, dict):
        return
    version = str(document.get("apiVersion") or "")
    for name in _KEPT_BY_AZURE:
        kept = name != "subnets" or version >= KEEPS_SUBNETS_FROM
        if kept and name in earlier and properties.get(name) is None:
            properties[name] = _marked(earlier[name], _DEEPEST)
