"""What the user assumes about things that no document tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from typer import BadParameter

from apim_audit.core.sets.addresses import parse_addresses
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from apim_audit.errors import UsageError

_SUBJECT = "on-premises"
_NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Prefixes that gateways announce from on-premises; none of them says that nothing is announced."""

    prefixes: tuple[str, ...]


def announcement(text: str) -> Announcement:
    """Returns the value of ``--assume on-premises=PREFIX,...``.

    Raises:
        BadParameter: it is about something else, or one of the prefixes is none.
    """
    subject, _, value = text.partition("=")
    if subject.strip().lower() != _SUBJECT or not value.strip():
        message = f"{text!r} is neither {_SUBJECT}=PREFIX,... nor {_SUBJECT}={_NOTHING}."
        raise BadParameter(message)
    if value.strip().lower() == _NOTHING:
        return Announcement(())
    prefixes = tuple(part.strip() for part in value.split(","))
    for prefix in prefixes:
        if parse_addresses(prefix) is None:
            message = f"{prefix!r} in {text!r} is no address prefix such as 10.0.0.0/8."
            raise BadParameter(message)
    return Announcement(prefixes)


def announced(found: Sequence[Announcement]) -> IntervalSet | None:
    """Returns the addresses of all announcements, or None where nothing is assumed.

    Raises:
        UsageError: nothing and something are announced at once.
    """
    if not found:
        return None
    if len({bool(each.prefixes) for each in found}) > 1:
        message = f"--assume {_SUBJECT}={_NOTHING} says that nothing is announced, another --assume says otherwise"
        raise UsageError(message)
    addresses = EMPTY
    for prefix in (prefix for each in found for prefix in each.prefixes):
        addresses |= parse_addresses(prefix) or EMPTY
    return addresses
