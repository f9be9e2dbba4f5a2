"""The expression language of ARM templates: text to syntax tree.

Grammar as in the Azure documentation, ``template-expressions.md`` (2024-06-20): a text in brackets is an expression,
``[[`` at the start of one is a bracket, a quote in a literal is written twice, names do not mind letter case.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from apim_audit.plan.template.values import ExpressionError

LONGEST = 24_576
"""Characters of an expression (Azure documentation, ``template-best-practices``, limits, 2024-06-20)."""

_DEEPEST = 60
_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_$][\w$\-]*(?:\.[A-Za-z_$][\w$]*)*)"
    r"|(?P<mark>\.\?|\[\?|[()\[\],.]))?[ \t\r\n]*"
)
_MEMBER = re.compile(r"[ \t\r\n]*([A-Za-z_$][\w$\-]*)[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or number."""

    value: str | int | float


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; ``name`` as it is written, with its namespace."""

    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Access:
    """A member of an object or an element of an array.

    Attributes:
        safe: what is not there is null, as with ``.?``.
    """

    of: "Node"
    key: "Node"
    safe: bool = False


Node = Literal | Call | Access


def is_expression(text: str) -> bool:
    """Tells whether a JSON text is an expression and no literal."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def literal_text(text: str) -> str:
    """Returns a JSON text that is no expression, without the bracket that says so."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


@lru_cache(maxsize=8192)
def parse_expression(text: str) -> Node:
    """Returns the syntax tree of an expression, given with its brackets.

    Raises:
        ExpressionError: it is too long or not well formed.
    """
    if len(text) > LONGEST:
        message = f"the expression is longer than {LONGEST} characters"
        raise ExpressionError(message)
    parser = _Parser(text[1:-1])
    node = parser.node(0)
    parser.end()
    return node


class _Parser:
    """Reads one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._kind = ""
        self._lexeme = ""
        self._advance()

    def node(self, depth: int) -> Node:
        if depth > _DEEPEST:
            self._fail("it is nested too deeply")
        node = self._primary(depth)
        while self._kind == "mark" and self._lexeme in {".", ".?", "[", "[?"}:
            safe = self._lexeme.endswith("?")
            node = Access(node, self._key(depth), safe)
        return node

    def end(self) -> None:
        if self._kind:
            self._fail(f"{self._lexeme} is not expected")

    def _primary(self, depth: int) -> Node:
        kind, token = self._kind, self._lexeme
        if kind == "text":
            self._advance()
            return Literal(token[1:-1].replace("''", "'"))
        if kind == "number":
            self._advance()
            return Literal(float(token) if "." in token else int(token))
        if kind != "name":
            self._fail(f"{token} is not expected" if token else "it ends too early")
        self._advance()
        if not self._take("("):
            self._fail(f"a bracket is expected after {token}")
        return Call(token, self._arguments(depth))

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        if self._take(")"):
            return ()
        found = [self.node(depth + 1)]
        while self._take(","):
            found.append(self.node(depth + 1))
        if not self._take(")"):
            self._fail("a closing bracket is missing")
        return tuple(found)

    def _key(self, depth: int) -> Node:
        if self._lexeme in {".", ".?"}:
            match = _MEMBER.match(self._text, self._at)
            if match is None:
                self._fail("a name is expected after the point")
            self._at = match.end()
            self._advance()
            return Literal(match[1])
        self._advance()
        key = self.node(depth + 1)
        if not self._take("]"):
            self._fail("a closing bracket is missing")
        return key

    def _take(self, mark: str) -> bool:
        if self._kind != "mark" or self._lexeme != mark:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        match = _TOKEN.match(self._text, self._at)
        self._kind = (match.lastgroup or "") if match else ""
        self._lexeme = match[self._kind] if match and self._kind else ""
        if match is not None:
            self._at = match.end()
        if not self._kind and self._at < len(self._text):
            self._fail(f"{self._text[self._at]} is not expected")

    def _fail(self, problem: str) -> NoReturn:
        message = f"the expression is not well formed: {problem}"
        raise ExpressionError(message)
