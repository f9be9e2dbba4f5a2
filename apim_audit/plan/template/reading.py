"""An ARM template, with its parameter files, to a plan: the one way in."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.text import printable
from apim_audit.errors import NoAuditError
from apim_audit.plan.located_json import LocatedObject, NotJsonError, parse_located
from apim_audit.plan.model import Plan, PlannedChange
from apim_audit.plan.template.deployments import changes_of
from apim_audit.plan.template.frames import Frame, Level, Setting, Shared
from apim_audit.plan.template.machine import Evaluator
from apim_audit.plan.template.parameters import definitions_of, given_values, wrong_values
from apim_audit.plan.template.resources import Place
from apim_audit.plan.template.scopes import level_of, scope_of
from apim_audit.plan.template.values import Meter, TooMuchError, Unknown, Value

_LARGEST = 64 * 1024 * 1024
_LEAST_WORK = 1_000_000  # steps that any template may take; a longer one may take more


@dataclass(frozen=True, slots=True)
class ParameterFile:
    """A parameter file.

    Attributes:
        lines: whether the text's lines are those of the file; not where it was compiled.
    """

    file: str
    text: str
    lines: bool = True


@dataclass(frozen=True, slots=True)
class DeploymentContext:
    """What a deployment is told besides its template, as far as the user tells it.

    Attributes:
        subscription_id: that is deployed to.
        resource_group: its name.
        location: of the resource group, or of the deployment.
        tenant_id: of the tenant.
        management_group: its name.
        deployment: the deployment's name.
        complete: whether it is deployed in complete mode.
        linked: returns the text of a linked template by its path, or None; see ``linked.read_linked``.
    """

    subscription_id: str | None = None
    resource_group: str | None = None
    location: str | None = None
    tenant_id: str | None = None
    management_group: str | None = None
    deployment: str | None = None
    complete: bool = False
    linked: Callable[[str], str | None] = lambda _: None


def is_template(body: object) -> bool:
    """Tells whether a JSON value is an ARM template."""
    return isinstance(body, dict) and level_of(body) is not None and "resources" in body


def read_template(
    file: str,
    text: str,
    parameters: Sequence[ParameterFile] = (),
    context: DeploymentContext = DeploymentContext(),
    *,
    lines: bool = True,
) -> Plan:
    """Returns what the deployment of an ARM template would write.

    An expression that cannot be evaluated before the deployment is an unknown value with the expression's text.

    Args:
        file: the template's name.
        text: its text.
        parameters: parameter files; of a parameter that several give the last counts.
        context: what the deployment is told besides.
        lines: whether the text's lines are those of the file; not where it was compiled.

    Raises:
        NoAuditError: the template or a parameter file is not what it should be.
    """
    template = _template(file, text, lines=lines)
    given = _given(parameters)
    problems = [*wrong_values(definitions_of(template), given)]
    if problems:
        files = ", ".join(printable(each.file) for each in parameters)
        message = f"{files} does not fit {printable(file)}: {printable('; '.join(problems))}"
        raise NoAuditError(message, "Give the parameter file of this template.")
    shared = Shared(file, Evaluator(), context.linked, Meter(_LEAST_WORK + len(text)))
    setting = _setting(level_of(template) or Level.RESOURCE_GROUP, context)
    try:
        scope = scope_of(template, given, setting, shared)
        changes = changes_of(template, Frame(scope), Place(setting))
    except TooMuchError as error:
        message = f"{printable(file)} cannot be evaluated: {error}"
        raise NoAuditError(message, "Look for loops or functions in it that make very much of little.") from None
    return Plan(
        tuple(changes),
        (*shared.found.values(), *_missing(file, shared)),
        (*_notes(file, context), *_repeated(file, changes)),
    )


def _template(file: str, text: str, *, lines: bool) -> LocatedObject:
    if len(text) > _LARGEST:
        message = f"{printable(file)} is larger than any template that Azure takes"
        raise NoAuditError(message, "Give an ARM template, in JSON.")
    try:
        found = parse_located(file, text, lines=lines)
    except NotJsonError as error:
        message = f"{printable(file)}: {error}"
        raise NoAuditError(message, "Give an ARM template, in JSON.") from None
    if isinstance(found, LocatedObject) and isinstance(found.get("resources"), list | dict):
        return found
    message = f'{printable(file)} is no ARM template: it has no list "resources"'
    raise NoAuditError(message, "Give an ARM template, in JSON.")


def _given(files: Sequence[ParameterFile]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for each in files:
        try:
            values = given_values(parse_located(each.file, each.text, lines=each.lines))
        except (NotJsonError, ValueError) as error:
            message = f"{printable(each.file)} {printable(str(error))}"
            raise NoAuditError(message, "Give a parameter file as Azure's deployment commands take it.") from None
        for name, value in values.items():
            found = {key: old for key, old in found.items() if key.lower() != name.lower()} | {name: value}
    return found


def _setting(level: Level, context: DeploymentContext) -> Setting:
    def told(value: str | None, expression: str) -> Value:
        return Unknown(expression) if value is None else value

    in_group = level is Level.RESOURCE_GROUP
    return Setting(
        level=level,
        subscription=told(context.subscription_id, "subscription().subscriptionId"),
        resource_group=told(context.resource_group, "resourceGroup().name"),
        location=told(context.location, "resourceGroup().location" if in_group else "deployment().location"),
        tenant=told(context.tenant_id, "tenant().tenantId"),
        management_group=told(context.management_group, "managementGroup().name"),
        name=told(context.deployment, "deployment().name"),
    )


def _missing(file: str, shared: Shared) -> tuple[Incomplete, ...]:
    return tuple(
        Incomplete(
            file,
            "missing-parameter",
            f"{printable(file)}: parameter {printable(name)} has no value; give it in a parameter file",
            needed=False,
        )
        for name in shared.missing
    )


def _notes(file: str, context: DeploymentContext) -> list[str]:
    notes = []
    if context.subscription_id is None or context.resource_group is None:
        notes.append(
            f"{printable(file)}: ids are made up as far as the subscription and the resource group are not told"
        )
    if context.complete:
        notes.append(
            f"{printable(file)}: complete mode also deletes what the resource group holds and the template does not "
            "name; that is not judged"
        )
    return notes


def _repeated(file: str, changes: Sequence[PlannedChange]) -> list[str]:
    count = Counter(change.id.lower() for change in changes)
    first = {change.id.lower(): change.id for change in reversed(changes)}
    return [
        f"{printable(file)}: {printable(first[key])} is written {times} times; the last of them counts"
        for key, times in count.items()
        if times > 1
    ]
