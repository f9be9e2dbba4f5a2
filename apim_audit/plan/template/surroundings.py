"""What a template sees of where it is deployed: resource group, subscription, tenant, deployment."""

from collections.abc import Callable, Mapping

from apim_audit.plan.template.frames import Frame, Level, Setting
from apim_audit.plan.template.ids import group_id
from apim_audit.plan.template.syntax import Call
from apim_audit.plan.template.values import ExpressionError, Unknown, Value, glue

Form = Callable[[Call, Frame], Value]


def _form(name: str, describe: Callable[[Setting], Value]) -> Form:
    def form(call: Call, frame: Frame) -> Value:
        if call.arguments:
            message = f"{name} takes no arguments"
            raise ExpressionError(message)
        return describe(frame.scope.setting)

    return form


def _resource_group(setting: Setting) -> Value:
    if setting.level is not Level.RESOURCE_GROUP:
        message = "resourceGroup() stands in a template that is not deployed to a resource group"
        raise ExpressionError(message)
    return {
        "id": group_id(setting.subscription, setting.resource_group),
        "name": setting.resource_group,
        "type": "Microsoft.Resources/resourceGroups",
        "location": setting.location,
        "managedBy": Unknown("resourceGroup().managedBy"),
        "tags": Unknown("resourceGroup().tags"),
        "properties": {"provisioningState": "Succeeded"},
    }


def _subscription(setting: Setting) -> Value:
    return {
        "id": glue(["/subscriptions/", setting.subscription]),
        "subscriptionId": setting.subscription,
        "tenantId": setting.tenant,
        "displayName": Unknown("subscription().displayName"),
    }


def _tenant(setting: Setting) -> Value:
    rest = ("countryCode", "displayName", "domains", "tenantCategory", "defaultDomain")
    return {"tenantId": setting.tenant, **{name: Unknown(f"tenant().{name}") for name in rest}}


def _deployment(setting: Setting) -> Value:
    return {
        "name": setting.name,
        "location": setting.location,
        "properties": Unknown("deployment().properties"),
    }


def _management_group(setting: Setting) -> Value:
    name = setting.management_group
    return {
        "id": glue(["/providers/Microsoft.Management/managementGroups/", name]),
        "name": name,
        "type": "/providers/Microsoft.Management/managementGroups",
        "properties": Unknown("managementGroup().properties"),
    }


SURROUNDINGS: Mapping[str, Form] = {
    "resourcegroup": _form("resourceGroup", _resource_group),
    "subscription": _form("subscription", _subscription),
    "tenant": _form("tenant", _tenant),
    "deployment": _form("deployment", _deployment),
    "managementgroup": _form("managementGroup", _management_group),
}
"""By their folded names."""
