"""What to read, and which ARM endpoint to read it from."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

_HTTPS_PORT = 443


class ReadFrom(StrEnum):
    """Where lists of resources are read from.

    Attributes:
        ARM: Azure Resource Manager, subscription by subscription.
        GRAPH: Azure Resource Graph, all subscriptions at once.
        AUTO: Resource Manager for few subscriptions, Resource Graph for many, a management group or a tenant.
    """

    AUTO = "auto"
    ARM = "arm"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Request:
    """What to read.

    Attributes:
        subscriptions: subscription ids or names; none where a management group or the tenant is asked for.
        resource_group: only instances of this resource group.
        names: only instances of these names, compared without regard to case.
        cloud: ``AzureCloud``, ``AzureUSGovernment`` or ``AzureChinaCloud``.
        arm_endpoint: overrides the cloud's endpoint.
        service_tags: whether to read service tags; not needed where the user gave a file.
        admin_rules: whether to read the security admin rules of Azure Virtual Network Manager.
        management_group: the name of a management group, all of whose subscriptions to read.
        tenant: whether to read all subscriptions of the tenant.
        read_from: where lists are read from.
        features: whether to read what makes optional rows necessary.
        observed: whether to read the network status of the services.
    """

    subscriptions: tuple[str, ...]
    resource_group: str | None = None
    names: tuple[str, ...] = ()
    cloud: str = "AzureCloud"
    arm_endpoint: str | None = None
    service_tags: bool = True
    admin_rules: bool = False
    management_group: str | None = None
    tenant: bool = False
    read_from: ReadFrom = ReadFrom.AUTO
    features: bool = False
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """An ARM endpoint and who signs in for it.

    Attributes:
        endpoint: base URL without a slash at its end.
        authority: host of Entra ID, or None to leave it to azure-identity and ``AZURE_AUTHORITY_HOST``.
    """

    endpoint: str
    authority: str | None

    @property
    def scope(self) -> str:
        """The audience of tokens."""
        return f"{self.endpoint}/.default"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: a request anywhere else would hand the token to a stranger."""
        return origin_of(urlsplit(self.endpoint))


def origin_of(parts: SplitResult) -> tuple[str, str, int]:
    """Returns scheme, host and port of a URL, lower case, with the port spelt out.

    Raises:
        ValueError: the port is no number from 0 to 65535.
    """
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or _HTTPS_PORT
