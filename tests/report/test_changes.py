import json
from dataclasses import replace

from apim_audit.core.facts.requirements import Baseline, Level, LevelRule, NetworkModel, Requirement, VirtualNetworkType
from apim_audit.core.judging.comparison import changes_between
from apim_audit.report import Style, render_changes
from tests.report.samples import ATTACHED, MANAGEMENT, SQL, STORAGE, VAULT

DELEGATED = LevelRule(Level.REQUIRED, delegation="Microsoft.Web/hostingEnvironments")


def of(row: Requirement, **levels: LevelRule) -> Requirement:
    return replace(row, levels={NetworkModel(name.replace("_", "-")): level for name, level in levels.items()})


REQUIRED, OPTIONAL = LevelRule(Level.REQUIRED), LevelRule(Level.OPTIONAL, premium=Level.REQUIRED)
EXTERNAL = frozenset({VirtualNetworkType.EXTERNAL})
assert SQL.flow is not None
UNLIKE = replace(
    of(SQL, stv2=OPTIONAL),
    applies_to=EXTERNAL,
    default_rules_suffice=True,
    flow=replace(SQL.flow, ports=("1433", "1434"), peer=replace(SQL.flow.peer, regional=False)),
)
OLD = Baseline("2021-12", "Old", (of(SQL, stv2=REQUIRED), of(STORAGE, stv2=REQUIRED)))
NEW = Baseline(
    "2026-04",
    "New",
    (
        replace(of(MANAGEMENT, stv2=REQUIRED), applies_to=EXTERNAL),
        UNLIKE,
        of(ATTACHED, stv2=REQUIRED),
        of(VAULT, workspace_gateway=DELEGATED),
    ),
)
CHANGES = changes_between(OLD, NEW)


def test_the_table() -> None:
    assert (
        render_changes(CHANGES, "table")
        == """\
From baseline 2021-12 to 2026-04

stv2
  added    management    required  In TCP 3443 from ApiManagement
      only External
  changed  sql           optional  Out TCP 1433, 1434 to Sql
      level: required -> optional (required on Premium)
      flows: Out TCP 1433 to Sql -> Out TCP 1433, 1434 to Sql
      regional tags: yes -> no
      VNet types: External, Internal -> External
      default rules: do not suffice -> suffice
  added    nsg-attached  required  management title
  removed  storage       required  Out TCP 443 to Storage

workspace-gateway, which 2021-12 does not know
  added    key-vault     required  Out TCP 443 to AzureKeyVault
      required (only where the subnet is delegated to
      Microsoft.Web/hostingEnvironments)
"""
    )


def test_a_model_without_a_change_says_so() -> None:
    assert "\nstv2: no change\n" in render_changes(changes_between(OLD, OLD), "table")


def test_of_a_row_that_changes_only_what_changes_is_told() -> None:
    one, other = (Baseline(name, name, (of(SQL, stv2=level),)) for name, level in (("a", REQUIRED), ("b", OPTIONAL)))
    assert render_changes(changes_between(one, other), "table").splitlines()[-2:] == [
        "  changed  sql  optional  Out TCP 1433 to Sql",
        "      level: required -> optional (required on Premium)",
    ]


def test_colours_tell_the_kinds_apart() -> None:
    found = render_changes(CHANGES, "table", Style(colour=True))
    assert all(f"\x1b[{colour}m{kind}\x1b[0m" in found for kind, colour in (("added", 31), ("removed", 36)))
    assert "\x1b" not in render_changes(CHANGES, "table")


def test_json_has_the_terms_before_and_after() -> None:
    body = json.loads(render_changes(CHANGES, "json"))
    assert (body["from"], body["to"], body["schemaVersion"]) == ("2021-12", "2026-04", 1)
    stv2, gateway = body["networkModels"]
    assert (gateway["networkModel"], gateway["knownBefore"], gateway["knownAfter"]) == (
        "workspace-gateway",
        False,
        True,
    )
    added, changed, _, removed = stv2["changes"]
    assert (added["change"], added["before"]) == ("added", None)
    assert (removed["change"], removed["after"]) == ("removed", None)
    assert changed["requirement"] == "sql"
    assert changed["title"] == "sql title"
    assert changed["before"]["flow"]["ports"] == ["1433"]
    assert changed["after"] == {
        "flow": {
            "direction": "Outbound",
            "protocol": "Tcp",
            "ports": ["1433", "1434"],
            "portsOf": {},
            "peer": {"kind": "tag", "name": "Sql", "regional": False},
        },
        "appliesTo": ["External"],
        "level": {"level": "optional", "premium": "required", "multiLocation": None, "delegation": None},
        "defaultRulesSuffice": True,
    }
