"""What processes and the machine use of memory and processor: a door to psutil. Never acts on what it sees."""

from __future__ import annotations

from pytest_edgepool.processes import family, told


def memory_bytes(pid: int) -> int:
    """Return the memory of a process and its descendants, each shared page counted once among its sharers.

    That is the proportional set size where the system tells it (Linux), else the private bytes. Processes that
    vanish meanwhile, or that we may not look into, count nothing.
    """
    footprints = (told(process.memory_full_info, None) for process in family(pid))
    return sum(getattr(footprint, "pss", 0) or getattr(footprint, "uss", 0) for footprint in footprints)


def available_bytes() -> int:
    """Return the memory that programs of this machine can still have; a container's limit is not looked at."""
    import psutil

    return int(psutil.virtual_memory().available)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants, also of ended ones where the system tells it."""
    spent = [told(process.cpu_times, None) for process in family(pid)]
    kinds = ("user", "system", "children_user", "children_system")
    return sum(getattr(times, kind, 0.0) for times in spent for kind in kinds)
