"""The network of the estate: subnets joined with their VNet, NSG and route table, by id."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from apim_audit.core.facts.estate import (
    AdminRules,
    NetworkSecurityGroup,
    RouteTable,
    Subnet,
    Unreadable,
    VirtualNetwork,
)
from apim_audit.decode.admin_rules import read_admin_rules, substance_of_admin_rules
from apim_audit.decode.gaps import Gaps
from apim_audit.decode.index import Index, Value
from apim_audit.decode.networks import (
    GATEWAY_SUBNET,
    NetworkDocument,
    NetworkReader,
    Reference,
    exempting_delegation,
    read_subnet,
    substance_of_network,
    substance_of_subnet,
)
from apim_audit.decode.peerings import PeeringDocument, doubtful_peering, read_peering
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Kind, Resource, admin_rules_key, fold_id, name_in, parent_of
from apim_audit.decode.routes import read_table, substance_of_table
from apim_audit.decode.security_groups import read_group, separate_rules, substance_of_group


class Network:
    """All network resources. What a location names is joined when it is asked for, and only then missed.

    Attributes:
        used: the keys of the resources that were asked for.
    """

    def __init__(self, resources: Mapping[Kind, Sequence[Resource]], gaps: Gaps, problems: Problems) -> None:
        self.used: set[str] = set()
        self._gaps = gaps
        self._problems = problems
        self._subnets_joined: dict[str, Subnet | Unreadable] = {}
        self._networks_joined: dict[str, VirtualNetwork | Unreadable] = {}
        self._missed: dict[str, Unreadable] = {}
        separate = separate_rules(resources[Kind.SECURITY_RULE])
        self._groups = Index(lambda resource: read_group(resource, separate, problems), substance_of_group, problems)
        self._tables = Index(lambda resource: read_table(resource, problems), substance_of_table, problems)
        self._subnets = Index(lambda resource: read_subnet(resource, problems), substance_of_subnet, problems)
        self._peerings = Index(lambda resource: read_peering(resource, problems), lambda peering: peering, problems)
        reader = NetworkReader(self._subnets, self._peerings, problems)
        self._networks = Index(reader.read, substance_of_network, problems)
        self._groups.extend(resources[Kind.SECURITY_GROUP])
        self._tables.extend(resources[Kind.ROUTE_TABLE])
        self._networks.extend(resources[Kind.VIRTUAL_NETWORK])
        self._subnets.extend(resources[Kind.SUBNET])
        self._peerings.extend(resources[Kind.PEERING])
        self._peerings_by_network = _by_parent(self._peerings.keys())
        self._subnets_by_network = _by_parent(self._subnets.keys())
        self._admin_rules = Index(
            lambda resource: read_admin_rules(resource, problems), substance_of_admin_rules, problems
        )
        self._admin_rules.extend(resources[Kind.ADMIN_RULES])

    def subnet(self, subnet_id: str) -> Subnet | Unreadable:
        """Returns a subnet with what hangs on it, Unreadable where it cannot be told."""
        key = fold_id(subnet_id)
        if key not in self._subnets_joined:
            self._subnets_joined[key] = self._join_subnet(subnet_id)
        return self._subnets_joined[key]

    def subnets(self) -> Iterator[Subnet]:
        """Yields the subnets that were asked for and could be read, in the order of asking."""
        for subnet in self._subnets_joined.values():
            if isinstance(subnet, Subnet):
                yield subnet

    def _join_subnet(self, subnet_id: str) -> Subnet | Unreadable:
        document = self._find(self._subnets, Kind.SUBNET, subnet_id)
        if isinstance(document, Unreadable):
            return document
        return Subnet(
            document.id,
            document.prefixes or (),
            self._group(document.nsg),
            self._network(parent_of(document.id)),
            self._table(document.route_table),
            document.delegations,
            document.service_endpoints,
            ipv6_only=document.prefixes == (),
        )

    def _group(self, reference: Reference) -> NetworkSecurityGroup | Unreadable | None:
        if not isinstance(reference, str):
            return reference
        found: NetworkSecurityGroup | Unreadable = self._find(self._groups, Kind.SECURITY_GROUP, reference)
        return found

    def _table(self, reference: Reference) -> RouteTable | Unreadable | None:
        if not isinstance(reference, str):
            return reference
        found: RouteTable | Unreadable = self._find(self._tables, Kind.ROUTE_TABLE, reference)
        return found

    def _network(self, network_id: str) -> VirtualNetwork | Unreadable:
        key = fold_id(network_id)
        if key not in self._networks_joined:
            document = self._find(self._networks, Kind.VIRTUAL_NETWORK, network_id)
            joined = document if isinstance(document, Unreadable) else self._join_network(key, document)
            self._networks_joined[key] = joined
        return self._networks_joined[key]

    def _join_network(self, key: str, document: NetworkDocument) -> VirtualNetwork:
        peering_keys = dict.fromkeys((*document.peerings, *self._peerings_by_network.get(key, ())))
        peerings = [self._peering(peering_key) for peering_key in peering_keys]
        return VirtualNetwork(
            document.id,
            document.space,
            tuple(each.peering for each in peerings),
            self._gateway(key, document) or _remote_gateway(peerings),
            document.dns_servers,
            self._admin_rules_of(key, document),
        )

    def _admin_rules_of(self, key: str, document: NetworkDocument) -> AdminRules | Unreadable | None:
        own_key = admin_rules_key(key)
        self.used.add(own_key)
        found = self._admin_rules.get(own_key)
        if found is None:
            reason = self._gaps.reason(own_key)
            title = f"{Kind.ADMIN_RULES.label} {name_in(document.id)}"
            return None if reason is None else Unreadable(document.id, f"{title} could not be read ({reason})")
        if isinstance(found, Unreadable):
            return replace(found, id=document.id)
        return replace(found, exemption=self._exemption(key, document)) if found.rules else found

    def _exemption(self, key: str, document: NetworkDocument) -> str:
        for subnet_key in dict.fromkeys((*document.subnets, *self._subnets_by_network.get(key, ()))):
            subnet = self._subnets.get(subnet_key)
            if isinstance(subnet, Unreadable):
                self.used.add(subnet_key)
                return f"A subnet may exempt it ({subnet.message})"
            if subnet is not None and (delegation := exempting_delegation(subnet)):
                return f"Its subnet {name_in(subnet.id)} is delegated to {delegation}, which exempts it by default"
        return ""

    def _peering(self, key: str) -> PeeringDocument:
        self.used.add(key)
        document, conflict = self._peerings.read(key)
        return (
            doubtful_peering(document.peering.name, "is given twice with different content") if conflict else document
        )

    def _gateway(self, key: str, document: NetworkDocument) -> str:
        # The GatewaySubnet may stand in the VNet or by itself.
        keys = (*document.subnets, f"{key}/subnets/{GATEWAY_SUBNET}")
        for subnet_key in (each for each in keys if each.endswith(f"/{GATEWAY_SUBNET}")):
            self.used.add(subnet_key)
            subnet = self._subnets.get(subnet_key)
            if isinstance(subnet, Unreadable):
                return f"a gateway, perhaps ({subnet.message})"
            if subnet is not None and subnet.has_gateway:
                return "a gateway"
        return ""

    def _find(self, index: Index[Value], kind: Kind, resource_id: str) -> Value | Unreadable:
        key = fold_id(resource_id)
        self.used.add(key)
        found = index.get(key)
        if found is not None:
            return found
        if key not in self._missed:
            self._missed[key] = self._miss(kind, resource_id)
        return self._missed[key]

    def _miss(self, kind: Kind, resource_id: str) -> Unreadable:
        title = f"{kind.label} {name_in(resource_id)}"
        reason = self._gaps.reason(resource_id)
        if reason is not None:
            return Unreadable(resource_id, f"{title} could not be read ({reason})")
        reason = self._gaps.wider_reason(resource_id, kind)
        why = f"{title} could not be read ({reason})" if reason else f"{title} is not among the documents"
        if kind is Kind.SUBNET:
            return self._miss_subnet(resource_id, reason, why)
        self.used.add(kind.value)  # a document without an id may be the one
        return self._missed_document(resource_id, reason, why)

    def _miss_subnet(self, resource_id: str, reason: str | None, why: str) -> Unreadable:
        self.used.add(Kind.VIRTUAL_NETWORK.value)
        key = fold_id(parent_of(resource_id))
        network = self._networks.get(key)
        if reason is None and isinstance(network, Unreadable):
            self.used.add(key)
            return self._missed_document(resource_id, reason, f"{why}, and the {network.message}", "correct that")
        return self._missed_document(resource_id, reason, why)

    def _missed_document(
        self, resource_id: str, reason: str | None, why: str, remedy: str = "read the subscription live"
    ) -> Unreadable:
        message = why if reason else f"{why}: add its document, or {remedy}"
        self._problems.add(fold_id(resource_id), resource_id, reason or "missing-document", message)
        return Unreadable(resource_id, why)


def _by_parent(keys: Iterator[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(parent_of(key), []).append(key)
    return found


def _remote_gateway(peerings: Sequence[PeeringDocument]) -> str:
    names = (each.peering.name for each in peerings if each.remote_gateway)
    return next((f"the remote gateway of peering {name}" for name in names), "")
