"""What a deployment would leave behind, as ARM documents: Terraform plans, ARM what-if answers, ARM templates."""
