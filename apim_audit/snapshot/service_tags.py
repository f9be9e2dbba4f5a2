"""Service tag data: Microsoft's weekly file or the answer of the Service Tags list call, kept raw."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import chain
from typing import Any

from apim_audit.errors import NoAuditError
from apim_audit.snapshot.files import read_bytes
from apim_audit.snapshot.model import Document, ServiceTagDocument
from apim_audit.snapshot.parsing import UnreadableTextError, kind_of, parse

_HINT = (
    "Give the ServiceTags_*.json that Microsoft publishes weekly (Azure IP Ranges and Service Tags), "
    "or the whole answer of the Service Tags list API."
)
_MOST_PROBLEMS = 10


def load_service_tags(path: str) -> ServiceTagDocument:
    """Returns the service tags of a file: the weekly file, a REST answer, or all pages of one in an array.

    The prefixes stay as they are written; whoever uses a tag parses it.

    Raises:
        NoAuditError: the file cannot be read or holds no service tags; all problems are named.
    """
    try:
        pages = [page for value in parse(read_bytes(path)) for page in _pages(value.json)]
        problems = list(dict.fromkeys(problem for page in pages for problem in _problems(page)))
    except OSError as error:
        problems = [str(error.strerror or error)]
    except UnreadableTextError as error:
        problems = list(error.problems)
    except ValueError as error:  # a NUL in the file's name
        problems = [str(error)]
    else:
        if not problems:
            return _document(pages)
    message = "\n  ".join(["the service tags cannot be read:", *(f"{path}: {p}" for p in problems[:_MOST_PROBLEMS])])
    raise NoAuditError(message, _HINT)


def _pages(value: object) -> list[Any]:
    return value if isinstance(value, list) and value else [value]


def _problems(page: object) -> Iterable[str]:
    if not isinstance(page, dict):
        yield f"holds {kind_of(page)}, not service tags"
    elif "values" not in page and isinstance(page.get("id"), str):
        yield "holds resources, not service tags: it has no field values"
    elif not isinstance(page.get("values"), list):
        yield f"values is {kind_of(page['values'])}, not an array" if "values" in page else "has no field values"
    else:
        for index, tag in enumerate(page["values"]):
            yield from _problems_of_tag(f"values[{index}]", tag)


def _problems_of_tag(place: str, tag: object) -> Iterable[str]:
    if not isinstance(tag, dict):
        yield f"{place} is {kind_of(tag)}, not a service tag"
        return
    name, properties = tag.get("name"), tag.get("properties")
    if not isinstance(name, str):
        yield f"{place}.name is {kind_of(name)}, not a text"
    prefixes = properties.get("addressPrefixes") if isinstance(properties, dict) else None
    if not isinstance(prefixes, list):
        yield f"{place}.properties.addressPrefixes is {kind_of(prefixes)}, not an array ({name})"
    elif not set(map(type, prefixes)) <= {str}:
        yield f"{place}.properties.addressPrefixes holds something that is not a text ({name})"


def _document(pages: list[Document]) -> ServiceTagDocument:
    prefixes: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    contradictory: dict[str, str] = {}
    for tag in chain.from_iterable(page["values"] for page in pages):
        found, key = tag["properties"]["addressPrefixes"], tag["name"].strip().lower()
        name = names.setdefault(key, tag["name"])
        first = prefixes.setdefault(name, found)
        if first is not found and set(first) != set(found):
            contradictory[key] = name
    cloud, number = pages[0].get("cloud"), pages[0].get("changeNumber")
    return ServiceTagDocument(
        source="file",
        cloud=cloud if isinstance(cloud, str) else None,
        change_number=str(number) if isinstance(number, (int, str)) else None,
        prefixes={name: found for name, found in prefixes.items() if name not in contradictory.values()},
        contradictory=tuple(contradictory.values()),
        whole=not all(page.get("nextLink") for page in pages),
    )


def named_services(documents: Iterable[Document]) -> frozenset[str]:
    """Returns the folded name before the dot of every text in the documents, service tags among them.

    A rule may name a tag in any of a dozen fields; taking every text is sure to miss none, and what is no tag is no
    harm.
    """
    names: set[str] = set()
    for document in documents:  # one at a time: each may be unpacked for this alone
        waiting: list[Any] = [document]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                if "/" not in value:  # ids and prefixes, of which there are very many, are no names
                    names.add(_service(value))
            elif isinstance(value, dict):
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value
    return frozenset(names)


def trim_service_tags(document: ServiceTagDocument, names: Collection[str]) -> ServiceTagDocument:
    """Returns the tags, regional ones included, of the services that are named; letter case does not count.

    Args:
        document: the service tags.
        names: tag names; of a regional one the service counts.
    """
    services = set(map(_service, names))
    kept = {name: prefixes for name, prefixes in document.prefixes.items() if _service(name) in services}
    return replace(
        document,
        prefixes=kept,
        contradictory=tuple(name for name in document.contradictory if _service(name) in services),
    )


def _service(name: str) -> str:
    return name.partition(".")[0].strip().lower()
