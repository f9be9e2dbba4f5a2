"""Every read that this program makes, the role that permits exactly these, and how a permission is looked up."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apim_audit.collect.kinds import (
    ADMIN_RULES,
    API_POLICIES,
    APIS,
    AUTHORIZATION_PROVIDERS,
    CACHES,
    CERTIFICATES,
    DIAGNOSTICS,
    GATEWAYS,
    IDENTITY_PROVIDERS,
    LOGGERS,
    NAMED_VALUES,
    NETWORK_SECURITY_GROUPS,
    NETWORK_STATUS,
    OPERATION_POLICIES,
    OPERATIONS,
    PERMISSIONS,
    POLICIES,
    POLICY_FRAGMENTS,
    PRODUCT_POLICIES,
    PRODUCTS,
    RESOURCE_GROUPS,
    ROUTE_TABLES,
    SERVICE_TAGS,
    SERVICES,
    SUBNETS,
    SUBSCRIPTIONS,
    VIRTUAL_NETWORKS,
    WORKSPACES,
    Kind,
    list_at,
)
from apim_audit.snapshot import Document

ALWAYS = (SERVICES, GATEWAYS, VIRTUAL_NETWORKS, SUBNETS, NETWORK_SECURITY_GROUPS, ROUTE_TABLES, SERVICE_TAGS)
"""What every audit reads."""

FEATURES = (
    LOGGERS,
    DIAGNOSTICS,
    CACHES,
    IDENTITY_PROVIDERS,
    NAMED_VALUES,
    CERTIFICATES,
    AUTHORIZATION_PROVIDERS,
    POLICIES,
    POLICY_FRAGMENTS,
    PRODUCTS,
    PRODUCT_POLICIES,
    APIS,
    API_POLICIES,
    OPERATIONS,
    OPERATION_POLICIES,
    WORKSPACES,
)
"""What ``--features`` reads besides."""

ROLE_NAME = "API Management network auditor"


@dataclass(frozen=True, slots=True)
class Read:
    """A read that this program makes.

    Attributes:
        option: the option or command that asks for it, or None where every audit makes it.
    """

    kind: Kind
    option: str | None = None


READS = (
    *(Read(kind) for kind in ALWAYS),
    Read(SUBSCRIPTIONS, "management groups, tenants, names of subscriptions"),
    Read(RESOURCE_GROUPS, "-g with these"),
    Read(ADMIN_RULES, "--admin-rules"),
    *(Read(kind, "--features") for kind in FEATURES),
    Read(NETWORK_STATUS, "--observed"),
    Read(PERMISSIONS, "doctor"),
)
"""All of them; Azure Resource Graph has no action of its own, it shows what the identity may read."""


def role(subscriptions: Sequence[str]) -> Document:
    """Returns the definition of a role that permits every read and nothing else, as ``az role definition`` takes it.

    Args:
        subscriptions: where it can be assigned; none for a subscription that has to be filled in.
    """
    scopes = [f"/subscriptions/{each}" for each in subscriptions]
    return {
        "Name": ROLE_NAME,
        "IsCustom": True,
        "Description": "Reads what apim-audit judges: API Management instances and the rules of their subnets.",
        "Actions": [read.kind.action for read in READS],
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": scopes or ["/subscriptions/11111111-2222-3333-4444-555555555555"],
    }


def permits(permissions: Iterable[object], action: str) -> bool:
    """Tells whether permissions allow an action.

    What one role takes away with NotActions, another can still grant; a ``*`` stands for any text, slashes included
    (azure-docs, ``role-based-access-control/role-definitions.md``, 2024-01).

    Args:
        permissions: as ``Microsoft.Authorization/permissions`` lists them, one for each role.
        action: such as ``Microsoft.Network/routeTables/read``.
    """
    return any(
        _matches(list_at(each, "actions"), action) and not _matches(list_at(each, "notActions"), action)
        for each in permissions
    )


def _matches(patterns: Iterable[object], action: str) -> bool:
    return any(
        re.fullmatch(re.escape(each).replace(r"\*", ".*"), action, re.IGNORECASE)
        for each in patterns
        if isinstance(each, str)
    )
