"""What an expression can come to: JSON, values that only a deployment tells, texts that are known in part."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Value = object
"""None, bool, int, float, str, list, dict, ``Unknown`` or ``Pieces``."""

MOST_CHARACTERS = 1 << 20
MOST_ITEMS = 20_000
_SHOWN = 160
_OF_A_NAME = 48
_LEAVES = 2_000  # of a list or object, to tell it from others


class ExpressionError(ValueError):
    """An expression cannot be evaluated; the message is a phrase."""


class TooMuchError(Exception):
    """A template asks for more work than any real one."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known before the deployment.

    Attributes:
        text: the expression that it is the value of; the same text is the same value.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text of which only some parts are known."""

    parts: tuple[str | Unknown, ...]


class Meter:
    """Counts work, so that a hostile template ends in an error and not in an endless run."""

    __slots__ = ("_left", "_numbered")

    def __init__(self, most: int) -> None:
        self._left = most
        self._numbered = 0

    def spend(self, amount: int = 1) -> None:
        """Counts steps.

        Raises:
            TooMuchError: no more are left.
        """
        self._left -= amount
        if self._left < 0:
            message = "it asks for more work than any real template"
            raise TooMuchError(message)

    def number(self) -> int:
        """Returns the next whole number, from 1: it tells apart values that differ at each call."""
        self._numbered += 1
        return self._numbered


def shorten(text: str) -> str:
    """Returns a text that is not too long to be shown; texts that differ stay different."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...#{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def written(value: Value) -> str:
    """Returns a value as an expression would write it; it is short, and differs where values differ."""
    match value:
        case Unknown(text=text):
            return text
        case Pieces(parts=parts):
            return shorten(f"concat({', '.join(written(part) for part in parts[:_SHOWN])})")
        case str():
            return shorten("'" + value.replace("'", "''") + "'")
        case bool() | None:
            return {True: "true()", False: "false()", None: "null()"}[value]
        case list() | dict():
            return "[...]#" + _digest("".join(_leaves(value)))
        case _:
            return str(value)


def _leaves(value: Value) -> Iterator[str]:
    stack: list[Value] = [value]
    for _ in range(_LEAVES):
        if not stack:
            return
        found = stack.pop()
        if isinstance(found, dict):
            stack.extend(part for pair in found.items() for part in pair)
        elif isinstance(found, list):
            stack.extend(found)
        else:
            yield f"{written(found)};"


def call_text(name: str, arguments: Iterable[Value]) -> str:
    """Returns the text of a function call."""
    return shorten(f"{name}({', '.join(map(written, arguments))})")


def unknown_call(name: str, arguments: Iterable[Value]) -> Unknown:
    """Returns the unknown value of a function call."""
    return Unknown(call_text(name, arguments))


def is_unknown(value: Value) -> bool:
    """Tells whether a value is unknown as a whole or in part; what stands within a list or object does not count."""
    return isinstance(value, Unknown | Pieces)


def holds_unknown(value: Value, meter: Meter) -> bool:
    """Tells whether anything in a value, at any depth, is unknown."""
    stack: list[Value] = [value]
    while stack:
        found = stack.pop()
        meter.spend()
        if isinstance(found, Unknown | Pieces):
            return True
        if isinstance(found, dict):
            stack.extend(found.values())
        elif isinstance(found, list):
            stack.extend(found)
    return False


def glue(parts: Iterable[Value]) -> Value:
    """Returns texts put together: a text, or pieces where some are not known.

    Raises:
        ExpressionError: it would be too long.
    """
    found: list[str | Unknown] = []
    texts: list[str] = []
    size = 0
    for part in _flat(parts):
        size += len(part) if isinstance(part, str) else _SHOWN
        if size > MOST_CHARACTERS:
            message = "it makes a text of more than a million characters"
            raise ExpressionError(message)
        if isinstance(part, str):
            texts.append(part)
        else:
            found += ["".join(texts), part] if texts else [part]
            texts = []
    found += ["".join(texts)] if texts else []
    found = [part for part in found if part != ""]
    if not found:
        return ""
    return found[0] if len(found) == 1 else Pieces(tuple(found))


def _flat(parts: Iterable[Value]) -> Iterator[str | Unknown]:
    for part in parts:
        if isinstance(part, Pieces):
            yield from part.parts
        elif isinstance(part, Unknown):
            yield part
        else:
            yield text_of(part)


def text_of(value: Value) -> str:
    """Returns a simple value as .NET writes it: true is ``True``.

    Raises:
        ExpressionError: it is a list, an object or null.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    message = f"{kind(value)} stands where a text is expected"
    raise ExpressionError(message)


def kind(value: Value) -> str:
    """Returns what people call the type of a value, with its article."""
    if isinstance(value, Unknown | Pieces):
        return "a value that is not known yet"
    names = {bool: "a truth value", str: "a text", type(None): "null"}
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return names.get(type(value), "a number")


def placeholder(value: Value) -> str:
    """Returns a name or id as text, with what is not known made up: the same unknown is always the same text."""
    parts = value.parts if isinstance(value, Pieces) else (value,)
    return "".join(_made_up(part) if isinstance(part, Unknown) else text_of(part) for part in parts)


def _made_up(part: Unknown) -> str:
    # A slash would end a segment of an id, and ids are compared without regard to case.
    plain = part.text.replace("/", "|")[:_OF_A_NAME]
    whole = plain == part.text and "'" not in plain
    return f"{{{plain}}}" if whole else f"{{{plain}#{_digest(part.text)}}}"


def member(found: Mapping[str, Value], name: str) -> tuple[bool, Value]:
    """Returns whether an object has a member, and its value; letter case does not count."""
    if name in found:
        return True, found[name]
    folded = name.lower()
    for key, value in found.items():
        if key.lower() == folded:
            return True, value
    return False, None
