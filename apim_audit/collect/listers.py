"""The lists round the instances: of each subscription by Resource Manager, or of all at once by Resource Graph."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.graph import GraphReader, GraphScope
from apim_audit.collect.kinds import Kind, ResourceId, fold
from apim_audit.collect.listing import Listing, Wanted, among
from apim_audit.collect.rows import is_whole
from apim_audit.collect.scope import ResolvedScope

Wants = Sequence[tuple[Kind, Sequence[ResourceId]]]
"""Types of resources, and the ids that are needed of each."""

Following = Callable[[Listing], Wants]
"""Tells what a list makes necessary, as far as it can be told without the others."""


class Lister(Protocol):
    """Reads the lists that can hold what is wanted."""

    def __call__(self, wanted: Wants, following: Following | None = None) -> Sequence[Listing]:
        """Lists resources of these types and ids, as far as they lie in the scope; all types at the same time.

        Args:
            wanted: what is needed.
            following: tells of each list what will be wanted next, so that it need not wait for all the others.
        """


@dataclass(frozen=True, slots=True)
class _Begun:
    """A list that is read already, or is being read, for some ids."""

    keys: frozenset[str]
    listing: Future[Listing]


class ArmLister:
    """Reads the lists of each subscription of the scope in which something is wanted.

    What a list makes necessary in its own subscription is asked for next, before the lists of other subscriptions: the
    pages that take long to parse come between those that do not, and no request waits for the end of a phase. A VNet
    and what its subnets name are in one subscription as a rule; where a VNet elsewhere names something as well, the
    list is read anew.
    """

    def __init__(self, arm: ArmReader, scope: ResolvedScope) -> None:
        self._arm = arm
        self._subscriptions = scope.subscriptions
        self._begun: dict[tuple[Kind, str], _Begun] = {}

    def __call__(self, wanted: Wants, following: Following | None = None) -> Sequence[Listing]:
        """See `Lister`."""
        jobs = [
            (kind, subscription, here[fold(subscription)], keep)
            for kind, ids in wanted
            for here in [_by_subscription(ids)]
            for keep in [among(each.text for each in ids)]  # one for all subscriptions: it holds every id
            for subscription in self._subscriptions
            if fold(subscription) in here
        ]
        self._arm.progress.begin(_phase(wanted), len(jobs))
        return self._arm.each(lambda job: self._list(*job, following), jobs)

    def _list(
        self, kind: Kind, subscription: str, keys: frozenset[str], keep: Wanted, following: Following | None
    ) -> Listing:
        begun = self._begun.pop((kind, subscription), None)
        if begun is not None and keys <= begun.keys:
            return begun.listing.result()
        listing = self._arm.list_all(kind, subscription, None, keep)
        if following is not None and listing.failure is None:
            self._begin(subscription, following(listing))
        return listing

    def _begin(self, subscription: str, wanted: Wants) -> None:
        for kind, ids in wanted:
            here = [each.text for each in ids if fold(each.subscription) == fold(subscription)]
            if here:
                read = partial(self._arm.list_all, kind, subscription, None, among(here))
                self._begun[kind, subscription] = _Begun(frozenset(map(fold, here)), self._arm.next(read))


def lister_by_graph(arm: ArmReader, graph: GraphReader, scope: ResolvedScope) -> Lister:
    """Returns what queries the scope."""

    def lists(wanted: Wants, following: Following | None = None) -> Sequence[Listing]:  # noqa: ARG001  (a query is of all subscriptions)
        jobs = [
            (kind, query, None, keep)
            for kind, ids in wanted
            for keep in [_whole(kind, among(each.text for each in ids))]
            for query in _narrowed(scope, ids)
        ]
        arm.progress.begin(_phase(wanted), len(jobs))
        return arm.each(lambda job: graph.list_all(*job), jobs)

    return lists


def _phase(wanted: Wants) -> str:
    return " and ".join(f"{kind.noun}s" for kind, _ in wanted)


def _by_subscription(ids: Sequence[ResourceId]) -> dict[str, frozenset[str]]:
    """Returns the folded ids of each folded subscription."""
    found: dict[str, list[str]] = {}
    for each in ids:
        found.setdefault(fold(each.subscription), []).append(fold(each.text))
    return {subscription: frozenset(keys) for subscription, keys in found.items()}


def _narrowed(scope: ResolvedScope, ids: Sequence[ResourceId]) -> tuple[GraphScope, ...]:
    """Returns the queries that can bring something."""
    used = {fold(each.subscription) for each in ids}
    if not scope.named:
        return scope.queries if used else ()
    narrow = (GraphScope(tuple(each for each in query.subscriptions if fold(each) in used)) for query in scope.queries)
    return tuple(query for query in narrow if query.subscriptions)


def _whole(kind: Kind, wanted: Wanted) -> Wanted:
    return lambda row: wanted(row) and is_whole(kind, row)
