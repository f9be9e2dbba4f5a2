"""Functions that look at where they stand, or not at all their arguments: logic, lambdas, parameters, resources."""

from collections.abc import Callable, Mapping

from apim_audit.plan.template.access import member_of, settled
from apim_audit.plan.template.frames import Frame
from apim_audit.plan.template.functions.registry import truth
from apim_audit.plan.template.ids import IDS
from apim_audit.plan.template.lambdas import LAMBDAS
from apim_audit.plan.template.surroundings import SURROUNDINGS
from apim_audit.plan.template.syntax import Call, Node
from apim_audit.plan.template.values import ExpressionError, Unknown, Value, call_text, is_unknown, placeholder

Form = Callable[[Call, Frame], Value]


def _arguments(call: Call, frame: Frame) -> list[Value]:
    return [settled(frame.value(each)) for each in call.arguments]


def _needs(call: Call, least: int, most: int) -> None:
    if not least <= len(call.arguments) <= most:
        message = f"{call.name} is given {len(call.arguments)} arguments"
        raise ExpressionError(message)


def _if(call: Call, frame: Frame) -> Value:
    _needs(call, 3, 3)
    condition, yes, no = call.arguments
    outcome = settled(frame.value(condition))
    if is_unknown(outcome):
        return Unknown(call_text("if", [outcome, _branch(yes, frame), _branch(no, frame)]))
    return frame.value(yes if truth(outcome) else no)


def _branch(node: Node, frame: Frame) -> Value:
    # Which one is taken is not known: one that cannot be evaluated is no error, but tells this value from others.
    try:
        return settled(frame.value(node))
    except ExpressionError as error:
        return Unknown(f"{error}: {node!r}")


def _until(decisive: bool) -> Form:  # noqa: FBT001  (the truth value that settles the matter)
    def form(call: Call, frame: Frame) -> Value:
        unknown: list[Value] = []
        for each in call.arguments:
            value = settled(frame.value(each))
            if is_unknown(value):
                unknown.append(value)
            elif truth(value) is decisive:
                return decisive
        return Unknown(call_text("or" if decisive else "and", unknown)) if unknown else not decisive

    return form


def _coalesce(call: Call, frame: Frame) -> Value:
    for each in call.arguments:
        value = settled(frame.value(each))
        if is_unknown(value):
            return value if isinstance(value, str) else Unknown(call_text("coalesce", [value]))
        if value is not None:
            return value
    return None


def _name_of(call: Call, frame: Frame) -> Value:
    _needs(call, 1, 1)
    name = settled(frame.value(call.arguments[0]))
    if isinstance(name, str) or is_unknown(name):
        return name
    message = f"{call.name} takes a name"
    raise ExpressionError(message)


def _parameters(call: Call, frame: Frame) -> Value:
    name = _name_of(call, frame)
    return frame.scope.parameters.value(name) if isinstance(name, str) else Unknown(call_text("parameters", [name]))


def _variables(call: Call, frame: Frame) -> Value:
    name = _name_of(call, frame)
    return frame.scope.variable(name) if isinstance(name, str) else Unknown(call_text("variables", [name]))


def _copy_index(call: Call, frame: Frame) -> Value:
    _needs(call, 0, 2)
    values = _arguments(call, frame)
    first = values[0] if values else 0
    name = first.lower() if isinstance(first, str) else ""
    numbers = values[1:] if isinstance(first, str) else values
    offset = numbers[0] if numbers else 0
    if name not in frame.loops or not isinstance(offset, int):
        message = f"copyIndex stands outside of the loop {name}" if name else "copyIndex stands outside of a loop"
        raise ExpressionError(message)
    return frame.loops[name] + offset


def _try_get(call: Call, frame: Frame) -> Value:
    _needs(call, 2, 64)
    value = frame.value(call.arguments[0])
    for key in call.arguments[1:]:
        if value is None:
            return None
        value = member_of(value, settled(frame.value(key)), safe=True)
    return value


def _reference(call: Call, frame: Frame) -> Value:
    values = _arguments(call, frame)
    if values and (isinstance(values[0], str) or is_unknown(values[0])):
        deployment = frame.scope.deployments.get(placeholder(values[0]).lower())
        if deployment is not None:
            return deployment.reference()
    return Unknown(call_text("reference", values))


def _of_deployment(call: Call, frame: Frame) -> Value:
    return Unknown(call_text(call.name, _arguments(call, frame)))


def _differs_each_time(call: Call, frame: Frame) -> Value:
    return Unknown(f"{call.name}() {frame.scope.shared.meter.number()}")


def _fail(call: Call, frame: Frame) -> Value:
    message = f"the template fails on purpose: {call_text('fail', _arguments(call, frame))}"
    raise ExpressionError(message)


_TOLD_BY_AZURE = (
    "references", "providers", "pickZones", "listKeys", "listAccountSas", "listSecrets", "utcNow", "deployer",
    "resourceInfo", "toLogicalZone", "toLogicalZones", "toPhysicalZone", "toPhysicalZones", "externalInput",
    "environment",
)  # fmt: skip


class _Forms(dict[str, Form]):
    """Forms by folded name; whatever begins with ``list`` asks a resource provider."""

    def get(self, key: str, default: Form | None = None) -> Form | None:  # type: ignore[override]
        found = super().get(key, default)
        return _of_deployment if found is None and key.startswith("list") else found


FORMS: Mapping[str, Form] = _Forms(
    {
        "if": _if,
        "and": _until(decisive=False),
        "or": _until(decisive=True),
        "coalesce": _coalesce,
        "parameters": _parameters,
        "variables": _variables,
        "copyindex": _copy_index,
        "tryget": _try_get,
        "reference": _reference,
        "newguid": _differs_each_time,
        "fail": _fail,
        **{name.lower(): _of_deployment for name in _TOLD_BY_AZURE},
        **LAMBDAS,
        **IDS,
        **SURROUNDINGS,
    }
)
"""By their folded names."""
