"""When a browser is started anew: after tabs, age, or as the largest while memory is short; one at a time in a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.browser.memory import Footprint
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed
from pytest_edgepool.events import BrowserRecycled, CleanupFailed, Event, MemoryShort, RecyclingFailed
from pytest_edgepool.resources import MemoryState
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
from pytest_edgepool.workers import recycling
from pytest_edgepool.workers.recycling import Browser, Limits, Recycling, reason_to_recycle
from pytest_edgepool.workers.slots import SlotStatus, say
from tests.staged import holding

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(tabs=500, age_seconds=3600, memory=0.75, least_tabs=25)
FULL = MemoryState(used_bytes=9000, limit_bytes=10000)
ROOMY = MemoryState(used_bytes=1000, limit_bytes=10000)


@pytest.mark.parametrize(
    ("tabs", "age", "size", "used", "others", "reason"),
    [
        (499, 3599, 900, 0.74, [], ""),
        (500, 0, 0, 0.0, [], "tabs"),
        (1, 3600, 0, 0.0, [], "age"),
        (0, 3600, 0, 0.0, [], ""),  # nothing has happened in it: a new one would be the same
        (25, 0, 900, 0.75, [], "memory"),
        (24, 0, 900, 0.99, [], ""),  # it has just come
        (25, 0, 0, 0.99, [], ""),  # nobody can tell what it uses: it may not be the one
        (25, 0, 900, 0.75, [899, 10], "memory"),
        (25, 0, 900, 0.75, [901, 10], ""),  # another worker's is larger
        (500, 3600, 900, 0.99, [901], "tabs"),
    ],
)
def test_when_a_browser_is_recycled(
    *, tabs: int, age: float, size: int, used: float, others: list[int], reason: str
) -> None:
    """The table of the rule."""
    mine = Browser(tabs=tabs, age_seconds=age, memory_bytes=size)
    assert reason_to_recycle(mine, LIMITS, used, others) == reason


def test_each_limit_of_nothing_is_never() -> None:
    """0 switches it off."""
    none = Limits(tabs=0, age_seconds=0, memory=0, least_tabs=1)
    assert reason_to_recycle(Browser(tabs=10**6, age_seconds=10**6, memory_bytes=10**12), none, 1.0, []) == ""


def test_what_the_settings_say() -> None:
    """By default a browser lives as long as it likes, for 500 tabs at most."""
    limits = Limits.of(Settings(), 25)
    assert (limits.tabs, limits.age_seconds, limits.memory, limits.least_tabs) == (500, 0, 0.75, 25)


@dataclass
class Usage:
    """What the running browser uses, as the test says."""

    tabs: int = 100
    age_seconds: float = 0.0
    size: int = 1000
    looks: int = 0
    footprint: Footprint = field(default_factory=Footprint)

    def look(self) -> int:
        self.looks += 1
        return self.size


@dataclass
class Kept:
    """Sessions of which only the carrying matters."""

    error: Exception | None = None
    carried: int = 0

    def carry(self, browser: object, slot: int) -> None:
        if self.error:
            raise self.error
        self.carried += 1


@dataclass
class Worker:
    """A worker as far as recycling goes."""

    run: Run
    settings: Settings = field(default_factory=Settings)
    name: str = "gw0"
    usage: Usage = field(default_factory=Usage)
    sessions: Kept = field(default_factory=Kept)
    told: list[Event] = field(default_factory=list)
    has_browser: bool = True
    error: Exception | None = None
    ended: int = 0

    def __post_init__(self) -> None:
        self.run.join()
        self.status = SlotStatus(worker=self.name, slot=1)

    def browser(self) -> object:
        if self.ended and self.error:
            raise self.error
        return object()

    def discard_browser(self) -> None:
        self.ended += 1

    def note(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)

    def tell(self, event: Event) -> None:
        self.told.append(event)


@dataclass
class Staged:
    """A worker, its recycling, and how full the memory is."""

    worker: Worker
    memory: MemoryState = FULL

    def __post_init__(self) -> None:
        self.recycling = Recycling(self.worker, lambda: self.memory)  # type: ignore[arg-type]


@pytest.fixture
def here(tmp_path: Path) -> Staged:
    return Staged(Worker(Run(tmp_path, "r1")))


def recycled(here: Staged) -> list[str]:
    return [each.because for each in here.worker.told if isinstance(each, BrowserRecycled)]


def test_a_due_browser_is_ended_and_started_with_its_cookies_in_between(here: Staged) -> None:
    """And it is told and counted."""
    here.recycling.between_items()
    assert recycled(here) == ["memory"]
    [event] = here.worker.told
    assert isinstance(event, BrowserRecycled)
    assert (event.slot, event.tabs, event.memory_bytes) == (1, 100, 1000)
    assert (here.worker.ended, here.worker.sessions.carried, here.worker.status.recycles) == (1, 1, 1)


def test_a_browser_that_is_not_due_is_not_even_weighed(here: Staged) -> None:
    """A look takes tens of milliseconds; only the machine's memory is read for each item."""
    here.memory = ROOMY
    here.recycling.between_items()
    here.memory, here.worker.usage.tabs = FULL, 24
    here.recycling.between_items()
    assert (here.worker.usage.looks, here.worker.told) == (0, [])


def test_no_two_at_once(here: Staged) -> None:
    """Whoever finds another worker at it goes on with its item; it is asked again before the next."""
    with holding(here.worker.run.folder / "recycling.lock"):
        here.recycling.between_items()
        assert recycled(here) == []
    here.recycling.between_items()
    assert recycled(here) == ["memory"]


def test_who_asks_for_it_waits_for_the_other(here: Staged, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand it is waited for, within bounds."""
    monkeypatch.setattr(recycling, "_PATIENCE_SECONDS", 0.1)
    with holding(here.worker.run.folder / "recycling.lock"), pytest.raises(DeadlinePassed, match="to be recycled"):
        here.recycling.now()
    here.recycling.now()
    assert recycled(here) == ["asked"]


@pytest.mark.parametrize("because", ["no browser", "an open tab", "the end of the run"])
def test_when_it_is_left_alone(here: Staged, because: str) -> None:
    """Nothing to recycle, something in use, or nothing that follows."""
    if because == "no browser":
        here.worker.has_browser = False
        here.recycling.between_items()
    elif because == "an open tab":
        with here.recycling.tab_open():
            here.recycling.between_items()
    else:
        here.worker.run.stop("signal")
        here.recycling.between_items()
    assert (here.worker.told, here.worker.ended) == ([], 0)


@pytest.mark.parametrize(("state", "count"), [("ready", 0), ("ended", 1)])
def test_a_larger_browser_of_another_worker_comes_first(here: Staged, state: str, count: int) -> None:
    """As long as it runs."""
    say(here.worker.run, SlotStatus(worker="gw1", memory_now=2000, tabs_now=30, state=state, pid=os.getpid()))
    here.recycling.between_items()
    assert len(recycled(here)) == count


def test_a_larger_one_that_may_not_be_recycled_yet_is_passed_over(here: Staged) -> None:
    """Else the memory would stay as full as it is until that one has had its tabs."""
    other = SlotStatus(worker="gw1", memory_now=2000, tabs_now=30, recycle_at=50, state="ready", pid=os.getpid())
    say(here.worker.run, other)
    here.recycling.between_items()
    assert recycled(here) == ["memory"]


def test_recycling_in_vain_becomes_rarer_and_is_told_once(here: Staged) -> None:
    """A new browser as large as the old one doubles the tabs until the next; one that is small begins anew."""
    needed = []
    for _ in range(3):
        here.recycling.between_items()
        here.worker.usage.footprint = Footprint(first=950, peak=950, last=950, looks=1)
        here.worker.usage.tabs = 1
        here.recycling.between_items()
        needed.append(here.worker.status.recycle_at)
        here.worker.usage.tabs = 499
    assert needed == [50, 100, 200]
    assert [each for each in here.worker.told if isinstance(each, MemoryShort)] == [
        MemoryShort(used=0.9, browser_bytes=950)
    ]
    here.recycling.between_items()
    here.worker.usage.footprint = Footprint(first=500, peak=500, last=500, looks=1)
    here.recycling.between_items()
    assert here.worker.status.recycle_at == 25


@pytest.mark.parametrize("error", [BrowserTrouble("no"), DeadlinePassed("starting", 1.0), OSError("full")])
def test_a_browser_that_does_not_start_again_is_told_and_left_to_the_item(here: Staged, error: Exception) -> None:
    """The item meets the same error, and has its own means; the next worker may recycle."""
    here.worker.error = error
    here.recycling.between_items()
    assert [type(each) for each in here.worker.told] == [RecyclingFailed]
    with holding(here.worker.run.folder / "recycling.lock"):
        pass


def test_by_hand_the_error_comes_out(here: Staged) -> None:
    """Who asked for it is told."""
    here.worker.error = BrowserTrouble("no")
    with pytest.raises(BrowserTrouble):
        here.recycling.now()


def test_a_dead_browser_is_recycled_too(here: Staged) -> None:
    """Its cookies cannot be taken any more: that is told, and what was kept earlier is what there is."""
    here.worker.sessions.error = BrowserTrouble("gone")
    here.recycling.between_items()
    assert [type(each) for each in here.worker.told] == [CleanupFailed, BrowserRecycled]
