"""What a worker's browsers use is told in its slot, one after the other, and never keeps one from being ended."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.browser.memory import TABS_BETWEEN_LOOKS
from pytest_edgepool.run import Run
from pytest_edgepool.workers.slots import SlotStatus, say
from pytest_edgepool.workers.usage import Usage
from tests.staged import idle

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Started:
    """Whose processor time counts."""

    supervisor_pid: int
    browser_pid: int = 0


@dataclass
class Browser:
    """A running browser of which only its use of memory matters."""

    uses: int
    started: Started = field(default_factory=lambda: Started(os.getpid()))
    looks: int = 0

    def memory_bytes(self) -> int:
        self.looks += 1
        return self.uses


@dataclass
class Holding:
    """A worker's slot."""

    run: Run
    name: str = "gw0"

    def __post_init__(self) -> None:
        self.run.join()
        self.status = SlotStatus(worker=self.name)

    def note(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    return Holding(Run(tmp_path, "r1"))


def test_what_a_browser_uses_is_told_in_its_slot(holding: Holding) -> None:
    """Now and at most, with the processor time and how many tabs it has had."""
    usage, browser = Usage(holding), Browser(500)  # type: ignore[arg-type]
    usage.begins(browser)  # type: ignore[arg-type]
    usage.tab_closed()
    browser.uses = 300
    assert usage.look() == 300
    told = holding.status
    assert (told.memory_now, told.memory_bytes, told.tabs, told.tabs_now) == (300, 500, 1, 1)
    assert told.cpu_seconds > 0
    assert usage.footprint.first == 500


def test_a_look_comes_with_the_first_tab_and_then_now_and_then(holding: Holding) -> None:
    """It costs tens of milliseconds."""
    usage, browser = Usage(holding), Browser(500)  # type: ignore[arg-type]
    usage.begins(browser)  # type: ignore[arg-type]
    for _ in range(TABS_BETWEEN_LOOKS + 1):
        usage.tab_closed()
    assert browser.looks == 2


def test_the_next_browser_begins_anew_and_the_totals_stay(holding: Holding) -> None:
    """What has ended uses nothing; its tabs and its peak are the worker's."""
    usage = Usage(holding)  # type: ignore[arg-type]
    usage.begins(Browser(500))  # type: ignore[arg-type]
    usage.tab_closed()
    usage.ends()
    told = holding.status
    assert (told.memory_now, told.tabs_now, told.tabs, told.memory_bytes) == (0, 0, 1, 500)
    assert (usage.tabs, usage.age_seconds, usage.look()) == (0, 0.0, 0)
    before = told.cpu_seconds
    usage.begins(Browser(400))  # type: ignore[arg-type]
    usage.tab_closed()
    told = holding.status
    assert (told.memory_now, told.tabs_now, told.tabs, told.memory_bytes) == (400, 1, 2, 500)
    assert told.cpu_seconds >= before
    assert usage.footprint.first == 400


def test_what_all_use_at_once_is_added_up(holding: Holding) -> None:
    """Of the workers that live; the most of it stays."""
    with idle() as pid:
        say(holding.run, SlotStatus(worker="gw1", memory_now=700, pid=pid, state="ready"))
        say(holding.run, SlotStatus(worker="gw2", memory_now=90, pid=pid, state="retired"))
        usage = Usage(holding)  # type: ignore[arg-type]
        usage.begins(Browser(500))  # type: ignore[arg-type]
        usage.look()
        assert holding.status.memory_total == 1200
    usage.look()
    assert holding.status.memory_total == 1200


def test_a_browser_that_cannot_be_seen_changes_nothing(holding: Holding) -> None:
    """It has just died: that is not its footprint."""
    usage, browser = Usage(holding), Browser(500)  # type: ignore[arg-type]
    usage.begins(browser)  # type: ignore[arg-type]
    usage.look()
    browser.uses = 0
    assert usage.look() == 0
    assert holding.status.memory_now == 500
