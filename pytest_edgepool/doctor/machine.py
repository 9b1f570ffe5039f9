"""What the machine has: memory, cores, shared memory, limits of a container. Never asks more than a few small files."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from pytest_edgepool import resources
from pytest_edgepool.doctor.finding import Finding, ok, warning

# Headless with one trivial page, PSS (measured with 156: 400 MB the first, 155 to 165 MB each further); real sites
# take more. An estimate, and told as one.
FIRST_BROWSER_BYTES = 400_000_000
FURTHER_BROWSER_BYTES = 300_000_000
# Docker's default is 64 MB, with which tabs crash.
LEAST_SHM_BYTES = 256_000_000
_SIGNS_OF_A_CONTAINER = ("/.dockerenv", "/run/.containerenv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a machine or container has for us.

    Attributes:
        available_bytes: memory that can be had now.
        limited: whether it is a container's limit and not the machine that says so.
        cores: processors that we may use.
        shm_bytes: size of /dev/shm, or None where there is none.
        in_container: whether this is a container.
    """

    available_bytes: int
    limited: bool = False
    cores: int = 1
    shm_bytes: int | None = None
    in_container: bool = False


def look_at_machine(root: Path = Path("/"), platform: str = sys.platform) -> Machine:
    """Look at the machine.

    Args:
        root: where `proc`, `sys` and `dev` lie.
        platform: as `sys.platform`.
    """
    free = resources.available_bytes()
    room = room_in_container(root) if platform.startswith("linux") else None
    shm = root / "dev" / "shm"
    return Machine(
        available_bytes=free if room is None else min(free, room),
        limited=room is not None and room < free,
        cores=_cores(),
        shm_bytes=shutil.disk_usage(shm).total if platform.startswith("linux") and shm.is_dir() else None,
        in_container=any(Path(root, each.lstrip("/")).exists() for each in _SIGNS_OF_A_CONTAINER),
    )


def room_in_container(root: Path = Path("/")) -> int | None:
    """Return how many bytes of memory control groups leave us, or None where none limits us.

    Version 2: each group from ours up to the root may have a limit (`memory.max`); inside a container only the root is
    seen, and it carries the limit. Version 1: one file for the limit, one for the usage. Pages of files that can be
    dropped (`inactive_file`) count as room. Source: the kernel's cgroup-v2.rst and cgroup-v1/memory.rst.
    """
    groups = root / "sys" / "fs" / "cgroup"
    second, first = _own_group(root, "0::"), _own_group(root, ":memory:")
    rooms = [
        *(_room(each, "memory.max", "memory.current", "inactive_file") for each in _groups_above(groups, second)),
        *(
            _room(each, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            for each in _groups_above(groups / "memory", first)
        ),
    ]
    return min((room for room in rooms if room is not None), default=None)


def browsers_carried(available_bytes: int) -> int:
    """Return how many browsers that memory carries, by estimate."""
    if available_bytes < FIRST_BROWSER_BYTES:
        return 0
    return 1 + (available_bytes - FIRST_BROWSER_BYTES) // FURTHER_BROWSER_BYTES


def judge_machine(machine: Machine) -> tuple[Finding, ...]:
    """Return what that means for a run."""
    where = " left by the container's limit" if machine.limited else " available"
    carried = browsers_carried(machine.available_bytes)
    told = (
        f"{machine.available_bytes / 1e9:.1f} GB{where}: about {carried} browsers (an estimate: 0.4 GB the first, "
        "0.3 GB each further)"
    )
    memory = ok("memory", told) if carried > 1 else warning("memory", told, "end other programs, or use -n 0")
    cores = ok("cores", f"{machine.cores}: so many browsers start at once, the others wait their turn")
    shm: tuple[Finding, ...] = ()
    if machine.in_container and machine.shm_bytes is not None and machine.shm_bytes < LEAST_SHM_BYTES:
        shm = (
            warning(
                "shared memory",
                f"{machine.shm_bytes / 1e6:.0f} MB at /dev/shm in this container: tabs may crash",
                "start the container with --shm-size=1g, or give the browser EDGEPOOL_ARG=--disable-dev-shm-usage",
            ),
        )
    return (memory, cores, *shm)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


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


def _room(folder: Path, limit: str, usage: str, droppable: str) -> int | None:
    try:
        most = (folder / limit).read_text(encoding="utf-8").strip()
        used = int((folder / usage).read_text(encoding="utf-8"))
        counts = (line.split() for line in (folder / "memory.stat").read_text(encoding="utf-8").splitlines())
        files = next((int(line[1]) for line in counts if line[0] == droppable), 0)
    except (OSError, ValueError, IndexError):
        return None  # no such group here, or one without a limit of its own
    # Version 1 writes a number of 63 bits where there is no limit.
    return max(0, int(most) - used + files) if most.isdecimal() and int(most) < 1 << 60 else None
