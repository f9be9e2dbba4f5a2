"""What a plan says, whatever its format: changes of single ARM documents, to be laid over the current state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document

UNTOLD_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""Stands in ids whose subscription no file tells; laid over a current state, it is that state's subscription."""


class Action(StrEnum):
    """What happens to a resource.

    A template does not tell whether a resource is there already: what it writes is CREATE, and replaces what is there.
    """

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NO_CHANGE = "no-change"


class Writing(StrEnum):
    """How what is written meets what is there."""

    WHOLE = "whole"  # it replaces the resource, as a PUT does: what it does not name is gone
    PART = "part"  # it replaces the members that it names, at any depth; lists are replaced whole


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One resource that a plan names, a child resource such as a security rule or a subnet included.

    Attributes:
        action: what happens to it; ``NO_CHANGE`` tells what is there before the deployment, which counts where the
            current state does not know the resource, wherever in the plan it stands.
        id: its ARM id, as far as it can be known; made up, but the same wherever the plan refers to it, where not.
        body: the ARM document that is written (``id``, ``name``, ``type``, ``location``, ``properties`` ...), or None
            for a delete. Values not known yet are ``snapshot.unknown_values.unknown(...)``.
        origin: where it is written down.
        writing: whether ``body`` is the whole resource or a part of it.
        rule_origins: where each security rule of an NSG (by its name) is written down, if not at ``origin``.
    """

    action: Action
    id: str
    body: Document | None
    origin: Origin
    writing: Writing = Writing.WHOLE
    rule_origins: Mapping[str, Origin] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file says that a deployment would do.

    Attributes:
        changes: in the order in which they are applied; of one id there may be several.
        incomplete: what the file does not tell or what was not understood.
        notes: what people should know, one sentence each.
    """

    changes: tuple[PlannedChange, ...]
    incomplete: tuple[Incomplete, ...] = ()
    notes: tuple[str, ...] = ()
