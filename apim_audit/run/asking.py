"""What a run is asked for, as values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apim_audit.collect import Progress

DEFAULT_BASELINE = "2021-12"


class Gate(StrEnum):
    """Which gaps and doubts of a planned state fail a run."""

    CAUSED = "caused"
    ALL = "all"


class FailOn(StrEnum):
    """The quietest gap that fails a run."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Target:
    """What to read live.

    Attributes:
        subscriptions: subscription ids or names.
        resource_group: only instances of this resource group.
        names: only instances of these names.
        cloud: ``AzureCloud``, ``AzureUSGovernment`` or ``AzureChinaCloud``.
        arm_endpoint: overrides the cloud's endpoint.
        admin_rules: security admin rules too.
        management_group: all subscriptions below it, instead of those.
        tenant: all subscriptions of the tenant, instead of those.
        read_from: ``arm``, ``graph`` or ``auto``: where lists are read from.
        features: what makes optional rows necessary too.
        observed: the network status of the services too.
    """

    subscriptions: tuple[str, ...]
    resource_group: str | None = None
    names: tuple[str, ...] = ()
    cloud: str = "AzureCloud"
    arm_endpoint: str | None = None
    admin_rules: bool = False
    management_group: str | None = None
    tenant: bool = False
    read_from: str = "auto"
    features: bool = False
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment that is only planned, and the state that it would meet.

    Attributes:
        files: Terraform plans, what-if answers, templates; ``-`` is standard input.
        parameters: parameter files of a template.
        onto: files with the current state.
        onto_live: what to read live as the current state.
        every: every instance is judged, not only those that the plan touches.
        subscription: the id of the subscription that a template is deployed to, where that is told.
        resource_group: its resource group.
        location: the location of the resource group, or of the deployment.
    """

    files: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    onto: tuple[str, ...] = ()
    onto_live: Target | None = None
    every: bool = False
    subscription: str | None = None
    resource_group: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a live reading is done.

    Attributes:
        service_tags: a file with service tags, or None to ask Azure for them.
        save_to: where to keep the snapshot, also that of an interrupted reading, or None.
        progress: is told how far the reading is.
    """

    service_tags: str | None = None
    save_to: str | None = None
    progress: "Progress | None" = None
