"""Typed reading of ARM's JSON: what is wrong is collected with its path, and the reading goes on."""

from collections.abc import Iterable, Mapping
from reprlib import Repr
from typing import TypeVar

from apim_audit.core.facts.text import printable
from apim_audit.snapshot import unknown_name

Member = TypeVar("Member")

Json = dict[str, object]
"""A JSON object."""

_ABSENT: Json = {}
_DEPTH = 20  # deeper than any field that is read
_REPR = Repr()
_REPR.maxstring = _REPR.maxother = 60
_REPR.maxlevel = 2


class FieldError(ValueError):
    """A field that does not hold what it should.

    Attributes:
        path: where it stands, such as ``properties.securityRules[3].properties.priority``.
        problem: what is wrong with it, as a phrase that follows the path.
        remedy: what to do, where the problem does not say it already.
    """

    def __init__(self, path: str, problem: str, remedy: str = "") -> None:
        super().__init__(path, problem, remedy)
        self.path = path
        self.problem = problem
        self.remedy = remedy

    @classmethod
    def of(cls, found: object, path: str, expected: str, remedy: str = "") -> "FieldError":
        """Returns the error of a value that is not what is expected, not known yet, or of a field that is not there."""
        name = unknown_name(found)
        if name is not None:
            return cls(path, f"is not known until the deployment: {printable(name)}")
        return cls(path, "is missing" if found is None else f"{shown(found)} is not {expected}", remedy)

    def within(self, path: str) -> "FieldError":
        """Returns the same error, its path continued to the left."""
        return FieldError((path + self.path).rstrip("."), self.problem, self.remedy)

    @property
    def brief(self) -> str:
        """The field's own name and the problem."""
        return f"{self.path.rpartition('.')[2]} {self.problem}"

    def __str__(self) -> str:
        return f"{self.path} {self.problem}"


def shown(value: object) -> str:
    """Returns a value as people may see it: short, and without control characters."""
    return str(value).lower() if isinstance(value, bool) else _REPR.repr(value)


def phrase(errors: Iterable[FieldError]) -> str:
    """Returns the first few errors as one phrase."""
    first, *rest = (str(error) for error in errors)
    return first if not rest else f"{first}, and {len(rest)} more"


def in_camel_case(value: object, path: str = "", depth: int = _DEPTH) -> object:
    """Returns JSON with every name in camelCase: Resource Graph writes some in PascalCase as well.

    Raises:
        FieldError: a field is there in both.
    """
    if depth and isinstance(value, list):
        return [in_camel_case(each, f"{path}[{number}]", depth - 1) for number, each in enumerate(value)]
    if not depth or not isinstance(value, dict):
        return value
    found: Json = {}
    for key, each in value.items():
        name = key[:1].lower() + key[1:]
        inner = f"{path}.{printable(name)}" if path else printable(name)
        if found.get(name) is not None and each is not None:
            raise FieldError(inner, "is there twice, in two letter cases")
        if each is not None:
            found[name] = in_camel_case(each, inner, depth - 1)
    return found


class Fields:
    """The fields of one JSON object. A field that is null is absent; so is a text that is blank.

    Attributes:
        errors: what was found wrong, here and in the objects within.
    """

    __slots__ = ("_body", "_path", "errors")

    def __init__(self, body: Json, path: str = "", errors: list[FieldError] | None = None) -> None:
        self._body = body
        self._path = path
        self.errors: list[FieldError] = [] if errors is None else errors

    def apart(self) -> "Fields":
        """Returns the same object with errors of its own, for a part whose errors concern nothing else."""
        return Fields(self._body, self._path)

    def has(self, name: str) -> bool:
        """Tells whether a field is there and not null."""
        return self._body.get(name) is not None

    def in_any_case(self, name: str) -> object:
        """Returns a field as it is, found by its folded name, or None."""
        return next((value for key, value in self._body.items() if key.lower() == name), None)

    def wrong(self, name: str, expected: str, remedy: str = "") -> None:
        """Records that a field does not hold what is expected, with what to do where that does not say it."""
        self.errors.append(FieldError.of(self._body.get(name), self._path + name, expected, remedy))

    def fault(self, name: str, problem: str) -> None:
        """Records what is the matter with a field, as a phrase that follows its name."""
        self.errors.append(FieldError(self._path + name, problem))

    def text(self, name: str) -> str | None:
        """Returns a text without blanks at its ends, or None where it is absent."""
        value = self._body.get(name)
        if isinstance(value, str):
            return value.strip() or None
        if value is not None:
            self.wrong(name, "a text")
        return None

    def required_text(self, name: str) -> str:
        """Returns a text; where there is none, that is an error and the text is empty."""
        before = len(self.errors)
        value = self.text(name)
        if value is None and len(self.errors) == before:
            self.errors.append(FieldError.of(None, self._path + name, "a text"))
        return value or ""

    def number(self, name: str) -> int | None:
        """Returns a whole number; where there is none, that is an error."""
        value = self._body.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.wrong(name, "a whole number")
        return None

    def word(self, name: str, words: Mapping[str, Member], expected: str) -> Member | None:
        """Returns what a word stands for, in any letter case; where it is none of them, that is an error."""
        value = self._body.get(name)
        folded = {word.lower(): member for word, member in words.items()}
        member = folded.get(value.strip().lower()) if isinstance(value, str) else None
        if member is None:
            self.wrong(name, expected)
        return member

    def flag(self, name: str) -> bool | None:
        """Returns true or false, or None where it is absent."""
        value = self._body.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(name, "true or false")
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        """Returns the texts of a list, blanks at their ends gone; none where it is absent."""
        values = self.values(name)
        for number, value in enumerate(values):
            if not isinstance(value, str):
                self.errors.append(FieldError.of(value, f"{self._path}{name}[{number}]", "a text"))
        return tuple(text for value in values if isinstance(value, str) and (text := value.strip()))

    def values(self, name: str) -> list[object]:
        """Returns a list as it is; empty where it is absent."""
        value = self._body.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.wrong(name, "a list")
        return []

    def inside(self, name: str, *, required: bool = False) -> "Fields":
        """Returns the object in a field; one without fields where it is absent, which may be an error."""
        value = self._body.get(name)
        path = f"{self._path}{name}."
        if isinstance(value, dict) and unknown_name(value) is None:
            return Fields(value, path, self.errors)
        if value is None and not required:
            return Fields(_ABSENT, path, self.errors)
        self.wrong(name, "an object")
        return Fields(_ABSENT, path)  # that its fields are missing goes without saying

    def items(self, name: str) -> list[tuple[str, Json]]:
        """Returns the objects of a list, each with its path; what is no object is an error."""
        found: list[tuple[str, Json]] = []
        for number, value in enumerate(self.values(name)):
            path = f"{self._path}{name}[{number}]"
            if isinstance(value, dict) and unknown_name(value) is None:
                found.append((f"{path}.", value))
            else:
                self.errors.append(FieldError.of(value, path, "an object"))
        return found

    def each(self, name: str) -> list["Fields"]:
        """Returns the objects of a list for reading; what is no object is an error."""
        return [Fields(body, path, self.errors) for path, body in self.items(name)]
