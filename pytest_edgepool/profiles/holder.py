"""Who runs on a user data dir, and since when: read from disk and process table. Never starts or ends anything."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_edgepool import processes
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from pathlib import Path

_CLOCK_SECONDS = 2.0  # Linux derives a start time from the time of boot, which moves when the clock is set


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A browser that has a user data dir open.

    Attributes:
        pid: its number; 0 where the system does not tell it.
        since: when it started, in seconds since the epoch; None where that is not known.
        machine: the other machine that it runs on, or "" for this one.
    """

    pid: int = 0
    since: float | None = None
    machine: str = ""

    def __str__(self) -> str:
        """Return who it is, as part of a sentence."""
        if self.machine:
            return f"a browser on the machine {self.machine}"
        return f"a browser (process {self.pid})" if self.pid else "a browser"

    def told(self, clock: Clock = SYSTEM_CLOCK) -> str:
        """Return the same with the local time since when, and the day unless that is today."""
        if self.since is None:
            return str(self)
        began = datetime.fromtimestamp(self.since, UTC).astimezone()
        is_today = began.date() == clock.now().astimezone().date()
        return f"{self}, since {began:{'%H:%M' if is_today else '%Y-%m-%d %H:%M'}}"


def who_holds(user_data_dir: Path) -> Holder | None:
    """Return who runs on a user data dir, or None when it is free.

    POSIX: the symlink `SingletonLock` names host and pid (it dangles, so it must be read, not followed); on this host
    it is a left-over when that process is dead or younger than the lock. Windows: `lockfile` cannot be opened for
    writing while the browser lives. Both: a process with that very `--user-data-dir`. Source: Chromium's
    process_singleton_posix.cc and process_singleton_win.cc.
    """
    running = processes.browsers_on(user_data_dir)
    if running:
        process = processes.record_of(running[0], processes.BROWSER)
        return Holder(pid=running[0], since=process.started_at if process else None)
    if sys.platform == "win32":
        return _windows_holder(user_data_dir)
    lock = user_data_dir / "SingletonLock"
    try:
        target, made_at = lock.readlink().name, lock.lstat().st_mtime
    except OSError:
        return None  # no lock there: nobody has it open
    host, _, pid = target.rpartition("-")
    if host != socket.gethostname():
        return Holder(machine=host or "?")
    process = processes.record_of(int(pid), processes.BROWSER) if pid.isdecimal() else None
    if process is None or process.started_at > made_at + _CLOCK_SECONDS:
        return None  # dead, and its number may have gone to somebody who never made this lock
    return Holder(pid=process.pid, since=process.started_at)


def holder_of(user_data_dir: Path) -> str:
    """Return who runs on a user data dir, in words, or "" when it is free."""
    return str(who_holds(user_data_dir) or "")


def _windows_holder(user_data_dir: Path) -> Holder | None:
    try:
        os.close(os.open(user_data_dir / "lockfile", os.O_RDWR))
    except FileNotFoundError:
        return None  # deleted by the system when its browser ended
    except PermissionError:
        return Holder()
    return None
