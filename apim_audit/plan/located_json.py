"""JSON as Azure's tools accept it, comments and all, with the line on which each object begins."""

import json
import re
from bisect import bisect_right
from typing import NoReturn

from apim_audit.core.facts.findings import Origin

_DEEPEST = 200
_TOKEN = re.compile(
    r"(?:[ \t\r\n\ufeff]|//[^\n]*|/\*.*?\*/)*"
    r"(?:(?P<mark>[{}\[\]:,])"
    r"""|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>true|false|null)\b)?",
    re.DOTALL,
)
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_LONGEST_NUMBER = 40


class NotJsonError(ValueError):
    """A text is not JSON; the message tells where and why, as a phrase that follows the file's name."""


class LocatedObject(dict[str, object]):
    """A JSON object that knows where it is written down.

    Attributes:
        origin: the file, and the line of its opening brace.
    """

    __slots__ = ("origin",)

    def __init__(self, origin: Origin, items: "dict[str, object] | None" = None) -> None:
        super().__init__(items or {})
        self.origin = origin


def origin_of(value: object) -> Origin | None:
    """Returns where an object is written down, or None where that is not known."""
    return value.origin if isinstance(value, LocatedObject) else None


def parse_located(file: str, text: str, *, lines: bool = True) -> object:
    """Returns the value of a JSON text, its objects as ``LocatedObject``; of a key that occurs twice the last counts.

    Comments, trailing commas, single quotes and texts over several lines are read, as Azure does.

    Args:
        file: the name that objects are said to stand in.
        text: the JSON.
        lines: whether the lines are those of the file; not where the text was made from it.

    Raises:
        NotJsonError: the text is no JSON, or nested too deeply.
    """
    reader = _Reader(file, text, lines=lines)
    value = reader.value(0)
    reader.end()
    return value


class _Reader:
    """Reads one text from its start to its end."""

    def __init__(self, file: str, text: str, *, lines: bool) -> None:
        self._file = file
        self._lines = lines
        self._text = text
        self._at = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._kind = ""
        self._lexeme = ""
        self._start = 0
        self._advance()

    def value(self, depth: int) -> object:
        if depth > _DEEPEST:
            self._fail("is nested too deeply")
        if self._kind == "mark" and self._lexeme == "{":
            return self._object(depth)
        if self._kind == "mark" and self._lexeme == "[":
            return self._list(depth)
        return self._scalar()

    def end(self) -> None:
        if self._kind:
            self._fail("goes on after its end")

    def _object(self, depth: int) -> LocatedObject:
        found = LocatedObject(Origin(self._file, self._line(self._start) if self._lines else None))
        self._advance()
        while not self._take("}"):
            if self._kind != "text":
                self._fail("is not JSON (a name in double quotes is expected)")
            name = self._scalar()
            if not self._take(":"):
                self._fail("is not JSON (a colon is expected)")
            found[str(name)] = self.value(depth + 1)
            self._separator("}")
        return found

    def _list(self, depth: int) -> list[object]:
        found: list[object] = []
        self._advance()
        while not self._take("]"):
            found.append(self.value(depth + 1))
            self._separator("]")
        return found

    def _separator(self, end: str) -> None:
        if not self._take(",") and self._lexeme != end:
            self._fail(f"is not JSON (a comma or {end} is expected)")

    def _scalar(self) -> object:
        kind, token = self._kind, self._lexeme
        if kind not in {"text", "number", "word"}:
            self._fail("is not JSON (a value is expected)" if kind else "ends too early; is it truncated?")
        value = self._text_of(token) if kind == "text" else _WORDS[token] if kind == "word" else _number(token)
        self._advance()
        return value

    def _text_of(self, token: str) -> str:
        body = token[1:-1]
        if "\\" not in body:
            return body
        if token[0] == "'":
            body = body.replace("\\'", "'").replace('"', '\\"')
        try:
            return str(json.loads(f'"{body}"', strict=False))
        except ValueError:
            self._fail("is not JSON (a text with an escape that does not exist)")

    def _take(self, mark: str) -> bool:
        if self._kind != "mark" or self._lexeme != mark:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        match = _TOKEN.match(self._text, self._at)
        self._kind = match.lastgroup or "" if match else ""
        if match is None or not self._kind:
            self._start = match.end() if match else self._at
            self._lexeme = ""
            if self._start < len(self._text):
                self._fail("is not JSON")
            return
        self._lexeme, self._start, self._at = match[self._kind], match.start(self._kind), match.end()

    def _line(self, position: int) -> int:
        return bisect_right(self._breaks, position - 1) + 1 if position else 1

    def _fail(self, problem: str) -> NoReturn:
        message = f"line {self._line(self._start)}: {problem}"
        raise NotJsonError(message)


def _number(token: str) -> object:
    if len(token) > _LONGEST_NUMBER:
        return token
    if token.lstrip("-").isdigit():
        return int(token)
    value = float(token)
    return token if value in (float("inf"), float("-inf")) else value
