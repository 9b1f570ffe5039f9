"""Which processes are ours, and ending them: a door to psutil. Never picks a process by its name.

A number alone proves nothing, because the system hands numbers out again. A process is ours when its number, its
start time and, for a browser, its user data dir are the ones that were recorded.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline, wait_until
from pytest_edgepool.starts import Start, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from psutil import Process

Answer = TypeVar("Answer")
Default = TypeVar("Default")

BROWSER = "browser"
"""The role of a browser's main process, the one that owns the user data dir."""

DRIVER = "driver"
"""The role of whoever stands between us and a browser."""

# A killed process goes as soon as the kernel lets it; only one that hangs in a device or a network disk needs longer.
_KILL_PATIENCE_SECONDS = 5.0

_USER_DATA_DIR = "--user-data-dir="
_TYPE = "--type="


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """One process, recorded well enough to be told from a later one with the same number.

    Attributes:
        pid: its number.
        started_at: when it started, in seconds since the epoch, as the system told it then.
        role: what it is to us: `supervisor`, `driver`, `browser`, `renderer`, …
        user_data_dir: the folder that the browser owns, or empty.
        boot: the boot that `ticks` count from, where the system tells them (`starts.py`).
        ticks: when it started, whatever the clock says meanwhile.
    """

    pid: int
    started_at: float
    role: str
    user_data_dir: str = ""
    boot: str = ""
    ticks: int = 0

    @property
    def start(self) -> Start:
        """When it started."""
        return Start(at=self.started_at, boot=self.boot, ticks=self.ticks)

    def to_json(self) -> dict[str, object]:
        """Return the record as a mapping that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> ProcessRecord:
        """Return the record that `to_json` made.

        Raises:
            ValueError: a field is missing or of another type.
        """
        match fields:
            case {"pid": int(pid), "started_at": float() | int(), "role": str(role), "user_data_dir": str(folder)}:
                start = Start.from_json(fields)
                kept = {"pid": pid, "role": role, "user_data_dir": folder}
                return cls(**kept, started_at=start.at, boot=start.boot, ticks=start.ticks)  # type: ignore[arg-type]
        raise ValueError(f"not the record of a process: {dict(fields)!r}")


def record_of(pid: int, role: str, user_data_dir: str = "") -> ProcessRecord | None:
    """Return the record of a running process, or None when there is none with this number."""
    process = _living(pid)
    start = None if process is None else _start_of(process)
    if start is None:
        return None
    return ProcessRecord(
        pid=pid, started_at=start.at, role=role, user_data_dir=user_data_dir, boot=start.boot, ticks=start.ticks
    )


def tree_of(pid: int, role: str, user_data_dir: str = "") -> tuple[ProcessRecord, ...]:
    """Return the records of a process and all its descendants, parents before their children.

    Args:
        pid: the process at the top; empty when it is gone.
        role: the role of that one. A descendant's is its `--type=`, else `browser` when it has a user data dir on
            its command line, else `driver`.
        user_data_dir: the folder recorded with each of them.
    """
    roles = {process.pid: _role_from(_command_line(process)) for process in family(pid)}
    records = (record_of(its_pid, its_role, user_data_dir) for its_pid, its_role in (roles | {pid: role}).items())
    return tuple(record for record in records if record is not None)


def is_alive(pid: int) -> bool:
    """Return whether a process with this number runs; one that only waits to be reaped does not."""
    return _living(pid) is not None


def is_ours_alive(record: ProcessRecord) -> bool:
    """Return whether the recorded process itself still runs, not a later one with its number."""
    return _ours(record) is not None


def is_stopped(record: ProcessRecord) -> bool:
    """Return whether the recorded process stands still, as after SIGSTOP."""
    import psutil

    process = _ours(record)
    return process is not None and told(process.status, "") == psutil.STATUS_STOPPED


def end(
    records: Iterable[ProcessRecord], patience_seconds: float, clock: Clock = SYSTEM_CLOCK
) -> tuple[ProcessRecord, ...]:
    """End the recorded processes, politely at first; whoever is not ours any more is left alone.

    A parent is asked before its children: a browser that is asked while its children still run writes its cookies
    down, one whose network process was ended first loses them.

    Args:
        records: whom to end.
        patience_seconds: how long they may take to end by themselves; then they are killed. 0 kills at once.
        clock: where time comes from.

    Returns:
        Those that still run afterwards, because the system would not let us end them.
    """
    wanted = tuple(records)
    asked: set[int] = set()

    def are_gone() -> bool:
        alive = {process.pid: process for process in map(_ours, wanted) if process is not None}
        for pid, process in alive.items():
            if pid not in asked and told(process.ppid, None) not in alive:
                asked.add(pid)
                told(partial(_ask_to_end, process), None)
        return not alive

    if patience_seconds > 0 and wait_until(are_gone, Deadline.after(patience_seconds, "ending processes", clock)):
        return ()
    for process in map(_ours, wanted):
        if process is not None:
            told(process.kill, None)
    patience = Deadline.after(_KILL_PATIENCE_SECONDS, "killing processes", clock)
    wait_until(lambda: not any(map(is_ours_alive, wanted)), patience)
    return tuple(filter(is_ours_alive, wanted))


def browsers_on(user_data_dir: Path) -> tuple[int, ...]:
    """Return the numbers of the browsers that run with exactly this folder on their command line."""
    return tuple(pid for pid, line in lines_on([str(user_data_dir)]).items() if _role_from(line) == BROWSER)


def lines_on(folders: Iterable[str]) -> dict[int, list[str]]:
    """Return the command lines, by number, of the processes with exactly one of these user data dirs on theirs."""
    import psutil

    wanted = set(map(_real, folders))
    lines = {process.pid: _command_line(process) for process in psutil.process_iter()} if wanted else {}
    return {pid: line for pid, line in lines.items() if wanted & _folders_in(line)}


def told(question: Callable[[], Answer], otherwise: Default) -> Answer | Default:
    """Ask the system about a process, which may have ended meanwhile or be closed to us."""
    import psutil

    try:
        return question()
    except psutil.Error:
        return otherwise


def _living(pid: int) -> Process | None:
    import psutil

    with suppress(psutil.NoSuchProcess, ValueError, OverflowError):  # the latter: a number that no process can have
        process = psutil.Process(pid)
        if process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return process
    return None


def _start_of(process: Process) -> Start | None:
    at = told(process.create_time, None)
    return None if at is None else start_of(process.pid, at)


def _ours(record: ProcessRecord) -> Process | None:
    process = _living(record.pid)
    start = None if process is None else _start_of(process)
    if process is None or start is None:  # not readable is not proven to be ours
        return None
    if not start.is_that_of(record.start):
        return None
    if record.role == BROWSER and record.user_data_dir and os.name == "posix":
        command_line = _command_line(process)
        if command_line and _real(record.user_data_dir) not in _folders_in(command_line):
            return None
    return process


def family(pid: int) -> list[Process]:
    """Return a running process and all its descendants; empty when it is gone."""
    process = _living(pid)
    return [] if process is None else [process, *told(partial(process.children, recursive=True), ())]


def _ask_to_end(process: Process) -> None:
    if os.name == "posix" and _role_from(_command_line(process)) == BROWSER:
        process.send_signal(signal.SIGINT)  # seen with Chromium 156: after SIGTERM it saves no cookies
    else:
        process.terminate()
    process.resume()  # a stopped process does not see that it was asked


def _command_line(process: Process) -> list[str]:
    return told(process.cmdline, [])


def _role_from(command_line: Sequence[str]) -> str:
    for argument in command_line:
        if argument.startswith(_TYPE):
            return argument.removeprefix(_TYPE)
    return BROWSER if _folders_in(command_line) else DRIVER


def _folders_in(command_line: Sequence[str]) -> set[str]:
    prefix = _USER_DATA_DIR
    return {_real(argument.removeprefix(prefix)) for argument in command_line if argument.startswith(prefix)}


def _real(folder: str) -> str:
    return os.path.normcase(os.path.realpath(folder))
