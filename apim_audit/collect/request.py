"""What to read, and which ARM endpoint to read it from."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from apim_audit.errors import UsageError

_HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Request:
    """What to read.

    Attributes:
        subscriptions: subscription ids.
        resource_group: only instances of this resource group.
        names: only instances of these names, compared without regard to case.
        cloud: ``AzureCloud``, ``AzureUSGovernment`` or ``AzureChinaCloud``.
        arm_endpoint: overrides the cloud's endpoint.
        service_tags: whether to read service tags; not needed where the user gave a file.
        admin_rules: whether to read the security admin rules of Azure Virtual Network Manager.
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


_CLOUDS = {
    "AzureCloud": Target("https://management.azure.com", None),
    "AzureUSGovernment": Target("https://management.usgovcloudapi.net", "login.microsoftonline.us"),
    "AzureChinaCloud": Target("https://management.chinacloudapi.cn", "login.chinacloudapi.cn"),
}


def target_of(request: Request) -> Target:
    """Returns the endpoint to read from.

    Raises:
        UsageError: the cloud is not known, or the endpoint is no plain https URL.
    """
    cloud = _CLOUDS.get(request.cloud)
    if cloud is None:
        message = f"{request.cloud!r} is not a known cloud"
        raise UsageError(message, f"choose one of {', '.join(_CLOUDS)}")
    if request.arm_endpoint is None:
        return cloud
    return Target(_checked(request.arm_endpoint.strip()), cloud.authority)


def _checked(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        origin_of(parts)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    # A URL that is refused is not repeated: it may hold a password.
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        message = "the ARM endpoint is not a plain https URL"
        raise UsageError(message, "give it as https://HOST[:PORT], without user name, query or fragment")
    return endpoint.rstrip("/")


def origin_of(parts: SplitResult) -> tuple[str, str, int]:
    """Returns scheme, host and port of a URL, lower case, with the port spelt out.

    Raises:
        ValueError: the port is no number from 0 to 65535.
    """
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or _HTTPS_PORT
