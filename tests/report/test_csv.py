import csv
from dataclasses import replace
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.verdicts import Gap, Verdict
from apim_audit.report import RENDERERS
from apim_audit.report.csv_rows import COLUMNS
from tests.report.hostile import HOSTILE, WAIVER
from tests.report.samples import BLOCKED, FULL, instance, location, report

TRIGGERS = "=+-@\t\r＝＋－＠"  # noqa: RUF001  (full-width signs are what is meant)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def test_there_is_a_row_for_each_check_with_every_column() -> None:
    rows = rows_of(RENDERERS["csv"](FULL))
    assert len(rows) == sum(1 for _ in FULL.checks())
    assert all(tuple(row) == COLUMNS for row in rows)
    assert all(None not in row and None not in row.values() for row in rows)


def test_lines_end_as_rfc_4180_has_it() -> None:
    text = RENDERERS["csv"](HOSTILE)
    assert text.count("\r\n") == text.count("\n") == 1 + sum(1 for _ in HOSTILE.checks())


def test_a_row() -> None:
    checked = replace(BLOCKED, waiver=WAIVER, origins=(Origin("main.tf", 3, "nsg.x"),))
    [row] = rows_of(RENDERERS["csv"](report(instance(location(checked)))))
    assert {
        name: row[name] for name in ("instance", "primary", "requirement", "verdict", "ports", "known", "origin")
    } == {
        "instance": "contoso",
        "primary": "true",
        "requirement": "management",
        "verdict": "blocked",
        "ports": "3443",
        "known": "false",
        "origin": "main.tf:3 (nsg.x)",
    }
    assert row["decidedBy"] == "DenyEverything (200, Deny)"
    assert row["witness"] == "TCP 13.64.39.16:1024 to 10.0.1.4:3443"
    assert row["waiverReason"].startswith("'=accepted")


def test_a_witness_says_what_it_assumes() -> None:
    evidence = BLOCKED.evidence
    assert evidence.witness is not None
    witness = replace(evidence.witness, assuming=("the platform is stv2", "`Late` is in force"))
    checked = replace(BLOCKED, outcome=Gap(Verdict.BLOCKED, replace(evidence, witness=witness)))
    [row] = rows_of(RENDERERS["csv"](report(instance(location(checked)))))
    assert row["witness"].endswith("10.0.1.4:3443 if the platform is stv2 and `Late` is in force")


def starts_a_formula(cell: str) -> bool:
    return cell.lstrip(" \t\r\n\"'")[:1] in tuple(TRIGGERS) and not cell.startswith("'")


@given(st.text(st.sampled_from("=+-@＝ \t\r\n\"';|,:ab\u3000\x00"), max_size=8))  # noqa: RUF001
def test_no_cell_is_a_formula_whatever_separates_cells(name: str) -> None:
    found = report(replace(instance(location(replace(BLOCKED, message=name))), name=name))
    text = RENDERERS["csv"](found)
    for delimiter in (",", ";", "\t", "|"):
        cells = [cell for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter) for cell in row]
        assert [cell for cell in cells if starts_a_formula(cell)] == []


def test_no_line_starts_with_a_command() -> None:
    found = report(replace(instance(location(BLOCKED)), id="::error::x"))
    assert RENDERERS["csv"](found).splitlines()[1].startswith("'::error")
