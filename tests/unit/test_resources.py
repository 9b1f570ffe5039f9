"""What is used of the memory, by the machine or the container, whichever is tighter; control groups are files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.resources import (
    MemoryState,
    cores,
    free_memory,
    limits_of_groups,
    load_per_core,
    memory,
    memory_bytes,
)

if TYPE_CHECKING:
    from pathlib import Path

TB = 1_000_000_000_000


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def second_version(root: Path, used: int, limit: int | str, droppable: int = 0) -> Path:
    """A machine with control groups of version 2, as a container sees them."""
    return write(
        root,
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": f"{limit}\n",
            "sys/fs/cgroup/memory.current": f"{used}\n",
            "sys/fs/cgroup/memory.stat": f"anon 1\ninactive_file {droppable}\n",
        },
    )


def rooms(root: Path) -> list[int]:
    return [each.free_bytes for each in limits_of_groups(root)]


def test_each_group_from_ours_to_the_root_may_have_a_limit(tmp_path: Path) -> None:
    """What of the used memory are droppable files does not count."""
    root = write(
        second_version(tmp_path, 3000, 9000),
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/memory.max": "max\n",
            "sys/fs/cgroup/a/b/memory.current": "1000\n",
            "sys/fs/cgroup/a/b/memory.stat": "anon 1\n",
            "sys/fs/cgroup/a/memory.max": "5000\n",
            "sys/fs/cgroup/a/memory.current": "3000\n",
            "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 700\n",
        },
    )
    assert limits_of_groups(root) == (
        MemoryState(used_bytes=2300, limit_bytes=5000, in_container=True),
        MemoryState(used_bytes=3000, limit_bytes=9000, in_container=True),
    )


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
    assert rooms(root) == [2500]


@pytest.mark.parametrize("limit", ["max", "9223372036854771712", "rubbish"])
def test_no_limit_is_none(tmp_path: Path, limit: str) -> None:
    """Whatever stands for it."""
    files = {"memory.limit_in_bytes": limit, "memory.usage_in_bytes": "1", "memory.stat": ""}
    assert rooms(write(tmp_path / "sys/fs/cgroup/memory", files).parents[3]) == []


def test_a_machine_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    """macOS and Windows, and a Linux without them."""
    assert rooms(tmp_path) == []
    assert not memory(tmp_path).in_container


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_files_of_control_groups_mean_nothing_elsewhere(tmp_path: Path, platform: str) -> None:
    """Only Linux has them."""
    assert not memory(second_version(tmp_path, 999, 1000), platform).in_container


def test_the_tighter_one_counts(tmp_path: Path) -> None:
    """A container that is nearly full, on a machine that is not; and a container with more room than the machine."""
    full = memory(second_version(tmp_path / "full", 999_999, 1_000_000), "linux")
    assert (full.in_container, full.fraction) == (True, 0.999999)
    roomy = second_version(tmp_path / "roomy", 1, 100 * TB)
    assert not memory(roomy, "linux").in_container
    assert not free_memory(roomy, "linux").in_container
    assert free_memory(second_version(tmp_path / "small", 0, 1000), "linux").free_bytes == 1000


def test_files_that_can_be_dropped_are_no_use_of_memory(tmp_path: Path) -> None:
    """A run that downloads much fills the cache, and that is nothing to recycle a browser for."""
    [seen] = limits_of_groups(second_version(tmp_path, 900, 1000, droppable=850))
    assert seen.fraction == 0.05


def test_of_no_memory_all_is_used() -> None:
    """Nobody divides by it."""
    assert MemoryState(used_bytes=0, limit_bytes=0).fraction == 1.0
    assert MemoryState(used_bytes=9, limit_bytes=5).free_bytes == 0


def test_this_machine_tells_of_itself() -> None:
    """By the real files."""
    assert 0 < memory().fraction < 1
    assert free_memory().free_bytes > 0
    assert 1 <= cores() <= (os.cpu_count() or 1)
    assert load_per_core() >= 0


def test_where_only_debuggers_are_told_what_is_private_the_resident_pages_stand_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on macOS: a figure that is too high is better than none, by which nobody would be recycled or measured."""

    def refused(self: psutil.Process) -> None:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "memory_full_info", refused)
    assert memory_bytes(os.getpid()) > 1_000_000
