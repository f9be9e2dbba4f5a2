"""Numeric, comparison and logical functions.

Source: Azure documentation, ``template-functions-numeric``, ``-comparison`` and ``-logical``, 2025-02-12.
"""

from collections.abc import Callable

from apim_audit.plan.template.functions.registry import Function, array, family, integer, truth
from apim_audit.plan.template.functions.sameness import compare, same
from apim_audit.plan.template.values import ExpressionError, Value, kind

_TRUTHS = {"true": True, "false": False, "1": True, "0": False}
_WIDEST = 2**63


def _arithmetic(name: str, operation: Callable[[int, int], int]) -> Function:
    def body(arguments: list[Value]) -> Value:
        return _in_range(operation(integer(arguments[0]), integer(arguments[1])))

    return Function(name, body, 2, 2)


def _in_range(number: int) -> int:
    if -_WIDEST <= number < _WIDEST:
        return number
    message = "a number does not fit into 64 bits"
    raise ExpressionError(message)


def _divide(first: int, second: int) -> int:
    if second == 0:
        message = "a number is divided by zero"
        raise ExpressionError(message)
    quotient = abs(first) // abs(second)
    return quotient if (first < 0) == (second < 0) else -quotient


def _remainder(first: int, second: int) -> int:
    return first - second * _divide(first, second)


def _int(arguments: list[Value]) -> Value:
    (value,) = arguments
    try:
        return _in_range(int(value)) if isinstance(value, str) else integer(value)
    except ValueError:
        message = f"int is given {kind(value)} that is no whole number"
        raise ExpressionError(message) from None


def _float(arguments: list[Value]) -> Value:
    (value,) = arguments
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    message = f"float is given {kind(value)} that is no number"
    raise ExpressionError(message)


def _bool(arguments: list[Value]) -> Value:
    (value,) = arguments
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    found = _TRUTHS.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        message = f"bool is given {kind(value)} that is neither true nor false"
        raise ExpressionError(message)
    return found


def _extreme(name: str, choose: Callable[[list[int]], int]) -> Function:
    def body(arguments: list[Value]) -> Value:
        only_list = len(arguments) == 1 and isinstance(arguments[0], list)
        numbers = [integer(each) for each in (array(arguments[0]) if only_list else arguments)]
        if not numbers:
            message = f"{name} is given no numbers"
            raise ExpressionError(message)
        return choose(numbers)

    return Function(name, body, 1, None)


def _ordered(name: str, *outcomes: int) -> Function:
    return Function(name, lambda arguments: compare(arguments[0], arguments[1]) in outcomes, 2, 2)


NUMBERS = family(
    _arithmetic("add", lambda first, second: first + second),
    _arithmetic("sub", lambda first, second: first - second),
    _arithmetic("mul", lambda first, second: first * second),
    _arithmetic("div", _divide),
    _arithmetic("mod", _remainder),
    Function("int", _int, 1, 1),
    Function("float", _float, 1, 1),
    Function("bool", _bool, 1, 1),
    _extreme("min", min),
    _extreme("max", max),
    Function("equals", lambda arguments: same(arguments[0], arguments[1]), 2, 2),
    _ordered("less", -1),
    _ordered("lessOrEquals", -1, 0),
    _ordered("greater", 1),
    _ordered("greaterOrEquals", 0, 1),
    Function("not", lambda arguments: not truth(arguments[0]), 1, 1),
    Function("true", lambda _: True, 0, 0),
    Function("false", lambda _: False, 0, 0),
    Function("null", lambda _: None, 0, 0),
)
"""The functions of numbers, comparison and truth by their folded names."""
