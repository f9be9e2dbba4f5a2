"""What a list operation or a query brought, all pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apim_audit.collect.failures import Failure
from apim_audit.collect.gathered import Gathered
from apim_audit.collect.kinds import Held, Kind, fold, id_of, text_at
from apim_audit.collect.pages import Page
from apim_audit.snapshot import Document

Wanted = Callable[[Document], bool]


@dataclass(frozen=True, slots=True)
class ListName:
    """What is listed, and where.

    Attributes:
        kind: the type.
        id: the list's own id.
        where: what is looked through, as people say it: ``subscription X``.
        by_graph: whether it is a query of Azure Resource Graph.
    """

    kind: Kind
    id: str
    where: str
    by_graph: bool = False

    @property
    def text(self) -> str:
        """What people call the list."""
        return f"the list of {self.kind.noun}s of {self.where}"


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer of a list operation or of a query, all pages.

    Attributes:
        name: what was listed, and where.
        documents: the wanted resources that were read, each with an id.
        failure: why reading ended early, or None where it was read whole.
        pages: how many pages were read.
        strays: how many entries were no resource with an id.
    """

    name: ListName
    documents: tuple[Held, ...] = ()
    failure: Failure | None = None
    pages: int = 0
    strays: int = 0

    @property
    def kind(self) -> Kind:
        """What was listed."""
        return self.name.kind

    @property
    def id(self) -> str:
        """The list's own id."""
        return self.name.id


def of_subscription(kind: Kind, subscription: str) -> ListName:
    """Returns the name of the list of a type in a subscription."""
    return ListName(kind, f"/subscriptions/{subscription}/providers/{kind.type}", f"subscription {subscription}")


def unlisted(name: ListName, failure: Failure) -> Listing:
    """Returns the listing of a list that could not be read at all."""
    return Listing(name, failure=failure)


def gather(name: ListName, pages: Iterable[Page], gathered: Gathered, wanted: Wanted | None) -> Listing:
    """Reads the pages of a list.

    Args:
        name: what is listed.
        pages: the pages, and at last a failure where not all of them were read.
        gathered: where the documents go as they come.
        wanted: tells which documents to keep, where not all of them are: nobody has memory for a tenant's NSGs.
    """
    documents: list[Held] = []
    failure: Failure | None = None
    count = strays = 0
    for page in pages:
        if isinstance(page, Failure):
            failure = page
            continue
        resources = [entry for entry in page if isinstance(entry, dict) and text_at(entry, "id")]
        strays += len(page) - len(resources)
        count += 1
        kept = [resource for resource in resources if wanted is None or wanted(resource)]
        documents += gathered.add(name.kind, kept)
    return Listing(name, tuple(documents), failure, count, strays)


def among(ids: Iterable[str]) -> Wanted:
    """Returns what keeps the documents of these ids."""
    keys = frozenset(map(fold, ids))
    return lambda document: fold(id_of(document)) in keys
