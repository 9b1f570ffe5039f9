"""What time it is and how long is left: the only door to `time.sleep`. Never knows what is waited for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from pytest_edgepool.errors import DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(Protocol):
    """The port through which time comes in; tests bring their own."""

    def monotonic(self) -> float:
        """Return seconds that never go back, whatever the wall clock does."""

    def now(self) -> datetime:
        """Return the wall-clock time, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the wall-clock time, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the door

    def sleep(self, seconds: float) -> None:
        """Sleep; the one place of the package that does."""
        time.sleep(seconds)  # noqa: TID251 - this is the door


SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment until which something must be done.

    Attributes:
        what: what it bounds, as a clause for the message.
        patience_seconds: how long it was given altogether.
        ends_at: the moment, on the clock's monotonic scale.
        clock: where time comes from.
    """

    what: str
    patience_seconds: float
    ends_at: float
    clock: Clock = field(default=SYSTEM_CLOCK, repr=False)

    @classmethod
    def after(cls, seconds: float, what: str, clock: Clock = SYSTEM_CLOCK) -> Deadline:
        """Return the deadline `seconds` from now."""
        return cls(what=what, patience_seconds=seconds, ends_at=clock.monotonic() + seconds, clock=clock)

    def remaining_seconds(self) -> float:
        """Return what is left, never less than nothing."""
        return max(0.0, self.ends_at - self.clock.monotonic())

    def later(self, seconds: float) -> Deadline:
        """Return the same deadline, put off by that much."""
        return replace(self, ends_at=self.ends_at + seconds) if seconds else self

    @property
    def passed(self) -> bool:
        """Whether nothing is left."""
        return self.remaining_seconds() <= 0.0

    def check(self) -> None:
        """Raise `DeadlinePassed` when nothing is left."""
        if self.passed:
            raise DeadlinePassed(self.what, self.patience_seconds)


def wait_until(claim: Callable[[], bool], deadline: Deadline, poll_seconds: float = 0.05) -> bool:
    """Return True as soon as `claim()` holds, or False when the deadline passes first."""
    while not claim():
        if deadline.passed:
            return False
        deadline.clock.sleep(min(poll_seconds, deadline.remaining_seconds()))
    return True
