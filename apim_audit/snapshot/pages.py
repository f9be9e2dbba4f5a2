"""Pages of answers: whether all pages of a list were given, as far as the pages tell.

A page of Resource Manager tells where its list goes on (``nextLink``), but not where it stands itself. What is known of
a page's successor is the path that leads to it: the scope and the type of what it lists. A page of Resource Graph tells
how many rows its query has, so that its pages can be counted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apim_audit.core.facts.reports import Incomplete

_OF_TYPE = re.compile(r"resourcetype\s+eq\s+'([^']+)'", re.IGNORECASE)
_OF_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+/", re.IGNORECASE)
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list answer of Resource Manager.

    Attributes:
        items: what it lists.
        next_link: where the list goes on, as written; None where it ends.
    """

    file: str
    items: Sequence[Any]
    next_link: object = None


@dataclass(frozen=True, slots=True)
class GraphPage:
    """An answer of Resource Graph.

    Attributes:
        items: its rows.
        more: the field that says that more rows follow, or empty.
        total: how many rows the query has, or None where that is not told.
    """

    file: str
    items: Sequence[Any]
    more: str = ""
    total: int | None = None

    @property
    def is_part(self) -> bool:
        """Whether there are other pages, before this one or after it."""
        return bool(self.more) or (self.total is not None and len(self.items) < self.total)


Page = ListPage | GraphPage


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the pages tell of their lists.

    Attributes:
        incomplete: the lists of which a page is missing, or may be.
        notes: what cannot be seen of the others, one sentence each.
    """

    incomplete: tuple[Incomplete, ...] = ()
    notes: tuple[str, ...] = ()


def gather(pages: Iterable[Page]) -> Gathered:
    """Returns which lists are not known to be whole; the order in which their pages are given does not matter."""
    pages = tuple(pages)
    lists = _open_lists(page for page in pages if isinstance(page, ListPage) and page.next_link)
    rows = _rows_missing([page for page in pages if isinstance(page, GraphPage) and page.is_part])
    if not lists:
        return Gathered(tuple(rows))
    ends = _ends(lists, [page for page in pages if isinstance(page, ListPage) and not page.next_link])
    missing = (_without_end(found) for each, found in lists.items() if each not in ends)
    notes = (_joined_note([*lists[each], end]) for each, end in ends.items())
    return Gathered((*missing, *rows), tuple(notes))


@dataclass(frozen=True, slots=True)
class _List:
    """Which documents a list can hold.

    Attributes:
        scopes: what the ids begin with, one of these.
        path: what stands in the ids between the scope and the name; empty where that is left open.
        types: one of these types; empty where that is left open.
    """

    scopes: frozenset[str]
    path: str = ""
    types: frozenset[str] = frozenset()

    def holds(self, document: object) -> bool:
        if not isinstance(document, dict):
            return True
        resource_id = str(document.get("id")).lower()
        return (
            resource_id.startswith(tuple(self.scopes))
            and resource_id.rpartition("/")[0].endswith(self.path)
            and (not self.types or _type_of(document) in self.types)
        )

    def may_end_with(self, page: ListPage, others: Iterable[ListPage]) -> bool:
        # An empty page may be the end of any list, so that it tells nothing of this one.
        found = _ids(page.items)
        apart = found.isdisjoint(chain.from_iterable(_ids(other.items) for other in others))
        return bool(found) and apart and all(map(self.holds, page.items))


_Lists = dict[_List, list[ListPage]]


def _open_lists(pages: Iterable[ListPage]) -> _Lists:
    found: _Lists = {}
    for page in pages:
        found.setdefault(_list_of(page), []).append(page)
    return found


def _list_of(page: ListPage) -> _List:
    link = page.next_link if isinstance(page.next_link, str) else ""
    try:
        parts = urlsplit(link.lower())
    except ValueError:  # half an IPv6 address
        return _list_like(page)
    scope, providers, path = parts.path.rstrip("/").rpartition("/providers/")
    if providers:
        return _List(frozenset({f"{scope}/"}), f"/providers/{path}")
    scope, resources, _ = f"{parts.path.rstrip('/')}/".rpartition("/resources/")
    if not resources:
        return _list_like(page)
    wanted = " ".join(parse_qs(parts.query).get("$filter", ()))
    return _List(frozenset({f"{scope}/"}), types=frozenset(_OF_TYPE.findall(wanted)))


def _list_like(page: ListPage) -> _List:
    """Returns the list that a page is of by what stands in it, where its link does not tell."""
    ids = _ids(page.items)
    scopes = frozenset(found[0] if (found := _OF_SUBSCRIPTION.match(each)) else "/" for each in ids)
    types = frozenset(_type_of(item) for item in page.items if isinstance(item, dict))
    return _List(scopes, types=types if len(types) == 1 else frozenset())


def _ends(lists: _Lists, candidates: Sequence[ListPage]) -> dict[_List, ListPage]:
    """Returns the page with which each list may end; a page ends one list only."""
    fitting = {each: [page for page in candidates if each.may_end_with(page, found)] for each, found in lists.items()}
    ends: dict[_List, ListPage] = {}
    taken: set[int] = set()
    for each, pages in sorted(fitting.items(), key=lambda item: len(item[1])):  # who has the least choice goes first
        end = next((page for page in pages if id(page) not in taken), None)
        if end is not None:
            ends[each] = end
            taken.add(id(end))
    return ends


def _without_end(pages: Sequence[ListPage]) -> Incomplete:
    files = _files(pages)
    if len(files) == 1:
        message = f"{files[0]} is not the last page of its list (nextLink is set); give the pages after it too"
    else:
        message = f"{_named(files)} are pages of a list without its last page (nextLink is set); give the others too"
    return Incomplete(files[-1], "truncated", message)


def _joined_note(pages: Sequence[ListPage]) -> str:
    files = _files(pages)
    where = f"{files[0]} is" if len(files) == 1 else f"{_named(files)} are"
    return f"{where} taken as all pages of a list; that none between them is missing cannot be seen from the pages"


def _rows_missing(parts: Sequence[GraphPage]) -> Iterator[Incomplete]:
    queries: dict[int, list[GraphPage]] = {}
    for page in parts:
        if page.total is None:
            message = f"{page.file} is not the last page of its list ({page.more} is set); give the pages after it too"
            yield Incomplete(page.file, "truncated", message)
        else:
            queries.setdefault(page.total, []).append(page)
    for total, pages in queries.items():
        if not _are_whole(total, pages):
            yield _too_few(total, pages)


def _are_whole(total: int, pages: Sequence[GraphPage]) -> bool:
    # Several queries may have as many rows; each has one page after which nothing follows.
    ends = {frozenset(_ids(page.items)) for page in pages if not page.more}
    return bool(ends) and _rows(pages) == total * len(ends)


def _rows(pages: Sequence[GraphPage]) -> int:
    """Returns how many rows are given; a page that is given twice counts once."""
    items = [item for page in pages for item in page.items]
    return len(_ids(items)) + sum(1 for item in items if not _has_id(item))


def _too_few(total: int, pages: Sequence[GraphPage]) -> Incomplete:
    files, rows = _files(pages), _rows(pages)
    told = next((page.more for page in pages if page.more), "totalRecords")
    holds = "holds" if len(files) == 1 else "hold"
    # Of two queries of as many rows it cannot be told which page is of which.
    share = f"{rows} of the {total} rows of a Resource Graph query" if rows < total else "not all pages of a query"
    return Incomplete(files[-1], "truncated", f"{_named(files)} {holds} {share} ({told} is set); give all of its pages")


def _has_id(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str)


def _ids(items: Iterable[Any]) -> set[str]:
    return {item["id"].lower() for item in items if _has_id(item)}


def _type_of(document: dict[str, Any]) -> str:
    return str(document.get("type")).lower()


def _files(pages: Iterable[Page]) -> list[str]:
    return list(dict.fromkeys(page.file for page in pages))


def _named(files: Sequence[str]) -> str:
    shown = list(files[:_MOST_NAMED])
    if len(files) > _MOST_NAMED:
        shown.append(f"{len(files) - _MOST_NAMED} more")
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else shown[0]
