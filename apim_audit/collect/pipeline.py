"""The HTTP pipeline of all clients: it reads only, stays at the ARM endpoint and waits no longer than it should.

The SDK's own pipeline is not used, for three reasons: it registers resource providers (a write) on a 409 answer, it
follows redirects with the token, and it can log headers.
"""

import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    CustomHookPolicy,
    HeadersPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from apim_audit import __version__
from apim_audit.collect.credential import KeptToken
from apim_audit.collect.progress import Progress
from apim_audit.collect.request import Target, origin_of

_RETRY_AFTER_CEILING = 60.0
_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_TOTAL_SECONDS = 300
_BLOCK_BYTES = 1024 * 1024

_NAME = r"(?!\.{1,2}/)[\w.()-]+"
_ADMIN_RULES = (
    rf"/subscriptions/{_NAME}/resourceGroups/{_NAME}/providers/Microsoft\.Network/virtualNetworks/{_NAME}"
    r"/listNetworkManagerEffectiveSecurityAdminRules"
)
_READING_POSTS = (_ADMIN_RULES, r"/providers/Microsoft\.ResourceGraph/resources")
"""The paths, unquoted, that may be asked by POST: they read, and Azure offers them by no other method."""


class NotAllowedError(AzureError):
    """A request that this program never makes was about to be made, or the run is over."""


class _BoundedRetryPolicy(RetryPolicy[HttpRequest, HttpResponse]):
    """Honours Retry-After up to a ceiling, and tells of it; azure-core does neither."""

    def __init__(self, progress: Progress, **options: Any) -> None:  # noqa: ANN401  (azure-core's own options)
        super().__init__(**options)
        self._progress = progress

    def sleep(
        self,
        settings: dict[str, Any],
        transport: HttpTransport[HttpRequest, HttpResponse],
        response: PipelineResponse[HttpRequest, HttpResponse] | None = None,
    ) -> None:
        """Waits before the next attempt."""
        seconds = None if response is None else self.get_retry_after(response)
        with self._progress.waiting(seconds or 0):
            super().sleep(settings, transport, response)

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, _RETRY_AFTER_CEILING)


class _RenewingPolicy(ARMChallengeAuthenticationPolicy):
    """Asks for another token, once, where the endpoint no longer takes the one that it was sent."""

    def __init__(self, credential: KeptToken, scope: str) -> None:
        super().__init__(credential, scope)
        self._kept = credential
        self._audience = scope

    def on_challenge(
        self, request: PipelineRequest[HttpRequest], response: PipelineResponse[HttpRequest, HttpResponse]
    ) -> bool:
        """Tells whether the request now has a token that is worth another attempt."""
        if super().on_challenge(request, response):
            return True
        sent = request.http_request.headers.get("Authorization", "")
        token = self._kept.renew(sent.removeprefix("Bearer "), self._audience)
        if token is not None:
            request.http_request.headers["Authorization"] = f"Bearer {token}"
        return token is not None


class _Transport(RequestsTransport):  # type: ignore[misc]  # azure-core imports it lazily, which hides its type
    """A transport that takes a place while it asks, reads bodies in large blocks, and sleeps no longer than the run."""

    def __init__(self, stop: threading.Event, places: threading.Semaphore) -> None:
        super().__init__(
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            connection_data_block_size=_BLOCK_BYTES,
        )
        self._stop = stop
        self._places = places

    def send(self, request: HttpRequest, **options: Any) -> HttpResponse:  # noqa: ANN401  (azure-core's own options)
        """Returns the answer with all its body, as without ``stream``: what breaks on the way is still retried.

        Left to themselves, requests reads blocks of 10 KiB and azure-core goes through them again in 4 KiB: a third of
        what a page of NSGs takes, in which no other thread gets on.
        """
        with self._places:
            if self._stop.is_set():
                message = "the run is over"
                raise NotAllowedError(message)
            response: HttpResponse = super().send(request, **{**options, "stream": True})
            try:
                response.read()
            finally:
                response.close()
        return response

    def sleep(self, duration: float) -> None:
        self._stop.wait(duration)


def open_transport(stop: threading.Event, places: threading.Semaphore) -> RequestsTransport:
    """Returns a transport for the clients of one thread: azure-core's is not safe to share between threads.

    Args:
        stop: set when the run is over.
        places: one is taken for each request, from its first byte to the last of the answer.
    """
    transport = _Transport(stop, places)
    transport.open()
    if transport.session is not None:
        # A session without an auth of its own overwrites the bearer token with a password out of ~/.netrc.
        transport.session.auth = lambda request: request
    return transport


def policies(target: Target, credential: KeptToken, stop: threading.Event, progress: Progress) -> list[object]:
    """Returns the policies for one client, which may not be shared between clients, from the caller to the wire.

    The hooks stand outside the retries, so that the response hook of a call sees the last answer only. Left out on
    purpose: redirects, registration of resource providers, logging.
    """
    return [
        RequestIdPolicy(),
        HeadersPolicy(),
        UserAgentPolicy(user_agent=f"apim-audit/{__version__}"),
        ProxyPolicy(),
        CustomHookPolicy(raw_request_hook=_guard(target, stop)),
        _BoundedRetryPolicy(
            progress, retry_total=4, retry_connect=1, retry_read=2, retry_backoff_max=10, timeout=_TOTAL_SECONDS
        ),
        _RenewingPolicy(credential, target.scope),
    ]


def _guard(target: Target, stop: threading.Event) -> Callable[[PipelineRequest[HttpRequest]], None]:
    """Returns a hook that lets only reading at the ARM endpoint pass, and nothing at all once the run is over."""
    base = re.escape(urlsplit(target.endpoint).path)
    reading_post = re.compile(f"{base}(?:{'|'.join(_READING_POSTS)})")

    def guard(request: PipelineRequest[HttpRequest]) -> None:
        http = request.http_request
        parts = urlsplit(http.url)
        reads = http.method == "GET" or (
            http.method == "POST" and reading_post.fullmatch(unquote(parts.path)) is not None
        )
        if stop.is_set() or not reads or origin_of(parts) != target.origin:
            message = "only reading at the ARM endpoint is allowed"
            raise NotAllowedError(message)

    return guard
