"""Terraform plans made by hand, in the form that ``terraform show -json`` writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]

ACTIONS = {
    "no-op": ["no-op"],
    "create": ["create"],
    "read": ["read"],
    "update": ["update"],
    "delete": ["delete"],
    "replace": ["delete", "create"],
    "create-first": ["create", "delete"],
    "forget": ["forget"],
}


@dataclass(frozen=True)
class Block:
    """One resource instance of a plan.

    Attributes:
        unknown: ``after_unknown``.
        known: the attributes that only the deployment tells, once it is through.
        expressions: of the configuration: an attribute's references, or anything else as it is.
    """

    type: str
    name: str
    action: str = "create"
    before: Json | None = None
    after: Json | None = None
    unknown: Json = field(default_factory=dict)
    expressions: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    key: str | int | None = None
    mode: str = "managed"
    extra: Json = field(default_factory=dict)
    sensitive: Json = field(default_factory=dict)
    known: Json = field(default_factory=dict)

    def kept(self) -> "Block":
        """The same resource once it is there and nothing happens to it."""
        there = {**(self.after or {}), **self.known}
        return replace(self, action="no-op", before=there, after=there, unknown={})

    def altered(self, **changes: Any) -> "Block":
        """The same resource once it is there and some of its attributes change."""
        there = self.kept().before or {}
        return replace(self, action="update", before=there, after={**there, **changes}, unknown={})

    def gone(self) -> "Block":
        """The same resource once it is there and is deleted."""
        return replace(self, action="delete", before=self.kept().before, after=None, unknown={})

    @property
    def address(self) -> str:
        """The whole address."""
        key = "" if self.key is None else f"[{self.key}]" if isinstance(self.key, int) else f'["{self.key}"]'
        mode = "data." if self.mode == "data" else ""
        return f"{self.module}{'.' if self.module else ''}{mode}{self.type}.{self.name}{key}"

    def change(self) -> Json:
        """The entry in ``resource_changes``."""
        change = {
            "actions": ACTIONS[self.action],
            "before": self.before,
            "after": self.after,
            "after_unknown": self.unknown,
            "before_sensitive": self.sensitive,
            "after_sensitive": self.sensitive,
        }
        index = {} if self.key is None else {"index": self.key}
        module = {"module_address": self.module} if self.module else {}
        named = {"address": self.address, "mode": self.mode, "type": self.type, "name": self.name}
        return {**named, **module, **index, "change": change, **self.extra}

    def configured(self) -> Json:
        """The entry in the configuration of its module."""
        prefix = "data." if self.mode == "data" else ""
        repeated = {} if self.key is None else _repeated(self.key, self.expressions.get("for_each"))
        return {
            "address": f"{prefix}{self.type}.{self.name}",
            "mode": self.mode,
            "type": self.type,
            "name": self.name,
            "provider_config_key": "azurerm",
            "expressions": {name: _expression(e) for name, e in self.expressions.items() if name != "for_each"},
            **repeated,
        }


def _repeated(key: str | int, over: Any) -> Json:
    if isinstance(key, int):
        return {"count_expression": {"constant_value": 2}}
    return {"for_each_expression": {"references": ["var.keys"]} if over is None else _expression(over)}


def _expression(written: Any) -> Any:
    if isinstance(written, str):
        return {"references": references(written)}
    if isinstance(written, list):
        return [{name: _expression(each) for name, each in block.items()} for block in written]
    return written


def references(text: str) -> list[str]:
    """Returns references as Terraform lists them: each, then what is left of it piece by piece."""
    found = []
    for reference in text.split():
        found.append(reference)
        head = reference
        while "." in head and head.count(".") > 1 + head.startswith("data."):
            head = head.rpartition(".")[0]
            found.append(head)
        if head.endswith("]"):
            found.append(head.partition("[")[0])
    return found


def plan(blocks: Iterable[Block], modules: Json | None = None, **changes: Any) -> Json:
    """Returns a plan of these resources.

    Args:
        blocks: the resource instances; those outside of the root module stand in the configuration of ``modules``.
        modules: the module calls of the root module, by name: ``expressions`` and ``module``.
        changes: other members of the plan.
    """
    listed = list(blocks)
    root = {block.configured()["address"]: block.configured() for block in listed if not block.module}
    configuration: Json = {"resources": list(root.values())}
    if modules:
        configuration["module_calls"] = modules
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "resource_changes": [block.change() for block in listed],
        "configuration": {"root_module": configuration},
        "complete": True,
        "errored": False,
        **changes,
    }


def call(expressions: Mapping[str, Any], blocks: Iterable[Block], outputs: Mapping[str, str], **others: Any) -> Json:
    """Returns a module call with the module's configuration."""
    written = {block.configured()["address"]: block.configured() for block in blocks}
    return {
        "source": "./module",
        "expressions": {name: _expression(each) for name, each in expressions.items()},
        "module": {
            "resources": list(written.values()),
            "outputs": {name: {"expression": _expression(each)} for name, each in outputs.items()},
            **{key: value for key, value in others.items() if key == "module_calls"},
        },
        **{key: value for key, value in others.items() if key != "module_calls"},
    }
