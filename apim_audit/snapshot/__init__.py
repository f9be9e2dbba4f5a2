"""Snapshots: ARM's own JSON as it was read, with what could not be read; what every later stage starts from."""

from apim_audit.snapshot.documents import load_files
from apim_audit.snapshot.files import NotWrittenError, write_atomically
from apim_audit.snapshot.model import Document, PackedDocument, ServiceTagDocument, Snapshot, SourcedDocument
from apim_audit.snapshot.names import names_in
from apim_audit.snapshot.service_tags import load_service_tags, named_services, trim_service_tags
from apim_audit.snapshot.stored import save, to_text
from apim_audit.snapshot.unknown_values import unknown, unknown_name

__all__ = [
    "Document",
    "NotWrittenError",
    "PackedDocument",
    "ServiceTagDocument",
    "Snapshot",
    "SourcedDocument",
    "load_files",
    "load_service_tags",
    "named_services",
    "names_in",
    "save",
    "to_text",
    "trim_service_tags",
    "unknown",
    "unknown_name",
    "write_atomically",
]
