"""The values of a resource as a plan tells them: known, not known until the deployment, or not to be shown."""

from collections.abc import Iterable

from apim_audit.snapshot import Document, unknown, unknown_name

_SENSITIVE = "{}, which the plan marks as sensitive"


def joined(address: str, value: object, not_known: object, sensitive: object) -> Document:
    """Returns the attributes of a resource, with marks in the place of those that are not known or not to be shown.

    Args:
        address: the resource's address.
        value: ``after`` or ``before`` of its change.
        not_known: ``after_unknown``: true, or an object of the same shape.
        sensitive: ``after_sensitive`` or ``before_sensitive``, of the same shape; what it marks is never looked at
            again, so that it cannot be printed.
    """
    found = _joined(address, value, not_known, sensitive)
    return found if isinstance(found, dict) and unknown_name(found) is None else {}


def _joined(path: str, value: object, not_known: object, sensitive: object) -> object:
    if sensitive is True:
        return unknown(_SENSITIVE.format(path))
    if not_known is True:
        return unknown(path)
    if isinstance(value, dict) or (value is None and isinstance(not_known, dict) and not_known):
        known = value if isinstance(value, dict) else {}
        keys = dict.fromkeys((*known, *_keys(not_known)))
        return {key: _joined(f"{path}.{key}", known.get(key), _at(not_known, key), _at(sensitive, key)) for key in keys}
    if isinstance(value, list):
        longest = max(len(value), len(not_known) if isinstance(not_known, list) else 0)
        return [
            _joined(f"{path}[{at}]", value[at] if at < len(value) else None, _at(not_known, at), _at(sensitive, at))
            for at in range(longest)
        ]
    return value


def _keys(not_known: object) -> Iterable[str]:
    return (key for key, mark in not_known.items() if _marks(mark)) if isinstance(not_known, dict) else ()


def _marks(mark: object) -> bool:
    if isinstance(mark, dict):
        return any(map(_marks, mark.values()))
    return any(map(_marks, mark)) if isinstance(mark, list) else mark is True


def _at(shape: object, key: str | int) -> object:
    if isinstance(shape, dict):
        return shape.get(str(key))
    return shape[key] if isinstance(shape, list) and isinstance(key, int) and key < len(shape) else None


def text(values: Document, name: str) -> str | None:
    """Returns an attribute that is a text and not empty, else None."""
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def blocks(values: Document, name: str) -> list[Document]:
    """Returns the blocks of one name; none where they are not known."""
    value = values.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_unknown(values: Document, name: str) -> bool:
    """Tells whether an attribute is not known until the deployment."""
    return unknown_name(values.get(name)) is not None
