"""Notices that a browser, its driver or its supervisor died or hangs, while somebody waits for them. Never mends it.

One light thread a browser, asking each of the three every other second over a short connection of its own: whoever
waits for an answer on the shared ones learns nothing of a process that is stopped. A driver answers while its session
is busy, and a browser while its pages are, so only who is dead, stopped or starved is silent.
"""

from __future__ import annotations

import enum
import http.client
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from pytest_edgepool import broods, processes
from pytest_edgepool.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgepool.browser.launch import Started
    from pytest_edgepool.clock import Clock
    from pytest_edgepool.processes import ProcessRecord

    Question = Callable[[float], "Pulse"]

_LOOK_SECONDS = 2.0
# A machine that was asleep, or a worker that got no processor, was silent itself: time alone condemns nobody.
MISSES_THAT_CONDEMN = 3
_LOOKS_IN_PATIENCE = 4  # so that a slow answer, up to a quarter of the patience, still is one
_FINISH_SECONDS = 0.1
# Never through a proxy: it would look for the browser on itself.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Pulse(enum.Enum):
    """What one look at a process showed."""

    BEATS = "answers"
    SILENT = "is silent"
    DEAD = "died"


class Silence:
    """How long one process has been silent, in looks and in seconds.

    Args:
        name: who it is, as in "the driver".
        patience_seconds: how long it may be.
        clock: where time comes from.
    """

    def __init__(self, name: str, patience_seconds: float, clock: Clock = SYSTEM_CLOCK) -> None:
        self._name = name
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._missed = 0
        self._heard_at = clock.monotonic()

    def heard(self, pulse: Pulse) -> str:
        """Take one look into account; return why the process is no use any more, or ""."""
        if pulse is Pulse.DEAD:
            return f"{self._name} died"
        if pulse is Pulse.BEATS:
            self._missed, self._heard_at = 0, self._clock.monotonic()
            return ""
        self._missed += 1
        is_long = self._clock.monotonic() - self._heard_at >= self._patience_seconds
        if self._missed >= MISSES_THAT_CONDEMN and is_long:
            return f"{self._name} did not answer for {self._patience_seconds:g} s"
        return ""


class Heartbeat:
    """The thread that looks.

    Args:
        questions: by who is meant, what returns its pulse within the seconds it is given.
        patience_seconds: how long one may be silent.
        condemn: called once, in the thread, with the reason.
    """

    def __init__(
        self, questions: Mapping[str, Question], patience_seconds: float, condemn: Callable[[str], None]
    ) -> None:
        self._questions = dict(questions)
        self._limit_seconds = patience_seconds / _LOOKS_IN_PATIENCE
        self._silences = {name: Silence(name, patience_seconds) for name in questions}
        self._condemn = condemn
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="edgepool-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def finish(self) -> None:
        """Stop looking. A look that is under way is not waited for: it may take as long as a hanging browser likes."""
        self._over.set()
        self._thread.join(_FINISH_SECONDS)

    def _pulse(self, ask: Question) -> Pulse:
        try:
            return ask(self._limit_seconds)
        except (OSError, RuntimeError):  # no descriptor left, say: a thread that ended would watch over nobody
            return Pulse.SILENT

    def _listen(self) -> None:
        while not self._over.wait(min(_LOOK_SECONDS, self._limit_seconds)):
            for name, ask in self._questions.items():
                reason = self._silences[name].heard(self._pulse(ask))
                if self._over.is_set():
                    return  # it was ended meanwhile, and is silent for that
                if reason:
                    self._condemn(reason)
                    return


def watch_over(started: Started, address: str, patience_seconds: float) -> Heartbeat | None:
    """Begin to watch over a browser; when one of its processes is dead or silent for too long, all are ended.

    Whoever waits for an answer then fails at once, with the reason that is kept in the browser's patience.

    Args:
        started: the browser.
        address: where its DevTools listen.
        patience_seconds: how long one of its processes may be silent; 0 or less: nobody looks.
    """
    if patience_seconds <= 0:
        return None

    def condemn(reason: str) -> None:
        started.patience.trouble = reason  # first: whoever waits fails by what comes next, and asks why
        end_everything(started.records)

    questions = {
        "the supervisor": pulse_of((started.supervisor,)),
        "the driver": pulse_of(started.drivers, f"{started.service_url}/status"),
        "the browser": pulse_of((started.browser,) if started.browser else (), f"http://{address}/json/version"),
    }
    heartbeat = Heartbeat(questions, patience_seconds, condemn)
    heartbeat.start()
    return heartbeat


def pulse_of(records: tuple[ProcessRecord, ...], url: str = "") -> Question:
    """Return the question whether processes live, are not stopped, and answer.

    Args:
        records: all of whom must live.
        url: what must be answered, or "" where nobody serves anything.
    """

    def ask(limit_seconds: float) -> Pulse:
        if not all(map(processes.is_ours_alive, records)):
            return Pulse.DEAD
        if any(map(processes.is_stopped, records)):
            return Pulse.SILENT
        return Pulse.BEATS if not url or is_answered(url, limit_seconds) else Pulse.SILENT

    return ask


def is_answered(url: str, limit_seconds: float) -> bool:
    """Return whether something is answered there, whatever it says."""
    try:
        with _DIRECT.open(url, timeout=limit_seconds):
            return True
    except urllib.error.HTTPError:
        return True  # an answer, if none that it should give
    except (OSError, http.client.HTTPException):  # refused, reset, timed out, or cut off in the middle
        return False


def end_everything(records: tuple[ProcessRecord, ...]) -> None:
    """Kill the recorded processes and all that belongs to them; a call that waits for one of them fails at once."""
    processes.end(broods.everything_of(records), patience_seconds=0)
