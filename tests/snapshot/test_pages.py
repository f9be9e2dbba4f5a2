"""Pages of a list, as people save them: never silence about one that is missing, few alarms where all are given."""

import io
import json
from itertools import permutations
from typing import Any

import pytest

from apim_audit.snapshot import Snapshot, load_files

ARM = "https://management.azure.com"
NSG, VNET, SERVICE = (
    "Microsoft.Network/networkSecurityGroups",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.ApiManagement/service",
)

GROUP = "/subscriptions/s1/resourceGroups/rg"


def resource(name: str, kind: str = NSG, subscription: str = "s1", group: str = "rg") -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}",
        "type": kind,
        "name": name,
    }


def link(token: str, kind: str = NSG, scope: str = "/subscriptions/s1") -> str:
    return f"{ARM}{scope}/providers/{kind}?api-version=2024-05-01&$skiptoken={token}"


def everything(token: str, wanted: str = "") -> str:
    query = f"$filter=resourceType%20eq%20'{wanted}'&" if wanted else ""
    return f"{ARM}/subscriptions/s1/resources?{query}api-version=2021-04-01&%24skiptoken={token}"


def page(*items: object, next_link: object = None) -> dict[str, Any]:
    return {"value": list(items)} | ({"nextLink": next_link} if next_link else {})


def rows(*items: object, total: int | None = None, after: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"data": list(items), "count": len(items)}
    if total is not None:
        found["totalRecords"] = total
    return found | ({"$skipToken": after, "resultTruncated": "true"} if after else {"resultTruncated": "false"})


def read(*answers: object) -> Snapshot:
    return load_files(["-"], io.BytesIO("\n".join(map(json.dumps, answers)).encode()))


A, B, C, D = (resource(name) for name in "abcd")
APIM, OF_THE_NETWORK = resource("apim", SERVICE), resource("vnet", VNET)

WHOLE: dict[str, tuple[object, ...]] = {
    "a page": (page(A),),
    "two pages": (page(A, next_link=link("1")), page(B)),
    "three pages": (page(A, next_link=link("1")), page(B, next_link=link("2")), page(C)),
    "a page given twice": (page(A, next_link=link("1")), page(A, next_link=link("1")), page(B)),
    "letter case": (page(A, next_link=link("1").upper()), page(B)),
    "a list of everything": (page(APIM, OF_THE_NETWORK, next_link=everything("1")), page(A)),
    "a list of a type": (page(A, next_link=everything("1", NSG)), page(B)),
    "two lists": (
        page(A, next_link=link("1")),
        page(B),
        page(APIM, next_link=link("2", SERVICE)),
        page(resource("other", SERVICE)),
    ),
    "two subscriptions": (
        page(A, next_link=link("1")),
        page(B),
        page(resource("a", subscription="s2"), next_link=link("1", scope="/subscriptions/s2")),
        page(resource("b", subscription="s2")),
    ),
    "a list of subnets": (
        page(resource("v/subnets/a", VNET), next_link=link("1", f"{VNET}/v/subnets", GROUP)),
        page(resource("v/subnets/b", VNET)),
    ),
    "a link that tells nothing": (page(A, next_link="https://x"), page(B)),
    "a link that is no text": (page(A, next_link={"href": "x"}), page(B)),
    "a link that is no address": (page(A, next_link="https://[x"), page(B)),
    "an answer": (rows(A, B, total=2),),
    "an answer that tells no total": (rows(A, B),),
    "two answers": (rows(A, B, total=3, after="t"), rows(C, total=3)),
    "two answers of the Azure CLI": (
        {"data": [A], "count": 1, "total_records": 2, "skip_token": "t"},
        {"data": [B], "count": 1, "total_records": 2, "skip_token": None},
    ),
    "an answer given twice": (rows(A, total=2, after="t"), rows(B, total=2), rows(B, total=2)),
    "two queries of as many rows": (
        rows(A, total=2, after="t"),
        rows(B, total=2),
        rows(C, total=2, after="u"),
        rows(D, total=2),
    ),
    "rows without ids": (rows({"type": "x"}, total=2, after="t"), rows({"type": "x"}, total=2)),
}  # fmt: skip

MISSING: dict[str, tuple[object, ...]] = {
    "the last page": (page(A, next_link=link("1")),),
    "the last of three": (page(A, next_link=link("1")), page(B, next_link=link("2"))),
    "that of one subscription": (page(A, next_link=link("1")), page(resource("b", subscription="s2"))),
    "that of a subscription whose name begins alike": (
        page(A, next_link=link("1")),
        page(resource("b", subscription="s11")),
    ),
    "that of one type": (page(A, next_link=link("1")), page(APIM)),
    "that of one resource group": (
        page(A, next_link=link("1", scope=GROUP)),
        page(resource("b", group="other")),
    ),
    "that of a filter": (page(APIM, next_link=everything("1", SERVICE)), page(A)),
    "that of everything": (page(APIM, next_link=everything("1")), page(resource("b", subscription="s2"))),
    "a list with the same documents": (page(A, B, next_link=link("1")), page(B)),
    "an empty list": (page(A, next_link=link("1")), page()),
    "of an empty page": (page(next_link="https://x"), page(A)),
    "one end for two lists": (
        page(APIM, A, next_link=everything("1")),
        page(B, next_link=link("1")),
        page(C),
    ),
    "an array": (page(A, next_link=link("1")), [B]),
    "of a link that tells nothing": (page(A, next_link="https://x"), page(resource("b", subscription="s2"))),
    "the last answer": (rows(A, total=5, after="t"), rows(B, C, total=2)),
    "the first answer": (rows(B, total=5),),
    "an answer between": (rows(A, total=3, after="t"), rows(C, total=3)),
    "another answer than the one given twice": (rows(A, total=2, after="t"), rows(A, total=2, after="t")),
    "an answer of two queries": (rows(A, B, total=3, after="t"), rows(C, total=3), rows(D, total=3)),
    "rows that changed between": (rows(A, B, total=3, after="t"), rows(B, total=3)),
    "rows of a query without a total": (rows(A, after="t"), rows(B)),
    "the last answer beside a list": (rows(A, total=5, after="t"), page(B)),
}


def orders(answers: tuple[object, ...]) -> list[Snapshot]:
    return [read(*each) for each in permutations(answers)]


@pytest.mark.parametrize("answers", WHOLE.values(), ids=WHOLE)
def test_pages_that_are_all_given_are_no_alarm_in_any_order(answers: tuple[object, ...]) -> None:
    assert [snapshot.incomplete for snapshot in orders(answers)] == [()] * len(orders(answers))


@pytest.mark.parametrize("answers", MISSING.values(), ids=MISSING)
def test_a_page_that_is_missing_is_never_passed_over(answers: tuple[object, ...]) -> None:
    for snapshot in orders(answers):
        assert {(each.reason, each.needed) for each in snapshot.incomplete} == {("truncated", True)}


def test_what_cannot_be_seen_of_pages_is_said() -> None:
    # Whether this is the second page or the third, nothing in it tells.
    (note,) = read(page(A, next_link=link("1")), page(C)).notes
    assert note.startswith("standard input is taken as all pages of a list; that none between them is missing cannot")
    assert read(rows(A, total=2, after="t"), rows(B, total=2)).notes == ()


def test_the_pages_are_named(tmp_path: Any) -> None:
    names = [str(tmp_path / f"{number}.json") for number in range(5)]
    for number, name in enumerate(names):
        with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(page(resource(str(number)), next_link=link(str(number))), file)
    (one,) = load_files(names[:1], io.BytesIO()).incomplete
    (two,) = load_files(names[:2], io.BytesIO()).incomplete
    (many,) = load_files(names, io.BytesIO()).incomplete
    assert one.message == (
        f"{names[0]} is not the last page of its list (nextLink is set); give the pages after it too"
    )
    assert two.message == (
        f"{names[0]} and {names[1]} are pages of a list without its last page (nextLink is set); give the others too"
    )
    assert many.message.startswith(f"{names[0]}, {names[1]}, {names[2]} and 2 more are pages of a list")


def test_the_rows_that_are_missing_are_counted() -> None:
    (entry,) = read(rows(A, total=5, after="t"), rows(B, C, total=5)).incomplete
    assert entry.message == (
        "standard input holds 3 of the 5 rows of a Resource Graph query ($skipToken is set); give all of its pages"
    )
    (entry,) = read(rows(B, total=5)).incomplete
    assert "(totalRecords is set)" in entry.message
