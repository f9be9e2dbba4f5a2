from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_audit.core.accepting.resource_patterns import resource_pattern, segments_of

CONTOSO = "/subscriptions/S1/resourceGroups/rg-dev/providers/Microsoft.ApiManagement/service/Contoso"


@pytest.mark.parametrize(
    "pattern",
    [
        CONTOSO,
        CONTOSO.upper(),
        f" {CONTOSO}/ ",
        "**",
        "/**",
        "**/service/contoso",
        "**/service/con*",
        "**/service/*t*o*",
        "**/service/c?ntoso",
        "/subscriptions/s1/**",
        "/subscriptions/s1/resourcegroups/rg-*/**",
        "/subscriptions/*/resourceGroups/*/providers/*/*/*",
        "**/resourceGroups/rg-dev/**/contoso",
        "**/rg-dev/**",
        f"{CONTOSO}/**",
        "/subscriptions/**/providers/**/service/**",
    ],
)
def test_a_pattern_that_matches(pattern: str) -> None:
    assert resource_pattern(pattern).matches(segments_of(CONTOSO))
    assert resource_pattern(pattern).matches(segments_of(f"{CONTOSO.lower()}/"))


@pytest.mark.parametrize(
    "pattern",
    [
        "**/service/contos",
        "**/service/ontoso",
        "**/service/c*d*o",
        "**/service/contoso?",
        "/subscriptions/*",
        "/subscriptions/*/contoso",
        "/subscriptions/s1*",
        "**/rg-dev",
        "/resourceGroups/**",
        "**/resourceGroups/rg-dev/**/rg-dev/**/contoso",
        "**/[s]ervice/contoso",
        "**/service/con.oso",
        f"{CONTOSO}/*",
        "/**/subscriptions/x/**",
    ],
)
def test_a_pattern_that_does_not_match(pattern: str) -> None:
    assert not resource_pattern(pattern).matches(segments_of(CONTOSO))


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("", "begins with /"), ("*/contoso", "begins with /"), ("contoso", "begins with /"), ("/a**/b", "whole segments")],
)
def test_a_pattern_that_nothing_can_match_is_an_error(pattern: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        resource_pattern(pattern)


def test_no_pattern_takes_long() -> None:
    started = process_time()
    assert not resource_pattern("/" + "*a" * 200 + "b").matches(segments_of("/" + "a" * 5000))
    assert not resource_pattern("**/a/" * 200 + "b").matches(segments_of("/a" * 5000))
    assert process_time() - started < 5  # exponential ones would not end at all


SEGMENTS = st.lists(st.sampled_from(["a", "ab", "b", "ba"]), max_size=5)
PATTERNS = st.lists(st.sampled_from(["a", "ab", "b", "*", "a*", "*b", "?", "**"]), max_size=5)


def _simply(pattern: list[str], segments: list[str]) -> bool:
    """Matches by trying everything."""
    if not pattern:
        return not segments
    first, *rest = pattern
    if first == "**":
        return any(_simply(rest, segments[count:]) for count in range(len(segments) + 1))
    return bool(segments) and _one(first, segments[0]) and _simply(rest, segments[1:])


def _one(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_one(pattern[1:], text[count:]) for count in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and _one(pattern[1:], text[1:])


@given(PATTERNS, SEGMENTS)
def test_a_pattern_matches_what_a_plain_search_finds(pattern: list[str], segments: list[str]) -> None:
    found = resource_pattern("/" + "/".join(["x", *pattern])).matches(("", "x", *segments))
    assert found == _simply(pattern, segments)
