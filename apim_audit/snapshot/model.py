"""What a snapshot holds, as values."""

from dataclasses import dataclass, field
from typing import Any

from apim_audit.core.findings import Incomplete, Scope

Document = dict[str, Any]
"""One ARM resource as Azure Resource Manager answers it."""


@dataclass(frozen=True, slots=True)
class SourcedDocument:
    """A document and where it was read: a file's name, or ``live``."""

    source: str
    body: Document


@dataclass(frozen=True, slots=True)
class ServiceTagDocument:
    """A service tag file or the answer of the Service Tags list call, raw.

    Attributes:
        source: ``live`` or ``file``.
        cloud: ``Public``, ``AzureGovernment``, ``China`` as the data names it.
        change_number: the data's version, as text.
        prefixes: the raw prefixes of each tag, by the tag's name as Azure writes it.
    """

    source: str
    cloud: str | None
    change_number: str | None
    prefixes: dict[str, list[str]]


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
    """

    documents: tuple[SourcedDocument, ...]
    incomplete: tuple[Incomplete, ...] = ()
    taken_at: str | None = None
    scope: Scope = field(default_factory=Scope)
    cloud: str | None = None
    service_tags: ServiceTagDocument | None = None
