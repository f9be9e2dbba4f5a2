"""When two values are equal, and which comes first."""

from apim_audit.plan.template.values import ExpressionError, Value, kind


def same(first: Value, second: Value) -> bool:
    """Tells whether two known values are equal: type, value and, in texts, letter case; true is not 1."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    return type(first) is type(second) and first == second


def compare(first: Value, second: Value) -> int:
    """Returns -1, 0 or 1 as the first value is below, at or above the second.

    Raises:
        ExpressionError: they are not two numbers or two texts.
    """
    if isinstance(first, str) and isinstance(second, str):
        return (first > second) - (first < second)
    one, other = _number(first), _number(second)
    if one is not None and other is not None:
        return (one > other) - (one < other)
    message = f"{kind(first)} cannot be compared with {kind(second)}"
    raise ExpressionError(message)


def _number(value: Value) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
