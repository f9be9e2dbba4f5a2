"""Ids whose subscription a plan does not tell, brought into the subscription of the current state."""

import re
from collections.abc import Iterable
from dataclasses import replace

from apim_audit.core.facts.reports import Incomplete
from apim_audit.decode.resources import fold_id
from apim_audit.plan.model import UNTOLD_SUBSCRIPTION, Plan, PlannedChange
from apim_audit.plan.nesting import key_of
from apim_audit.snapshot import Document, Snapshot

_UNTOLD = f"/subscriptions/{UNTOLD_SUBSCRIPTION}/"
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)/(.+)")
_TOP = re.compile(r"(.*/providers/[^/]+/[^/]+/[^/]+)")


def adopted(plan: Plan, snapshot: Snapshot) -> Plan:
    """Returns a plan whose ids lie in the one subscription of the current state that can be meant.

    That is the one in which resources stand that the plan names, or the only one there is; where several can be meant,
    the ids stay as they are, and that is told.
    """
    if not any(_UNTOLD in each.id or _mentions(each.body) for each in plan.changes):
        return plan
    current = {key for each in snapshot.documents if (key := key_of(each.body)) is not None}
    meant = _meant(plan.changes, current)
    if len(meant) == 1:
        prefix = f"/subscriptions/{meant.pop()}/"
        return replace(plan, changes=tuple(_moved(change, prefix) for change in plan.changes))
    if not meant:
        return plan
    names = ", ".join(sorted(meant))
    message = (
        f"the plan does not tell its subscription, and the current state has several that may be meant: {names}; "
        "give that of one subscription with --onto"
    )
    return replace(plan, incomplete=(*plan.incomplete, Incomplete(_UNTOLD.rstrip("/"), "ambiguous", message)))


def only_subscription(snapshot: Snapshot) -> str | None:
    """Returns the one subscription in which all resources of a snapshot stand, or None."""
    keys = (key_of(each.body) for each in snapshot.documents)
    found = {match[1] for key in keys if key is not None and (match := _SUBSCRIPTION.match(key))}
    return found.pop() if len(found) == 1 else None


def _meant(changes: Iterable[PlannedChange], current: set[str]) -> set[str]:
    by_rest: dict[str, set[str]] = {}
    for key in current:
        match = _SUBSCRIPTION.match(key)
        if match:
            by_rest.setdefault(match[2], set()).add(match[1])
    untold = {fold_id(change.id).removeprefix(_UNTOLD) for change in changes if change.id.startswith(_UNTOLD)}
    tops = {match[1] for rest in untold if (match := _TOP.match(rest))}
    found: set[str] = set()
    for rest in untold | tops:
        found |= by_rest.get(rest, set())
    return found or {subscription for each in by_rest.values() for subscription in each}


def _moved(change: PlannedChange, prefix: str) -> PlannedChange:
    moved_id = change.id.replace(_UNTOLD, prefix)
    body = None if change.body is None or not _mentions(change.body) else _rewritten(change.body, prefix)
    return replace(change, id=moved_id, body=body if isinstance(body, dict) else change.body)


def _mentions(value: object) -> bool:
    if isinstance(value, str):
        return _UNTOLD in value
    if isinstance(value, dict):
        return any(map(_mentions, value.values()))
    return isinstance(value, list) and any(map(_mentions, value))


def _rewritten(value: object, prefix: str) -> Document | list[object] | object:
    if isinstance(value, str):
        return value.replace(_UNTOLD, prefix)
    if isinstance(value, dict):
        return {key: _rewritten(each, prefix) for key, each in value.items()}
    return [_rewritten(each, prefix) for each in value] if isinstance(value, list) else value
