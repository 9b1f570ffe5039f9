"""A tab: opened, worked in, always closed. Never touches the main window.

A DevTools target's id is the WebDriver window handle, so a tab is made over DevTools (one round trip) and driven by
WebDriver.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from selenium.common.exceptions import TimeoutException, WebDriverException

from pytest_edgepool.browser.background import OnlyByDriver
from pytest_edgepool.browser.lazily import LazyDriver, real
from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, NetworkTrouble, SiteUnreachable, TabTrouble
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.background import BackgroundPage
    from pytest_edgepool.browser.devtools import DevTools

_COMMAND_SECONDS = 10.0
_NET_ERROR = re.compile(r"net::(ERR_[A-Z_]+)")
# Nobody is there at all; other errors (reset, timed out, empty answer, network changed) may pass.
_NOBODY_THERE = frozenset(
    {"ERR_NAME_NOT_RESOLVED", "ERR_CONNECTION_REFUSED", "ERR_ADDRESS_UNREACHABLE"}
    | {"ERR_ADDRESS_INVALID", "ERR_UNSAFE_PORT"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Navigation:
    """What came of sending a tab to an address.

    Attributes:
        is_download: whether it became a download; the page then stays.
        error: the browser's network error, as `ERR_…`, or "".
    """

    is_download: bool
    error: str


def trouble_with(url: str, error: str) -> Exception:
    """Return what a network error means: try again, or nobody is there."""
    if error in _NOBODY_THERE:
        return SiteUnreachable(f"{plain_url(url)} cannot be reached ({error})")
    return NetworkTrouble(f"{plain_url(url)} did not answer ({error})")


class Tab:
    """One tab of a browser, with the folder that its downloads go to.

    Args:
        driver: the browser's WebDriver.
        devtools: its DevTools connection.
        handle: the tab's window handle.
        page: the tab, when it was opened in the background; else the driver is on it.
        drop_ahead: closes the page that was opened ahead, where there is one.

    Attributes:
        handle: its window handle.
        reader: the driver for our own scripts that only read: it is switched to the tab when it is first needed.
        is_from_ahead: whether it shows what was opened ahead.
    """

    def __init__(
        self,
        driver: WebDriver,
        devtools: DevTools,
        handle: str,
        page: BackgroundPage | None = None,
        drop_ahead: Callable[[], object] = lambda: None,
    ) -> None:
        self._lazy = LazyDriver(driver, page) if page is not None else None
        self.reader: WebDriver = cast("WebDriver", self._lazy) if self._lazy is not None else driver
        self.handle = handle
        self.is_from_ahead = False
        self._is_sent_for_file = False
        self._devtools = devtools
        self._page = page
        self._drop_ahead = drop_ahead
        self._session = page.session if page is not None else ""
        self._is_watched = False

    @property
    def driver(self) -> WebDriver:
        """The WebDriver, on this tab from now on.

        Raises:
            selenium.common.exceptions.WebDriverException: there is no such tab any more.
        """
        return real(self.reader)

    @property
    def is_in_front(self) -> bool:
        """Whether the driver is on it."""
        return self._lazy is None or self._lazy.is_switched

    def open(self, url: str) -> None:
        """Open a page and wait until it is loaded.

        Raises:
            SiteUnreachable: nobody is there.
            NetworkTrouble: the connection broke or the load timed out.
            TabTrouble: the tab or its browser died.
            DeadlinePassed: the time of the work in hand is used up.
        """
        if self._is_opened_at(url):
            return
        try:
            self.driver.get(url)
            shown = str(self.driver.execute_script("return location.protocol"))
        except TimeoutException as error:
            raise NetworkTrouble(f"{plain_url(url)} did not finish loading") from error
        except WebDriverException as error:
            found = _NET_ERROR.search(error.msg or "")
            if found:
                raise trouble_with(url, found[1]) from error
            raise TabTrouble(f"the tab failed: {(error.msg or type(error).__name__).splitlines()[0]}") from error
        if shown == "chrome-error:":  # the driver keeps silent about an empty answer (measured)
            raise trouble_with(url, "ERR_EMPTY_RESPONSE")

    def _is_opened_at(self, url: str) -> bool:
        """Whether it was opened for that address in the background, and is loaded by now; else the driver does it."""
        self.is_from_ahead = False
        page, self._page = self._page, None  # the second time a page is asked for it is loaded again
        if page is None or page.url != url:
            return False
        try:
            page.wait_loaded()
        except OnlyByDriver:
            return False
        self.is_from_ahead = page.was_ahead
        return True

    def save_into(self, folder: Path) -> None:
        """Have this browser's downloads land in `folder` from now on, named by GUID, and tell of them by events."""
        self._is_sent_for_file = False
        self._devtools.forget_events()
        self._devtools.call(
            "Browser.setDownloadBehavior",
            self._soon("setting the download folder"),
            behavior="allowAndName",
            downloadPath=str(folder),
            eventsEnabled=True,
        )

    def navigate(self, url: str, deadline: Deadline) -> Navigation:
        """Send the tab to an address; answers as soon as the headers are in, download or not.

        Where it is a download, no other than the tab's own counts until downloads are to land elsewhere.

        Raises:
            BrowserTrouble: the tab or its browser died.
            DeadlinePassed: no headers in time.
        """
        answer = self._devtools.call("Page.navigate", deadline, self._own_session(), url=url)
        found = _NET_ERROR.search(str(answer.get("errorText", "")))
        self._is_sent_for_file = is_download = bool(answer.get("isDownload"))
        if self._lazy is not None and not is_download:
            self._lazy.wait_for_page(str(answer.get("loaderId", "")), deadline)
        # A download leaves the navigation itself "aborted": that is no error.
        return Navigation(is_download=is_download, error="" if is_download or not found else found[1])

    def watch(self) -> None:
        """Have the browser tell the headers of what it is answered, from now on.

        Only where the site is in trouble: on a page of forty parts it costs a fifth more CPU (measured: 0.47 s
        instead of 0.38 s).

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        if not self._is_watched:
            # No content is kept for us: nobody asks for it.
            none = {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0, "maxPostDataSize": 0}
            self._devtools.call("Network.enable", self._soon("watching the tab"), self._own_session(), **none)
            self._is_watched = True

    def headers(self) -> dict[str, str]:
        """Return the headers of the last page that was answered, names in lower case; none when it was not watched.

        Takes the events that nobody took: to be called when the page is there, and no download is under way.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        found: dict[str, str] = {}
        if self._is_watched:
            self.settle()
            while event := self._devtools.next_event(Deadline.after(0, "an event")):
                told = event.get("params", {})
                if event["method"] == "Network.responseReceived" and told.get("type") == "Document":
                    found = {name.lower(): str(value) for name, value in told["response"]["headers"].items()}
        return found

    def next_message(self, deadline: Deadline) -> tuple[str, dict[str, Any]] | None:
        """Return the next browser event as (method, parameters), or None when none came in time."""
        while (event := self._devtools.next_event(deadline)) is not None:
            method, told = str(event["method"]), event.get("params", {})
            is_stranger = self._is_sent_for_file and told.get("frameId") != self.handle
            if method != "Browser.downloadWillBegin" or not is_stranger:
                return method, told
            self.cancel(told["guid"])  # begun unasked, by a part of the page or by another: it is not the file
        return None

    def be_alone(self) -> None:
        """Close the page that was opened ahead: from now on every download is this tab's.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        self._drop_ahead()

    def cancel(self, guid: str) -> None:
        """Give up a download that is under way; nothing of it stays on the disk. One that has ended stays as it is."""
        self._devtools.call("Browser.cancelDownload", self._soon("giving up a download"), guid=guid)

    def settle(self) -> None:
        """Wait for one round trip: what the page began before is told by events now."""
        self._devtools.call("Browser.getVersion", self._soon("asking the browser"))

    def heartbeat(self, patience_seconds: float) -> bool:
        """Return whether the browser answers at all: a stopped one does not, however long one waits."""
        try:
            self._devtools.call("Browser.getVersion", Deadline.after(patience_seconds, "asking the browser"))
        except (BrowserTrouble, DeadlinePassed):
            return False
        return True

    def _own_session(self) -> str:
        """Attach to the tab when that is not done yet; return the DevTools session."""
        if not self._session:
            self._session = self._devtools.attach(self.handle, self._soon("attaching to the tab"))
        return self._session

    def _soon(self, what: str) -> Deadline:
        return Deadline.after(_COMMAND_SECONDS, what)
