"""Starts and ends browsers on the profile that a worker leases. Never proves one, never runs an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.browser.wire import DriverError
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed
from pytest_edgepool.prepare import default_launches
from pytest_edgepool.profiles import tabs
from pytest_edgepool.workers.gate import through_gate
from pytest_edgepool.workers.holding import Holding
from pytest_edgepool.workers.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgepool.events import Event
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.profiles.lease import Lease
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings

_GATE_PATIENCE_SECONDS = 120.0


class Launching(Holding):
    """A worker's profile and the starts of browsers on it. The arguments are those of `Holding`.

    Attributes:
        arguments: further switches for its browser.
        preferences: further preferences.
        usage: what its browsers use.
    """

    def __init__(
        self,
        run: Run,
        settings: Settings,
        name: str,
        tell: Callable[[Event], None],
        portals: Mapping[str, Portal] | None = None,
    ) -> None:
        super().__init__(run, settings, name, tell, portals)
        self.arguments: tuple[str, ...] = settings.edgepool_arg
        self.preferences: Mapping[str, object] = {}
        self.usage = Usage(self)

    def tab_closed(self) -> None:
        """Look at the browser's memory now and then."""
        self.usage.tab_closed()

    def start(self) -> RunningBrowser:
        """Start a browser on the leased profile; nothing is proved yet.

        Raises:
            BrowserTrouble: it did not start.
            DeadlinePassed: too many others were starting.
        """
        lease = self.lease()
        self.is_fresh = False
        # The base's own tabs are set aside as long as it is leased: what would open now is an earlier start's.
        tabs.drop_tabs(lease.user_data_dir / lease.profile_directory)
        width = self.settings.edgepool_launches or default_launches()
        with through_gate(
            self.run.state / "locks", "launch", width, _GATE_PATIENCE_SECONDS, lambda: self.run.is_stopping
        ):
            launch = self._launch(lease)
            with self.run.intending(launch.user_data_dir, launch.mark):
                browser = RunningBrowser.start(launch, self.run.record, self.tell)
        self.usage.begins(browser)
        try:
            self._tell_start(lease, browser)
        except BaseException:  # whatever it is: a browser that nobody holds would be left running
            self.end(browser)
            raise
        return browser

    def _tell_start(self, lease: Lease, browser: RunningBrowser) -> None:
        seconds = round(browser.started.seconds, 3)
        self.note(starts=self.status.starts + 1, start_seconds=seconds)
        self.tell(
            events.BrowserStarted(
                slot=lease.slot,
                browser_version=str(browser.capabilities.get("browserVersion", "")),
                driver_version=browser.driver_version,
                pid=browser.started.browser_pid,
                seconds=seconds,
            )
        )

    def _launch(self, lease: Lease) -> Launch:
        plan = self.plan()
        return Launch(
            browser=plan.browser,
            user_data_dir=lease.user_data_dir,
            profile_directory=lease.profile_directory,
            own_keys=plan.base is not None and not plan.base.managed,
            headed=self.settings.edgepool_headed,
            bare=self.run.orders_file.exists(),  # a suite of one's own gets the window that every other tool gives it
            arguments=self.arguments,
            preferences=self.preferences,
            patience_seconds=self.settings.edgepool_start_timeout,
            heartbeat_seconds=self.settings.edgepool_heartbeat,
        )

    def give_up(self, browser: RunningBrowser, because: str) -> None:
        """End a browser that is no use any more, and tell why; that it cannot be ended well is told too."""
        self.tell(events.BrowserGivenUp(slot=self.status.slot, reason=browser.trouble() or because))
        try:
            self.end(browser)
        except (BrowserTrouble, DeadlinePassed, DriverError, OSError) as error:
            self.tell(events.CleanupFailed(what="browser", error=str(error)))

    def end(self, browser: RunningBrowser) -> None:
        """End a browser of this worker's, in order when it answers."""
        try:
            self.usage.ends()
        finally:  # a full disk, on which that cannot be told, must not keep a browser alive
            how = browser.quit()
        self.run.end_recorded(str(browser.launch.user_data_dir))
        self.tell(
            events.BrowserEnded(
                slot=self.status.slot, tabs=browser.tabs_opened, memory_bytes=self.status.memory_bytes, how=how
            )
        )
