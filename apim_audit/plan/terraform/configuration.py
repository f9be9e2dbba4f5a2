"""The configuration part of a plan: what the author wrote, expression by expression, as references."""

from collections.abc import Sequence

from apim_audit.plan.terraform.show import Resource
from apim_audit.snapshot import Document

Names = tuple[str, ...]


def _get(body: object, *keys: str) -> object:
    for key in keys:
        body = body.get(key) if isinstance(body, dict) else None
    return body


class Configuration:
    """The modules of a configuration, found by the names of the calls that lead to them."""

    def __init__(self, root: Document) -> None:
        self._modules: dict[Names, Document] = {(): root}
        self._resources: dict[Names, dict[str, Document]] = {}

    def module(self, names: Names) -> Document:
        """Returns the configuration of a module, empty where there is none."""
        if names not in self._modules:
            call = self.call(names)
            module = call.get("module")
            self._modules[names] = module if isinstance(module, dict) else {}
        return self._modules[names]

    def call(self, names: Names) -> Document:
        """Returns the call of a module in the module around it; of the root there is none."""
        found = _get(self.module(names[:-1]), "module_calls", names[-1]) if names else None
        return found if isinstance(found, dict) else {}

    def resource(self, resource: Resource) -> Document:
        """Returns the block of a resource, empty where there is none."""
        names = tuple(step.name for step in resource.module)
        if names not in self._resources:
            listed = self.module(names).get("resources")
            blocks = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
            self._resources[names] = {str(each.get("address")): each for each in blocks}
        prefix = "data." if resource.data else ""
        return self._resources[names].get(f"{prefix}{resource.type}.{resource.name}", {})

    def output(self, names: Names, output: str) -> object:
        """Returns the expression of a module's output."""
        return _get(self.module(names), "outputs", output, "expression")


def expression_at(block: Document, path: Sequence[str | int]) -> object:
    """Returns the expression of an attribute in the blocks of a resource, or None."""
    found: object = block.get("expressions")
    for step in path:
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and step < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


def references_in(expression: object, depth: int = 20) -> list[str]:
    """Returns the references of an expression, those of blocks within it included, without those that others imply.

    Terraform lists ``a.b.id`` and then ``a.b``; the latter says nothing of its own.
    """
    found: list[str] = []
    if isinstance(expression, dict):
        listed = expression.get("references")
        if isinstance(listed, list):
            found = [each for each in listed if isinstance(each, str)]
        elif depth:
            found = [each for value in expression.values() for each in references_in(value, depth - 1)]
    elif isinstance(expression, list) and depth:
        found = [each for value in expression for each in references_in(value, depth - 1)]
    return [each for at, each in enumerate(found) if not _is_implied(each, found[:at])]


def _is_implied(reference: str, earlier: Sequence[str]) -> bool:
    return any(other == reference or other.startswith((f"{reference}.", f"{reference}[")) for other in earlier)
