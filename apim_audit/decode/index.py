"""Resources of one type by id; one that is given twice is compared."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from apim_audit.core.facts.estate import Unreadable
from apim_audit.core.facts.text import printable
from apim_audit.decode.fields import Json
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Resource

Value = TypeVar("Value")

REMOVE_ONE = "remove one of the two"
"""What to do about a resource that is given twice."""


@dataclass(slots=True)
class _Entry(Generic[Value]):
    resource: Resource
    value: Value
    conflict: str = ""


class Index(Generic[Value]):
    """The decoded resources of one type, by folded id.

    Args:
        read: decodes a resource.
        substance: what of a decoded value matters: two documents that agree in it are the same resource.
        problems: collects the conflicts.
    """

    def __init__(
        self, read: Callable[[Resource], Value], substance: Callable[[Value], object], problems: Problems
    ) -> None:
        self._read = read
        self._substance = substance
        self._problems = problems
        self._entries: dict[str, _Entry[Value]] = {}

    def add(self, resource: Resource) -> None:
        """Decodes a resource and keeps it; a second document of the same id is compared with the first."""
        entry = self._entries.get(resource.key)
        if entry is None:
            self._entries[resource.key] = _Entry(resource, self._read(resource))
        elif not _identical(entry.resource.body, resource.body):
            self._compare(entry, resource)

    def extend(self, resources: Iterable[Resource]) -> None:
        """Adds resources one after the other."""
        for resource in resources:
            self.add(resource)

    def get(self, key: str) -> Value | Unreadable | None:
        """Returns what stands under an id: Unreadable where documents contradict each other, None for nothing."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        return Unreadable(entry.resource.id, entry.conflict) if entry.conflict else entry.value

    def keys(self) -> Iterator[str]:
        """Yields the folded ids, in the order in which the resources came."""
        return iter(self._entries)

    def read(self, key: str) -> tuple[Value, str]:
        """Returns the first resource under an id that is there, and how it conflicts with others, or ""."""
        entry = self._entries[key]
        return entry.value, entry.conflict

    def _compare(self, entry: _Entry[Value], resource: Resource) -> None:
        first = entry.resource
        same = self._substance(entry.value) == self._substance(self._read(resource))
        if not same:
            entry.conflict = f"{first.title} is given twice with different content"
            message = f"{_where(first, resource)}: {entry.conflict}; {REMOVE_ONE}"
            self._problems.add(first.key, first.id, "duplicate", message)
        elif not first.path and not resource.path:
            # A subnet in its VNet and by itself need not look alike; two documents of one resource should.
            message = f"{first.title} is given twice; {_what_differs(first, resource)}; {REMOVE_ONE}"
            self._problems.add_harmless(first.id, "duplicate", f"{_where(first, resource)}: {message}")


def _what_differs(first: Resource, second: Resource) -> str:
    if _identical(first.nested_lists(), second.nested_lists()):
        return "what differs does not bear on the audit"
    return "it differs in its subnets or peerings, which are compared one by one, and in nothing else that counts"


def _identical(first: Json, second: Json) -> bool:
    try:
        return first == second
    except RecursionError:  # nested as deeply as a parser lets through
        return False


def _where(first: Resource, second: Resource) -> str:
    return " and ".join(dict.fromkeys((printable(first.source), printable(second.source))))
