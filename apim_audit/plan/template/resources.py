"""The resources of a template: copy loops, conditions, children, and the changes that they come to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from apim_audit.core.facts.findings import Origin
from apim_audit.plan.located_json import LocatedObject
from apim_audit.plan.model import Action, PlannedChange, Writing
from apim_audit.plan.template.documents import JUDGED, completed, document_of, in_doubt, origins_of_rules
from apim_audit.plan.template.frames import Frame, Setting
from apim_audit.plan.template.ids import resource_id, scope_id
from apim_audit.plan.template.loops import own_loop, rounds
from apim_audit.plan.template.order import Unit
from apim_audit.plan.template.values import (
    ExpressionError,
    Unknown,
    Value,
    glue,
    is_unknown,
    member,
    placeholder,
    written,
)

DEPLOYMENT = "microsoft.resources/deployments"


@dataclass(frozen=True, slots=True)
class Place:
    """Where resources stand.

    Attributes:
        setting: what they are deployed to; ids are made of it.
        type_name: the type of the resource that they are nested in, or empty.
        name: its name, or empty.
        doubt: the condition, not known yet, on which they are there at all; empty where that is certain.
    """

    setting: Setting
    type_name: str = ""
    name: Value = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One resource that is there, in one round of its copy loop."""

    raw: LocatedObject
    frame: Frame
    place: Place
    symbol: str
    type_name: str
    name: Value

    @property
    def origin(self) -> Origin:
        """Where it is written down."""
        return self.raw.origin

    def get(self, name: str) -> Value:
        """Returns a member as it is written."""
        return member(self.raw, name)[1]

    def evaluated(self, name: str) -> Value:
        """Returns a member with its expressions evaluated; a problem in it is told with the resource's line."""
        found = self.frame.json(LocatedObject(self.origin, {"value": self.get(name)}))
        return found["value"] if isinstance(found, dict) else found


def instances_of(resources: Value, frame: Frame, place: Place) -> Iterator[Instance]:
    """Yields the resources of a template that bear on a verdict, and nested deployments.

    Each in every round of its copy loop, parents before children; not those whose condition is false.
    """
    if isinstance(resources, dict):
        pairs = [*resources.items()]
    else:
        pairs = [("", each) for each in resources] if isinstance(resources, list) else []
    for symbol, raw in pairs:
        if isinstance(raw, LocatedObject) and raw.get("existing") is not True:
            yield from _instances(raw, frame, place, symbol)


def _instances(raw: LocatedObject, frame: Frame, place: Place, symbol: str) -> Iterator[Instance]:
    type_name = _type_of(raw, place)
    folded = type_name.lower()
    if folded not in JUDGED and folded != DEPLOYMENT:
        return
    for each in _frames(raw, frame, type_name):
        instance = Instance(raw, each, place, symbol, type_name, "")
        doubt = _condition(instance)
        here = replace(instance, name=_name(instance), place=replace(place, doubt=_both(place.doubt, doubt)))
        if doubt is not None:
            yield here
        children = member(raw, "resources")[1]
        if children and folded != DEPLOYMENT:
            yield from instances_of(children, each, replace(place, type_name=type_name, name=here.name))


def _type_of(raw: LocatedObject, place: Place) -> str:
    type_name = str(member(raw, "type")[1] or "").partition("@")[0].strip().strip("/")
    return f"{place.type_name}/{type_name}" if _is_relative(type_name, place) else type_name


def _is_relative(type_name: str, place: Place) -> bool:
    return bool(place.type_name) and not type_name.lower().startswith(f"{place.type_name.lower()}/")


def _frames(raw: LocatedObject, frame: Frame, type_name: str) -> list[Frame]:
    written_loop = member(raw, "copy")[1]
    if written_loop is None:
        return [frame]
    loop = own_loop(written_loop)
    frames = Unknown("its loop is not understood") if loop is None else rounds(loop, frame, raw.origin, own=True)
    if isinstance(frames, Unknown):
        problem = f"how many resources of type {type_name} there are is not known: {frames.text}"
        frame.scope.shared.problem(raw.origin, problem, needed=True)
        return []
    return frames


def _condition(instance: Instance) -> str | None:
    """Returns the doubt whether a resource is there: empty if it is for sure, None if it is not."""
    if "condition" not in instance.raw:
        return ""
    value = instance.evaluated("condition")
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        value = value.lower() == "true"
    if value is True or value is False:
        return "" if value else None
    return written(value)


def _both(first: str, second: str | None) -> str:
    return " and ".join(each for each in (first, second) if each)


def _name(instance: Instance) -> Value:
    name = instance.evaluated("name")
    if not isinstance(name, str) and not is_unknown(name):
        name = Unknown("name")
    relative = _is_relative(str(instance.get("type") or ""), instance.place)
    return glue([instance.place.name, "/", name]) if relative else name


def id_of(instance: Instance) -> str:
    """Returns the id of a resource, made up where it cannot be known.

    Raises:
        ExpressionError: its name does not fit its type.
    """
    names = placeholder(instance.name).split("/")
    return placeholder(resource_id(scope_id(instance.place.setting), instance.type_name, names))


def unit_of(instance: Instance) -> Unit | None:
    """Returns a resource that is written, or None where its name makes no id, which is a problem."""
    try:
        identity = id_of(instance)
    except ExpressionError as error:
        problem = f"a resource is passed over: {error}"
        instance.frame.scope.shared.problem(instance.origin, problem, needed=True)
        return None
    return Unit(keys_of(instance, identity), depends_on(instance), partial(_changes, instance, identity))


def keys_of(instance: Instance, identity: str) -> tuple[str, ...]:
    """Returns what ``dependsOn`` may call a resource, folded; its id first."""
    loop = own_loop(instance.get("copy"))
    others = (placeholder(instance.name), instance.symbol, loop.name if loop else "")
    return (identity.lower(), *(each.lower() for each in others if each))


def depends_on(instance: Instance) -> tuple[str, ...]:
    """Returns what a resource depends on, folded."""
    if "dependsOn" not in instance.raw:
        return ()
    found = instance.evaluated("dependsOn")
    values: Sequence[Value] = found if isinstance(found, list) else [found]
    return tuple(placeholder(each).lower() for each in values if isinstance(each, str) or is_unknown(each))


def _changes(instance: Instance, identity: str) -> tuple[PlannedChange, ...]:
    properties: list[Value] = []

    def evaluate(value: Value) -> Value:
        found = instance.frame.json(LocatedObject(instance.origin, {"value": value}))
        inner = found["value"] if isinstance(found, dict) else found
        properties.append(inner)
        return inner

    shared = instance.frame.scope.shared
    document = document_of(identity, instance.type_name, instance.raw, evaluate, shared.meter)
    writing = completed(document, _version(instance))
    if instance.place.doubt:
        problem = f"{identity} is perhaps written: {instance.place.doubt} is not known before the deployment"
        shared.problem(instance.origin, problem)
        in_doubt(document, instance.place.doubt)
        writing = Writing.WHOLE
    origins: Mapping[str, Origin] = {}
    for each in properties:
        origins = {**origins, **origins_of_rules(each)}
    return (PlannedChange(Action.CREATE, identity, document, instance.origin, writing, dict(origins)),)


def _version(instance: Instance) -> str:
    version = instance.evaluated("apiVersion")
    return version if isinstance(version, str) else ""
