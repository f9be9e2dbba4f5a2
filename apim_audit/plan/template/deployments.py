"""Nested deployments: their scope, their parameters, their outputs, the changes of their resources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from apim_audit.core.facts.findings import Origin
from apim_audit.plan.located_json import LocatedObject, NotJsonError, parse_located
from apim_audit.plan.model import PlannedChange
from apim_audit.plan.template.access import Deferred
from apim_audit.plan.template.frames import Frame, Level, Setting
from apim_audit.plan.template.ids import group_id
from apim_audit.plan.template.linked import path_beside
from apim_audit.plan.template.order import Unit, in_order
from apim_audit.plan.template.parameters import definitions_of, given_values, wrong_values
from apim_audit.plan.template.resources import (
    DEPLOYMENT,
    Instance,
    Place,
    depends_on,
    id_of,
    instances_of,
    keys_of,
    unit_of,
)
from apim_audit.plan.template.scopes import level_of, scope_of
from apim_audit.plan.template.values import ExpressionError, Unknown, Value, is_unknown, member, placeholder, shorten

_DEEPEST = 10
_EMPTY: LocatedObject = LocatedObject(Origin(""))


def changes_of(template: Mapping[str, Value], frame: Frame, place: Place, depth: int = 0) -> list[PlannedChange]:
    """Returns the changes that a template makes, in the order in which they are made."""
    nested: dict[str, _Nested] = {}
    instances = list(instances_of(template.get("resources"), frame, place))
    for instance in instances:
        if instance.type_name.lower() == DEPLOYMENT:
            deployment = _Nested(instance, depth + 1)
            nested[deployment.key] = deployment
            for name in deployment.names:
                frame.scope.deployments.setdefault(name, deployment)
    units: list[Unit] = []
    for instance in instances:
        is_nested = instance.type_name.lower() == DEPLOYMENT
        unit = nested[_key(instance)].unit() if is_nested else unit_of(instance)
        units += [] if unit is None else [unit]
    return list(chain.from_iterable(unit.changes() for unit in in_order(units)))


def _key(instance: Instance) -> str:
    try:
        return id_of(instance).lower()
    except ExpressionError:
        return placeholder(instance.name).lower()


@dataclass(slots=True)
class _Nested:
    """A deployment within a template."""

    instance: Instance
    depth: int
    _inner: "tuple[LocatedObject, Frame] | None" = field(default=None)
    _asked: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        return _key(self.instance)

    @property
    def names(self) -> tuple[str, ...]:
        keys = keys_of(self.instance, self.key)
        looped = self.instance.get("copy") is not None
        # In a copy loop the symbolic name stands for all of its rounds.
        return tuple(key for key in keys[:2] if key) if looped else keys

    def unit(self) -> Unit:
        return Unit(keys_of(self.instance, self.key), depends_on(self.instance), partial(self._changes))

    def _changes(self) -> Sequence[PlannedChange]:
        template, frame = self._opened()
        place = Place(self._setting(template), doubt=self.instance.place.doubt)
        if self.depth > _DEEPEST:
            self._problem(f"deployments are nested more than {_DEEPEST} deep", needed=True)
            return ()
        return changes_of(template, frame, place, self.depth)

    def reference(self) -> Value:
        """Returns what a reference to the deployment gives."""
        return _Reference(f"reference('{shorten(self.key.rpartition('/')[2])}')", self)

    def output(self, name: str) -> Value:
        """Returns one of its outputs.

        Raises:
            ExpressionError: there is no such output, or it depends on itself.
        """
        template, frame = self._opened()
        outputs = member(template, "outputs")[1]
        there, body = member(outputs, name) if isinstance(outputs, dict) else (False, None)
        if template is _EMPTY:
            return Unknown(f"output {name} of {placeholder(self.instance.name)}")
        if not there or not isinstance(body, dict):
            message = f"the deployment {placeholder(self.instance.name)} has no output {name}"
            raise ExpressionError(message)
        return self._output(name, body, frame)

    def _output(self, name: str, body: dict[str, Value], frame: Frame) -> Value:
        if name.lower() in self._asked:
            message = f"output {name} depends on itself"
            raise ExpressionError(message)
        if str(body.get("type", "")).lower().startswith("secure"):
            return Unknown(f"output {name} of {placeholder(self.instance.name)}")
        self._asked.add(name.lower())
        try:
            found = frame.json(body)
        finally:
            self._asked.discard(name.lower())
        return found if not isinstance(found, dict) else {"type": found.get("type"), "value": found.get("value")}

    def _opened(self) -> tuple[LocatedObject, Frame]:
        if self._inner is None:
            template = self._template()
            self._inner = (template, self._frame(template))
        return self._inner

    def _properties(self) -> Mapping[str, Value]:
        found = self.instance.get("properties")
        return found if isinstance(found, dict) else {}

    def _template(self) -> LocatedObject:
        inline = member(self._properties(), "template")[1]
        if isinstance(inline, LocatedObject):
            return inline
        link = member(self._properties(), "templateLink")[1]
        path = self._evaluated(member(link, "relativePath")[1]) if isinstance(link, dict) else None
        if not isinstance(path, str):
            self._unseen("its template is not at hand")
            return _EMPTY
        return self._linked(path)

    def _linked(self, path: str) -> LocatedObject:
        shared = self.instance.frame.scope.shared
        beside = path_beside(self.instance.origin.file, path)
        text = None if beside is None else shared.linked(beside)
        try:
            found = None if beside is None or text is None else parse_located(beside, text)
        except NotJsonError as error:
            self._unseen(f"its template {path}: {error}")
            return _EMPTY
        shared.meter.spend(len(text or "") // 4)
        if isinstance(found, LocatedObject):
            return found
        self._unseen(f"its template {path} cannot be read beside the one that names it")
        return _EMPTY

    def _unseen(self, why: str) -> None:
        self._problem(f"what the deployment {placeholder(self.instance.name)} writes is not known: {why}", needed=True)

    def _problem(self, problem: str, *, needed: bool = False) -> None:
        self.instance.frame.scope.shared.problem(self.instance.origin, problem, needed=needed)

    def _evaluated(self, value: Value) -> Value:
        found = self.instance.frame.json(LocatedObject(self.instance.origin, {"value": value}))
        return found["value"] if isinstance(found, dict) else found

    def _frame(self, template: LocatedObject) -> Frame:
        frame = self.instance.frame
        if not self._is_inner():
            return frame
        shared = frame.scope.shared
        given = self._given()
        for problem in wrong_values(definitions_of(template), {} if template is _EMPTY else given):
            self._problem(f"deployment {placeholder(self.instance.name)}: {problem}")
        return Frame(scope_of(template, given, self._setting(template), shared))

    def _is_inner(self) -> bool:
        properties = self._properties()
        if not isinstance(member(properties, "template")[1], dict):
            return True
        options = self._evaluated(member(properties, "expressionEvaluationOptions")[1])
        scope = member(options, "scope")[1] if isinstance(options, dict) else None
        return isinstance(scope, str) and scope.lower() == "inner"

    def _given(self) -> dict[str, Value]:
        raw = member(self._properties(), "parameters")[1]
        if member(self._properties(), "parametersLink")[0]:
            self._problem(f"the parameter file of the deployment {placeholder(self.instance.name)} is not read")
            return {}
        evaluated = self._evaluated(raw)
        try:
            return given_values(evaluated if isinstance(evaluated, dict) else {})
        except ValueError as error:
            self._problem(f"deployment {placeholder(self.instance.name)} {error}")
            return {}

    def _setting(self, template: LocatedObject) -> Setting:
        outer = self.instance.place.setting
        group = self._told("resourceGroup", outer.resource_group)
        level = self._level(template)
        subscription = self._told("subscriptionId", outer.subscription)
        same = _folded(subscription, group) == _folded(outer.subscription, outer.resource_group)
        moved = level is Level.RESOURCE_GROUP and not (outer.level is level and same)
        return replace(
            outer,
            level=level,
            subscription=subscription,
            resource_group=group,
            location=Unknown(f"location of the resource group {placeholder(group)}") if moved else outer.location,
            name=self.instance.name,
        )

    def _level(self, template: LocatedObject) -> Level:
        if self.instance.get("resourceGroup") is not None:
            return Level.RESOURCE_GROUP
        own = level_of(template)
        if own is not None and own is not Level.RESOURCE_GROUP:
            return own
        moved = self.instance.get("subscriptionId") is not None
        return Level.SUBSCRIPTION if moved else self.instance.place.setting.level

    def _told(self, name: str, otherwise: Value) -> Value:
        if self.instance.get(name) is None:
            return otherwise
        found = self._evaluated(self.instance.get(name))
        return found if isinstance(found, str) or is_unknown(found) else Unknown(name)


def _folded(subscription: Value, group: Value) -> str:
    return placeholder(group_id(subscription, group)).lower()


class _Reference(Deferred):
    """What ``reference`` gives of a deployment."""

    __slots__ = ("_nested",)

    def __init__(self, text: str, nested: _Nested) -> None:
        super().__init__(text)
        self._nested = nested

    def member(self, name: str) -> Value:
        if name.lower() == "outputs":
            return _Outputs(f"{self.text}.{name}", self._nested)
        return self if name.lower() == "properties" else super().member(name)


class _Outputs(Deferred):
    """The outputs of a deployment."""

    __slots__ = ("_nested",)

    def __init__(self, text: str, nested: _Nested) -> None:
        super().__init__(text)
        self._nested = nested

    def member(self, name: str) -> Value:
        return self._nested.output(name)
