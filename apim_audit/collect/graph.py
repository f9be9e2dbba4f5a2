"""Azure Resource Graph: one query for a type of resource in many subscriptions, page by page.

It answers only what the identity may read and says nothing of the rest, and it lags behind Azure Resource Manager.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.rest import HttpResponse
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from apim_audit.collect.answers import exchange, judge, parsed
from apim_audit.collect.clients import Clients
from apim_audit.collect.failures import Failure
from apim_audit.collect.gathered import Gathered
from apim_audit.collect.kinds import Kind, fold, list_at, text_at
from apim_audit.collect.listing import Listing, ListName, Wanted, gather
from apim_audit.collect.pages import Page, endless
from apim_audit.collect.progress import Progress

MOST_SUBSCRIPTIONS = 1_000
"""How many subscriptions one query names; the Azure CLI sends as many at a time."""

_MOST_ROWS = 1_000
_MOST_BYTES = 16 * 1024 * 1024
"""``ResponsePayloadTooLarge`` names this limit in its message: 16777216."""

_ROOM = 0.75
_TOO_LARGE = "ResponsePayloadTooLarge"
_LONGEST_WAIT = 60.0
_READS = ("POST",)
_BAD_REQUEST = 400
_REMAINING = "x-ms-user-quota-remaining"
_RESETS_AFTER = "x-ms-user-quota-resets-after"
_LIMIT_HIT = "x-ms-tenant-subscription-limit-hit"
_TIME = re.compile(r"(\d+):(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class GraphScope:
    """What a query looks through: subscriptions, or a management group, or the whole tenant where neither is given."""

    subscriptions: tuple[str, ...] = ()
    management_group: str | None = None

    @property
    def id(self) -> str:
        """The id of the scope, or an empty text for the tenant."""
        if self.management_group is not None:
            return f"/providers/Microsoft.Management/managementGroups/{self.management_group}"
        if len(self.subscriptions) == 1:
            return f"/subscriptions/{self.subscriptions[0]}"
        return "/subscriptions" if self.subscriptions else ""

    @property
    def where(self) -> str:
        """What people call the scope."""
        if self.management_group is not None:
            return f"management group {self.management_group}"
        if len(self.subscriptions) == 1:
            return f"subscription {self.subscriptions[0]}"
        return f"{len(self.subscriptions)} subscriptions" if self.subscriptions else "the tenant"


@dataclass(frozen=True, slots=True)
class _Answer:
    """One page.

    Attributes:
        token: leads to the next page, or None at the last.
        total: how many rows the query has in all.
        cut: why rows are missing that no page will bring, or an empty text.
        size: of the body, in bytes.
    """

    rows: list[object]
    token: str | None
    total: int
    cut: str
    size: int


@dataclass(slots=True)
class _Quota:
    """What Resource Graph says of the identity's quota; all threads share it.

    Source: guidance-for-throttled-requests, 2024-01-04.
    """

    free_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Notes the headers of an answer."""
        time_left = _TIME.fullmatch(headers.get(_RESETS_AFTER, ""))
        if headers.get(_REMAINING) != "0" or time_left is None:
            return
        hours, minutes, seconds = map(int, time_left.groups())
        wait = min(hours * 3600 + minutes * 60 + seconds, _LONGEST_WAIT)
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic() + wait)

    def delay(self) -> float:
        """Returns the seconds until a query is worth sending."""
        with self.lock:
            return max(self.free_at - time.monotonic(), 0.0)


class GraphReader:
    """Reads by queries; any thread may."""

    def __init__(self, clients: Clients, progress: Progress, gathered: Gathered) -> None:
        self._clients = clients
        self._progress = progress
        self._gathered = gathered
        self._quota = _Quota()

    def list_all(
        self, kind: Kind, scope: GraphScope, resource_group: str | None = None, wanted: Wanted | None = None
    ) -> Listing:
        """Reads all resources of a type that the identity may see; rows have the shape of ARM's own documents.

        Args:
            kind: the type.
            scope: where.
            resource_group: only those of this resource group, a name that one can have.
            wanted: tells which to keep, where not all of them are.
        """
        narrower = "" if resource_group is None else f" and resourceGroup =~ '{resource_group}'"
        # Rules stay nested: mv-expand would cut them off at 128 (query-language, 2021-03-10). Paging needs an order,
        # and a column that is not dynamic (paging-results, 2026-02-06).
        query = (
            f"Resources | where type =~ '{kind.type}'{narrower} "
            "| project id, name, type, location, sku, tags, properties | order by id asc"
        )
        name = ListName(kind, f"{scope.id}/providers/{kind.type}", scope.where, by_graph=True)
        return gather(name, self._pages(query, scope), self._gathered, wanted)

    def containers(self, kind: Kind, scope: GraphScope) -> Listing:
        """Reads the subscriptions or resource groups that the identity may see: ids and names."""
        query = f"ResourceContainers | where type =~ '{kind.type}' | project id, name, type | order by id asc"
        name = ListName(kind, f"{scope.id}/providers/{kind.type}", scope.where, by_graph=True)
        return gather(name, self._pages(query, scope), Gathered(Progress()), None)

    def _pages(self, query: str, scope: GraphScope) -> Iterator[Page]:
        token: str | None = None
        seen: set[str] = set()
        distinct: set[str] = set()
        top = _MOST_ROWS
        while True:
            answer = self._ask(query, scope, top, token)
            if isinstance(answer, Failure) and answer.code == _TOO_LARGE and top > 1:
                top //= 2
                continue
            if isinstance(answer, Failure):
                yield answer
                return
            distinct.update(fold(text_at(row, "id") or "") for row in answer.rows)
            yield answer.rows
            top, token = _fitting(top, answer), answer.token
            failure = _missing(answer, len(distinct)) if token is None else endless(token, seen)
            if failure is not None:
                yield failure
            if failure is not None or token is None:
                return
            seen.add(token)

    def _ask(self, query: str, scope: GraphScope, top: int, token: str | None) -> _Answer | Failure:
        delay = self._quota.delay()
        if delay:
            with self._progress.waiting(delay):
                self._clients.pause(delay)
        request = QueryRequest(
            query=query,
            subscriptions=list(scope.subscriptions) or None,
            management_groups=None if scope.management_group is None else [scope.management_group],
            options=QueryRequestOptions(skip_token=token, top=top, result_format="objectArray"),
        )
        operation = self._clients.graph().resources
        # A POST that only reads: it may be repeated like a GET.
        response = exchange(lambda hook: operation(request, raw_response_hook=hook, retry_on_methods=_READS))
        if isinstance(response, Failure):
            return response
        self._quota.heed(response.headers)
        return _too_large(response) or _read(response)


def _too_large(response: HttpResponse) -> Failure | None:
    """Tells whether the answer would have been larger than Resource Graph sends; it says so in the details only."""
    body = parsed(response.content) if response.status_code == _BAD_REQUEST else None
    codes = {text_at(detail, "code") for detail in list_at(body, "error", "details")} | {text_at(body, "error", "code")}
    return Failure("refused", _TOO_LARGE) if _TOO_LARGE in codes else None


def _read(response: HttpResponse) -> _Answer | Failure:
    body: Any = judge(response)
    if isinstance(body, Failure):
        return body
    rows, token, total = body.get("data"), body.get("$skipToken") or None, body.get("totalRecords")
    if not isinstance(rows, list) or not isinstance(token, str | None) or not isinstance(total, int):
        return Failure("invalid", detail="the answer is no list of rows")
    cut = ""
    if response.headers.get(_LIMIT_HIT, "").lower() == "true":
        cut = "Azure Resource Graph looked through the first 10,000 subscriptions only"
    elif token is None and str(body.get("resultTruncated", "false")).lower() != "false":
        cut = "Azure Resource Graph cut the answer off"
    return _Answer(rows, token, total, cut, len(response.content))


def _fitting(top: int, answer: _Answer) -> int:
    """Returns how many rows the next page may have: twice as many where they are sure to fit, by the last page."""
    return min(2 * top, _MOST_ROWS) if 2 * answer.size < _ROOM * _MOST_BYTES else top


def _missing(answer: _Answer, found: int) -> Failure | None:
    """Tells what no page brought: rows can get lost between pages where resources change meanwhile."""
    if answer.cut:
        return Failure("invalid", detail=answer.cut)
    if found < answer.total:
        return Failure("invalid", detail=f"Azure Resource Graph answered {found} of {answer.total} resources")
    return None
