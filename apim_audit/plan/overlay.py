"""Lays the changes of a plan over the current state; what comes out is judged like any other snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.text import printable
from apim_audit.decode.resources import fold_id, name_in
from apim_audit.plan.adoption import adopted
from apim_audit.plan.model import Action, Plan, PlannedChange, Writing
from apim_audit.plan.nesting import is_instance, key_of, lists_of, place_of, properties_of
from apim_audit.plan.read_only import kept
from apim_audit.plan.settling import settle
from apim_audit.plan.state import State
from apim_audit.snapshot import Document, Snapshot, SourcedDocument, unknown_name

_KEEPS_LISTS = frozenset({"subnets", "virtualNetworkPeerings"})
"""What a VNet keeps when it is written without naming them.

Source: azure-rest-api-specs, virtualNetwork.json and the what's new of 2023: a PUT that leaves subnets out keeps them;
an NSG or a route table has the rules or routes that its PUT names.
"""


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A current state and what a plan makes of it.

    Attributes:
        current: the snapshot, with what the plan tells of resources that the snapshot does not know.
        planned: what the deployment would leave behind.
        plan: the plan, its ids brought into the current state's subscription where it does not tell one.
        changed: the keys of the resources that are created, written or deleted.
    """

    current: Snapshot
    planned: Snapshot
    plan: Plan
    changed: frozenset[str]


def overlay(snapshot: Snapshot, plan: Plan) -> Overlaid:
    """Returns the state that a plan would leave behind.

    What the plan writes only in part, and nobody knows otherwise, is left out and told in ``incomplete``, so that it is
    never judged as if it were whole.
    """
    plan = adopted(plan, snapshot)
    current = State(snapshot.documents)
    _tell_what_is_there(current, plan.changes)
    documents = current.documents()
    planned = State(documents)
    changes = [change for change in plan.changes if change.action is not Action.NO_CHANGE]
    unknown = [entry for change in changes if (entry := _apply(planned, change)) is not None]
    settle(planned, State(documents), changes)
    left = planned.documents()
    # Where there is no instance, nothing is needed.
    untold = plan.incomplete if any(map(is_instance, left)) else [replace(e, needed=False) for e in plan.incomplete]
    return Overlaid(
        current=replace(snapshot, documents=documents),
        planned=replace(snapshot, documents=left, incomplete=(*snapshot.incomplete, *untold, *unknown)),
        plan=plan,
        changed=frozenset(fold_id(change.id) for change in changes),
    )


def _tell_what_is_there(state: State, changes: Iterable[PlannedChange]) -> None:
    told: set[str] = set()
    for change in changes:
        key = fold_id(change.id)
        if change.action is not Action.NO_CHANGE or change.body is None:
            continue
        if _is_told_already(state, key, told, change.writing):
            continue
        there = state.get(key)
        if change.writing is Writing.WHOLE or there is not None:
            told.add(key)
            body = change.body if there is None else _filled(there, change.body)
            state.put(key, _document(change, body), change.body)


def _document(change: PlannedChange, body: Document) -> SourcedDocument:
    # The id that the change has, unless the document has it already in another spelling.
    return SourcedDocument(
        change.origin.file, body if key_of(body) == fold_id(change.id) else {**body, "id": change.id}
    )


def _is_told_already(state: State, key: str, told: set[str], writing: Writing) -> bool:
    if key in told:
        return writing is Writing.WHOLE
    place = place_of(key)
    if place is not None and place.parent not in told and state.knows_children(place):
        return True  # the current state has the whole list, so what is not in it is not there
    return state.get(key) is not None and not (place is not None and place.parent in told)


def _apply(state: State, change: PlannedChange) -> Incomplete | None:
    key = fold_id(change.id)
    if change.action is Action.DELETE or change.body is None:
        state.remove(key)
        return None
    there = state.get(key)
    if change.writing is Writing.WHOLE:
        body = kept(key, _with_lists(state, key, change.body), there)
    elif there is None and change.action is Action.CREATE:
        body = change.body  # nothing is there that it could leave alone
    elif there is None:
        return _unknown(change)
    else:
        body = merged(there, change.body)
    state.put(key, _document(change, body), change.body)
    return None


def _with_lists(state: State, key: str, body: Document) -> Document:
    """Returns a document with the lists of children that writing it without them leaves behind."""
    properties = body.get("properties")
    if not isinstance(properties, Mapping) or unknown_name(properties) is not None:
        return body
    missing = [field for field in lists_of(key) if properties.get(field) is None]
    if not missing:
        return body
    lists = {field: _left(state, key, field) for field in missing}
    return {**body, "properties": {**properties, **lists}}


def _left(state: State, key: str, field: str) -> object:
    if field not in _KEEPS_LISTS:
        return []
    there = state.get(key)
    return None if there is None else properties_of(there).get(field)


def _unknown(change: PlannedChange) -> Incomplete:
    message = (
        f"{printable(change.origin.file)}: only a part of {name_in(change.id)} is written, and the rest is not known; "
        "give the current state with --onto"
    )
    return Incomplete(change.id, "state-not-known", message, needed=False)


def _filled(there: Document, more: Document) -> Document:
    """Returns a document with what it lacks or does not know filled in."""
    found = dict(there)
    for key, value in more.items():
        old = found.get(key)
        if key not in found or (unknown_name(old) is not None and unknown_name(value) is None):
            found[key] = value
        elif isinstance(old, dict) and isinstance(value, dict) and unknown_name(value) is None:
            found[key] = _filled(old, value)
    return found


def merged(there: Document, part: Document) -> Document:
    """Returns a document with the members of a part in the place of its own; lists are replaced whole."""
    found = dict(there)
    for key, value in part.items():
        old = found.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and unknown_name(old) is unknown_name(value) is None:
            found[key] = merged(old, value)
        else:
            found[key] = value
    return found
