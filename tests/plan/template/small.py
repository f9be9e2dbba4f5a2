"""Small templates, and single expressions, for tests."""

import json
from collections.abc import Mapping
from typing import Any

from apim_audit.plan.model import Plan, PlannedChange
from apim_audit.plan.template import DeploymentContext, ParameterFile, read_template

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
CONTEXT = DeploymentContext(SUBSCRIPTION, "rg", "westeurope", deployment="main")
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
NSG = "Microsoft.Network/networkSecurityGroups"


def template(*resources: Mapping[str, Any], **sections: Any) -> dict[str, Any]:
    """Returns a template with these resources and sections."""
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **sections, "resources": list(resources)}


def nsg(name: str = "nsg", **members: Any) -> dict[str, Any]:
    """Returns an NSG as a template writes it."""
    return {
        "type": NSG,
        "apiVersion": "2024-05-01",
        "name": name,
        "location": "westeurope",
        "properties": {},
        **members,
    }


def rule(name: str = "rule", **fields: Any) -> dict[str, Any]:
    """Returns a security rule."""
    properties = {
        "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourceAddressPrefix": "*",
        "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "443",
    }  # fmt: skip
    return {"name": name, "properties": {**properties, **fields}}


def nested(name: str, inner: Mapping[str, Any], scope: str = "inner", **members: Any) -> dict[str, Any]:
    """Returns a nested deployment; ``parameters`` among the members are its parameters' values."""
    values = {key: {"value": value} for key, value in members.pop("parameters", {}).items()}
    options = {"expressionEvaluationOptions": {"scope": scope}}
    properties = {"mode": "Incremental", **options, "parameters": values, "template": inner}
    return {
        "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": name, "properties": properties,
        **members,
    }  # fmt: skip


def planned(
    body: Mapping[str, Any], parameters: Mapping[str, Any] | None = None, context: DeploymentContext = CONTEXT
) -> Plan:
    """Returns the plan of a template."""
    values = {"parameters": {name: {"value": value} for name, value in (parameters or {}).items()}}
    files = [ParameterFile("main.parameters.json", json.dumps(values))] if parameters is not None else []
    return read_template("main.json", json.dumps(body, indent=1), files, context)


def only(plan: Plan) -> PlannedChange:
    """Returns the only change of a plan."""
    (change,) = plan.changes
    return change


def properties(change: PlannedChange) -> dict[str, Any]:
    """Returns the properties that a change writes."""
    assert change.body is not None
    return dict(change.body["properties"])


def value_of(expression: str, context: DeploymentContext = CONTEXT, **sections: Any) -> Any:
    """Returns what an expression comes to in a template with these sections, as a document holds it."""
    body = template(nsg(properties={"flushConnection": f"[{expression}]"}), **sections)
    return properties(only(planned(body, context=context)))["flushConnection"]
