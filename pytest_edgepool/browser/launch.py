"""Starts a browser: the only place that knows it is local. Never decides which profile it gets."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from pytest_edgepool import broods, processes
from pytest_edgepool.browser import wire
from pytest_edgepool.browser.sandbox import needs_no_sandbox
from pytest_edgepool.browser.switches import EDGE_SWITCHES, KEY_SOURCE_SWITCHES, PREFERENCES, SWITCHES, bare
from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from selenium.webdriver.chromium.options import ChromiumOptions
    from selenium.webdriver.chromium.service import ChromiumService
    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.binaries import Browser
    from pytest_edgepool.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start.

    Attributes:
        browser: executable and driver.
        user_data_dir: the UDD that it alone may open.
        profile_directory: the profile folder inside it.
        own_keys: open it with the system's own cookie key source, as the everyday browser does (a base that is not
            managed).
        headed: whether it is seen.
        bare: whether its window, when it is not seen, need not look like one; not where `arguments` speak of windows.
        arguments: further switches.
        preferences: further preferences, on top of ours.
        patience_seconds: how long the start may take.
        heartbeat_seconds: how long a process of it may be silent before all of it is ended; 0: for ever.
        mark: what everything that it starts carries, so that it is known for ours before anybody could record it.
    """

    browser: Browser
    user_data_dir: Path
    profile_directory: str = "Default"
    own_keys: bool = False
    headed: bool = False
    bare: bool = False
    arguments: tuple[str, ...] = ()
    preferences: Mapping[str, object] = field(default_factory=dict)
    patience_seconds: float = 60.0
    heartbeat_seconds: float = 0.0
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def switches(self) -> tuple[str, ...]:
        """Return the command line's switches."""
        return (
            f"--user-data-dir={self.user_data_dir}",
            f"--profile-directory={self.profile_directory}",
            *SWITCHES,
            *(EDGE_SWITCHES if self.browser.brand == "edge" else ()),
            *(() if self.headed else ("--headless=new",)),
            *(bare(self.arguments) if self.bare and not self.headed else ()),
            *(("--no-sandbox",) if needs_no_sandbox() else ()),
            *self.arguments,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A browser that runs and answers.

    Attributes:
        driver: selenium's WebDriver.
        patience: the limit of its calls.
        service_url: where the driver listens.
        supervisor: the process that ends the rest when this one dies.
        drivers: the driver; two processes where one stands in front of it.
        browser: the browser's main process; None where the system does not show it.
        records: all that was recorded of it.
        seconds: how long the start took.
    """

    driver: WebDriver
    patience: wire.Patience
    service_url: str
    supervisor: processes.ProcessRecord
    drivers: tuple[processes.ProcessRecord, ...]
    browser: processes.ProcessRecord | None
    records: tuple[processes.ProcessRecord, ...]
    seconds: float

    @property
    def supervisor_pid(self) -> int:
        """The supervisor's number."""
        return self.supervisor.pid

    @property
    def browser_pid(self) -> int:
        """The browser's number; 0 where it is not known."""
        return self.browser.pid if self.browser else 0


def start(
    launch: Launch, record: Callable[[processes.ProcessRecord], None], tell: Callable[[Event], None] | None = None
) -> Started:
    """Start a browser; what was started is recorded before anything can fail after it.

    Args:
        launch: what to start.
        record: keeps the record of each process of ours.
        tell: hears of every driver call, or None.

    Raises:
        BrowserTrouble: it did not start; nothing of it is left running.
    """
    begun = SYSTEM_CLOCK.monotonic()
    service = wire.service_for(launch.browser, launch.mark)
    patience = wire.Patience()
    patience.deadline = Deadline.after(launch.patience_seconds, "starting the browser")
    register = _Register(launch, record)
    try:
        service.start()
        drivers = register.with_driver(service.process.pid)
        driver = _new_session(launch, service, wire.Connection(service.service_url, launch.browser, patience, tell))
        browser = register.with_browser(_browser_pid(driver.capabilities, launch.user_data_dir))
    except (WebDriverException, DeadlinePassed, BrowserTrouble, OSError) as error:
        _give_up(service, register)
        raise BrowserTrouble(_diagnosis(launch, error)) from error
    except BaseException:
        _give_up(service, register)
        raise
    patience.deadline = None
    return Started(
        driver=driver,
        patience=patience,
        service_url=service.service_url,
        supervisor=register.records[0],
        drivers=drivers,
        browser=browser,
        records=tuple(register.records),
        seconds=SYSTEM_CLOCK.monotonic() - begun,
    )


class _Register:
    """What a start has recorded so far: supervisor, driver and browser. A browser's helpers end with it."""

    def __init__(self, launch: Launch, record: Callable[[processes.ProcessRecord], None]) -> None:
        self._launch = launch
        self._record = record
        self.records: list[processes.ProcessRecord] = []

    def with_driver(self, supervisor: int) -> tuple[processes.ProcessRecord, ...]:
        """Record a supervisor and the driver that it runs; return the driver, two processes where it has a wrapper.

        Raises:
            BrowserTrouble: the supervisor died.
        """
        self._add_tree(supervisor, "supervisor")
        if not self.records:
            raise BrowserTrouble("the driver's supervisor died")
        return tuple(each for each in self.records if each.role == processes.DRIVER)

    def with_browser(self, pid: int) -> processes.ProcessRecord | None:
        """Record what runs by now, and return the browser's main process; None where the system does not show it."""
        for each in tuple(self.records):  # each by itself: the supervisor may be dead by now
            self._add_tree(each.pid, each.role)
        return next((each for each in self.records if each.role == processes.BROWSER and each.pid == pid), None)

    def _add_tree(self, pid: int, role: str) -> None:
        for each in processes.tree_of(pid, role, str(self._launch.user_data_dir)):
            if each.role in ("supervisor", processes.BROWSER, processes.DRIVER) and each not in self.records:
                self.records.append(each)
                self._record(each)


def _give_up(service: ChromiumService, register: _Register) -> None:
    """End all that a failed start began, also when its supervisor is dead and its driver and browser are not."""
    known = broods.everything_of(register.records)
    wire.stop(service)
    processes.end((*known, *broods.left_by(register.records)), patience_seconds=0)


def _new_session(launch: Launch, service: ChromiumService, connection: wire.Connection) -> WebDriver:
    kind = wire.EdgeDriver if launch.browser.brand == "edge" else wire.ChromeDriver
    return kind(service, _options(launch), connection)


def _options(launch: Launch) -> ChromiumOptions:
    options: ChromiumOptions = webdriver.EdgeOptions() if launch.browser.brand == "edge" else webdriver.ChromeOptions()
    options.binary_location = launch.browser.binary
    for switch in launch.switches():
        options.add_argument(switch)
    options.add_experimental_option("prefs", {**PREFERENCES, **launch.preferences})
    if launch.own_keys:
        options.add_experimental_option("excludeSwitches", list(KEY_SOURCE_SWITCHES))
    return options


def _browser_pid(capabilities: Mapping[str, Any], user_data_dir: Path) -> int:
    for name in ("goog:processID", "ms:browserProcessId", "ms:processID"):
        if isinstance(capabilities.get(name), int):
            return int(capabilities[name])
    found = processes.browsers_on(user_data_dir)
    return found[0] if found else 0


def _diagnosis(launch: Launch, error: Exception) -> str:
    """Say in one clause why a browser did not start. The driver's own guess is often wrong: the disk is asked first."""
    said = " ".join(str(getattr(error, "msg", None) or error).split())[:300]
    holders = processes.browsers_on(launch.user_data_dir)
    if holders:
        return f"{launch.user_data_dir} is open in another browser (process {holders[0]}); close it"
    if "non-default data directory" in said:
        return f"{launch.browser.title} refuses automation on its default profile; sign in once with `edgepool login`"
    if "only supports" in said or "This version of" in said:
        return f"the driver {launch.browser.driver} does not fit {launch.browser.title}: {said}"
    return f"{launch.browser.title} did not start on {launch.user_data_dir}: {said}"
