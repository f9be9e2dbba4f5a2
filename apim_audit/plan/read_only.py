"""What Azure keeps of a resource when it is written: the fields that only Azure sets."""

from collections.abc import Callable, Mapping

from apim_audit.decode.instances import location_key
from apim_audit.plan.nesting import child_name, place_of, properties_of
from apim_audit.snapshot import Document

_OF_PEERINGS = (
    "peeringState",
    "peeringSyncLevel",
    "remoteAddressSpace",
    "remoteVirtualNetworkAddressSpace",
    "peerCompleteVnets",
)
_OF_CHILDREN: Mapping[str, tuple[str, ...]] = {
    "subnets": ("ipConfigurations",),
    "virtualNetworkPeerings": _OF_PEERINGS,
}


def kept(key: str, written: Document, there: Document | None) -> Document:
    """Returns a document as it is once it is written over what is there.

    Args:
        key: its key.
        written: the document.
        there: what is there, or None.
    """
    if there is None:
        return written
    place = place_of(key)
    if place is not None:
        return _with(written, there, _OF_CHILDREN.get(place.field, ()))
    if "/microsoft.apimanagement/service/" in key:
        platform = _with(written, there, ("platformVersion",))
        return _each(platform, there, "additionalLocations", _location, _with_platform)
    found = written
    for field, names in _OF_CHILDREN.items():
        found = _each(found, there, field, child_name, lambda new, old, names=names: _with(new, old, names))  # type: ignore[misc]
    return found


def _with(written: Document, there: Document, names: tuple[str, ...]) -> Document:
    old, new = properties_of(there), properties_of(written)
    missing = {name: old[name] for name in names if old.get(name) is not None and new.get(name) is None}
    return {**written, "properties": {**new, **missing}} if missing else written


def _with_platform(written: Document, there: Document) -> Document:
    version = there.get("platformVersion")
    return written if version is None or written.get("platformVersion") else {**written, "platformVersion": version}


def _location(body: object) -> str | None:
    name = body.get("location") if isinstance(body, dict) else None
    return location_key(name) if isinstance(name, str) else None


def _each(
    written: Document,
    there: Document,
    field: str,
    name_of: Callable[[object], str | None],
    join: Callable[[Document, Document], Document],
) -> Document:
    """Returns a document whose list has its members joined with those of the same name that are there."""
    new, old = properties_of(written).get(field), properties_of(there).get(field)
    if not isinstance(new, list) or not isinstance(old, list):
        return written
    by_name = {name_of(body): body for body in old if isinstance(body, dict)}
    joined = [_joined(body, by_name.get(name_of(body)), join) for body in new]
    return {**written, "properties": {**properties_of(written), field: joined}}


def _joined(body: object, old: Document | None, join: Callable[[Document, Document], Document]) -> object:
    return join(body, old) if isinstance(body, dict) and old is not None else body
