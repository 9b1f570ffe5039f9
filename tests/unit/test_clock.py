"""Time comes in through a port, and what it bounds ends."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline, wait_until
from pytest_edgepool.errors import DeadlinePassed
from pytest_edgepool.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable


def after(looks: int) -> Callable[[], bool]:
    """A claim that holds from its n-th look on."""
    seen: list[None] = []

    def claim() -> bool:
        seen.append(None)
        return len(seen) >= looks

    return claim


def test_a_deadline_counts_down() -> None:
    """What is left is what was given less what has passed, and never less than nothing."""
    clock = FakeClock()
    deadline = Deadline.after(10, "the work", clock)
    clock.sleep(4)
    assert deadline.remaining_seconds() == pytest.approx(6)
    clock.sleep(10)
    assert deadline.remaining_seconds() == 0.0


def test_a_deadline_passes_exactly_at_its_end() -> None:
    """The last moment does not count as time."""
    clock = FakeClock()
    deadline = Deadline.after(2, "the work", clock)
    clock.sleep(1.5)
    assert not deadline.passed
    clock.sleep(0.5)
    assert deadline.passed


def test_checking_a_deadline_raises_only_when_it_has_passed() -> None:
    """The error names the work and its patience."""
    clock = FakeClock()
    deadline = Deadline.after(2, "the work", clock)
    deadline.check()
    clock.sleep(3)
    with pytest.raises(DeadlinePassed, match="the work took longer than 2 s"):
        deadline.check()


def test_waiting_ends_as_soon_as_the_claim_holds() -> None:
    """Nobody sleeps once it is so."""
    clock = FakeClock()
    assert wait_until(after(3), Deadline.after(10, "it", clock), poll_seconds=0.5)
    assert clock.slept == [0.5, 0.5]


def test_what_holds_already_needs_no_time() -> None:
    """A claim that holds at the first look is true even when no time was given."""
    clock = FakeClock()
    assert wait_until(lambda: True, Deadline.after(0, "it", clock))
    assert clock.slept == []


def test_waiting_gives_up_at_the_deadline() -> None:
    """It looks once more at the very end, and never sleeps past it."""
    clock = FakeClock()
    assert not wait_until(after(5), Deadline.after(1, "it", clock), poll_seconds=0.4)
    assert sum(clock.slept) == pytest.approx(1)
    assert wait_until(after(4), Deadline.after(1, "it", clock), poll_seconds=0.4)


def test_a_deadline_is_put_off_by_what_is_not_counted() -> None:
    """The same work, the same patience, a later end; by nothing, it is the same deadline."""
    clock = FakeClock()
    deadline = Deadline.after(10, "the work", clock)
    later = deadline.later(30)
    assert later.remaining_seconds() == pytest.approx(40)
    assert (later.what, later.patience_seconds) == ("the work", 10)
    assert deadline.later(0) is deadline


def test_the_systems_clock_goes_forward() -> None:
    """Seconds do not go back, and the wall clock knows its zone."""
    begun = SYSTEM_CLOCK.monotonic()
    SYSTEM_CLOCK.sleep(0)
    assert SYSTEM_CLOCK.monotonic() >= begun
    assert SYSTEM_CLOCK.now().tzinfo is UTC
