"""Pages in background tabs: loaded and read without WebDriver, opened ahead, and of no harm to what is in hand."""

from __future__ import annotations

import http.server
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.browser.binaries import find
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.downloads.transfer import Downloads
from pytest_edgepool.errors import SiteUnreachable
from pytest_edgepool.portals.underway import COUNTER
from pytest_edgepool.settings import Settings
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60
SHOWS_MINE = "return document.title === 'mine'"
PAGE = b"""<title>mine</title><h1>hello</h1><script>
window.first = Symbol.for('edgepool.underway') in window;
window.frames_seen = 0; requestAnimationFrame(() => { window.frames_seen += 1; });
window.in_view = 0; new IntersectionObserver(() => { window.in_view += 1; }).observe(document.body);
</script>"""
ANSWERS = {
    "/page": ({}, PAGE),
    "/other": ({}, b"<title>other</title>"),
    "/asks": ({}, b"<title>asks</title><script>alert('who is there?')</script>"),
    "/file": ({"Content-Disposition": "attachment; filename=mine.txt"}, b"mine"),
    "/unasked": ({"Content-Disposition": "attachment; filename=theirs.txt"}, b"theirs"),
    "/pushy": ({}, b"<title>pushy</title><iframe src=/unasked></iframe>"),
    "/gone": (
        {},
        b"""<script>const one = document.createElement('iframe'); one.src = '/unasked';
document.documentElement.append(one); setTimeout(() => one.remove(), 100)</script>""",
    ),
}

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


class Site:
    """A site of a few pages that counts what is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        site = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                headers, body = ANSWERS.get(self.path, ({}, b""))
                self.send_response(200 if body else 204)
                for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_told: object) -> None:
                """Nobody reads it."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def site(served: Site) -> Site:
    """The site, which nobody has asked for anything yet."""
    served.asked.clear()
    return served


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBrowser]:
    """One browser, as orders have it."""
    folder = tmp_path_factory.mktemp("profile")
    launch = Launch(browser=find(Settings()), user_data_dir=folder)
    running = RunningBrowser.start(launch, lambda _record: None)
    yield running
    running.quit()


@contextmanager
def patience(browser: RunningBrowser) -> Iterator[None]:
    with browser.within(Deadline.after(PATIENCE_SECONDS, "the test")):
        yield


def pages(browser: RunningBrowser) -> set[str]:
    """The browser's open pages."""
    told = browser.devtools.call("Target.getTargets", Deadline.after(PATIENCE_SECONDS, "the tabs"))["targetInfos"]
    return {each["targetId"] for each in told if each["type"] == "page"}


def only_the_main_window_is_left(browser: RunningBrowser) -> None:
    """What was closed is gone: a tab at once, a page opened ahead by the end of the next tab at the latest."""
    with browser.tab():
        pass
    assert wait_until(lambda: pages(browser) == {browser.main_window}, Deadline.after(PATIENCE_SECONDS, "their end"))


def fail_with_a_page_ahead(browser: RunningBrowser, site: Site) -> None:
    with patience(browser), browser.tab(site.url("/other"), COUNTER):
        browser.pages.open_ahead(site.url("/page"), COUNTER)
        raise KeyError


def test_a_background_page_is_read_without_the_driver(browser: RunningBrowser, site: Site) -> None:
    """It is asked for once, read by script, and closed; WebDriver stays where it was."""
    with patience(browser), browser.tab(site.url("/page"), COUNTER) as tab:
        tab.open(site.url("/page"))
        read = tab.reader.execute_script("return {title: document.title, all: [1, null, {a: 'b'}]}")
        assert not tab.is_in_front
        assert browser.driver.current_window_handle == browser.main_window
    assert read == {"title": "mine", "all": [1, None, {"a": "b"}]}
    assert pages(browser) == {browser.main_window}
    assert site.asked.count("/page") == 1


def test_a_background_page_lives_as_one_that_is_seen(browser: RunningBrowser, site: Site) -> None:
    """Animation frames and coming into view happen: what a page fills by them is filled. Our script ran first."""
    with patience(browser), browser.tab(site.url("/page"), COUNTER) as tab:
        tab.open(site.url("/page"))
        happened = "return window.frames_seen > 0 && window.in_view > 0"
        assert wait_until(lambda: tab.reader.execute_script(happened), Deadline.after(PATIENCE_SECONDS, "a frame"))
        assert tab.reader.execute_script("return [window.first, document.visibilityState]") == [True, "visible"]
        assert not tab.is_in_front


def test_what_is_not_plain_goes_by_webdriver(browser: RunningBrowser, site: Site) -> None:
    """Elements, arguments and WebDriver's own calls work as in any tab; others' code gets the WebDriver itself."""
    with patience(browser), browser.tab(site.url("/page"), COUNTER) as tab:
        tab.open(site.url("/page"))
        assert tab.reader.execute_script("return document.querySelector('h1')").text == "hello"
        assert tab.is_in_front
        assert tab.reader.execute_script("return arguments[0] + 1", 1) == 2
        assert tab.driver is browser.driver
        assert tab.driver.title == "mine"
    assert browser.driver.current_window_handle == browser.main_window


def test_a_page_opened_ahead_outlives_what_is_in_hand_and_is_asked_for_once(
    browser: RunningBrowser, site: Site
) -> None:
    """It stays when the tab in hand is closed, and the tab that comes next is it."""
    with patience(browser), browser.tab(site.url("/other"), COUNTER) as tab:
        tab.open(site.url("/other"))
        browser.pages.open_ahead(site.url("/page"), COUNTER)
        ahead = browser.pages.ahead
    assert ahead is not None
    assert pages(browser) == {browser.main_window, ahead.handle}
    with patience(browser), browser.tab(site.url("/page"), COUNTER) as tab:
        tab.open(site.url("/page"))
        assert (tab.handle, tab.reader.execute_script("return document.title")) == (ahead.handle, "mine")
    assert pages(browser) == {browser.main_window}
    assert site.asked.count("/page") == 1


@pytest.mark.parametrize("then", ["another", "blank", "failure"])
def test_a_page_opened_ahead_in_vain_is_closed(browser: RunningBrowser, site: Site, then: str) -> None:
    """Another address, a tab of WebDriver's, a failure of what is in hand: none leaves it open."""
    if then == "failure":
        with pytest.raises(KeyError):
            fail_with_a_page_ahead(browser, site)
    else:
        browser.pages.open_ahead(site.url("/page"), COUNTER)
        with browser.tab(*([site.url("/other"), COUNTER] if then == "another" else [])):
            assert browser.pages.ahead is None
    only_the_main_window_is_left(browser)


def test_an_ahead_page_that_became_nothing_is_opened_anew(browser: RunningBrowser, site: Site) -> None:
    """No content, a download, a page that crashed: the tab that comes next opens its page as if nothing had been."""
    for path in ("/nothing", "/unasked", "/page"):
        browser.pages.open_ahead(site.url(path), COUNTER)
        assert wait_until(lambda path=path: path in site.asked, Deadline.after(PATIENCE_SECONDS, path))
        ahead = browser.pages.ahead
        assert ahead is not None
        if path == "/page":
            assert wait_until(lambda ahead=ahead: ahead.evaluate(SHOWS_MINE), Deadline.after(PATIENCE_SECONDS, path))
            browser.devtools.send("Page.crash", ahead.session)
        assert wait_until(lambda ahead=ahead: not ahead.is_sound(), Deadline.after(PATIENCE_SECONDS, path))
        with patience(browser), browser.tab(site.url("/page"), COUNTER) as tab:
            tab.open(site.url("/page"))
            assert not tab.is_from_ahead
            assert tab.reader.execute_script("return document.title") == "mine"
    only_the_main_window_is_left(browser)


def test_a_page_that_asks_its_user_holds_nobody(browser: RunningBrowser, site: Site) -> None:
    """Its dialog is dismissed; so is that of a page opened ahead, which then is no worse than another."""
    for _ in range(2):
        with patience(browser), browser.tab(site.url("/asks"), COUNTER) as tab:
            tab.open(site.url("/asks"))
            browser.pages.open_ahead(site.url("/asks"), COUNTER)
            assert tab.reader.execute_script("return document.title") == "asks"
            assert not tab.is_in_front
    browser.pages.drop_ahead()
    only_the_main_window_is_left(browser)


def test_nobody_at_an_address_is_unreachable_here_too(browser: RunningBrowser) -> None:
    """The error has the name that WebDriver's way gives it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    with pytest.raises(SiteUnreachable), patience(browser), browser.tab(url, COUNTER) as tab:
        tab.open(url)


@pytest.mark.parametrize("path", ["/pushy", "/gone"])
def test_what_the_page_ahead_fetches_unasked_is_not_ours(
    browser: RunningBrowser, site: Site, tmp_path: Path, path: str
) -> None:
    """A download that a frame of it begins while ours comes is refused, though the frame has gone; ours is the file."""
    with patience(browser), browser.tab(site.url("/page"), COUNTER) as tab:
        tab.open(site.url("/page"))
        with Downloads(tab, tmp_path).expect() as expected:
            browser.pages.open_ahead(site.url(path), COUNTER)
            assert wait_until(lambda: "/unasked" in site.asked, Deadline.after(PATIENCE_SECONDS, "the other's file"))
            assert tab.navigate(site.url("/file"), Deadline.after(PATIENCE_SECONDS, "the file")).is_download
    browser.pages.drop_ahead()
    assert [(each.name, each.path.read_bytes()) for each in expected.files] == [("mine.txt", b"mine")]
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["mine.txt"]


def test_a_page_ahead_that_crashed_is_nothing_to_what_is_in_hand(
    browser: RunningBrowser, site: Site, tmp_path: Path
) -> None:
    """Nobody asks it: a file comes as if it were not there."""
    with patience(browser), browser.tab(site.url("/other"), COUNTER) as tab:
        tab.open(site.url("/other"))
        browser.pages.open_ahead(site.url("/page"), COUNTER)
        ahead = browser.pages.ahead
        assert ahead is not None
        assert wait_until(lambda: ahead.evaluate(SHOWS_MINE), Deadline.after(PATIENCE_SECONDS, "the page ahead"))
        browser.devtools.send("Page.crash", ahead.session)
        assert wait_until(lambda: not ahead.is_sound(), Deadline.after(PATIENCE_SECONDS, "its crash"))
        with Downloads(tab, tmp_path).expect() as expected:
            assert tab.navigate(site.url("/file"), Deadline.after(PATIENCE_SECONDS, "the file")).is_download
    browser.pages.drop_ahead()
    assert [each.name for each in expected.files] == ["mine.txt"]


def test_the_main_window_is_current_again_whoever_left_it(browser: RunningBrowser, site: Site) -> None:
    """Also when the driver stood elsewhere before a tab that it was never switched to."""
    with patience(browser):
        browser.driver.switch_to.new_window("tab")
        with browser.tab(site.url("/other"), COUNTER) as tab:
            tab.open(site.url("/other"))
            assert not tab.is_in_front
        assert browser.driver.current_window_handle == browser.main_window


def test_a_page_that_comes_instead_of_a_file_is_what_is_read(browser: RunningBrowser, site: Site) -> None:
    """After the tab was sent elsewhere the new page is read, not the one that was there before."""
    with patience(browser), browser.tab(site.url("/page"), COUNTER) as tab:
        tab.open(site.url("/page"))
        assert not tab.navigate(site.url("/other"), Deadline.after(PATIENCE_SECONDS, "the page")).is_download
        assert tab.reader.execute_script("return document.title") == "other"
