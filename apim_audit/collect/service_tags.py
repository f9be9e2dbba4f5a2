"""The service tags as the Service Tags list call answers them."""

from apim_audit.collect.kinds import dig, list_at, text_at
from apim_audit.snapshot import Document, ServiceTagDocument


def parse_service_tags(answer: Document) -> ServiceTagDocument | None:
    """Returns the service tags of an answer, or None where it holds none."""
    prefixes: dict[str, list[str]] = {}
    for entry in list_at(answer, "values"):
        name = text_at(entry, "name")
        if name is not None:
            written = list_at(entry, "properties", "addressPrefixes")
            prefixes.setdefault(name, []).extend(prefix for prefix in written if isinstance(prefix, str))
    if not prefixes:
        return None
    number = dig(answer, "changeNumber")
    return ServiceTagDocument(
        "live",
        text_at(answer, "cloud"),
        None if number is None else str(number),
        prefixes,
        whole=not answer.get("nextLink"),
    )
