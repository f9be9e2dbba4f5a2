"""The faults that can be planted in a tree of Python: one operator, number, call or statement each."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_NOT_CODE = frozenset({"decorator_list", "annotation", "returns"})
_DROPPED = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Break, ast.Continue)


@dataclass(frozen=True)
class Mutation:
    """A fault that can be planted.

    Attributes:
        where: the line of the source.
        what: what it does.
        within: the first line of the statement that it is in.
        plant: does it to the tree in which it was found.
    """

    where: int
    what: str
    within: str
    plant: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.what} | {self.within} | line {self.where}"


def mutations(tree: ast.AST, within: str = "") -> Iterator[Mutation]:
    """Yields every fault that can be planted in a tree, always in the same order."""
    for name, value in ast.iter_fields(tree):
        if name in _NOT_CODE:
            continue
        children = value if isinstance(value, list) else [value]
        for place, child in enumerate(children):
            if isinstance(child, _DROPPED) and isinstance(value, list) and not _is_text(child):
                yield Mutation(child.lineno, f"drop {_shown(child)}", within, _setter(value, place))
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr) and not _is_check_of_length(child):
                inside = _shown(child) if isinstance(child, ast.stmt) else within
                yield from (Mutation(node.lineno, what, inside, plant) for node, what, plant in _of_node(child))
                yield from mutations(child, inside)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))


def _is_check_of_length(node: ast.AST) -> bool:
    # What zip is given is of one length; that it says so when it is not is no part of any answer.
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _shown(node: ast.AST) -> str:
    return next(line for line in ast.unparse(node).splitlines() if not line.startswith("@"))


def _setter(body: list[ast.stmt], place: int) -> Callable[[], None]:
    def plant() -> None:
        body[place] = ast.copy_location(ast.Pass(), body[place])

    return plant


def _attribute(node: ast.AST, name: str, new: object) -> Callable[[], None]:
    return lambda: setattr(node, name, new)


_Fault = tuple[ast.expr | ast.AugAssign, str, Callable[[], None]]


def _of_node(node: ast.AST) -> Iterator[_Fault]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARISONS:
            yield _swap(node, "ops", [_COMPARISONS[type(op)]()])
        case ast.BoolOp(op=op):
            yield _swap(node, "op", ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            yield _swap(node, "op", _OPERATORS[type(op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"{_shown(node)}: drop not", lambda: _drop_not(node)
        case ast.Call(func=ast.Name(id=name) as function) if name in _CALLS:
            yield node, f"{_shown(node)}: {_CALLS[name]} for {name}", _attribute(function, "id", _CALLS[name])
        case ast.Constant(value=bool(value)):
            yield _swap(node, "value", not value)
        case ast.Constant(value=int(value)):
            yield from (_swap(node, "value", value + step) for step in (1, -1))
        case _:
            pass


def _drop_not(node: ast.UnaryOp) -> None:
    # "not not x" is the truth of x; the node itself cannot leave its parent.
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _swap(node: ast.expr | ast.AugAssign, name: str, new: object) -> _Fault:
    told = type(new[0] if isinstance(new, list) else new).__name__ if not isinstance(new, int) else str(new)
    return node, f"{_shown(node)}: {told}", _attribute(node, name, new)
