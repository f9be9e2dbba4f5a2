"""What was read so far, so that an interrupted reading is not lost."""

import threading
from collections.abc import Sequence

from apim_audit.collect.kinds import NETWORK_SECURITY_GROUPS, ROUTE_TABLES, Held, Kind, fold, id_of
from apim_audit.collect.progress import Progress
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document, PackedDocument, Snapshot

_MANY = 1_000
_PACKED = (NETWORK_SECURITY_GROUPS, ROUTE_TABLES)
"""The largest documents, which the reader itself never looks into."""


class InterruptedReadingError(KeyboardInterrupt):
    """Somebody pressed Ctrl-C while Azure was read.

    Attributes:
        snapshot: what had been read by then, with an entry that says so.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


class Gathered:
    """The resources read so far, told to the progress; any thread may add."""

    def __init__(self, progress: Progress) -> None:
        self._lock = threading.Lock()
        self._documents: list[Held] = []
        self._progress = progress

    def add(self, kind: Kind, documents: Sequence[Document]) -> list[Held]:
        """Adds resources that an audit needs, and returns them in the form in which they are held."""
        held: list[Held] = list(documents)
        if kind in _PACKED and len(self._documents) > _MANY:
            held = [PackedDocument(document) for document in documents]
        with self._lock:
            self._documents += held
        self._progress.add(len(held))
        return held

    def documents(self) -> list[Held]:
        """Returns the resources, each once however often it was answered alike."""
        with self._lock:
            documents = tuple(self._documents)
        distinct: dict[str, list[Held]] = {}
        for document in documents:
            known = distinct.setdefault(fold(id_of(document)), [])
            if document not in known:
                known.append(document)
        return [document for known in distinct.values() for document in known]


def interruption() -> Incomplete:
    """Returns the entry that says that a reading was interrupted."""
    message = "The reading was interrupted: what is not here was not read. Read again for a whole report."
    return Incomplete("/subscriptions", "interrupted", message)
