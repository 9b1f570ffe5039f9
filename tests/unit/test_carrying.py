"""How many browsers fit: by what earlier runs measured, else by estimate; and why `-n auto` means that many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.plugin.sizing import Size, size_of
from pytest_edgepool.plugin.telling.spent import keep_size, line_of, spent_by
from pytest_edgepool.resources import MemoryState
from pytest_edgepool.settings import Settings
from pytest_edgepool.workers.carrying import browsers_carried, measured_bytes, remember
from pytest_edgepool.workers.slots import SlotStatus

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000
MB = 1_000_000
EMPTY = MemoryState(used_bytes=0, limit_bytes=1000 * GB)


@pytest.mark.parametrize(
    ("room", "measured", "count"),
    [
        (0, 0, 0),
        (399 * MB, 0, 0),
        (400 * MB, 0, 1),
        (699 * MB, 0, 1),
        (700 * MB, 0, 2),
        (4 * GB, 0, 13),
        (4 * GB, 500 * MB, 8),
        (499 * MB, 500 * MB, 0),
        (-1, 500 * MB, 0),
        (-1, 0, 0),
    ],
)
def test_memory_carries_so_many_browsers(room: int, measured: int, count: int) -> None:
    """By estimate 400 MB, then 300 MB each; once one was measured, by that."""
    assert browsers_carried(room, measured) == count


def test_the_largest_browser_of_the_last_five_runs_counts(tmp_path: Path) -> None:
    """An old giant is forgotten, a run that measured nothing changes nothing."""
    assert measured_bytes(tmp_path) == 0
    for used in (900, 300, 500, 0, 400, 200):
        remember(tmp_path, used)
    assert measured_bytes(tmp_path) == 900
    remember(tmp_path, 100)
    assert measured_bytes(tmp_path) == 500


@pytest.mark.parametrize("rubbish", ["", "{}", "[", '["x", -1, 7]'])
def test_a_damaged_memory_of_runs_is_none(tmp_path: Path, rubbish: str) -> None:
    """Then it is estimated again, and the next run writes it anew."""
    (tmp_path / "measured.json").write_text(rubbish)
    assert measured_bytes(tmp_path) == (7 if "7" in rubbish else 0)
    remember(tmp_path, 9)
    assert measured_bytes(tmp_path) == 9


@pytest.mark.parametrize(
    ("size", "workers", "why"),
    [
        (Size(cores=16, allowed=10, carried=9), 8, "-n auto starts 8 at most"),
        (Size(cores=2, allowed=10, carried=9), 2, "this machine has 2 cores"),
        (Size(cores=4, allowed=3, carried=9), 3, "--edgepool-max-browsers allows 3"),
        (Size(cores=4, allowed=10, carried=9, orders=1), 1, "there is 1 PO"),
        (Size(cores=4, allowed=10, carried=2), 2, "the free memory carries 2 browsers (by estimate)"),
        (
            Size(cores=4, allowed=10, carried=0, browser_bytes=350 * MB),
            1,
            "the free memory carries 0 browsers (350 MB each, measured)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_tightest_bound_is_the_number_and_the_reason(size: Size, workers: int, why: str) -> None:
    """At least one worker, whatever the memory."""
    assert size.workers == workers
    count = "1 worker" if workers == 1 else f"{workers} workers"
    assert size.told() == f"-n auto: {count}, because {why}"


def test_memory_is_shared_out_up_to_the_limit_only(tmp_path: Path) -> None:
    """What is above 75 % would be recycled away again; where others are above it, half of what is left is ours."""
    remember(tmp_path, GB)
    half_full = MemoryState(used_bytes=5 * GB, limit_bytes=10 * GB)

    def carried(**changes: float) -> int:
        settings = Settings(edgepool_state_dir=str(tmp_path), **changes)  # type: ignore[arg-type]
        return size_of(settings, None, half_full).carried

    assert carried() == 2
    assert carried(edgepool_memory_limit=0) == 5
    assert carried(edgepool_memory_limit=0.4) == 2
    assert carried(edgepool_memory_limit=0.9) == 4
    assert size_of(Settings(edgepool_state_dir=str(tmp_path)), 3, EMPTY).browser_bytes == GB


SLOTS = (
    SlotStatus(worker="gw0", memory_bytes=300 * MB, memory_total=500 * MB, cpu_seconds=10.04, recycles=1),
    SlotStatus(worker="gw1", memory_bytes=250 * MB, memory_total=540 * MB, cpu_seconds=5, waited_seconds=7.26),
    SlotStatus(worker="gw2"),
)


def test_what_was_spent_is_told_as_values() -> None:
    """The most at once is what some worker added up; processor time, recyclings and waits add up."""
    assert spent_by(SLOTS) == {
        "peak_bytes": 540 * MB,
        "peak_bytes_by_worker": {"gw0": 300 * MB, "gw1": 250 * MB},
        "cpu_seconds": 15.0,
        "recycles": 1,
        "waited_seconds": 7.3,
    }
    assert spent_by(())["peak_bytes"] == 0


def test_what_was_spent_is_told_in_one_line() -> None:
    """What did not happen is left out; a run without browsers has no line."""
    told = line_of(SLOTS, Settings())
    assert told == (
        "browsers: at most 540 MB at once, 15 s of processor; started anew once; "
        "workers waited 7 s because memory or processor were short"
    )
    assert line_of((SlotStatus(worker="gw0", memory_bytes=MB),), Settings()) == (
        "browsers: at most 1 MB at once, 0 s of processor"
    )
    assert line_of((SlotStatus(worker="gw0"),), Settings()) == ""


def test_recycling_in_vain_is_told_with_the_remedy() -> None:
    """A worker that has its browser recycled less often than the settings say has learned that."""
    learned = SlotStatus(worker="gw0", memory_bytes=MB, recycle_at=50, recycles=2)
    assert line_of((learned,), Settings()).endswith(
        "started anew 2 times; memory is short, though no browser is large: start fewer workers"
    )


def test_the_largest_browser_is_kept_for_the_next_run(tmp_path: Path) -> None:
    """For `-n auto`."""
    keep_size(tmp_path, SLOTS)
    assert measured_bytes(tmp_path) == 300 * MB
    keep_size(tmp_path, ())
    assert measured_bytes(tmp_path) == 300 * MB
