"""One report with everything that a report can say, and names that attack whoever shows them."""

from dataclasses import replace

from apim_audit.core.facts.findings import Change, Check, Observation, Origin, Severity, Standing, Waiver
from apim_audit.core.facts.reports import FixedGap, Incomplete, Report, WaiverProblem, WaiverProblemKind
from apim_audit.core.facts.requirements import Level
from apim_audit.core.facts.verdicts import (
    DecidingRule,
    Evidence,
    Gap,
    NearMiss,
    NotApplicable,
    Undecided,
    Verdict,
    Witness,
)
from tests.report.samples import (
    BASELINE,
    BLOCKED,
    CLIENTS,
    COMPLIANT,
    EVENT_HUB,
    FULL,
    MANAGEMENT,
    NSG,
    SQL,
    STORAGE,
    VAULT,
    check,
    instance,
    location,
    report,
)

NAMES = (
    "\x1b[31mred\x1b]0;title\x07",
    "</script><script>alert(1)</script>",
    "--><img src=x onerror=alert(1)>]]>",
    "=cmd|'/C calc'!A0",
    '  "=HYPERLINK("http://evil.example","x")',
    "\uff1d1+1;=2+2",
    "-2+3\t@SUM(1)",
    "x\n::error::y\r\n  ::set-output name=a::b",
    "::error file=a,line=1::injected",
    "##vso[task.setvariable variable=secret]value",
    "##[error]x ##[add-path]/evil",
    "; type=error]done ##vso[task.complete result=Succeeded;]%5D%AZP25%0A%25",
    "a|b\\|c`d``e\\`@org/team #123 https://evil.example www.evil.example [x](http://evil.example) <!-- *b* _u_ ~s~",
    "{0} {{1}} ](javascript:alert(1)) &lt;b&gt; &#x3c;",
    "right \u202e to left \u2066 \u200f zero\u200bwidth \ufeff",
    "null \x00 bell \x07 delete \x7f c1 \x9b31m next \x85 line \u2028 paragraph \u2029",
    "lone \ud800 not a character \uffff \ufffe tag \U000e0041 hidden \u034f\ufe0f",
    "10,000 " + "x" * 10_000,
    "`" * 40 + " ticks " + "`" * 3,
    "日本語 ünïcode é",
)


def attacked(name: str, number: int) -> Check:
    """A blocked check in which every text from outside is the name."""
    evidence = Evidence(
        (DecidingRule(name, 200, "Deny", default=False),), (), Witness("Tcp", "1.2.3.4", 1024, "10.0.1.4", 443, name)
    )
    return replace(
        check(MANAGEMENT, Gap(Verdict.BLOCKED, evidence), Severity.ERROR, f"`{name}` (200) drops TCP 3443 from {name}"),
        peer=(name,),
        near_misses=(NearMiss(name, 300, "priority", f"`{name}` would serve"),),
        origins=(Origin(f"{name}.json", number + 1, name),) if number % 2 else (),
    )


WAIVER = Waiver("=accepted, see ##vso[task.complete]</td> @team", "<b>owner</b>", "2027-01-01")
WITNESS = Witness("Tcp", "10.0.1.4", 1024, "52.1.2.3", 443, "DenyAllOutBound")
EVERY_VERDICT = (
    COMPLIANT,
    check(STORAGE, Gap(Verdict.PINNED, Evidence((), (), WITNESS)), Severity.WARNING, "`Pinned` allows it by addresses"),
    check(EVENT_HUB, Gap(Verdict.DEFAULT_ONLY, Evidence((), (), WITNESS)), Severity.WARNING, "only by default rules"),
    check(SQL, Gap(Verdict.PARTIAL, Evidence((), (), WITNESS)), Severity.NOTE, "part of it is lost"),
    check(VAULT, Gap(Verdict.MISSING, Evidence((), (), WITNESS)), Severity.ERROR, "no rule allows it"),
    BLOCKED,
    check(SQL, Undecided(("what is in the tag",), Evidence((), (), WITNESS)), Severity.UNDECIDED, "it cannot be told"),
    check(CLIENTS, NotApplicable("the service is Internal")),
    replace(check(VAULT, Undecided(("what is in the tag",))), level=Level.OPTIONAL, message="it cannot be told"),
    replace(BLOCKED, level=Level.ADVISORY, severity=Severity.NONE),
    replace(BLOCKED, waiver=WAIVER),
    replace(BLOCKED, known=True, change=Change.ALREADY_THERE),
    replace(BLOCKED, change=Change.CAUSED, raised_by="a custom domain"),
)

OBSERVED = tuple(
    Observation(name, name, name, standing, ("management",), f"{name} is observed")
    for name, standing in zip(NAMES, [*Standing] * len(NAMES), strict=False)
)

ATTACKED = tuple(
    replace(
        instance(replace(location(attacked(name, number), name=name), network_security_group_id=f"{NSG}/{name}")),
        id=f"{'' if number % 3 else name}/subscriptions/s/service/{name}",
        name=name,
        sku=name,
        resource_group=name,
    )
    for number, name in enumerate(NAMES)
)

HOSTILE: Report = replace(
    report(
        instance(replace(location(*EVERY_VERDICT), origin=Origin("docs/estate one.json"), observed=OBSERVED)),
        *ATTACKED,
        *FULL.instances[1:],
        incomplete=(
            *(Incomplete(f"/{name}", "forbidden", f"{name} could not be read") for name in NAMES),
            Incomplete("/unneeded", "duplicate", "given twice", needed=False),
        ),
    ),
    assumptions=NAMES,
    notes=NAMES,
    fixed=tuple(FixedGap(f"/service/{name}", name, "management", Verdict.BLOCKED) for name in NAMES),
    waiver_problems=(
        *(WaiverProblem(kind, f"the waiver of {name}") for kind, name in zip(WaiverProblemKind, NAMES, strict=False)),
    ),
    requirements=(*BASELINE.requirements, STORAGE, VAULT, EVENT_HUB, CLIENTS),
)
