"""The Azure clouds: their endpoints and authorities are those of the SDK's own tables."""

from urllib.parse import SplitResult, urlsplit

from azure.core import AzureClouds
from azure.identity import AzureAuthorityHosts
from azure.mgmt.core.tools import get_arm_endpoints

from apim_audit.collect.request import Request, Target, origin_of
from apim_audit.errors import UsageError

_CLOUDS = {
    "AzureCloud": (AzureClouds.AZURE_PUBLIC_CLOUD, None),  # AZURE_AUTHORITY_HOST may name another one
    "AzureUSGovernment": (AzureClouds.AZURE_US_GOVERNMENT, AzureAuthorityHosts.AZURE_GOVERNMENT),
    "AzureChinaCloud": (AzureClouds.AZURE_CHINA_CLOUD, AzureAuthorityHosts.AZURE_CHINA),
}
"""By the Azure CLI's names.

The audience of tokens is not taken from the SDK: it is always the endpoint in use, so that a token is good for nothing
else. For AzureUSGovernment the SDK's table names another one, ``https://management.core.usgovcloudapi.net``.
"""


def target_of(request: Request) -> Target:
    """Returns the endpoint to read from.

    Raises:
        UsageError: the cloud is not known, or the endpoint is no plain https URL.
    """
    if request.cloud not in _CLOUDS:
        message = f"{request.cloud!r} is not a known cloud"
        raise UsageError(message, f"choose one of {', '.join(_CLOUDS)}")
    setting, authority = _CLOUDS[request.cloud]
    if request.arm_endpoint is None:
        return Target(str(get_arm_endpoints(setting)["resource_manager"]).rstrip("/"), authority)
    return Target(_checked(request.arm_endpoint.strip()), authority)


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
