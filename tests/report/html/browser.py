"""A headless Chromium for the tests; where there is none they skip and say so."""

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
NONE = "no Chromium: install the system's package `chromium` to run the HTML report in a browser"


def chromium() -> str | None:
    """The path of a Chromium of the system, if there is one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def running() -> "Iterator[Browser]":
    """A browser with a profile of its own that is thrown away; skips where there is none."""
    program = chromium()
    if program is None:
        pytest.skip(NONE)
    playwright: Any = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(OPTIONS))
        yield browser
        browser.close()
