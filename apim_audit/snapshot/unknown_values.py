"""Values in a document that cannot be known before a deployment: each stands where its value would, with its name."""

from apim_audit.snapshot.model import Document

_KEY = "$unknown"


def unknown(name: str) -> Document:
    """Returns what stands for a value that is not known yet.

    Args:
        name: the attribute or expression whose value it is, as people would look for it.
    """
    return {_KEY: name}


def unknown_name(value: object) -> str | None:
    """Returns the name of a value that is not known yet, or None where a value is known."""
    if isinstance(value, dict) and len(value) == 1:
        name = value.get(_KEY)
        return name if isinstance(name, str) else None
    return None
