"""The long-lived browser of one worker: its tabs, its end. Never closes its main window, never deletes a cookie."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from selenium.common.exceptions import WebDriverException

from pytest_edgepool import processes, resources
from pytest_edgepool.browser.devtools import DevTools
from pytest_edgepool.browser.heartbeat import end_everything, is_answered, watch_over
from pytest_edgepool.browser.launch import Launch, Started, start
from pytest_edgepool.browser.pages import Pages
from pytest_edgepool.browser.tabs import Tab
from pytest_edgepool.browser.wire import what_it_said
from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.wire import Connection
    from pytest_edgepool.events import Event

_COMMAND_SECONDS = 10.0
# Six browsers starting on two busy cores answered within 1.1 s (measured); a stopped one never does.
_ANSWER_SECONDS = 5.0


class RunningBrowser:
    """A browser that we started, until it is ended.

    Attributes:
        driver: selenium's WebDriver.
        devtools: the browser-level DevTools connection.
        launch: what was started.
        tabs_opened: how many tabs it has had.
        pages: what it has open besides its main window.
    """

    def __init__(self, launch: Launch, started: Started, devtools: DevTools) -> None:
        self.launch = launch
        self.driver: WebDriver = started.driver
        self.devtools = devtools
        self.started = started
        self.tabs_opened = 0
        self._tabs_now = 0
        self._is_silent = False
        self._why_no_use = ""
        self.main_window = started.driver.current_window_handle
        self._wire = cast("Connection", started.driver.command_executor)
        self.pages = Pages(devtools, self.main_window, lambda: started.patience.deadline)
        # Through this session the browser tells by itself when the page of the main window crashes.
        self._main_session = devtools.attach(self.main_window, self._soon("attaching to the main window"))
        self._heartbeat = watch_over(started, devtools.address, launch.heartbeat_seconds)

    @classmethod
    def start(
        cls,
        launch: Launch,
        record: Callable[[processes.ProcessRecord], None],
        tell: Callable[[Event], None] | None = None,
    ) -> RunningBrowser:
        """Start a browser and its DevTools connection.

        Raises:
            BrowserTrouble: it did not start; nothing of it is left running.
        """
        started = start(launch, record, tell)
        try:
            address = _debugger_address(started.driver.capabilities)
            with _bounded(started, Deadline.after(launch.patience_seconds, "starting the browser")):
                return cls(launch, started, DevTools(address, lambda: started.patience.trouble))
        except WebDriverException as error:
            _end_failed(started)
            raise BrowserTrouble(f"the browser died while it started: {what_it_said(error)}") from error
        except DeadlinePassed as error:
            _end_failed(started)
            raise BrowserTrouble(f"the browser did not answer while it started: {error}") from error
        except BaseException:
            _end_failed(started)
            raise

    @property
    def capabilities(self) -> dict[str, Any]:
        """The session's capabilities."""
        return dict(self.driver.capabilities)

    @property
    def user_data_dir(self) -> str:
        """The user data dir that the session itself reports."""
        for name in ("msedge", "chrome"):
            reported = self.driver.capabilities.get(name)
            if isinstance(reported, dict) and "userDataDir" in reported:
                return str(reported["userDataDir"])
        return ""

    @property
    def driver_version(self) -> str:
        """The driver's version, as the session reports it."""
        for name, key in (("msedge", "msedgedriverVersion"), ("chrome", "chromedriverVersion")):
            reported = self.driver.capabilities.get(name)
            if isinstance(reported, dict) and key in reported:
                return str(reported[key]).split(" ", maxsplit=1)[0]
        return ""

    @contextmanager
    def within(self, deadline: Deadline) -> Iterator[None]:
        """Bound every driver call of a block by one deadline."""
        with _bounded(self.started, deadline):
            yield

    @contextmanager
    def tab(self, url: str = "", script: str = "", *, is_ours: bool = False) -> Iterator[Tab]:
        """Open a tab for a block; whatever happens, it and what it opened are closed, and the main window is current.

        A browser that died or hangs when the block is done has nothing to be closed: what was done stays done, and
        `trouble` tells.

        Args:
            url: where the tab will be sent first: then it begins to load in the background, and WebDriver is switched
                to it only when the block needs it.
            script: runs in each page of such a tab, before the page's own.
            is_ours: whether what the page fetches unasked goes nowhere, though the tab is in front.

        Raises:
            BrowserTrouble: the browser died.
        """
        page = self.pages.at(url, script) if url else None
        handle = page.handle if page else self.pages.blank(is_ours=is_ours)
        self.tabs_opened += 1
        self._tabs_now += 1
        try:
            if page is None:
                self.driver.switch_to.window(handle)
            yield Tab(self.driver, self.devtools, handle, page, self.pages.drop_ahead)
        except BaseException as error:
            try:
                # one that is stopped is found out soon: closing a tab has more patience
                self.devtools.call("Browser.getVersion", Deadline.after(_ANSWER_SECONDS, "asking the browser"))
                self.pages.drop_ahead()  # what failed here may have struck that one too
                self._back_to_main()
            except (BrowserTrouble, DeadlinePassed, WebDriverException) as second:
                error.add_note(f"and its tab could not be closed: {second}")
            raise
        else:
            try:
                self._back_to_main()
            except (BrowserTrouble, DeadlinePassed, WebDriverException) as error:
                # What was done in it is done. Whoever needs a browser next gets a new one, without that tab.
                self._why_no_use = self._why_no_use or f"a tab could not be closed ({error})"
        finally:
            self._tabs_now -= 1

    def _back_to_main(self) -> None:
        with self.within(self._soon("closing the tab")):
            self.pages.close()
            if self._wire.window != self.main_window:  # which it is not told of is not known: it is switched back
                self.driver.switch_to.window(self.main_window)

    def trouble(self) -> str:
        """Return why this browser is no use any more, or "": what is known already, nobody is asked or waited for.

        A page of the main window that crashed counts between tabs only: whoever works in a tab is not disturbed.
        """
        if known := self.started.patience.trouble or self._why_no_use:
            return known
        for each in self._vital():
            if not processes.is_ours_alive(each):
                return f"the {each.role} died"
        if self._is_silent:
            return f"it did not answer within {_ANSWER_SECONDS:g} s"
        try:
            self.devtools.take_in()
        except BrowserTrouble as error:
            return str(error)
        if not self._tabs_now and self._main_session in self.devtools.crashed:
            return "the page of its main window crashed"
        return ""

    def is_alive(self) -> bool:
        """Whether the browser and its driver answer, and its main window too; none is any use without the others."""
        return not self.trouble() and self._answers()

    def _answers(self) -> bool:
        """Ask browser and driver; one that was silent once is not asked, and waited for, again."""
        if not self._is_silent:
            try:
                self.devtools.call("Browser.getVersion", Deadline.after(_ANSWER_SECONDS, "asking the browser"))
            except (BrowserTrouble, DeadlinePassed):
                self._is_silent = True
            else:
                self._is_silent = (
                    processes.is_stopped(self.started.supervisor)  # it could not end the rest
                    or not is_answered(f"{self.started.service_url}/status", _ANSWER_SECONDS)
                )
        return not self._is_silent

    def _vital(self) -> tuple[processes.ProcessRecord, ...]:
        browser = (self.started.browser,) if self.started.browser else ()
        return (self.started.supervisor, *self.started.drivers, *browser)

    def memory_bytes(self) -> int:
        """Return what the browser uses now: PSS where the system tells it, else private bytes."""
        return resources.memory_bytes(self.started.browser_pid) if self.started.browser_pid else 0

    def quit(self) -> str:
        """End the browser, in order when it answers, else by its records; return which it was. It takes seconds.

        A browser, driver or supervisor that hangs is ended first: whoever asks it to end waits in vain. What outlives
        its parents, as the rest does when driver or supervisor were killed, is ended last.
        """
        if self._heartbeat is not None:
            self._heartbeat.finish()
        how = "quit" if not self.started.patience.trouble and self._answers() else "killed"
        if how == "killed":
            end_everything(self.started.records)
        self.driver.quit()
        end_everything(self.started.records)
        self.devtools.close()
        return how

    def _soon(self, what: str) -> Deadline:
        return Deadline.after(_COMMAND_SECONDS, what)


def _debugger_address(capabilities: dict[str, Any]) -> str:
    for name in ("ms:edgeOptions", "goog:chromeOptions"):
        options = capabilities.get(name)
        if isinstance(options, dict) and options.get("debuggerAddress"):
            return str(options["debuggerAddress"])
    raise BrowserTrouble("the driver does not say where the browser's DevTools are; it may be too old for this browser")


@contextmanager
def _bounded(started: Started, deadline: Deadline) -> Iterator[None]:
    earlier, started.patience.deadline = started.patience.deadline, deadline
    try:
        yield
    finally:
        started.patience.deadline = earlier


def _end_failed(started: Started) -> None:
    started.driver.quit()
    end_everything(started.records)
