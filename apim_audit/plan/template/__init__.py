"""ARM templates: their expression language, their loops and conditions, their nested deployments."""

from apim_audit.plan.template.linked import read_linked
from apim_audit.plan.template.reading import DeploymentContext, ParameterFile, is_template, read_template

__all__ = ["DeploymentContext", "ParameterFile", "is_template", "read_linked", "read_template"]
