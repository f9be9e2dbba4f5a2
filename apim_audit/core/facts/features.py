"""What an instance can use that makes rows necessary which are optional else."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_NAMED = 3


class Feature(StrEnum):
    """Something that an instance may use; which rows it makes required is a fact of the catalogue."""

    EVENT_HUB_LOGGER = "event-hub-logger"
    APPLICATION_INSIGHTS_LOGGER = "application-insights-logger"
    DIAGNOSTIC = "diagnostic"
    EXTERNAL_CACHE = "external-cache"
    INTERNAL_CACHE = "internal-cache"
    RATE_LIMIT = "rate-limit-across-units"
    ENTRA_ID_PROVIDER = "entra-id-provider"
    KEY_VAULT_REFERENCE = "key-vault-reference"
    CREDENTIAL_MANAGER = "credential-manager"
    SEVERAL_LOCATIONS = "several-locations"

    @property
    def plural(self) -> str:
        """What people call it, in the plural."""
        return _TITLES[self]


_TITLES = {
    Feature.EVENT_HUB_LOGGER: "Event Hub loggers",
    Feature.APPLICATION_INSIGHTS_LOGGER: "Application Insights loggers",
    Feature.DIAGNOSTIC: "diagnostics that use an Azure Monitor or Application Insights logger",
    Feature.EXTERNAL_CACHE: "external caches",
    Feature.INTERNAL_CACHE: "caching policies that use the internal cache",
    Feature.RATE_LIMIT: "rate limit or quota policies, at locations of more than one unit",
    Feature.ENTRA_ID_PROVIDER: "Entra ID identity providers",
    Feature.KEY_VAULT_REFERENCE: "named values, certificates or custom domains that refer to a Key Vault",
    Feature.CREDENTIAL_MANAGER: "providers of the credential manager",
    Feature.SEVERAL_LOCATIONS: "more than one location",
}


@dataclass(frozen=True, slots=True)
class InUse:
    """A feature that an instance uses.

    Attributes:
        reason: what shows it, as people name it: ``Event Hub logger `audit` ``.
        location: the folded name of the only location that it concerns, or None for all.
    """

    feature: Feature
    reason: str
    location: str | None = None


def reason_for(in_use: Iterable[InUse], raising: Iterable[Feature]) -> str | None:
    """Returns which of the features in use make a row required, as a phrase, or None where none does."""
    wanted = frozenset(raising)
    reasons = list(dict.fromkeys(each.reason for each in in_use if each.feature in wanted))
    if not reasons:
        return None
    more = f" and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    return ", ".join(reasons[:_NAMED]) + more
