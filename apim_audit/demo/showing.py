"""Running the collector against the embedded endpoint, out of reach of the user's own credentials."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from apim_audit.collect import Request, collect
from apim_audit.demo.endpoint import serve
from apim_audit.demo.estate import demo_estate
from apim_audit.snapshot import Snapshot

_CREDENTIAL_PREFIXES = ("AZURE_", "ARM_", "MSI_", "IDENTITY_", "IMDS_", "AAD_")
_HTTP_VARIABLES = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"}
)


def show(taken_at: str, *, features: bool = False, observed: bool = False) -> Snapshot:
    """Returns the snapshot of the demo's estate; see `apim_audit.demo.demo_snapshot`."""
    with serve(demo_estate(taken_at)) as endpoint, isolated(endpoint.environment()):
        request = Request(endpoint.subscription_ids, arm_endpoint=endpoint.url, features=features, observed=observed)
        return collect(request, taken_at)


@contextmanager
def isolated(variables: Mapping[str, str]) -> Iterator[None]:
    """Puts variables in the place of all that speak of credentials, proxies and certificates, and restores the rest.

    Args:
        variables: the only such variables that hold meanwhile.
    """
    before = dict(os.environ)
    for name in before:
        if name.upper().startswith(_CREDENTIAL_PREFIXES) or name.upper() in _HTTP_VARIABLES:
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
