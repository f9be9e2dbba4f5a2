"""An embedded ARM endpoint on loopback: TLS, paging, a managed identity's tokens, and faults to order."""

import json
import secrets
import socket
import struct
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import devnull
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from apim_audit.demo.arm import ArmShelf, ServedEstate, is_served
from apim_audit.demo.certificate import LoopbackTls, issue_loopback_certificate
from apim_audit.demo.manners import Fault, Headers, Manners
from apim_audit.demo.replies import Reply, arm_error
from apim_audit.snapshot import Document

__all__ = ["ArmEndpoint", "Fault", "Manners", "RecordedRequest", "serve"]

_TOKEN_PATH = "/identity/oauth2/token"  # noqa: S105  (a path)
_TOKEN_SECONDS = 86_400
_SHORT_TOKEN_SECONDS = 60
_POLL_SECONDS = 0.02
_MOST_SENT = 65_536


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that the endpoint was asked, and how it answered."""

    method: str
    path: str
    query: str
    status: int


@dataclass(slots=True)
class ArmEndpoint:
    """A running endpoint.

    Attributes:
        url: its base URL, without a slash at the end.
        ca_file: the certificate to trust, PEM.
        subscription_ids: the subscriptions that exist here.
        token: the bearer token that its managed identity hands out.
        identity_header: the secret that the managed identity asks for.
        requests: what it was asked so far.
        asked: the paths that were asked for, answered or not.
        most_in_flight: how many requests for resources it was answering at once, at most.
    """

    url: str
    ca_file: Path
    subscription_ids: tuple[str, ...]
    token: str
    identity_header: str
    requests: list[RecordedRequest] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    most_in_flight: int = 0

    def environment(self) -> dict[str, str]:
        """Returns the variables with which azure-identity and requests find this endpoint, and nothing else.

        ``prod`` leaves out every developer's credential; of the three that are left, only the managed identity has its
        variables (the form of App Service), so that no other address is tried.
        """
        return {
            "AZURE_TOKEN_CREDENTIALS": "prod",
            "IDENTITY_ENDPOINT": self.url + _TOKEN_PATH,
            "IDENTITY_HEADER": self.identity_header,
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
            "NO_PROXY": "127.0.0.1,localhost",
            "NETRC": devnull,
        }

    def arm_requests(self) -> list[RecordedRequest]:
        """Returns what was asked, save for tokens."""
        return [request for request in self.requests if request.path != _TOKEN_PATH]

    def refused(self) -> list[RecordedRequest]:
        """Returns what was asked and is not on the list of what an audit may ask."""
        return [request for request in self.requests if request.status == HTTPStatus.METHOD_NOT_ALLOWED]


@contextmanager
def serve(estate: ServedEstate, manners: Manners | None = None, **differently: Any) -> Iterator[ArmEndpoint]:  # noqa: ANN401  (the fields of Manners)
    """Serves an estate on a free port of 127.0.0.1 until the block ends.

    Args:
        estate: what to serve.
        manners: how; the usual way where not given.
        differently: fields of the manners that differ.
    """
    manners = replace(manners or Manners(), **differently)
    with TemporaryDirectory(prefix="apim-audit-") as folder:
        tls = issue_loopback_certificate(Path(folder))
        shelf = ArmShelf(estate, manners.page_size, written=manners.written)
        server = _Server(tls)
        url = f"https://127.0.0.1:{server.server_port}"
        endpoint = ArmEndpoint(
            url,
            tls.ca_file,
            shelf.subscription_ids,
            manners.token or secrets.token_urlsafe(32),
            secrets.token_urlsafe(32),
        )
        server.desk = _Desk(endpoint, shelf, manners)
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield endpoint
        finally:
            server.desk.close()
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass(frozen=True, slots=True)
class _Sent:
    """What goes over the wire.

    Attributes:
        cut: how many bytes of the body are sent before the connection is reset, or None for all.
    """

    status: int
    body: bytes
    headers: Headers
    cut: int | None = None


class _Desk:
    """Answers requests and keeps the record."""

    def __init__(self, endpoint: ArmEndpoint, shelf: ArmShelf, manners: Manners) -> None:
        self._endpoint = endpoint
        self._shelf = shelf
        self._manners = manners
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._in_flight = 0
        self._uses = 0
        self._over = threading.Event()

    def close(self) -> None:
        """Lets no answer take any longer."""
        self._over.set()

    def answer(self, method: str, target: str, headers: Message, body: bytes | None) -> _Sent:
        """Returns what to send for a request, and records it; a body that is None was not read."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        with self._arrived(path, method):
            fault = self._fault(path) if method == "GET" or is_served(method, path) else None
            self._over.wait(fault.delay if fault is not None else self._manners.latency)
            if fault is None or fault.rightly:
                reply = self._reply(method, path, dict(parse_qsl(parts.query)), headers, body)
                sent = _Sent(reply.status, reply.text, reply.headers, None if fault is None else fault.cut)
            else:
                text = fault.body.replace(b"{url}", self._endpoint.url.encode())
                sent = _Sent(fault.status, text, fault.headers, fault.cut)
            self._endpoint.requests.append(RecordedRequest(method, path, parts.query, sent.status))
        return sent

    @contextmanager
    def _arrived(self, path: str, method: str) -> Iterator[None]:
        """Counts a request among those in flight, save for one for a token."""
        counts = int(is_served(method, path))
        with self._lock:
            self._endpoint.asked.add(path)
            self._in_flight += counts
            self._endpoint.most_in_flight = max(self._endpoint.most_in_flight, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= counts

    def _fault(self, path: str) -> Fault | None:
        with self._lock:
            earlier = self._seen[path.lower()]
            self._seen[path.lower()] += 1
        return next((fault for fault in self._manners.faults if fault.strikes(path, earlier)), None)

    def _reply(self, method: str, path: str, query: dict[str, str], headers: Message, body: bytes | None) -> Reply:
        for_token = method == "GET" and path == _TOKEN_PATH
        if not for_token and not is_served(method, path):
            return arm_error(HTTPStatus.METHOD_NOT_ALLOWED, "NotOnTheList", f"{method} {path}")
        if for_token:
            return self._token(query, headers.get("X-IDENTITY-HEADER"))
        if not self._admitted(headers.get("Authorization")):
            challenge = (("WWW-Authenticate", 'Bearer error="invalid_token", error_description="expired"'),)
            return arm_error(HTTPStatus.UNAUTHORIZED, "ExpiredAuthenticationToken", headers=challenge)
        if body is None:
            return arm_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestContentTooLarge")
        return self._shelf.answer(self._endpoint.url, path, query, _options(body))

    def _admitted(self, authorization: str | None) -> bool:
        with self._lock:
            if authorization != f"Bearer {self._endpoint.token}":
                return False
            self._uses += 1
            if self._uses == self._manners.token_uses:
                self._uses = 0
                self._endpoint.token = secrets.token_urlsafe(32)
            return True

    def _token(self, query: dict[str, str], identity_header: str | None) -> Reply:
        if identity_header != self._endpoint.identity_header:
            return Reply(HTTPStatus.UNAUTHORIZED, {"statusCode": 401, "message": "wrong X-IDENTITY-HEADER"})
        lives = _TOKEN_SECONDS if self._manners.token_uses is None else _SHORT_TOKEN_SECONDS
        body = {
            "access_token": self._endpoint.token,
            "expires_on": str(int(time.time()) + lives),
            "resource": query.get("resource", ""),
            "token_type": "Bearer",
        }
        return Reply(HTTPStatus.OK, body)


def _options(body: bytes) -> Document:
    try:
        options = json.loads(body)
    except ValueError:
        return {}
    return options if isinstance(options, dict) else {}


class _Server(ThreadingHTTPServer):
    """One thread a connection; handshakes happen there, so that a slow client holds up nobody."""

    daemon_threads = True
    desk: _Desk

    def __init__(self, tls: LoopbackTls) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = tls.context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  (socketserver's own)
        # A client that goes away or does not trust the certificate is its own affair.
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        received = self._received()
        sent = self.server.desk.answer(self.command, self.path, self.headers, received)
        self.send_response(sent.status)
        for name, value in (("Content-Type", "application/json; charset=utf-8"), *sent.headers):
            self.send_header(name, value)
        if received is None:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(sent.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(sent.body[: sent.cut])
        if sent.cut is not None:
            self._reset()

    def _reset(self) -> None:
        """Ends the connection as a broken network does."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _received(self) -> bytes | None:
        """Returns the request's body, or None where there is one that is not read."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _MOST_SENT:
            return None
        return self.rfile.read(int(length))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815  (http.server finds them by these names)

    def log_message(self, *_: object) -> None:
        """Stays silent: the record is in the endpoint's requests."""
