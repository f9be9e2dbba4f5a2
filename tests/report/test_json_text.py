import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.facts.rules import Direction
from apim_audit.report.json_text import to_text, written

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_the_text_is_the_standard_librarys(value: object) -> None:
    assert to_text(value) == json.dumps(value, indent=2).replace("##", "#\\u0023") + "\n"  # type: ignore[arg-type]


def test_no_text_is_a_command_to_a_build_log() -> None:
    text = "##vso[task.setvariable variable=x]y ##[error] ###"
    assert "##" not in to_text([text])
    assert json.loads(to_text([text])) == [text]


def test_a_named_value_is_written_as_its_text() -> None:
    assert to_text([Direction.INBOUND]) == '[\n  "Inbound"\n]\n'


def test_lone_surrogates_and_control_characters_stay_ascii() -> None:
    assert to_text("\ud800\x1b\x7f\u202e").isascii()


@given(VALUES)
def test_a_value_that_is_written_ahead_looks_the_same(value: Any) -> None:
    assert to_text({"a": [written(value, 2)]}) == to_text({"a": [value]})
