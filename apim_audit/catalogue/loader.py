"""Reads the baselines and the service tag names that lie beside this module."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from apim_audit.catalogue.fields import Fields, fail
from apim_audit.catalogue.rows import read_row
from apim_audit.core.facts.requirements import Baseline, Catalogue, PeerKind, Requirement, Source

TAG_NAMES_FILE = "service-tags.txt"


@cache
def load_catalogue() -> Catalogue:
    """Returns the catalogue that the program ships with; the first call reads it, later ones get the same value.

    Raises:
        CatalogueError: a file is missing or damaged; the message names file, row and field.
    """
    return read_catalogue(files(__package__))


def read_catalogue(folder: Traversable) -> Catalogue:
    """Returns the catalogue of a folder: every ``*.toml`` is a baseline, ``service-tags.txt`` has the tag names.

    Raises:
        CatalogueError: a file is missing or damaged; the message names file, row and field.
    """
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    if not names:
        fail("catalogue", "no baseline, that is, no .toml file")
    tag_names = _tag_names(_text(folder, TAG_NAMES_FILE))
    return Catalogue(tuple(_baseline(name, _text(folder, name), tag_names) for name in names), tag_names)


def _text(folder: Traversable, name: str) -> str:
    try:
        return folder.joinpath(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(name, f"cannot be read ({error})")


def _tag_names(text: str) -> frozenset[str]:
    names = frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
    if not names:
        fail(TAG_NAMES_FILE, "no tag name, one a line")
    return names


def _baseline(name: str, text: str, tag_names: frozenset[str]) -> Baseline:
    try:
        fields = Fields(tomllib.loads(text), name)
    except tomllib.TOMLDecodeError as error:
        fail(name, f"not TOML ({error})")
    identifier = fields.text("id")
    if f"{identifier}.toml" != name:
        fields.fail("id", f"a file of this name holds the baseline {name.removesuffix('.toml')!r}, not {identifier!r}")
    sources = _sources(fields.table("sources"))
    found = [requirement for row in fields.rows("requirements") for requirement in read_row(row, sources)]
    _check(name, found, tag_names)
    baseline = Baseline(identifier, fields.text("title"), tuple(found))
    fields.finish()
    return baseline


def _sources(fields: Fields) -> Mapping[str, Source]:
    return {name: _source(fields.table(name)) for name in fields.names()}


def _source(fields: Fields) -> Source:
    source = Source(fields.text("title"), fields.text("location"), fields.day("dated"), fields.day("compared"))
    fields.finish()
    return source


def _check(name: str, requirements: Iterable[Requirement], tag_names: frozenset[str]) -> None:
    seen: set[str] = set()
    for requirement in requirements:
        where = f"{name}: requirements {requirement.id!r}"
        if requirement.id in seen:
            fail(f"{where}: id", "another row has it already")
        seen.add(requirement.id)
        peer = requirement.flow.peer if requirement.flow else None
        if peer and peer.kind is PeerKind.TAG and peer.name not in tag_names:
            fail(f"{where}: peer: name", f"{peer.name!r} is no service tag of {TAG_NAMES_FILE}")
