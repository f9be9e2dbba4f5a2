"""What is named in a snapshot: the vocabulary that a report which leaves the house must not use."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_audit.snapshot.model import Snapshot

_NOT_OF_A_RESOURCE = frozenset({"sku", "defaultSecurityRules"})


def names_in(snapshot: Snapshot) -> frozenset[str]:
    """Returns the names of resources, rules and routes, all ids, and the names of files.

    Names of pricing tiers and of default rules, which are everybody's, are not among them.
    """
    files = {document.source for document in snapshot.documents} - {"live", "standard input"}
    return frozenset(files.union(_texts([document.body for document in snapshot.documents])))


def _texts(documents: list[Any]) -> Iterator[str]:
    waiting = documents
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from (text for key, text in value.items() if _is_name(key, text))
            waiting += _members(value)
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and value.startswith("/"):
            yield value


def _members(value: Mapping[str, Any]) -> Iterator[Any]:
    return (member for key, member in value.items() if key not in _NOT_OF_A_RESOURCE)


def _is_name(key: str, value: object) -> bool:
    return isinstance(value, str) and key.lower() in {"name", "id"}
