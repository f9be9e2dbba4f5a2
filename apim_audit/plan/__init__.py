"""What a deployment would leave behind, as ARM documents: Terraform plans, ARM what-if answers, ARM templates."""

from apim_audit.plan.acceptance import Acceptance
from apim_audit.plan.adoption import only_subscription
from apim_audit.plan.difference import beside
from apim_audit.plan.model import Action, Plan, PlannedChange, Writing
from apim_audit.plan.origins import Origins
from apim_audit.plan.overlay import Overlaid, overlay
from apim_audit.plan.reach import effective_keys, scene_of
from apim_audit.plan.reading import PlanReader
from apim_audit.plan.template import DeploymentContext

__all__ = [
    "Acceptance",
    "Action",
    "DeploymentContext",
    "Origins",
    "Overlaid",
    "Plan",
    "PlanReader",
    "PlannedChange",
    "Writing",
    "beside",
    "effective_keys",
    "only_subscription",
    "overlay",
    "scene_of",
]
