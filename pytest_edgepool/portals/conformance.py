"""What every portal must get right, as tests for whoever writes one, with pages of their own. Never asks a real site.

class TestMine(PortalConformance):
    portal = MinePortal()
    cases = (PortalCase(name="an order", html="<h1>Order 7</h1>…", kind=PageKind.ORDER, …), …)
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urljoin, urlsplit

from pytest_edgepool.clock import Deadline
from pytest_edgepool.portals.addresses import is_web_address
from pytest_edgepool.portals.portal import HOLDS_FILES, Page, PageKind
from pytest_edgepool.portals.reading import read_settled, read_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.portals.portal import Portal

_READING_SECONDS = 60.0
_SHOWN = (*HOLDS_FILES, PageKind.HOME)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalCase:
    """One page, and what a portal must say of it.

    Attributes:
        name: what it is, for the message.
        html: the page.
        kind: what it must be called.
        number: the order's number; the page stands at the address that the portal gives for it.
        path: where it stands instead, like `/sessions/new`.
        status: its HTTP status.
        attachments: the address (it may be relative) and the name of each, in page order.
        supplier: the supplier's name.
        parts: what else the site answers, by path: what a page's scripts ask for.
    """

    name: str
    html: str
    kind: PageKind
    number: str = "15262984"
    path: str = ""
    status: int = 200
    attachments: Sequence[tuple[str, str]] = ()
    supplier: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return its name."""
        return self.name


_FORM = '<form action="/in"><input name="user"><input type="password" name="password"><button>Go</button></form>'
# What no portal may take for an order, or for a sign that the site knows us.
_NEVER_SHOWN = (
    PortalCase(name="an empty page", html="", kind=PageKind.UNKNOWN),
    PortalCase(name="a page for scripts to fill", html='<div id="root"></div>', kind=PageKind.UNKNOWN),
    PortalCase(name="a page about something else", html="<p>We will be back soon.</p>", kind=PageKind.UNKNOWN),
    PortalCase(name="a server error", html="<h1>Sorry</h1>", kind=PageKind.SERVER_ERROR, status=500),
    PortalCase(name="too many requests", html="<h1>Slow down</h1>", kind=PageKind.RATE_LIMITED, status=429),
    PortalCase(name="a sign-in in place of the order", html=f"<h1>Hello</h1>{_FORM}", kind=PageKind.SIGNED_OUT),
)


class PortalConformance:
    """To be inherited by a test class that names a portal and pages of its site; runs on the fixture `edge_tab`.

    Attributes:
        portal: the portal.
        cases: pages, at least an order's with attachments, an order's without, and a missing order's.
    """

    portal: ClassVar[Portal]
    cases: ClassVar[Sequence[PortalCase]] = ()

    def test_addresses_are_of_the_site(self) -> None:
        """Whatever a sheet's cell holds, the order's address is the site's, and another number has another."""
        _expect_none(_wrong_with_addresses(self.portal))

    def test_its_pages_are_known(self, edge_tab: WebDriver) -> None:
        """Each page that the author gave is read as they say."""
        _expect_none(each for case in self.cases for each in problems_with(self.portal, case, edge_tab))

    def test_nothing_is_taken_for_an_order(self, edge_tab: WebDriver) -> None:
        """Neither an empty page nor an error nor a sign-in is an order, and none of them proves a session."""
        for case in _NEVER_SHOWN:
            with _served(self.portal, case) as url:
                edge_tab.get(url)
                kind = self.portal.read(edge_tab).kind
            if kind in _SHOWN:
                raise AssertionError(f"{case} is called {kind}")
            if kind is PageKind.NOT_FOUND:
                raise AssertionError(f"{case} is called {kind}: whole sheets have been lost to that")


def problems_with(portal: Portal, case: PortalCase, driver: WebDriver) -> list[str]:
    """Return what a portal gets wrong on one page, a sentence each, as seen in a real browser.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    with _served(portal, case) as url:
        driver.get(url)
        windows = driver.window_handles
        deadline = Deadline.after(_READING_SECONDS, "reading the page")
        page = read_settled(lambda: portal.read(driver), deadline)
        again = portal.read(driver)
        found = list(_wrong_with_page(page))
        if again != page:
            found.append("two readings of the page in a row differ")
        if (driver.current_url, driver.window_handles) != (url, windows):
            found.append("reading the page left it, or opened a window")
        if page.url != url:
            found.append(f"its address is called {page.url!r}")
        found += _wrong_with_answer(case, read_whole(driver, portal, deadline), url)
    return [f"{case}: {each}" for each in found]


def _expect_none(problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise AssertionError("\n".join(found))


def _wrong_with_answer(case: PortalCase, page: Page, url: str) -> Iterator[str]:
    if page.kind is not case.kind:
        yield f"its kind is {page.kind}, and should be {case.kind}"
    attachments = [(each.url, each.name) for each in page.attachments]
    expected = [(urljoin(url, address) if address else "", name) for address, name in case.attachments]
    if attachments != expected:
        yield f"its attachments are {attachments}, and should be {expected}"
    if page.supplier != case.supplier:
        yield f"its supplier is {page.supplier!r}, and should be {case.supplier!r}"


def _wrong_with_page(page: Page) -> Iterator[str]:
    if page.attachments and page.kind not in HOLDS_FILES:
        yield f"it has attachments, though it is a page of the kind {page.kind}"
    for each in page.attachments:
        if bool(each.url) == bool(each.press):
            yield f"{each} must have an address or something to press, and not both"
        elif each.url and (not is_web_address(each.url) or "#" in each.url):
            yield f"{each.url!r} is no whole http or https address without a fragment"
    if len({(each.url, each.press) for each in page.attachments}) != len(page.attachments):
        yield "an attachment is there twice"


def _wrong_with_addresses(portal: Portal) -> Iterator[str]:
    for base in ("https://site.test", "https://site.test/", "https://proxy.test/behind"):
        place = urlsplit(base)
        for number in ("15262984", "7/../../users/1", "1?x=1#y", "ä 7", "@evil.test", "\\evil.test"):
            url = portal.order_url(base, number)
            if urlsplit(url)[:2] != place[:2] or not urlsplit(url).path.startswith(place.path):
                yield f"order_url({base!r}, {number!r}) leaves the site: {url!r}"
            if url == portal.order_url(base, f"{number}0"):
                yield f"order_url({base!r}, …) is the same for {number!r} and {number + '0'!r}"
        if urlsplit(portal.home_url(base))[:2] != place[:2]:
            yield f"home_url({base!r}) leaves the site"


@contextmanager
def _served(portal: Portal, case: PortalCase) -> Iterator[str]:
    """Serve a case's page at its address, for a block; gives the address."""
    pages: dict[str, tuple[int, str]] = {path: (200, html) for path, html in case.parts.items()}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, html = pages.get(self.path, (404, ""))
            body = html.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_told: object) -> None:
            """Keep quiet: the test's output is the reader's."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        base = f"http://127.0.0.1:{server.server_port}"
        url = f"{base}{case.path}" if case.path else portal.order_url(base, case.number)
        pages[url.removeprefix(base)] = (case.status, case.html)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()
