"""What a single Terraform resource writes: pieces of ARM documents, several where it writes to several resources."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from apim_audit.plan.model import Writing
from apim_audit.plan.terraform.documents import Refer
from apim_audit.plan.terraform.ids import Ids
from apim_audit.plan.terraform.kinds import NSG, SECURITY_GROUP_OF_APPLICATIONS, SUBNET, TABLE
from apim_audit.plan.terraform.show import Resource
from apim_audit.snapshot import Document, unknown_name

_REFERRED = {
    "network_security_group_id": NSG,
    "security_group": NSG,
    "route_table_id": TABLE,
    "subnet_id": SUBNET,
    "backend_subnet_id": SUBNET,
    "source_application_security_group_ids": SECURITY_GROUP_OF_APPLICATIONS,
    "destination_application_security_group_ids": SECURITY_GROUP_OF_APPLICATIONS,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A document, or a part of one, that a resource writes.

    Attributes:
        id: the ARM id.
        body: what is written.
        writing: whether that is the whole document.
        undone: for a part, what is written when the resource is deleted.
    """

    id: str
    body: Document
    writing: Writing = Writing.WHOLE
    undone: Document | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a resource's pieces hang on beside its own attributes.

    Attributes:
        ids: the ids of all resources.
        with_children: the keys of NSGs and route tables for which the plan has separate rules or routes.
        deleted: the keys of separate rules that the plan deletes and does not create again.
    """

    ids: Ids
    with_children: AbstractSet[str]
    deleted: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Subject:
    """One side of a change of a resource.

    Attributes:
        resource: the resource.
        values: its attributes on this side.
        id: its ARM id, empty where it cannot be told.
        planned: whether this side is what the plan writes.
        creating: whether the resource is created by it.
    """

    resource: Resource
    values: Document
    id: str
    planned: bool
    creating: bool
    around: Surroundings

    def refer(self, *path: str | int) -> Refer:
        """Returns what finds the ids that attributes of the resource, or of a block in it, refer to.

        Args:
            path: where the block stands.
        """

        def referred(name: str, value: object) -> object:
            types = (_REFERRED[name],)
            if unknown_name(value) is not None:
                return self.around.ids.referred(self.resource, (*path, name), types) or value
            if isinstance(value, list) and any(unknown_name(each) is not None for each in value):
                found = self.around.ids.referred(self.resource, (*path, name), types)
                return [(found or each) if unknown_name(each) is not None else each for each in value]
            return value

        return referred

    def whole(self, arm_type: str, properties: object, **others: object) -> Piece:
        """Returns the whole document of the resource itself."""
        head = {"id": self.id, "name": self.id.rpartition("/")[2], "type": arm_type}
        return Piece(self.id, {**head, **others, "properties": properties})


Writer = Callable[[Subject], Iterable[Piece]]
"""Returns what a resource writes."""


def part(resource_id: str, properties: Document, undone: Document | None = None) -> Iterator[Piece]:
    """Yields a part of another resource's properties."""
    body: Document = {"id": resource_id, "properties": properties}
    back = None if undone is None else {"id": resource_id, "properties": undone}
    yield Piece(resource_id, body, Writing.PART, back)
