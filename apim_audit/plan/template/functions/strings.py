"""String functions (Azure documentation, ``template-functions-string``, 2025-02-12)."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin

from apim_audit.plan.located_json import NotJsonError, parse_located
from apim_audit.plan.template.functions.registry import Function, bounded, family, integer, text
from apim_audit.plan.template.values import (
    MOST_CHARACTERS,
    ExpressionError,
    Pieces,
    Unknown,
    Value,
    glue,
    kind,
    text_of,
    unknown_call,
)

_FIELD = re.compile(r"\{\{|\}\}|\{(\d{1,4})(?:,(-?\d{1,4}))?(?::([^{}]*))?\}|[{}]")
_NUMBER_FORMAT = re.compile(r"([dDxX])(\d{0,3})|(0{1,99})")
_DATA_URI = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),(.*)", re.DOTALL)


def _concat(arguments: list[Value]) -> Value:
    if any(isinstance(each, list) for each in arguments):
        return _joined_arrays(arguments)
    if len(arguments) == 1 or any(isinstance(each, str | int | float | Pieces) for each in arguments):
        return glue(arguments)
    # All of them are unknown: they may be arrays.
    return unknown_call("concat", arguments) if arguments else ""


def _joined_arrays(arguments: list[Value]) -> Value:
    found: list[Value] = []
    for each in arguments:
        if isinstance(each, Unknown):
            return unknown_call("concat", arguments)
        if not isinstance(each, list):
            message = f"concat joins an array with {kind(each)}"
            raise ExpressionError(message)
        found += each
        bounded(found)
    return found


def _format(arguments: list[Value]) -> Value:
    pattern, *values = arguments
    if not isinstance(pattern, str):
        return unknown_call("format", arguments)
    return glue(_formatted(pattern, values))


def _formatted(pattern: str, values: list[Value]) -> Iterator[Value]:
    at = 0
    for match in _FIELD.finditer(pattern):
        yield pattern[at : match.start()]
        yield _field(match, values)
        at = match.end()
    yield pattern[at:]


def _field(match: re.Match[str], values: list[Value]) -> Value:
    if match[0] in {"{{", "}}"}:
        return match[0][0]
    if match[1] is None or int(match[1]) >= len(values):
        message = f"format has no value for {match[0]}"
        raise ExpressionError(message)
    value = values[int(match[1])]
    if isinstance(value, Unknown | Pieces):
        if match[2] or match[3]:
            return unknown_call("format", [match[0], value])
        return value
    found = _number(value, match[3]) if match[3] else _plain(value)
    width = int(match[2] or 0)
    return found.rjust(width) if width >= 0 else found.ljust(-width)


def _plain(value: Value) -> str:
    if value is None:
        return ""
    return to_json(value) if isinstance(value, list | dict) else text_of(value)


def _number(value: Value, pattern: str) -> str:
    match = _NUMBER_FORMAT.fullmatch(pattern)
    if isinstance(value, str):
        return value
    if match is None or not isinstance(value, int) or isinstance(value, bool):
        message = f"format does not know how to write {kind(value)} as {pattern}"
        raise ExpressionError(message)
    if match[3] is not None or match[1] in {"d", "D"}:
        digits = str(abs(value)).zfill(len(match[3] or "") or int(match[2] or 0))
        return f"-{digits}" if value < 0 else digits
    digits = f"{value & 0xFFFFFFFFFFFFFFFF:{match[1]}}" if value < 0 else f"{value:{match[1]}}"
    return digits.zfill(int(match[2] or 0))


def to_json(value: Value) -> str:
    """Returns a value as compact JSON, as ``string()`` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _string(arguments: list[Value]) -> Value:
    (value,) = arguments
    return _plain(value)


def _json(arguments: list[Value]) -> Value:
    return from_json(text(arguments[0]))


def from_json(written: str) -> Value:
    """Returns the value of a JSON text.

    Raises:
        ExpressionError: it is none.
    """
    try:
        return _plain_json(parse_located("", written))
    except NotJsonError:
        message = "json is given a text that is not JSON"
        raise ExpressionError(message) from None


def _plain_json(value: Value) -> Value:
    # Without the lines of its objects, which are those of no file.
    if isinstance(value, dict):
        return {key: _plain_json(each) for key, each in value.items()}
    return [_plain_json(each) for each in value] if isinstance(value, list) else value


def _decoded(value: Value) -> str:
    try:
        return base64.b64decode(text(value), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        message = "a text is not base64 of UTF-8"
        raise ExpressionError(message) from None


def _encoded(value: Value) -> str:
    return base64.b64encode(text(value).encode("utf-8", "replace")).decode("ascii")


def _data_uri_to_string(arguments: list[Value]) -> Value:
    match = _DATA_URI.fullmatch(text(arguments[0]))
    if match is None:
        message = "a text is not a data URI"
        raise ExpressionError(message)
    if ";base64" in match[2].lower():
        return _decoded(match[3])
    return unquote_to_bytes(match[3]).decode("utf-8", "replace")


def _pad_left(arguments: list[Value]) -> Value:
    value, width = text_of(arguments[0]), integer(arguments[1])
    filler = text(arguments[2]) if len(arguments) > 2 else " "  # noqa: PLR2004  (the third argument)
    if len(filler) != 1 or width > MOST_CHARACTERS:
        message = "padLeft takes one character and a length below a million"
        raise ExpressionError(message)
    return value.rjust(width, filler)


def _replace(arguments: list[Value]) -> Value:
    value, old, new = map(text, arguments)
    if not old:
        message = "replace is given an empty text to look for"
        raise ExpressionError(message)
    if len(value) + value.count(old) * len(new) > MOST_CHARACTERS:
        message = "replace makes a text of more than a million characters"
        raise ExpressionError(message)
    return value.replace(old, new)


def _split(arguments: list[Value]) -> Value:
    value, delimiters = text(arguments[0]), arguments[1]
    wanted = [text(each) for each in (delimiters if isinstance(delimiters, list) else [delimiters])]
    pattern = "|".join(re.escape(each) for each in sorted(wanted, key=len, reverse=True) if each)
    return bounded([*re.split(pattern, value)]) if pattern else [value]


def _substring(arguments: list[Value]) -> Value:
    value, start = text(arguments[0]), integer(arguments[1])
    length = integer(arguments[2]) if len(arguments) > 2 else len(value) - start  # noqa: PLR2004  (the third argument)
    if start < 0 or length < 0 or start + length > len(value):
        message = "substring reaches beyond the text"
        raise ExpressionError(message)
    return value[start : start + length]


def _join(arguments: list[Value]) -> Value:
    values, delimiter = arguments
    items = values if isinstance(values, list) else [values]
    return glue(part for number, each in enumerate(items) for part in ((delimiter, each) if number else (each,)))


def _case(name: str) -> Function:
    def body(arguments: list[Value]) -> Value:
        (value,) = arguments
        if isinstance(value, Pieces):
            return glue(
                unknown_call(name, [part]) if isinstance(part, Unknown) else convert(part) for part in value.parts
            )
        return convert(text(value))

    def convert(value: str) -> str:
        return value.lower() if name == "toLower" else value.upper()

    def guarded(arguments: list[Value]) -> Value:
        return unknown_call(name, arguments) if isinstance(arguments[0], Unknown) else body(arguments)

    return Function(name, guarded, 1, 1, unknowns=True)


STRINGS = family(
    Function("concat", _concat, 0, None, deep=False, unknowns=True),
    Function("format", _format, 1, None, unknowns=True),
    _case("toLower"),
    _case("toUpper"),
    Function("string", _string, 1, 1),
    Function("json", _json, 1, 1),
    Function("base64", lambda arguments: _encoded(arguments[0]), 1, 1),
    Function("base64ToString", lambda arguments: _decoded(arguments[0]), 1, 1),
    Function("base64ToJson", lambda arguments: from_json(_decoded(arguments[0])), 1, 1),
    Function("dataUri", lambda arguments: f"data:text/plain;charset=utf8;base64,{_encoded(arguments[0])}", 1, 1),
    Function("dataUriToString", _data_uri_to_string, 1, 1),
    Function("padLeft", _pad_left, 2, 3),
    Function("replace", _replace, 3, 3),
    Function("split", _split, 2, 2),
    Function("substring", _substring, 2, 3),
    Function("join", _join, 2, 2),
    Function("trim", lambda arguments: text(arguments[0]).strip(), 1, 1),
    Function("startsWith", lambda a: text(a[0]).lower().startswith(text(a[1]).lower()), 2, 2),
    Function("endsWith", lambda a: text(a[0]).lower().endswith(text(a[1]).lower()), 2, 2),
    Function("uri", lambda arguments: urljoin(text(arguments[0]), text(arguments[1])), 2, 2),
    Function("uriComponent", lambda arguments: quote(text(arguments[0]), safe="~"), 1, 1),
    Function("uriComponentToString", lambda arguments: unquote(text(arguments[0])), 1, 1),
)
"""The string functions by their folded names."""
