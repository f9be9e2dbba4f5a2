from dataclasses import replace

import pytest

from apim_audit.core.facts.findings import Check, Severity
from apim_audit.core.facts.reports import Comparison, Report, ServiceTagSource
from apim_audit.core.facts.requirements import Level, NetworkModel, Requirement
from apim_audit.core.facts.verdicts import Gap, Undecided
from apim_audit.core.judging.messages import flow_phrase
from apim_audit.report import RENDERERS, Style
from apim_audit.report.display import columns
from apim_audit.report.rows import aligned, flow
from tests.report.samples import (
    ADVISORY,
    BLOCKED,
    COMPLIANT,
    DEFAULT_ONLY,
    EITHER,
    FORBIDDEN,
    FULL,
    LATE,
    MANAGEMENT,
    NEWLY_FAILING,
    NOT_APPLICABLE,
    NOT_JUDGED,
    SHADOWED,
    SQL,
    TOO_WIDE,
    UNATTACHED,
    UNKNOWN,
    instance,
    location,
    report,
    with_witness,
)

COLOURED = Style(colour=True)


def table(found: Report, style: Style = Style()) -> str:  # noqa: B008  (frozen)
    return RENDERERS["table"](found, style)


def block(*checks: Check) -> str:
    return table(report(instance(location(*checks)))).split("\n\n", maxsplit=1)[0]


def test_the_whole_table() -> None:
    assert (
        table(FULL)
        == """\
contoso (Premium, External) / westeurope (primary), stv2.1 / NSG nsg-contoso
  blocked       error      management    In TCP 3443 from ApiManagement
      `DenyEverything` (200) drops this before `AllowManagement` (300) is
      reached
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443
      hint: `AllowManagement` would serve if it came before the denying rule
  missing       error      storage       Out TCP 443 to Storage
      no rule allows this; `DenyAllOutBound` (65500) drops it
      or default-only if the route 0.0.0.0/0 widens VirtualNetwork
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything
  default-only  warning    event-hub     Out TCP 5671, 5672, 443 to EventHub
      this is allowed only by the default rule `AllowInternetOutBound` (65001)
  unknown       undecided  sql           Out TCP 1433 to Sql.WestEurope and
                                         Sql.NorthEurope
      it cannot be told whether this gets through: there is no data
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything
  compliant: key-vault
  not applicable: client-https (the service is Internal)
  advisory: monitor (default-only)
  hygiene: `AllowOld` never decides anything (shadowed, Inbound 400)
  hygiene: `AllowAll`: TCP 443 to AzureKeyVault would do (too-wide, Outbound
      100)

contoso (Premium, External) / northeurope, stv2.1, judged by baseline 2026-04 /
  NSG nsg-contoso
  missing       error      nsg-attached
      the subnet has no NSG

fabrikam (Premium, no VNet) / westeurope
  not judged: Consumption has no VNet

Assumptions
  - Admin rules were not asked for.
Notes
  - 2 rules name a tag without data.
Not read or not certain
  - NSG nsg-contoso-2 could not be read; grant Reader on it. (forbidden)

Newly failing under baseline 2026-04: 3 checks
  - contoso / westeurope: monitor (default-only, warning), certificates
    (blocked, error)
  - contoso / northeurope: dns (missing, error, was compliant)

Worst first
  contoso / westeurope   2 errors, 1 warning, 1 undecided
  contoso / northeurope  1 error

baseline 2021-12; service tags Public 375 (file); taken 2026-11-22T06:31:00Z
1 blocked, 2 missing, 1 unknown, 2 default-only, 1 compliant, 1 not-applicable
2 instances, 3 locations, 8 checks; 3 errors, 1 warning, 1 undecided; 1 resource
not read or not certain
"""
    )


def test_hostile_names_are_harmless_and_cut() -> None:
    evil = replace(location(BLOCKED), network_security_group_id="/x/n\x1b]0;t\x07" + "日" * 90)
    found = table(report(instance(evil, name="evil\n\u202e" + "x" * 200)))
    assert (
        found.split("\n\n", maxsplit=1)[0]
        == """\
evil\\x0a\\u202exxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (Premium,
  External) / westeurope, stv2.1 / NSG
  n\\x1b]0;t\\x07日日日日日日日日日日日日日日日日日日日日日日日日日…
  blocked  error  management  In TCP 3443 from ApiManagement
      `DenyEverything` (200) drops this before `AllowManagement` (300) is
      reached
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443
      hint: `AllowManagement` would serve if it came before the denying rule"""
    )


def test_hostile_text_of_every_kind_is_escaped() -> None:
    nasty = "a\x1b[2Jb\u202ec\r"
    harmful = with_witness(BLOCKED, source=nasty, decided_by=nasty, assuming=(nasty,))
    near = replace(LATE, name=nasty, message=nasty)
    check = replace(harmful, message=nasty, peer=(nasty,), near_misses=(near,))
    untidy = replace(SHADOWED, name=nasty, message=nasty, direction=nasty)
    place = replace(location(check, name=nasty), platform_version="stv2" + nasty, hygiene=(untidy,))
    failing = replace(NEWLY_FAILING[0], instance_id=f"/x/{nasty}", location=nasty)
    found = replace(
        report(
            replace(
                instance(place, place, replace(NOT_JUDGED, reason=nasty), name=nasty),
                sku=nasty,
                virtual_network_type=nasty,
            )
        ),
        incomplete=(replace(FORBIDDEN, message=nasty, reason=nasty),),
        assumptions=(nasty,),
        notes=(nasty,),
        taken_at=nasty,
        service_tags=ServiceTagSource("file", nasty, nasty),
        comparison=Comparison("2026-04", (failing,)),
    )
    assert all(line.isprintable() for line in table(found).split("\n"))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    lines = table(FULL, Style(width=width)).splitlines()
    room = max(width, 62)  # the columns before the flow, which keeps 20 of its own
    assert all(columns(line) <= room for line in lines)
    assert width < 80 or all(columns(line) <= width for line in lines)


def test_what_is_loud_comes_first_and_the_rest_is_one_line_each() -> None:
    assert (
        block(COMPLIANT, NOT_APPLICABLE, UNKNOWN, DEFAULT_ONLY, ADVISORY, replace(COMPLIANT, id="sql"))
        == """\
contoso (Premium, External) / westeurope, stv2.1 / NSG nsg-contoso
  default-only  warning    event-hub  Out TCP 5671, 5672, 443 to EventHub
      this is allowed only by the default rule `AllowInternetOutBound` (65001)
  unknown       undecided  sql        Out TCP 1433 to Sql.WestEurope and
                                      Sql.NorthEurope
      it cannot be told whether this gets through: there is no data
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything
  compliant: key-vault, sql
  not applicable: client-https (the service is Internal)
  advisory: monitor (default-only)"""
    )


def test_a_doubt_that_several_checks_share_is_told_once() -> None:
    doubt = Undecided(("NSG nsg-contoso could not be read (forbidden)",))
    shared = [replace(each, outcome=doubt, severity=Severity.UNDECIDED, near_misses=()) for each in (BLOCKED, EITHER)]
    assert (
        block(*shared, COMPLIANT)
        == """\
contoso (Premium, External) / westeurope, stv2.1 / NSG nsg-contoso
  unknown  undecided  management  In TCP 3443 from ApiManagement
  unknown  undecided  storage     Out TCP 443 to Storage
      it cannot be told: NSG nsg-contoso could not be read (forbidden)
  compliant: key-vault"""
    )


def test_an_advisory_check_is_named_apart_only_where_it_is_not_compliant() -> None:
    assert "advisory" not in block(replace(COMPLIANT, level=Level.ADVISORY))


def test_a_condition_that_the_message_tells_is_not_told_twice() -> None:
    told = replace(EITHER, message="missing; default-only if the route 0.0.0.0/0 widens VirtualNetwork")
    assert block(told).count("widens") == 1


def test_an_example_that_the_message_gives_is_not_given_twice() -> None:
    told = replace(BLOCKED, message="drops part, such as 13.64.39.16:1024 to 10.0.1.4:3443")
    assert block(told).count("13.64.39.16") == 1


def missing(*rows: Requirement, severity: Severity = Severity.ERROR) -> list[Check]:
    """Gaps of one cause, each with its own flows in its message."""
    return [
        replace(
            BLOCKED,
            id=row.id,
            severity=severity,
            near_misses=(),
            message=f"no rule allows {phrase}; `DenyEverything` (200) drops it",
            direction=row.flow.direction.value,
            ports=row.flow.ports,
            peer=(row.flow.peer.name,),
        )
        for row in rows
        if row.flow is not None
        for phrase in [flow_phrase(row.flow.direction, row.flow.protocol, row.flow.ports, (row.flow.peer.name,))]
    ]


def test_gaps_of_one_cause_are_explained_once() -> None:
    management, sql = missing(MANAGEMENT, SQL)
    assert (
        block(management, EITHER, sql)
        == """\
contoso (Premium, External) / westeurope, stv2.1 / NSG nsg-contoso
  blocked  error  management  In TCP 3443 from ApiManagement
  blocked  error  sql         Out TCP 1433 to Sql
      no rule allows this; `DenyEverything` (200) drops it
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443
  missing  error  storage     Out TCP 443 to Storage
      no rule allows this; `DenyAllOutBound` (65500) drops it
      or default-only if the route 0.0.0.0/0 widens VirtualNetwork
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything"""
    )


def test_gaps_with_hints_of_their_own_are_explained_each() -> None:
    first, second = missing(MANAGEMENT, SQL)
    assert block(first, replace(second, near_misses=(LATE,))).count("no rule allows this") == 2


def test_gaps_of_other_severity_are_explained_apart_so_that_the_loudest_stay_first() -> None:
    [note], [error] = missing(SQL, severity=Severity.NOTE), missing(MANAGEMENT)
    rows = [line.split()[1:3] for line in block(note, DEFAULT_ONLY, error).splitlines()[1:] if line[2:3].isalpha()]
    assert rows == [["error", "management"], ["warning", "event-hub"], ["note", "sql"]]


def test_gaps_with_other_alternatives_are_explained_apart() -> None:
    first, second = missing(MANAGEMENT, SQL)
    assert isinstance(second.outcome, Gap)
    assert isinstance(EITHER.outcome, Gap)
    other = replace(second, outcome=replace(second.outcome, or_else=EITHER.outcome.or_else))
    assert block(first, other).count("no rule allows this") == 2


def test_a_message_in_other_words_than_the_row_stays_whole() -> None:
    assert "  drops TCP 3443 from the control plane" in block(
        replace(BLOCKED, message="drops TCP 3443 from the control plane")
    )


def test_an_example_names_the_rule_where_the_message_does_not_and_what_it_assumes() -> None:
    def example(found: Check) -> str:
        [line] = [
            line for line in table(report(instance(location(found))), Style(width=200)).splitlines() if "e.g." in line
        ]
        return line.strip()

    flow = "e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443"
    assuming = with_witness(BLOCKED, assuming=("the route counts", "the tag holds it"))
    assert example(assuming) == f"{flow} if the route counts and the tag holds it"
    other = with_witness(assuming, decided_by="Other")
    assert example(other) == f"{flow}: decided by Other, if the route counts and the tag holds it"
    assert example(with_witness(BLOCKED, decided_by="Other")) == f"{flow}: decided by Other"
    assert example(with_witness(BLOCKED, decided_by=None)) == flow


def test_an_instance_judged_as_another_platform_says_so() -> None:
    migrating = replace(location(), platform_version="stv1")
    assert table(report(instance(migrating))).startswith(
        "contoso (Premium, External) / westeurope, stv1 judged as stv2 /"
    )
    unclear = replace(location(), platform_version="undetermined", network_model=NetworkModel.UNDETERMINED)
    assert "westeurope, undetermined /" in table(report(instance(unclear)))
    injected = replace(location(), platform_version="stv2", network_model=NetworkModel.V2_INJECTION)
    assert "westeurope, v2-injection /" in table(report(instance(injected)))


def test_untidy_rules_are_named() -> None:
    place = replace(location(COMPLIANT), hygiene=(SHADOWED, TOO_WIDE))
    assert (
        table(report(instance(place))).split("\n\n", maxsplit=1)[0]
        == """\
contoso (Premium, External) / westeurope, stv2.1 / NSG nsg-contoso
  compliant: key-vault
  hygiene: `AllowOld` never decides anything (shadowed, Inbound 400)
  hygiene: `AllowAll`: TCP 443 to AzureKeyVault would do (too-wide, Outbound
      100)"""
    )


def test_what_another_baseline_would_fail_is_told_even_where_it_is_nothing() -> None:
    same = replace(report(instance(location(COMPLIANT))), comparison=Comparison("2026-04", ()))
    assert "\n\nNothing would newly fail under baseline 2026-04.\n\n" in table(same)
    assert "newly fail" not in table(replace(same, comparison=None))


def worst(*checks: tuple[Check, ...]) -> list[str]:
    found = table(report(*(instance(location(*each), name=f"i{index}") for index, each in enumerate(checks))))
    [section] = [part for part in found.split("\n\n") if part.startswith("Worst first")] or [""]
    return section.splitlines()[1:]


NOTED = replace(UNATTACHED, severity=Severity.NOTE)


def test_the_locations_that_need_attention_are_listed_worst_first() -> None:
    assert worst(
        (COMPLIANT,), (UNKNOWN,), (DEFAULT_ONLY, NOTED), (BLOCKED,), (BLOCKED, DEFAULT_ONLY), (DEFAULT_ONLY,) * 9
    ) == [
        "  i4  1 error, 1 warning",
        "  i3  1 error",
        "  i5  9 warnings",
        "  i2  1 warning, 1 note",
        "  i1  1 undecided",
        "  1 location without error, warning or doubt",
    ]


def test_of_equally_bad_locations_the_first_by_id_comes_first() -> None:
    assert worst((BLOCKED,), (UNKNOWN,), (BLOCKED,))[:2] == ["  i0  1 error", "  i2  1 error"]


def test_a_long_list_of_the_worst_is_cut() -> None:
    lines = worst(*[(BLOCKED,)] * 13, (NOTED,))
    assert len(lines) == 11
    assert lines[-1] == "  and 3 more; 1 location without error, warning or doubt"


@pytest.mark.parametrize("checks", [[(BLOCKED,)], [(COMPLIANT,), (NOTED,)], []])
def test_there_is_no_list_of_the_worst_where_it_would_tell_nothing(checks: list[tuple[Check, ...]]) -> None:
    assert worst(*checks) == []


def test_the_list_of_the_worst_has_room_for_long_names() -> None:
    long = "x" * 70
    found = table(report(instance(location(BLOCKED), location(BLOCKED, name=long), name=long)))
    assert all(columns(line) <= 80 for line in found.splitlines())
    assert found.count(f"{'x' * 39}…  1 error") == 2


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b" not in table(FULL)
    coloured = table(FULL, COLOURED)
    assert "\x1b[31mblocked\x1b[0m" in coloured
    assert "\x1b[33mdefault-only\x1b[0m" in coloured
    assert "\x1b[35munknown\x1b[0m" in coloured


def test_colours_change_nothing_else() -> None:
    plain = table(FULL, COLOURED)
    for code in ("0", "1", "31", "33", "35", "36"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == table(FULL)


def test_an_estate_without_an_instance_says_so() -> None:
    assert table(report()).startswith("There is no API Management instance in what was read: nothing to audit.\n")


def test_an_estate_without_a_vnet_says_so() -> None:
    assert "\nNo instance is in a VNet: nothing to audit.\n" in table(report(instance(NOT_JUDGED)))


def test_without_service_tags_it_says_so() -> None:
    found = replace(report(), service_tags=ServiceTagSource(), taken_at=None)
    assert "baseline 2021-12; no service tag data\n" in table(found)


def test_a_table_without_rows_has_no_lines() -> None:
    assert list(aligned([], 80)) == []


def heading(sku: str, kind: str, *, judged: bool = True) -> str:
    found = replace(instance(location() if judged else NOT_JUDGED, kind=kind), sku=sku)
    return table(report(found)).partition(" / ")[0]


def test_the_heading_claims_nothing_that_the_document_did_not_tell() -> None:
    assert heading("", "None") == "contoso (sku not known)"
    assert heading("", "External") == "contoso (sku not known, External)"
    assert heading("Premium", "None") == "contoso (Premium, VNet type not known)"
    assert heading("Premium", "None", judged=False) == "contoso (Premium, no VNet)"


HARMLESS = replace(FORBIDDEN, id="/twin", reason="duplicate", message="NSG twin is given twice", needed=False)


def test_what_no_location_needs_is_told_apart_and_not_counted() -> None:
    found = table(report(instance(location(COMPLIANT)), incomplete=(HARMLESS, FORBIDDEN)))
    assert "\nOf no effect on the checks\n  - NSG twin is given twice (duplicate)\n" in found
    assert "\nNot read or not certain\n  - NSG nsg-contoso-2 could not be read" in found
    assert (
        found.endswith("; 1 resource\nnot read or not certain\n") or "; 1 resource not read or not certain\n" in found
    )


def test_a_resource_with_two_faults_is_one_resource() -> None:
    again = replace(FORBIDDEN, id=FORBIDDEN.id.upper(), message="another")
    assert "; 1 resource not read" in table(report(instance(location(COMPLIANT)), incomplete=(again, FORBIDDEN)))


def test_nothing_is_called_unread_where_only_harmless_things_were_found() -> None:
    found = table(report(instance(location(COMPLIANT)), incomplete=(HARMLESS,)))
    assert "not read" not in found.lower()


@pytest.mark.parametrize("level", [Level.ADVISORY, Level.REQUIRED])
def test_what_may_rest_on_default_rules_is_no_gap(level: Level) -> None:
    row = replace(ADVISORY.requirement, id="dns", default_rules_suffice=True)
    dns = replace(ADVISORY, id="dns", requirement=row, level=level)
    lines = block(COMPLIANT, dns, ADVISORY, NOT_APPLICABLE).splitlines()[1:]
    assert lines == [
        "  compliant: key-vault",
        "  fine by default rules: dns",
        "  not applicable: client-https (the service is Internal)",
        "  advisory: monitor (default-only)",
    ]
    lost = replace(dns, outcome=EITHER.outcome)
    assert "fine by default rules" not in block(lost)


@pytest.mark.parametrize(
    ("ports", "words"),
    [
        (("6390", "1-65535"), "TCP 6390 (stv1: all ports)"),
        (("1-65535",), "TCP all ports"),
        (("443", "1886"), "TCP 443, 1886"),
    ],
)
def test_the_ports_of_both_platforms_are_told_as_in_the_message(ports: tuple[str, ...], words: str) -> None:
    assert flow("Inbound", "Tcp", ports, ("AzureLoadBalancer",)) == f"In {words} from AzureLoadBalancer"


@pytest.mark.parametrize("width", range(40, 121, 8))
def test_no_wrapped_line_begins_with_a_workflow_command(width: int) -> None:
    told = "a name that is ::error::injected and " * 3 + "x" * 30 + "::error::again"
    found = report(instance(location(replace(BLOCKED, message=told))), incomplete=(replace(FORBIDDEN, message=told),))
    lines = RENDERERS["table"](found, Style(width=width)).splitlines()
    assert [line for line in lines if line.lstrip().startswith("::")] == []
