"""JSON with lines."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_audit.plan.located_json import LocatedObject, NotJsonError, origin_of, parse_located

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False)
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_it_reads_what_the_standard_library_writes(value: Any, indent: int | None, ascii_only: bool) -> None:  # noqa: FBT001
    assert parse_located("f", json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == value


def test_each_object_knows_its_line() -> None:
    found = parse_located("f.json", '{\n "a": [\n  {"b": 1},\r\n\n  {"c": {}}\n ]\n}')
    assert isinstance(found, LocatedObject)
    lines = [origin_of(found), *(origin_of(each) for each in found["a"])]  # type: ignore[attr-defined]
    assert [line and (line.file, line.line) for line in lines] == [("f.json", 1), ("f.json", 3), ("f.json", 5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('// first\n{"a": /* in */ 1} // last', {"a": 1}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ("{'a': 'it\\'s \"so\"'}", {"a": 'it\'s "so"'}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("\ufeff[1e2, -0.5]", [100.0, -0.5]),
        ("[1e999]", ["1e999"]),
    ],
)
def test_what_azure_takes_is_read(text: str, expected: object) -> None:
    assert parse_located("f", text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: ends too early"), ("{\n", "line 2: is not JSON"), ('{"a" 1}', "a colon"),
        ("[1 2]", "a comma"), ("[1]\n]", "line 2: goes on after its end"),
        ("[tru]", "line 1: is not JSON"), ('"abc', "is not JSON"),
        ("{5: 1}", "a name"),
        ("[" * 500, "nested too deeply"), ('"\\x"', "escape"), ("/* no end", "is not JSON"),
        ("[,]", "a value"), ("\0", "is not"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(NotJsonError, match=problem):
        parse_located("f", text)
