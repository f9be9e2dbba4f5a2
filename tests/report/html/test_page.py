"""The page as text, read back by parsers that are not ours."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from apim_audit.core.facts.reports import Report
from apim_audit.report import RENDERERS
from apim_audit.report.html.page import MOST_STATIC_GAPS
from tests.report.html.samples import HOSTILE, KNOWN, LONG, WAIVED, everything
from tests.report.samples import BLOCKED, FULL, instance, location, report


class Page(HTMLParser):
    """The elements of a page: (tag, attributes, text)."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, list[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        if tag not in {"meta", "link"}:
            self.open.append((tag, self.elements[-1][2]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1][1].append(data)

    def of(self, tag: str, **wanted: str) -> Iterator[tuple[dict[str, str | None], str]]:
        for name, attributes, texts in self.elements:
            if name == tag and wanted.items() <= attributes.items():
                yield attributes, "".join(texts)

    def block(self, name: str) -> str:
        ((_, text),) = self.of("script", id=f"data-{name}")
        return text


def rendered(found: Report) -> str:
    return RENDERERS["html"](found)


@pytest.fixture(scope="module")
def text() -> str:
    return rendered(everything())


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def lines(page: Page, name: str) -> list[Any]:
    return [json.loads(line) for line in page.block(name).split("\n") if line]


def test_the_policy_admits_the_one_script_and_the_one_style_and_nothing_else(page: Page) -> None:
    ((policy, _),) = page.of("meta", **{"http-equiv": "Content-Security-Policy"})
    rules = dict(rule.split(" ", 1) for rule in (policy["content"] or "").split("; "))
    hashes = [b64encode(sha256(code.encode()).digest()).decode() for code in (script_of(page), style_of(page))]
    assert rules == {
        "default-src": "'none'",
        "script-src": f"'sha256-{hashes[0]}'",
        "style-src": f"'sha256-{hashes[1]}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def script_of(page: Page) -> str:
    ((_, code),) = [(named, code) for named, code in page.of("script") if not named]
    return code


def style_of(page: Page) -> str:
    ((_, code),) = page.of("style")
    return code


def test_nothing_comes_from_elsewhere_and_nothing_is_styled_or_run_in_place(page: Page) -> None:
    for tag, attributes, _ in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag not in {"iframe", "object", "embed", "base", "img"}
        for name in ("src", "href"):
            assert re.match(r"#|data:,", attributes.get(name) or "#")
    code = script_of(page)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|fetch\(", code)
    assert "url(" not in style_of(page)
    assert "@import" not in style_of(page)


def test_hostile_names_end_no_block_and_open_no_element(text: str, page: Page) -> None:
    assert len(list(page.of("script"))) == 6  # five blocks of data, one script
    assert not list(page.of("img"))
    for name in ("index", "places", "checks", "rules", "stacks"):
        assert not set(page.block(name)) & set("<>&\u2028\u2029")
    text.encode("utf-8")  # a lone surrogate could not be written
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)


def test_the_data_hold_what_the_json_report_holds(page: Page) -> None:
    found = json.loads(RENDERERS["json"](everything()))
    checks, places = lines(page, "checks"), lines(page, "places")
    index = json.loads(page.block("index"))
    assert [each["name"] for each in index["instances"]] == [each["name"] for each in found["instances"]]
    assert {*HOSTILE, LONG} <= {each["name"] for each in index["instances"]}
    written = [location for each in found["instances"] for location in each["locations"]]
    assert len(places) == len(written)
    for place, wanted in zip(places, written, strict=True):
        told = (checks[each] for each in place["checks"])
        shown = [filled({key: value for key, value in each.items() if key != "row"}) for each in told]
        assert shown == [filled(each) for each in wanted["checks"]]
        rest = {key: value for key, value in place.items() if key not in {"checks", "origin"}}
        assert rest == filled({key: value for key, value in wanted.items() if key != "checks"})


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None and value != []}


def test_an_nsg_that_several_share_is_there_once(page: Page) -> None:
    assert len(lines(page, "stacks")) == 1
    index = json.loads(page.block("index"))
    sharing = [place for each in index["instances"] for place in each["locations"] if place.get("stack") == 0]
    assert len(sharing) == 14
    assert [lines(page, "rules")[number][0] for number in lines(page, "stacks")[0]["rules"]][:2] == [
        "AdminFirst",
        "AllowClients",
    ]


@pytest.mark.parametrize(
    "told",
    [
        "baseline 2021-12", "taken 2026-11-22T06:31:00Z", "whole tenant", "mg-asked", "rg-asked", "only contoso",
        "sub-two", "file Public 375", "The waiver of sql expired on 2026-01-01", "grant Reader on it.",
        "nobody needs it.", "Admin rules were not asked for.", "2 rules name a tag without data.",
        "Under baseline 2026-04", "no such check", "Gaps that are no more", "certificates",
    ],
)  # fmt: skip
def test_what_is_said_of_the_whole_stands_in_the_page(page: Page, told: str) -> None:
    words = " ".join(" ".join(texts) for tag, _, texts in page.elements if tag not in {"script", "style"})
    assert told in re.sub(r"\s+", " ", words)


def test_without_scripts_there_is_a_table_of_the_open_gaps(page: Page) -> None:
    assert list(page.of("noscript"))
    gaps = [check for check in everything().checks() if check.counts and check.severity != "none"]
    rows = [texts for tag, _, texts in page.elements if tag == "td" and "DenyEverything" in "".join(texts)]
    assert len(rows) == sum("DenyEverything" in check.message for check in gaps) > 10


def test_the_table_of_gaps_is_bounded_and_says_so() -> None:
    many = report(*(instance(location(BLOCKED), name=f"apim-{number}") for number in range(MOST_STATIC_GAPS + 1)))
    text = rendered(many)
    assert text.count("</td><td>blocked</td>") == MOST_STATIC_GAPS
    assert f"{MOST_STATIC_GAPS + 1} open gaps, of which the first {MOST_STATIC_GAPS} are listed" in text


def test_instances_are_counted_by_the_worst_verdict_that_is_open(text: str) -> None:
    shown = re.findall(r'data-verdict="([\w -]+)".*?<b>([\d,]+)</b>', text)
    assert shown == [("blocked", "12"), ("no open gap", "1"), ("not judged", "1")]


def test_what_is_waived_or_known_is_no_open_gap() -> None:
    text = rendered(report(instance(location(WAIVED, KNOWN))))
    assert re.findall(r'data-verdict="([\w -]+)"', text) == ["no open gap"]
    assert "<title>API Management network audit: no open gap</title>" in text


def test_nothing_is_a_command_to_a_build_log_or_a_terminal(text: str) -> None:
    assert "##vso[" not in text
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert [line for line in text.removesuffix("\n").split("\n") if not line.isprintable()] == []


def test_an_empty_report_says_so() -> None:
    text = rendered(report())
    assert "Nothing was judged" in text
    assert "holds no instance" in text


def test_the_same_report_gives_the_same_page() -> None:
    assert rendered(FULL) == rendered(replace(FULL))
