"""The long-lived browser of one worker: its tabs, its end. Never closes its main window, never deletes a cookie."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from selenium.common.exceptions import WebDriverException

from pytest_edgepool import processes, resources
from pytest_edgepool.browser.devtools import DevTools
from pytest_edgepool.browser.launch import Launch, Started, start
from pytest_edgepool.browser.tabs import Tab
from pytest_edgepool.browser.wire import answers, what_it_said
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.events import Event

_COMMAND_SECONDS = 10.0
_HEARTBEAT_SECONDS = 2.0  # measured: a busy browser answers within it, a stopped one never
_QUIT_SECONDS = 15.0


class RunningBrowser:
    """A browser that we started, until it is ended.

    Attributes:
        driver: selenium's WebDriver.
        devtools: the browser-level DevTools connection.
        launch: what was started.
        tabs_opened: how many tabs it has had.
    """

    def __init__(self, launch: Launch, started: Started, devtools: DevTools) -> None:
        self.launch = launch
        self.driver: WebDriver = started.driver
        self.devtools = devtools
        self.started = started
        self.tabs_opened = 0
        self.main_window = started.driver.current_window_handle

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
            devtools = DevTools(_debugger_address(started.driver.capabilities))
            return cls(launch, started, devtools)
        except WebDriverException as error:
            started.driver.quit()
            raise BrowserTrouble(f"the browser died while it started: {what_it_said(error)}") from error
        except BaseException:
            started.driver.quit()
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
        earlier, self.started.patience.deadline = self.started.patience.deadline, deadline
        try:
            yield
        finally:
            self.started.patience.deadline = earlier

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        """Open a tab for a block; whatever happens, it and what it opened are closed, and the main window is current.

        Raises:
            BrowserTrouble: the browser died.
        """
        made = self.devtools.call("Target.createTarget", self._soon("opening a tab"), url="about:blank")
        handle = str(made["targetId"])
        self.tabs_opened += 1
        try:
            self.driver.switch_to.window(handle)
            yield Tab(self.driver, self.devtools, handle)
        except BaseException as error:
            try:
                self._back_to_main()
            except (BrowserTrouble, DeadlinePassed, WebDriverException) as second:
                error.add_note(f"and its tab could not be closed: {second}")
            raise
        else:
            self._back_to_main()

    def _back_to_main(self) -> None:
        """Close every page but the main window; with one item in flight they are all that item's."""
        with self.within(self._soon("closing the tab")):
            for page in self._other_pages():
                self.devtools.call("Target.closeTarget", self._soon("closing the tab"), targetId=page)
            self.driver.switch_to.window(self.main_window)
            # A closed page may stay listed for a moment; whoever counts windows next must not see it.
            wait_until(lambda: not self._other_pages(), self._soon("closing the tab"), poll_seconds=0.01)
        self.devtools.forget_events()

    def _other_pages(self) -> list[str]:
        targets = self.devtools.call("Target.getTargets", self._soon("listing the tabs"))["targetInfos"]
        return [each["targetId"] for each in targets if each["type"] == "page" and each["targetId"] != self.main_window]

    def is_alive(self) -> bool:
        """Whether the browser and its driver answer; a stopped one does not, and either is no use without the other."""
        try:
            self.devtools.call("Browser.getVersion", Deadline.after(_HEARTBEAT_SECONDS, "asking the browser"))
        except (BrowserTrouble, DeadlinePassed):
            return False
        return answers(self.started.service_url, _HEARTBEAT_SECONDS)

    def memory_bytes(self) -> int:
        """Return what the browser uses now: PSS where the system tells it, else private bytes."""
        return resources.memory_bytes(self.started.browser_pid) if self.started.browser_pid else 0

    def quit(self) -> str:
        """End the browser, in order when it answers, else by its recorded process; return which it was.

        A browser that hangs is ended first, because `quit()` on a stopped browser waits for a quarter of a minute.
        """
        how = "quit" if self.is_alive() else "killed"
        if how == "killed":
            records = processes.tree_of(self.started.supervisor_pid, "supervisor", str(self.launch.user_data_dir))
            processes.end(records, patience_seconds=0)
        with self.within(Deadline.after(_QUIT_SECONDS, "ending the browser")):
            self.driver.quit()
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
