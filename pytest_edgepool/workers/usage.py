"""What this worker's browsers use, looked at between items and told in its slot. Never acts on it, never waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool import resources
from pytest_edgepool.browser.memory import Footprint, Watch
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.workers.slots import running_of

if TYPE_CHECKING:
    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.workers.holding import Holding


class Usage:
    """What one worker's browsers use, one after the other.

    Args:
        holding: the worker's share in the run, in whose slot it is told.
    """

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._watch: Watch | None = None
        self._browser: RunningBrowser | None = None
        self._earlier_cpu_seconds = 0.0
        self._begun_at = 0.0
        self._tabs = 0

    @property
    def footprint(self) -> Footprint:
        """What the running browser was seen to use."""
        return self._watch.footprint if self._watch is not None else Footprint()

    @property
    def tabs(self) -> int:
        """How many items the running browser has had a tab for; those of the proofs do not count."""
        return self._tabs

    @property
    def age_seconds(self) -> float:
        """How long the browser has run, or nothing when there is none."""
        return SYSTEM_CLOCK.monotonic() - self._begun_at if self._browser is not None else 0.0

    def begins(self, browser: RunningBrowser) -> None:
        """Watch over a browser that was just started."""
        self._earlier_cpu_seconds = self._holding.status.cpu_seconds
        self._begun_at = SYSTEM_CLOCK.monotonic()
        self._browser = browser
        self._tabs = 0
        self._watch = Watch(browser.memory_bytes)

    def tab_closed(self) -> None:
        """Count a tab that was closed, and look at the browser now and then."""
        if self._watch is None or self._browser is None:
            return
        self._tabs += 1
        if self._watch.is_due(self._tabs):
            self.look()
        self._holding.note(tabs=self._holding.status.tabs + 1, tabs_now=self._tabs)

    def look(self) -> int:
        """Look now, and tell it; return what the browser uses, in bytes, or 0 when that cannot be seen."""
        if self._watch is None or self._browser is None:
            return 0
        before = self.footprint.looks
        seen = self._watch.look()
        if seen.looks == before:
            return 0
        holding, started = self._holding, self._browser.started
        others = running_of(holding.run, without=holding.name)
        spent = resources.cpu_seconds(started.supervisor_pid or started.browser_pid)
        holding.note(
            memory_bytes=max(holding.status.memory_bytes, seen.last),
            memory_now=seen.last,
            memory_total=max(holding.status.memory_total, seen.last + sum(each.memory_now for each in others)),
            # A process that was ended takes its time with it where nobody waited for it.
            cpu_seconds=max(holding.status.cpu_seconds, round(self._earlier_cpu_seconds + spent, 2)),
        )
        return seen.last

    def ends(self) -> None:
        """Look a last time, before the browser is ended, and tell that it is over."""
        if self._browser is None:
            return
        self.look()
        self._browser, self._watch, self._tabs = None, None, 0
        self._holding.note(memory_now=0, tabs_now=0)
