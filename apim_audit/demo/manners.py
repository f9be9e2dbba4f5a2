"""How the embedded endpoint behaves as a server: pages, latency, tokens that expire, and faults to order."""

import json
from dataclasses import dataclass
from http import HTTPStatus

from apim_audit.demo.replies import arm_error

Headers = tuple[tuple[str, str], ...]

_PAGE_SIZE = 50


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
        delay: seconds that the answer takes.
        rightly: whether the answer is the right one all the same, only late or cut off.
        cut: how many bytes of the answer are sent before the connection is reset, or None for all.
    """

    path: str
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    body: bytes = b""
    headers: Headers = ()
    after: int = 0
    times: int | None = None
    delay: float = 0.0
    rightly: bool = False
    cut: int | None = None

    @classmethod
    def refusing(cls, path: str, status: int, code: str, message: str = "", headers: Headers = ()) -> "Fault":
        """Returns a fault that answers with an error as ARM writes it."""
        reply = arm_error(status, code, message)
        return cls(path, status, json.dumps(reply.body).encode(), headers)

    def strikes(self, path: str, earlier: int) -> bool:
        """Tells whether a request goes wrong, given how many of the path there were before."""
        struck = earlier - self.after
        return self.path.lower() == path.lower() and struck >= 0 and (self.times is None or struck < self.times)


@dataclass(frozen=True, slots=True)
class Manners:
    """How the endpoint behaves as a server.

    Attributes:
        page_size: how many resources a page of a list holds.
        faults: what goes wrong; the first that fits a request strikes.
        token: the bearer token to hand out, instead of one made at random.
        latency: seconds that every answer takes.
        written: whether the JSON of the resources is written before the first request: for measuring the client alone.
        token_uses: after how many requests a token is taken no more, and another one handed out; None for never.
    """

    page_size: int = _PAGE_SIZE
    faults: tuple[Fault, ...] = ()
    token: str | None = None
    latency: float = 0.0
    written: bool = False
    token_uses: int | None = None
