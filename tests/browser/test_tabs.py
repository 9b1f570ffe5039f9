"""Tabs of a real browser: opened, sent somewhere, always closed; each trouble has its own name."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from selenium.common.exceptions import WebDriverException

from pytest_edgepool.browser.binaries import find
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, NetworkTrouble, SiteUnreachable
from pytest_edgepool.processes import ProcessRecord, end, is_ours_alive
from pytest_edgepool.settings import Settings
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.browser.tabs import Tab

PAGE = "data:text/html,<title>mine</title><h1>hello</h1>"
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


def soon(what: str) -> Deadline:
    """A patience far beyond what any machine needs."""
    return Deadline.after(PATIENCE_SECONDS, what)


class Rented:
    """A browser, and the records of what was started for it."""

    def __init__(self, user_data_dir: Path) -> None:
        self.records: list[ProcessRecord] = []
        launch = Launch(browser=find(Settings()), user_data_dir=user_data_dir)
        self.browser = RunningBrowser.start(launch, self.records.append)

    def end(self) -> None:
        """End it, whatever a test has done to it."""
        end(self.records, patience_seconds=0)
        self.browser.devtools.close()
        assert wait_until(lambda: not any(map(is_ours_alive, self.records)), soon("the browser's end"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBrowser]:
    """One browser for all tests that leave it alive."""
    rented = Rented(tmp_path_factory.mktemp("profile"))
    try:
        yield rented.browser
        rented.browser.quit()
    finally:
        rented.end()


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Rented]:
    """A browser that its test may kill."""
    rented = Rented(tmp_path / "profile")
    try:
        yield rented
    finally:
        rented.end()


def kill_and_open(pid: int, tab: Tab) -> None:
    """Use a tab when what it needs has just been killed."""
    os.kill(pid, signal.SIGKILL)
    tab.open(PAGE)


def pages(browser: RunningBrowser) -> list[str]:
    """What the browser itself calls its open pages."""
    told = browser.devtools.call("Target.getTargets", soon("the tabs"))["targetInfos"]
    return [each["targetId"] for each in told if each["type"] == "page"]


def test_a_tab_is_a_window_of_its_own(browser: RunningBrowser) -> None:
    """Inside the block the driver is on the tab, afterwards on the main window, and the tab is gone."""
    with browser.tab() as tab:
        tab.open(PAGE)
        assert browser.driver.current_window_handle == tab.handle != browser.main_window
        assert browser.driver.title == "mine"
    assert browser.driver.current_window_handle == browser.main_window
    assert pages(browser) == [browser.main_window]


def test_a_tab_is_closed_when_its_block_fails(browser: RunningBrowser) -> None:
    """The block's own error comes out, and the tab is gone all the same."""
    with pytest.raises(KeyError, match="mine"), browser.tab():
        raise KeyError("mine")
    assert pages(browser) == [browser.main_window]


@pytest.mark.parametrize(
    "script",
    [
        "window.open('about:blank')",
        "window.open('about:blank', '', 'popup,width=200,height=200')",
        "window.open('about:blank', '', 'noopener')",
        "for (let i = 0; i < 3; i++) window.open('about:blank')",
        "document.body.innerHTML = '<a href=about:blank target=_blank>x</a>'; document.links[0].click()",
    ],
)
def test_what_a_tab_opened_is_closed_with_it(browser: RunningBrowser, script: str) -> None:
    """Popups, new tabs and pages without an opener all go; the main window stays."""
    with browser.tab() as tab:
        tab.open(PAGE)
        browser.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": script, "userGesture": True})
        assert wait_until(lambda: len(pages(browser)) > 2, soon("the popup"))
    assert pages(browser) == [browser.main_window]


@pytest.mark.parametrize("kind", ["alert('x')", "confirm('x')", "prompt('x')"])
def test_a_question_does_not_hold_a_tab(browser: RunningBrowser, kind: str) -> None:
    """A tab that asks its user something is closed like any other."""
    with browser.tab() as tab:
        tab.open(PAGE)
        browser.driver.execute_script(f"setTimeout(() => {kind})")
    with browser.tab() as tab:
        tab.open(PAGE)
        assert browser.driver.title == "mine"


def test_a_page_that_does_not_want_to_be_left_is_closed(browser: RunningBrowser) -> None:
    """`beforeunload` keeps nobody."""
    with browser.tab() as tab:
        tab.open(PAGE)
        browser.driver.execute_script("window.onbeforeunload = () => 'stay'")
        browser.driver.find_element("tag name", "h1").click()
    assert pages(browser) == [browser.main_window]


def test_a_tab_that_closed_itself_is_no_trouble(browser: RunningBrowser) -> None:
    """What is closed already needs no closing."""
    with browser.tab():
        browser.driver.close()
    assert pages(browser) == [browser.main_window]


def test_tabs_are_counted(browser: RunningBrowser) -> None:
    """Each tab counts once, failed or not."""
    before = browser.tabs_opened
    for _ in range(2):
        with browser.tab() as tab:
            tab.open("about:blank")
    assert browser.tabs_opened == before + 2


def test_nobody_at_an_address_is_unreachable(browser: RunningBrowser) -> None:
    """A refused connection has a name of its own: trying the next order is useless."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SiteUnreachable, match="ERR_CONNECTION_REFUSED"), browser.tab() as tab:
        tab.open(f"http://127.0.0.1:{port}/")


def test_an_unknown_host_is_unreachable(browser: RunningBrowser) -> None:
    """A name that nobody has is as good as nobody."""
    with pytest.raises(SiteUnreachable, match=r"https://no-such-host\.invalid/ cannot"), browser.tab() as tab:
        tab.open("https://no-such-host.invalid/?token=secret")


@contextmanager
def hanging_up(*, rudely: bool) -> Iterator[str]:
    """Give the address of a site that takes each request and hangs up without a word: with a reset, or in order."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def hang_up() -> None:
            peers: list[socket.socket] = []
            while not stop.is_set():
                for each in select.select([server, *peers], [], [], 0.1)[0]:
                    if each is server:  # a browser also connects ahead of need, and then says nothing
                        peers.append(server.accept()[0])
                        continue
                    peers.remove(each)
                    with suppress(ConnectionError):  # the browser may have given up first
                        each.recv(65_536)
                    if rudely:
                        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    each.close()
            for each in peers:
                each.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            stop.set()
            thread.join()


@pytest.mark.skipif(os.name != "posix", reason="the reset is POSIX's")
def test_an_answer_that_breaks_off_is_network_trouble(browser: RunningBrowser) -> None:
    """A site that hangs up may be there again in a moment."""
    with (
        hanging_up(rudely=True) as url,
        pytest.raises(NetworkTrouble, match="ERR_CONNECTION_RESET") as caught,
        browser.tab() as tab,
    ):
        tab.open(url)
    assert not isinstance(caught.value, SiteUnreachable)


def test_an_empty_answer_is_network_trouble(browser: RunningBrowser) -> None:
    """The browser's own error page is never taken for a page of the site."""
    with hanging_up(rudely=False) as url, pytest.raises(NetworkTrouble), browser.tab() as tab:
        tab.open(url)


def test_a_page_that_never_comes_ends_with_the_deadline(browser: RunningBrowser) -> None:
    """A load is bounded by the work in hand, and the browser is good for the next tab."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(DeadlinePassed, match="the page took longer than 1 s"):  # noqa: SIM117 - the tab is inside
            with browser.within(Deadline.after(1, "the page")), browser.tab() as tab:
                tab.open(url)
    with browser.tab() as tab:
        tab.open(PAGE)
        assert browser.driver.title == "mine"


def test_an_address_in_a_message_has_no_secrets(browser: RunningBrowser) -> None:
    """What an error says of an address is scheme, host and path."""
    with pytest.raises(SiteUnreachable) as caught, browser.tab() as tab:
        tab.open("https://buyer:secret@no-such-host.invalid/orders?token=secret#secret")
    assert "secret" not in str(caught.value)


def test_a_navigation_answers_when_the_headers_are_in(browser: RunningBrowser) -> None:
    """A page is no download, and a refused connection is told by its name."""
    with browser.tab() as tab:
        page = tab.navigate(PAGE, soon("the page"))
        assert (page.is_download, page.error) == (False, "")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        assert tab.navigate(f"http://127.0.0.1:{port}/", soon("nobody")).error == "ERR_CONNECTION_REFUSED"


def test_a_killed_browser_is_browser_trouble(doomed: Rented) -> None:
    """Whatever a tab of a dead browser is asked, the error says that a new browser may do."""
    os.kill(doomed.browser.started.browser_pid, signal.SIGKILL)
    with pytest.raises(BrowserTrouble), doomed.browser.tab():
        pytest.fail("a dead browser opened a tab")
    assert not doomed.browser.is_alive()


def test_a_browser_killed_under_a_tab_is_browser_trouble(doomed: Rented) -> None:
    """The tab's own call tells it, and that its tab cannot be closed any more hides nothing."""
    with pytest.raises(BrowserTrouble), doomed.browser.tab() as tab:
        kill_and_open(doomed.browser.started.browser_pid, tab)


def test_a_lost_devtools_connection_is_browser_trouble(doomed: Rented) -> None:
    """Without the connection downloads would go astray: the browser counts as dead, although its driver answers."""
    doomed.browser.devtools.close()
    assert not doomed.browser.is_alive()
    assert doomed.browser.driver.current_window_handle == doomed.browser.main_window
    with pytest.raises(BrowserTrouble), doomed.browser.tab():
        pytest.fail("a tab without DevTools")


def test_a_browser_whose_connection_is_lost_can_be_ended(doomed: Rented) -> None:
    """It is ended by its recorded processes, and nothing of it is left."""
    doomed.browser.devtools.close()
    assert doomed.browser.quit() == "killed"
    assert wait_until(lambda: not any(map(is_ours_alive, doomed.records)), soon("the browser's end"))


def test_a_killed_driver_is_browser_trouble(doomed: Rented) -> None:
    """A dead driver has the same name as a dead browser, not urllib3's."""
    driver = next(each for each in doomed.records if each.role == "driver")
    with pytest.raises(BrowserTrouble), doomed.browser.tab() as tab:
        kill_and_open(driver.pid, tab)


def test_a_crashed_page_is_told_and_the_browser_lives(browser: RunningBrowser) -> None:
    """A page whose process dies fails its tab; the next tab is fine."""
    with pytest.raises((BrowserTrouble, WebDriverException)), browser.tab() as tab:
        tab.open("chrome://crash")
    with browser.tab() as tab:
        tab.open(PAGE)
        assert browser.driver.title == "mine"


def test_an_ended_browser_leaves_nothing(doomed: Rented) -> None:
    """A browser that ends in order takes supervisor and driver along."""
    assert doomed.browser.quit() == "quit"
    assert wait_until(lambda: not any(map(is_ours_alive, doomed.records)), soon("the browser's end"))
