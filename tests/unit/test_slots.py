"""What workers say of their slots can be read by everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.run import Run
from pytest_edgepool.workers.slots import SlotStatus, say, slots_of

if TYPE_CHECKING:
    from pathlib import Path


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
