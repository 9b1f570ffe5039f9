"""A worker's dealings with sign-ins: keeps its own for others, takes theirs, and waits its turn. Never judges one.

Where the site changes the session with each use (`edgepool_rotating_session`), only the worker whose turn it is talks
to the site: it begins with the freshest session of all and leaves its own for the next.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.browser.handover import put_cookies, put_local_storage, take_cookies
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, RunStopped
from pytest_edgepool.locks import Lock
from pytest_edgepool.profiles import session
from pytest_edgepool.profiles.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.events import Event
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings

_LOOK_SECONDS = 0.5


class Sessions:
    """What one worker does with sign-ins.

    Args:
        run: the run, in whose folder they are kept.
        settings: what is in force.
        name: the worker's name.
        tell: hears of every event.
    """

    def __init__(self, run: Run, settings: Settings, name: str, tell: Callable[[Event], None]) -> None:
        self._run = run
        self._name = name
        self._tell = tell
        self._rotates = settings.edgepool_rotating_session
        self._turn = Lock(run.folder / "turn.lock")
        self._inside = 0
        self._put_at = 0.0
        self.own: SessionState | None = None
        self._carried: SessionState | None = None

    def keep(self, browser: RunningBrowser, slot: int, local_storage: Mapping[str, dict[str, str]]) -> None:
        """Keep what makes the site know this browser, for its next start and for workers that are not signed in.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
            OSError: the disk refused.
        """
        self.own = SessionState(
            worker=self._name,
            slot=slot,
            at=SYSTEM_CLOCK.monotonic(),
            cookies=take_cookies(browser.devtools),
            local_storage=dict(local_storage),
        )
        self._put_at = self.own.at
        session.keep(self._run, self.own)

    def carry(self, browser: RunningBrowser, slot: int) -> None:
        """Keep this browser's cookies for the one that follows it at once on the same profile.

        Its files hold the rest; local storage that was kept is older than they are. Where the session changes with
        each use, what counts was left at the end of the last turn.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        if not self._rotates:
            at, cookies = SYSTEM_CLOCK.monotonic(), take_cookies(browser.devtools)
            self._carried = SessionState(worker=self._name, slot=slot, at=at, cookies=cookies, local_storage={})

    def withhold(self) -> None:
        """Have no other worker take this one's: the site does not know it, now."""
        session.drop(self._run, self._name)

    def of_others(self, tried: set[tuple[str, float]]) -> SessionState | None:
        """Return the freshest session of another worker that was not tried yet."""
        found = session.freshest(self._run, without=self._name)
        return found if found is not None and (found.worker, found.at) not in tried else None

    def to_begin_with(self) -> SessionState | None:
        """Return what a browser that was started anew needs before it may talk to the site, or None.

        Where the session changes with each use, the files of a killed browser hold one that was used already.
        Elsewhere they may well be newer than what was kept: it is tried only when the site does not know them; but
        for what was kept a moment ago, of a browser that is being recycled.
        """
        carried, self._carried = self._carried, None
        return self.own if self._rotates else carried

    def put(self, browser: RunningBrowser, state: SessionState, slot: int, *, storage: bool = True) -> None:
        """Put a session into a browser; what it refuses is told by name.

        Args:
            browser: the browser.
            state: the session.
            slot: the browser's slot.
            storage: whether local storage goes too; what was kept of it is as old as the last proof.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        refused = put_cookies(browser.devtools, state.settable_cookies())
        stored = state.local_storage if storage else {}
        for origin, items in stored.items():
            put_local_storage(browser.devtools, origin, items)
        self._put_at = state.at
        self._tell(
            events.SessionHandedOver(
                slot=slot,
                giver=state.worker,
                cookies=len(state.cookies) - len(refused),
                refused=list(refused),
                origins=len(stored),
            )
        )

    @contextmanager
    def turn(self, running: Callable[[], RunningBrowser | None], slot: Callable[[], int]) -> Iterator[None]:
        """Have the site to oneself for a block, where its session changes with each use; else nothing happens.

        Args:
            running: returns the browser that runs now, or None.
            slot: returns its slot.

        Raises:
            RunStopped: the run was ended while this waited.
        """
        if not self._rotates:
            yield
            return
        self._enter(running(), slot)
        try:
            yield
        finally:
            self._leave(running(), slot)

    def _enter(self, browser: RunningBrowser | None, slot: Callable[[], int]) -> None:
        if not self._inside:
            while not self._turn.take(_LOOK_SECONDS):
                if self._run.is_stopping:
                    raise RunStopped("the run was ended while it waited for its turn")
        self._inside += 1
        newest = session.freshest(self._run)
        # Also inside a turn: an order's began before there was a browser.
        if browser is not None and newest is not None and newest.at > self._put_at:
            try:
                self.put(browser, newest, slot(), storage=False)
            except BaseException:
                self._leave(None, slot)
                raise

    def _leave(self, browser: RunningBrowser | None, slot: Callable[[], int]) -> None:
        self._inside -= 1
        if self._inside:
            return
        try:
            if browser is not None and self.own is not None:  # it was signed in when it was asked last
                self.keep(browser, slot(), self.own.local_storage)
        except (BrowserTrouble, DeadlinePassed, OSError) as error:
            self._tell(events.CleanupFailed(what="the session for the next worker", error=str(error)))
        finally:
            self._turn.free()
