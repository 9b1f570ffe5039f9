"""The wire to the driver: each call bounded and never repeated. Never knows what a call is for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service as ChromeService
from selenium.webdriver.chromium.remote_connection import ChromiumRemoteConnection
from selenium.webdriver.edge.service import Service as EdgeService
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webdriver import WebDriver as RemoteWebDriver
from urllib3.exceptions import HTTPError, ReadTimeoutError

from pytest_edgepool import broods, processes
from pytest_edgepool.browser import supervisor
from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed
from pytest_edgepool.events import DriverCalled

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium.webdriver.chromium.options import ChromiumOptions
    from selenium.webdriver.chromium.service import ChromiumService

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.events import Event

_PATIENCE_SECONDS = 300.0  # for a driver call that nobody has bounded more tightly
_QUIT_SECONDS = 15.0
_LEAVES_WINDOW = (Command.SWITCH_TO_WINDOW, Command.NEW_WINDOW, Command.CLOSE)
_STOP_SECONDS = 10.0  # the supervisor gives driver and browser up to 7.5 s to end in order


# Selenium logs every command and answer at DEBUG, with the form fields, cookies and addresses in them: while a call of
# ours is under way it does not. Another's use of selenium in the same process is left alone.
_QUIET: ContextVar[bool] = ContextVar("edgepool_quiet", default=False)


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not _QUIET.get()


logging.getLogger("selenium.webdriver.remote.remote_connection").addFilter(_is_not_ours)


class Patience:
    """How long the driver's calls may take: what the work in hand still has.

    Attributes:
        deadline: until when.
        trouble: why no call is worth waiting for any more, as the heartbeat found out in its own thread; or "".
    """

    def __init__(self) -> None:
        self.deadline: Deadline | None = None
        self.trouble = ""

    def seconds(self) -> float:
        """Return the limit for the next call."""
        return _PATIENCE_SECONDS if self.deadline is None else self.deadline.remaining_seconds()


class Connection(ChromiumRemoteConnection):
    """The wire to the driver: each call has the remaining time as its limit, and the driver's death one name.

    Raises from `execute`:
        DeadlinePassed: the driver did not answer in time (a stopped browser never answers, and page-load timeouts do
            not fire on it).
        BrowserTrouble: the driver is gone, or the heartbeat has found one of them dead or hanging.

    Attributes:
        window: the handle of the window that the driver is in, "" when that is not known.
    """

    def __init__(
        self, address: str, browser: Browser, patience: Patience, tell: Callable[[Event], None] | None
    ) -> None:
        is_edge = browser.brand == "edge"
        super().__init__(
            remote_server_addr=address,
            vendor_prefix="ms" if is_edge else "goog",
            browser_name="MicrosoftEdge" if is_edge else "chrome",
            ignore_proxy=True,
            client_config=ClientConfig(
                remote_server_addr=address,
                timeout=int(_PATIENCE_SECONDS),
                # urllib3 would repeat a GET three times, each with the full limit
                init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": False}},
            ),
        )
        self.patience = patience
        self.window = ""
        self._tell = tell

    def execute(self, command: str, params: Any) -> Any:
        """Send one command to the driver."""
        deadline = self.patience.deadline
        if deadline is not None:
            deadline.check()
        self._client_config.timeout = max(0.001, self.patience.seconds())  # urllib3 takes fractions, and no 0
        begun = SYSTEM_CLOCK.monotonic()
        quiet = _QUIET.set(True)
        if command in _LEAVES_WINDOW:
            self.window = ""
        try:
            answer = super().execute(command, params)  # type: ignore[no-untyped-call]
        except HTTPError as error:
            raise self._meaning_of(error, command, deadline) from None  # the rest are urllib3's own affairs
        else:
            if self.patience.trouble:  # a driver that outlived its browser by a moment only says "no such session"
                raise BrowserTrouble(self.patience.trouble)
            if command == Command.SWITCH_TO_WINDOW and not answer.get("status"):
                self.window = str(params.get("handle", ""))
            return answer
        finally:
            _QUIET.reset(quiet)
            if self._tell is not None:
                self._tell(DriverCalled(command=command, seconds=round(SYSTEM_CLOCK.monotonic() - begun, 4)))

    def _meaning_of(self, error: HTTPError, command: str, deadline: Deadline | None) -> BrowserTrouble | DeadlinePassed:
        if self.patience.trouble:
            return BrowserTrouble(self.patience.trouble)
        if not isinstance(error, ReadTimeoutError):  # not urllib3's TimeoutError: a refused connection is one too
            return BrowserTrouble(f"the driver is gone ({type(error).__name__} at {command!r})")
        if deadline is not None:
            return DeadlinePassed(deadline.what, deadline.patience_seconds)
        return BrowserTrouble(f"the driver did not answer {command!r} within {_PATIENCE_SECONDS:g} s")


class _EdgeService(EdgeService):
    """msedgedriver below our supervisor."""

    def env_path(self) -> None:
        """Return nothing: SE_EDGEDRIVER was asked already; here it would replace the supervisor."""


class _ChromeService(ChromeService):
    """chromedriver below our supervisor."""

    def env_path(self) -> None:
        """Return nothing, as above."""


class EdgeDriver(webdriver.Edge):
    """`webdriver.Edge` on a service that runs already and with our own connection."""

    def __init__(self, service: ChromiumService, options: ChromiumOptions, connection: Connection) -> None:
        self.service = service
        self.options = options
        RemoteWebDriver.__init__(self, command_executor=connection, options=options)
        self._is_remote = False

    def quit(self) -> None:
        """End the session, the driver and its supervisor; within seconds, also when one of them is dead or hangs."""
        _end(self, self.service)


class ChromeDriver(webdriver.Chrome):
    """`webdriver.Chrome`, likewise."""

    def __init__(self, service: ChromiumService, options: ChromiumOptions, connection: Connection) -> None:
        self.service = service
        self.options = options
        RemoteWebDriver.__init__(self, command_executor=connection, options=options)
        self._is_remote = False

    def quit(self) -> None:
        """End the session, the driver and its supervisor; within seconds, also when one of them is dead or hangs."""
        _end(self, self.service)


def _end(driver: RemoteWebDriver, service: ChromiumService) -> None:
    """End a driver: Selenium's own way waits for minutes for a driver or a supervisor that hangs."""
    cast("Connection", driver.command_executor).patience.deadline = Deadline.after(_QUIT_SECONDS, "ending the browser")
    try:
        with suppress(WebDriverException, BrowserTrouble, DeadlinePassed, HTTPError):  # then the supervisor does it
            RemoteWebDriver.quit(driver)
    finally:
        stop(service)


def service_for(browser: Browser, mark: str) -> ChromiumService:
    """Return a service, not started, whose executable is Python running our supervisor, which runs the driver.

    Args:
        browser: executable and driver.
        mark: what all that it starts carries in its environment.
    """
    kind = _EdgeService if browser.brand == "edge" else _ChromeService
    # In a session of its own, so that a signal to the worker's whole group (Ctrl-C, a CI's kill -9) leaves it alive to
    # end the browser: it sees the worker's death by the end of its input.
    apart = {} if sys.platform == "win32" else {"start_new_session": True}
    marked = {**os.environ, broods.MARK: mark}
    service = kind(executable_path=sys.executable, log_output=subprocess.DEVNULL, env=marked, popen_kw=apart)
    plain = service.command_line_args
    before = ["-I", "-S", supervisor.__file__, browser.driver]
    service.command_line_args = lambda: [*before, *plain()]  # type: ignore[method-assign]
    return service


def stop(service: ChromiumService) -> None:
    """End a service: its supervisor ends the driver's whole group. One that does not listen is killed with its tree."""
    process = getattr(service, "process", None)
    if process is None:
        return
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        processes.end(processes.tree_of(process.pid, "supervisor"), patience_seconds=0)
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


# Selenium's own error, under the one name by which the rest of the package knows it.
DriverError = WebDriverException


def what_it_said(error: DriverError) -> str:
    """Return the first line of what the driver said, without its stack of addresses."""
    return (error.msg or type(error).__name__).splitlines()[0]
