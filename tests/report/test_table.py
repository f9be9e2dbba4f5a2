from dataclasses import replace

import pytest

from apim_audit.core.findings import Check, Report, ServiceTagSource, Severity, Undecided
from apim_audit.core.requirements import Level
from apim_audit.report import RENDERERS, Style
from apim_audit.report.display import columns
from apim_audit.report.rows import aligned
from tests.report.samples import (
    ADVISORY,
    BLOCKED,
    COMPLIANT,
    DEFAULT_ONLY,
    EITHER,
    FORBIDDEN,
    FULL,
    NOT_APPLICABLE,
    NOT_JUDGED,
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
      `DenyEverything` (200) drops TCP 3443 from ApiManagement before
      `AllowManagement` (300) is reached
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything
  missing       error      storage       Out TCP 443 to Storage
      no rule allows TCP 443 to Storage; `DenyAllOutBound` (65500) drops it
      or default-only if the route 0.0.0.0/0 widens VirtualNetwork
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything
  default-only  warning    event-hub     Out TCP 5671, 5672, 443 to EventHub
      TCP 5671, 5672 and 443 to EventHub is allowed only by the default rule
      `AllowInternetOutBound` (65001)
  unknown       undecided  sql           Out TCP 1433 to Sql.WestEurope and
                                         Sql.NorthEurope
      it cannot be told whether TCP 1433 to Sql.WestEurope gets through: there
      is no data on Sql.WestEurope
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything
  compliant: key-vault
  not applicable: client-https (the service is Internal)
  advisory: monitor (default-only)

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
Not read
  - NSG nsg-contoso-2 could not be read; grant Reader on it. (forbidden)

baseline 2021-12; service tags Public 375 (file); taken 2026-11-22T06:31:00Z
1 blocked, 2 missing, 1 unknown, 2 default-only, 1 compliant, 1 not-applicable
2 instances, 3 locations, 8 checks; 3 errors, 1 warning, 1 undecided; 1 resource
not read
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
      `DenyEverything` (200) drops TCP 3443 from ApiManagement before
      `AllowManagement` (300) is reached
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything"""
    )


def test_hostile_text_of_every_kind_is_escaped() -> None:
    nasty = "a\x1b[2Jb\u202ec\r"
    harmful = with_witness(BLOCKED, source=nasty, decided_by=nasty, assuming=(nasty,))
    check = replace(harmful, message=nasty, peer=(nasty,))
    place = replace(location(check, name=nasty), platform_version="stv2" + nasty)
    found = replace(
        report(replace(instance(place, replace(NOT_JUDGED, reason=nasty)), sku=nasty, virtual_network_type=nasty)),
        incomplete=(replace(FORBIDDEN, message=nasty, reason=nasty),),
        assumptions=(nasty,),
        notes=(nasty,),
        taken_at=nasty,
        service_tags=ServiceTagSource("file", nasty, nasty),
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
      TCP 5671, 5672 and 443 to EventHub is allowed only by the default rule
      `AllowInternetOutBound` (65001)
  unknown       undecided  sql        Out TCP 1433 to Sql.WestEurope and
                                      Sql.NorthEurope
      it cannot be told whether TCP 1433 to Sql.WestEurope gets through: there
      is no data on Sql.WestEurope
      e.g. TCP 13.64.39.16:1024 to 10.0.1.4:3443: decided by DenyEverything
  compliant: key-vault, sql
  not applicable: client-https (the service is Internal)
  advisory: monitor (default-only)"""
    )


def test_a_doubt_that_several_checks_share_is_told_once() -> None:
    doubt = Undecided(("NSG nsg-contoso could not be read (forbidden)",))
    shared = [replace(check, outcome=doubt, severity=Severity.UNDECIDED) for check in (BLOCKED, EITHER)]
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
