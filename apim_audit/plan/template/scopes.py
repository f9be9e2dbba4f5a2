"""From a template's sections to the scope in which its expressions are evaluated."""

from collections.abc import Callable, Mapping
from functools import partial

from apim_audit.core.facts.findings import Origin
from apim_audit.plan.located_json import LocatedObject, origin_of
from apim_audit.plan.template.frames import Frame, Level, Scope, Setting, Shared
from apim_audit.plan.template.loops import Loop, loops_of, rounds
from apim_audit.plan.template.parameters import Parameters, definitions_of
from apim_audit.plan.template.values import Unknown, Value

_LEVELS = {
    "subscriptiondeploymenttemplate.json": Level.SUBSCRIPTION,
    "managementgroupdeploymenttemplate.json": Level.MANAGEMENT_GROUP,
    "tenantdeploymenttemplate.json": Level.TENANT,
    "deploymenttemplate.json": Level.RESOURCE_GROUP,
}


def level_of(template: Mapping[str, Value]) -> Level | None:
    """Returns the kind of scope that a template's schema names, or None where it is no template's schema."""
    schema = template.get("$schema")
    name = schema.rstrip("#").rpartition("/")[2].lower() if isinstance(schema, str) else ""
    return _LEVELS.get(name)


def scope_of(template: Mapping[str, Value], given: Mapping[str, Value], setting: Setting, shared: Shared) -> Scope:
    """Returns the scope of a template that is deployed with values for its parameters."""
    parameters = Parameters(definitions_of(template), given)
    variables: dict[str, Callable[[], Value]] = {}
    scope = Scope(shared, setting, parameters, variables, _functions(template))
    parameters.scope = scope
    variables.update(_variables(template.get("variables"), Frame(scope)))
    return scope


def _variables(section: Value, frame: Frame) -> dict[str, Callable[[], Value]]:
    if not isinstance(section, dict):
        return {}
    place = origin_of(section)
    loops = loops_of(section)
    found: dict[str, Callable[[], Value]] = {}
    for name, value in section.items():
        if not (loops and name.lower() == "copy"):
            found[name.lower()] = partial(_one, value, frame, place)
    for loop in loops:
        found[loop.name.lower()] = partial(_many, loop, frame, place)
    return found


def _one(value: Value, frame: Frame, place: Origin | None) -> Value:
    if place is None or isinstance(value, LocatedObject):
        return frame.json(value)
    found = frame.json(LocatedObject(place, {"value": value}))
    return found["value"] if isinstance(found, dict) else found


def _many(loop: Loop, frame: Frame, place: Origin | None) -> Value:
    frames = rounds(loop, frame, place)
    return frames if isinstance(frames, Unknown) else [_one(loop.input, each, place) for each in frames]


def _functions(template: Mapping[str, Value]) -> dict[str, LocatedObject]:
    found: dict[str, LocatedObject] = {}
    section = template.get("functions")
    for each in section if isinstance(section, list) else ():
        members = each.get("members") if isinstance(each, dict) else None
        for name, body in members.items() if isinstance(members, dict) else ():
            if isinstance(body, LocatedObject):
                found[f"{each.get('namespace')}.{name}".lower()] = body
    return found
