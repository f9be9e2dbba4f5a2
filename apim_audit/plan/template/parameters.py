"""Parameters of a template: given values, defaults, what may be given; secure values are never looked at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apim_audit.plan.located_json import LocatedObject
from apim_audit.plan.template.frames import Frame, Scope
from apim_audit.plan.template.functions.sameness import same
from apim_audit.plan.template.values import ExpressionError, Unknown, Value, is_unknown, kind, member, shorten

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "securestring": str, "int": int, "bool": bool, "object": dict, "secureobject": dict, "array": list,
}  # fmt: skip
_REFERENCE = re.compile(r"#/definitions/([^/]+)")
_MOST_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class Definition:
    """A parameter as a template declares it."""

    name: str
    body: Mapping[str, Value]
    type_name: str

    @property
    def secure(self) -> bool:
        """Whether its value must never be shown."""
        return self.type_name.startswith("secure")

    def wrong(self, value: Value) -> str:
        """Returns what is wrong with a value that is given for it, as a phrase, or nothing."""
        expected = _TYPES.get(self.type_name)
        if is_unknown(value) or expected is None or (value is None and self.body.get("nullable") is True):
            return ""
        fits = isinstance(value, expected) and not (expected is int and isinstance(value, bool))
        if not fits:
            return f"is {kind(value)}, not of the type {self.type_name}"
        return "" if self.secure else self._out_of_bounds(value)

    def _out_of_bounds(self, value: Value) -> str:
        allowed = self.body.get("allowedValues")
        if isinstance(allowed, list) and not _allowed(value, allowed):
            return "is not among the values that the template allows"
        size = len(value) if isinstance(value, str | list) else value
        words = ("minLength", "maxLength") if isinstance(value, str | list) else ("minValue", "maxValue")
        least, most = (self.body.get(word) for word in words)
        if isinstance(size, int) and isinstance(least, int) and size < least:
            return f"is below the template's {words[0]}"
        if isinstance(size, int) and isinstance(most, int) and size > most:
            return f"is above the template's {words[1]}"
        return ""


def _allowed(value: Value, allowed: list[Value]) -> bool:
    if isinstance(value, list):
        return any(same(value, each) for each in allowed) or all(_allowed(each, allowed) for each in value)
    if isinstance(value, str):
        return any(isinstance(each, str) and each.lower() == value.lower() for each in allowed)
    return any(same(value, each) for each in allowed)


def definitions_of(template: Mapping[str, Value]) -> dict[str, Definition]:
    """Returns the parameters that a template declares, by their folded names."""
    declared = template.get("parameters")
    types = template.get("definitions")
    types = types if isinstance(types, dict) else {}
    found: dict[str, Definition] = {}
    for name, body in declared.items() if isinstance(declared, dict) else ():
        resolved = _resolved(body if isinstance(body, dict) else {}, types)
        found[name.lower()] = Definition(name, resolved, str(resolved.get("type", "")).lower())
    return found


def _resolved(body: Mapping[str, Value], types: Mapping[str, Value]) -> Mapping[str, Value]:
    for _ in range(_MOST_REFERENCES):
        reference = body.get("$ref")
        match = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        target = types.get(match[1]) if match else None
        if not isinstance(target, dict):
            break
        body = {**target, **{key: value for key, value in body.items() if key != "$ref"}}
    return body


def given_values(body: Value) -> dict[str, Value]:
    """Returns the values of a parameter file, or of what ``parameters`` of a deployment holds; a reference is Unknown.

    Raises:
        ValueError: it is no such object; the message is a phrase.
    """
    inner = body.get("parameters", body) if isinstance(body, dict) else None
    if not isinstance(inner, dict):
        message = 'is no parameter file: it has no object "parameters"'
        raise ValueError(message)  # noqa: TRY004  (the content of a file, no programming error)
    return {name: _given(name, each) for name, each in inner.items() if not name.startswith("$")}


def _given(name: str, entry: Value) -> Value:
    if isinstance(entry, dict):
        there, value = member(entry, "value")
        if there:
            return value
        if member(entry, "reference")[0] or member(entry, "expression")[0]:
            return Unknown(f"parameters('{name}')")
    if name.lower() == "contentversion":
        return Unknown(name)
    message = f'gives parameter {name} neither a "value" nor a "reference"'
    raise ValueError(message)


def wrong_values(definitions: Mapping[str, Definition], given: Mapping[str, Value]) -> Iterator[str]:
    """Yields what is wrong with given values, each as a sentence; the values themselves are not told."""
    for name, value in given.items():
        definition = definitions.get(name.lower())
        if definition is None:
            yield f"parameter {name} is not one of the template's"
        elif problem := definition.wrong(value):
            yield f"parameter {definition.name} {problem}"


@dataclass(slots=True)
class Parameters:
    """The parameters of one template; defaults are evaluated when they are asked for."""

    definitions: Mapping[str, Definition]
    given: Mapping[str, Value]
    scope: Scope | None = None
    _known: dict[str, Value] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def value(self, name: str) -> Value:
        """Returns the value of a parameter; ``Unknown`` where it has none, or must not be looked at.

        Raises:
            ExpressionError: there is no such parameter, or its default depends on itself.
        """
        definition = self.definitions.get(name.lower())
        if definition is None:
            message = f"there is no parameter {name}"
            raise ExpressionError(message)
        if name.lower() not in self._known:
            self._known[name.lower()] = self._evaluated(definition)
        return self._known[name.lower()]

    def _evaluated(self, definition: Definition) -> Value:
        unknown = Unknown(f"parameters('{shorten(definition.name)}')")
        there, value = member(self.given, definition.name)
        if definition.secure and (there or "defaultValue" in definition.body):
            return unknown
        if there and (value is not None or "defaultValue" not in definition.body):
            return unknown if definition.wrong(value) else value
        if "defaultValue" in definition.body:
            return self._default(definition)
        if definition.body.get("nullable") is True:
            return None
        if self.scope is not None:
            self.scope.shared.missing.setdefault(definition.name)
        return unknown

    def _default(self, definition: Definition) -> Value:
        key = definition.name.lower()
        if key in self._open or self.scope is None:
            message = f"parameter {definition.name} depends on itself"
            raise ExpressionError(message)
        self._open.add(key)
        try:
            default = definition.body["defaultValue"]
            holder = LocatedObject(definition.body.origin) if isinstance(definition.body, LocatedObject) else {}
            holder["defaultValue"] = default
            found = Frame(self.scope).json(holder)
            return found["defaultValue"] if isinstance(found, dict) else found
        finally:
            self._open.discard(key)
