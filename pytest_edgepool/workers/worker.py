"""One worker's browser on its own proved profile, from first use to the end. Never runs an order.

Everything here may fail for one item and work for the next: nothing is cached but what works.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.browser.wire import DriverError
from pytest_edgepool.errors import (
    AskedToWait,
    BrowserTrouble,
    DeadlinePassed,
    Permanent,
    ProfileTrouble,
    Retired,
    RunStopped,
    SignedOut,
    SiteUnreachable,
)
from pytest_edgepool.profiles.verify import Verification
from pytest_edgepool.workers.climb import Climb
from pytest_edgepool.workers.launching import Launching
from pytest_edgepool.workers.mending import is_anyone_in
from pytest_edgepool.workers.proof import Prover, SiteDown
from pytest_edgepool.workers.recycling import Recycling
from pytest_edgepool.workers.sessions import Sessions
from pytest_edgepool.workers.slots import others_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.events import Event
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings


class Worker(Launching):
    """One worker's browser, on a profile that is proved. The arguments are those of `Holding`.

    Attributes:
        verification: what the last proof came to.
        sessions: its dealings with sign-ins.
        mendings_left: how often it may still climb the ladder in this run.
        has_orders: whether it works on orders: what it cannot work on stops the run, or goes to others.
        was_ready: whether its profile was ever proved.
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
        self.verification = Verification()
        self.sessions = Sessions(run, settings, name, tell)
        self.recycling = Recycling(self)
        self.mendings_left = settings.edgepool_mendings
        self.has_orders = False
        self._failed_starts = 0
        self.was_ready = False
        self._browser: RunningBrowser | None = None
        self._prover: Prover | None = None
        self._retired: Retired | None = None
        self._round = 0

    def browser(self) -> RunningBrowser:
        """Return this worker's browser, started and proved when there is none, or when it died or crashed meanwhile.

        Raises:
            BrowserTrouble: it did not start.
            SignedOut: the site does not know us; the run is being stopped for it.
            Retired: it cannot be signed in, and others are.
            Permanent: the site cannot be reached, or the profile cannot be had.
        """
        if self._retired is not None:
            raise self._retired
        if self._browser is not None and (because := self._browser.trouble()):
            self.give_up(self._browser, because)
            self._browser = None
        if self._browser is None:
            self._proved(Climb(self))
        assert self._browser is not None  # noqa: S101 - a climb ends with one, or raises
        return self._browser

    @property
    def has_browser(self) -> bool:
        """Whether a browser of ours runs now."""
        return self._browser is not None

    @property
    def is_healthy(self) -> bool:
        """Whether one runs, and nothing is known to be wrong with it."""
        return self._browser is not None and not self._browser.trouble()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the site to oneself for a block, as `Sessions.turn`."""
        if not self.was_ready and self._retired is None:
            self.note(state="starting")  # while it waits for its turn, others may hope for it
        with self.sessions.turn(lambda: self._browser, lambda: self.status.slot):
            yield

    # -- making it -----------------------------------------------------------------------------------------------

    def _proved(self, climb: Climb) -> None:
        try:
            self._browser = None  # the climb has it
            self._browser = climb.to_proved()
        except SiteDown as error:  # only at the run's very first look is it over; later the trouble may pass
            raise (SiteUnreachable(str(error)) if self._was_in() else self.stop_the_run(error)) from None
        except Retired as retired:
            raise self._retire(retired) from None
        except (ProfileTrouble, BrowserTrouble) as error:
            raise self._cannot_start(error) from error
        self.was_ready = True
        self.note(state="ready", verified=str(self.verification.outcome))

    def _was_in(self) -> bool:
        """Whether the run was signed in before: this worker, or another one."""
        return self.was_ready or self.sessions.of_others(set()) is not None

    def _retire(self, retired: Retired) -> Retired:
        self._retired = retired
        self.note(state="retired")
        self.tell(events.WorkerRetired(reason=str(retired)))
        self.give_slot_back()  # another may need the number
        return retired

    def _cannot_start(self, error: Exception) -> Exception:
        """Return what a profile that cannot be made, or a browser that does not start, means for the orders to come.

        Failing them one after the other, each at once, would burn the sheet.
        """
        if not self.has_orders or self.was_ready or self.run.is_stopping:
            return error
        self._failed_starts += 1
        if isinstance(error, BrowserTrouble) and self._failed_starts < self.settings.po_attempts:
            return error  # the order's next try is the browser's too
        told = f"{self.name} cannot start a browser on its profile ({error})"
        if is_anyone_in(others_of(self.run, self.name)):
            return self._retire(Retired(f"{told}; other workers have theirs"))
        return self.stop_the_run(ProfileTrouble(f"{told}; `edgepool doctor` tells more."))

    @property
    def prover(self) -> Prover:
        """What puts this worker's profile to the proofs."""
        if self._prover is None:
            asked = {"plan": self.plan(), "portal": self.portal(), "back_off": self.back_off}
            self._prover = Prover(settings=self.settings, was_in=self._was_in, **asked)  # type: ignore[arg-type]
        return self._prover

    @property
    def takes_sessions(self) -> bool:
        """Whether a session may be put into its profile: never into a base of the user's own."""
        base = self.plan().base
        return self.lease().kind == "clone" or (base is not None and base.managed)

    def keep_session(self, browser: RunningBrowser) -> None:
        """Keep what makes the site know this browser, where there is a site and a run to keep it in.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
            OSError: the disk refused.
        """
        if self.prover.portal is not None and self.run.exists:
            self.sessions.keep(browser, self.status.slot, self.prover.local_storage)

    def tell_verification(self, verification: Verification) -> None:
        """Note what the proofs came to, and tell it."""
        self.verification = verification
        told = verification.to_json()["results"]
        self._round += 1
        proofs = tuple({**each, "round": self._round} for each in told)
        outcome = str(verification.outcome)
        seconds = round(sum(each.seconds for each in verification.results), 3)
        self.note(verified=outcome, proofs=(*self.status.proofs, *proofs), verify_seconds=seconds)
        self.tell(
            events.ProfileVerified(
                slot=self.lease().slot,
                outcome=outcome,
                methods={each["method"]: f"{each['outcome']} {each['error']}".strip() for each in told},
                seconds=seconds,
                results=told,
            )
        )

    # -- doubting and ending it ----------------------------------------------------------------------------------

    def doubt(self, error: Exception) -> bool:
        """Hear that a try failed, and find out what it says of the browser and of the sign-in.

        A browser that does not answer is ended, so that the next try has a new one. A session that has ended is mended
        where another worker can help; returns whether it was: the same thing is worth another try.
        """
        browser = self._browser
        if browser is not None and isinstance(error, SignedOut):
            return self._renewed(browser)
        if browser is not None and isinstance(error, BrowserTrouble | DeadlinePassed) and not browser.is_alive():
            self._browser = None
            self.give_up(browser, str(error))
        return False

    def _renewed(self, browser: RunningBrowser) -> bool:
        try:
            self._proved(Climb(self, browser))
        except (RunStopped, AskedToWait):
            raise
        except (Permanent, BrowserTrouble, DeadlinePassed, DriverError) as error:
            self.tell(events.SessionLost(reason=str(error)))  # the order's outcome says the rest
            return False
        return True

    def discard_browser(self) -> None:
        """End the browser; the next use starts a new one on the same profile."""
        browser, self._browser = self._browser, None
        if browser is not None:
            self.end(browser)

    def close(self) -> None:
        """End everything this worker has, each part even when another fails; what is left the next run sweeps."""
        for what, act in (
            ("session", self._leave_session),
            ("browser", self.discard_browser),
            ("profile", self.give_slot_back),
            ("template", self.give_template_back),
        ):
            try:
                act()
            except (Permanent, BrowserTrouble, DeadlinePassed, DriverError, OSError) as error:
                self.tell(events.CleanupFailed(what=what, error=str(error)))
        if self.run.exists and self._retired is None:
            self.note(state="ended")

    def _leave_session(self) -> None:
        """Leave what makes the site know us now, for the managed base: only a browser that is proved and answers."""
        if self.settings.edgepool_rotating_session:
            return  # the end of its last turn left it; by now another's is the one that counts
        if self._browser is not None and self._browser.is_alive():
            self.keep_session(self._browser)
