import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from apim_audit.core.facts.text import printable
from apim_audit.report.markdown_text import code, inline

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
TEXTS = st.text(st.sampled_from("`|\\*_~<>&[]()!#@:/.w1a -+=\"'\u202e\n{}"), max_size=20)


def in_a_cell(written: str) -> tuple[str, str]:
    """The HTML and the text of a cell, of which there must be two."""
    shown = MARKDOWN.render(f"| a | b |\n|---|---|\n| {written} | end |\n")
    first, second = re.findall(r"<td>(.*?)</td>", shown)
    assert second == "end"
    return first, unescape(re.sub(r"</?code>", "", first))


@given(TEXTS)
def test_a_code_span_shows_the_text_and_nothing_else(text: str) -> None:
    html, shown = in_a_cell(code(text))
    assert re.sub(r"</?code>", "", html).count("<") == 0
    assert shown.strip(" ") == printable(text).replace("\\|", "\\x5c|").strip(" ")


@given(TEXTS)
def test_inline_text_has_no_mark_up_but_code(text: str) -> None:
    html, shown = in_a_cell(inline(text))
    assert set(re.findall(r"<(/?\w+)", html)) <= {"code", "/code"}
    outside = unescape(re.sub(r"<code>.*?</code>", "", html))
    assert not set(outside) & set('`|*_~<>&[]!#@"{}\\')
    assert "www." not in outside
    words = "".join(printable(text).replace("\\|", "\\x5c|").replace("`", "").split())
    assert "".join(shown.replace("`", "").split()) == words


def test_plain_words_and_names_stay_readable() -> None:
    told = "`DenyEverything` (200) drops TCP 3443 from ApiManagement, such as 1.2.3.4:1024 to 10.0.1.4:3443"
    assert inline(told) == told
    assert inline("is the platform stv1 or stv2?") == "is the platform stv1 or stv2?"
