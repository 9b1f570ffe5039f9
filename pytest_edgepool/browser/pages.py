"""The pages that a browser has open besides its main window: which, and how they are closed. Never drives one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_edgepool.browser.background import BackgroundPage
from pytest_edgepool.browser.devtools import DevToolsRefusal
from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.browser.devtools import DevTools

_COMMAND_SECONDS = 10.0
_AGAIN_SECONDS = 0.5
_LOAD_SECONDS = 300.0  # for a page whose work nobody has bounded more tightly
# What was opened ahead is used at once in a run that goes well; later the site may say something else.
_FRESH_SECONDS = 60.0


class Pages:
    """What one browser has open.

    Args:
        devtools: its connection.
        main_window: the window that always stays.
        limit: returns until when the work in hand may take, or None where nobody has bounded it.

    Attributes:
        ahead: the page of the work that comes next, which outlives what is in hand now.
    """

    def __init__(self, devtools: DevTools, main_window: str, limit: Callable[[], Deadline | None]) -> None:
        self._devtools = devtools
        self._main_window = main_window
        self._bound = limit
        self._refuses = False
        self.ahead: BackgroundPage | None = None

    def blank(self, *, is_ours: bool = False) -> str:
        """Open an empty tab in front, and return its handle.

        Args:
            is_ours: whether what its pages fetch unasked goes nowhere; a test's own tab downloads as a browser does.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        self.drop_ahead()
        if is_ours:
            self._refuse_downloads()
        elif self._refuses:
            self._refuses = False
            soon = self._soon("allowing downloads")
            self._devtools.call("Browser.setDownloadBehavior", soon, behavior="default", eventsEnabled=True)
        made = self._devtools.call("Target.createTarget", self._soon("opening a tab"), url="about:blank")
        return str(made["targetId"])

    def at(self, url: str, script: str) -> BackgroundPage:
        """Return a page in the background that was sent to that address: the one opened ahead, if it is any use.

        Args:
            url: the address.
            script: runs in each of its pages, before their own.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        self._refuse_downloads()
        ahead = self.ahead
        if ahead is not None and ahead.url == url and self._is_fresh(ahead) and ahead.is_sound():
            self.ahead = None
            return ahead
        self.drop_ahead()
        return BackgroundPage.open(self._devtools, url, script, self._limit)

    def open_ahead(self, url: str, script: str) -> None:
        """Begin to load what will be asked for next.

        Args:
            url: the address.
            script: as for `at`.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        self.drop_ahead()
        self.ahead = BackgroundPage.open(self._devtools, url, script, self._limit)
        self.ahead.was_ahead = True

    def drop_ahead(self) -> None:
        """Close the page that was opened ahead, if there is one.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        ahead, self.ahead = self.ahead, None
        if ahead is not None:
            self._end(lambda: {ahead.handle} & self._open())

    def close(self) -> None:
        """Close every page but the main window and the one ahead; with one item in flight they are all that item's.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        self._end(lambda: self._open() - {self._main_window, self.ahead.handle if self.ahead else ""})
        self._devtools.forget_events()

    def _end(self, found: Callable[[], set[str]]) -> None:
        """Close what a look finds until it finds nothing."""
        soon = self._soon("closing the tab")
        # A page may stay listed for a moment, and whoever counts windows next must not see it. One that was just about
        # to show another document may not hear that it is to be closed (seen on a busy machine): it is told again.
        while (left := found()) and not soon.passed:
            for page in left:
                with suppress(DevToolsRefusal):  # it has gone meanwhile
                    self._devtools.call("Target.closeTarget", soon, targetId=page)
            again = min(soon, Deadline.after(_AGAIN_SECONDS, soon.what), key=lambda each: each.ends_at)
            wait_until(lambda: not found(), again, poll_seconds=0.005)

    def _refuse_downloads(self) -> None:
        """Have what a page fetches unasked go nowhere, until somebody says where to; else it would go astray."""
        self._refuses = True
        soon = self._soon("refusing downloads")
        self._devtools.call("Browser.setDownloadBehavior", soon, behavior="deny", eventsEnabled=True)

    def _limit(self) -> Deadline:
        return self._bound() or Deadline.after(_LOAD_SECONDS, "opening a page")

    def _is_fresh(self, page: BackgroundPage) -> bool:
        return SYSTEM_CLOCK.monotonic() - page.opened_at < _FRESH_SECONDS

    def _open(self) -> set[str]:
        targets = self._devtools.call("Target.getTargets", self._soon("listing the tabs"))["targetInfos"]
        return {str(each["targetId"]) for each in targets if each["type"] == "page"}

    def _soon(self, what: str) -> Deadline:
        return Deadline.after(_COMMAND_SECONDS, what)
