"""The page in a real browser: what it shows, how it is used, and that it obeys nobody but us."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from apim_audit import run
from apim_audit.core.facts.reports import Report
from apim_audit.core.judging.judge import Options
from apim_audit.report import RENDERERS
from tests.report.html.browser import running
from tests.report.html.samples import HOSTILE, LONG, SHARED, everything

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
VIOLATIONS = "addEventListener('securitypolicyviolation', event => (window.violations ??= []).push(event.blockedURI))"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("html")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Path:
    return written(folder / "demo.html", run.demo(Options(run.DEFAULT_BASELINE, rule_stacks=True)))


@pytest.fixture(scope="module")
def all_of_it(folder: Path) -> Path:
    return written(folder / "everything.html", everything())


def written(path: Path, report: Report) -> Path:
    path.write_text(RENDERERS["html"](report), encoding="utf-8")
    return path


class Opened:
    """Opens pages and collects what the browser complains about; nothing may be left in the end."""

    def __init__(self, browser: "Browser") -> None:
        self.browser = browser
        self.complaints: list[str] = []
        self.pages: list[Page] = []

    def __call__(
        self, path: Path, viewport: dict[str, int] | None = None, fragment: str = "", **options: Any
    ) -> "Page":
        page = self.browser.new_page(viewport=viewport or DESKTOP, **options)  # type: ignore[arg-type]
        self.pages.append(page)
        page.add_init_script(VIOLATIONS)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.complaints.append(request.url) if not is_ours(request.url) else None)
        page.goto(path.as_uri() + fragment)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]")
        return page


def is_ours(url: str) -> bool:
    return url.startswith(("file:", "data:"))


@pytest.fixture
def opened(browser: "Browser") -> Iterator[Opened]:
    found = Opened(browser)
    yield found
    for page in found.pages:
        found.complaints += page.evaluate("window.violations || []")
        page.close()
    assert found.complaints == []


def place(page: "Page", name: str) -> "Locator":
    return page.locator("details.place", has=page.get_by_role("heading", name=name)).first


def open_place(page: "Page", name: str) -> "Locator":
    found = place(page, name)
    found.locator("summary").first.click()
    found.locator(".panel").wait_for()
    return found


def becomes(found: "Locator", wanted: int | str) -> None:
    """Waits until that many are there, or the only one has that text."""
    expect: Any = pytest.importorskip("playwright.sync_api").expect
    if isinstance(wanted, int):
        expect(found).to_have_count(wanted)
    else:
        expect(found).to_have_text([wanted])


def text_of(found: "Locator") -> str:
    """Returns the text that is there, also where it is out of sight and not laid out."""
    return found.text_content() or ""


def status(page: "Page") -> str:
    return text_of(page.locator("[role=status]"))


def test_worst_first(demo: Path, opened: Opened) -> None:
    page = opened(demo)
    assert text_of(page.locator("h1")) == "API Management network audit"
    names = page.locator(".place .name").all_text_contents()
    assert names[:3] == ["apim-no-nsg", "apim-default-rules-only", "apim-two-regions / North Europe"]
    assert names[-1] == "apim-consumption"
    page.get_by_label("Order").select_option("by name")
    becomes(page.locator(".place .name").first, "apim-all-allowed")


def test_the_picture_shows_that_3443_dies_at_rule_200(demo: Path, opened: Opened) -> None:
    found = open_place(opened(demo), "apim-deny-before-allow")
    picture = found.get_by_role("img", name="Inbound rules of NSG nsg-apim-deny-before-allow")
    lane = picture.locator("g.lane.s-error")
    assert text_of(lane.locator(".p-ports")) == "TCP 3443"
    denied, lost = lane.locator(".n-deny"), lane.locator(".n-lost")
    assert row_at(picture, denied) == "200 Deny DenyEverything"
    assert row_at(picture, lost) == "300 Allow AllowManagement"
    told = picture.locator(".p-told").all_text_contents()
    assert "management: 20.61.8.0:1024 → 10.20.3.4:3443 dropped" in told[0]
    assert "management: never arrives, lost to DenyEverything (200)" in told[1]
    assert "would serve if it came before" in told[2]
    assert picture.locator(".tint.s-error").count() == 1
    # The way of the lost flow ends at its rule; those that get through end where they are allowed.
    assert float(lane.locator(".way").get_attribute("y2") or 0) == pytest.approx(middle_of(denied))
    assert picture.locator("g.lane.s-none .n-allow").count() == 3


def test_a_flow_of_which_part_is_lost_goes_on_to_the_rule_that_allows_the_rest(demo: Path, opened: Opened) -> None:
    found = open_place(opened(demo), "apim-part-of-storage-denied")
    lane = found.locator("g.lane.s-error")
    assert middle_of(lane.locator(".n-deny")) < middle_of(lane.locator(".n-allow"))
    assert float(lane.locator(".way").get_attribute("y2") or 0) == pytest.approx(middle_of(lane.locator(".n-allow")))
    assert lane.locator(".n-lost").count() == 0
    told = found.locator(".p-told").all_text_contents()
    assert "storage: part never arrives, lost to DenyOldStorage (100)" in told[1]


def middle_of(node: "Locator") -> float:
    return float((node.get_attribute("transform") or "").rstrip(")").split(" ")[1])


def row_at(picture: "Locator", node: "Locator") -> str:
    for row in picture.locator("g.p-row").all():
        top = float(row.locator("line").get_attribute("y1") or 0)
        if 0 <= middle_of(node) - top < 42:
            parts = (".p-number", ".p-deny, .p-allow", ".p-name")
            return " ".join(text_of(row.locator(part)) or "" for part in parts)
    return "nowhere"


def test_the_table_says_what_the_picture_says(demo: Path, opened: Opened) -> None:
    found = open_place(opened(demo), "apim-deny-before-allow")
    found.get_by_text("Inbound rules of NSG nsg-apim-deny-before-allow as a table").click()
    table = found.locator(".as-table table")
    table.wait_for()
    assert table.locator("thead th[scope=col]").count() == 6 + 4
    column = table.locator("thead th").all_text_contents().index("management (In TCP 3443 from ApiManagement): blocked")
    fates = {
        text_of(row.locator("th[scope=row]")): text_of(row.locator("td, th").nth(column))
        for row in table.locator("tbody tr").all()
    }
    assert fates["AllowClients"] == "passes by"
    assert fates["DenyEverything"] == "denied"
    assert fates["AllowManagement"] == "lost above"
    assert fates["DenyAllInBound (default rule)"] == "not reached"


def test_filters_count_what_they_hide(demo: Path, opened: Opened) -> None:
    page = opened(demo)
    assert status(page) == "13 locations shown"
    page.get_by_label("Verdict").select_option("pinned")
    assert status(page) == "1 location shown, 12 hidden"
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Severity").select_option("undecided")
    assert page.locator(".place .name").all_text_contents() == ["apim-nsg-not-readable"]
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Find").fill("DENYEVERYTHING nsg-apim")
    becomes(page.locator(".place .name"), "apim-deny-before-allow")
    page.get_by_label("Find").press("Escape")
    page.get_by_role("link", name="not judged").click()
    assert page.locator(".place .name").all_text_contents() == ["apim-consumption"]


def test_everything_can_be_reached_by_keyboard(demo: Path, opened: Opened) -> None:
    page = opened(demo)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the locations"
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-text"
    page.keyboard.type("deny-before")
    becomes(page.locator(".place .name"), "apim-deny-before-allow")
    for _ in range(5):  # verdict, severity, order, clear, the location
        page.keyboard.press("Tab")
    assert focused(page).startswith("apim-deny-before-allow")
    assert outline(page) != "none"
    page.keyboard.press("Enter")
    page.locator(".panel").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Inbound rules")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.locator(".as-table table").wait_for()


def focused(page: "Page") -> str:
    return str(page.evaluate("document.activeElement.innerText"))


def outline(page: "Page") -> str:
    return str(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))


def test_hostile_names_are_text(all_of_it: Path, opened: Opened) -> None:
    page = opened(all_of_it)
    shown = page.locator(".place .name").all_text_contents()
    for text in (HOSTILE[0], HOSTILE[1], HOSTILE[4], HOSTILE[5], HOSTILE[6], HOSTILE[7]):
        assert text in shown
    assert {r"\x1b[31mred\x1b[0m", r"\u202ereversed\u2066", r"\u2028line\u2029", r"\ud800"} <= set(shown)
    for name in (HOSTILE[0], HOSTILE[1], LONG[:40]):
        open_place(page, name)
    assert page.title() != "owned"
    assert page.locator("img:not([role])").count() == 0
    assert page.locator("script").count() == 6
    assert page.evaluate("window.violations") is None


def test_long_names_do_not_widen_the_page(all_of_it: Path, opened: Opened) -> None:
    for viewport in (PHONE, DESKTOP):
        page = opened(all_of_it, viewport)
        open_place(page, LONG[:40])
        open_place(page, "contoso / westeurope")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_a_picture_wider_than_the_phone_scrolls_by_itself(demo: Path, opened: Opened) -> None:
    page = opened(demo, PHONE)
    found = open_place(page, "apim-deny-before-allow")
    box = found.locator(".stack > .scroll")
    found.locator(".picture.narrow").wait_for()
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


TOLD = (
    "Waived: The proxy carries storage (Net Team <net@example.org>, until 2027-01-31)", "known gap",
    "caused by this change", "already there", "required by the cache", "net.tf.json:12",
    "module.net.azurerm_rule.deny[0]", "plan.json:3", "default-only if the route 0.0.0.0/0 widens VirtualNetwork",
    "AllowManagement would serve if it came before the denying rule", "AllowOld never decides anything",
    "Serves key-vault", "disagrees", "sql is seen to fail", "Last updated 2026-11-22T05:00:00Z",
    "without service tag data it is not known what Sql.WestEurope is", "DenyEverything (200, Deny)",
    "TCP 13.64.39.16:1024 → 10.0.1.4:3443", "management purpose", "Allow ApiManagement.", "Required ports, 12/15/2021",
    "Not every rule could be read: rule Odd has no priority", "stv2.1, judged as stv2", "advisory",
)  # fmt: skip


def test_what_is_said_of_a_location_stands_in_its_panel(all_of_it: Path, opened: Opened) -> None:
    panel = everything_open(opened(all_of_it))
    assert [told for told in TOLD if told not in panel] == []


def everything_open(page: "Page") -> str:
    found = open_place(page, "contoso / westeurope")
    for fold in found.locator("details.fold > summary").all():
        fold.click()
    found.locator(".as-table table").first.wait_for()
    found.locator("table caption", has_text="Other checks").wait_for()
    return " ".join(text_of(found.locator(".panel")).split())


def test_a_waived_gap_is_struck_through(all_of_it: Path, opened: Opened) -> None:
    found = open_place(opened(all_of_it), "contoso / westeurope")
    waived = found.locator(".check", has_text="Waived")
    assert text_of(waived.locator("h4 s")) == "missing storage"
    assert text_of(found.locator("summary").first).count("2 waived or known") == 1


def test_a_shared_nsg_is_drawn_as_one(all_of_it: Path, opened: Opened) -> None:
    page = opened(all_of_it)
    found = open_place(page, SHARED)
    assert "Shared with contoso / westeurope" in " ".join(found.inner_text().split())
    found.get_by_text("Inbound rules:").click()
    lane = found.locator("g.lane.s-error")
    becomes(lane.locator(".p-ports"), "TCP 3443 \u00d712")
    found.get_by_role("link", name="contoso / westeurope").click()
    becomes(page.locator("details.place[open] h3"), 2)
    assert place(page, "contoso / westeurope").get_attribute("open") is not None


def test_rules_that_decide_nothing_are_folded_and_can_be_shown(all_of_it: Path, opened: Opened) -> None:
    found = open_place(opened(all_of_it), "contoso / westeurope")
    stack = found.locator(".stack").first
    assert text_of(stack.locator(".p-run")) == "14 rules, 10 to 112, that decide none of these flows"
    stack.get_by_role("button", name="Show every rule").click()
    names = stack.locator(".p-name").all_text_contents()
    assert names[0] == "AdminFirstadmin rule"
    assert names[-2:] == ["AllowManagementperhaps not in force", "DenyAllInBounddefault rule"]
    assert stack.get_by_role("button", pressed=True).count() == 1


def test_a_location_can_be_linked_to(demo: Path, opened: Opened) -> None:
    page = opened(demo, fragment="#l3")
    assert text_of(page.locator("details[open] > summary .name").first) == "apim-deny-before-allow"


def test_dark_and_light(demo: Path, opened: Opened) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page = opened(demo, color_scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(19, 21, 23)"]


def test_printed_is_everything_opened_without_controls(demo: Path, opened: Opened) -> None:
    page = opened(demo)
    open_place(page, "apim-pinned-management")
    page.emulate_media(media="print")
    becomes(page.locator(".place[open]"), 13)
    assert page.locator(".controls").is_hidden()
    assert page.locator(".picture").count() >= 20
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
    becomes(page.locator(".place[open]"), 1)


def test_pictures_are_there_before_the_first_page_is_printed(demo: Path, opened: Opened) -> None:
    page = opened(demo)
    printing = (
        "(() => { dispatchEvent(new Event('beforeprint')); return document.querySelectorAll('.picture').length })()"
    )
    assert page.evaluate(printing) >= 20
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".place[open]").count() == 0


def test_without_scripts_the_gaps_are_listed(demo: Path, opened: Opened) -> None:
    page = opened(demo, java_script_enabled=False)
    assert "DenyEverything" in text_of(page.locator("noscript table"))
    assert page.locator(".controls").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_accessible(all_of_it: Path, opened: Opened, scheme: str, viewport: dict[str, int]) -> None:
    axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = opened(all_of_it, viewport, color_scheme=scheme)
    everything_open(page)
    open_place(page, SHARED)
    found = axe.run(page).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found] == []
