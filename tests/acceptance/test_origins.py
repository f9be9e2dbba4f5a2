"""Where a report says that an NSG is written down: the file that was given, with its line where that is known."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from apim_audit.cli import main
from apim_audit.core.facts.findings import Origin
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.endpoint import serve
from apim_audit.demo.showing import isolated
from apim_audit.demo.tags import service_tag_answer
from apim_audit.report.sarif import NO_FILE
from apim_audit.run import check

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "contoso.json"
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"


def documents() -> list[Any]:
    return list(json.loads(TUTORIAL.read_text(encoding="utf-8")))


def of_type(kind: str) -> list[Any]:
    return [each for each in documents() if each["type"].lower().endswith(kind)]


def others(kind: str) -> list[Any]:
    return [each for each in documents() if not each["type"].lower().endswith(kind)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, body: object) -> str:
    Path(name).write_text(json.dumps(body), encoding="utf-8")
    return name


def origin_of(*files: str) -> Origin | None:
    [location] = check(files, BytesIO(TUTORIAL.read_bytes())).locations()
    return location.origin


def test_it_is_the_file_of_the_nsg() -> None:
    nsg = "/networksecuritygroups"
    assert origin_of(written("nsg.json", of_type(nsg)), written("rest.json", others(nsg))) == Origin("nsg.json")


def test_a_document_a_line_has_its_line() -> None:
    Path("all.ndjson").write_text("\n".join(map(json.dumps, documents())), encoding="utf-8")
    place = next(i for i, each in enumerate(documents(), 1) if each["type"].lower().endswith("/networksecuritygroups"))
    assert origin_of("all.ndjson") == Origin("all.ndjson", place)
    assert place > 1


def test_without_an_nsg_it_is_the_file_of_the_instance() -> None:
    bare = documents()
    for document in bare:
        for subnet in document["properties"].get("subnets", []):
            subnet["properties"].pop("networkSecurityGroup", None)
    service = [each for each in bare if each["type"].lower().endswith("/service")]
    rest = [each for each in bare if each not in service]
    assert origin_of(written("rest.json", rest), written("service.json", service)) == Origin("service.json")


def test_an_nsg_that_is_missing_leaves_the_file_of_the_instance() -> None:
    assert origin_of(written("rest.json", others("/networksecuritygroups"))) == Origin("rest.json")


def test_standard_input_is_no_file() -> None:
    assert origin_of("-") is None


def uris_of(path: str) -> set[str]:
    [run] = json.loads(Path(path).read_text(encoding="utf-8"))["runs"]
    places = [
        place["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"] for place in each["locations"]
    ]
    return set(places)


def audited_live(*options: str) -> None:
    served = ServedEstate(tuple(documents()), service_tag_answer(SUBSCRIPTION))
    with serve(served) as endpoint, isolated(endpoint.environment()):
        main(["subscription", SUBSCRIPTION, "--arm-endpoint", endpoint.url, "-q", "-f", "sarif", *options])


def test_a_live_run_names_the_snapshot_that_it_keeps_and_so_does_a_check_of_that() -> None:
    audited_live("-o", "live.sarif", "--save-snapshot", "kept.json")
    main(["check", "kept.json", "-q", "-f", "sarif", "-o", "later.sarif"])
    assert uris_of("live.sarif") == uris_of("later.sarif") == {"kept.json"}
    assert Path("live.sarif").read_bytes() == Path("later.sarif").read_bytes()


def test_a_live_run_that_keeps_nothing_names_a_file_of_a_fixed_name() -> None:
    audited_live("-o", "live.sarif")
    assert uris_of("live.sarif") == {NO_FILE}


def test_every_row_of_the_baseline_is_a_rule_and_so_is_every_row_that_was_judged() -> None:
    report = check([str(TUTORIAL)], BytesIO(TUTORIAL.read_bytes()))
    ids = [row.id for row in report.requirements]
    assert ids[:8] == [
        "nsg-attached",
        "client-https",
        "client-http",
        "management",
        "load-balancer",
        "storage",
        "sql",
        "key-vault",
    ]
    assert {each.id for each in report.checks()} <= set(ids)
    assert len(set(ids)) == len(ids)
