"""Runs a driver so that it cannot outlive its worker. Never imports anything of this package, or any library.

Started as a plain file, so that it is up in a few hundredths of a second: `python -I -S supervisor.py DRIVER ARGUMENT…`

The worker holds the other end of our standard input and never writes to it. Its end of file means that the worker
is dead, however it died. Then, as after SIGTERM, the driver is asked to shut down over HTTP, its browser is asked
to end, and what is left of them is killed. When the driver ends by itself, the rest ends too, and we exit with the
driver's code.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A driver with a healthy browser needs 0.1 s; one that hangs must not keep the next run waiting.
_SHUTDOWN_PATIENCE_SECONDS, _ENDING_PATIENCE_SECONDS = 3.0, 0.5
# A browser that is asked to end writes its cookies down and is gone in 0.1 s; a busy machine may need longer.
_BROWSER_PATIENCE_SECONDS = 2.0
# Killed processes go at once; waiting for it means that whoever sees us gone may delete the profile.
_KILL_PATIENCE_SECONDS = 2.0
_POLL_SECONDS = 0.02
# A process that the worker forked keeps our standard input open beyond the worker's death; our parent's number tells.
_PARENT_CHECK_SECONDS = 1.0
_EXIT_CANNOT_START, _EXIT_SIGNAL = 127, 128
_NEVER = threading.Event()

if sys.platform == "win32":  # pragma: no cover - reasoned from the documentation; nothing here runs elsewhere
    import ctypes
    from ctypes import wintypes

    _EXTENDED_LIMIT_INFORMATION, _KILL_ON_JOB_CLOSE = 9, 0x2000

    class _Limits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION with its basic limits and IO counters laid out flat."""

        _fields_ = (
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
            ("IoCounters", ctypes.c_uint64 * 6),
            ("Memory", ctypes.c_size_t * 4),
        )

    class _Brood:
        """The driver and all that it started: a job object, which the system ends with us, even when we are killed."""

        def __init__(self, driver: subprocess.Popen[bytes]) -> None:
            self._driver = driver
            self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
            self._job = wintypes.HANDLE(self._kernel.CreateJobObjectW(None, None))
            limits = _Limits(LimitFlags=_KILL_ON_JOB_CLOSE)
            told = (_EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits))
            handle = wintypes.HANDLE(int(driver._handle))  # type: ignore[attr-defined] # noqa: SLF001 - no public name
            if not (
                self._kernel.SetInformationJobObject(self._job, *told)
                and self._kernel.AssignProcessToJobObject(self._job, handle)
            ):
                error = ctypes.WinError(ctypes.get_last_error())
                driver.kill()
                raise error

        def wake(self) -> None:
            """Do nothing: Windows has no stopped processes."""

        def ask_to_end(self) -> None:
            """Do nothing: the driver's own shutdown is the only polite way here."""

        def kill(self) -> None:
            """Kill whoever is left."""
            self._kernel.TerminateJobObject(self._job, 1)

        def is_gone(self) -> bool:
            """Return whether the driver is gone; whoever else is left is killed without being waited for."""
            return self._driver.poll() is not None

else:

    class _Brood:
        """The driver and all that it started: the process group that the driver leads."""

        def __init__(self, driver: subprocess.Popen[bytes]) -> None:
            self._group = driver.pid

        def wake(self) -> None:
            """Let stopped processes run again, so that they can hear us."""
            _signal(os.killpg, self._group, signal.SIGCONT)

        def ask_to_end(self) -> None:
            """Ask drivers by SIGTERM, browsers by SIGINT (Chromium 156 saves no cookies after SIGTERM), no helpers."""
            for pid, command in _members(self._group):
                if "--type=" not in command:
                    _signal(os.kill, pid, signal.SIGINT if "--user-data-dir=" in command else signal.SIGTERM)

        def kill(self) -> None:
            """Kill whoever is left."""
            _signal(os.killpg, self._group, signal.SIGKILL)

        def is_gone(self) -> bool:
            """Return whether nobody is left but, perhaps, some that wait to be reaped."""
            return not _members(self._group)


def supervise(command: Sequence[str]) -> int:
    """Run a driver until it ends, or until we are told or see that nobody needs it any more.

    Args:
        command: the driver and its arguments; without `--port=N` among them it cannot be asked over HTTP.

    Returns:
        The driver's exit code, 128 + N when signal N ended it, 127 when it could not be started.
    """
    news: SimpleQueue[str] = SimpleQueue()
    _listen_for_signals(news)
    apart = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows: Ctrl-C in the console does not reach it
    try:
        driver = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, creationflags=apart)
        brood = _Brood(driver)
    except OSError as error:
        sys.stderr.write(f"edgepool supervisor: cannot start the driver {command[0]}: {error}.\n")
        return _EXIT_CANNOT_START
    ended = threading.Event()
    _in_background(lambda: _wait_for_end_of(driver, ended, news))
    _in_background(lambda: _wait_for_end_of_worker(news))
    _wait_for_news(news)
    brood.wake()
    if not ended.is_set():
        _shut_down(_port_in(command), ended)
    if not brood.is_gone():
        brood.ask_to_end()
        _wait_until(brood.is_gone, _BROWSER_PATIENCE_SECONDS)
    brood.kill()
    _wait_until(brood.is_gone, _KILL_PATIENCE_SECONDS)
    code = driver.wait()
    return code if code >= 0 else _EXIT_SIGNAL - code


def _listen_for_signals(news: SimpleQueue[str]) -> None:
    # Ctrl-C reaches the whole group of the worker, which ends its browsers itself when it is ready to. A function
    # and not SIG_IGN, because the driver and its browser would inherit that.
    signal.signal(signal.SIGINT, lambda *_: None)
    for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
        if hasattr(signal, name):  # Windows has only the first
            signal.signal(getattr(signal, name), lambda *_: news.put("told to end"))


def _wait_for_end_of(driver: subprocess.Popen[bytes], ended: threading.Event, news: SimpleQueue[str]) -> None:
    if sys.platform != "win32" and hasattr(os, "waitid"):
        # Left unreaped, it keeps its number, so that the group of that number cannot be a stranger's.
        os.waitid(os.P_PID, driver.pid, os.WEXITED | os.WNOWAIT)
    else:
        driver.wait()
    ended.set()
    news.put("driver ended")


def _wait_for_end_of_worker(news: SimpleQueue[str]) -> None:
    with suppress(OSError):  # an input that cannot be read has ended for us
        while os.read(0, 4096):
            pass
    news.put("worker ended")


def _wait_for_news(news: SimpleQueue[str]) -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        with suppress(Empty):
            news.get(timeout=_PARENT_CHECK_SECONDS)
            return


def _shut_down(port: int | None, ended: threading.Event) -> None:
    if port is None:
        return
    until = time.monotonic() + _SHUTDOWN_PATIENCE_SECONDS
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_SHUTDOWN_PATIENCE_SECONDS) as wire:
            wire.sendall(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            wire.recv(1)
    except OSError:  # too slow, or refused by one that is just ending: that one is given a moment
        until = min(until, time.monotonic() + _ENDING_PATIENCE_SECONDS)
    ended.wait(max(0.0, until - time.monotonic()))


def _port_in(command: Sequence[str]) -> int | None:
    for argument in command[1:]:
        name, _, value = argument.partition("=")
        if name == "--port" and value.isdecimal():
            return int(value)
    return None


def _members(group: int) -> list[tuple[int, str]]:
    """Return number and command line of a group's processes, without those that wait to be reaped."""
    if not Path("/proc/self/stat").exists():
        return _members_by_ps(group)
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile
            # The name in parentheses may hold anything; state, parent and group follow the last one.
            state, _, its_group = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in {"Z", "X"}:
                members.append((int(folder.name), (folder / "cmdline").read_text(errors="replace")))
    return members


def _members_by_ps(group: int) -> list[tuple[int, str]]:
    ps = ["/bin/ps", "-axwwo", "pid=,pgid=,stat=,command="]
    listing = subprocess.run(ps, stdout=subprocess.PIPE, check=False, text=True, errors="replace")
    rows = [line.split(None, 3) for line in listing.stdout.splitlines()]
    return [(int(row[0]), row[-1]) for row in rows if int(row[1]) == group and not row[2].startswith("Z")]


def _signal(send: Callable[[int, int], None], target: int, number: int) -> None:
    # Gone meanwhile; macOS says "not permitted" of a group in which only the dead are left.
    with suppress(ProcessLookupError, PermissionError):
        send(target, number)


def _wait_until(claim: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not claim() and time.monotonic() < until:
        _NEVER.wait(_POLL_SECONDS)


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


if __name__ == "__main__":
    sys.exit(supervise(sys.argv[1:]) if sys.argv[1:] else "usage: supervisor.py DRIVER ARGUMENT…")
