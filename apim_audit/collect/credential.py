"""Signing in: azure-identity's default chain, asked once for all clients, with failures told without secrets."""

import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential

from apim_audit.collect.request import Target
from apim_audit.errors import NoAuditError

_REFRESH_SECONDS = 300
_HINT = (
    "sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, "
    "or run where a managed identity is assigned"
)
_LOUDEST = {
    "azure": logging.WARNING,
    "azure.identity": logging.CRITICAL,
    "msal": logging.CRITICAL,
    "urllib3": logging.WARNING,
}
_ATTEMPT = re.compile(r"^\t(\w+Credential)\b", re.MULTILINE)
_ENTRA_CODE = re.compile(r"\bAADSTS\d+\b")


class KeptToken:
    """A credential that asks another one once and keeps the token: the Azure CLI would run anew for every client."""

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._lock = threading.Lock()
        self._token: AccessToken | None = None

    @property
    def kind(self) -> str | None:
        """The kind of credential that gave the token, such as ``ManagedIdentityCredential``, where that is told."""
        # The chain keeps it to itself; where it no longer does, nothing is told.
        found = getattr(self._credential, "_successful_credential", None)
        return None if found is None else type(found).__name__

    def get_token(self, *scopes: str, claims: str | None = None, **options: Any) -> AccessToken:  # noqa: ANN401  (the SDK's protocol)
        """Returns a token for the scopes, which are the same in every call.

        Raises:
            AzureError: no credential of the chain gave one.
        """
        with self._lock:
            if claims or self._token is None or self._token.expires_on - time.time() < _REFRESH_SECONDS:
                self._token = self._credential.get_token(*scopes, claims=claims, **options)
            return self._token

    def renew(self, refused: str, *scopes: str) -> str | None:
        """Returns another token than the one that was refused, or None where there is no other.

        Raises:
            AzureError: no credential of the chain gave one.
        """
        with self._lock:
            if self._token is None or self._token.token == refused:
                self._token = self._credential.get_token(*scopes)
            return None if self._token.token == refused else self._token.token


@contextmanager
def sign_in(target: Target) -> Iterator[KeptToken]:
    """Yields a credential that has shown that it works.

    Raises:
        NoAuditError: none does.
    """
    with _silence(), closing(_chain(target)) as chain:
        credential = KeptToken(chain)
        try:
            credential.get_token(target.scope)
        except (AzureError, ValueError) as error:
            # The chain's own text can quote what was configured; it is not passed on.
            raise NoAuditError(_told(str(error)), _HINT) from None
        yield credential


def _chain(target: Target) -> DefaultAzureCredential:
    options = {"authority": target.authority} if target.authority else {}
    try:
        return DefaultAzureCredential(**options)
    except ValueError:
        message = "the Azure credential settings in the environment make no sense"
        hint = "check AZURE_TOKEN_CREDENTIALS, AZURE_AUTHORITY_HOST and the other AZURE_ variables"
        raise NoAuditError(message, hint) from None


def _told(text: str) -> str:
    tried = ", ".join(dict.fromkeys(_ATTEMPT.findall(text)))
    codes = ", ".join(dict.fromkeys(_ENTRA_CODE.findall(text)))
    message = "no Azure credential works"
    if tried:
        message += f"; tried {tried}"
    return f"{message} ({codes})" if codes else message


@contextmanager
def _silence() -> Iterator[None]:
    """Keeps the libraries below from logging: the errors that are raised say what counts, without secrets."""
    loggers = {logging.getLogger(name): level for name, level in _LOUDEST.items()}
    before = {logger: logger.level for logger in loggers}
    for logger, level in loggers.items():
        logger.setLevel(max(level, logger.level))
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)
