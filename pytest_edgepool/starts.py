"""When a process began, told so that setting the machine's clock makes no stranger of it. Never ends one.

Linux tells a start in ticks since boot, and the epoch seconds that everybody shows are derived from the time of boot,
which moves whenever the clock is set: by NTP, by a person, after a suspended virtual machine comes back. So the ticks
themselves are kept, with the id of the boot that they count from. Elsewhere the system keeps epoch seconds.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where only epoch seconds are known: they are rounded, and a clock that is kept right is set by fractions of a second.
_TOLERANCE_SECONDS = 2.0
_STARTTIME = 19  # the 22nd field of /proc/<pid>/stat, counted from the one behind the name in parentheses


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When a process began.

    Attributes:
        at: seconds since the epoch, for people; as exact as the clock was.
        boot: the id of the boot that `ticks` count from, or "" where there is none.
        ticks: the system's ticks since that boot.
    """

    at: float
    boot: str = ""
    ticks: int = 0

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Start:
        """Return the start in a record; one that was made before ticks were kept has only epoch seconds.

        Raises:
            ValueError: a field is missing or of another type.
        """
        match {"boot": "", "ticks": 0, **fields}:
            case {"started_at": float() | int() as at, "boot": str(boot), "ticks": int(ticks)}:
                return cls(at=float(at), boot=boot, ticks=ticks)
        raise ValueError(f"not the start of a process: {dict(fields)!r}")

    def is_that_of(self, other: Start) -> bool:
        """Return whether both are the start of one process: exactly where the system tells ticks, else about."""
        if self.boot and other.boot:
            return (self.boot, self.ticks) == (other.boot, other.ticks)
        return abs(self.at - other.at) <= _TOLERANCE_SECONDS

    def is_before(self, other: Start) -> bool:
        """Return whether this was surely before the other."""
        if self.boot and self.boot == other.boot:
            return self.ticks < other.ticks
        return self.at < other.at - _TOLERANCE_SECONDS


def start_of(pid: int, at: float) -> Start:
    """Return when a running process began.

    Args:
        pid: its number.
        at: its start in epoch seconds, as the system tells it.
    """
    with suppress(OSError, ValueError, IndexError):  # no Linux, or it has ended: then nothing is proven by it
        fields = (Path("/proc") / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = _boot_id()
        return Start(at=at, boot=boot, ticks=int(fields[_STARTTIME]) if boot else 0)
    return Start(at=at)


def now() -> Start:
    """Return this moment, as a process that begins now would have it."""
    at, boot = SYSTEM_CLOCK.now().timestamp(), _boot_id()
    if not boot or not hasattr(time, "CLOCK_BOOTTIME"):
        return Start(at=at)
    ticks = time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")
    return Start(at=at, boot=boot, ticks=int(ticks))


@cache
def _boot_id() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
