from hypothesis import given
from hypothesis import strategies as st

from apim_audit.report.display import clip, columns, wrap


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert columns("日本") == 4
    assert columns("e\u0301") == 1


@given(st.text(), st.integers(min_value=2, max_value=30))
def test_a_clipped_text_fits(text: str, width: int) -> None:
    assert columns(clip(text, width)) <= width


def test_a_text_is_clipped_with_an_ellipsis() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert clip("日本語日本語", 6) == "日本…"


WORDS = st.lists(st.text(st.characters(categories=("L", "N", "P", "M")), min_size=1)).map(" ".join)


@given(WORDS, st.integers(min_value=8, max_value=40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = list(wrap(text, width, "  ", "    "))
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_the_first_line_may_begin_otherwise_than_the_rest() -> None:
    assert list(wrap("one two three", 9, "- ", "  ")) == ["- one two", "  three"]


def test_nothing_wraps_to_nothing() -> None:
    assert list(wrap("", 20)) == []
