"""What the embedded endpoint answers to queries of Azure Resource Graph: rows, pages, limits and silence."""

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from apim_audit.demo.replies import Reply
from apim_audit.snapshot import Document

_MOST_ROWS = 1_000
_MOST_BYTES = 16 * 1024 * 1024
_MOST_SUBSCRIPTIONS = 1_000
_QUERY = re.compile(
    r"(?P<table>Resources|ResourceContainers) \| where type =~ '(?P<type>[\w./]+)'"
    r"(?: and resourceGroup =~ '(?P<group>[^']+)')? \| project (?P<columns>[\w, ]+) \| order by id asc"
)
"""The queries that are answered: those that an audit asks, in a stable order, with all rules in one row."""


@dataclass(frozen=True, slots=True)
class ServedGraph:
    """How the endpoint's Resource Graph behaves.

    Attributes:
        names: subscriptions that have a display name, by id; others are named after their id.
        management_groups: the ids of the subscriptions below each management group.
        most_bytes: how large an answer may be.
        cut_at: a row count at which answers are cut off without a token to go on with, or None.
        lost: ids of resources that paging loses: they count, but no page has them.
        missing: fields of ``properties`` that rows lack, each behind its type: ``virtualNetworks.subnets``.
        remaining: the quota that is left according to the headers.
        resets_after: when it is reset, according to the headers.
        limit_hit: whether there are more subscriptions than Resource Graph looks through.
    """

    names: Mapping[str, str] | None = None
    management_groups: Mapping[str, tuple[str, ...]] | None = None
    most_bytes: int = _MOST_BYTES
    cut_at: int | None = None
    lost: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    remaining: int = 14
    resets_after: str = "00:00:05"
    limit_hit: bool = False


class GraphShelf:
    """The rows of an estate, ready to be queried."""

    def __init__(
        self, served: ServedGraph, subscriptions: Sequence[str], of_type: Callable[[str], Sequence[Document]]
    ) -> None:
        self._served = served
        self._subscriptions = {each.lower(): each for each in subscriptions}
        self._of_type = of_type

    def answer(self, options: Document) -> Reply:
        """Returns what Resource Graph answers to the body of a query."""
        match = _QUERY.fullmatch(str(options.get("query", "")))
        page = options.get("options") or {}
        start, top = _start(page.get("$skipToken")), page.get("$top", 100)
        if match is None or start is None or not isinstance(top, int) or not 1 <= top <= _MOST_ROWS:
            return _refusal("InvalidQuery", "the query is none that this endpoint answers")
        scope = self._scope(options)
        if not scope:
            return _refusal("NoValidSubscriptionsInQueryRequest", "no subscription of the query can be read")
        return self._page(self._rows(match, scope), start, top)

    def _scope(self, options: Document) -> frozenset[str]:
        """Returns the folded ids of the subscriptions that a query looks through and that may be seen."""
        groups = options.get("managementGroups")
        named = options.get("subscriptions")
        if groups:
            below = self._served.management_groups or {}
            asked = {each.lower() for group in groups for each in below.get(group, ())}
        elif named:
            asked = {each.lower() for each in named[:_MOST_SUBSCRIPTIONS]}
        else:
            asked = set(self._subscriptions)
        return frozenset(asked & set(self._subscriptions))

    def _rows(self, match: re.Match[str], scope: frozenset[str]) -> list[Document]:
        columns = match["columns"].split(", ")
        if match["table"] == "Resources":
            found = self._resources(match["type"], match["group"], scope)
        else:
            found = self._containers(match["type"].lower(), scope)
        rows = [{column: row.get(column) for column in columns} for row in found]
        return sorted(rows, key=lambda row: str(row["id"]).lower())

    def _resources(self, kind: str, group: str | None, scope: frozenset[str]) -> list[Document]:
        part = "" if group is None else f"/resourcegroups/{group.lower()}/"
        return [
            self._row(document)
            for document in self._of_type(kind.lower())
            if (folded := str(document["id"]).lower()).split("/")[2] in scope and part in folded
        ]

    def _row(self, document: Document) -> Document:
        kind = str(document["type"])
        properties = document.get("properties") or {}
        last = kind.rpartition("/")[2]
        kept = {key: value for key, value in properties.items() if f"{last}.{key}" not in self._served.missing}
        return {**document, "type": kind.lower(), "properties": kept}

    def _containers(self, kind: str, scope: frozenset[str]) -> list[Document]:
        names = {key.lower(): name for key, name in (self._served.names or {}).items()}
        if kind == "microsoft.resources/subscriptions":
            ids = (self._subscriptions[each] for each in scope)
            return [
                {"id": f"/subscriptions/{each}", "name": names.get(each.lower(), each), "type": kind} for each in ids
            ]
        kinds = ("microsoft.apimanagement/service", "microsoft.network/virtualnetworks")
        paths = {str(document["id"]).partition("/providers/")[0] for each in kinds for document in self._of_type(each)}
        return [
            {"id": path, "name": path.rpartition("/")[2], "type": kind}
            for path in paths
            if path.lower().split("/")[2] in scope
        ]

    def _page(self, rows: Sequence[Document], start: int, top: int) -> Reply:
        served = self._served
        end = start + top if served.cut_at is None else min(start + top, served.cut_at)
        data = [row for row in rows[start:end] if row["id"] not in served.lost]
        more = end < len(rows)
        body: Document = {
            "totalRecords": len(rows),
            "count": len(data),
            "data": data,
            "facets": [],
            "resultTruncated": "true" if more and served.cut_at is not None else "false",
        }
        if more and served.cut_at is None:
            body["$skipToken"] = b64encode(f"{end:>6}".encode()).decode()
        size = len(json.dumps(body))
        if size > served.most_bytes:
            return _refusal("ResponsePayloadTooLarge", f"{size} has exceeded the limit of {served.most_bytes}")
        headers = [
            ("x-ms-user-quota-remaining", str(served.remaining)),
            ("x-ms-user-quota-resets-after", served.resets_after),
        ]
        if served.limit_hit:
            headers.append(("x-ms-tenant-subscription-limit-hit", "true"))
        return Reply(HTTPStatus.OK, body, tuple(headers))


def _start(token: object) -> int | None:
    if token is None:
        return 0
    try:
        return int(b64decode(str(token)))
    except (ValueError, NotBase64Error):
        return None


def _refusal(code: str, message: str) -> Reply:
    """Returns an error as Resource Graph writes it: what is wrong stands in the details."""
    details = [{"code": code, "message": message}]
    error = {"code": "BadRequest", "message": "see the details", "details": details}
    return Reply(HTTPStatus.BAD_REQUEST, {"error": error})
