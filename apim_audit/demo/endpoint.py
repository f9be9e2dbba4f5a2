"""An embedded ARM endpoint on loopback: TLS, paging, a managed identity's tokens, and faults to order."""

import json
import secrets
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import devnull
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, unquote, urlsplit

from apim_audit.demo.arm import ArmShelf, Reply, ServedEstate, arm_error, is_served
from apim_audit.demo.certificate import LoopbackTls, issue_loopback_certificate
from apim_audit.snapshot import Document

Headers = tuple[tuple[str, str], ...]

_TOKEN_PATH = "/identity/oauth2/token"  # noqa: S105  (a path)
_TOKEN_SECONDS = 86_400
_PAGE_SIZE = 50
_POLL_SECONDS = 0.02
_MOST_SENT = 65_536


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that the endpoint was asked, and how it answered."""

    method: str
    path: str
    query: str
    status: int


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that stands in for the right one.

    Attributes:
        path: the path that goes wrong, without its query, in any letter case.
        status: the HTTP status.
        body: the body; ``{url}`` in it stands for the endpoint's own URL.
        headers: further headers.
        after: how many requests of the path are answered rightly first.
        times: how many requests go wrong then, or None for all.
    """

    path: str
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    body: bytes = b""
    headers: Headers = ()
    after: int = 0
    times: int | None = None

    @classmethod
    def refusing(cls, path: str, status: int, code: str, message: str = "", headers: Headers = ()) -> "Fault":
        """Returns a fault that answers with an error as ARM writes it."""
        reply = arm_error(status, code, message)
        return cls(path, status, json.dumps(reply.body).encode(), headers)

    def strikes(self, path: str, earlier: int) -> bool:
        """Tells whether a request goes wrong, given how many of the path there were before."""
        struck = earlier - self.after
        return self.path.lower() == path.lower() and struck >= 0 and (self.times is None or struck < self.times)


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
    """

    url: str
    ca_file: Path
    subscription_ids: tuple[str, ...]
    token: str
    identity_header: str
    requests: list[RecordedRequest] = field(default_factory=list)

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
def serve(
    estate: ServedEstate, *, page_size: int = _PAGE_SIZE, faults: Sequence[Fault] = (), token: str | None = None
) -> Iterator[ArmEndpoint]:
    """Serves an estate on a free port of 127.0.0.1 until the block ends.

    Args:
        estate: what to serve.
        page_size: how many resources a page of a list holds.
        faults: what goes wrong; the first that fits a request strikes.
        token: the bearer token to hand out, instead of one made at random.
    """
    with TemporaryDirectory(prefix="apim-audit-") as folder:
        tls = issue_loopback_certificate(Path(folder))
        shelf = ArmShelf(estate, page_size)
        server = _Server(tls)
        url = f"https://127.0.0.1:{server.server_port}"
        endpoint = ArmEndpoint(
            url, tls.ca_file, shelf.subscription_ids, token or secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        )
        server.desk = _Desk(endpoint, shelf, tuple(faults))
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Desk:
    """Answers requests one at a time and keeps the record."""

    def __init__(self, endpoint: ArmEndpoint, shelf: ArmShelf, faults: tuple[Fault, ...]) -> None:
        self._endpoint = endpoint
        self._shelf = shelf
        self._faults = faults
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, method: str, target: str, headers: Message, body: bytes | None) -> tuple[int, bytes, Headers]:
        """Returns status, body and further headers for a request, and records it; a body that is None was not read."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        with self._lock:
            fault = self._fault(path) if method == "GET" or is_served(method, path) else None
            if fault is not None:
                answer = fault.status, fault.body.replace(b"{url}", self._endpoint.url.encode()), fault.headers
            else:
                reply = self._reply(method, path, dict(parse_qsl(parts.query)), headers, body)
                answer = reply.status, json.dumps(reply.body).encode(), reply.headers
            self._endpoint.requests.append(RecordedRequest(method, path, parts.query, answer[0]))
        return answer

    def _fault(self, path: str) -> Fault | None:
        earlier = self._seen[path.lower()]
        self._seen[path.lower()] += 1
        return next((fault for fault in self._faults if fault.strikes(path, earlier)), None)

    def _reply(self, method: str, path: str, query: dict[str, str], headers: Message, body: bytes | None) -> Reply:
        for_token = method == "GET" and path == _TOKEN_PATH
        if not for_token and not is_served(method, path):
            return arm_error(HTTPStatus.METHOD_NOT_ALLOWED, "NotOnTheList", f"{method} {path}")
        if for_token:
            return self._token(query, headers.get("X-IDENTITY-HEADER"))
        if headers.get("Authorization") != f"Bearer {self._endpoint.token}":
            return arm_error(HTTPStatus.UNAUTHORIZED, "AuthenticationFailed")
        if body is None:
            return arm_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestContentTooLarge")
        return self._shelf.answer(self._endpoint.url, path, query, _options(body))

    def _token(self, query: dict[str, str], identity_header: str | None) -> Reply:
        if identity_header != self._endpoint.identity_header:
            return Reply(HTTPStatus.UNAUTHORIZED, {"statusCode": 401, "message": "wrong X-IDENTITY-HEADER"})
        expires_on = str(int(time.time()) + _TOKEN_SECONDS)
        body = {
            "access_token": self._endpoint.token,
            "expires_on": expires_on,
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
        sent = self._sent()
        status, body, headers = self.server.desk.answer(self.command, self.path, self.headers, sent)
        self.send_response(status)
        for name, value in (("Content-Type", "application/json; charset=utf-8"), *headers):
            self.send_header(name, value)
        if sent is None:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _sent(self) -> bytes | None:
        """Returns the request's body, or None where there is one that is not read."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _MOST_SENT:
            return None
        return self.rfile.read(int(length))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815  (http.server finds them by these names)

    def log_message(self, *_: object) -> None:
        """Stays silent: the record is in the endpoint's requests."""
