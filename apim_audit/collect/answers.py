"""What came of a request: the raw body, or why there is none."""

import json
import re
from collections.abc import Callable
from typing import Any, Never

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest, HttpResponse

from apim_audit.collect.failures import Failure
from apim_audit.collect.kinds import text_at
from apim_audit.snapshot import Document

Hook = Callable[[PipelineResponse[HttpRequest, HttpResponse]], Never]

_OK = 200
_CLIENT_ERRORS = range(400, 500)
_REASONS = {401: "unauthenticated", 403: "forbidden", 404: "not-found", 429: "throttled"}
_NOT_REGISTERED = ("MissingSubscriptionRegistration", "SubscriptionNotRegistered")
_CODE = re.compile(r"[A-Za-z0-9]{1,64}")
_DETAILS = {
    "SSLError": "the endpoint's TLS certificate was not accepted",
    "ProxyError": "the proxy did not pass the request on",
    "ReadTimeout": "no answer in time",
    "ConnectTimeout": "no connection in time",
}


class _Answered(Exception):  # noqa: N818  (no error: it carries the answer past the SDK's models)
    """Ends an SDK call as soon as the answer is there."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def _hand_over(response: PipelineResponse[HttpRequest, HttpResponse]) -> Never:
    raise _Answered(response.http_response)


def ask(call: Callable[[Hook], object], *, bare_list: bool = False) -> Document | Failure:
    """Returns the raw body that an SDK call is answered with.

    The call ends before the SDK builds its models: they drop fields that they do not know, fail on values that they do
    not expect, and take several times as long as parsing the JSON.

    Args:
        call: makes the SDK call with the given ``raw_response_hook``.
        bare_list: the answer is a JSON array, which is returned as the ``value`` of an object.
    """
    response = exchange(call)
    return response if isinstance(response, Failure) else judge(response, bare_list=bare_list)


def exchange(call: Callable[[Hook], object]) -> HttpResponse | Failure:
    """Returns the response that an SDK call is answered with, whatever its status; see `ask`."""
    try:
        call(_hand_over)
    except _Answered as answered:
        return answered.response
    except ClientAuthenticationError:
        return Failure("unauthenticated")
    except (AzureError, ValueError) as error:
        cause: Any = getattr(error, "inner_exception", None)
        return Failure("unavailable", detail=_DETAILS.get(type(cause).__name__, ""))
    return Failure("invalid", detail="the SDK made no request")


def judge(response: HttpResponse, *, bare_list: bool = False) -> Document | Failure:
    """Returns the JSON object that a response holds, or why there is none."""
    body = parsed(response.content, bare_list=bare_list and response.status_code == _OK)
    if response.status_code == _OK:
        return body if body is not None else Failure("invalid", detail="the answer is no JSON object")
    return _refusal(response.status_code, text_at(body, "error", "code") or "")


def _refusal(status: int, raw_code: str) -> Failure:
    code = raw_code if _CODE.fullmatch(raw_code) else ""
    if code in _NOT_REGISTERED:
        return Failure("unregistered", code)
    if status in _REASONS:
        return Failure(_REASONS[status], code)
    return Failure("refused" if status in _CLIENT_ERRORS else "unavailable", code or f"HTTP {status}")


def parsed(content: bytes, *, bare_list: bool = False) -> Document | None:
    """Returns the JSON object in a body, or None where it holds none; a list as the ``value`` of one, if it may be."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if bare_list:
        body = {"value": body} if isinstance(body, list) else None
    return body if isinstance(body, dict) else None
