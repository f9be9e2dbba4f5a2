"""Terraform and OpenTofu plans as JSON: which ARM documents they would leave behind."""

from apim_audit.plan.terraform.reading import read_terraform_plan
from apim_audit.plan.terraform.show import is_terraform_plan

__all__ = ["is_terraform_plan", "read_terraform_plan"]
