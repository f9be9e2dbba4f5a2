"""One report with everything that a report can say, hostile names among it."""

from dataclasses import replace

from apim_audit.core.facts.findings import Change, Observation, Origin, Standing, Waiver
from apim_audit.core.facts.reports import (
    FixedGap,
    Incomplete,
    Report,
    RuleStack,
    Scope,
    StackRule,
    WaiverProblem,
    WaiverProblemKind,
)
from apim_audit.core.facts.requirements import Level
from apim_audit.core.facts.verdicts import NearMiss, Verdict
from tests.report.samples import (
    ADVISORY,
    BLOCKED,
    COMPLIANT,
    DEFAULT_ONLY,
    EITHER,
    FULL,
    NOT_APPLICABLE,
    NSG,
    UNKNOWN,
    instance,
    location,
)

HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=document.title='owned'>",
    "\x1b[31mred\x1b[0m",
    "\u202ereversed\u2066",
    "{{ 7 * 7 }}{% raw %}",
    "=cmd|' /C calc'!A0",
    "::error::##vso[task.complete result=Failed]",
    "]]>&lt;&quot;'\"`",
    "\u2028line\u2029",
    "\ud800",
)
LONG = "n" * 10_000


def rule(name: str, priority: int, access: str = "Allow", direction: str = "Inbound", **fields: str) -> StackRule:
    plain = StackRule(name, priority, direction, access, "TCP", "*", "*", "*", "*")
    return replace(plain, **fields)  # type: ignore[arg-type]


def defaults() -> tuple[StackRule, ...]:
    found = (
        rule("DenyAllInBound", 65500, "Deny", protocol="*"),
        rule("AllowInternetOutBound", 65001, "Allow", "Outbound", protocol="*", destination="Internet"),
        rule("DenyAllOutBound", 65500, "Deny", "Outbound", protocol="*"),
    )
    return tuple(replace(each, default=True) for each in found)


QUIET = tuple(rule(f"AllowOther{number}", 101 + number) for number in range(12))
RULES = (
    replace(rule("AdminFirst", 10), admin=True),
    rule("AllowClients", 100, source="Internet", destination_ports="80, 443"),
    *QUIET,
    rule("DenyEverything", 200, "Deny", protocol="*"),
    replace(rule("AllowManagement", 300, source="ApiManagement", destination_ports="3443"), certain=False),
)
OUTBOUND = (rule("AllowVault", 110, direction="Outbound", destination="AzureKeyVault", destination_ports="443"),)
STACK = RuleStack(NSG, None, (*RULES, *defaults()[:1], *OUTBOUND, *defaults()[1:]), ("rule `Odd` has no priority",))

WAIVED = replace(
    EITHER,
    waiver=Waiver("The proxy carries storage", "Net Team <net@example.org>", "2027-01-31"),
    near_misses=(NearMiss("AllowVault", 110, "otherEnd", "`AllowVault` would serve if its destination were Storage"),),
)
KNOWN = replace(DEFAULT_ONLY, known=True, change=Change.ALREADY_THERE, level=Level.OPTIONAL, raised_by="the cache")
CAUSED = replace(BLOCKED, change=Change.CAUSED, origins=(Origin("net.tf.json", 12, "module.net.azurerm_rule.deny[0]"),))
OBSERVED = (
    Observation("SQL", "failure", "2026-11-22T05:00:00Z", Standing.DISAGREES, ("sql",), "`sql` is seen to fail"),
)
MAIN = replace(
    location(NOT_APPLICABLE, COMPLIANT, KNOWN, UNKNOWN, CAUSED, WAIVED, ADVISORY),
    hygiene=FULL.instances[0].locations[0].hygiene,
    observed=OBSERVED,
    origin=Origin("plan.json", 3, "azurerm_network_security_group.contoso"),
)
SECOND = location(COMPLIANT, name="northeurope", primary=False)
SHARED = "fabrikam-with-the-same-nsg"


def everything() -> Report:
    """The report, with an instance of every hostile name."""
    hostile = tuple(instance(location(BLOCKED), name=name) for name in (*HOSTILE, LONG))
    return replace(
        FULL,
        scope=Scope(("sub-one", "sub-two"), "rg-asked", ("contoso",), "mg-asked", tenant=True),
        instances=(
            instance(MAIN, SECOND),
            instance(location(COMPLIANT), name=SHARED),
            FULL.instances[1],
            *hostile,
        ),
        incomplete=(*FULL.incomplete, Incomplete("/other", "not-found", "It is gone; nobody needs it.", needed=False)),
        fixed=tuple(
            FixedGap(FULL.instances[0].id, "westeurope", name, Verdict.MISSING) for name in ("certificates", HOSTILE[1])
        ),
        waiver_problems=(WaiverProblem(WaiverProblemKind.EXPIRED, "The waiver of sql expired on 2026-01-01"),),
        rule_stacks=(STACK,),
    )
