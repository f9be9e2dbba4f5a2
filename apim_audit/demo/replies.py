"""What the embedded endpoint answers with."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from apim_audit.snapshot import Document


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON body, as values or as written, and further headers."""

    status: int
    body: Document | list[Document] | bytes
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> bytes:
        """The body as it is sent."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def arm_error(status: int, code: str, message: str = "", headers: Iterable[tuple[str, str]] = ()) -> Reply:
    """Returns an error as ARM writes it."""
    return Reply(status, {"error": {"code": code, "message": message or code}}, tuple(headers))


def page(entries: Iterable[bytes], next_link: str | None) -> bytes:
    """Returns a page of a list: entries that are written already, and the link to the next page, if there is one."""
    following = b"" if next_link is None else b', "nextLink": ' + json.dumps(next_link).encode()
    return b'{"value": [' + b", ".join(entries) + b"]" + following + b"}"
