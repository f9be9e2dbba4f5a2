"""What a template function is, and the checks of arguments that all of them share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apim_audit.plan.template.values import MOST_ITEMS, ExpressionError, Value, kind

Body = Callable[[list[Value]], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function whose result depends on its arguments alone.

    Attributes:
        name: as the documentation writes it.
        body: takes the arguments.
        least: how many arguments it needs.
        most: how many it takes, None for any number.
        deep: whether what is unknown anywhere within an argument makes the result unknown; else only an argument that
            is unknown as a whole.
        unknowns: whether it deals with unknown arguments by itself; where it is deep too, an argument that holds an
            unknown is given to it as unknown.
    """

    name: str
    body: Body
    least: int
    most: int | None
    deep: bool = True
    unknowns: bool = False


def family(*functions: Function) -> Mapping[str, Function]:
    """Returns functions by their folded names."""
    return {each.name.lower(): each for each in functions}


def text(value: Value) -> str:
    """Returns an argument that is a text.

    Raises:
        ExpressionError: it is none.
    """
    if isinstance(value, str):
        return value
    raise _wrong(value, "a text")


def integer(value: Value) -> int:
    """Returns an argument that is a whole number.

    Raises:
        ExpressionError: it is none.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _wrong(value, "a whole number")


def array(value: Value) -> list[Value]:
    """Returns an argument that is an array.

    Raises:
        ExpressionError: it is none.
    """
    if isinstance(value, list):
        return value
    raise _wrong(value, "an array")


def mapping(value: Value) -> dict[str, Value]:
    """Returns an argument that is an object.

    Raises:
        ExpressionError: it is none.
    """
    if isinstance(value, dict):
        return value
    raise _wrong(value, "an object")


def truth(value: Value) -> bool:
    """Returns an argument that is true or false.

    Raises:
        ExpressionError: it is neither.
    """
    if isinstance(value, bool):
        return value
    raise _wrong(value, "true or false")


def bounded(items: list[Value]) -> list[Value]:
    """Returns an array that is not too long.

    Raises:
        ExpressionError: it is.
    """
    if len(items) > MOST_ITEMS:
        message = f"it makes an array of more than {MOST_ITEMS} elements"
        raise ExpressionError(message)
    return items


def _wrong(value: Value, expected: str) -> ExpressionError:
    return ExpressionError(f"{kind(value)} stands where {expected} is expected")
