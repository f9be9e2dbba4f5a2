"""Whether a row of Resource Graph tells all that an audit needs of a resource."""

from collections.abc import Mapping

from apim_audit.collect.kinds import (
    GATEWAYS,
    NETWORK_SECURITY_GROUPS,
    ROUTE_TABLES,
    SERVICES,
    VIRTUAL_NETWORKS,
    Kind,
    dig,
)
from apim_audit.snapshot import Document

_NEEDED: Mapping[Kind, tuple[tuple[str, type], ...]] = {
    SERVICES: (("virtualNetworkType", str),),
    GATEWAYS: (("virtualNetworkType", str),),
    VIRTUAL_NETWORKS: (("addressSpace", dict), ("subnets", list)),
    NETWORK_SECURITY_GROUPS: (("securityRules", list),),
    ROUTE_TABLES: (("routes", list),),
}
"""What Resource Manager always answers of a type. A row without it is no reason to take a rule for absent."""


def is_whole(kind: Kind, row: Document) -> bool:
    """Tells whether a row holds what Resource Manager always answers of its type; if not, that one is to be asked."""
    return all(isinstance(dig(row, "properties", name), wanted) for name, wanted in _NEEDED[kind])
