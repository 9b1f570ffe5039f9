"""What workers say of their slots can be read by everybody else."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
from pytest_edgepool.workers.holding import Holding
from pytest_edgepool.workers.slots import SlotStatus, running_of, say, slots_of
from tests.staged import idle

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.events import Event


def run_in(tmp_path: Path) -> Run:
    run = Run(tmp_path, "r1")
    run.join()
    return run


def test_what_a_worker_says_is_what_others_read(tmp_path: Path) -> None:
    """Every field makes the journey."""
    run = run_in(tmp_path)
    said = SlotStatus(
        worker="gw3",
        slot=2,
        kind="clone",
        state="ready",
        verified="SUCCESS",
        starts=1,
        tabs=7,
        memory_bytes=10,
        clone_seconds=0.5,
        clone_bytes=9,
        clone_means="reflink",
        start_seconds=0.9,
        verify_seconds=0.2,
        profile="the/udd",
        proofs=({"method": "file", "outcome": "SUCCESS"},),
        mended=("hand over",),
        note="the base is held by another run",
    )
    say(run, said)
    assert slots_of(Run(tmp_path, "r1")) == (said,)


def test_the_last_word_of_a_worker_counts(tmp_path: Path) -> None:
    """One worker, one status."""
    run = run_in(tmp_path)
    say(run, SlotStatus(worker="gw0", state="starting"))
    say(run, SlotStatus(worker="gw0", state="ended"))
    assert [each.state for each in slots_of(run)] == ["ended"]


def test_slots_come_in_the_order_of_workers_and_not_of_letters(tmp_path: Path) -> None:
    """gw10 comes after gw2."""
    run = run_in(tmp_path)
    for worker in ("gw10", "gw2", "gw0"):
        say(run, SlotStatus(worker=worker))
    assert [each.worker for each in slots_of(run)] == ["gw0", "gw2", "gw10"]


def test_a_run_without_workers_has_no_slots(tmp_path: Path) -> None:
    """Nobody has said anything."""
    assert slots_of(Run(tmp_path, "never")) == ()


def test_what_an_older_or_newer_version_said_can_be_read(tmp_path: Path) -> None:
    """A field that is missing has its default, one that nobody knows is passed over."""
    run = run_in(tmp_path)
    (run.folder / "slots" / "gw0.json").write_text('{"worker": "gw0", "slot": 3, "colour": "blue", "mended": ["x"]}')
    assert slots_of(run) == (SlotStatus(worker="gw0", slot=3, mended=("x",)),)


def test_whose_browser_runs(tmp_path: Path) -> None:
    """The others that live, have not ended, and were seen to use memory."""
    run, me = run_in(tmp_path), os.getpid()
    say(run, SlotStatus(worker="gw0", memory_now=1, pid=me, state="ready"))
    say(run, SlotStatus(worker="gw1", memory_now=1, pid=me, state="ready"))
    say(run, SlotStatus(worker="gw2", memory_now=0, pid=me, state="ready"))
    say(run, SlotStatus(worker="gw3", memory_now=1, pid=me, state="ended"))
    with idle() as pid:
        gone = pid
    say(run, SlotStatus(worker="gw5", memory_now=1, pid=gone, state="ready"))
    assert [each.worker for each in running_of(run, without="gw0")] == ["gw1"]


@pytest.fixture
def holding(tmp_path: Path) -> tuple[Holding, list[Event]]:
    told: list[Event] = []
    run = Run(tmp_path, "r1")
    run.join()
    return Holding(run, Settings(), "gw0", told.append), told


def test_a_disk_that_takes_no_word_of_a_slot_costs_the_order_nothing(holding: tuple[Holding, list[Event]]) -> None:
    """It is told once, and what is said stays known to the worker itself."""
    mine, told = holding
    folder = mine.run.folder / "slots"
    shutil.rmtree(folder)
    folder.write_text("no folder any more")
    mine.note(tabs=3)
    mine.note(tabs=4)
    assert mine.status.tabs == 4
    assert [type(each).__name__ for each in told] == ["CleanupFailed"]


def test_a_new_browser_may_be_recycled_for_memory_only_after_its_tabs(holding: tuple[Holding, list[Event]]) -> None:
    """From its first one on: else it would keep a larger, older one of another worker from being recycled."""
    mine, _ = holding
    assert mine.status.recycle_at == Settings().edgepool_recycle_least_tabs > 0
