"""What a machine carries is told by estimate, inside a container by the container's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.doctor.finding import Verdict
from pytest_edgepool.doctor.machine import Machine, browsers_carried, judge_machine, look_at_machine, room_in_container

if TYPE_CHECKING:
    from pathlib import Path

GB = 1_000_000_000
MB = 1_000_000


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("available", "count"), [(0, 0), (399 * MB, 0), (400 * MB, 1), (699 * MB, 1), (700 * MB, 2), (4 * GB, 13)]
)
def test_the_first_browser_takes_more_than_each_further_one(available: int, count: int) -> None:
    """400 MB, then 300 MB each."""
    assert browsers_carried(available) == count


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


def test_the_limit_of_the_tightest_group_counts(tmp_path: Path) -> None:
    """From ours up to the root; what of the used memory are droppable files counts as room."""
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/memory.max": "max\n",
            "sys/fs/cgroup/a/b/memory.current": "1000\n",
            "sys/fs/cgroup/a/b/memory.stat": "anon 1\n",
            "sys/fs/cgroup/a/memory.max": "5000\n",
            "sys/fs/cgroup/a/memory.current": "3000\n",
            "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 700\n",
            "sys/fs/cgroup/memory.max": "9000\n",
            "sys/fs/cgroup/memory.current": "3000\n",
            "sys/fs/cgroup/memory.stat": "anon 1\n",
        },
    )
    assert room_in_container(root) == 2700


def test_the_older_control_groups_count_too(tmp_path: Path) -> None:
    """Inside a container its own group is the root that it sees."""
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/docker/x\n0::/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "5000\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "3000\n",
            "sys/fs/cgroup/memory/memory.stat": "total_inactive_file 500\n",
        },
    )
    assert room_in_container(root) == 2500


@pytest.mark.parametrize("limit", ["max", "9223372036854771712", "rubbish"])
def test_no_limit_is_none(tmp_path: Path, limit: str) -> None:
    """Whatever stands for it."""
    files = {"memory.limit_in_bytes": limit, "memory.usage_in_bytes": "1", "memory.stat": ""}
    assert room_in_container(write(tmp_path / "sys/fs/cgroup/memory", files).parents[3]) is None


def test_a_machine_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    """macOS and Windows, and a Linux without them."""
    assert room_in_container(tmp_path) is None


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    """By the real files and the real process table."""
    seen = look_at_machine()
    assert seen.available_bytes > 0
    assert seen.cores >= 1
