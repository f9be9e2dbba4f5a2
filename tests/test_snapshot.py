import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.facts.reports import Incomplete, Scope
from apim_audit.errors import NoAuditError
from apim_audit.snapshot import (
    NotWrittenError,
    ServiceTagDocument,
    Snapshot,
    SourcedDocument,
    load_files,
    load_service_tags,
    named_services,
    save,
    trim_service_tags,
    write_atomically,
)
from apim_audit.snapshot.stored import from_json, to_text

A = {"id": "/a", "type": "T"}
B = {"id": "/b", "type": "T"}
REAL_TAGS = Path(__file__).parents[1] / ".." / "shared" / "data" / "servicetags"


def read(content: "bytes | str | dict[str, Any] | list[Any]") -> Snapshot:
    raw = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else dump(content)
    return load_files(["-"], io.BytesIO(raw))


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def bodies(snapshot: Snapshot) -> list[Any]:
    return [document.body for document in snapshot.documents]


def problems(content: "bytes | str | dict[str, Any] | list[Any]") -> list[str]:
    with pytest.raises(NoAuditError) as caught:
        read(content)
    head, *rest = str(caught.value).split("\n  ")
    assert head == "the input cannot be read:"
    return [line.removeprefix("standard input: ") for line in rest]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (dump(A), [A]),
        (dump([A, B]), [A, B]),
        (dump({"value": [A, B]}), [A, B]),
        (dump({"value": []}), []),
        (dump([]), []),
        (dump({"totalRecords": 1, "count": 1, "data": [A], "facets": [], "resultTruncated": "false"}), [A]),
        (dump(A) + b"\n" + dump(B) + b"\n", [A, B]),
        (dump(A) + b"\r\n\r\n" + dump(B), [A, B]),
        (dump(A) + dump(B), [A, B]),
        (json.dumps(A, indent=2).encode() + b"\n" + json.dumps(B, indent=2).encode(), [A, B]),
        (dump({"value": [A]}) + b"\n" + dump({"value": [B]}), [A, B]),
        (b"\xef\xbb\xbf" + dump(A), [A]),
        ("\ufeff" + json.dumps(A), [A]),
        (json.dumps(A).encode("utf-16"), [A]),
        (b"\xfe\xff" + json.dumps(A).encode("utf-16-be"), [A]),
        (json.dumps(A).encode("utf-32"), [A]),
        (dump({"type": "T", "value": [1]}), [{"type": "T", "value": [1]}]),
        ('{"id": "caf\u00e9\u2028"}', [{"id": "caf\u00e9\u2028"}]),
    ],
)
def test_every_shape_is_read(content: "bytes | str", expected: list[Any]) -> None:
    snapshot = read(content)
    assert bodies(snapshot) == expected
    assert snapshot.incomplete == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        ('{"id": "a"', "line 1, column 11: the text ends in the middle of a JSON value; is it truncated?"),
        ('[{"id": "a"},\n{"id": "b', "line 2, column 8: the text ends in the middle of a JSON value; is it truncated?"),
        ("<html>", "line 1, column 1: is not JSON (Expecting value)"),
        ("a: yaml", "line 1, column 1: is not JSON (Expecting value)"),
        (b'{"id": "\xff"}', "is not UTF-8 text (byte 8)"),
        (b"\xff\xfe{\x00}", "is not UTF-16 text (byte 4)"),
        ("null", "holds null, not a resource"),
        ("3", "holds a number, not a resource"),
        ('"x"', "holds a text, not a resource"),
        ("{}", "holds an object that is no resource: it has neither id nor type"),
        ('{"value": {}}', "holds an object that is no resource: it has neither id nor type"),
        ('{"error": {"code": "Forbidden"}}', "holds an error answer of Azure (Forbidden), not a resource"),
        ('{"values": []}', "holds service tags, not resources; give that file with --service-tags"),
        (
            '{"data": {"columns": [], "rows": []}}',
            'holds a Resource Graph answer in table form; ask for it with "resultFormat": "objectArray"',
        ),
        ("[" * 100_000, "line 1: is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(content: "bytes | str", problem: str) -> None:
    assert problems(content) == [problem]


def test_every_bad_line_is_told() -> None:
    assert problems('{"id": "a"}\n{"id": }\n{"id": "c"}\n{"id":\n{"id": "e"}\n') == [
        "line 2, column 8: is not JSON (Expecting value)",
        "line 4 (as seen on line 6): the text ends in the middle of a JSON value; is it truncated?",
    ]


def test_after_ten_bad_lines_the_rest_is_not_read() -> None:
    assert len(problems('{"id": }\n' * 1000)) == 10


def test_a_word_after_a_line_is_told_and_the_next_line_read() -> None:
    assert problems('{"id": "a"} x\n{"id": "b"}\ny\n{"id": "c"') == [
        "line 1, column 13: is not JSON (Expecting value)",
        "line 3, column 1: is not JSON (Expecting value)",
        "line 4, column 11: the text ends in the middle of a JSON value; is it truncated?",
    ]


def test_every_bad_file_is_told(tmp_path: Path) -> None:
    good, empty = tmp_path / "good.json", tmp_path / "empty.json"
    good.write_bytes(dump(A))
    empty.write_bytes(b"")
    with pytest.raises(NoAuditError) as caught:
        load_files([str(good), str(empty), str(tmp_path / "none.json"), str(tmp_path)], io.BytesIO())
    assert str(caught.value).split("\n  ")[1:] == [
        f"{empty}: is empty",
        f"{tmp_path / 'none.json'}: No such file or directory",
        f"{tmp_path}: Is a directory",
    ]
    assert "list answer" in caught.value.hint


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(NoAuditError, match="null byte"):
        load_files(["a\0b"], io.BytesIO())


def test_an_element_that_is_no_resource_costs_nothing_else() -> None:
    snapshot = read({"value": [A, 3, None, B]})
    assert bodies(snapshot) == [A, B]
    assert [(each.id, each.reason, each.needed) for each in snapshot.incomplete] == [
        ("standard input", "invalid", True),
        ("standard input", "invalid", True),
    ]
    assert snapshot.incomplete[0].message.startswith("standard input, value[1] is a number, not a resource")


def test_a_document_names_its_file_and_its_place_where_it_has_no_id(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(dump([A, {"type": "T"}]))
    sources = [document.source for document in load_files([str(file)], io.BytesIO()).documents]
    assert sources == [str(file), f"{file}[1]"]


def test_a_document_of_many_names_its_line() -> None:
    sources = [document.source for document in read(dump(A) + b"\n\n" + dump(B)).documents]
    assert sources == ["standard input", "standard input, line 3"]


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"value": [A], "nextLink": "https://x"}, "nextLink"),
        ({"data": [A], "$skipToken": "x"}, "$skipToken"),
        ({"data": [A], "skip_token": "x"}, "skip_token"),
        ({"data": [A], "resultTruncated": "true"}, "resultTruncated"),
    ],
)
def test_a_list_that_goes_on_elsewhere_is_incomplete(answer: dict[str, Any], field: str) -> None:
    snapshot = read(answer)
    assert bodies(snapshot) == [A]
    [incomplete] = snapshot.incomplete
    assert incomplete.reason == "truncated"
    assert f"({field} is set)" in incomplete.message


def test_a_list_whose_next_page_is_given_is_complete() -> None:
    first, last = {"value": [A], "nextLink": "https://x"}, {"value": [B]}
    other = {"value": [{"id": "/c", "type": "Another"}]}
    assert read(dump(first) + dump(last)).incomplete == ()
    assert len(read(dump(first) + dump(other)).incomplete) == 1
    assert read(dump(last) + dump(first)).incomplete == ()


def test_numbers_beyond_reason_stay_as_text() -> None:
    digits = "9" * 5000
    [body] = bodies(read(f'{{"id": "a", "n": {digits}, "x": NaN, "y": 1e999, "z": -Infinity, "ok": 1.5}}'))
    assert body == {"id": "a", "n": digits, "x": "NaN", "y": "1e999", "z": "-Infinity", "ok": 1.5}


def test_of_a_key_given_twice_the_last_counts() -> None:
    assert bodies(read('{"id": "a", "id": "b"}')) == [{"id": "b"}]


TAGS = ServiceTagDocument("file", "Public", "375", {"Sql": ["1.2.3.0/24"], "Sql.WestEurope": ["1.2.3.0/25"]})
SNAPSHOT = Snapshot(
    documents=(SourcedDocument("live", {"z": 1, "id": "/a", "a": [None, True, 1.5, "caf\u00e9 \ud800 \x1b"]}),),
    incomplete=(Incomplete("/b", "forbidden", "grant it", needed=False),),
    taken_at="2026-11-22T06:31:00Z",
    scope=Scope(("s1", "s2"), "rg", ("n",)),
    cloud="AzureCloud",
    service_tags=TAGS,
)


@pytest.mark.parametrize("snapshot", [SNAPSHOT, Snapshot(()), replace(SNAPSHOT, documents=SNAPSHOT.documents * 3)])
def test_a_snapshot_that_is_saved_is_read_back_the_same(snapshot: Snapshot, tmp_path: Path) -> None:
    path = str(tmp_path / "s.json")
    save(snapshot, path)
    assert load_files([path], io.BytesIO()) == snapshot


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), JSON), max_size=3))
def test_documents_survive_whatever_they_hold(documents: list[dict[str, Any]]) -> None:
    snapshot = Snapshot(tuple(SourcedDocument("live", body) for body in documents))
    assert from_json(json.loads(to_text(snapshot))) == snapshot


def test_the_stored_form_is_the_same_whatever_the_order_of_keys() -> None:
    one = Snapshot((SourcedDocument("live", {"a": 1, "b": {"c": 1, "d": 2}}),))
    two = Snapshot((SourcedDocument("live", {"b": {"d": 2, "c": 1}, "a": 1}),))
    assert to_text(one) == to_text(two)
    assert json.loads(to_text(one))["format"] == "apim-audit-snapshot"


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(NoAuditError, match="cannot be written"):
        to_text(Snapshot((SourcedDocument("live", {"n": float("nan")}),)))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"formatVersion": 2}, "is a snapshot of format version 2, and this program reads 1; update it"),
        ({"formatVersion": None}, "is a damaged snapshot: formatVersion is null, not a number"),
        ({"formatVersion": "1"}, "is a damaged snapshot: formatVersion is a text, not a number"),
        ({"formatVersion": True}, "is a damaged snapshot: formatVersion is a truth value, not a number"),
        ({"format": 1}, "looks like a snapshot, but its format is '1', not 'apim-audit-snapshot'"),
        ({"format": "other"}, "looks like a snapshot, but its format is 'other', not 'apim-audit-snapshot'"),
        (
            {"takenAt": "yesterday"},
            "is a damaged snapshot: takenAt 'yesterday' is not a time such as 2026-11-22T06:31:00Z",
        ),
        (
            {"takenAt": "2026-13-22T06:31:00Z"},
            "is a damaged snapshot: takenAt '2026-13-22T06:31:00Z' is not a time such as 2026-11-22T06:31:00Z",
        ),
        (
            {"takenAt": "2026-11-22"},
            "is a damaged snapshot: takenAt '2026-11-22' is not a time such as 2026-11-22T06:31:00Z",
        ),
        ({"documents": {}}, "is a damaged snapshot: documents is an object, not an array"),
        ({"documents": [{"source": "live"}]}, "is a damaged snapshot: body is missing"),
        ({"incomplete": [{"id": 1}]}, "is a damaged snapshot: id is a number, not a text"),
        ({"takenAt": 3}, "is a damaged snapshot: takenAt is a number, not a text"),
        (
            {"scope": {"subscriptions": [1], "names": []}},
            "is a damaged snapshot: subscriptions[] is a number, not a text",
        ),
        ({"serviceTags": {"prefixes": {"Sql": [1]}}}, "is a damaged snapshot: Sql[] is a number, not a text"),
    ],
)
def test_a_snapshot_that_is_damaged_or_newer_is_refused(change: dict[str, Any], problem: str) -> None:
    assert problems({**json.loads(to_text(SNAPSHOT)), **change}) == [problem]


def stored(snapshot: Snapshot) -> bytes:
    return to_text(snapshot).encode()


def test_documents_beside_a_snapshot_leave_the_time_open() -> None:
    joined = read(stored(SNAPSHOT) + dump(A))
    assert joined.taken_at is None
    assert bodies(joined) == [*bodies(SNAPSHOT), A]
    assert joined.service_tags == TAGS


def test_several_snapshots_are_one_estate_as_old_as_the_oldest() -> None:
    newer = replace(
        SNAPSHOT,
        taken_at="2026-11-23T00:00:00Z",
        scope=Scope(("s2", "s3"), "rg", ()),
        service_tags=ServiceTagDocument("live", "Public", "1376", {"Sql": ["9.9.9.0/24"]}),
    )
    joined = read(stored(newer) + stored(SNAPSHOT))
    assert joined.taken_at == SNAPSHOT.taken_at
    assert joined.scope == Scope(("s2", "s3", "s1"), "rg", ())
    assert joined.incomplete == SNAPSHOT.incomplete * 2
    assert joined.service_tags == ServiceTagDocument(
        "live", "Public", "1376", {"Sql": ["9.9.9.0/24"], "Sql.WestEurope": ["1.2.3.0/25"]}
    )


def test_snapshots_of_different_clouds_are_no_estate() -> None:
    with pytest.raises(NoAuditError, match="different clouds: AzureChinaCloud, AzureCloud"):
        read(stored(SNAPSHOT) + stored(replace(SNAPSHOT, cloud="AzureChinaCloud")))


def tag_file(tmp_path: Path, content: object) -> str:
    path = tmp_path / "tags.json"
    path.write_bytes(content if isinstance(content, bytes) else dump(content))
    return str(path)


def tag(name: str, *prefixes: object) -> dict[str, Any]:
    return {"name": name, "id": name, "properties": {"addressPrefixes": list(prefixes)}}


def test_the_weekly_file_and_the_rest_answer_are_read(tmp_path: Path) -> None:
    weekly = {"changeNumber": 375, "cloud": "Public", "values": [tag("Sql", "1.2.3.0/24", "::/8")]}
    rest = {"name": "Public", "id": "/x", "type": "T", "changeNumber": "9", "cloud": "Public", "values": [tag("Sql")]}
    assert load_service_tags(tag_file(tmp_path, weekly)) == ServiceTagDocument(
        "file", "Public", "375", {"Sql": ["1.2.3.0/24", "::/8"]}
    )
    assert load_service_tags(tag_file(tmp_path, rest)) == ServiceTagDocument("file", "Public", "9", {"Sql": []})


def test_a_tag_that_is_there_twice_must_say_the_same(tmp_path: Path) -> None:
    values = [
        tag("Sql", "1.0.0.0/8"),
        tag("A", "1.0.0.0/8", "2.0.0.0/8"),
        tag("SQL", "2.0.0.0/8"),
        tag("A", "2.0.0.0/8", "1.0.0.0/8"),
    ]
    found = load_service_tags(tag_file(tmp_path, {"values": values}))
    assert found.prefixes == {"A": ["1.0.0.0/8", "2.0.0.0/8"]}
    assert found.contradictory == ("Sql",)


def test_an_answer_that_goes_on_is_not_whole(tmp_path: Path) -> None:
    first, last = {"values": [tag("A")], "nextLink": "https://x"}, {"values": [tag("B")]}
    assert not load_service_tags(tag_file(tmp_path, first)).whole
    assert not load_service_tags(tag_file(tmp_path, [first, {**last, "nextLink": "https://y"}])).whole
    assert load_service_tags(tag_file(tmp_path, [first, last])).whole


def test_what_is_wrong_with_service_tags_is_kept_in_a_snapshot() -> None:
    doubtful = replace(TAGS, contradictory=("A", "Storage.X"), whole=False)
    assert read(stored(replace(SNAPSHOT, service_tags=doubtful))).service_tags == doubtful
    assert trim_service_tags(doubtful, ["Sql", "Storage"]) == replace(doubtful, contradictory=("Storage.X",))
    newer = ServiceTagDocument("live", "Public", "1376", {"A": []}, ("Sql",))
    joined = read(stored(replace(SNAPSHOT, service_tags=newer)) + stored(replace(SNAPSHOT, service_tags=doubtful)))
    assert joined.service_tags == ServiceTagDocument(
        "live", "Public", "1376", {"A": [], "Sql.WestEurope": ["1.2.3.0/25"]}, ("Sql", "Storage.X"), whole=False
    )


def test_pages_of_a_rest_answer_are_joined(tmp_path: Path) -> None:
    pages = [{"cloud": "Public", "changeNumber": "9", "values": [tag(name, "1.0.0.0/8")]} for name in ("A", "B")]
    assert load_service_tags(tag_file(tmp_path, pages)).prefixes == {"A": ["1.0.0.0/8"], "B": ["1.0.0.0/8"]}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        ({}, "has no field values"),
        ([], "holds an array, not service tags"),
        ([1], "holds a number, not service tags"),
        ([A, B], "holds resources, not service tags: it has no field values"),
        ([{}, {}], "has no field values"),
        ({"values": {}}, "values is an object, not an array"),
        ({"values": [1]}, "values[0] is a number, not a service tag"),
        ({"values": [{**tag("x"), "name": 1}]}, "values[0].name is a number, not a text"),
        ({"values": [{"name": "Sql"}]}, "values[0].properties.addressPrefixes is null, not an array (Sql)"),
        (
            {"values": [tag("Sql", 1)]},
            "values[0].properties.addressPrefixes holds something that is not a text (Sql)",
        ),
    ],
)
def test_bad_service_tags_are_told(tmp_path: Path, content: object, problem: str) -> None:
    path = tag_file(tmp_path, content)
    with pytest.raises(NoAuditError) as caught:
        load_service_tags(path)
    assert str(caught.value) == f"the service tags cannot be read:\n  {path}: {problem}"


def test_a_tag_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoAuditError, match="No such file"):
        load_service_tags(str(tmp_path / "none"))


def test_only_the_tags_of_named_services_are_kept() -> None:
    full = ServiceTagDocument(
        "live", "Public", "1", {name: [] for name in ("Sql", "Sql.A", "sqlmanagement", "Storage")}
    )
    named = named_services([{"rules": [{"to": " SQL.westeurope "}, {"to": ["nothing", 3, None]}]}])
    kept = trim_service_tags(full, named | {"Other"})
    assert list(kept.prefixes) == ["Sql", "Sql.A"]
    assert (kept.source, kept.cloud, kept.change_number) == ("live", "Public", "1")


def test_the_real_tag_files_are_read() -> None:
    files = sorted(REAL_TAGS.glob("*.json"))
    if not files:
        pytest.skip("the folder shared/data/servicetags is not beside the checkout")
    clouds = {load_service_tags(str(file)).cloud for file in files}
    assert clouds == {"Public", "AzureGovernment", "China"}


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(str(path), "new \u20ac \ud800")
    assert path.read_text(encoding="utf-8") == "new \u20ac \\ud800"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(str(link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such devices")
def test_a_device_is_written_to_and_not_replaced() -> None:
    write_atomically(os.devnull, "x")
    assert Path(os.devnull).is_char_device()


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(NotWrittenError, match="could not be written: No such file or directory"):
        write_atomically(str(tmp_path / "none" / "x"), "x")
    with pytest.raises(NotWrittenError, match="could not be written: Is a directory"):
        write_atomically(str(folder), "x")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_a_snapshot_that_cannot_be_kept_stops_the_audit(tmp_path: Path) -> None:
    with pytest.raises(NoAuditError, match="could not be written: Is a directory") as caught:
        save(Snapshot(()), str(tmp_path))
    assert caught.value.hint
