"""What the NSGs of published templates must be found to be: decided by hand from the rules, with a reason for each gap.

Each row was written down from the NSG's rules and the definition of the verdicts before the program judged it. The
surroundings are the same for all: region West Europe, VNet 10.0.0.0/16 without peers, gateway or routes, subnet
10.0.1.0/24 (the prefix that some of the rules name as API Management's), Azure's own DNS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

STV2 = (
    *("nsg-attached", "client-https", "client-http", "management", "load-balancer", "storage", "sql", "key-vault"),
    *("certificates", "monitor", "dns"),  # advisory with baseline 2021-12
)
STV1 = tuple(check for check in STV2 if check not in {"key-vault", "certificates"})
V2_INTEGRATION = ("nsg-attached", "storage", "key-vault")  # baseline 2026-04: the older one has no rows for v2 tiers

CHECKS_OF = {"stv2": STV2, "stv1": STV1, "undetermined": STV2, "v2-integration": V2_INTEGRATION}

WORDS = {
    "ok": "compliant",
    "default": "default-only",
    "partial": "partial",
    "missing": "missing",
    "blocked": "blocked",
    "-": "not-applicable",
}


@dataclass(frozen=True, slots=True)
class Why:
    """Why a check is a gap.

    Attributes:
        severity: how loud it must be.
        reason: what is the matter, in a sentence.
        decided_by: the names of the rules that decide, by priority.
        near_misses: the rules that would serve but for one field, and which.
    """

    severity: str
    reason: str
    decided_by: tuple[str, ...]
    near_misses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """An NSG in one kind of attachment, and what it must be found to be.

    Attributes:
        nsg: the file's name without its ending.
        network: the virtualNetworkType.
        model: the network model; the platform version of a classic tier.
        verdicts: a word a check, in the order of the model's checks.
        why: a reason for each gap.
        sku: the tier.
    """

    nsg: str
    network: str
    model: str
    verdicts: str
    why: Mapping[str, Why] = field(default_factory=dict)
    sku: str = "Developer"


_BY_INTERNET = ("AllowInternetOutBound",)
_BY_VNET_IN = ("AllowVnetInBound",)

_NO_CERTIFICATES = Why("none", "No rule allows TCP 80 to Internet; only the default rule does.", _BY_INTERNET)
_NO_DNS = Why("none", "No rule names AzurePlatformDNS, so only the default rule speaks of it.", ("AllowVnetOutBound",))
_NO_MONITOR = Why("none", "No outbound rule allows TCP 1886 and 443 to AzureMonitor.", _BY_INTERNET)
_NEVER_SAID: Mapping[str, Why] = {"certificates": _NO_CERTIFICATES, "dns": _NO_DNS}

_NO_HTTP = Why(
    "note",
    "Clients may come over 443 only: no rule allows TCP 80 from Internet.",
    ("DenyAllInBound",),
    (("AllowPublicAccess", "destinationPort"),),
)
_NO_PROBE = Why("warning", "No rule speaks of the probe; the default rule for the VNet takes it.", _BY_VNET_IN)


def _sql_on_1443(rule: str) -> Why:
    reason = f"{rule} names port 1443 where SQL listens on 1433, so SQL passes only by the default rule."
    return Why("warning", reason, _BY_INTERNET, ((rule, "destinationPort"),))


def _swapped(rule: str, tag: str) -> Why:
    reason = f"{rule} has {tag} as its source and the VNet as its destination: it matches nothing that leaves."
    return Why("warning", reason, _BY_INTERNET, ((rule, "swapped"),))


def _only_by_default(tag: str) -> Why:
    return Why("warning", f"No outbound rule names {tag}; only the default rule lets it pass.", _BY_INTERNET)


_BEHIND_GATEWAY: Mapping[str, Why] = {
    "client-https": Why(
        "error", "Only a subnet of the VNet may call; DenyAllInbound takes clients.", ("DenyAllInbound",)
    ),
    "client-http": Why("note", "No rule allows TCP 80; DenyAllInbound takes clients.", ("DenyAllInbound",)),
}
_CERTIFICATES_DENIED = Why(
    "none",
    "Deny_All_Internet_Outbound takes TCP 80 but for Entra ID's addresses, which an earlier rule allows.",
    ("Authenticate_To_Azure_Active_Directory", "Deny_All_Internet_Outbound"),
)

JUDGED = (
    Judged(
        "AI-Landing-Zones__bicep-main__2025-12-19-1",
        "Internal",
        "stv2",
        "ok - - ok ok ok default ok   default ok default",
        {"sql": _sql_on_1443("Allow-APIM-to-SQL-Outbound"), **_NEVER_SAID},
    ),
    Judged(
        "AI-Landing-Zones__portal-template__2026-05-26",
        "Internal",
        "stv2",
        "ok - - ok ok default ok ok   default ok default",
        {"storage": _only_by_default("Storage"), **_NEVER_SAID},
    ),
    Judged(
        "Apim-Samples__appgw-apim-Developer-injection__2026-03-05",
        "External",
        "stv2",
        "ok blocked blocked ok ok ok ok ok   default ok default",
        {**_BEHIND_GATEWAY, **_NEVER_SAID},
    ),
    Judged(
        "Apim-Samples__appgw-apim-Developer-injection__2026-03-05",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
    ),
    Judged(
        "Apim-Samples__appgw-apim-pe-Standardv2-integration__2026-03-05",
        "External",
        "v2-integration",
        "ok ok ok",
        sku="StandardV2",
    ),
    Judged(
        "Apim-Samples__no-ingress-Premium-injection__2026-03-05",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
        sku="Premium",
    ),
    Judged(
        "Apim-Samples__pe-appgw__2026-02-27",
        "External",
        "stv2",
        "ok blocked blocked ok ok ok ok ok   default ok default",
        {**_BEHIND_GATEWAY, **_NEVER_SAID},
        sku="Premium",
    ),
    Judged(
        "Apim-Samples__pe-appgw__2026-02-27",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
        sku="Premium",
    ),
    Judged(
        "Apim-Samples__pe-frontdoor__2026-02-27",
        "External",
        "stv2",
        "ok partial blocked ok ok ok ok ok   default ok default",
        {
            **_NEVER_SAID,
            "client-https": Why(
                "note",
                "Clients are narrowed to Front Door: its part of Internet passes, DenyAllInbound takes the rest.",
                ("AllowFrontDoorBackendToApim", "DenyAllInbound"),
            ),
            "client-http": _BEHIND_GATEWAY["client-http"],
        },
        sku="Premium",
    ),
    Judged(
        "Apim-Samples__pe-frontdoor__2026-02-27",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
        sku="Premium",
    ),
    Judged(
        "Apim-Samples__vnet-appgw__2026-01-30",
        "External",
        "stv2",
        "ok blocked blocked ok ok ok ok ok   default ok default",
        {**_BEHIND_GATEWAY, **_NEVER_SAID},
    ),
    Judged(
        "Apim-Samples__vnet-appgw__2026-01-30",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
    ),
    Judged(
        "Kainos-apim-v1-to-v2__eu-west-migration__2024-04-16",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
    ),
    Judged(
        "ai-hub-gateway-solution-accelerator__networking-vnet-existing__2024-06-12",
        "External",
        "stv2",
        "ok ok missing ok ok default default default   default default default",
        {
            **_NEVER_SAID,
            "client-http": _NO_HTTP,
            "storage": _swapped("AllowStorage", "Storage"),
            "sql": _swapped("AllowSql", "Sql"),
            "key-vault": _swapped("AllowKeyVault", "AzureKeyVault"),
            "monitor": Why("none", "AllowMonitor has source and destination swapped, too.", _BY_INTERNET),
        },
    ),
    Judged(
        "ai-hub-gateway-solution-accelerator__networking-vnet__2025-11-18",
        "External",
        "stv2",
        "ok ok missing ok ok ok ok ok   default ok default",
        {"client-http": _NO_HTTP, **_NEVER_SAID},
    ),
    Judged(
        "api-mgmt-v1-to-v2__tf-main__2024-04-11-4r",
        "Internal",
        "undetermined",
        "ok - - ok default ok ok ok   default ok default",
        {
            **_NEVER_SAID,
            "load-balancer": Why(
                "warning",
                "Were it stv1, port 3443 of all ports would be allowed by rule; the rest, and 6390, by default only.",
                ("Inbound_3443", "AllowVnetInBound"),
            ),
        },
    ),
    Judged(
        "apim-landing-zone-accelerator__networking-networking__2024-02-16",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
    ),
    Judged(
        "apim-landing-zone-accelerator__networking-networking__2024-05-10",
        "Internal",
        "stv2",
        "ok - - ok ok ok ok ok   default ok default",
        _NEVER_SAID,
    ),
    Judged(
        "apim-landing-zone-accelerator__networking-networking__2024-08-22",
        "Internal",
        "stv2",
        "ok - - ok ok ok default ok   default default default",
        {"sql": _sql_on_1443("apim-azure-sql"), "monitor": _NO_MONITOR, **_NEVER_SAID},
    ),
    Judged(
        "apim-landing-zone-accelerator__networking-networking__2025-06-30",
        "Internal",
        "stv2",
        "ok - - ok ok ok default ok   default default default",
        {
            **_NEVER_SAID,
            "sql": _sql_on_1443("apim-azure-sql"),
            "monitor": Why(
                "none",
                "apim-azure-monitor allows 443 but not 1886, which passes by the default rule.",
                ("apim-azure-monitor", "AllowInternetOutBound"),
            ),
        },
    ),
    Judged(
        "avm-ptn-aiml-landing-zone-tf__2026-03-16-1",
        "External",
        "undetermined",
        "ok missing missing ok default default default default   default default default",
        {
            **_NEVER_SAID,
            "client-https": Why("error", "No rule allows anything from Internet.", ("DenyAllInBound",)),
            "client-http": Why("note", "No rule allows anything from Internet.", ("DenyAllInBound",)),
            "load-balancer": _NO_PROBE,
            "storage": _only_by_default("Storage"),
            "sql": _only_by_default("Sql"),
            "key-vault": _only_by_default("AzureKeyVault"),
            "monitor": _NO_MONITOR,
        },
    ),
    Judged(
        "avm-ptn-aiml-landing-zone-tf__2026-03-16-1",
        "Internal",
        "undetermined",
        "ok - - ok default default default default   default default default",
        {
            **_NEVER_SAID,
            "load-balancer": _NO_PROBE,
            "storage": _only_by_default("Storage"),
            "sql": _only_by_default("Sql"),
            "key-vault": _only_by_default("AzureKeyVault"),
            "monitor": _NO_MONITOR,
        },
    ),
    Judged(
        "azure-quickstart-templates__201-api-management-create-with-external-vnet__2020-03-20",
        "External",
        "stv1",
        "ok ok ok ok ok ok ok   ok default",
        {"dns": _NO_DNS},
    ),
    Judged(
        "azure-quickstart-templates__api-management-create-with-external-vnet-publicip__2021-07-06",
        "External",
        "stv2",
        "ok ok ok ok ok ok ok ok   partial ok default",
        {"certificates": _CERTIFICATES_DENIED, "dns": _NO_DNS},
        sku="Premium",
    ),
    Judged(
        "azure-quickstart-templates__api-management-create-with-external-vnet-publicip__2022-06-24",
        "External",
        "stv2",
        "ok ok ok ok ok ok ok ok   partial ok default",
        {"certificates": _CERTIFICATES_DENIED, "dns": _NO_DNS},
        sku="Premium",
    ),
    Judged(
        "azure-quickstart-templates__api-management-create-with-internal-vnet__2021-04-29",
        "Internal",
        "stv1",
        "ok - - ok ok ok ok   ok default",
        {"dns": _NO_DNS},
    ),
    Judged(
        "azure-quickstart-templates__front-door-api-management__2021-06-02",
        "External",
        "stv1",
        "ok ok ok ok ok ok ok   ok default",
        {"dns": _NO_DNS},
    ),
    Judged(
        "azure-quickstart-templates__private-webapp-with-app-gateway-and-apim__2022-04-27",
        "Internal",
        "undetermined",
        "ok - - ok default default default default   default default default",
        {
            **_NEVER_SAID,
            "load-balancer": _NO_PROBE,
            "storage": _only_by_default("Storage"),
            "sql": _only_by_default("Sql"),
            "key-vault": _only_by_default("AzureKeyVault"),
            "monitor": _NO_MONITOR,
        },
    ),
    Judged(
        "bicep-registry-modules__max-dependencies__2025-12-25",
        "External",
        "stv2",
        "ok ok ok ok ok default ok ok   default default default",
        {
            **_NEVER_SAID,
            "storage": Why(
                "warning",
                "The rule for Storage names port 433 where Storage listens on 443, so only the default rule serves.",
                _BY_INTERNET,
                (("Dependency_on_Azure_Storage_for_core_service_functionality", "destinationPort"),),
            ),
            "monitor": Why("none", "The rule for AzureMonitor is inbound; nothing outbound names it.", _BY_INTERNET),
        },
    ),
)
