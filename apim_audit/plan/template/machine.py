"""Evaluates expressions, and JSON that holds them."""

from collections.abc import Mapping

from apim_audit.core.facts.findings import Origin
from apim_audit.plan.located_json import LocatedObject, origin_of
from apim_audit.plan.template.access import member_of, settled
from apim_audit.plan.template.forms import FORMS
from apim_audit.plan.template.frames import Arguments, Frame, Scope
from apim_audit.plan.template.functions import PURE, Function
from apim_audit.plan.template.loops import loops_of, rounds
from apim_audit.plan.template.syntax import Access, Call, Literal, Node, is_expression, literal_text, parse_expression
from apim_audit.plan.template.values import (
    ExpressionError,
    Meter,
    Unknown,
    Value,
    holds_unknown,
    is_unknown,
    shorten,
    unknown_call,
    written,
)

_DEEPEST = 16  # functions that call each other
_COST_OF_CALL = 20


class Evaluator:
    """The one machine."""

    def node(self, node: Node, frame: Frame) -> Value:
        """Returns the value of a syntax tree.

        Raises:
            ExpressionError: it cannot be evaluated.
        """
        frame.scope.shared.meter.spend()
        match node:
            case Literal(value=value):
                return value
            case Access(of=of, key=key, safe=safe):
                return member_of(self.node(of, frame), settled(self.node(key, frame)), safe=safe)
            case Call():
                return self._call(node, frame)

    def json(self, value: Value, frame: Frame) -> Value:
        """Returns JSON with its expressions evaluated; one that cannot be is ``Unknown``, and a problem."""
        return self._json(value, frame, origin_of(value))

    def _json(self, value: Value, frame: Frame, place: Origin | None) -> Value:
        frame.scope.shared.meter.spend()
        if isinstance(value, str):
            return self._text(value, frame, place)
        if isinstance(value, list):
            return [self._json(each, frame, place) for each in value]
        if isinstance(value, dict):
            return self._object(value, frame, origin_of(value) or place)
        return value

    def _text(self, text: str, frame: Frame, place: Origin | None) -> Value:
        if not is_expression(text):
            return literal_text(text)
        try:
            return settled(self.node(parse_expression(text), frame))
        except (ValueError, OverflowError) as error:  # also what Python thinks of a URL or a lone surrogate
            problem = f"{shorten(text)} cannot be evaluated: {error}"
        except RecursionError:
            problem = f"{shorten(text)} cannot be evaluated: it refers on and on"
        frame.scope.shared.problem(place, problem)
        return Unknown(shorten(text))

    def _object(self, value: Mapping[str, Value], frame: Frame, place: Origin | None) -> Value:
        found: dict[str, Value] = LocatedObject(place) if place else {}
        loops = loops_of(value)
        for key, each in value.items():
            if loops and key.lower() == "copy":
                continue
            name = self._text(key, frame, place) if is_expression(key) else literal_text(key)
            if not isinstance(name, str):
                return unknown_call("object", [name])
            found[name] = self._json(each, frame, place)
        for loop in loops:
            frames = rounds(loop, frame, place)
            body = loop.input
            found[loop.name] = (
                frames if isinstance(frames, Unknown) else [self._json(body, each, origin_of(body)) for each in frames]
            )
        return found

    def _call(self, call: Call, frame: Frame) -> Value:
        name = call.name.lower().removeprefix("sys.")
        form = FORMS.get(name)
        if form is not None:
            return form(call, frame)
        own = frame.scope.functions.get(name)
        if own is not None:
            return self._own(call, own, frame)
        function = PURE.get(name)
        if function is not None:
            return _applied(function, [settled(self.node(each, frame)) for each in call.arguments], frame)
        message = f"the function {call.name} is not known"
        raise ExpressionError(message)

    def _own(self, call: Call, own: LocatedObject, frame: Frame) -> Value:
        parameters = own.get("parameters")
        names = (
            [str(each.get("name")) for each in parameters if isinstance(each, dict)]
            if isinstance(parameters, list)
            else []
        )
        if len(names) != len(call.arguments):
            message = f"{call.name} takes {len(names)} arguments"
            raise ExpressionError(message)
        values = [settled(frame.value(each)) for each in call.arguments]
        frame.scope.shared.meter.spend(_COST_OF_CALL)
        inner = _inside(call.name.lower(), dict(zip(names, values, strict=True)), frame.scope)
        output = own.get("output")
        return self.json(output.get("value") if isinstance(output, dict) else None, Frame(inner))


def _inside(name: str, values: dict[str, Value], outer: Scope) -> Scope:
    if name in outer.calls or len(outer.calls) >= _DEEPEST:
        message = f"the function {name} calls itself, or others in too many steps"
        raise ExpressionError(message)
    calls = outer.calls | {name}
    return Scope(outer.shared, outer.setting, Arguments(values), functions=outer.functions, calls=calls)


def _applied(function: Function, arguments: list[Value], frame: Frame) -> Value:
    if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
        message = f"{function.name} is given {len(arguments)} arguments"
        raise ExpressionError(message)
    meter = frame.scope.shared.meter
    meter.spend(sum(1 + len(each) // 64 for each in arguments if isinstance(each, str | list | dict)))
    if not function.unknowns:
        unknown = holds_unknown(arguments, meter) if function.deep else any(map(is_unknown, arguments))
        if unknown:
            return unknown_call(function.name, arguments)
    elif function.deep:
        arguments = [_as_a_whole(each, meter) for each in arguments]
    return function.body(arguments)


def _as_a_whole(value: Value, meter: Meter) -> Value:
    inner = isinstance(value, list | dict) and holds_unknown(value, meter)
    return Unknown(written(value)) if inner else value
