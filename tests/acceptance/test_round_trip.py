"""What was read is kept: a snapshot that is written and read back is judged to the same bytes."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from apim_audit import run
from apim_audit.catalogue import load_catalogue
from apim_audit.cli import main
from apim_audit.demo import demo_snapshot
from apim_audit.report import RENDERERS
from apim_audit.run.reading import trimmed
from apim_audit.snapshot import Snapshot, load_files, load_service_tags, save

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.rglob("estate.json"))
TAKEN_AT = "2026-11-22T06:31:00Z"
BASELINES = [baseline.id for baseline in load_catalogue().baselines]


@pytest.fixture(scope="module")
def collected() -> Snapshot:
    """What the collector reads from the demo's endpoint."""
    return demo_snapshot(TAKEN_AT)


def reports(snapshot: Snapshot) -> list[str]:
    # Some formats name the file in which to look, and that of the snapshot is another.
    snapshot = replace(snapshot, documents=tuple(replace(each, origin=None) for each in snapshot.documents))
    judged = [run.audit(snapshot, baseline) for baseline in BASELINES]
    return [render(report) for render in RENDERERS.values() for report in judged]


def written_and_read(snapshot: Snapshot, path: Path) -> Snapshot:
    save(snapshot, str(path))
    return load_files([str(path)], BytesIO())


def test_what_was_collected_is_judged_to_the_same_bytes_after_a_round_trip(collected: Snapshot, tmp_path: Path) -> None:
    again = written_and_read(collected, tmp_path / "snapshot.json")
    assert again == collected
    assert reports(again) == reports(collected)


def test_a_snapshot_that_is_read_and_written_again_is_the_same_file(collected: Snapshot, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    save(written_and_read(collected, first), str(second))
    assert first.read_bytes() == second.read_bytes()


def test_the_service_tags_that_a_snapshot_keeps_are_enough(collected: Snapshot) -> None:
    kept = trimmed(collected)
    assert kept.service_tags is not None
    assert collected.service_tags is not None
    assert kept.service_tags.prefixes.keys() <= collected.service_tags.prefixes.keys()
    assert reports(kept) == reports(collected)


def test_the_command_line_judges_a_snapshot_to_the_same_bytes_every_time(
    collected: Snapshot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "snapshot.json"
    save(collected, str(path))
    direct = RENDERERS["json"](run.audit(collected))
    for _ in range(2):
        assert main(["check", str(path), "-f", "json", "-q"]) == 3
        assert capsys.readouterr().out == direct
    assert json.loads(direct)["takenAt"] == TAKEN_AT


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_is_judged_to_the_same_bytes_after_a_round_trip(case: Path, tmp_path: Path) -> None:
    files = [str(path) for path in sorted(case.glob("*.json")) if path.stem not in {"args", "expected", "known"}]
    snapshot = load_files(files, BytesIO())
    if snapshot.service_tags is None:
        tags = load_service_tags(str(FIXTURES / "service-tags.json"))
        snapshot = Snapshot(snapshot.documents, snapshot.incomplete, service_tags=tags)
    assert reports(written_and_read(snapshot, tmp_path / "snapshot.json")) == reports(snapshot)
