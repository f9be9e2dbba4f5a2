"""Only policies that count are found in a policy document, and nothing else of it stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_audit.decode.policies import PolicyElement, caching_types_in, elements_in, limits_in, reduced


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("", []),
        ("<policies><inbound><base /></inbound></policies>", []),
        ("<rate-limit calls='1' renewal-period='1' />", [PolicyElement("rate-limit")]),
        ("<rate-limit>", [PolicyElement("rate-limit")]),
        ("<rate-limit/>", [PolicyElement("rate-limit")]),
        ("<rate-limit\n\tcalls='1'/>", [PolicyElement("rate-limit")]),
        (
            "<rate-limit-by-key/><rate-limit/><rate-limit/>",
            [PolicyElement("rate-limit"), PolicyElement("rate-limit-by-key")],
        ),
        ("<rate-limits/><my-quota/><Quota/>", []),
        ("<!-- <quota/> --><quota-by-key />", [PolicyElement("quota-by-key")]),
        ("<!-- <quota/> <!-- --> <quota/>", [PolicyElement("quota")]),
        ("<cache-lookup vary-by-developer='false'/>", [PolicyElement("cache-lookup", "prefer-external")]),
        ('<cache-lookup key="@(1>2 && x<y)" caching-type="internal" />', [PolicyElement("cache-lookup", "internal")]),
        ("<cache-lookup key='@(List<int>())' caching-type = 'external'/>", [PolicyElement("cache-lookup", "external")]),
        ('<cache-lookup></cache-lookup caching-type="internal">', [PolicyElement("cache-lookup", "prefer-external")]),
        ('<cache-lookup/> <x caching-type="internal"/>', [PolicyElement("cache-lookup", "prefer-external")]),
        ("<quota-by-key/>text<quota/>", [PolicyElement("quota"), PolicyElement("quota-by-key")]),
        ("<!-- <quota/>", [PolicyElement("quota")]),  # no comment, for it does not end
        ("<cache-store duration='1'/>", []),  # it uses the cache of the cache-lookup before it
        (
            '<include-fragment fragment-id="my_Fragment.1" />',
            [PolicyElement("include-fragment", fragment="my_Fragment.1")],
        ),
        ('<include-fragment fragment-id="a b" />', [PolicyElement("include-fragment")]),
    ],
)
def test_what_counts_is_found(xml: str, expected: list[PolicyElement]) -> None:
    assert list(elements_in(xml)) == expected
    assert elements_in(reduced(xml)) == tuple(expected)


WORDS = [
    "<rate-limit ",
    "<quota",
    "<cache-lookup ",
    "<include-fragment ",
    "<!--",
    "-->",
    "/>",
    ">",
    "<",
    "@(x)",
    "SECRET",
]
WORDS += ['caching-type="internal" ', 'caching-type="SECRET" ', 'fragment-id="f" ', "fragment-id='SECRET!' ", " "]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3)))
def test_reducing_keeps_what_counts_and_nothing_else(words: list[str]) -> None:
    xml = "".join(words)
    assert elements_in(reduced(xml)) == elements_in(xml)
    assert "SECRET" not in reduced(xml)
    assert limits_in(elements_in(xml)) == limits_in(elements_in(reduced(xml)))
    assert caching_types_in(elements_in(xml)) <= {"internal", "external", "prefer-external"}
