"""What the embedded ARM endpoint answers: an estate in the shape, and with the manners, of Azure Resource Manager."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from urllib.parse import quote

from apim_audit.demo.graph import GraphShelf, ServedGraph
from apim_audit.demo.parts import PART_PATHS, Parts, answer_of_part
from apim_audit.demo.replies import Reply, arm_error, page
from apim_audit.snapshot import Document

_SUBSCRIPTION = re.compile(r"/subscriptions/(?P<subscription>[^/]+)/", re.IGNORECASE)
_LIST = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/"
    r"(?:resourcegroups/(?P<group>[^/]+)/providers/(?=microsoft\.apimanagement/)|providers/)"
    r"(?P<type>microsoft\.apimanagement/(?:service|gateways)"
    r"|microsoft\.network/(?:virtualnetworks|networksecuritygroups|routetables))"
)
_SERVICE_TAGS = re.compile(r"/subscriptions/[^/]+/providers/microsoft\.network/locations/[^/]+/servicetags")
_RESOURCE = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/(?P<group>[^/]+)/providers/"
    r"(?:microsoft\.network/"
    r"(?:virtualnetworks/[^/]+(?:/subnets/[^/]+)?|networksecuritygroups/[^/]+|routetables/[^/]+)"
    r"|microsoft\.apimanagement/(?:service|gateways)/[^/]+)"
)

_ADMIN_RULES = re.compile(
    r"(?P<network>/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.network/virtualnetworks/[^/]+)"
    r"/listnetworkmanagereffectivesecurityadminrules"
)
_GRAPH = re.compile(r"/providers/microsoft\.resourcegraph/resources")
_SERVED = {"GET": (_LIST, _SERVICE_TAGS, _RESOURCE, *PART_PATHS), "POST": (_ADMIN_RULES, _GRAPH)}


@dataclass(frozen=True, slots=True)
class ServedEstate:
    """What the endpoint has to serve.

    Attributes:
        documents: the ARM resources.
        service_tags: the answer of the Service Tags list call, or None where there is none.
        forbidden: ids that the identity may not read: no list shows them, and asking for them is refused. The path of
            an operation counts as one.
        subscriptions: ids of subscriptions that exist without holding a resource.
        admin_rules: the effective security admin rules of VNets, by the VNet's id.
        graph: how Resource Graph behaves.
        parts: what belongs to the services, and what the identity may do.
    """

    documents: tuple[Document, ...]
    service_tags: Document | None = None
    forbidden: frozenset[str] = frozenset()
    subscriptions: tuple[str, ...] = ()
    admin_rules: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)
    graph: ServedGraph = field(default_factory=ServedGraph)
    parts: Parts = field(default_factory=Parts)


def is_served(method: str, path: str) -> bool:
    """Tells whether a path is one that an audit may ask for by a method; the endpoint has no others."""
    folded = path.lower()
    return any(pattern.fullmatch(folded) for pattern in _SERVED.get(method, ()))


class ArmShelf:
    """An estate, ready to be asked for by path."""

    def __init__(self, estate: ServedEstate, page_size: int, *, written: bool = False) -> None:
        self._estate = estate
        # By identity: the estate keeps them, and they do not change.
        self._texts = {id(document): _text(document) for document in estate.documents} if written else {}
        self._page_size = page_size
        self._forbidden = frozenset(resource_id.lower() for resource_id in estate.forbidden)

    @cached_property
    def subscription_ids(self) -> tuple[str, ...]:
        """Every subscription that exists here, in order."""
        ids = [_subscription(str(document["id"])) for document in self._estate.documents]
        return tuple(dict.fromkeys([*ids, *self._estate.subscriptions]))

    def answer(self, url: str, path: str, query: Mapping[str, str], options: Document) -> Reply:
        """Returns what ARM would answer.

        Args:
            url: the endpoint's own, for links to further pages.
            path: one that is served.
            query: the parameters; ``api-version`` is compulsory, as in Azure.
            options: the body of a POST.
        """
        if "api-version" not in query:
            return arm_error(HTTPStatus.BAD_REQUEST, "MissingApiVersionParameter")
        if _GRAPH.fullmatch(path.lower()):
            return self._graph.answer(options)
        if _subscription(path).lower() not in self._known:
            return arm_error(HTTPStatus.NOT_FOUND, "SubscriptionNotFound")
        return self._of_subscription(url, path, query, options)

    def _of_subscription(self, url: str, path: str, query: Mapping[str, str], options: Document) -> Reply:
        folded = path.lower()
        listed = _LIST.fullmatch(folded)
        if listed is not None:
            return self._list(url, path, query, listed)
        if _SERVICE_TAGS.fullmatch(folded):
            return _found(self._estate.service_tags)
        if any(pattern.fullmatch(folded) for pattern in PART_PATHS):
            return self._part(url, path, query)
        ruled = _ADMIN_RULES.fullmatch(folded)
        return self._resource(folded) if ruled is None else self._admin_rules(folded, ruled["network"], options)

    def _list(self, url: str, path: str, query: Mapping[str, str], match: re.Match[str]) -> Reply:
        subscription, group, kind = match["subscription"], match["group"], match["type"]
        found = self._shelves.get((kind, subscription), [])
        if group is not None:
            scope = f"/subscriptions/{subscription}/resourcegroups/{group}/"
            if not any(str(document["id"]).lower().startswith(scope) for document in self._estate.documents):
                return arm_error(HTTPStatus.NOT_FOUND, "ResourceGroupNotFound")
            found = [document for document in found if str(document["id"]).lower().startswith(scope)]
        return self._page(f"{url}{path}", found, query)

    def _part(self, url: str, path: str, query: Mapping[str, str]) -> Reply:
        folded = path.lower()
        if folded in self._forbidden:
            return self._refusal(folded)
        services = [str(document["id"]).lower() for document in self._of_type("microsoft.apimanagement/service")]
        found = answer_of_part(folded, self._estate.parts, services)
        if found is None:
            return arm_error(HTTPStatus.NOT_FOUND, "ResourceNotFound")
        return Reply(HTTPStatus.OK, found.entries) if found.bare else self._page(f"{url}{path}", found.entries, query)

    def _admin_rules(self, path: str, network: str, options: Document) -> Reply:
        if path in self._forbidden:
            return self._refusal(path)
        reply = self._resource(network)
        token = options.get("skipToken") or "0"
        if reply.status != HTTPStatus.OK:
            return reply
        if not str(token).isdecimal():
            return arm_error(HTTPStatus.BAD_REQUEST, "InvalidSkipToken")
        rules = {key.lower(): rules for key, rules in self._estate.admin_rules.items()}.get(network, ())
        start = int(token)
        end = start + self._page_size
        # The last page has a token as well, an empty one.
        following = str(end) if end < len(rules) else ""
        return Reply(HTTPStatus.OK, {"value": list(rules[start:end]), "skipToken": following})

    def _page(self, url: str, found: Sequence[Document], query: Mapping[str, str]) -> Reply:
        start = int(b64decode(query.get("$skiptoken", b64encode(b"0"))))
        end = start + self._page_size
        link = None
        if end < len(found):
            # Real tokens hold such characters too; a client that does not encode them again loses its place.
            token = quote(b64encode(f"{end:>5}".encode()), safe="")
            link = f"{url}?api-version={query['api-version']}&$skiptoken={token}"
        texts = (self._texts.get(id(document)) or _text(document) for document in found[start:end])
        return Reply(HTTPStatus.OK, page(texts, link))

    def _of_type(self, kind: str) -> list[Document]:
        return [document for (each, _), shelf in self._shelves.items() if each == kind for document in shelf]

    @cached_property
    def _shelves(self) -> dict[tuple[str, str], list[Document]]:
        """The documents that lists show, by folded type and subscription."""
        shelves: dict[tuple[str, str], list[Document]] = {}
        for document in self._estate.documents:
            folded = str(document["id"]).lower()
            if folded not in self._forbidden:
                key = str(document["type"]).lower(), _subscription(folded)
                shelves.setdefault(key, []).append(document)
        return shelves

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(map(str.lower, self.subscription_ids))

    @cached_property
    def _graph(self) -> GraphShelf:
        return GraphShelf(self._estate.graph, self.subscription_ids, self._of_type)

    def _resource(self, path: str) -> Reply:
        return self._refusal(path) if path in self._forbidden else _found(self._resources.get(path))

    def _refusal(self, path: str) -> Reply:
        return arm_error(HTTPStatus.FORBIDDEN, "AuthorizationFailed", f"no authorization to read {path}")

    @cached_property
    def _resources(self) -> dict[str, Document]:
        nested = [
            {"type": "Microsoft.Network/virtualNetworks/subnets", **subnet}
            for document in self._estate.documents
            for subnet in document.get("properties", {}).get("subnets", ())
            if str(document["type"]).lower() == "microsoft.network/virtualnetworks"
        ]
        return {str(document["id"]).lower(): document for document in [*nested, *self._estate.documents]}


def _text(document: Document) -> bytes:
    return json.dumps(document).encode()


def _found(document: Document | None) -> Reply:
    if document is None:
        return arm_error(HTTPStatus.NOT_FOUND, "ResourceNotFound")
    return Reply(HTTPStatus.OK, document)


def _subscription(path: str) -> str:
    match = _SUBSCRIPTION.match(path)
    return match["subscription"] if match else ""
