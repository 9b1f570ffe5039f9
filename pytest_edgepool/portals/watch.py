"""Sees when a person has signed in, in a browser that they use. Never takes a tab away from under them.

Measured on Chromium 156: WebDriver's switching to a tab brings it to the front. So only that tab is switched to which
is in front anyway, and only when it shows a page of the site; what the person does elsewhere is not looked at.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_edgepool.browser.devtools import DevToolsRefusal
from pytest_edgepool.browser.tabs import Tab, trouble_with
from pytest_edgepool.browser.wire import DriverError
from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, SiteUnreachable
from pytest_edgepool.portals.portal import PageKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.portals.portal import Portal

_KNOWN = (PageKind.HOME, PageKind.ORDER)
_LOOK_SECONDS = 5.0  # a page that shows a dialog or is busy answers later: it is asked again
# The site may ask for a certificate or a password before it answers at all: the person has all the time.
_OPENING_SECONDS = 20.0
_WEB_PORTS = (None, 80, 443)


class Watch:
    """The eye on one browser that a person signs in with.

    Args:
        running: the browser; its main window is the person's.
        portal: how the site is asked, or None: then only the person can say.
        url: the site's base URL.
    """

    def __init__(self, running: RunningBrowser, portal: Portal | None, url: str) -> None:
        self.portal = portal
        self._running = running
        self._url = url
        self._tab = running.main_window
        self._is_known = False

    @property
    def driver(self) -> WebDriver:
        """Selenium's WebDriver, on the tab that was looked at last."""
        return self._running.driver

    def open(self) -> None:
        """Send the main window to the site, and do not wait for what the person must do before it shows.

        Raises:
            SiteUnreachable: there is no such site.
            BrowserTrouble: the browser was closed, or died.
        """
        url = self.portal.home_url(self._url) if self.portal else self._url
        tab = Tab(self._running.driver, self._running.devtools, self._tab)
        with _saying_when_closed(), suppress(DeadlinePassed):
            error = tab.navigate(url, Deadline.after(_OPENING_SECONDS, "opening the site")).error
            trouble = trouble_with(url, error)
            if error and isinstance(trouble, SiteUnreachable):  # what may pass the person sees, and loads again
                raise trouble

    def is_signed_in(self) -> bool:
        """Return whether a tab that the person sees shows, not for the first time, what only the site's users can see.

        Once is not enough: a script in the page may still lead to the sign-in, or write the session down.

        Raises:
            BrowserTrouble: the browser was closed, or died.
        """
        was_known, self._is_known = self._is_known, False
        bounded = self._running.within(Deadline.after(_LOOK_SECONDS, "looking at the page"))
        # what is suppressed: between two pages of the sign-in, or a tab that was closed at this moment
        with _saying_when_closed(), suppress(DriverError, DeadlinePassed, DevToolsRefusal), bounded:
            self._is_known = self._shows_known_page()
        return was_known and self._is_known

    def _shows_known_page(self) -> bool:
        targets = self._running.devtools.call("Target.getTargets", self._soon())["targetInfos"]
        pages = {str(each["targetId"]): str(each["url"]) for each in targets if each["type"] == "page"}
        if not pages:  # macOS: the last window closed leaves the program running
            raise BrowserTrouble("there is no page left")
        if self.portal is None:
            return False
        ours = [each for each, url in pages.items() if is_of_site(url, self._url)]
        return any(self._knows_us(self.portal, each) for each in sorted(ours, key=lambda each: each != self._tab))

    def _knows_us(self, portal: Portal, tab: str) -> bool:
        if tab != self._tab:
            if not self._is_in_front(tab):
                return False
            self.driver.switch_to.window(tab)
            self._tab = tab
        return portal.read(self.driver).kind in _KNOWN

    def _is_in_front(self, tab: str) -> bool:
        devtools = self._running.devtools
        attached = devtools.call("Target.attachToTarget", self._soon(), targetId=tab, flatten=True)
        session = str(attached["sessionId"])
        try:
            seen = devtools.call("Runtime.evaluate", self._soon(), session, expression="document.visibilityState")
        finally:
            devtools.call("Target.detachFromTarget", self._soon(), sessionId=session)
        return bool(seen["result"].get("value") == "visible")

    def _soon(self) -> Deadline:
        return Deadline.after(_LOOK_SECONDS, "looking at the tabs")


@contextmanager
def _saying_when_closed() -> Iterator[None]:
    try:
        yield
    except DevToolsRefusal:
        raise
    except BrowserTrouble as error:
        raise BrowserTrouble("The browser was closed before you were signed in; try again.") from error


def is_of_site(url: str, site: str) -> bool:
    """Return whether a page is the site's own, and not the identity provider's; http may have become https."""
    return _place(url) is not None and _place(url) == _place(site)


def _place(url: str) -> tuple[str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts.hostname, None if port in _WEB_PORTS else port
