"""The Coupa portal reads each kind of the demo's pages in a real browser, and knows each for what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.portals.demo.admission import COOKIE
from pytest_edgepool.portals.demo.options import DemoOptions
from pytest_edgepool.portals.demo.server import RunningDemo, serve
from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER, demo_order
from pytest_edgepool.portals.portal import PageKind
from tests.pages import NUMBER, PORTAL, browser, demo, markup_page, needs_browser, page_at

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

__all__ = ["browser", "demo"]

pytestmark = needs_browser


def test_an_order_is_read_whole(browser: WebDriver, demo: RunningDemo) -> None:
    """Supplier and every attachment, in page order, with absolute addresses and true names, as the truth has them."""
    order = demo_order(NUMBER)
    assert order is not None
    page = page_at(browser, PORTAL.order_url(demo.url, NUMBER))
    assert (page.kind, page.http_status) == (PageKind.ORDER, 200)
    assert page.url == f"{demo.url}/order_headers/15262988"
    assert page.title == "Purchase Order #15262988"
    assert page.supplier == order.supplier.name
    assert [(one.url, one.name) for one in page.attachments] == [
        (f"{demo.url}/attachment/attachment_file/type/{one.identifier}/{quote(one.name)}", one.name)
        for one in order.attachments
    ]


def test_an_order_without_attachments_is_an_order(browser: WebDriver, demo: RunningDemo) -> None:
    """Its other links and a comment on denied access do not mislead."""
    page = page_at(browser, PORTAL.order_url(demo.url, "PO15263000"))
    assert (page.kind, page.attachments) == (PageKind.ORDER, ())
    assert page.supplier == "O'Neill Office Supplies"


def test_a_missing_order_is_not_found(browser: WebDriver, demo: RunningDemo) -> None:
    """The Oops page is known as such."""
    page = page_at(browser, PORTAL.order_url(demo.url, "PO15263404"))
    assert (page.kind, page.http_status) == (PageKind.NOT_FOUND, 404)


@pytest.mark.parametrize("path", ["/order_headers", "/user/home", "/"])
def test_a_page_behind_the_sign_in_is_home(browser: WebDriver, demo: RunningDemo, path: str) -> None:
    """What only a known user sees proves that the site knows us."""
    assert page_at(browser, demo.url + path).kind is PageKind.HOME


def test_home_is_where_the_portal_says(browser: WebDriver, demo: RunningDemo) -> None:
    """The address to ask "am I signed in" answers yes and no rightly."""
    assert page_at(browser, PORTAL.home_url(demo.url)).kind is PageKind.HOME
    demo.site.end_all_sessions()
    assert page_at(browser, PORTAL.home_url(demo.url)).kind is PageKind.SIGNED_OUT


@pytest.mark.parametrize("number", [NUMBER, "PO15263404"])
def test_an_ended_session_is_signed_out(browser: WebDriver, demo: RunningDemo, number: str) -> None:
    """Neither a good nor a missing order is told from a page that asks who we are."""
    demo.site.end_all_sessions()
    page = page_at(browser, PORTAL.order_url(demo.url, number))
    assert (page.kind, page.attachments) == (PageKind.SIGNED_OUT, ())
    assert "/sessions/new" in page.url


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ("server-error", PageKind.SERVER_ERROR, 500),
        ("rate-limit", PageKind.RATE_LIMITED, 429),
        ("no-access", PageKind.NO_ACCESS, 403),
    ],
)
def test_a_failing_page_is_known(
    browser: WebDriver, demo: RunningDemo, fault: str, kind: PageKind, status: int
) -> None:
    """Each way in which the site refuses has its own kind, and is over when the fault is."""
    demo.site.change(faults={NUMBER: f"{fault}:1"})
    url = PORTAL.order_url(demo.url, NUMBER)
    page = page_at(browser, url)
    assert (page.kind, page.http_status) == (kind, status)
    assert page_at(browser, url).kind is PageKind.ORDER


def test_another_page_is_other(browser: WebDriver, demo: RunningDemo) -> None:
    """A supplier's page and the browser's empty one are not what we look for."""
    assert page_at(browser, f"{demo.url}/suppliers/show/101").kind is PageKind.UNKNOWN
    assert page_at(browser, "about:blank").kind is PageKind.UNKNOWN


def test_a_person_can_sign_in_and_arrive(browser: WebDriver) -> None:
    """The form works with keys and a click, and leads to the order that was asked for."""
    from selenium.webdriver.common.by import By

    with serve(DemoOptions(session="session")) as demo:
        page = page_at(browser, PORTAL.order_url(demo.url, NUMBER))
        assert page.kind is PageKind.SIGNED_OUT
        browser.find_element(By.ID, "user_email").send_keys(DEMO_USER)
        browser.find_element(By.ID, "user_password").send_keys(DEMO_PASSWORD)
        browser.find_element(By.ID, "login_button").click()
        patience = Deadline.after(60, "the page after the form")
        assert wait_until(lambda: PORTAL.read(browser).kind is PageKind.ORDER, patience)
        cookie = browser.get_cookie(COOKIE)
        assert cookie is not None
        assert "expiry" not in cookie


def test_addresses_are_made_whole_by_the_pages_own_base(browser: WebDriver, demo: RunningDemo) -> None:
    """A relative address counts from `<base>`, as the browser itself would have it."""
    page = markup_page(
        browser,
        demo,
        '<base href="https://files.test/deep/"><span class="attachment-file" data-url="a%20b.pdf">a b.pdf</span>'
        '<span class="attachment-file" data-url="/c.pdf">c.pdf</span>',
    )
    assert [(one.url, one.name) for one in page.attachments] == [
        ("https://files.test/deep/a%20b.pdf", "a b.pdf"),
        ("https://files.test/c.pdf", "c.pdf"),
    ]


def test_an_address_outside_the_web_is_refused(browser: WebDriver, demo: RunningDemo) -> None:
    """Neither a script nor a local file nor nonsense becomes an attachment."""
    hostile = ["javascript:alert(1)", "file:///etc/passwd", "data:text/plain,x", "blob:null/x", "http://[", ""]
    spans = "".join(f'<span class="attachment-file" data-url="{url}">a.pdf</span>' for url in hostile)
    assert markup_page(browser, demo, spans).attachments == ()


def test_a_file_by_button_and_link_counts_once(browser: WebDriver, demo: RunningDemo) -> None:
    """One file that the page offers twice is one attachment; the entry's own address is none."""
    path = "/attachment/attachment_file/type/7/inv.pdf"
    page = markup_page(
        browser,
        demo,
        f'<li data-url="/attachments/7"><span class="attachment-file" data-url="{path}">'
        f'<b title="inv.pdf">inv…</b><a href="{path}#x">open</a><a href="/attachments/7/destroy">remove</a></span>',
    )
    assert [(one.url, one.name) for one in page.attachments] == [(demo.url + path, "inv.pdf")]


def test_a_label_in_portuguese_tells_the_name(browser: WebDriver, demo: RunningDemo) -> None:
    """A tenant in another language is read as well."""
    markup = (
        '<span class="attachment-file" data-url="/f/7"><i aria-label="Anexo de arquivo nota fiscal.pdf"></i></span>'
    )
    assert [one.name for one in markup_page(browser, demo, markup).attachments] == ["nota fiscal.pdf"]


def test_a_hidden_password_field_is_no_sign_in(browser: WebDriver, demo: RunningDemo) -> None:
    """A dialog that is not shown asks nobody who he is; the same field shown does."""
    field = '<p>Goods</p><form><input type="password" name="p"></form>'
    assert markup_page(browser, demo, f'<p>Goods</p><div style="display:none">{field}</div>').kind is PageKind.ORDER
    assert markup_page(browser, demo, field).kind is PageKind.SIGNED_OUT


def test_an_error_in_words_alone_is_known(browser: WebDriver, demo: RunningDemo) -> None:
    """Coupa's words count also where the status says that all is well; words that are not shown do not."""
    oops = "<h1>Oops! We couldn't find what you wanted</h1>".replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    assert markup_page(browser, demo, oops).kind is PageKind.NOT_FOUND
    assert markup_page(browser, demo, '<div class="flash_error">Access denied</div>').kind is PageKind.NO_ACCESS
    assert markup_page(browser, demo, f"<p>Goods</p><div hidden>{oops}</div>").kind is PageKind.ORDER


@pytest.mark.parametrize("spoil", ["document.documentElement.remove()", "document.body.remove()"])
def test_a_page_without_a_body_is_read(browser: WebDriver, demo: RunningDemo, spoil: str) -> None:
    """An empty document is no reason to fail."""
    browser.get(PORTAL.order_url(demo.url, NUMBER))
    browser.execute_script(spoil)
    assert PORTAL.read(browser).attachments == ()


@pytest.mark.parametrize("busy", ["<main aria-busy='true'>{}</main>", "<div role='main' aria-busy='true'>{}</div>"])
def test_a_page_that_is_being_filled_is_other(browser: WebDriver, demo: RunningDemo, busy: str) -> None:
    """A page whose main part says that it is busy is not an order yet; a busy table in it does not matter."""
    order = '<h1>Order</h1><table aria-busy="true"></table>'
    assert markup_page(browser, demo, busy.format(order)).kind is PageKind.UNKNOWN
    assert markup_page(browser, demo, f"<main>{order}</main>").kind is PageKind.ORDER


@pytest.mark.parametrize("part", ["documentElement", "body"])
def test_a_busy_document_is_other(browser: WebDriver, demo: RunningDemo, part: str) -> None:
    """The page as a whole may say so as well, and is an order as soon as it does no more."""
    browser.get(PORTAL.order_url(demo.url, NUMBER))
    browser.execute_script(f"document.{part}.setAttribute('aria-busy', 'true')")
    assert PORTAL.read(browser).kind is PageKind.UNKNOWN
    browser.execute_script(f"document.{part}.setAttribute('aria-busy', 'false')")
    assert PORTAL.read(browser).kind is PageKind.ORDER


def test_an_empty_page_is_other(browser: WebDriver, demo: RunningDemo) -> None:
    """Nothing shown proves nothing, whatever the address."""
    assert markup_page(browser, demo, '<div id="root"></div>').kind is PageKind.UNKNOWN


def test_a_click_starts_the_download_of_the_file(browser: WebDriver, demo: RunningDemo) -> None:
    """The demo's own button asks the site for the file that the portal found."""
    from selenium.webdriver.common.by import By

    page = page_at(browser, PORTAL.order_url(demo.url, NUMBER))
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "deny"})
    browser.find_element(By.CSS_SELECTOR, ".attachment-file [role=button]").click()
    wanted = "/attachment/attachment_file/type/152629881/"
    assert wanted in page.attachments[0].url
    assert wait_until(
        lambda: any(one.path.startswith(wanted) for one in demo.site.log), Deadline.after(60, "the click's request")
    )
    assert PORTAL.read(browser).kind is PageKind.ORDER


def test_a_rotating_session_is_followed_by_a_browser(browser: WebDriver, demo: RunningDemo) -> None:
    """Pages and files each bring a new cookie, and nothing that a page needs takes it away from the next."""
    demo.site.change(rotate=True)
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "deny"})
    url = PORTAL.order_url(demo.url, NUMBER)
    for attachment in page_at(browser, url).attachments:
        browser.get(attachment.url)
        assert page_at(browser, url).kind is PageKind.ORDER
    answered = [each for each in demo.site.log if each.session]
    assert {each.status for each in answered if not each.path.startswith("/sessions")} == {200}
    assert len({each.session for each in answered}) >= 9
