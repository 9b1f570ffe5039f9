"""A plain browser for tests that read pages: one for a module, signed in at a demo site of each test's own."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.clock import Deadline
from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.demo.admission import COOKIE
from pytest_edgepool.portals.demo.server import RunningDemo, serve
from pytest_edgepool.portals.reading import read_whole
from pytest_edgepool.portals.underway import count_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.chrome.webdriver import WebDriver

    from pytest_edgepool.portals.portal import Page

PORTAL = CoupaPortal()
NUMBER = "15262988"
BINARY = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")

needs_browser = pytest.mark.skipif(
    not (BINARY and DRIVER), reason="neither Chrome nor Chromium with its driver is here"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """Yield one browser for all pages: what is tested is the reading, not the start."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BINARY or ""
    switches = ["--headless=new", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        switches.append("--no-sandbox")
    for switch in [*switches, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(switch)
    driver = webdriver.Chrome(options=options, service=Service(executable_path=DRIVER))
    try:
        count_requests(driver)
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def demo(browser: WebDriver) -> Iterator[RunningDemo]:
    """Yield a site of its own, at which the browser is signed in."""
    with serve() as demo:
        browser.get(f"{demo.url}/sessions/new")
        browser.delete_all_cookies()
        browser.add_cookie({"name": COOKIE, "value": demo.site.begin_session(), "httpOnly": True})
        yield demo


def page_at(browser: WebDriver, url: str) -> Page:
    browser.get(url)
    return PORTAL.read(browser)


def whole_page_at(browser: WebDriver, url: str) -> Page:
    """Read a page as an order's try does: when it has settled, with each tab opened."""
    browser.get(url)
    return read_whole(browser, PORTAL, Deadline.after(60, "the page"))


def markup_page(browser: WebDriver, demo: RunningDemo, markup: str) -> Page:
    """Read a page at an order's address, with its number in the title, whose body is that markup."""
    browser.get(PORTAL.order_url(demo.url, NUMBER))
    browser.execute_script(
        "document.title = arguments[0]; document.body.innerHTML = arguments[1];", f"Order {NUMBER}", markup
    )
    return PORTAL.read(browser)
