"""Answers that come in pages, read to the end or to the first failure."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from azure.mgmt.network.models import QueryRequestOptions

from apim_audit.collect.answers import ask
from apim_audit.collect.failures import Failure
from apim_audit.collect.request import Target, origin_of

Operation = Callable[..., Any]
Page = list[object] | Failure
"""The entries of a page, or why there is none."""

_MAX_PAGES = 2_000
_READS = ("POST",)
_MORE_PAGES = "the answer has more pages"

_Turned = tuple[list[object], str | None] | Failure


def list_pages(target: Target, operation: Operation) -> Iterator[Page]:
    """Yields the pages of a list operation, and at last a failure where not all of them were read."""
    return _pages(partial(_page, operation), partial(_stray, target))


def rule_pages(operation: Operation) -> Iterator[Page]:
    """Yields the pages of the operation that lists effective security admin rules, likewise.

    Args:
        operation: takes the query options; the token for the next page is one of them.
    """
    return _pages(partial(_rule_page, operation), lambda _: None)


def _pages(turn: Callable[[str | None], _Turned], refuse: Callable[[str], Failure | None]) -> Iterator[Page]:
    token: str | None = None
    seen: set[str] = set()
    while True:
        page = turn(token)
        if isinstance(page, Failure):
            yield page
            return
        entries, token = page
        yield entries
        if token is None:
            return
        failure = refuse(token) or endless(token, seen)
        if failure is not None:
            yield failure
            return
        seen.add(token)


def _page(operation: Operation, link: str | None) -> _Turned:
    """Returns the entries of one page and the link to the next."""
    # Braces would be taken for a template's by the SDK.
    token = link and link.replace("{", "%7B").replace("}", "%7D")
    return _turned(lambda hook: next(operation(raw_response_hook=hook).by_page(continuation_token=token)), "nextLink")


def _rule_page(operation: Operation, token: str | None) -> _Turned:
    # A POST that only reads: it may be repeated like a GET.
    options = QueryRequestOptions(skip_token=token) if token else QueryRequestOptions()
    return _turned(
        lambda hook: operation(options, raw_response_hook=hook, retry_on_methods=_READS),
        "skipToken",
        foreign="nextLink",
    )


def _turned(call: Callable[..., object], following: str, foreign: str = "") -> _Turned:
    """Returns the entries of a page and what leads to the next.

    Args:
        call: asks for the page.
        following: the field that leads on.
        foreign: a field that would lead on in a way that is not known here.
    """
    body = ask(call)
    if isinstance(body, Failure):
        return body
    entries, token = body.get("value"), body.get(following) or None
    if not isinstance(entries, list) or not isinstance(token, str | None):
        return Failure("invalid", detail="the answer is no list")
    if body.get(foreign):
        return Failure("unavailable", detail=_MORE_PAGES)
    return entries, token


def _stray(target: Target, link: str) -> Failure | None:
    """Tells why a link is not followed, where it leads elsewhere."""
    try:
        at_home = origin_of(urlsplit(link)) == target.origin
    except ValueError:
        at_home = False
    return None if at_home else Failure("invalid", detail="its next page is not at the ARM endpoint")


def endless(token: str, seen: set[str]) -> Failure | None:
    """Tells why a further page is not asked for: the pages go round in a circle, or are too many."""
    if token in seen:
        return Failure("invalid", detail="its pages go round in a circle")
    if len(seen) >= _MAX_PAGES:
        return Failure("invalid", detail=f"it has more than {_MAX_PAGES} pages")
    return None
