import json
from dataclasses import replace
from types import MappingProxyType

from apim_audit.core.facts.requirements import Level, LevelRule, NetworkModel
from apim_audit.report import Style, render_requirements
from tests.report.samples import BASELINE, MANAGEMENT


def test_the_table() -> None:
    assert (
        render_requirements(BASELINE, "table")
        == """\
Baseline 2021-12: The seed's table

  management    In TCP 3443 from ApiManagement
      management title. management purpose
      External, Internal: stv2 required.
      Remedy: Allow ApiManagement.
      Source: [1].

  sql           Out TCP 1433 to Sql
      sql title. sql purpose
      External, Internal: stv2 required.
      What counts are the regional tags of the location's region and of the
      primary one.
      Remedy: Allow Sql.
      Source: [1].

  nsg-attached  management title
      management purpose
      External, Internal: stv2 required.
      Remedy: Allow ApiManagement.
      Source: [1].

[1] Required ports, a-repository:page.md@0123abc, 12/15/2021; compared
    2026-11-22
"""
    )


def test_conditions_of_a_level_and_other_ports_are_told() -> None:
    assert MANAGEMENT.flow is not None
    row = replace(
        MANAGEMENT,
        flow=replace(MANAGEMENT.flow, ports_of=MappingProxyType({NetworkModel.STV1: ("1-65535",)})),
        levels={
            NetworkModel.STV1: LevelRule(Level.OPTIONAL, premium=Level.REQUIRED, multi_location=Level.REQUIRED),
            NetworkModel.WORKSPACE_GATEWAY: LevelRule(Level.REQUIRED, delegation="Microsoft.Web/hostingEnvironments"),
        },
        default_rules_suffice=True,
    )
    found = render_requirements(replace(BASELINE, requirements=(row,)), "table", Style(width=400))
    assert "stv1 optional (required on Premium, required with more than one location)" in found
    assert "required (only where the subnet is delegated to Microsoft.Web/hostingEnvironments)" in found
    assert "On stv1: In TCP all ports from ApiManagement." in found
    assert "Default rules suffice." in found


def test_json_holds_every_field() -> None:
    body = json.loads(render_requirements(BASELINE, "json"))
    assert body["baseline"] == "2021-12"
    management, _, attached = body["requirements"]
    assert attached["flow"] is None
    assert management == {
        "id": "management",
        "title": "management title",
        "flow": {
            "direction": "Inbound",
            "protocol": "Tcp",
            "ports": ["3443"],
            "portsOf": {},
            "peer": {"kind": "tag", "name": "ApiManagement", "regional": False},
        },
        "appliesTo": ["External", "Internal"],
        "levels": {"stv2": {"level": "required", "premium": None, "multiLocation": None, "delegation": None}},
        "defaultRulesSuffice": False,
        "raisedBy": [],
        "purpose": "management purpose",
        "remedy": "Allow ApiManagement.",
        "source": {
            "title": "Required ports",
            "location": "a-repository:page.md@0123abc",
            "dated": "12/15/2021",
            "compared": "2026-11-22",
        },
    }
