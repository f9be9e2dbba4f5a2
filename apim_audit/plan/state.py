"""ARM documents by id while changes are laid over them; the documents that were given are never altered."""

from collections.abc import Iterable, Iterator

from apim_audit.plan.nesting import Place, child_name, key_of, lists_of, place_of, properties_of
from apim_audit.snapshot import Document, SourcedDocument, unknown_name

_AND = " and "
_Children = dict[str, object]


class _Node:
    """One document; the lists of its children are opened when they are first changed."""

    __slots__ = ("body", "opened", "source")

    def __init__(self, document: SourcedDocument) -> None:
        self.source = document.source
        self.body = document.body
        self.opened: dict[str, _Children] = {}

    def children(self, field: str) -> _Children | None:
        """Returns the children of a list by name, for changing, or None where the list cannot be read."""
        if field not in self.opened:
            found = _listed(self.body, field)
            if found is None:
                return None
            self.opened[field] = found
        return self.opened[field]

    def document(self) -> SourcedDocument:
        """Returns the document with its children as they are now."""
        properties = properties_of(self.body)
        # A list that was not there stays away, unless it got something: an empty one would say more.
        lists = {field: list(found.values()) for field, found in self.opened.items() if found or field in properties}
        if not lists:
            return SourcedDocument(self.source, self.body)
        return SourcedDocument(self.source, {**self.body, "properties": {**properties, **lists}})


def _listed(body: Document, field: str) -> _Children | None:
    properties = body.get("properties")
    if not isinstance(properties, dict) or unknown_name(properties) is not None:
        return None
    values = properties.get(field)
    if values is not None and not isinstance(values, list):
        return None
    # Children without a name, or of one name, keep their places under keys that no name can have.
    found: _Children = {}
    for number, value in enumerate(values or ()):
        name = child_name(value)
        found[f"/{number}" if name is None or name in found else name] = value
    return found


class State:
    """The documents of an estate, by key."""

    def __init__(self, documents: Iterable[SourcedDocument]) -> None:
        self._nodes: dict[str, list[_Node]] = {}
        self._apart: dict[tuple[str, str], set[str]] = {}
        for number, document in enumerate(documents):
            self._add(key_of(document.body) or f"/{number}", document)

    def documents(self) -> tuple[SourcedDocument, ...]:
        """Returns all documents."""
        return tuple(node.document() for nodes in self._nodes.values() for node in nodes)

    def keys(self) -> Iterator[str]:
        """Yields the keys of the documents; of children those that stand by themselves."""
        return iter(self._nodes)

    def get(self, key: str) -> Document | None:
        """Returns a document, or a child that stands in its parent; None where there is none."""
        place = place_of(key)
        if place is not None:
            child = self._nested(place)
            if isinstance(child, dict):
                return child
        nodes = self._nodes.get(key)
        return nodes[0].document().body if nodes else None

    def children(self, key: str, field: str) -> tuple[Document, ...]:
        """Returns the children of a resource, whether they stand in it or by themselves."""
        nodes = self._nodes.get(key, [])
        lists = (properties_of(node.document().body).get(field) for node in nodes)
        nested = (child for each in lists if isinstance(each, list) for child in each)
        apart = (self._nodes[each][0].body for each in sorted(self._apart.get((key, field), ())))
        return tuple(child for child in (*nested, *apart) if isinstance(child, dict))

    def knows_children(self, place: Place) -> bool:
        """Tells whether the list in which a child would stand is known."""
        return any(node.children(place.field) is not None for node in self._nodes.get(place.parent, ()))

    def put(self, key: str, document: SourcedDocument, written: Document) -> None:
        """Puts a document in the place of whatever stands under its key.

        Args:
            key: its key.
            document: the document; a child goes into its parent where that is known.
            written: what a change writes of it: children that it lists stand by themselves no longer.
        """
        place = place_of(key)
        self._drop(key)
        if place is None or not self._put_nested(place, document.body):
            self._add(key, document)
        else:
            self._name_source(place, document.source)
        for field in lists_of(key):
            if properties_of(written).get(field) is not None:
                self._drop_apart(key, field)

    def remove(self, key: str) -> None:
        """Takes a document away, with its children."""
        place = place_of(key)
        if place is not None:
            for node in self._nodes.get(place.parent, ()):
                children = node.children(place.field)
                if children is not None:
                    children.pop(place.name, None)
        self._drop(key)
        for field in lists_of(key):
            self._drop_apart(key, field)

    def _nested(self, place: Place) -> object:
        for node in self._nodes.get(place.parent, ()):
            children = node.children(place.field)
            if children and place.name in children:
                return children[place.name]
        return None

    def _put_nested(self, place: Place, body: Document) -> bool:
        lists = [node.children(place.field) for node in self._nodes.get(place.parent, ())]
        for children in lists:
            if children is not None:
                children[place.name] = body
        return any(children is not None for children in lists)

    def _name_source(self, place: Place, source: str) -> None:
        for node in self._nodes.get(place.parent, ()):
            if source not in node.source.split(_AND):
                node.source += f"{_AND}{source}"

    def _add(self, key: str, document: SourcedDocument) -> None:
        self._nodes.setdefault(key, []).append(_Node(document))
        place = place_of(key)
        if place is not None:
            self._apart.setdefault((place.parent, place.field), set()).add(key)

    def _drop(self, key: str) -> None:
        place = place_of(key)
        if self._nodes.pop(key, None) is not None and place is not None:
            self._apart[place.parent, place.field].discard(key)

    def _drop_apart(self, key: str, field: str) -> None:
        for child in tuple(self._apart.get((key, field), ())):
            self._drop(child)
