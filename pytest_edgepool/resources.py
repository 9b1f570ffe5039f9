"""What processes and the machine use of memory and processor: a door to psutil. Never acts on what it sees."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.processes import family, told

if TYPE_CHECKING:
    from psutil import Process

_ROOT = Path("/")
# Version 1 writes a number of 63 bits where there is no limit.
_NO_LIMIT_BYTES = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryState:
    """How much of its memory the machine, or a container, uses now.

    Attributes:
        used_bytes: what is used; pages of files that can be dropped do not count.
        limit_bytes: all there is.
        in_container: whether it is a container's limit, not the machine's memory.
    """

    used_bytes: int
    limit_bytes: int
    in_container: bool = False

    @property
    def fraction(self) -> float:
        """The share that is used; of nothing, all is."""
        return self.used_bytes / self.limit_bytes if self.limit_bytes > 0 else 1.0

    @property
    def free_bytes(self) -> int:
        """What can still be had."""
        return max(0, self.limit_bytes - self.used_bytes)


def memory_bytes(pid: int) -> int:
    """Return the memory of a process and its descendants, each shared page counted once among its sharers.

    That is the proportional set size where the system tells it (Linux), else the private bytes, else what is
    resident without what is known to be shared (macOS tells the private bytes only to debuggers). Processes that vanish
    meanwhile count nothing.
    """
    return sum(map(_footprint, family(pid)))


def _footprint(process: Process) -> int:
    whole = told(process.memory_full_info, None)
    used = getattr(whole, "pss", 0) or getattr(whole, "uss", 0)
    if used:
        return int(used)
    plain = told(process.memory_info, None)
    return max(0, int(getattr(plain, "rss", 0)) - int(getattr(plain, "shared", 0)))


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants, also of ended ones where the system tells it."""
    spent = [told(process.cpu_times, None) for process in family(pid)]
    kinds = ("user", "system", "children_user", "children_system")
    return sum(getattr(times, kind, 0.0) for times in spent for kind in kinds)


def memory(root: Path = _ROOT, platform: str = sys.platform) -> MemoryState:
    """Return the memory of the machine or of the container we are in, whichever is used more.

    Args:
        root: where `proc` and `sys` lie.
        platform: as `sys.platform`.
    """
    return max(_all_memory(root, platform), key=lambda each: each.fraction)


def free_memory(root: Path = _ROOT, platform: str = sys.platform) -> MemoryState:
    """Return the memory of the machine or of the container we are in, whichever has less left."""
    return min(_all_memory(root, platform), key=lambda each: each.free_bytes)


def load_per_core() -> float:
    """Return how many programs wanted each core of the machine, on average over the last minute; 0 if nobody knows.

    All of the machine's cores count, also those that a container may not use: the load is the machine's too.
    """
    import psutil

    try:
        return float(psutil.getloadavg()[0]) / (os.cpu_count() or 1)
    except OSError:
        return 0.0


def cores() -> int:
    """Return the cores that this process may use: a container or `taskset` may allow fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def limits_of_groups(root: Path = _ROOT) -> tuple[MemoryState, ...]:
    """Return what each control group that limits us uses of its limit; empty where none does.

    Version 2: each group from ours up to the root may have a limit (`memory.max`); inside a container only the root is
    seen, and it carries the limit. Version 1: one file for the limit, one for the usage. Pages of files that can be
    dropped (`inactive_file`) are not counted. Source: the kernel's cgroup-v2.rst and cgroup-v1/memory.rst.
    """
    groups = root / "sys" / "fs" / "cgroup"
    second, first = _own_group(root, "0::"), _own_group(root, ":memory:")
    found = [
        *(_limit(each, "memory.max", "memory.current", "inactive_file") for each in _groups_above(groups, second)),
        *(
            _limit(each, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            for each in _groups_above(groups / "memory", first)
        ),
    ]
    return tuple(each for each in found if each is not None)


def _all_memory(root: Path, platform: str) -> tuple[MemoryState, ...]:
    import psutil

    seen = psutil.virtual_memory()
    machine = MemoryState(used_bytes=int(seen.total - seen.available), limit_bytes=int(seen.total))
    return (machine, *(limits_of_groups(root) if platform.startswith("linux") else ()))


def _own_group(root: Path, mark: str) -> str:
    """Return our group's path, as /proc tells it for the hierarchy with this mark."""
    try:
        lines = (root / "proc" / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "/"
    return next((line.partition(mark)[2] for line in lines if mark in line), "/") or "/"


def _groups_above(groups: Path, own: str) -> tuple[Path, ...]:
    here = groups / own.lstrip("/")
    return tuple(each for each in (here, *here.parents) if each == groups or groups in each.parents)


def _limit(folder: Path, limit: str, usage: str, droppable: str) -> MemoryState | None:
    try:
        most = (folder / limit).read_text(encoding="utf-8").strip()
        used = int((folder / usage).read_text(encoding="utf-8"))
        counts = (line.split() for line in (folder / "memory.stat").read_text(encoding="utf-8").splitlines())
        files = next((int(line[1]) for line in counts if line[0] == droppable), 0)
    except (OSError, ValueError, IndexError):
        return None  # no such group here, or one without a limit of its own
    if not most.isdecimal() or int(most) >= _NO_LIMIT_BYTES:
        return None
    return MemoryState(used_bytes=max(0, used - files), limit_bytes=int(most), in_container=True)
