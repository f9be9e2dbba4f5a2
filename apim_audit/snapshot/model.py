"""What a snapshot holds, as values."""

import marshal
import zlib
from dataclasses import dataclass, field
from typing import Any

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.reports import Incomplete, Scope

Document = dict[str, Any]
"""One ARM resource as Azure Resource Manager answers it."""


class PackedDocument:
    """A document, compressed: a twentieth of the memory, for a millisecond at each reading.

    The bytes never leave the process, so they may have the interpreter's own format: it holds all that JSON can say,
    and is written seven times as fast.

    Attributes:
        id: the document's id.
        type: its type, as written.
    """

    __slots__ = ("_bytes", "id", "type")

    def __init__(self, document: Document) -> None:
        self.id = str(document["id"])
        self.type = document.get("type")
        self._bytes = zlib.compress(marshal.dumps(document), 1)

    def unpack(self) -> Document:
        """Returns the document, made anew."""
        document: Document = marshal.loads(zlib.decompress(self._bytes))  # noqa: S302  (made above)
        return document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PackedDocument) and self.unpack() == other.unpack()

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return repr(self.unpack())


@dataclass(frozen=True, slots=True, eq=False)
class SourcedDocument:
    """A document and where it was read.

    Attributes:
        source: a file's name with its place there, or ``live``; what people are told.
        held: the document, or its packed form where there are very many.
        origin: the file in which it can be looked up now, which for a snapshot is the snapshot; None for no file. Two
            documents may be equal and differ in it.
    """

    source: str
    held: Document | PackedDocument
    origin: Origin | None = None

    @property
    def body(self) -> Document:
        """The document; ask once, it may be unpacked each time."""
        return self.held.unpack() if isinstance(self.held, PackedDocument) else self.held

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SourcedDocument):
            return NotImplemented
        return (self.source, self.body) == (other.source, other.body)

    __hash__ = None  # type: ignore[assignment]  # as that of the document in it


@dataclass(frozen=True, slots=True)
class ServiceTagDocument:
    """A service tag file or the answer of the Service Tags list call, raw.

    Attributes:
        source: ``live`` or ``file``.
        cloud: ``Public``, ``AzureGovernment``, ``China`` as the data names it.
        change_number: the data's version, as text.
        prefixes: the raw prefixes of each tag, by the tag's name as Azure writes it.
        contradictory: the names of tags that are there twice with different prefixes, which are not among those.
        whole: False where the data says that there is more of it.
    """

    source: str
    cloud: str | None
    change_number: str | None
    prefixes: dict[str, list[str]]
    contradictory: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read, raw.

    Attributes:
        documents: the ARM resources.
        incomplete: what could not be read, and why.
        taken_at: when, ISO 8601 in UTC to the second, or None for documents that do not tell it.
        scope: what was asked for; never who asked.
        cloud: ``AzureCloud``, ``AzureUSGovernment``, ``AzureChinaCloud``, or None where it is not known.
        service_tags: the service tags, or None.
        notes: what people should know of how the documents were put together; not kept in a stored snapshot, which is
            one by itself.
    """

    documents: tuple[SourcedDocument, ...]
    incomplete: tuple[Incomplete, ...] = ()
    taken_at: str | None = None
    scope: Scope = field(default_factory=Scope)
    cloud: str | None = None
    service_tags: ServiceTagDocument | None = None
    notes: tuple[str, ...] = ()
