"""Whether a worker may begin its next order now, or waits while memory or processor are short. Never waits for ever.

While they are short, one order after the other is begun in the run: whoever has the place goes on, so that never all
wait. Who has waited as long as it may goes on too, and waits again only after it was well in between.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool import events, resources
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline
from pytest_edgepool.errors import RunStopped
from pytest_edgepool.locks import Lock
from pytest_edgepool.resources import MemoryState
from pytest_edgepool.workers.recycling import is_short
from pytest_edgepool.workers.slots import running_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgepool.settings import Settings
    from pytest_edgepool.workers.worker import Worker

MEMORY, PROCESSOR = "memory", "processor"
# Why the limit of the processor is 20 (`edgepool_processor_limit`): a browser's start and proofs take two seconds of
# processor (measured) and 60 at most; with 30 programs that want each core they would not be done in time. At 11 for
# each core, several suites on one machine, all that was tried was slow and right.

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """How much of the machine is in use.

    Attributes:
        memory: of its memory, or of the container's.
        ours_bytes: what of that the browsers of the run use, as they last said.
        load: programs that want each core, on average over the last minute.
    """

    memory: MemoryState
    ours_bytes: int = 0
    load: float = 0.0


def reason_to_wait(now: Pressure, memory_limit: float, load_limit: float) -> str:
    """Return what is so short that the next order had better wait, or "".

    Memory that others use is no reason: it stays short however long we wait.

    Args:
        now: how much is in use.
        memory_limit: from that share of the memory on; 0 is never.
        load_limit: from that load on; 0 is never.
    """
    if is_short(now.memory.fraction, memory_limit):
        without_us = MemoryState(
            used_bytes=now.memory.used_bytes - now.ours_bytes, limit_bytes=now.memory.limit_bytes
        ).fraction
        if without_us < memory_limit:
            return MEMORY
    return PROCESSOR if 0 < load_limit <= now.load else ""


class Pace:
    """One worker's pace.

    Args:
        worker: whose orders they are.
        memory: returns what is used of the memory.
        load: returns the load of each core.
        clock: where time comes from.
    """

    def __init__(
        self,
        worker: Worker,
        memory: Callable[[], MemoryState] = resources.memory,
        load: Callable[[], float] = resources.load_per_core,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._worker = worker
        self._memory = memory
        self._load = load
        self._clock = clock
        self._place = Lock(worker.run.folder / "pace.lock")
        self._has_waited = False

    @contextmanager
    def place(self) -> Iterator[None]:
        """Have a place for one order: recycles the browser when it is due, then waits while it must.

        Raises:
            RunStopped: the run was ended meanwhile.
        """
        self._worker.recycling.between_items()
        try:
            self._wait()
            if self._worker.run.is_stopping:
                raise RunStopped("the run was ended before its turn")
            yield
        finally:
            self._place.free()

    def _wait(self) -> None:
        settings: Settings = self._worker.settings
        if settings.edgepool_pace_wait <= 0:
            return
        because = self._short()
        if not because:
            self._has_waited = False
            return
        if self._has_waited or self._place.take():
            return
        begun = self._clock.monotonic()
        waited_before = self._worker.status.waited_seconds
        self._worker.note(waits_for=because)
        try:
            self._has_waited = not self._became_free(settings.edgepool_pace_wait)
        finally:
            seconds = round(self._clock.monotonic() - begun, 3)
            self._worker.note(waits_for="", waited_seconds=round(waited_before + seconds, 3))
            self._worker.tell(events.WorkerWaited(because=because, seconds=seconds, in_vain=self._has_waited))

    def _became_free(self, patience_seconds: float) -> bool:
        """Wait until there is enough, or the place is ours; return whether that came in time."""
        deadline = Deadline.after(patience_seconds, "waiting for memory and processor", self._clock)
        while not deadline.passed:
            if self._worker.run.is_stopping:
                raise RunStopped("the run was ended while it waited for memory and processor")
            self._clock.sleep(min(_LOOK_SECONDS, deadline.remaining_seconds()))
            if not self._short() or self._place.take():
                return True
        return False

    @property
    def is_short(self) -> bool:
        """Whether the next order would have to wait now."""
        return self._worker.settings.edgepool_pace_wait > 0 and bool(self._short())

    def _short(self) -> str:
        settings: Settings = self._worker.settings
        memory = self._memory()
        ours = self._worker.status.memory_now
        if is_short(memory.fraction, settings.edgepool_memory_limit):
            ours += sum(each.memory_now for each in running_of(self._worker.run, without=self._worker.name))
        now = Pressure(memory=memory, ours_bytes=ours, load=self._load())
        return reason_to_wait(now, settings.edgepool_memory_limit, settings.edgepool_processor_limit)
