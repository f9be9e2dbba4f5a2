"""What the embedded endpoint answers with."""

from collections.abc import Iterable
from dataclasses import dataclass

from apim_audit.snapshot import Document


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON body and further headers."""

    status: int
    body: Document | list[Document]
    headers: tuple[tuple[str, str], ...] = ()


def arm_error(status: int, code: str, message: str = "", headers: Iterable[tuple[str, str]] = ()) -> Reply:
    """Returns an error as ARM writes it."""
    return Reply(status, {"error": {"code": code, "message": message or code}}, tuple(headers))
