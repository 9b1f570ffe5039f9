"""A process is ours when its number, its start and its folder say so; whoever is not ours is never touched."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool import processes, resources
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.processes import ProcessRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_SUCH_PID = 2**31 - 1
PATIENCE_SECONDS = 60.0

# Each says one line when it is ready, and ends when its standard input does.
IDLE = "print('ready', flush=True); input()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); input()"
PARENT = (
    "import subprocess, sys; idle = 'import sys; print(1, flush=True); sys.stdin.read()';"
    "command = [sys.executable, '-S', '-c', idle, *sys.argv[1:]];"
    "child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE);"
    "child.stdout.readline(); print(child.pid, flush=True); input()"
)

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells starts in ticks since boot")
on_posix = pytest.mark.skipif(os.name != "posix", reason="stages it with the signals of POSIX")


@contextmanager
def running(code: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python that runs this code, and its first line; it ends with the block."""
    command = [sys.executable, "-S", "-c", code, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def recorded(pid: int, role: str = "driver", user_data_dir: str = "") -> ProcessRecord:
    """The record of a process that certainly runs."""
    record = processes.record_of(pid, role, user_data_dir)
    assert record is not None
    return record


def soon(ended: ProcessRecord) -> bool:
    """Whether the recorded process ends, within a patience that no machine needs."""
    return wait_until(lambda: not processes.is_ours_alive(ended), Deadline.after(PATIENCE_SECONDS, "the test"))


def test_a_record_survives_json() -> None:
    """What is written to a run's folder comes back equal."""
    record = ProcessRecord(pid=7, started_at=1.5, role="browser", user_data_dir="/profiles/1")
    assert ProcessRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"pid": "7", "started_at": 1.5, "role": "browser", "user_data_dir": ""},
        {"pid": 7, "started_at": 1.5, "role": "browser"},
        {"pid": 7, "started_at": None, "role": "browser", "user_data_dir": ""},
        {"pid": 7, "started_at": 1.5, "role": "browser", "user_data_dir": "", "boot": "b", "ticks": "many"},
    ],
)
def test_a_record_that_is_none_is_refused(fields: dict[str, object]) -> None:
    """A mapping without the fields of a record is refused with a sentence that shows it."""
    with pytest.raises(ValueError, match=r"not the (record|start) of a process"):
        ProcessRecord.from_json(fields)


def test_a_running_process_is_ours() -> None:
    """A process that was recorded and still runs is ours."""
    with running(IDLE) as (process, _):
        record = recorded(process.pid)
        assert record.pid == process.pid
        assert processes.is_ours_alive(record)
        assert processes.is_alive(process.pid)


def test_an_ended_process_is_not_ours() -> None:
    """A process that ended is neither alive nor ours, and has no record."""
    with running(IDLE) as (process, _):
        record = recorded(process.pid)
        process.kill()
        process.wait()
        assert not processes.is_ours_alive(record)
        assert not processes.is_alive(process.pid)
        assert processes.record_of(process.pid, "driver") is None
        assert processes.tree_of(process.pid, "driver") == ()


@on_posix
def test_a_process_that_waits_to_be_reaped_is_dead() -> None:
    """A zombie is dead: it holds no file, no lock, no memory."""
    with running(IDLE) as (process, _):
        record = recorded(process.pid)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is left unreaped
        assert not processes.is_ours_alive(record)
        assert not processes.is_alive(process.pid)
        assert processes.record_of(process.pid, "driver") is None


@pytest.mark.parametrize("pid", [NO_SUCH_PID, -1, 2**80])
def test_a_number_that_nobody_has_is_dead(pid: int) -> None:
    """Asking for a process that never was is no error."""
    assert not processes.is_alive(pid)
    assert processes.record_of(pid, "driver") is None
    assert resources.memory_bytes(pid) == 0
    assert resources.cpu_seconds(pid) == 0


def test_a_later_process_with_the_same_number_is_a_stranger() -> None:
    """A process that started at another time than the record says is not ours, and is not ended."""
    with running(IDLE) as (process, _):
        record = recorded(process.pid)
        earlier = dataclasses.replace(record, started_at=record.started_at - 60, ticks=record.ticks - 1)
        assert not processes.is_ours_alive(earlier)
        assert processes.end([earlier], 0) == ()
        assert processes.is_alive(process.pid)


def test_a_clock_that_was_set_by_a_second_makes_no_stranger() -> None:
    """Start times move a little when the clock is set; where only they are known the process is still ours."""
    with running(IDLE) as (process, _):
        record = dataclasses.replace(recorded(process.pid), boot="", ticks=0)
        assert processes.is_ours_alive(dataclasses.replace(record, started_at=record.started_at + 1))
        assert not processes.is_ours_alive(dataclasses.replace(record, started_at=record.started_at + 60))


@on_linux
def test_a_clock_that_was_set_by_an_hour_makes_no_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """What psutil derives from the time of boot moves with the clock; a process that was recorded before stays ours."""
    with running(IDLE) as (process, _):
        record = recorded(process.pid)
        booted_at = psutil.boot_time()
        # what a clock that is set does: the kernel tells another time of boot
        monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: booted_at + 3600)
        assert recorded(process.pid).started_at == pytest.approx(record.started_at + 3600, abs=2)
        assert processes.is_ours_alive(record)
        assert processes.end([record], 0) == ()
        assert process.wait() == -signal.SIGKILL


@on_linux
def test_a_process_of_an_earlier_boot_is_a_stranger() -> None:
    """The same number and the same ticks after another boot are somebody else's."""
    with running(IDLE) as (process, _):
        assert not processes.is_ours_alive(dataclasses.replace(recorded(process.pid), boot="another"))


def test_a_record_made_before_ticks_were_kept_is_read() -> None:
    """It has a start in epoch seconds only, and is told by them."""
    with running(IDLE) as (process, _):
        fields = recorded(process.pid).to_json()
        old = ProcessRecord.from_json({name: fields[name] for name in ("pid", "started_at", "role", "user_data_dir")})
        assert (old.boot, old.ticks) == ("", 0)
        assert processes.is_ours_alive(old)


@on_posix
def test_a_stopped_process_is_seen_to_stand_still() -> None:
    """After SIGSTOP, not before; a stranger with its number never is."""
    with running(IDLE) as (process, _):
        record = recorded(process.pid)
        assert not processes.is_stopped(record)
        process.send_signal(signal.SIGSTOP)
        assert wait_until(lambda: processes.is_stopped(record), Deadline.after(PATIENCE_SECONDS, "the stop"))
        assert not processes.is_stopped(dataclasses.replace(record, started_at=0, ticks=record.ticks - 1))


@on_posix
def test_a_browser_on_another_folder_is_a_stranger(tmp_path: Path) -> None:
    """A browser is ours only with the recorded folder on its command line, by whatever path that is named."""
    profile, link = tmp_path / "profile", tmp_path / "link"
    profile.mkdir()
    link.symlink_to(profile)
    with running(IDLE, f"--user-data-dir={link}") as (process, _):
        assert processes.is_ours_alive(recorded(process.pid, "browser", str(profile)))
        stranger = recorded(process.pid, "browser", str(tmp_path / "other"))
        assert not processes.is_ours_alive(stranger)
        assert processes.end([stranger], 0) == ()
        assert processes.is_alive(process.pid)


def test_a_driver_needs_no_folder_on_its_command_line(tmp_path: Path) -> None:
    """The folder is looked for on a browser's command line only: no other process names it."""
    with running(IDLE) as (process, _):
        assert processes.is_ours_alive(recorded(process.pid, "driver", str(tmp_path)))


@pytest.mark.parametrize(
    ("arguments", "role"),
    [
        ((), "driver"),
        (("--user-data-dir=/profiles/1",), "browser"),
        (("--type=renderer", "--user-data-dir=/profiles/1"), "renderer"),
    ],
)
def test_a_tree_names_everybodys_role(arguments: tuple[str, ...], role: str) -> None:
    """The tree is the process first, in the role that it is given, then its descendants in theirs."""
    with running(PARENT, *arguments) as (process, child):
        tree = processes.tree_of(process.pid, "supervisor", "/profiles/1")
        assert [(record.pid, record.role) for record in tree] == [(process.pid, "supervisor"), (int(child), role)]
        assert {record.user_data_dir for record in tree} == {"/profiles/1"}


def test_ending_a_tree_leaves_nobody() -> None:
    """Parent and child are both ended, and nobody survives."""
    with running(PARENT) as (process, _):
        tree = processes.tree_of(process.pid, "driver")
        assert processes.end(tree, PATIENCE_SECONDS) == ()
        assert not any(map(processes.is_ours_alive, tree))


@on_posix
def test_a_process_is_asked_before_it_is_killed() -> None:
    """A process that listens ends by SIGTERM, long before the patience is over."""
    with running(IDLE) as (process, _):
        assert processes.end([recorded(process.pid)], PATIENCE_SECONDS) == ()
        assert process.wait() == -signal.SIGTERM


@on_posix
def test_a_browser_is_asked_as_ctrl_c_asks_it(tmp_path: Path) -> None:
    """A browser gets SIGINT, after which it saves its cookies; SIGTERM makes it drop them."""
    with running(
        f"import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); {IDLE}", f"--user-data-dir={tmp_path}"
    ) as (
        process,
        _,
    ):
        assert processes.end([recorded(process.pid, "browser", str(tmp_path))], PATIENCE_SECONDS) == ()
        assert process.wait() == -signal.SIGINT


@on_posix
def test_a_deaf_process_is_killed() -> None:
    """A process that ignores being asked is killed when the patience is over."""
    with running(DEAF) as (process, _):
        assert processes.end([recorded(process.pid)], 0.01) == ()
        assert process.wait() == -signal.SIGKILL


@on_posix
def test_no_patience_kills_at_once() -> None:
    """With no patience nobody is asked."""
    with running(IDLE) as (process, _):
        assert processes.end([recorded(process.pid)], 0) == ()
        assert process.wait() == -signal.SIGKILL


@on_posix
def test_a_stopped_process_hears_that_it_is_asked() -> None:
    """A stopped process is woken, so that it can end by itself."""
    with running(IDLE) as (process, _):
        record = recorded(process.pid)
        process.send_signal(signal.SIGSTOP)
        assert processes.end([record], PATIENCE_SECONDS) == ()
        assert process.wait() == -signal.SIGTERM


@on_posix
def test_a_child_is_asked_only_when_its_parent_is_gone() -> None:
    """As long as a parent runs its children are left to it: a browser without its helpers saves nothing."""
    parent = (
        "import signal, subprocess, sys\n"
        "idle = 'import sys; print(1, flush=True); sys.stdin.read()'\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', idle], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "def told(*_):\n"
        "    child.stdin.close()\n"
        "    print('child ended with', child.wait(), flush=True)\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, told)\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    with running(parent) as (process, _):
        tree = processes.tree_of(process.pid, "driver")
        assert len(tree) == 2
        assert processes.end(tree, PATIENCE_SECONDS) == ()
        assert process.stdout is not None
        assert process.stdout.readline() == "child ended with 0\n"


def test_an_orphan_is_ended_too() -> None:
    """A child whose parent died before is ended on its own record."""
    with running(PARENT) as (process, child):
        orphan = recorded(int(child))
        process.kill()
        process.wait()
        processes.end([orphan], 0)
        assert soon(orphan)


def test_the_memory_of_a_tree_is_that_of_all_its_members() -> None:
    """What a child has counts for its parent, and what a child has alone is counted once."""
    hold = "held = bytearray(64 << 20); "
    with running(PARENT) as (alone, _), running(hold + IDLE) as (holder, _):
        assert resources.memory_bytes(holder.pid) > 64 << 20
        assert 0 < resources.memory_bytes(alone.pid) < 64 << 20
        assert resources.memory_bytes(os.getpid()) > resources.memory_bytes(holder.pid)


def test_the_processor_time_of_a_tree_grows_with_its_work() -> None:
    """Work that a process did shows in its time and in that of its parent."""
    busy = "import time\nwhile time.process_time() < 0.2: pass\n"
    with running(busy + IDLE) as (process, _):
        worked = resources.cpu_seconds(process.pid)
        assert worked >= 0.15
        assert resources.cpu_seconds(os.getpid()) >= worked


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the time of children that ended")
def test_the_processor_time_of_an_ended_child_is_not_lost() -> None:
    """A child that worked and ended still counts for its parent, as long as that one runs."""
    busy = "import time\nwhile time.process_time() < 0.2: pass\n"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {busy!r}], check=True); {IDLE}"
    with running(parent) as (process, _):
        assert resources.cpu_seconds(process.pid) >= 0.15


def test_a_browser_is_found_by_its_folder(tmp_path: Path) -> None:
    """Only main processes on exactly this folder are browsers on it."""
    profile = tmp_path / "profile"
    with (
        running(IDLE, f"--user-data-dir={profile}") as (browser, _),
        running(IDLE, f"--user-data-dir={profile}", "--type=renderer"),
        running(IDLE, f"--user-data-dir={profile}2"),
        running(IDLE, f"look --user-data-dir={profile}"),
    ):
        assert processes.browsers_on(profile) == (browser.pid,)
        assert processes.browsers_on(tmp_path) == ()


@on_posix
def test_a_browser_is_found_by_any_path_of_its_folder(tmp_path: Path) -> None:
    """A folder is the same folder when it is reached through a link, from either side."""
    profile, link = tmp_path / "profile", tmp_path / "link"
    profile.mkdir()
    link.symlink_to(profile)
    with (
        running(IDLE, f"--user-data-dir={link}") as (first, _),
        running(IDLE, f"--user-data-dir={profile}") as (second, _),
    ):
        assert sorted(processes.browsers_on(link)) == sorted((first.pid, second.pid))
        assert sorted(processes.browsers_on(profile)) == sorted((first.pid, second.pid))


def test_importing_the_module_imports_no_psutil() -> None:
    """Who only needs the record does not pay for psutil."""
    code = "import sys, pytest_edgepool.processes; sys.exit('psutil' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
