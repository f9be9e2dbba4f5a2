"""The ARM ids of a plan's resources: those that are known, and for the others one that is made up, always the same."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from apim_audit.plan.model import UNTOLD_SUBSCRIPTION
from apim_audit.plan.terraform.kinds import AZAPI, AZAPI_UPDATE, GROUP, PLACES, Child, arm_type_of
from apim_audit.plan.terraform.references import References
from apim_audit.plan.terraform.show import Resource
from apim_audit.plan.terraform.values import text
from apim_audit.snapshot import Document

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)


@dataclass(slots=True)
class Ids:
    """Finds ARM ids. A name that is not known is that of the Terraform address, in parentheses."""

    resources: Sequence[Resource]
    references: References
    providers: Document
    _known: dict[str, str] = field(default_factory=dict)
    _by_name: dict[tuple[str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _subscriptions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for each in self.resources:
            told = _told(each)
            match = None if told is None else _SUBSCRIPTION.match(told)
            if told is not None and match is not None:
                self._known.setdefault(each.address, told)
                self._subscriptions[self._provider(each)].add(match[1].lower())
                self._subscriptions[""].add(match[1].lower())
                self._remember_name(each, told)

    def of(self, resource: Resource) -> str:
        """Returns the id of a resource."""
        if resource.deposed:
            return _told(resource) or ""
        if resource.address not in self._known:
            self._known[resource.address] = ""  # ends a circle
            self._known[resource.address] = self._made(resource)
        return self._known[resource.address]

    def before(self, resource: Resource) -> str:
        """Returns the id that a resource has before the plan is carried out."""
        return text(resource.before or {}, "id") or self.of(resource)

    def referred(self, resource: Resource, path: Sequence[str | int], types: Iterable[str]) -> str | None:
        """Returns the id of the one resource that an attribute can mean, or None."""
        found = self.references.referred(resource, path, accepting(types))
        return (self.of(found) or None) if found is not None else None

    def parent(self, resource: Resource, child: Child) -> str | None:
        """Returns the id of the resource in which a child stands, or None where it cannot be told."""
        found = self.referred(resource, (child.named_by,), (child.parent,))
        if found is not None:
            return found
        name = text(resource.values, child.named_by)
        if name is None:
            return None
        group = self._group(resource)
        same = self._by_name.get((child.parent, group.lower(), name.lower()), set())
        if len(same) == 1:
            return next(iter(same))
        place = PLACES[child.parent]
        return None if isinstance(place, Child) else self._in_group(resource, place.arm_type, name)

    def _made(self, resource: Resource) -> str:
        name = text(resource.values, "name") or f"({resource.address.replace('/', '%2F')})"
        if resource.type in {AZAPI, AZAPI_UPDATE}:
            return self._of_azapi(resource, name)
        place = PLACES.get(resource.type)
        if place is None:
            return self._in_group(resource, f"Terraform/{resource.type}", name)
        if isinstance(place, Child):
            parent = self.parent(resource, place)
            return f"{parent}/{place.segment}/{name}" if parent else ""
        return self._in_group(resource, place.arm_type, name)

    def _of_azapi(self, resource: Resource, name: str) -> str:
        whole = text(resource.values, "resource_id") or self.referred(resource, ("resource_id",), PLACES)
        if whole:
            return whole
        arm_type = (text(resource.values, "type") or "").partition("@")[0]
        parent = text(resource.values, "parent_id") or self.referred(resource, ("parent_id",), (GROUP, *PLACES))
        if not arm_type or not parent:
            return ""
        namespace, *segments = arm_type.split("/")
        nested = len(segments) > 1
        return f"{parent}/{segments[-1]}/{name}" if nested else f"{parent}/providers/{namespace}/{segments[0]}/{name}"

    def _in_group(self, resource: Resource, arm_type: str, name: str) -> str:
        if resource.type == GROUP:
            return f"/subscriptions/{self._subscription(resource)}/resourceGroups/{name}"
        group = self.references.referred(resource, ("resource_group_name",), accepting((GROUP,)))
        scope = self.of(group) if group is not None and group is not resource else ""
        if not scope:
            scope = f"/subscriptions/{self._subscription(resource)}/resourceGroups/{self._group(resource)}"
        return f"{scope}/providers/{arm_type}/{name}"

    def _group(self, resource: Resource) -> str:
        known = text(resource.values, "resource_group_name")
        if known is not None:
            return known
        group = self.references.referred(resource, ("resource_group_name",), accepting((GROUP,)))
        return f"({resource.address.replace('/', '%2F')})" if group is None else self.of(group).rpartition("/")[2]

    def _provider(self, resource: Resource) -> str:
        return str(self.references.configuration.resource(resource).get("provider_config_key") or "")

    def _subscription(self, resource: Resource) -> str:
        key = self._provider(resource)
        for told in (self._configured(key), *map(self._only, (key, ""))):
            if told is not None:
                return told
        return UNTOLD_SUBSCRIPTION

    def _only(self, key: str) -> str | None:
        found = self._subscriptions.get(key, set())
        return next(iter(found)) if len(found) == 1 else None

    def _configured(self, key: str) -> str | None:
        provider = self.providers.get(key)
        expressions = provider.get("expressions") if isinstance(provider, dict) else None
        expression = expressions.get("subscription_id") if isinstance(expressions, dict) else None
        value = expression.get("constant_value") if isinstance(expression, dict) else None
        return value if isinstance(value, str) and value else None

    def _remember_name(self, resource: Resource, told: str) -> None:
        name, group = text(resource.values, "name"), text(resource.values, "resource_group_name")
        if name is not None and group is not None:
            self._by_name[resource.type, group.lower(), name.lower()].add(told)


def accepting(types: Iterable[str]) -> Callable[[Resource], bool]:
    """Returns what tells whether a resource is of one of these types, whichever provider writes it."""
    wanted = frozenset(types)
    arm_types = {arm_type.lower() for each in wanted if (arm_type := arm_type_of(each)) is not None}

    def accepts(resource: Resource) -> bool:
        if resource.type != AZAPI:
            return resource.type in wanted
        return (text(resource.values, "type") or "").partition("@")[0].lower() in arm_types

    return accepts


def _told(resource: Resource) -> str | None:
    sides: Iterator[Document | None] = iter((resource.after, resource.before))
    return next((found for side in sides if (found := text(side or {}, "id")) is not None), None)
