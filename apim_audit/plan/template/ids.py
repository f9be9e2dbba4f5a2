"""Functions that make resource ids (Azure documentation, ``template-functions-resource``, 2025-02-12)."""

import re
from collections.abc import Callable, Mapping, Sequence

from apim_audit.plan.template.access import settled
from apim_audit.plan.template.frames import Frame, Level, Setting
from apim_audit.plan.template.syntax import Call
from apim_audit.plan.template.values import ExpressionError, Unknown, Value, glue, is_unknown, kind

Form = Callable[[Call, Frame], Value]

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def scope_id(setting: Setting) -> Value:
    """Returns the id of what a template is deployed to; empty for a tenant."""
    match setting.level:
        case Level.RESOURCE_GROUP:
            return group_id(setting.subscription, setting.resource_group)
        case Level.SUBSCRIPTION:
            return glue(["/subscriptions/", setting.subscription])
        case Level.MANAGEMENT_GROUP:
            return glue(["/providers/Microsoft.Management/managementGroups/", setting.management_group])
        case Level.TENANT:
            return ""


def group_id(subscription: Value, group: Value) -> Value:
    """Returns the id of a resource group."""
    return glue(["/subscriptions/", subscription, "/resourceGroups/", group])


def resource_id(scope: Value, type_name: str, names: Sequence[Value]) -> Value:
    """Returns the id of a resource: its scope, its type, a name for each segment of the type.

    Raises:
        ExpressionError: there are more names than segments, or fewer.
    """
    namespace, *segments = type_name.strip("/").split("/")
    if len(segments) != len(names):
        message = f"the type {type_name} takes {len(segments)} names and is given {len(names)}"
        raise ExpressionError(message)
    pairs = (part for segment, name in zip(segments, names, strict=True) for part in ("/", segment, "/", name))
    return glue([scope, "/providers/", namespace, *pairs])


def _split(call: Call, frame: Frame) -> tuple[list[Value], str, list[Value]]:
    values = [settled(frame.value(each)) for each in call.arguments]
    at = next((number for number, each in enumerate(values) if isinstance(each, str) and "/" in each), None)
    if at is None:
        message = f"{call.name} is given no resource type"
        raise ExpressionError(message)
    for each in values:
        if not isinstance(each, str) and not is_unknown(each):
            message = f"{call.name} is given {kind(each)}"
            raise ExpressionError(message)
    return values[:at], str(values[at]), values[at + 1 :]


def _resource_id(call: Call, frame: Frame) -> Value:
    before, type_name, names = _split(call, frame)
    return resource_id(_scope_of(before, frame.scope.setting), type_name, names)


def _scope_of(before: list[Value], setting: Setting) -> Value:
    if not before:
        return scope_id(setting)
    if len(before) > 1:
        return group_id(before[-2], before[-1])
    (only,) = before
    if setting.level is not Level.RESOURCE_GROUP or (isinstance(only, str) and _GUID.fullmatch(only)):
        subscription = glue(["/subscriptions/", only])
        in_group = setting.level is Level.RESOURCE_GROUP
        return glue([subscription, "/resourceGroups/", setting.resource_group]) if in_group else subscription
    return group_id(setting.subscription, only)


def _of_subscription(call: Call, frame: Frame) -> Value:
    before, type_name, names = _split(call, frame)
    subscription = before[-1] if before else frame.scope.setting.subscription
    return resource_id(glue(["/subscriptions/", subscription]), type_name, names)


def _of_tenant(call: Call, frame: Frame) -> Value:
    _, type_name, names = _split(call, frame)
    return resource_id("", type_name, names)


def _of_management_group(call: Call, frame: Frame) -> Value:
    before, type_name, names = _split(call, frame)
    group = before[-1] if before else frame.scope.setting.management_group
    return resource_id(glue(["/providers/Microsoft.Management/managementGroups/", group]), type_name, names)


def _of_extension(call: Call, frame: Frame) -> Value:
    values = [settled(frame.value(each)) for each in call.arguments]
    if len(values) < 3 or not isinstance(values[1], str):  # noqa: PLR2004  (an id, a type, a name)
        return Unknown("extensionResourceId")
    return resource_id(values[0], values[1], values[2:])


IDS: Mapping[str, Form] = {
    "resourceid": _resource_id,
    "subscriptionresourceid": _of_subscription,
    "tenantresourceid": _of_tenant,
    "managementgroupresourceid": _of_management_group,
    "extensionresourceid": _of_extension,
}
"""By their folded names."""
