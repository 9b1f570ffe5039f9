"""Ending a run in order: what signals do. Never ends a browser or gives up an order itself.

A handler raises the run's stop flag and returns. In runs with orders each process heeds it between items; where an
order or a tab is in hand, the watcher does too. Tried: so all teardowns run, no child is left, and JUnit is whole.

    first signal    the stop flag: nothing new is begun, the order in hand gets its grace
    second signal   the grace is over, in all processes of the run
    third signal    KeyboardInterrupt, wherever the process is, as without us
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.run import STOP_BY_SIGNAL, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from pytest_edgepool.clock import Clock

_HANDLED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))
# Whoever starts us may pass on a Ctrl-C that the terminal has sent us already: both are the same wish.
_SAME_BREATH_SECONDS = 0.5
_STDERR = 2
HEEDING = "edgepool-heeding"


class Handlers:
    """What SIGINT and SIGTERM do in this process; see the module.

    Signals are counted in each process by itself: one that goes to the whole group comes once to everybody.

    Args:
        run: the run whose flags they raise.
        told: what the user is told at the first signal, or "" for nothing.
        clock: where time comes from.
    """

    def __init__(self, run: Run, told: str = "", clock: Clock = SYSTEM_CLOCK) -> None:
        self._run = run
        self._told = told.encode()
        self._clock = clock
        self._voice = -1
        self._users = 0
        self._holders = 0
        self._heard = 0
        self._heard_at = float("-inf")
        self._earlier: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Install them, also where SIGINT is ignored (`cmd &` in a shell). Does nothing outside the main thread.

        Controller and station of one process share them: what was installed twice must be restored twice.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        self._users += 1
        if self._users == 1:
            # now, because while a test runs pytest has the descriptor for itself
            self._voice = os.dup(_STDERR) if self._told else -1
            self._earlier = {number: signal.signal(number, self._handle) for number in _HANDLED}

    def restore(self) -> None:
        """Put the earlier handlers back, when nobody needs ours any more."""
        self._users = max(0, self._users - 1)
        if self._users or not self._earlier:
            return
        earlier, self._earlier = self._earlier, {}
        for number, handler in earlier.items():
            put_back(number, handler)
        if self._voice >= 0:
            os.close(self._voice)
            self._voice = -1

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Have further signals interrupt nothing in a block: for clearing up, which is bounded and must be whole."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        now = self._clock.monotonic()
        if now - self._heard_at < _SAME_BREATH_SECONDS:
            return
        self._heard_at = now
        self._heard += 1
        if self._heard == 1:
            self._begin_to_end()
        elif self._heard == 2:  # noqa: PLR2004 - the second
            hurry(self._run)
        elif not self._holders:
            raise KeyboardInterrupt

    def _begin_to_end(self) -> None:
        with suppress(OSError):  # a full disk may take no flag
            self._run.stop(STOP_BY_SIGNAL)
        if not self._run.is_stopping and not self._holders:
            raise KeyboardInterrupt  # no flag, or the run's folder is gone, and nobody would see it: as without us
        if self._voice >= 0:
            with suppress(OSError):  # the terminal is gone: nobody is there to be told
                os.write(self._voice, self._told)


class Heeding:
    """Begins no item once the stop flag is up, also in a process where nothing of ours is open.

    In xdist's controller it has nothing more dealt out.

    Args:
        run: the run whose flag it is.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._session: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep what is to be told."""
        self._session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """Pass an item over without a word: xdist has a worker run what it holds; the controller reports orders."""
        return True if self._is_over() else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look after the call, so that pytest tears down everything with this item and reports it, and at its end."""
        if report.when != "setup":
            self._is_over()

    def _is_over(self) -> bool:
        if not self._run.is_stopping:
            return False
        told = self._session.config.pluginmanager.getplugin("dsession") or self._session
        if not getattr(told, "shouldstop", False):
            told.shouldstop = why_ended(self._run)
        return True


HANDLERS = pytest.StashKey[Handlers]()


def handlers_of(config: pytest.Config, run: Run, told: str = "") -> Handlers:
    """Return this process's handlers for a run; made when nobody has."""
    if HANDLERS not in config.stash:
        config.stash[HANDLERS] = Handlers(run, told)
    return config.stash[HANDLERS]


def listen(config: pytest.Config, told: Mapping[str, str]) -> Run:
    """Install the handlers in a worker that has nothing in hand yet: a Ctrl-C for the group must not break its start.

    Args:
        config: pytest's config; at its end the earlier handlers are restored.
        told: the controller's run and state folder.

    Returns:
        The run.
    """
    run = Run(Path(told["state"]), told["run"])
    handlers = handlers_of(config, run)
    handlers.install()
    config.add_cleanup(handlers.restore)
    return run


def heed(config: pytest.Config, run: Run) -> None:
    """Have a process begin nothing once the run is being ended; called last, because the last one is asked first."""
    config.pluginmanager.register(Heeding(run), HEEDING)


def why_ended(run: Run) -> str:
    """Return why a run is being ended, in words for pytest's last line."""
    reason = run.stop_reason()
    return "ended by a signal" if reason == STOP_BY_SIGNAL else reason


def hurry(run: Run) -> None:
    """Declare the grace over, for all processes of a run."""
    with suppress(OSError):  # the folder is gone, or the disk full: then the grace is kept, which is bounded too
        (run.folder / "hurry").touch(mode=0o600)


def is_hurried(run: Run) -> bool:
    """Return whether the grace was declared over."""
    return (run.folder / "hurry").exists()


def put_back(number: signal.Signals, handler: Any) -> None:
    """Install the handler that `signal.signal` returned when ours was installed."""
    # None: it was installed by other than Python, and can only be left to the default
    signal.signal(number, signal.SIG_DFL if handler is None else handler)
