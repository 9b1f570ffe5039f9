"""The conformance suite for portals passes on ours, and finds what is wrong with one that is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind
from pytest_edgepool.testing import PortalCase, PortalConformance, problems_with
from tests.pages import browser, needs_browser

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

__all__ = ["browser"]

pytestmark = needs_browser

FILE = "/attachment/attachment_file/type/7/inv.pdf"
ORDER = (
    '<h1>Purchase Order #15262984</h1><p>Supplier <a href="/suppliers/show/1" title="S1 - ACME Ltd.">ACME</a></p>'
    '<ul class="attachments">{}</ul>'
)
LAZY = "<script>fetch('/part').then((a) => a.text()).then((t) => document.querySelector('ul').innerHTML = t)</script>"
ITEM = f'<li><span class="attachment-file" data-url="{FILE}" title="inv.pdf"></span></li>'
HOME = '<h1>Orders</h1><a href="/order_headers/7">PO7</a>'
WITH_FILE = PortalCase(
    name="an order",
    html=ORDER.format(ITEM),
    kind=PageKind.ORDER,
    attachments=[(FILE, "inv.pdf")],
    supplier="ACME Ltd.",
)


@pytest.fixture
def edge_tab(browser: WebDriver) -> WebDriver:
    return browser


class TestCoupa(PortalConformance):
    """Ours."""

    portal = CoupaPortal()
    cases = (
        WITH_FILE,
        replace(WITH_FILE, name="a lazy order", html=ORDER.format("") + LAZY, parts={"/part": ITEM}),
        PortalCase(name="an order without files", html=ORDER.format(""), kind=PageKind.ORDER, supplier="ACME Ltd."),
        PortalCase(
            name="a missing order", html="<h1>Oops! We couldn't find what you wanted</h1>", kind=PageKind.NOT_FOUND
        ),
        PortalCase(name="no access", html="<h1>Sorry</h1>", kind=PageKind.NO_ACCESS, status=403),
        PortalCase(name="home", html=HOME, kind=PageKind.HOME, path="/order_headers"),
        PortalCase(
            name="a notice in place of the list",
            html='<p>Your session has expired. <a href="/sessions/new">Continue</a></p>',
            kind=PageKind.UNKNOWN,
            path="/order_headers",
        ),
        PortalCase(
            name="a requisition",
            html="<h1>Requisition #77</h1>" + ITEM,
            kind=PageKind.REQUISITION,
            path="/requisition_headers/77",
            attachments=[(FILE, "inv.pdf")],
        ),
    )


@dataclass(frozen=True)
class Careless(CoupaPortal):
    """A portal that takes any page for an order and any link for a file."""

    def read(self, driver: WebDriver) -> Page:
        page = super().read(driver)
        bad = FoundAttachment("javascript:alert(1)", "inv.pdf")
        driver.execute_script("history.pushState(null, '', '/elsewhere')")
        return replace(page, kind=PageKind.NOT_FOUND, attachments=(bad, bad))

    def order_url(self, base_url: str, number: str) -> str:
        return f"{base_url}/order_headers/{number.partition('?')[0]}"


def test_a_careless_portal_is_told_all_that_is_wrong(edge_tab: WebDriver) -> None:
    """Each problem is a sentence that begins with the page it is about."""
    told = problems_with(Careless(), WITH_FILE, edge_tab)
    assert told[0] == "an order: it has attachments, though it is a page of the kind not-found"
    assert "an order: 'javascript:alert(1)' is no whole http or https address without a fragment" in told
    assert "an order: an attachment is there twice" in told
    assert "an order: reading the page left it, or opened a window" in told
    assert "an order: its kind is not-found, and should be order" in told
    assert any(each.startswith("an order: its attachments are [('javascript:alert(1)'") for each in told)


class Wrong(PortalConformance):
    portal = Careless()


def test_a_careless_portals_addresses_are_told() -> None:
    """Two numbers with one address would be one order."""
    with pytest.raises(AssertionError, match=r"is the same for '1\?x=1#y'"):
        Wrong().test_addresses_are_of_the_site()


def test_a_careless_portal_burns_sheets(edge_tab: WebDriver) -> None:
    """An empty page that is called "not found" fails the suite."""
    with pytest.raises(AssertionError, match="an empty page is called not-found: whole sheets have been lost to that"):
        Wrong().test_nothing_is_taken_for_an_order(edge_tab)


def test_the_portal_of_the_docs_is_a_right_one(edge_tab: WebDriver) -> None:
    """The page's own code, as written, passes the suite that the page tells of."""
    page = (Path(__file__).parents[2] / "docs" / "portals.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    told: dict[str, Any] = {"__name__": "docs"}
    for block in blocks:
        exec(compile(block, "docs/portals.md", "exec", dont_inherit=True), told)
    assert list(told["pytest_edgepool_portals"]()) == ["shop"]
    suite = told["TestShop"]()
    suite.test_addresses_are_of_the_site()
    suite.test_its_pages_are_known(edge_tab)
    suite.test_nothing_is_taken_for_an_order(edge_tab)
