"""How far a run's orders are: done, how fast, how long still. Never writes anything."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.outcomes.status import NOT_TRIED, Verdict, verdict_of

if TYPE_CHECKING:
    from pytest_edgepool.clock import Clock
    from pytest_edgepool.outcomes.status import Status

_WINDOW = 100  # tried POs that the rate is taken from: what was fast an hour ago says little
_LEAST = 3  # tried POs before anybody believes a rate
_MINUTE = 60.0
_HOUR = 60 * _MINUTE


class Tally:
    """Counts the orders of a run; begun when the first of them is.

    Args:
        items: the ids of the items that stand for orders and are to be run.
        clock: what time it is.
    """

    def __init__(self, items: frozenset[str], clock: Clock = SYSTEM_CLOCK) -> None:
        self._items = items
        self._clock = clock
        self._ended: dict[str, Status] = {}
        self._failed = 0  # counted as they end: a thread reads it while they do
        # The moment before the first of them, then each one's end: skipped ones take no time, and say nothing of it.
        self._moments: deque[float] = deque([clock.monotonic()], maxlen=_WINDOW + 1)

    @property
    def total(self) -> int:
        """How many orders there are."""
        return len(self._items)

    @property
    def done(self) -> int:
        """How many have come to something."""
        return len(self._ended)

    @property
    def failed(self) -> int:
        """How many of them have failed."""
        return self._failed

    def ends(self, item: str, status: Status) -> None:
        """Count an order's end; another test's is passed over."""
        if item in self._items:
            if status not in NOT_TRIED and item not in self._ended:
                self._moments.append(self._clock.monotonic())
            self.begins_again(item)
            self._failed += verdict_of(status) is Verdict.FAILED
            self._ended[item] = status

    def begins_again(self, item: str) -> None:
        """Take back an order's end."""
        before = self._ended.pop(item, None)
        self._failed -= before is not None and verdict_of(before) is Verdict.FAILED

    def has_ended(self, item: str) -> bool:
        """Say whether an item has come to something."""
        return item in self._ended

    @property
    def a_minute(self) -> float:
        """How many are tried in a minute; 0 as long as nobody can say."""
        tried = len(self._moments) - 1
        span = self._clock.monotonic() - self._moments[0]
        return tried / span * _MINUTE if tried >= _LEAST and span > 0 else 0.0

    @property
    def seconds_to_go(self) -> float:
        """How long the others take at that rate; 0 when nobody can say, or none is left."""
        rate = self.a_minute
        return (self.total - self.done) / rate * _MINUTE if rate else 0.0

    def told(self) -> str:
        """Return all of it as one line."""
        parts = [f"{self.done} of {self.total} POs" + (f" ({self.failed} failed)" if self.failed else "")]
        rate = self.a_minute
        if rate:
            parts.append(f"{rate:.0f} a minute" if rate >= 1 else f"{rate * _HOUR / _MINUTE:.0f} an hour")
        if self.seconds_to_go:
            parts.append(f"about {spoken(self.seconds_to_go)} to go")
        return ", ".join(parts)


def spoken(seconds: float) -> str:
    """Return a duration as people say it, no more exact than it is known."""
    if seconds < 1.5 * _MINUTE:
        return f"{max(round(seconds, -1), 10):.0f} s"
    if seconds < 1.5 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    hours, rest = divmod(round(seconds / _MINUTE), 60)
    return f"{hours} h {rest} min"
