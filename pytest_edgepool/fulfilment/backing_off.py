"""Until when no worker of a run asks the site, because the site or the network is in trouble. Never asks it itself.

The moment is kept in the run's folder, on the monotonic clock, which all processes of a machine share (a step of the
wall clock neither shortens nor lengthens a wait). A later moment wins. When it has come the workers go on one after the
other: all at once they would be the next storm.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.errors import AskedToWait, NetworkTrouble, RunStopped, ServerTrouble, TooManyRequests
from pytest_edgepool.fulfilment.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pytest_edgepool.events import Event
    from pytest_edgepool.settings import Settings

_LOOK_SECONDS = 0.2
_MANY = 2  # orders in trouble, with no good answer in between: then it is the site, and not one page of it
_APART = 0.25  # of `po_retry_seconds`, between two workers that go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What the run knows of the site's trouble.

    Attributes:
        until: the moment before which nobody asks, on the monotonic clock; 0 when none is set.
        because: why, as one clause.
        waves: how often all had to wait, with no good answer in between.
        waiting: how many have been given a place in the queue that goes on at `until`.
        orders: which orders met trouble, with no good answer in between.
    """

    until: float = 0.0
    because: str = ""
    waves: int = 0
    waiting: int = 0
    orders: tuple[str, ...] = ()


class BackOff:
    """One worker's view of how long the run leaves the site alone.

    Args:
        folder: the run's folder.
        settings: what is in force.
        tell: hears when all have to wait.
        is_stopping: whether the run is being ended.
        clock: where time comes from.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        tell: Callable[[Event], None],
        is_stopping: Callable[[], bool],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._known = Shared(folder, "back-off", Trouble, "how long the site is left alone", tell)
        self._first = settings.po_retry_seconds
        self._most = max(settings.po_retry_most_seconds, settings.po_retry_seconds)
        self._longest = settings.po_retry_after_most
        self._tell = tell
        self._is_stopping = is_stopping
        self._clock = clock

    @property
    def is_on(self) -> bool:
        """Whether nobody may ask the site now."""
        return self._known.read().until > self._clock.monotonic()

    @property
    def is_in_trouble(self) -> bool:
        """Whether the run has met trouble since the site's last good answer: then its headers are worth watching."""
        known = self._known.read()
        return bool(known.waves or known.orders)

    def wait(self) -> float:
        """Wait until this worker may ask the site; return the seconds that took, nearly always 0.

        Raises:
            RunStopped: the run was ended meanwhile.
        """
        begun = self._clock.monotonic()
        turn, queued_for = begun, 0.0
        while True:
            known = self._known.read()
            now = self._clock.monotonic()
            if now < known.until and known.until != queued_for:  # also when it was put off while this waited
                turn, queued_for = self._queue_up()
            if now >= turn:
                return now - begun if queued_for else 0.0
            if self._is_stopping():
                raise RunStopped(f"the run was ended while it waited for the site ({known.because})")
            self._clock.sleep(min(_LOOK_SECONDS, turn - now))

    def hear(self, error: ServerTrouble | NetworkTrouble, order: str) -> None:
        """Learn that a request for an order met trouble; where it concerns all, all wait from now on.

        Raises:
            AskedToWait: the site asks for more than the settings grant.
        """
        asked = error.retry_after_seconds if isinstance(error, ServerTrouble) else None
        if asked is not None and asked > self._longest:
            raise AskedToWait(
                f"{error}, and asks to wait {asked:g} s: longer than po_retry_after_most allows ({self._longest:g} s)"
            )
        with self._known.changing() as known:
            now = self._clock.monotonic()
            orders = tuple(dict.fromkeys((*known.orders, order)))[-_MANY:]
            if asked is None and not isinstance(error, TooManyRequests) and len(orders) < _MANY:
                self._known.write(replace(known, orders=orders))
                return
            is_new = now >= known.until  # else a request that was under way when the others began to wait
            waves = known.waves + is_new
            until = now + (min(self._first * 2 ** (waves - 1), self._most) if asked is None else asked)
            if until <= known.until:
                return
            self._known.write(Trouble(until=until, because=str(error), waves=waves, orders=orders))
        if is_new:
            self._tell(events.SiteLeftAlone(seconds=round(until - now, 3), reason=str(error)))

    def well(self) -> None:
        """Learn that the site answered as it should: the next trouble is a new one."""
        known = self._known.read()
        if (known.waves or known.orders) and known.until <= self._clock.monotonic():
            with self._known.changing() as known:
                if known.until <= self._clock.monotonic():
                    self._known.write(replace(known, waves=0, orders=()))

    def _queue_up(self) -> tuple[float, float]:
        """Take a place behind those who wait already; return when it is this worker's turn, and the moment it is of."""
        with self._known.changing() as known:
            self._known.write(replace(known, waiting=known.waiting + 1))
        apart = self._first * _APART
        # The jitter is for runs on other machines, which do not know of this queue.
        return known.until + (known.waiting + random.random()) * apart, known.until  # noqa: S311 - no secret


def seconds_in(retry_after: str, date: str, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header means, or None when it means nothing.

    Source: RFC 9110, 10.2.3: whole seconds, or an HTTP date.

    Args:
        retry_after: the header.
        date: the same answer's `Date` header: a date of the site is compared with the site's own clock, not with ours.
        now: the wall-clock time, for a site that sends no date.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        since = parsedate_to_datetime(date) if date else now
        return max(0.0, (moment - since).total_seconds())
    except (ValueError, TypeError, IndexError):  # no date; or one of the two has no time zone
        return None
