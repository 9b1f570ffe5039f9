"""What the machine has: memory, cores, shared memory, limits of a container. Never asks more than a few small files."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from pytest_edgepool import resources
from pytest_edgepool.doctor.finding import Finding, ok, warning
from pytest_edgepool.workers.carrying import browsers_carried

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
    memory = resources.free_memory(root, platform)
    shm = root / "dev" / "shm"
    return Machine(
        available_bytes=memory.free_bytes,
        limited=memory.in_container,
        cores=resources.cores(),
        shm_bytes=shutil.disk_usage(shm).total if platform.startswith("linux") and shm.is_dir() else None,
        in_container=any(Path(root, each.lstrip("/")).exists() for each in _SIGNS_OF_A_CONTAINER),
    )


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
