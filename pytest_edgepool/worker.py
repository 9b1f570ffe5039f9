"""One worker's browser on its own proved profile, from first use to the end. Never runs an order.

Everything here may fail for one item and work for the next: nothing is cached but what works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.browser.memory import Watch
from pytest_edgepool.browser.wire import DriverError
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, Permanent, SignedOut
from pytest_edgepool.gate import through_gate
from pytest_edgepool.holding import Holding
from pytest_edgepool.prepare import default_launches
from pytest_edgepool.profiles import tabs
from pytest_edgepool.profiles.verify import Verification, together
from pytest_edgepool.proof import Prover, SiteDown
from pytest_edgepool.redact import plain_url, redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgepool.events import Event
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.profiles.lease import Lease
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings

_GATE_PATIENCE_SECONDS = 120.0
_STARTS = 2  # a profile that does not prove itself gets one more: the clone anew, the base restarted


class Worker(Holding):
    """What one worker process holds, and the browser on it. The arguments are those of `Holding`."""

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
        self.verification = Verification()
        self._browser: RunningBrowser | None = None
        self._watch: Watch | None = None

    def browser(self) -> RunningBrowser:
        """Return this worker's browser, started and proved when there is none.

        Raises:
            BrowserTrouble: it did not start.
            SignedOut: the site does not know us; the run is being stopped for it.
            Permanent: the site cannot be reached, or the profile cannot be had.
        """
        if self._browser is None:
            self._browser = self._start_proved()
        return self._browser

    @property
    def has_browser(self) -> bool:
        """Whether a browser of ours runs now."""
        return self._browser is not None

    # -- making it -----------------------------------------------------------------------------------------------

    def _start_proved(self) -> RunningBrowser:
        for left in reversed(range(_STARTS)):
            lease = self.lease()
            self.note(state="starting")
            files = self._prover().of_files(lease)
            browser = self._start(lease)
            try:
                self.verification = together((*files, *self._prover().of_browser(lease, browser)))
                self._tell_verification(lease)
                if self.verification.permits_work:
                    self.note(state="ready", verified=str(self.verification.outcome))
                    return browser
            except SiteDown as error:
                self._end(browser)
                raise self._stop_the_run(error) from None
            except BaseException:  # whatever it is: a browser that nobody holds would be left running
                self._end(browser)
                raise
            self._end(browser)
            if left and lease.kind == "clone":
                self.give_slot_back()
        self.note(state="ended", verified=str(self.verification.outcome))
        site = plain_url(self.plan().url)
        again = f"`edgepool login --url {site}`" if site else "`edgepool login`"
        raise self._stop_the_run(
            SignedOut(
                f"{self.name} could not prove its profile ({self.verification.error}); "
                f"sign in again with {again}, then give the same command."
            )
        )

    def _prover(self) -> Prover:
        return Prover(settings=self.settings, plan=self.plan(), portal=self.portal())

    def _start(self, lease: Lease) -> RunningBrowser:
        # The base's own tabs are set aside as long as it is leased: what would open now is an earlier start's.
        tabs.drop_tabs(lease.user_data_dir / lease.profile_directory)
        width = self.settings.edgepool_launches or default_launches()
        with through_gate(self.run.state / "locks", "launch", width, _GATE_PATIENCE_SECONDS):
            browser = RunningBrowser.start(self._launch(lease), self.run.record, self.tell)
        self._watch = Watch(browser.memory_bytes)
        try:
            self._tell_start(lease, browser)
        except BaseException:  # as above
            self._end(browser)
            raise
        return browser

    def _tell_start(self, lease: Lease, browser: RunningBrowser) -> None:
        self.note(starts=self.status.starts + 1)
        self.tell(
            events.BrowserStarted(
                slot=lease.slot,
                browser_version=str(browser.capabilities.get("browserVersion", "")),
                driver_version=browser.driver_version,
                pid=browser.started.browser_pid,
                seconds=round(browser.started.seconds, 3),
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
            arguments=self.arguments,
            preferences=self.preferences,
            patience_seconds=self.settings.edgepool_start_timeout,
        )

    def _tell_verification(self, lease: Lease) -> None:
        self.tell(
            events.ProfileVerified(
                slot=lease.slot,
                outcome=str(self.verification.outcome),
                methods={each.method: f"{each.outcome} {each.error}".strip() for each in self.verification.results},
                seconds=round(sum(each.seconds for each in self.verification.results), 3),
            )
        )

    def _stop_the_run(self, error: Exception) -> Exception:
        self.run.stop(redacted(str(error)))
        self.tell(events.RunStopping(reason=str(error)))
        return error

    # -- doubting and ending it ----------------------------------------------------------------------------------

    def tab_closed(self) -> None:
        """Look at the browser's memory now and then."""
        if self._browser is not None and self._watch is not None:
            self._watch.tab_closed(self._browser.tabs_opened)
            self.note(tabs=self.status.tabs + 1, memory_bytes=max(self.status.memory_bytes, self._watch.footprint.peak))

    def doubt(self, error: Exception) -> None:
        """Hear that a try failed, and find out what it says of the browser and of the sign-in.

        A browser that does not answer is ended, so that the next try has a new one. When the site does not know us
        any more the run is stopped: every further order would fail the same way.
        """
        browser = self._browser
        if browser is None:
            return
        if isinstance(error, BrowserTrouble | DeadlinePassed) and not browser.is_alive():
            self.discard_browser()
        elif isinstance(error, SignedOut):
            self._doubt_sign_in(browser)

    def _doubt_sign_in(self, browser: RunningBrowser) -> None:
        try:
            wrong = self._prover().of_sign_in(browser).error
        except SiteDown as error:
            self._stop_the_run(error)
            return
        if wrong:
            again = "sign in again with `edgepool login`, then give the same command"
            self._stop_the_run(SignedOut(f"The session ended ({wrong}); {again}."))

    def discard_browser(self) -> None:
        """End the browser; the next use starts a new one on the same profile."""
        browser, self._browser = self._browser, None
        if browser is not None:
            self._end(browser)

    def _end(self, browser: RunningBrowser) -> None:
        if self._watch is not None:
            used = self._watch.look()
            self.note(memory_bytes=max(self.status.memory_bytes, used.peak))
        how = browser.quit()
        self.run.end_recorded(str(browser.launch.user_data_dir))
        self.tell(
            events.BrowserEnded(
                slot=self.status.slot, tabs=browser.tabs_opened, memory_bytes=self.status.memory_bytes, how=how
            )
        )

    def close(self) -> None:
        """End everything this worker has, each part even when another fails; what is left the next run sweeps."""
        for what, act in (
            ("browser", self.discard_browser),
            ("profile", self.give_slot_back),
            ("template", self.give_template_back),
        ):
            try:
                act()
            except (Permanent, BrowserTrouble, DeadlinePassed, DriverError, OSError) as error:
                self.tell(events.CleanupFailed(what=what, error=str(error)))
        if self.run.exists:
            self.note(state="ended")
