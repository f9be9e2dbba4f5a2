"""Typed reading of one TOML table, so that everything wrong with it is said with file, row and field."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from apim_audit.errors import CatalogueError

HINT = "The requirements that apim-audit ships with are damaged: install it anew, or undo the last edit of the file."

Member = TypeVar("Member", bound=StrEnum)

_Table = Mapping[str, Any]


def fail(where: str, problem: str) -> NoReturn:
    """Raises CatalogueError for a place in a catalogue file."""
    msg = f"{where}: {problem}"
    raise CatalogueError(msg, HINT)


class Fields:
    """A TOML table that is being read; what nobody asked for by the end is an unknown field.

    Attributes:
        where: the file and the row, as people would name them.
    """

    def __init__(self, table: object, where: str) -> None:
        if not isinstance(table, Mapping):
            fail(where, f"expected a table, found {_shown(table)}")
        self.where = where
        self._table: _Table = table
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str) -> str:
        """Returns a text that is not blank."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"expected a text, found {_shown(value)}")
        return value

    def flag(self, key: str) -> bool:
        """Returns a true or false, false where the field is absent."""
        value = self._get(key, default=False)
        if not isinstance(value, bool):
            self.fail(key, f"expected true or false, found {_shown(value)}")
        return value

    def day(self, key: str) -> str:
        """Returns a date, as ISO 8601."""
        value = self._get(key)
        if type(value) is not date:
            self.fail(key, f"expected a date such as 2021-12-15, found {_shown(value)}")
        return value.isoformat()

    def texts(self, key: str) -> tuple[str, ...]:
        """Returns the texts of a list that is not empty and repeats nothing."""
        values = self._get(key)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            self.fail(key, f"expected a list of texts, found {_shown(values)}")
        if len(set(values)) < len(values):
            self.fail(key, f"a value stands twice in {_shown(values)}")
        return tuple(values)

    def member(self, key: str, kind: type[Member]) -> Member:
        """Returns a member of an enumeration, by its value."""
        return self._member(key, self.text(key), kind)

    def members(self, key: str, kind: type[Member]) -> tuple[Member, ...]:
        """Returns members of an enumeration, by their values."""
        return tuple(self._member(key, value, kind) for value in self.texts(key))

    def table(self, key: str) -> "Fields":
        """Returns a table within this one."""
        return Fields(self._get(key), f"{self.where}: {key}")

    def rows(self, key: str) -> Iterator["Fields"]:
        """Yields the tables of an array of tables, each named by its id where it has one."""
        rows = self._get(key)
        if not isinstance(rows, list) or not rows:
            self.fail(key, f"expected at least one [[{key}]], found {_shown(rows)}")
        for number, row in enumerate(rows, start=1):
            name = row.get("id") if isinstance(row, Mapping) else None
            yield Fields(row, f"{self.where}: {key} {_shown(name) if isinstance(name, str) else f'number {number}'}")

    def raw(self, key: str) -> object:
        """Returns a field as TOML has it."""
        return self._get(key)

    def names(self) -> Iterator[str]:
        """Yields the names of the fields, in the order of the file; they are not yet read by that."""
        return iter(self._table)

    def finish(self) -> None:
        """Ends the reading.

        Raises:
            CatalogueError: a field was not asked for, so its name is wrong.
        """
        for key in self._table:
            if key not in self._read:
                self.fail(key, "no such field")

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raises CatalogueError for a field."""
        fail(f"{self.where}: {key}", problem)

    def _get(self, key: str, *, default: object = None) -> Any:  # noqa: ANN401  (TOML's values are of many types; callers check)
        self._read.add(key)
        if key not in self._table and default is None:
            self.fail(key, "the field is missing")
        return self._table.get(key, default)

    def _member(self, key: str, value: str, kind: type[Member]) -> Member:
        try:
            return kind(value)
        except ValueError:
            self.fail(key, f"{_shown(value)} is none of {', '.join(kind)}")


def _shown(value: object) -> str:
    return repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."  # noqa: PLR2004  (about a line)
