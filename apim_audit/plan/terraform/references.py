"""Which resource an attribute refers to whose value is not known, through variables, outputs and each.value."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from apim_audit.plan.terraform.addresses import Key, ModulePath, Step, steps_of, without_keys
from apim_audit.plan.terraform.configuration import Configuration, expression_at, references_in
from apim_audit.plan.terraform.show import Resource

_Kind = TypeVar("_Kind")
_Place = tuple[ModulePath, str, str, str]  # the module instance, "data" or "", type and name
_Seen = set[tuple[ModulePath, str, tuple[Key, ...]]]
_MOST_WAYS = 5_000  # far beyond what anybody writes by hand
_OWN_KEY = ("each.key", "count.index")


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where an expression stands: its module instance, and the instance key of the block that holds it.

    Attributes:
        for_each: the expression that the block repeats over, or None.
    """

    module: ModulePath
    key: Key
    for_each: object = None


@dataclass(slots=True)
class References:
    """Follows references from resource to resource."""

    configuration: Configuration
    resources: Sequence[Resource]
    _by_place: dict[_Place, list[Resource]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.resources:
            if not each.deposed:
                place = (each.module, "data" if each.data else "", each.type, each.name)
                self._by_place.setdefault(place, []).append(each)

    def referred(
        self, resource: Resource, path: Sequence[str | int], accepts: Callable[[Resource], bool]
    ) -> Resource | None:
        """Returns the one resource that an attribute can mean, or None where there is none or several.

        Args:
            resource: the resource whose attribute it is.
            path: the attribute, through blocks: ``("virtual_network_configuration", 0, "subnet_id")``.
            accepts: whether a resource is of a type that can be meant; another type, such as the VNet of which an id
                is put together, is not.
        """
        block = self.configuration.resource(resource)
        scope = _Scope(resource.module, resource.key, block.get("for_each_expression"))
        seen: _Seen = set()
        resolved = self._resolved(expression_at(block, path), scope, (), seen)
        found = {each.address: each for each in resolved if accepts(each)}
        return next(iter(found.values())) if len(found) == 1 and len(seen) <= _MOST_WAYS else None

    def _resolved(self, expression: object, scope: _Scope, hints: tuple[Key, ...], seen: _Seen) -> Iterator[Resource]:
        references = references_in(expression)
        own = (scope.key,) if any(each in references for each in _OWN_KEY) else ()
        for reference in references:
            way = (scope.module, reference, hints)
            if way in seen or len(seen) > _MOST_WAYS:
                continue
            seen.add(way)
            steps = steps_of(reference)
            yield from self._followed(steps, scope, (*own, *hints), seen)

    def _followed(
        self, steps: tuple[Step, ...], scope: _Scope, hints: tuple[Key, ...], seen: _Seen
    ) -> Iterator[Resource]:
        head, rest = steps[0].name, steps[1:]
        if head == "var" and rest and scope.module:
            yield from self._of_variable(rest, scope, hints, seen)
        elif head == "module" and len(rest) > 1:
            yield from self._of_output(rest, scope, hints, seen)
        elif head == "each" and rest and rest[0].name == "value":
            # What is repeated over resources gives each its own.
            yield from self._resolved(scope.for_each, scope, (*_keys(rest[1:]), scope.key), seen)
        elif head == "data" and len(rest) > 1:
            yield from self._instances(scope.module, "data", rest, hints)
        elif rest and head not in {"local", "each", "count", "path", "terraform", "self"}:
            yield from self._instances(scope.module, "", steps, hints)

    def _of_variable(
        self, steps: tuple[Step, ...], scope: _Scope, hints: tuple[Key, ...], seen: _Seen
    ) -> Iterator[Resource]:
        *around, step = scope.module
        call = self.configuration.call(without_keys(scope.module))
        outer = _Scope(tuple(around), step.key, call.get("for_each_expression"))
        expression = expression_at(call, (steps[0].name,))
        yield from self._resolved(expression, outer, (*_keys(steps), *hints), seen)

    def _of_output(
        self, steps: tuple[Step, ...], scope: _Scope, hints: tuple[Key, ...], seen: _Seen
    ) -> Iterator[Resource]:
        call, output, *rest = steps
        paths = self._instances_of_call((*scope.module, Step(call.name)), call.key, hints)
        for path in paths:
            expression = self.configuration.output(without_keys(path), output.name)
            yield from self._resolved(expression, _Scope(path, path[-1].key), (*_keys((output, *rest)), *hints), seen)

    def _instances_of_call(self, path: ModulePath, key: Key, hints: tuple[Key, ...]) -> list[ModulePath]:
        around, name, depth = path[:-1], path[-1].name, len(path)
        found = dict.fromkeys(
            each.module[:depth]
            for each in self.resources
            if len(each.module) >= depth and each.module[: depth - 1] == around and each.module[depth - 1].name == name
        )
        wanted = [each for each in found if each[-1].key == key] if key is not None else []
        return wanted or _narrowed(list(found), hints, lambda each: each[-1].key)

    def _instances(
        self, module: ModulePath, mode: str, steps: tuple[Step, ...], hints: tuple[Key, ...]
    ) -> list[Resource]:
        kind, named, *rest = steps
        found = self._by_place.get((module, mode, kind.name, named.name), [])
        if named.key is not None:
            return [each for each in found if each.key == named.key]
        return _narrowed(found, (*_keys(tuple(rest)), *hints), lambda each: each.key)


def _keys(steps: tuple[Step, ...]) -> tuple[Key, ...]:
    return tuple(step.key for step in steps if step.key is not None)


def _narrowed(found: list[_Kind], hints: Iterable[Key], key_of: Callable[[_Kind], Key]) -> list[_Kind]:
    """Returns what stands under the first instance key that is known to be meant and is there, else everything."""
    for hint in hints:
        same = [each for each in found if key_of(each) == hint] if hint is not None else []
        if same:
            return same
    return found
