"""Lambda functions (Azure documentation, ``template-functions-lambda``, 2025-02-12)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key

from apim_audit.plan.template.access import settled
from apim_audit.plan.template.frames import Frame
from apim_audit.plan.template.functions.registry import array, mapping, text, truth
from apim_audit.plan.template.syntax import Call, Literal, Node
from apim_audit.plan.template.values import ExpressionError, Unknown, Value, call_text, is_unknown, kind

Form = Callable[[Call, Frame], Value]


class _UnknownOutcomeError(Exception):
    """What a lambda returns has to be known, and is not."""


@dataclass(frozen=True, slots=True)
class _Lambda:
    """A lambda where it stands."""

    names: tuple[str, ...]
    body: Node
    frame: Frame

    def __call__(self, *values: Value) -> Value:
        variables = dict(zip(self.names, values, strict=False))
        return settled(self.frame.in_lambda(variables).value(self.body))

    def known(self, *values: Value) -> Value:
        outcome = self(*values)
        if is_unknown(outcome):
            raise _UnknownOutcomeError
        return outcome


def _lambda(node: Node, frame: Frame, most: int) -> _Lambda:
    if not isinstance(node, Call) or node.name.lower() != "lambda" or not node.arguments:
        message = "a lambda is expected"
        raise ExpressionError(message)
    *names, body = node.arguments
    texts = tuple(name.value for name in names if isinstance(name, Literal) and isinstance(name.value, str))
    if len(texts) != len(names) or len(names) > most:
        message = "the variables of a lambda are not understood"
        raise ExpressionError(message)
    return _Lambda(texts, body, frame)


def _guarded(name: str, body: Callable[[Value, Call, Frame], Value], *counts: int) -> Form:
    def form(call: Call, frame: Frame) -> Value:
        if len(call.arguments) not in counts:
            message = f"{name} is given {len(call.arguments)} arguments"
            raise ExpressionError(message)
        given = settled(frame.value(call.arguments[0]))
        if is_unknown(given):
            return Unknown(call_text(name, [given]))
        try:
            return body(given, call, frame)
        except _UnknownOutcomeError:
            return Unknown(call_text(name, [given]))

    return form


def _filter(given: Value, call: Call, frame: Frame) -> Value:
    keep = _lambda(call.arguments[1], frame, 2)
    return [each for number, each in enumerate(array(given)) if truth(keep.known(each, number))]


def _map(given: Value, call: Call, frame: Frame) -> Value:
    change = _lambda(call.arguments[1], frame, 2)
    return [change(each, number) for number, each in enumerate(array(given))]


def _map_values(given: Value, call: Call, frame: Frame) -> Value:
    change = _lambda(call.arguments[1], frame, 1)
    return {key: change(value) for key, value in mapping(given).items()}


def _reduce(given: Value, call: Call, frame: Frame) -> Value:
    total = settled(frame.value(call.arguments[1]))
    step = _lambda(call.arguments[2], frame, 3)
    for number, each in enumerate(array(given)):
        total = step(total, each, number)
    return total


def _sort(given: Value, call: Call, frame: Frame) -> Value:
    before = _lambda(call.arguments[1], frame, 2)

    def order(first: Value, second: Value) -> int:
        if truth(before.known(first, second)):
            return -1
        return 1 if truth(before.known(second, first)) else 0

    return sorted(array(given), key=cmp_to_key(order))


def _to_object(given: Value, call: Call, frame: Frame) -> Value:
    name = _lambda(call.arguments[1], frame, 1)
    value = _lambda(call.arguments[2], frame, 1) if len(call.arguments) > 2 else None  # noqa: PLR2004  (the third)
    return {text(name.known(each)): value(each) if value else each for each in array(given)}


def _group_by(given: Value, call: Call, frame: Frame) -> Value:
    name = _lambda(call.arguments[1], frame, 1)
    found: dict[str, list[Value]] = {}
    for each in array(given):
        found.setdefault(text(name.known(each)), []).append(each)
    return dict(found)


def _variables(call: Call, frame: Frame) -> Value:
    name = frame.value(call.arguments[0]) if call.arguments else None
    if isinstance(name, str) and name.lower() in frame.lambdas:
        return frame.lambdas[name.lower()]
    message = f"there is no lambda variable {name if isinstance(name, str) else kind(name)}"
    raise ExpressionError(message)


LAMBDAS: Mapping[str, Form] = {
    "filter": _guarded("filter", _filter, 2),
    "map": _guarded("map", _map, 2),
    "mapvalues": _guarded("mapValues", _map_values, 2),
    "reduce": _guarded("reduce", _reduce, 3),
    "sort": _guarded("sort", _sort, 2),
    "toobject": _guarded("toObject", _to_object, 2, 3),
    "groupby": _guarded("groupBy", _group_by, 2),
    "lambdavariables": _variables,
}
"""By their folded names."""
