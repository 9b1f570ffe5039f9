"""What a machine carries is told by estimate, inside a container by the container's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.doctor.finding import Verdict
from pytest_edgepool.doctor.machine import Machine, judge_machine, look_at_machine

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000
MB = 1_000_000


def test_a_machine_with_room_is_fine_and_says_that_it_is_an_estimate() -> None:
    """Two lines: memory and cores."""
    memory, cores = judge_machine(Machine(available_bytes=4 * GB, cores=2))
    assert (memory.verdict, cores.verdict) == (Verdict.OK, Verdict.OK)
    assert memory.told.startswith("4.0 GB available: about 13 browsers (an estimate")
    assert cores.told.startswith("2: so many browsers start at once")


def test_memory_for_one_browser_is_a_warning() -> None:
    """A run of several would not last."""
    memory = judge_machine(Machine(available_bytes=500 * MB))[0]
    assert memory.verdict is Verdict.WARNING
    assert memory.remedy


def test_a_container_s_limit_is_named() -> None:
    """The machine's own memory would mislead."""
    memory = judge_machine(Machine(available_bytes=2 * GB, limited=True))[0]
    assert "left by the container's limit" in memory.told


@pytest.mark.parametrize(("size", "in_container", "lines"), [(64 * MB, True, 3), (64 * MB, False, 2), (GB, True, 2)])
def test_little_shared_memory_is_told_in_a_container_only(size: int, in_container: bool, lines: int) -> None:
    """Docker gives 64 MB, with which tabs crash."""
    told = judge_machine(Machine(available_bytes=4 * GB, shm_bytes=size, in_container=in_container))
    assert len(told) == lines
    assert lines == 2 or (told[2].topic == "shared memory" and "--shm-size" in told[2].remedy)


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    """By the real files and the real process table."""
    seen = look_at_machine()
    assert seen.available_bytes > 0
    assert seen.cores >= 1
