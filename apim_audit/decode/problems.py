"""What was wrong with the documents, collected while decoding goes on."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from apim_audit.core.facts.reports import Incomplete

NOBODY = ""
"""The owner of problems that no check depends on."""


class Problems:
    """Collects what could not be read or understood, with the resource that suffers from it."""

    def __init__(self) -> None:
        self._found: list[tuple[str | None, Incomplete]] = []

    def add(self, owner: str | None, resource_id: str, reason: str, message: str) -> None:
        """Records a problem.

        Args:
            owner: the key of the resource that suffers; None where it cannot be told, so that anything may;
                NOBODY where nothing does.
            resource_id: the resource's id as Azure wrote it, or the file's name where it has none.
            reason: one word.
            message: one sentence.
        """
        self._found.append((owner, Incomplete(resource_id, reason, message)))

    def add_harmless(self, resource_id: str, reason: str, message: str) -> None:
        """Records a problem on which no check depends."""
        self._found.append((NOBODY, Incomplete(resource_id, reason, message, needed=False)))

    def finish(self, used: AbstractSet[str]) -> tuple[Incomplete, ...]:
        """Returns the problems by id, each once; those of resources that no instance uses are not needed."""
        found = {entry: entry.needed and (owner is None or owner in used) for owner, entry in self._found}
        ordered = sorted(found.items(), key=lambda item: item[0].id.lower())
        return tuple(replace(entry, needed=needed) for entry, needed in ordered)
