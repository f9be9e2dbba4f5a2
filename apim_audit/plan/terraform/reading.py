"""From a plan to changes: what each resource writes, in the order in which Terraform would come to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.text import printable
from apim_audit.decode.resources import fold_id, parent_of
from apim_audit.plan.errors import PlanError
from apim_audit.plan.model import Action, Plan, PlannedChange, Writing
from apim_audit.plan.terraform import kinds
from apim_audit.plan.terraform.azapi import write_azapi
from apim_audit.plan.terraform.azurerm import OF_OTHERS, READABLE_DATA, WRITERS
from apim_audit.plan.terraform.configuration import Configuration
from apim_audit.plan.terraform.ids import Ids
from apim_audit.plan.terraform.pieces import Piece, Subject, Surroundings, Writer
from apim_audit.plan.terraform.references import References
from apim_audit.plan.terraform.show import Resource, Show, parse_show
from apim_audit.snapshot import Document

_WRITERS: Mapping[str, Writer] = {**WRITERS, kinds.AZAPI: write_azapi, kinds.AZAPI_UPDATE: write_azapi}
_CHILDREN = frozenset({kinds.RULE, kinds.ROUTE, kinds.SUBNET, kinds.PEERING})
_KNOWN_ACTIONS = frozenset({"no-op", "create", "read", "update", "delete", "forget"})


def read_terraform_plan(file: str, body: object) -> Plan:
    """Returns what a Terraform or OpenTofu plan would change.

    Args:
        file: its name.
        body: its parsed content.

    Raises:
        PlanError: it cannot be understood; all that is wrong is named.
    """
    try:
        show = parse_show(body if isinstance(body, dict) else {})
        return _Reader.of(file, show).plan(show)
    except RecursionError:
        problem = "is nested too deeply"
        raise PlanError(problem) from None


@dataclass(frozen=True, slots=True)
class _Reader:
    file: str
    around: Surroundings
    resources: tuple[Resource, ...]

    @classmethod
    def of(cls, file: str, show: Show) -> "_Reader":
        references = References(Configuration(show.configuration), show.resources)
        ids = Ids(show.resources, references, show.providers)
        read = tuple(each for each in show.resources if each.type in _WRITERS and _is_read(each))
        return cls(file, Surroundings(ids, _with_children(read, ids), _deleted(read, ids)), read)

    def plan(self, show: Show) -> Plan:
        """Returns the changes: what is there, then deletions from the inside out, then the rest from the outside in."""
        incomplete = [Incomplete(self.file, "not-whole", f"{printable(self.file)}: {each}") for each in show.doubts]
        there, deleted, written = [], [], []
        for resource in self.resources:
            for change in self._changes(resource):
                if isinstance(change, Incomplete):
                    incomplete.append(change)
                elif change.action is Action.NO_CHANGE:
                    there.append(change)
                elif change.action is Action.DELETE:
                    deleted.append(change)
                else:
                    written.append(change)
        there.sort(key=_outer_first)
        deleted.sort(key=_outer_first, reverse=True)
        written.sort(key=_outer_first)
        return Plan((*there, *deleted, *written), tuple(incomplete))

    def _changes(self, resource: Resource) -> Iterator[PlannedChange | Incomplete]:
        strange = set(resource.actions) - _KNOWN_ACTIONS
        if strange:
            yield self._incomplete(resource, f"the action {printable(min(strange))} is not known")
            return
        if resource.before is not None and (resource.actions != ("create",)):
            yield from self._side(resource, resource.before, planned=False)
        elif resource.data and resource.after is not None:
            yield from self._side(resource, resource.after, planned=False)
        if "delete" in resource.actions:
            yield from self._undone(resource)
        if resource.after is not None and not {"create", "update"}.isdisjoint(resource.actions):
            yield from self._side(resource, resource.after, planned=True)

    def _side(self, resource: Resource, values: Document, *, planned: bool) -> Iterator[PlannedChange | Incomplete]:
        pieces = self._pieces(resource, values, planned=planned)
        if not pieces:
            yield self._incomplete(resource, "the resource that it belongs to is not known until the deployment")
            return
        action = Action.NO_CHANGE
        if planned:
            whole = pieces[0].writing is Writing.WHOLE
            action = Action.CREATE if "create" in resource.actions and whole else Action.UPDATE
        for piece in pieces:
            yield PlannedChange(action, piece.id, piece.body, self._origin(resource), piece.writing)

    def _undone(self, resource: Resource) -> Iterator[PlannedChange | Incomplete]:
        for piece in self._pieces(resource, resource.before or {}, planned=False):
            if piece.writing is Writing.WHOLE and not self._is_in_doubt(resource, piece):
                yield PlannedChange(Action.DELETE, piece.id, None, self._origin(resource))
            elif piece.undone is not None:
                yield PlannedChange(Action.UPDATE, piece.id, piece.undone, self._origin(resource), Writing.PART)

    def _is_in_doubt(self, resource: Resource, piece: Piece) -> bool:
        # An old object that goes after its replacement has come bears the same ARM id.
        return resource.deposed and any(
            fold_id(self.around.ids.of(each)) == fold_id(piece.id) and not each.deposed and each.after is not None
            for each in self.resources
            if each.type == resource.type
        )

    def _pieces(self, resource: Resource, values: Document, *, planned: bool) -> list[Piece]:
        ids = self.around.ids
        own = "" if resource.type in OF_OTHERS else ids.of(resource) if planned else ids.before(resource)
        if not own and resource.type not in OF_OTHERS:
            return []
        creating = planned and "create" in resource.actions
        subject = Subject(resource, values, own, planned, creating, self.around)
        return list(_WRITERS[resource.type](subject))

    def _origin(self, resource: Resource) -> Origin:
        return Origin(self.file, address=resource.address)

    def _incomplete(self, resource: Resource, why: str) -> Incomplete:
        message = f"{printable(self.file)}: {printable(resource.address)}: {why}"
        return Incomplete(resource.address, "not-known-yet", message)


def _is_read(resource: Resource) -> bool:
    return not resource.data or resource.type in READABLE_DATA


def _outer_first(change: PlannedChange) -> tuple[int, bool]:
    return change.id.count("/"), change.writing is Writing.PART


def _with_children(resources: Iterable[Resource], ids: Ids) -> frozenset[str]:
    separate = (each for each in resources if each.type in {kinds.RULE, kinds.ROUTE} and each.after is not None)
    return frozenset(fold_id(parent_of(ids.of(each))) for each in separate)


def _deleted(resources: Iterable[Resource], ids: Ids) -> frozenset[str]:
    rules = [each for each in resources if each.type == kinds.RULE and not each.data]
    gone = {fold_id(ids.before(each)) for each in rules if "delete" in each.actions}
    return frozenset(gone - {fold_id(ids.of(each)) for each in rules if each.after is not None})
