"""What an identity may read, as far as it can be told without reading everything."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class ReadState(StrEnum):
    """Whether a read is permitted."""

    PERMITTED = "permitted"
    MISSING = "missing"
    NOT_TOLD = "not-told"


@dataclass(frozen=True, slots=True)
class ReadPermission:
    """One read that an audit makes, in one subscription.

    Attributes:
        action: the RBAC action that it takes.
        option: the option that asks for it, such as ``--features``, or None where every audit makes it.
        detail: why it is so, or what to do, as a phrase; empty where there is nothing to say.
    """

    action: str
    option: str | None
    state: ReadState
    detail: str = ""

    @property
    def hinders(self) -> bool:
        """Whether an audit without options is not whole because of it."""
        return self.option is None and self.state is not ReadState.PERMITTED


@dataclass(frozen=True, slots=True)
class SubscriptionDiagnosis:
    """What the identity may read in a subscription."""

    subscription: str
    reads: tuple[ReadPermission, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether an audit can be made.

    Attributes:
        endpoint: the Resource Manager endpoint that was reached.
        credential: the kind of credential that gave a token, or None where azure-identity does not tell.
    """

    endpoint: str
    credential: str | None
    subscriptions: tuple[SubscriptionDiagnosis, ...]

    @property
    def fine(self) -> bool:
        """Whether every read that an audit without options makes is permitted everywhere."""
        return not any(read.hinders for read in self._reads())

    def _reads(self) -> Iterator[ReadPermission]:
        for each in self.subscriptions:
            yield from each.reads
