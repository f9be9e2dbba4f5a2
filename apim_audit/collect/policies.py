"""The policies of a service, from the global one down to those of operations, as many as a bound allows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from apim_audit.collect.answers import Hook
from apim_audit.collect.arm import ArmReader
from apim_audit.collect.children import list_document, list_id
from apim_audit.collect.clients import SubscriptionClients
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.kinds import (
    API_POLICIES,
    APIS,
    OPERATION_POLICIES,
    OPERATIONS,
    POLICIES,
    PRODUCT_POLICIES,
    PRODUCTS,
    Kind,
    ResourceId,
    dig,
    list_at,
    text_at,
)
from apim_audit.collect.pages import Operation
from apim_audit.core.facts.reports import Incomplete
from apim_audit.decode.policies import caching_types_in, elements_in, limits_in, reduced
from apim_audit.snapshot import Document

MOST_REQUESTS = 500
"""How many requests the policies of one service may take; what is beyond is told as not read."""

_NO_NAMES = frozenset({"", ".", ".."})

_Entries = tuple[list[object], Failure | None]
_Names = tuple[str, ...]


@dataclass(slots=True)
class PolicyReading:
    """The reading of one service's policies so far.

    Attributes:
        service: whose policies.
        one_unit: no location has more than one unit, so that limits do not matter.
        left: how many requests may follow.
        found: the policies that were read, reduced.
        incomplete: what could not be read.
        internal_cache: a policy names the internal cache.
        limited: a policy counts calls.
    """

    service: ResourceId
    one_unit: bool
    left: int
    found: list[Document]
    incomplete: list[Incomplete]
    internal_cache: bool = False
    limited: bool = False

    @classmethod
    def of(cls, service: ResourceId, document: Document) -> "PolicyReading":
        """Returns the start of a reading."""
        places = [document, *list_at(document, "properties", "additionalLocations")]
        return cls(service, all(dig(each, "sku", "capacity") == 1 for each in places), MOST_REQUESTS, [], [])

    @property
    def settled(self) -> bool:
        """Whether nothing more can come to light: both features that policies can show are in use for certain."""
        return self.internal_cache and (self.one_unit or self.limited)

    @property
    def document(self) -> Document | None:
        """The policies as one list, or None where not one could be read."""
        told = self.found or not self.incomplete
        return list_document(self.service, POLICIES, self.found) if told else None

    def take(self, kind: Kind, entries: Sequence[object], failure: Failure | None) -> None:
        """Notes the policies of an answer, and why they are not all."""
        for policy in [_entry(each) for each in entries if isinstance(each, dict)]:
            self.found.append(policy)
            elements = elements_in(policy["properties"]["value"] or "")
            self.internal_cache |= "internal" in caching_types_in(elements)
            self.limited |= bool(limits_in(elements))
        if failure is not None:
            self.fail(kind, failure)

    def fail(self, kind: Kind, failure: Failure) -> None:
        """Notes that something could not be read."""
        noun = f"{kind.noun.removesuffix('y')}ies" if kind.noun.endswith("policy") else f"{kind.noun}s"
        what = f"a list of {noun} of {self.service.name} that may make optional rows required"
        self._note(unread(what, list_id(self.service, POLICIES), failure, kind))

    def allows(self) -> bool:
        """Tells whether the bound allows another request, which counts from then on; notes where it does not."""
        if self.left:
            self.left -= 1
            return True
        message = (
            f"{self.service.name} has more policies than the {MOST_REQUESTS} requests that are made for them: what the "
            "others use raises no row."
        )
        self._note(Incomplete(list_id(self.service, POLICIES), "truncated", message))
        return False

    def _note(self, gap: Incomplete) -> None:
        # Once is enough: hundreds of policies fail for the same reason.
        if gap not in self.incomplete:
            self.incomplete.append(gap)


_Job = tuple[PolicyReading, _Names]


def reduced_policy(entry: Document) -> str | None:
    """Returns the policies in an entry that count, and nothing else of it; None where its text is not told."""
    xml = dig(entry, "properties", "value")
    return reduced(xml) if isinstance(xml, str) else None


def read_policies(arm: ArmReader, readings: Sequence[PolicyReading]) -> None:
    """Reads policies scope by scope, of all services at once, until nothing more can come to light or the bound is met.

    Args:
        arm: the reader.
        readings: what to read, and what takes up the answers.
    """
    _read(arm, POLICIES, [(reading, ()) for reading in readings])
    start: list[_Job] = [(reading, ()) for reading in readings if not reading.settled]
    products, apis = _listed(arm, PRODUCTS, start), _listed(arm, APIS, start)
    _read(arm, PRODUCT_POLICIES, products)
    _read(arm, API_POLICIES, apis)
    _read(arm, OPERATION_POLICIES, _listed(arm, OPERATIONS, apis))


def _read(arm: ArmReader, kind: Kind, jobs: Iterable[_Job]) -> None:
    for reading, _, (entries, failure) in _each(arm, kind, jobs):
        reading.take(kind, entries, failure)


def _listed(arm: ArmReader, kind: Kind, jobs: Iterable[_Job]) -> list[_Job]:
    """Returns the names in lists, each as what further reading starts from."""
    found: list[_Job] = []
    for reading, names, (entries, failure) in _each(arm, kind, jobs):
        found += [(reading, (*names, name)) for name in _names_in(entries)]
        if failure is not None:
            reading.fail(kind, failure)
    return found


def _names_in(entries: Sequence[object]) -> list[str]:
    return [name for each in entries if (name := text_at(each, "name")) is not None and name not in _NO_NAMES]


def _each(arm: ArmReader, kind: Kind, jobs: Iterable[_Job]) -> Iterator[tuple[PolicyReading, _Names, _Entries]]:
    open_jobs = [(reading, names) for reading, names in jobs if not reading.settled and reading.allows()]
    answers = arm.each(lambda job: _asked(arm, job[0].service, kind, job[1]), open_jobs)
    for (reading, names), answer in zip(open_jobs, answers, strict=True):
        yield reading, names, answer


def _asked(arm: ArmReader, service: ResourceId, kind: Kind, names: _Names) -> _Entries:
    path = (service.resource_group, service.name, *names)
    if kind in _PAGED:
        choose = _PAGED[kind]
        return arm.entries(service.subscription, lambda clients: partial(choose(clients), *path))
    single = _SINGLE[kind]
    answer = arm.ask(service.subscription, lambda clients, hook: single(clients, hook, path))
    return ([], answer) if isinstance(answer, Failure) else (list_at(answer, "value"), None)


def _entry(policy: Document) -> Document:
    return {
        "id": text_at(policy, "id"),
        "name": text_at(policy, "name"),
        "type": text_at(policy, "type"),
        "properties": {"value": reduced_policy(policy)},
    }


_PAGED: dict[Kind, Callable[[SubscriptionClients], Operation]] = {
    POLICIES: lambda clients: clients.api_management.policy.list_by_service,
    PRODUCTS: lambda clients: clients.api_management.product.list_by_service,
    APIS: lambda clients: clients.api_management.api.list_by_service,
    OPERATIONS: lambda clients: clients.api_management.api_operation.list_by_api,
    PRODUCT_POLICIES: lambda clients: clients.api_management.product_policy.list_by_product,
}
_SINGLE: dict[Kind, Callable[[SubscriptionClients, Hook, _Names], object]] = {
    API_POLICIES: lambda clients, hook, path: clients.api_management.api_policy.list_by_api(
        *path, raw_response_hook=hook
    ),
    OPERATION_POLICIES: lambda clients, hook, path: clients.api_management.api_operation_policy.list_by_operation(
        *path, raw_response_hook=hook
    ),
}
