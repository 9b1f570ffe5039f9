"""What a killed worker leaves while its run goes on: processes are ended, its clone removed. Never a living one's."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline, wait_until
from pytest_edgepool.files import remove_folder
from pytest_edgepool.processes import is_ours_alive
from pytest_edgepool.workers.slots import say, slots_of

if TYPE_CHECKING:
    from pytest_edgepool.clock import Clock
    from pytest_edgepool.run import Run
    from pytest_edgepool.workers.slots import SlotStatus

# The supervisor sees the end of its worker and ends the browser in order, which saves its cookies: a tenth of a second.
_BY_ITSELF_SECONDS = 2.0
_LOCK_PATIENCE_SECONDS = 1.0


def clear_remains(run: Run, worker: str, clock: Clock = SYSTEM_CLOCK) -> None:
    """End what a dead worker had started and remove its clone, so that its slot can be leased anew.

    Bounded by seconds, because the controller waits meanwhile. What resists is cleared up by whoever leases the slot
    next, or at the end of the run. A worker that had given its slot back has left nothing: what runs on that profile
    by now is another's, whose lock of the slot says so.

    Raises:
        OSError: the disk refused; the processes are ended by then, unless it did not even tell which they are.
    """
    status = next((each for each in slots_of(run) if each.worker == worker), None)
    if status is None or not status.profile:
        return
    if status.state not in ("retired", "ended"):
        with suppress(OSError):  # a full disk: others ask its lock too
            say(run, replace(status, state="died"))
    lock = run.slot_lock(status.slot)
    with run.leasing_lock().held(_LOCK_PATIENCE_SECONDS) as got:
        if not got or not lock.take(_LOCK_PATIENCE_SECONDS):
            return  # somebody has leased it since, and has cleared up first
    try:
        _clear(run, status, clock)
    finally:
        lock.free()


def _clear(run: Run, status: SlotStatus, clock: Clock) -> None:
    records = run.recorded(status.profile)
    wait_until(
        lambda: not any(map(is_ours_alive, records)),
        Deadline.after(_BY_ITSELF_SECONDS, "the end of a dead worker's browser", clock),
    )
    survivors = run.end_recorded(status.profile)
    if status.kind == "clone" and not survivors:
        remove_folder(Path(status.profile))
