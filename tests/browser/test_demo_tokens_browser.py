"""A real browser on a demo that keeps its sign-in in storage or a database: the portal reads what scripts fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.browser.binaries import find
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.demo.options import SESSION_KINDS, TOKEN_KINDS, DemoOptions, SessionKind
from pytest_edgepool.portals.demo.server import RunningDemo, serve
from pytest_edgepool.portals.demo.sign_in import fill_in
from pytest_edgepool.portals.demo.truth import demo_order
from pytest_edgepool.portals.portal import Page, PageKind
from pytest_edgepool.settings import Settings
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.browser.tabs import Tab

PORTAL = CoupaPortal()
NUMBER = "15262988"

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

EACH_TOKEN = pytest.mark.parametrize("kind", sorted(TOKEN_KINDS))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBrowser]:
    """One browser for all sites: each has an origin, and so a storage, of its own."""
    launch = Launch(browser=find(Settings()), user_data_dir=tmp_path_factory.mktemp("profile"))
    running = RunningBrowser.start(launch, lambda _record: None)
    try:
        yield running
    finally:
        running.quit()


@pytest.fixture
def tab(browser: RunningBrowser) -> Iterator[Tab]:
    with browser.tab() as tab:
        yield tab


@pytest.fixture
def demo(kind: SessionKind, tab: Tab) -> Iterator[RunningDemo]:
    """A site at which the tab is signed in."""
    with serve(DemoOptions(session=kind)) as demo:
        tab.open(PORTAL.home_url(demo.url))
        assert sign_in(tab).kind is PageKind.HOME
        yield demo


def settled(tab: Tab, not_yet: PageKind = PageKind.UNKNOWN) -> Page:
    """Return the page once it is one that the portal knows, and no more `not_yet`."""
    seen: list[Page] = []

    def is_known() -> bool:
        seen.append(PORTAL.read(tab.driver))
        return seen[-1].kind not in (PageKind.UNKNOWN, not_yet)

    assert wait_until(is_known, Deadline.after(60, "a page that is known")), tab.driver.page_source
    return seen[-1]


def sign_in(tab: Tab) -> Page:
    """Send the form that the tab shows and return the page after it."""
    fill_in(tab.driver)
    return settled(tab, not_yet=PageKind.SIGNED_OUT)


def page_at(tab: Tab, url: str) -> Page:
    tab.open(url)
    return settled(tab)


@pytest.mark.parametrize("kind", SESSION_KINDS)
def test_the_form_signs_in_at_every_kind_of_site(tab: Tab, demo: RunningDemo, kind: SessionKind) -> None:
    """After the form the site knows us, and shows orders; only a site of tokens shows a shell to nobody first."""
    assert page_at(tab, PORTAL.home_url(demo.url)).kind is PageKind.HOME
    # Cookies know no ports: those of other tests' sites may be there, the site's own log tells what it went by.
    shells = [
        each for each in demo.site.log if each.path == "/order_headers" and each.status == 200 and not each.session
    ]
    assert bool(shells) is (kind in TOKEN_KINDS)
    page = page_at(tab, PORTAL.order_url(demo.url, NUMBER))
    order = demo_order(NUMBER)
    assert order is not None
    assert (page.kind, page.supplier) == (PageKind.ORDER, order.supplier.name)
    assert [each.name for each in page.attachments] == [each.name for each in order.attachments]


@EACH_TOKEN
def test_an_order_that_is_not_there_is_not_found(tab: Tab, demo: RunningDemo) -> None:
    """The shell's status is 200; the words that the script brings tell the truth."""
    page = page_at(tab, PORTAL.order_url(demo.url, "PO15263404"))
    assert (page.kind, page.http_status) == (PageKind.NOT_FOUND, 200)


@EACH_TOKEN
def test_an_order_without_attachments_is_an_order(tab: Tab, demo: RunningDemo) -> None:
    """It is one when it has been filled, and not before."""
    page = page_at(tab, PORTAL.order_url(demo.url, "PO15263000"))
    assert (page.kind, page.attachments) == (PageKind.ORDER, ())


@EACH_TOKEN
@pytest.mark.parametrize(
    ("fault", "kind_of_page", "status"),
    [
        ("server-error", PageKind.SERVER_ERROR, 500),
        ("rate-limit", PageKind.RATE_LIMITED, 429),
        ("no-access", PageKind.NO_ACCESS, 200),
    ],
)
def test_a_failing_page_is_known(tab: Tab, demo: RunningDemo, fault: str, kind_of_page: PageKind, status: int) -> None:
    """Each way in which the site refuses has its own kind, by status or by words."""
    demo.site.change(faults={NUMBER: f"{fault}:1"})
    page = page_at(tab, PORTAL.order_url(demo.url, NUMBER))
    assert (page.kind, page.http_status) == (kind_of_page, status)
    assert page_at(tab, PORTAL.order_url(demo.url, NUMBER)).kind is PageKind.ORDER


@EACH_TOKEN
def test_an_ended_session_leads_to_the_sign_in(tab: Tab, demo: RunningDemo) -> None:
    """A token that the site refuses is no better than none, and the form signs in again."""
    demo.site.end_all_sessions()
    page = page_at(tab, PORTAL.order_url(demo.url, NUMBER))
    assert page.kind is PageKind.SIGNED_OUT
    assert page.url == f"{demo.url}/sessions/new?return_to=%2Forder_headers%2F15262988"
    assert sign_in(tab).kind is PageKind.ORDER


@EACH_TOKEN
def test_signing_out_forgets_the_token(tab: Tab, demo: RunningDemo) -> None:
    """The link ends the session, shows the form, and the next page asks to sign in, too."""
    assert page_at(tab, f"{demo.url}/sessions/destroy").kind is PageKind.SIGNED_OUT
    demo.site.clear_log()
    assert page_at(tab, PORTAL.home_url(demo.url)).kind is PageKind.SIGNED_OUT
    assert {each.session for each in demo.site.log} == {""}  # no token was sent that could have been refused


@EACH_TOKEN
def test_an_attachments_own_page_leads_to_the_order(tab: Tab, demo: RunningDemo) -> None:
    """What redirects does so through the script as well."""
    page = page_at(tab, f"{demo.url}/attachments/152629881")
    assert (page.kind, page.url) == (PageKind.ORDER, f"{demo.url}/order_headers/15262988")


@EACH_TOKEN
def test_a_file_is_a_download_by_its_address_alone(tab: Tab, demo: RunningDemo, tmp_path: Path) -> None:
    """Sending the tab there starts the download, and the page's own scripts work: its button asks for the same file."""
    page = page_at(tab, PORTAL.order_url(demo.url, NUMBER))
    tab.save_into(tmp_path)
    assert tab.navigate(page.attachments[0].url, Deadline.after(60, "the file")).is_download
    demo.site.clear_log()
    tab.driver.execute_script("document.querySelector('.attachment-file [role=button]').click()")
    assert wait_until(
        lambda: [each.status for each in demo.site.log if each.path.startswith("/attachment/")] == [200],
        Deadline.after(60, "the click's request"),
    )
