"""Bytes of a JSON file to values, with every problem told by its line."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import Any

_MOST_PROBLEMS = 10
_BOMS = (  # UTF-32 before UTF-16: the little-endian mark of the one begins with that of the other
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLANKS = re.compile(r"[ \t\r\n]*")
_KINDS = {dict: "an object", list: "an array", str: "a text", bool: "a truth value", type(None): "null"}


class UnreadableTextError(Exception):
    """A file is not JSON text.

    Attributes:
        problems: what is wrong, each with its line.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Value:
    """One top-level JSON value and the line on which it starts."""

    line: int
    json: Any


def parse(raw: bytes) -> tuple[Value, ...]:
    """Returns the JSON values of a file: one as a rule, many where it holds one a line (NDJSON).

    Of a key that occurs twice in an object the last one counts. NaN, infinities and integers too long for Python stay
    as text, so that a field nobody needs does not cost the file.

    Raises:
        UnreadableTextError: the file is empty, truncated, not text or not JSON; the first problems are told.
    """
    values: list[Value] = []
    problems: list[str] = []
    for found in _values(text_of(raw)):
        if isinstance(found, Value):
            values.append(found)
        else:
            problems.append(found)
        if len(problems) == _MOST_PROBLEMS:
            break
    if problems:
        raise UnreadableTextError(*problems)
    return tuple(values)


def kind_of(value: object) -> str:
    """Returns what people call the JSON type of a value, with its article."""
    return _KINDS.get(type(value), "a number")


def text_of(raw: bytes) -> str:
    """Returns the text of a file, whatever Unicode encoding its byte order mark names; UTF-8 where it has none.

    Raises:
        UnreadableTextError: it is not text, or empty.
    """
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        problem = f"is not {encoding.removesuffix('-sig').upper()} text (byte {error.start})"
        raise UnreadableTextError(problem) from None
    if not text.strip():
        problem = "is empty"
        raise UnreadableTextError(problem)
    return text


def _values(text: str) -> Iterator[Value | str]:
    at, line, counted = 0, 1, 0
    one_a_line = text.startswith("{", _skip_blanks(text, 0))
    while (at := _skip_blanks(text, at)) < len(text):
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = _decode(text, at)
        except JSONDecodeError as error:
            yield _describe(error, line)
        except RecursionError:
            yield f"line {line}: is nested too deeply"
        else:
            yield Value(line, value)
            continue
        # In NDJSON the next line stands for itself; a "{" in the first column begins one.
        at = text.find("\n{", at) if one_a_line else -1
        if at < 0:
            return


def _skip_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _decode(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except JSONDecodeError:
        raise
    except ValueError:  # an integer of more digits than Python converts
        return _PATIENT_DECODER.raw_decode(text, at)


def _float(text: str) -> float | str:
    value = float(text)
    return text if value in (float("inf"), float("-inf")) else value


def _integer(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


_DECODER = JSONDecoder(parse_constant=str, parse_float=_float)
_PATIENT_DECODER = JSONDecoder(parse_constant=str, parse_float=_float, parse_int=_integer)


def _describe(error: JSONDecodeError, line: int) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    if 1 < line < error.lineno:
        place = f"line {line} (as seen on line {error.lineno})"
    if error.msg.startswith("Unterminated string") or _skip_blanks(error.doc, error.pos) == len(error.doc):
        return f"{place}: the text ends in the middle of a JSON value; is it truncated?"
    return f"{place}: is not JSON ({error.msg})"
