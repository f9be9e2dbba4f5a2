"""The JSON of ``terraform show -json`` and ``tofu show -json``, format version 1, as values.

Source: Terraform documentation, "JSON Output Format"; the same shape has been written since format version 0.1.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from apim_audit.plan.errors import PlanError
from apim_audit.plan.terraform.addresses import Key, ModulePath, module_path_of
from apim_audit.plan.terraform.values import joined
from apim_audit.snapshot import Document
from apim_audit.snapshot.parsing import kind_of

_KNOWN_MAJORS = ("0", "1")
_DEPTH = 100  # modules in modules


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource instance of a plan or of the state before it.

    Attributes:
        address: the whole address, module and key included.
        data: whether it is a data source.
        module: the module instance in which it stands.
        actions: what is done to it: ``no-op``, ``create``, ``read``, ``update``, ``delete``, ``forget``.
        before: its attributes in the state, None where it is not there yet.
        after: its planned attributes, with marks for what is not known; None where it is deleted.
    """

    address: str
    data: bool
    type: str
    name: str
    key: Key
    module: ModulePath
    actions: tuple[str, ...]
    before: Document | None
    after: Document | None
    deposed: bool = False

    @property
    def values(self) -> Document:
        """Its attributes once the plan is carried out; of one that is deleted, those before."""
        return self.after if self.after is not None else self.before or {}


@dataclass(frozen=True, slots=True)
class Show:
    """A plan.

    Attributes:
        resources: those that the plan changes or names, then those that only the state has.
        configuration: the root module's configuration.
        providers: the configuration of the providers by key.
        doubts: why the plan is not whole, one phrase each.
    """

    resources: tuple[Resource, ...]
    configuration: Document
    providers: Document
    doubts: tuple[str, ...]


def is_terraform_plan(body: object) -> bool:
    """Tells whether a parsed file is a Terraform or OpenTofu plan, whatever its version."""
    if not isinstance(body, dict) or "format_version" not in body:
        return False
    return any(key in body for key in ("resource_changes", "planned_values", "configuration", "output_changes"))


def parse_show(body: Document) -> Show:
    """Returns the plan that a parsed file holds.

    Raises:
        PlanError: its format version is unknown, or a part of it is of the wrong type; all that is wrong is named.
    """
    version = body.get("format_version")
    if not isinstance(version, str) or version.partition(".")[0] not in _KNOWN_MAJORS:
        problem = f"is a plan of format version {version!r}, and this program reads 1.x; update it"
        raise PlanError(problem)
    problems: list[str] = []
    changes = [
        change for at, item in _items(body, "resource_changes", problems) for change in _change(at, item, problems)
    ]
    prior = _object(_object(body, "prior_state", problems), "values", problems, "prior_state.")
    known = {resource.address for resource in changes}
    state = [each for each in _in_state(prior, problems) if each.address not in known]
    configuration = _object(body, "configuration", problems)
    root = _object(configuration, "root_module", problems, "configuration.")
    providers = _object(configuration, "provider_config", problems, "configuration.")
    if problems:
        raise PlanError(*problems[:10])
    return Show((*changes, *state), root, providers, tuple(_doubts(body)))


def _doubts(body: Document) -> Iterator[str]:
    if body.get("errored") is True:
        yield "planning ended with an error, so that the plan is not whole; plan again"
    if body.get("complete") is False:
        yield "the plan is not complete: Terraform put off some changes to a later run"


def _object(body: Document, key: str, problems: list[str], path: str = "") -> Document:
    value = body.get(key)
    if value is None or isinstance(value, dict):
        return value or {}
    problems.append(f"{path}{key} is {kind_of(value)}, not an object")
    return {}


def _items(body: Document, key: str, problems: list[str], path: str = "") -> Iterator[tuple[str, Document]]:
    values = body.get(key)
    if values is None:
        return
    if not isinstance(values, list):
        problems.append(f"{path}{key} is {kind_of(values)}, not an array")
        return
    for number, value in enumerate(values):
        place = f"{path}{key}[{number}]"
        if isinstance(value, dict):
            yield place, value
        else:
            problems.append(f"{place} is {kind_of(value)}, not an object")


def _texts(item: Document, names: Iterable[str], place: str, problems: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for name in names:
        value = item.get(name)
        if not isinstance(value, str) or not value:
            problems.append(f"{place}.{name} is {kind_of(value)}, not a text")
            return None
        found[name] = value
    return found


def _change(place: str, item: Document, problems: list[str]) -> Iterator[Resource]:
    named = _texts(item, ("address", "type", "name"), place, problems)
    change = _object(item, "change", problems, f"{place}.")
    if named is None:
        return
    actions = change.get("actions")
    if not isinstance(actions, list) or not actions or not all(isinstance(each, str) for each in actions):
        problems.append(f"{place}.change.actions is not a list of texts ({named['address']})")
        return
    for side in ("before", "after"):
        if change.get(side) is not None and not isinstance(change[side], dict):
            problems.append(f"{place}.change.{side} is {kind_of(change[side])}, not an object ({named['address']})")
            return
    yield _resource(named, item, tuple(actions), _before(named["address"], change), _after(named["address"], change))


def _before(address: str, change: Document) -> Document | None:
    before = change.get("before")
    return None if before is None else joined(address, before, None, change.get("before_sensitive"))


def _after(address: str, change: Document) -> Document | None:
    after, not_known = change.get("after"), change.get("after_unknown")
    if after is None and not isinstance(not_known, dict):
        return None
    if after is None and "delete" in change["actions"] and "create" not in change["actions"]:
        return None
    return joined(address, after or {}, not_known, change.get("after_sensitive"))


def _resource(
    named: Mapping[str, str], item: Document, actions: tuple[str, ...], before: Document | None, after: Document | None
) -> Resource:
    index = item.get("index")
    return Resource(
        address=named["address"],
        data=item.get("mode") == "data",
        type=named["type"],
        name=named["name"],
        key=index if isinstance(index, (str, int)) and not isinstance(index, bool) else None,
        module=module_path_of(named["address"]),
        actions=actions,
        before=before,
        after=after,
        deposed=item.get("deposed") is not None,
    )


def _in_state(values: Document, problems: list[str]) -> Iterator[Resource]:
    waiting = [(_object(values, "root_module", problems, "prior_state.values."), 0)]
    while waiting:
        module, depth = waiting.pop()
        if depth > _DEPTH:
            problems.append("prior_state has modules that are nested too deeply")
            return
        for place, item in _items(module, "resources", problems, "prior_state."):
            named = _texts(item, ("address", "type", "name"), place, problems)
            if named is not None:
                sensitive = item.get("sensitive_values")
                known = joined(named["address"], _object(item, "values", problems, f"{place}."), None, sensitive)
                yield _resource(named, item, ("no-op",), known, known)
        waiting += [(each, depth + 1) for _, each in _items(module, "child_modules", problems, "prior_state.")]
