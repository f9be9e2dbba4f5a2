"""Array and object functions (Azure documentation, ``template-functions-array`` and ``-object``, 2025-02-12)."""

import json

from apim_audit.plan.template.functions.registry import Function, array, bounded, family, integer, mapping, text
from apim_audit.plan.template.functions.sameness import same
from apim_audit.plan.template.values import ExpressionError, Pieces, Unknown, Value, kind, member, unknown_call

_MOST_OF_RANGE = 10_000


def _length(arguments: list[Value]) -> Value:
    (value,) = arguments
    if isinstance(value, str | list | dict):
        return len(value)
    message = f"length is asked of {kind(value)}"
    raise ExpressionError(message)


def _empty(arguments: list[Value]) -> Value:
    (value,) = arguments
    if isinstance(value, Pieces):
        known = any(isinstance(part, str) and part for part in value.parts)
        return False if known else unknown_call("empty", arguments)
    if isinstance(value, Unknown):
        return unknown_call("empty", arguments)
    if value is None or isinstance(value, str | list | dict):
        return not value
    message = f"empty is asked of {kind(value)}"
    raise ExpressionError(message)


def _first(arguments: list[Value]) -> Value:
    found = _sequence(arguments[0])
    return found[0] if found else _of_nothing(found)


def _last(arguments: list[Value]) -> Value:
    found = _sequence(arguments[0])
    return found[-1] if found else _of_nothing(found)


def _of_nothing(found: str | list[Value]) -> Value:
    return "" if isinstance(found, str) else None


def _sequence(value: Value) -> str | list[Value]:
    return value if isinstance(value, str) else array(value)


def _skip(arguments: list[Value]) -> Value:
    return _sequence(arguments[0])[max(integer(arguments[1]), 0) :]


def _take(arguments: list[Value]) -> Value:
    return _sequence(arguments[0])[: max(integer(arguments[1]), 0)]


def _contains(arguments: list[Value]) -> Value:
    container, item = arguments
    if isinstance(container, dict):
        return member(container, str(item))[0]
    if isinstance(container, str):
        return (item if isinstance(item, str) else str(item)) in container
    return any(same(each, item) for each in array(container))


def _position(name: str, *, last: bool) -> Function:
    def body(arguments: list[Value]) -> Value:
        container, item = arguments
        if isinstance(container, str):
            folded, wanted = container.lower(), text(item).lower()
            return folded.rfind(wanted) if last else folded.find(wanted)
        places = [number for number, each in enumerate(array(container)) if same(each, item)]
        return -1 if not places else places[-1 if last else 0]

    return Function(name, body, 2, 2)


def _range(arguments: list[Value]) -> Value:
    start, count = map(integer, arguments)
    if not 0 <= count <= _MOST_OF_RANGE or start + count > 2**31 - 1:
        message = f"range takes a count from 0 to {_MOST_OF_RANGE}"
        raise ExpressionError(message)
    return list(range(start, start + count))


def _flatten(arguments: list[Value]) -> Value:
    found: list[Value] = []
    for each in array(arguments[0]):
        if isinstance(each, Unknown):
            return unknown_call("flatten", arguments)
        bounded(found := found + array(each))
    return found


def _union(arguments: list[Value]) -> Value:
    if all(isinstance(each, dict) for each in arguments):
        merged: dict[str, Value] = {}
        for each in arguments:
            merged = _merge(merged, mapping(each))
        return merged
    found: list[Value] = []
    seen: set[str] = set()
    for each in (item for values in arguments for item in array(values)):
        key = json.dumps(each, sort_keys=True)
        if key not in seen:
            seen.add(key)
            found.append(each)
    return bounded(found)


def _merge(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    # Nested objects are merged, nested arrays are not: the later one replaces the earlier.
    found = dict(first)
    names = {key.lower(): key for key in found}
    for key, value in second.items():
        name = names.setdefault(key.lower(), key)
        before = found.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        found[name] = _merge(mapping(before), mapping(value)) if both else value
    return found


def _shallow_merge(arguments: list[Value]) -> Value:
    found: dict[str, Value] = {}
    names: dict[str, str] = {}
    for each in array(arguments[0]):
        if isinstance(each, Unknown):
            return unknown_call("shallowMerge", arguments)
        for key, value in mapping(each).items():
            found[names.setdefault(key.lower(), key)] = value
    return found


def _intersection(arguments: list[Value]) -> Value:
    first, *others = arguments
    if isinstance(first, dict):
        return {
            key: value for key, value in first.items() if all(_agrees(mapping(each), key, value) for each in others)
        }
    return [item for item in array(first) if all(any(same(item, own) for own in array(each)) for each in others)]


def _agrees(other: dict[str, Value], key: str, value: Value) -> bool:
    there, found = member(other, key)
    return there and same(found, value)


def _items(arguments: list[Value]) -> Value:
    found = mapping(arguments[0])
    return [{"key": key, "value": found[key]} for key in sorted(found, key=str.lower)]


def _create_object(arguments: list[Value]) -> Value:
    if len(arguments) % 2:
        message = "createObject takes names and values in pairs"
        raise ExpressionError(message)
    if any(isinstance(key, Unknown | Pieces) for key in arguments[::2]):
        return unknown_call("createObject", arguments)
    return {text(key): value for key, value in zip(arguments[::2], arguments[1::2], strict=True)}


def _array(arguments: list[Value]) -> Value:
    (value,) = arguments
    return value if isinstance(value, list) else [value]


def _from_end(name: str, *, safe: bool) -> Function:
    def body(arguments: list[Value]) -> Value:
        found, back = array(arguments[0]), integer(arguments[1])
        if 1 <= back <= len(found):
            return found[-back]
        if safe:
            return None
        message = f"{name} reaches beyond the array"
        raise ExpressionError(message)

    return Function(name, body, 2, 2, deep=False)


COLLECTIONS = family(
    Function("length", _length, 1, 1, deep=False),
    Function("empty", _empty, 1, 1, deep=False, unknowns=True),
    Function("first", _first, 1, 1, deep=False),
    Function("last", _last, 1, 1, deep=False),
    Function("skip", _skip, 2, 2, deep=False),
    Function("take", _take, 2, 2, deep=False),
    Function("contains", _contains, 2, 2),
    _position("indexOf", last=False),
    _position("lastIndexOf", last=True),
    Function("range", _range, 2, 2),
    Function("flatten", _flatten, 1, 1, deep=False),
    Function("union", _union, 1, None),
    Function("shallowMerge", _shallow_merge, 1, 1, deep=False),
    Function("intersection", _intersection, 2, None),
    Function("items", _items, 1, 1, deep=False),
    Function("objectKeys", lambda arguments: [*mapping(arguments[0])], 1, 1, deep=False),
    Function("array", _array, 1, 1, deep=False),
    Function("createArray", lambda arguments: [*arguments], 0, None, deep=False, unknowns=True),
    Function("createObject", _create_object, 0, None, deep=False, unknowns=True),
    _from_end("indexFromEnd", safe=False),
    _from_end("tryIndexFromEnd", safe=True),
)
"""The array and object functions by their folded names."""
