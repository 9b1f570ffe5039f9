"""From a leased profile to a browser that is proved, up the ladder of mending.py where need be. Never runs an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline
from pytest_edgepool.errors import (
    BaseUnusable,
    BrowserTrouble,
    DeadlinePassed,
    ProfileTrouble,
    Retired,
    RunStopped,
    SignedOut,
)
from pytest_edgepool.profiles.base import BaseStatus, refusal
from pytest_edgepool.profiles.verify import Proof, Verification, together
from pytest_edgepool.redact import plain_url
from pytest_edgepool.workers.mending import Rung, Situation, is_anyone_in, is_hope, next_rung
from pytest_edgepool.workers.proof import OUT_OF_SERVICE, SiteDown
from pytest_edgepool.workers.slots import others_of

if TYPE_CHECKING:
    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.profiles.cookies import Cookies
    from pytest_edgepool.profiles.session import SessionState
    from pytest_edgepool.profiles.verify import MethodResult
    from pytest_edgepool.workers.slots import SlotStatus
    from pytest_edgepool.workers.worker import Worker

_LOOK_SECONDS = 0.2
_MOST_SESSIONS = 4  # to be tried in one climb: where sessions rotate, there is always a newer one


class Climb:
    """One climb of one worker; the others are not disturbed by it.

    Args:
        worker: whose profile it is.
        browser: its browser, when it runs already and the site no longer knows it.
    """

    def __init__(self, worker: Worker, browser: RunningBrowser | None = None) -> None:
        self._worker = worker
        self._browser = browser
        own = worker.sessions.own
        self._tried: set[tuple[str, float]] = {(own.worker, own.at)} if own and browser else set()
        self._files: tuple[MethodResult, ...] = ()
        self._before: Cookies | None = None
        self._rungs: list[Rung] = []
        self.verification = Verification()

    def to_proved(self) -> RunningBrowser:
        """Return a browser that is proved; every other end leaves none running.

        Raises:
            Retired: this worker cannot be signed in, and others are.
            SignedOut: nobody can; the run is being stopped.
            BaseUnusable: the base's own files are damaged; the run is being stopped.
            ProfileTrouble: the browser is not on the profile that was leased; the run is being stopped.
            SiteDown: nobody is there to ask, or the site is out of service.
            BrowserTrouble: the browser did not start.
            RunStopped: the run was ended meanwhile.
        """
        try:
            if self._browser is None:
                self._worker.note(state="starting")  # before it has a slot: others may hope for it
                self._start()
            self._prove()
            while not self.verification.permits_work:
                rung = self._next()
                if rung is not None:
                    self._take(rung)
                elif not self._wait_for_help():
                    self._give_up()
            assert self._browser is not None  # noqa: S101 - a proof permits work only with one
        except BaseUnusable as error:  # no other worker can have a profile made from it either
            self._end()
            raise error if self._worker.run.is_stopping else self._worker.stop_the_run(error) from None
        except BaseException:  # whatever it is: a browser that nobody holds would be left running
            self._end()
            raise
        return self._browser

    # -- starting and proving ------------------------------------------------------------------------------------

    def _start(self) -> None:
        """Start a browser on files that are sound; a clone whose are not is made anew first."""
        worker = self._worker
        self._files = self._prove_files()
        while any(each.error for each in self._files):
            self.verification = together(self._files)
            if worker.lease().kind == "base":
                if self.verification.outcome is Proof.TIMEOUT:
                    break  # a slow disk is no damage
                worker.tell_verification(self.verification)
                base = worker.plan().base
                assert base is not None  # noqa: S101 - it is leased
                raise BaseUnusable(refusal(BaseStatus.CORRUPTED, base, self.verification.error))
            if self._next() is not Rung.RE_CLONE:
                break  # tried before: the live proofs have the last word
            worker.tell_verification(self.verification)
            self._note(Rung.RE_CLONE)
            worker.renew_profile()
            self._files = self._prove_files()
        self._before = worker.prover.cookies_before(worker.lease())
        self._browser = worker.start()
        held = worker.sessions.to_begin_with()
        if held is not None and worker.takes_sessions:
            worker.sessions.put(self._browser, held, worker.lease().slot)

    def _prove_files(self) -> tuple[MethodResult, ...]:
        worker = self._worker
        lease = worker.lease()
        worker.note(state="starting")
        return worker.prover.of_files(lease, worker.template() if worker.is_fresh and lease.kind == "clone" else None)

    def _prove(self) -> None:
        worker, browser = self._worker, self._browser
        if browser is None:
            return
        with worker.sessions.turn(lambda: browser, lambda: worker.lease().slot):
            live = worker.prover.of_browser(worker.lease(), browser, self._before)
            self.verification = together((*self._files, *live))
            worker.tell_verification(self.verification)
            if self.verification.permits_work:
                worker.keep_session(browser)
            elif "auth" in self.verification.failed:
                worker.sessions.withhold()

    # -- the ladder ----------------------------------------------------------------------------------------------

    def _next(self) -> Rung | None:
        worker = self._worker
        if not self._rungs and worker.mendings_left <= 0:
            return None
        others = self._others()
        auth = self.verification.details_of("auth")
        situation = Situation(
            failed=self.verification.failed,
            kind=worker.lease().kind,
            takes_sessions=worker.takes_sessions,
            session_at_hand=self._session_at_hand() is not None,
            anyone_in=self._is_anyone_in(others),
            cookies_lost=int(auth.get("cookies_lost", 0)) * 2 > int(auth.get("cookies_before", 0)),
        )
        return next_rung(situation, self._rungs)

    def _take(self, rung: Rung) -> None:
        self._note(rung)
        if rung is Rung.HAND_OVER:
            self._hand_over()
        elif rung is Rung.RE_CLONE:
            self._end()
            self._worker.renew_profile()
            self._start_again()
        elif rung is Rung.RESTART:
            self._end()
            self._start_again()
        self._prove()

    def _note(self, rung: Rung) -> None:
        worker = self._worker
        if not self._rungs:
            worker.mendings_left -= 1
        self._rungs.append(rung)
        worker.note(state="mending", mended=(*worker.status.mended, str(rung)))
        worker.tell(
            events.ProfileMended(slot=worker.status.slot, rung=str(rung), because=self.verification.error or "")
        )

    def _session_at_hand(self) -> SessionState | None:
        """Return a session that was not tried yet: what this worker kept before a kill, else another worker's."""
        known = self._worker.sessions
        if known.own is not None and (known.own.worker, known.own.at) not in self._tried:
            return known.own
        return known.of_others(self._tried) if len(self._tried) < _MOST_SESSIONS else None

    def _hand_over(self) -> None:
        state = self._session_at_hand()
        if state is None or self._browser is None:
            return  # taken back between looking and taking: the next proof says so
        self._tried.add((state.worker, state.at))
        self._worker.sessions.put(self._browser, state, self._worker.lease().slot)

    def _start_again(self) -> None:
        """Start on the profile as it is now, with the session that another worker can give."""
        self._start()
        state = self._worker.sessions.of_others(set())
        if state is not None and self._browser is not None and self._worker.takes_sessions:
            self._worker.sessions.put(self._browser, state, self._worker.lease().slot)

    # -- when no rung is left ------------------------------------------------------------------------------------

    def _wait_for_help(self) -> bool:
        """Hold the items as long as another worker may still sign in and help; return whether one did."""
        worker = self._worker
        worker.note(state="holding", verified=str(self.verification.outcome))
        deadline = Deadline.after(worker.settings.edgepool_hold, "waiting for a worker that is signed in")
        while worker.mendings_left > 0 or self._rungs:
            if worker.run.is_stopping:
                raise RunStopped("the run was ended while it waited for a worker that is signed in")
            self._rungs = [each for each in self._rungs if each is not Rung.HAND_OVER]  # another session, another try
            if self._next() is not None:
                return True
            if deadline.passed or not is_hope(self._others()):
                return False
            SYSTEM_CLOCK.sleep(_LOOK_SECONDS)
        return False

    def _give_up(self) -> None:
        worker = self._worker
        error = self.verification.error
        if self._is_anyone_in(self._others()):
            raise Retired(f"{worker.name} could not prove its profile ({error}); other workers are signed in")
        worker.note(state="ended", verified=str(self.verification.outcome))
        if "auth" not in self.verification.failed:
            told = f"{worker.name} could not prove its profile ({error}); `edgepool doctor` tells more."
            raise worker.stop_the_run(ProfileTrouble(told))
        if self.verification.details_of("auth").get(OUT_OF_SERVICE):
            raise SiteDown(f"The site is out of service ({error}); give the same command when it is back.")
        site = plain_url(worker.plan().url)
        again = f"`edgepool login --url {site}`" if site else "`edgepool login`"
        ended = "The session ended" if worker.was_ready else f"{worker.name} could not prove its profile"
        told = f"{ended} ({error}); sign in again with {again}, then give the same command."
        raise worker.stop_the_run(SignedOut(told))

    def _is_anyone_in(self, others: tuple[SlotStatus, ...]) -> bool:
        """Whether the sign-in is good: another worker is in, or was when it ended, with all its items done."""
        return is_anyone_in(others) or self._worker.sessions.of_others(set()) is not None

    def _others(self) -> tuple[SlotStatus, ...]:
        return others_of(self._worker.run, self._worker.name)

    def _end(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            try:
                self._worker.end(browser)
            except (BrowserTrouble, DeadlinePassed, OSError) as error:
                self._worker.tell(events.CleanupFailed(what="browser", error=str(error)))
