"""Watches over the order in hand when the run is ended: its grace, and that it is given up. Never raises the flag."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import RunStopped
from pytest_edgepool.plugin.ending import is_hurried, put_back, why_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    import pytest

    from pytest_edgepool.run import Run

_LOOK_SECONDS = 0.2
# An interruption may be lost (raised in a `__del__`, it is only printed), or unwinding may hang in a dead browser.
_INTERRUPT_AGAIN_SECONDS = 3.0
_INTERRUPTION = getattr(signal, "SIGUSR1", None)


class GivenUp(BaseException):
    """The work in hand is given up, because the run ends.

    No `Exception`: who catches those (selenium's `quit` does, tests do) must not swallow it and go on.
    """


class Watcher:
    """One light thread that looks for the stop flag.

    Args:
        run: the run whose flag it is.
        session: what is told to begin nothing new.
        grace_seconds: what the order in hand gets from the moment the flag is seen.
        interrupt: what to do when that is over and an order is still in hand, where the main thread cannot be
            interrupted by a signal.

    Attributes:
        has_given_up: whether something in hand was given up: there is no time for evidence of it.
    """

    def __init__(self, run: Run, session: pytest.Session, grace_seconds: float, interrupt: Callable[[], None]) -> None:
        self._run = run
        self._session = session
        self._grace_seconds = grace_seconds
        self._interrupt_without_signals = interrupt
        self._over = threading.Event()
        self._is_busy = False
        self.has_given_up = False
        self._main = threading.main_thread()
        self._thread = threading.Thread(target=self._watch, name="edgepool-stop-watcher", daemon=True)
        self._has_signal = False
        self._earlier: Any = None

    def start(self) -> None:
        """Begin to look."""
        if _INTERRUPTION is not None and threading.current_thread() is self._main:
            self._earlier = signal.signal(_INTERRUPTION, self._interrupted)
            self._has_signal = True
        self._thread.start()

    def finish(self) -> None:
        """Stop looking; waits for the thread, which is never longer than one look away."""
        self._over.set()
        self._thread.join()
        if self._has_signal and _INTERRUPTION is not None:
            self._has_signal = False
            put_back(_INTERRUPTION, self._earlier)

    def begins(self) -> None:
        """Say that an order is in hand: from here on it may be given up.

        Raises:
            RunStopped: it was given up before; where a signal cannot say so, nobody has heard of it yet.
        """
        if self.has_given_up:
            raise RunStopped(self.why_given_up())
        self._is_busy = True

    def ends(self) -> None:
        """Say that it no longer is, or that it must not be given up any more.

        The interruption is raised in the main thread only, which looks at what is said here: no lock is needed, and
        what comes later than this call interrupts nothing.
        """
        self._is_busy = False

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Have an order in hand for a block.

        Raises:
            GivenUp: the run was ended, and the block was not done when the grace was over.
            RunStopped: the same, where the main thread cannot be interrupted.
        """
        try:
            self.begins()
            yield
        finally:
            self.ends()

    def _watch(self) -> None:
        self._wait_for(lambda: self._run.is_stopping)
        if self._over.is_set():
            return
        self._session.shouldstop = why_ended(self._run)
        self._wait_for(lambda: is_hurried(self._run), self._grace_seconds)
        while not self._over.is_set():
            pause_seconds = _LOOK_SECONDS
            if self._is_busy:
                self._interrupt()
                pause_seconds = _INTERRUPT_AGAIN_SECONDS
            self._over.wait(pause_seconds)

    def _wait_for(self, claim: Callable[[], bool], seconds: float = float("inf")) -> None:
        ends_at = SYSTEM_CLOCK.monotonic() + seconds
        while not (self._over.is_set() or claim() or SYSTEM_CLOCK.monotonic() >= ends_at):
            self._over.wait(_LOOK_SECONDS)

    def _interrupt(self) -> None:
        if self._has_signal and _INTERRUPTION is not None and self._main.ident is not None:
            signal.pthread_kill(self._main.ident, _INTERRUPTION)
        else:
            self.has_given_up = True  # first: the call in hand fails with it, and must not be tried again
            self._interrupt_without_signals()

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_busy:
            self.has_given_up = True
            raise GivenUp(self.why_given_up())

    def why_given_up(self) -> str:
        """Return why something was given up, as one clause."""
        within = "before a second signal came" if is_hurried(self._run) else f"within {self._grace_seconds:g} s"
        return f"the run was ended, and this was not finished {within}"
