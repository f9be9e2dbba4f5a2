"""Why something could not be read, in words that a person can act on."""

from dataclasses import dataclass

from apim_audit.collect.kinds import SERVICE_TAGS, Kind
from apim_audit.core.facts.reports import Incomplete

NO_RESOURCE_GROUP = "ResourceGroupNotFound"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request brought nothing.

    Attributes:
        reason: one word: forbidden, not-found, unauthenticated, throttled, unregistered, refused, invalid, unavailable.
        code: ARM's error code, letters and digits only, or empty.
        detail: more, as a phrase of our own, or empty; never text of the answer, which anybody may have written.
    """

    reason: str
    code: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.reason, self.code, self.detail)))


_ADVICE = {
    "forbidden": "grant the identity {action}, for example with the Reader role",
    "not-found": "it is gone, or the identity may not see it ({action})",
    "unauthenticated": "sign in to the tenant that it belongs to",
    "throttled": "Azure throttles the identity; wait some minutes and try again",
    "unregistered": "the subscription is not registered for {provider}, and this program registers nothing",
    "refused": "check the ids, the cloud and the ARM endpoint",
    "invalid": "try again, and check that the ARM endpoint is Azure's",
    "unavailable": "check the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE, and try again",
}


def advice(failure: Failure, kind: Kind) -> str:
    """Returns what to do about a failure, as a phrase."""
    return _ADVICE[failure.reason].format(action=kind.action, provider=kind.type.partition("/")[0])


def unread(what: str, resource_id: str, failure: Failure, kind: Kind, *, needed: bool = True) -> Incomplete:
    """Returns the entry for something that could not be read.

    Args:
        what: how a person would name it.
        resource_id: the resource, list or subscription.
        failure: why.
        kind: the type whose reading failed.
        needed: whether a judged location needs it.
    """
    also = "; or give --service-tags FILE" if kind == SERVICE_TAGS else ""
    message = f"{what[:1].upper()}{what[1:]} could not be read ({failure}): {advice(failure, kind)}{also}."
    return Incomplete(resource_id, failure.reason, message, needed)
