import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.facts.text import harmless_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain and ünïcode", "plain and ünïcode"),
        ("red\x1b[31m", "red\\x1b[31m"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("line\nfeed\r", "line\\x0afeed\\x0d"),
        ("right \u202e to left \u2066", "right \\u202e to left \\u2066"),
        ("mark \u200f and zero\u200bwidth", "mark \\u200f and zero\\u200bwidth"),
        ("separator \u2028", "separator \\u2028"),
        ("lone \ud800", "lone \\ud800"),
        ("tag \U000e0041", "tag \\U000e0041"),
    ],
)
def test_what_a_terminal_might_obey_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x ##vso[task.complete]", "x #\\x23vso[task.complete]"),
        ("##VSO[x]", "#\\x23VSO[x]"),
        ("###[error]", "##\\x23[error]"),
        ("## heading #[x] vso[", "## heading #[x] vso["),
        ("hidden \u034f and \ufe0f", "hidden \\u034f and \\ufe0f"),
    ],
)
def test_what_a_build_log_might_obey_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [("::error::x", "\\x3a:error::x"), ("   ::x", "   \\x3a:x"), ("from ::/0", "from ::/0"), (":x", ":x"), ("", "")],
)
def test_a_line_does_not_begin_with_a_workflow_command(line: str, shown: str) -> None:
    assert harmless_line(line) == shown
