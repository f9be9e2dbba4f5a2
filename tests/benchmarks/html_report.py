"""The HTML report: how long it takes to write, and how long a browser takes to open it.

``python -m tests.benchmarks.html_report`` prints, for estates of random rules, the milliseconds of rendering, the size,
and from the start of the navigation in a headless Chromium: the first content, until the page answers to its user, and
until a location that is then opened shows its picture. Medians over the runs.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from apim_audit import run
from apim_audit.core.facts.reports import InstanceReport, Report
from apim_audit.core.judging.judge import Options
from apim_audit.report import RENDERERS
from apim_audit.snapshot import Snapshot, SourcedDocument
from tests.benchmarks.measuring import show
from tests.benchmarks.random_estate import Maker, documents, public_tags
from tests.report.html.browser import NONE, OPTIONS, chromium

SIZES = (100, 1_000, 10_000)
JUDGED = 1_000
RULES = 60
RUNS = 3
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"


def main() -> None:
    """Prints the table."""
    program = chromium()
    if program is None:
        raise SystemExit(NONE)
    headings = ["locations", "render ms", "MB", "first content ms", "interactive ms", "picture ms"]
    judged = judged_estate(min(JUDGED, max(SIZES)))
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(OPTIONS))
        path = Path(folder) / "report.html"
        show(headings, [[size, *measured(grown(judged, size), path, browser)] for size in SIZES])
        browser.close()


def judged_estate(count: int) -> Report:
    """Returns the audit of random instances."""
    tags = public_tags()
    read = documents(Maker.of(Random(1), tags), count, RULES)
    snapshot = Snapshot(tuple(SourcedDocument("random", body) for body in read), service_tags=tags)
    return run.audit(snapshot, Options(run.DEFAULT_BASELINE, rule_stacks=True))


def grown(report: Report, count: int) -> Report:
    """Returns a report of that many instances: those of the report, under further names when they run out."""
    rounds = range(-(-count // len(report.instances)))
    instances = [renamed(each, number) for number in rounds for each in report.instances]
    stacks = [
        replace(each, network_security_group_id=f"{each.network_security_group_id}-{number}")
        for number in rounds
        for each in report.rule_stacks
    ]
    return replace(report, instances=tuple(instances[:count]), rule_stacks=tuple(stacks[:count]))


def renamed(instance: InstanceReport, number: int) -> InstanceReport:
    """Returns the instance under another name, with NSGs of its own."""
    locations = tuple(
        replace(each, network_security_group_id=f"{each.network_security_group_id}-{number}")
        for each in instance.locations
    )
    return replace(instance, id=f"{instance.id}-{number}", name=f"{instance.name}-{number}", locations=locations)


def measured(report: Report, path: Path, browser: Browser) -> Iterator[float]:
    """Yields what the table says of a report."""
    rendered = [once(report, path) for _ in range(RUNS)]
    opened = [opening(path, browser) for _ in range(RUNS)]
    yield median(rendered)
    yield path.stat().st_size / 1e6
    yield from (median(each) for each in zip(*opened, strict=True))


def once(report: Report, path: Path) -> float:
    """Writes the page; returns the milliseconds of rendering alone."""
    start = time.perf_counter()
    text = RENDERERS["html"](report)
    taken = 1e3 * (time.perf_counter() - start)
    path.write_text(text, encoding="utf-8")
    return taken


def opening(path: Path, browser: Browser) -> tuple[float, float, float]:
    """Opens the page and the worst location; returns milliseconds."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_selector("html[data-ready]", state="attached")
    painted, ready = page.evaluate(f"[{PAINTED}, Number(document.documentElement.dataset.ready)]")
    start = time.perf_counter()
    page.locator(".place > summary").first.click()
    page.locator(".picture").first.wait_for()
    drawn = 1e3 * (time.perf_counter() - start)
    page.close()
    return painted, ready, drawn


if __name__ == "__main__":
    main()
