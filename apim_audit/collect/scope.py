"""From what was asked for to subscriptions by id: names, management groups and the tenant are looked up."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from apim_audit.collect.failures import advice, unread
from apim_audit.collect.graph import MOST_SUBSCRIPTIONS, GraphReader, GraphScope
from apim_audit.collect.kinds import SUBSCRIPTIONS, Held, fold, id_of, text_at
from apim_audit.collect.listing import Listing
from apim_audit.collect.request import ReadFrom, Request
from apim_audit.core.facts.reports import Incomplete, Scope
from apim_audit.errors import NoAuditError

_FEW = 20
"""Resource Manager takes four or five requests for a subscription, so a hundred for these: some seconds. It is up to
date and says what it refuses; Resource Graph is neither, and pays off beyond."""

_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_MANAGEMENT_GROUP = re.compile(r"[\w.()-]{0,89}[\w()-]")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class ResolvedScope:
    """The subscriptions to read.

    Attributes:
        subscriptions: ids, each once.
        asked: what to note in the snapshot.
        by_graph: whether lists come from Azure Resource Graph.
        incomplete: what of the scope could not be read.
    """

    subscriptions: tuple[str, ...]
    asked: Scope
    by_graph: bool
    incomplete: tuple[Incomplete, ...] = ()

    @property
    def named(self) -> bool:
        """Whether the subscriptions were named one by one."""
        return self.asked.management_group is None and not self.asked.tenant

    @property
    def queries(self) -> tuple[GraphScope, ...]:
        """What queries have to look through: one scope, or several where many subscriptions were named."""
        if not self.named:
            return (GraphScope(management_group=self.asked.management_group),)
        step = MOST_SUBSCRIPTIONS
        ids = self.subscriptions
        return tuple(GraphScope(ids[at : at + step]) for at in range(0, len(ids), step))


def asked_for(request: Request) -> Scope:
    """Returns the scope as it was written."""
    return Scope(request.subscriptions, request.resource_group, request.names, request.management_group, request.tenant)


def resolve(graph: GraphReader, request: Request) -> ResolvedScope:
    """Returns the subscriptions that a request asks for.

    Raises:
        NoAuditError: the management group or the tenant cannot be read or holds no subscription, or no subscription
            has a name that was asked for, or several have it.
    """
    if request.management_group is None and not request.tenant:
        return _resolved(_named(graph, request.subscriptions), request)
    group = request.management_group
    if group is not None and not _MANAGEMENT_GROUP.fullmatch(group):
        message = f"{group!r} is no name of a management group"
        raise NoAuditError(message, "give its name (its id), not its display name")
    listing = _subscriptions(graph, GraphScope(management_group=group))
    ids = tuple(map(_subscription_id, listing.documents))
    if not ids:
        message = f"{listing.name.where} holds no subscription that the identity can see"
        raise NoAuditError(message, "check the name, and grant the identity the Reader role there")
    return _resolved(ids, request, _gaps(listing))


def _resolved(ids: Iterable[str], request: Request, incomplete: tuple[Incomplete, ...] = ()) -> ResolvedScope:
    distinct = tuple({fold(each): each for each in ids}.values())
    many = request.management_group is not None or request.tenant or len(distinct) > _FEW
    by_graph = many if request.read_from is ReadFrom.AUTO else request.read_from is ReadFrom.GRAPH
    asked = Scope(distinct, request.resource_group, request.names, request.management_group, request.tenant)
    return ResolvedScope(distinct, asked, by_graph, incomplete)


def _subscriptions(graph: GraphReader, scope: GraphScope) -> Listing:
    listing = graph.containers(SUBSCRIPTIONS, scope)
    if listing.failure is not None and not listing.pages:
        message = f"the subscriptions of {scope.where} could not be read ({listing.failure})"
        raise NoAuditError(message, advice(listing.failure, SUBSCRIPTIONS))
    return listing


def _gaps(listing: Listing) -> tuple[Incomplete, ...]:
    if listing.failure is None:
        return ()
    return (unread(listing.name.text, listing.id, listing.failure, SUBSCRIPTIONS),)


def _named(graph: GraphReader, written: tuple[str, ...]) -> list[str]:
    """Returns the ids of subscriptions that are written as ids or names."""
    if all(map(_GUID.fullmatch, written)):
        return list(written)
    by_name: dict[str, list[str]] = {}
    for document in _subscriptions(graph, GraphScope()).documents:
        by_name.setdefault((text_at(document, "name") or "").casefold(), []).append(_subscription_id(document))
    return [each if _GUID.fullmatch(each) else _only(each, by_name.get(each.casefold(), [])) for each in written]


def _only(name: str, ids: list[str]) -> str:
    if len(ids) == 1:
        return ids[0]
    if not ids:
        message = f"no subscription is named {name!r} among those that the identity can see"
        raise NoAuditError(message, "check the name, or give the subscription's id")
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    message = f"{len(ids)} subscriptions are named {name!r}: {', '.join(sorted(ids)[:_NAMED])}{more}"
    raise NoAuditError(message, "give one of these ids instead of the name")


def _subscription_id(document: Held) -> str:
    return id_of(document).strip().rstrip("/").rpartition("/")[2]
