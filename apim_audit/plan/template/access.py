"""Members of objects and elements of arrays."""

from apim_audit.plan.template.values import ExpressionError, Pieces, Unknown, Value, kind, member, unknown_call, written


class Deferred:
    """A value that is evaluated member by member; what is not asked for is not evaluated.

    Attributes:
        text: the expression that it is the value of.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def member(self, name: str) -> Value:
        """Returns a member, ``Unknown`` where it cannot be told."""
        return Unknown(f"{self.text}.{name}")


def settled(value: Value) -> Value:
    """Returns a value that functions can take: a deferred one is unknown as a whole."""
    return Unknown(value.text) if isinstance(value, Deferred) else value


def member_of(value: Value, key: Value, *, safe: bool = False) -> Value:
    """Returns a member of an object or an element of an array.

    Args:
        value: the object or array.
        key: the member's name or the element's number.
        safe: whether what is not there is null.

    Raises:
        ExpressionError: it is not there, or the value is neither.
    """
    if isinstance(value, Deferred) and isinstance(key, str):
        return value.member(key)
    if isinstance(value, Unknown | Pieces | Deferred):
        dotted = isinstance(key, str) and key.isidentifier()
        text = written(settled(value))
        return Unknown(f"{text}.{key}" if dotted else f"{text}[{written(key)}]")
    if isinstance(key, Unknown | Pieces):
        return unknown_call("element", [value, key])
    there, found = _found(value, key)
    if there or safe:
        return found
    message = f"{kind(value)} has no {written(key)}"
    raise ExpressionError(message)


def _found(value: Value, key: Value) -> tuple[bool, Value]:
    if isinstance(value, dict) and isinstance(key, str):
        return member(value, key)
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool) and 0 <= key < len(value):
        return True, value[key]
    return False, None
