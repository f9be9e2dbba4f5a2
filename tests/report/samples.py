"""Reports made by hand, one of everything that a report can say."""

from dataclasses import replace
from typing import Any

from apim_audit.core.facts.findings import Check, HygieneFinding, HygieneKind, Severity
from apim_audit.core.facts.reports import (
    Comparison,
    Incomplete,
    InstanceReport,
    LocationReport,
    NewlyFailing,
    Report,
    Scope,
    ServiceTagSource,
)
from apim_audit.core.facts.requirements import (
    Baseline,
    Flow,
    Level,
    LevelRule,
    NetworkModel,
    Peer,
    PeerKind,
    Requirement,
    Source,
    VirtualNetworkType,
)
from apim_audit.core.facts.rules import Direction
from apim_audit.core.facts.verdicts import (
    Alternative,
    Compliant,
    DecidingRule,
    Evidence,
    Gap,
    NearMiss,
    NotApplicable,
    Outcome,
    ShadowedRule,
    Undecided,
    Verdict,
    Witness,
)

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-apim"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg-contoso"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/apim"
BOTH = frozenset({VirtualNetworkType.EXTERNAL, VirtualNetworkType.INTERNAL})
SOURCE = Source("Required ports", "a-repository:page.md@0123abc", "12/15/2021", "2026-11-22")


def requirement(
    id_: str, direction: Direction, ports: tuple[str, ...], peer: str, protocol: str = "Tcp"
) -> Requirement:
    return Requirement(
        id=id_,
        title=f"{id_} title",
        flow=Flow(direction, protocol, ports, Peer(PeerKind.TAG, peer, regional=peer == "Sql"), {}),
        applies_to=BOTH,
        levels={NetworkModel.STV2: LevelRule(Level.REQUIRED)},
        purpose=f"{id_} purpose",
        remedy=f"Allow {peer}.",
        source=SOURCE,
    )


MANAGEMENT = requirement("management", Direction.INBOUND, ("3443",), "ApiManagement")
STORAGE = requirement("storage", Direction.OUTBOUND, ("443",), "Storage")
SQL = requirement("sql", Direction.OUTBOUND, ("1433",), "Sql")
VAULT = requirement("key-vault", Direction.OUTBOUND, ("443",), "AzureKeyVault")
EVENT_HUB = requirement("event-hub", Direction.OUTBOUND, ("5671", "5672", "443"), "EventHub")
CLIENTS = requirement("client-https", Direction.INBOUND, ("443",), "Internet")
ATTACHED = replace(MANAGEMENT, id="nsg-attached", flow=None)
BASELINE = Baseline("2021-12", "The seed's table", (MANAGEMENT, SQL, ATTACHED))


def check(row: Requirement, outcome: Outcome, severity: Severity = Severity.NONE, message: str = "") -> Check:
    flow = row.flow
    return Check(
        id=row.id,
        requirement=row,
        level=Level.REQUIRED,
        outcome=outcome,
        severity=severity,
        message=message,
        direction=None if flow is None else flow.direction,
        protocol=None if flow is None else flow.protocol,
        ports=None if flow is None else flow.ports,
        peer=None if flow is None else (flow.peer.name,),
    )


DENY = DecidingRule("DenyEverything", 200, "Deny", default=False)
FLOW = Witness("Tcp", "13.64.39.16", 1024, "10.0.1.4", 3443, "DenyEverything")
LATE = NearMiss("AllowManagement", 300, "priority", "`AllowManagement` would serve if it came before the denying rule")
BLOCKED = replace(
    check(
        MANAGEMENT,
        Gap(Verdict.BLOCKED, Evidence((DENY,), (ShadowedRule("AllowManagement", 300),), FLOW)),
        Severity.ERROR,
        "`DenyEverything` (200) drops TCP 3443 from ApiManagement before `AllowManagement` (300) is reached",
    ),
    near_misses=(LATE,),
)
EITHER = check(
    STORAGE,
    Gap(
        Verdict.MISSING,
        Evidence((DecidingRule("DenyAllOutBound", 65500, "Deny", default=True),), (), FLOW),
        (Alternative(Verdict.DEFAULT_ONLY, "if the route 0.0.0.0/0 widens VirtualNetwork"),),
    ),
    Severity.ERROR,
    "no rule allows TCP 443 to Storage; `DenyAllOutBound` (65500) drops it",
)
DEFAULT_ONLY = check(
    EVENT_HUB,
    Gap(Verdict.DEFAULT_ONLY, Evidence((DecidingRule("AllowInternetOutBound", 65001, "Allow", default=True),))),
    Severity.WARNING,
    "TCP 5671, 5672 and 443 to EventHub is allowed only by the default rule `AllowInternetOutBound` (65001)",
)
UNKNOWN = replace(
    check(
        SQL,
        Undecided(("without service tag data it is not known what Sql.WestEurope is",), Evidence((DENY,), (), FLOW)),
        Severity.UNDECIDED,
        "it cannot be told whether TCP 1433 to Sql.WestEurope and Sql.NorthEurope gets through: there is no data",
    ),
    peer=("Sql.WestEurope", "Sql.NorthEurope"),
)
COMPLIANT = check(VAULT, Compliant(Evidence((DecidingRule("AllowVault", 110, "Allow", default=False),))))
NOT_APPLICABLE = check(CLIENTS, NotApplicable("the service is Internal"))
ADVISORY = replace(
    check(requirement("monitor", Direction.OUTBOUND, ("443",), "AzureMonitor"), DEFAULT_ONLY.outcome),
    level=Level.ADVISORY,
)
SHADOWED = HygieneFinding(HygieneKind.SHADOWED, "AllowOld", 400, "Inbound", "`AllowOld` never decides anything")
TOO_WIDE = HygieneFinding(
    HygieneKind.TOO_WIDE, "AllowAll", 100, "Outbound", "TCP 443 to AzureKeyVault would do", "key-vault"
)
UNATTACHED = check(ATTACHED, Gap(Verdict.MISSING, Evidence()), Severity.ERROR, "the subnet has no NSG")
EVERY_CHECK = (NOT_APPLICABLE, COMPLIANT, DEFAULT_ONLY, UNKNOWN, BLOCKED, EITHER, ADVISORY)


def location(*checks: Check, name: str = "westeurope", primary: bool = True) -> LocationReport:
    return LocationReport(name, primary, "stv2.1", NetworkModel.STV2, SUBNET, NSG, checks)


NOT_JUDGED = LocationReport("westeurope", True, "mtv1", None, None, None, (), reason="Consumption has no VNet")  # noqa: FBT003


def instance(*locations: LocationReport, name: str = "contoso", kind: str = "External") -> InstanceReport:
    id_ = f"{GROUP}/providers/Microsoft.ApiManagement/service/{name}"
    return InstanceReport(id_, name, "rg-apim", SUBSCRIPTION.rpartition("/")[2], "Premium", kind, locations)


def report(*instances: InstanceReport, incomplete: tuple[Incomplete, ...] = ()) -> Report:
    return Report(
        baseline="2021-12",
        taken_at="2026-11-22T06:31:00Z",
        scope=Scope((SUBSCRIPTION.rpartition("/")[2],)),
        service_tags=ServiceTagSource("file", "Public", "375"),
        instances=instances,
        incomplete=incomplete,
    )


FORBIDDEN = Incomplete(f"{NSG}-2", "forbidden", "NSG nsg-contoso-2 could not be read; grant Reader on it.")
CONTOSO, SECOND = (f"{GROUP}/providers/Microsoft.ApiManagement/service/contoso", "northeurope")
NEWLY_FAILING = (
    NewlyFailing(CONTOSO, "westeurope", "monitor", Verdict.DEFAULT_ONLY, Verdict.DEFAULT_ONLY, Severity.WARNING),
    NewlyFailing(CONTOSO, "westeurope", "certificates", None, Verdict.BLOCKED, Severity.ERROR),
    NewlyFailing(CONTOSO, SECOND, "dns", Verdict.COMPLIANT, Verdict.MISSING, Severity.ERROR),
)
FULL = replace(
    report(
        instance(
            replace(location(*EVERY_CHECK), hygiene=(SHADOWED, TOO_WIDE)),
            replace(location(UNATTACHED, name=SECOND, primary=False), baseline="2026-04"),
        ),
        instance(NOT_JUDGED, name="fabrikam", kind="None"),
        incomplete=(FORBIDDEN,),
    ),
    assumptions=("Admin rules were not asked for.",),
    notes=("2 rules name a tag without data.",),
    comparison=Comparison("2026-04", NEWLY_FAILING),
)


def with_witness(found: Check, **changes: Any) -> Check:
    """The check with other fields in its witness."""
    assert isinstance(found.outcome, (Gap, Undecided))
    witness = found.evidence.witness
    assert witness is not None
    evidence = replace(found.evidence, witness=replace(witness, **changes))
    return replace(found, outcome=replace(found.outcome, evidence=evidence))
