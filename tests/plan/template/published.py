"""The published templates of the shared data, and the NSGs that were converted from them by hand."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_audit.plan.model import Plan, PlannedChange
from apim_audit.plan.template import DeploymentContext, read_template

DATA = Path(__file__).parents[3] / ".." / "shared" / "data"
ABSENT = "the public test data are not beside the checkout (shared/data)"
CONTEXT = DeploymentContext("11111111-1111-1111-1111-111111111111", "apim-rg", "westeurope")

# A template that writes one NSG out of a parameter, in the place of a module that the published template links to.
_MODULE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"nsg": {"type": "object"}},
    "resources": [
        {
            "type": "Microsoft.Network/networkSecurityGroups",
            "apiVersion": "2024-05-01",
            "name": "[parameters('nsg').name]",
            "properties": {"securityRules": "[coalesce(tryGet(parameters('nsg'), 'securityRules'), createArray())]"},
        }
    ],
}
_LINK = re.compile(r'"templateLink": \{\s*"uri": "\[variables\(\'networkSecurityGroupTemplateUri\'\)\]"[^}]*\}')


@dataclass(frozen=True, slots=True)
class Published:
    """A published template and the NSG that is known to be in it."""

    template: Path
    nsg: Path

    @property
    def text(self) -> str:
        text = self.template.read_text(encoding="utf-8-sig")
        inner = f'"expressionEvaluationOptions": {{"scope": "inner"}}, "template": {json.dumps(_MODULE)}'
        return _LINK.sub(lambda _: inner, text)

    @property
    def rules(self) -> list[dict[str, Any]]:
        return list(json.loads(self.nsg.read_text(encoding="utf-8"))["properties"]["securityRules"])

    def plan(self) -> Plan:
        return read_template(self.template.name, self.text, (), CONTEXT)

    def group(self, plan: Plan) -> PlannedChange:
        """Returns the NSG that holds the most of the known rules."""
        names = {rule["name"] for rule in self.rules}
        groups = [each for each in plan.changes if "/networksecuritygroups/" in each.id.lower()]
        return max(groups, key=lambda group: len(names & {rule["name"] for rule in rules_of(group)}))


def rules_of(change: PlannedChange) -> list[dict[str, Any]]:
    """Returns the security rules that a planned NSG has."""
    assert change.body is not None
    rules = change.body["properties"].get("securityRules")
    return rules if isinstance(rules, list) else []


def published() -> list[Published]:
    """Returns every published template whose NSG was converted."""
    index = DATA / "nsg" / "INDEX.json"
    entries = json.loads(index.read_text(encoding="utf-8")) if index.exists() else []
    return [
        Published(DATA / entry["template"], DATA / "nsg" / entry["file"]) for entry in entries if "template" in entry
    ]
