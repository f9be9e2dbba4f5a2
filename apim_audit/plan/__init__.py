"""What a deployment would leave behind, as ARM documents: Terraform plans, ARM what-if answers, ARM templates."""

from apim_audit.plan.difference import beside
from apim_audit.plan.model import Action, Plan, PlannedChange, Writing
from apim_audit.plan.origins import Origins
from apim_audit.plan.overlay import Overlaid, overlay
from apim_audit.plan.reach import scene_of
from apim_audit.plan.reading import read_plans

__all__ = [
    "Action",
    "Origins",
    "Overlaid",
    "Plan",
    "PlannedChange",
    "Writing",
    "beside",
    "overlay",
    "read_plans",
    "scene_of",
]
