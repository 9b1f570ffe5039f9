"""When a worker's browser is started anew between two items, as a decision, and doing it. Never within an item.

What a browser has grown by, only its end gives back. It comes again on the same profile, signed in, without its tabs.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool import events, resources
from pytest_edgepool.browser.wire import DriverError
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, Permanent, RunStopped
from pytest_edgepool.locks import Lock
from pytest_edgepool.workers.slots import running_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_edgepool.resources import MemoryState
    from pytest_edgepool.settings import Settings
    from pytest_edgepool.workers.slots import SlotStatus
    from pytest_edgepool.workers.worker import Worker

MEMORY, TABS, AGE, ASKED = "memory", "tabs", "age", "asked"

# Another one's start and proofs, each bounded, twice over.
_PATIENCE_SECONDS = 300.0

# A browser whose end gave back less than this share of all memory was not what filled it.
_WORTH_IT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """A running browser, as far as the decision goes.

    Attributes:
        tabs: how many it has had.
        age_seconds: how long it has run.
        memory_bytes: what it uses.
    """

    tabs: int
    age_seconds: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on a browser is recycled; 0 is never.

    Attributes:
        tabs: from so many tabs on.
        age_seconds: from that age on.
        memory: from that share of the memory in use on, the largest one.
        least_tabs: tabs it must have had to be recycled for memory.
    """

    tabs: int
    age_seconds: float
    memory: float
    least_tabs: int

    @classmethod
    def of(cls, settings: Settings, least_tabs: int) -> Limits:
        """Return what the settings say."""
        return cls(
            tabs=settings.edgepool_recycle_tabs,
            age_seconds=settings.edgepool_recycle_age,
            memory=settings.edgepool_memory_limit,
            least_tabs=least_tabs,
        )


def reason_to_recycle(mine: Browser, limits: Limits, used: float, others: Sequence[int]) -> str:
    """Return why this browser is to be recycled now, or "".

    Args:
        mine: this worker's browser.
        limits: from when on.
        used: the share of the memory that is in use, of machine or container.
        others: what the other browsers use that may be recycled for memory too.
    """
    if 0 < limits.tabs <= mine.tabs:
        return TABS
    if 0 < limits.age_seconds <= mine.age_seconds and mine.tabs > 0:
        return AGE
    if is_short(used, limits.memory) and mine.tabs >= limits.least_tabs and mine.memory_bytes >= max([1, *others]):
        return MEMORY
    return ""


def is_short(used: float, limit: float) -> bool:
    """Whether that share of the memory in use is too much."""
    return 0 < limit <= used


def may_be_recycled(other: SlotStatus) -> bool:
    """Whether another worker would recycle its browser for memory, as it last said."""
    return other.tabs_now >= other.recycle_at


class Recycling:
    """One worker's recycling.

    Args:
        worker: whose browser it is.
        memory: returns what is used of the memory.
    """

    def __init__(self, worker: Worker, memory: Callable[[], MemoryState] = resources.memory) -> None:
        self._worker = worker
        self._memory = memory
        self._lock = Lock(worker.run.folder / "recycling.lock")
        self._least_tabs = worker.settings.edgepool_recycle_least_tabs
        self._before = 0
        self._open_tabs = 0
        self._was_told = False

    @contextmanager
    def tab_open(self) -> Iterator[None]:
        """Have a tab of a test's own open for a block: its browser is in use, whatever else the test does."""
        self._open_tabs += 1
        try:
            yield
        finally:
            self._open_tabs -= 1

    def between_items(self) -> None:
        """Recycle the browser when it is due and no other worker is at it; an item follows, or nobody would ask.

        A browser that cannot be started again is the item's business: it meets the same error, and has its own means.
        """
        worker = self._worker
        if self._open_tabs or not worker.has_browser or worker.run.is_stopping:
            return
        try:
            because = self._reason()
            if because and self._lock.take():
                self._recycle(because)
        except RunStopped:
            raise
        except (Permanent, BrowserTrouble, DeadlinePassed, DriverError, OSError) as error:
            worker.tell(events.RecyclingFailed(slot=worker.status.slot, error=str(error)))
        finally:
            self._lock.free()

    @property
    def is_near(self) -> bool:
        """Whether the browser may be recycled before the next item, as far as that can be told now."""
        limits = Limits.of(self._worker.settings, self._least_tabs)
        memory = self._memory() if limits.memory > 0 else None
        if memory is not None and is_short(memory.fraction, limits.memory):
            return True
        usage = self._worker.usage
        mine = Browser(tabs=usage.tabs + 1, age_seconds=usage.age_seconds)
        return bool(reason_to_recycle(mine, limits, 0.0, ()))

    def now(self, because: str = ASKED) -> None:
        """Recycle the browser now, whatever it uses; waits for another worker that is at it.

        Raises:
            BrowserTrouble: the browser did not start again.
            DeadlinePassed: others were at it for too long.
            Permanent: as `Worker.browser`.
        """
        with self._lock.held(_PATIENCE_SECONDS) as got:
            if not got:
                raise DeadlinePassed("waiting for another worker's browser to be recycled", _PATIENCE_SECONDS)
            self._recycle(because)

    # -- deciding --------------------------------------------------------------------------------------------------

    def _reason(self) -> str:
        worker, usage = self._worker, self._worker.usage
        limits = Limits.of(worker.settings, self._least_tabs)
        memory = self._memory() if limits.memory > 0 else None
        used = memory.fraction if memory is not None else 0.0
        mine = Browser(tabs=usage.tabs, age_seconds=usage.age_seconds)
        if memory is not None and is_short(used, limits.memory):
            self._learn(memory)
            limits = Limits.of(worker.settings, self._least_tabs)
            if mine.tabs >= limits.least_tabs:  # a look costs time: only of one that may be recycled
                mine = Browser(tabs=mine.tabs, age_seconds=mine.age_seconds, memory_bytes=usage.look())
        others: list[int] = []
        if mine.memory_bytes:  # 0: memory is not short, or nobody can tell what browsers use
            others = [each.memory_now for each in running_of(worker.run, without=worker.name) if may_be_recycled(each)]
        return reason_to_recycle(mine, limits, used, others)

    def _learn(self, memory: MemoryState) -> None:
        """See whether the last recycling for memory gave anything back; one in vain makes the next one rarer."""
        first = self._worker.usage.footprint.first
        if not self._before or not first:
            return
        if self._before - first >= _WORTH_IT * memory.limit_bytes:
            self._least_tabs = self._worker.settings.edgepool_recycle_least_tabs
        else:
            self._least_tabs *= 2
            if not self._was_told:
                self._was_told = True
                self._worker.tell(events.MemoryShort(used=round(memory.fraction, 3), browser_bytes=first))
        self._before = 0
        self._worker.note(recycle_at=self._least_tabs)

    # -- doing -----------------------------------------------------------------------------------------------------

    def _recycle(self, because: str) -> None:
        worker = self._worker
        begun = SYSTEM_CLOCK.monotonic()
        browser = worker.browser()
        used, tabs = worker.usage.look(), worker.usage.tabs
        try:
            worker.sessions.carry(browser, worker.status.slot)
        except (BrowserTrouble, DeadlinePassed) as error:  # it is dead: what was kept earlier is what there is
            worker.tell(events.CleanupFailed(what="the session of a browser that is recycled", error=str(error)))
        worker.discard_browser()
        worker.browser()
        self._before = used if because == MEMORY else 0
        worker.note(recycles=worker.status.recycles + 1, recycle_at=self._least_tabs)
        worker.tell(
            events.BrowserRecycled(
                slot=worker.status.slot,
                because=because,
                tabs=tabs,
                memory_bytes=used,
                seconds=round(SYSTEM_CLOCK.monotonic() - begun, 3),
            )
        )
