"""Fixtures of the acceptance tests: a running store of two lanes, and a real browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from agent.tools.site import StoreKit

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    assert found, "no Chromium is installed; make test installs it"
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"]
    quiet += ["--disable-background-networking", "--disable-sync"]
    if os.geteuid() == 0:
        quiet.append("--no-sandbox")  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=quiet)
        yield chromium
        chromium.close()


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[StoreKit]:
    """A running store of two lanes that has no head office."""
    store = StoreKit(name="s001", directory=tmp_path, lane_names=("1", "2"))
    try:
        store.start()
        yield store
    finally:
        store.stop()


@pytest.fixture
def open_page(browser: Browser, kit: StoreKit) -> Iterator[Callable[[str], Page]]:
    """Open a screen in a fresh browser profile; fails on outside requests and script errors."""
    with ExitStack() as opened:
        yield lambda path: opened.enter_context(_opened(browser, kit, path))


@contextmanager
def _opened(browser: Browser, kit: StoreKit, path: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 900, "height": 640})
    page = context.new_page()
    outside: list[str] = []
    errors: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(kit.url) else outside.append(r.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
    with page.expect_response("**/panel"):  # the stream's first event has been heard
        page.goto(f"{kit.url}{path}")
    yield page
    context.close()
    assert outside == []
    assert errors == []


@pytest.fixture
def page(open_page: Callable[[str], Page]) -> Page:
    """The cashier's page of lane 1."""
    return open_page("/lane/1")
