"""Faults staged without luck: requests held at the site, processes found by role, signals sent when it is time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from flask import has_request_context, request

from pytest_edgepool.clock import Deadline, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgepool.portals.demo.state import DemoSite
    from tests.support import Bench

PATIENCE_SECONDS = 90.0  # nothing here waits that long on a machine that is well
ORDER_PAGE = "/order_headers/"
FILE = "/attachment/attachment_file/"


def must(claim: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    assert wait_until(claim, Deadline.after(PATIENCE_SECONDS, what)), f"never happened: {what}"


@dataclass
class Hold:
    """Requests that the demo site holds back until it is told to let them go."""

    site: DemoSite
    beginning: str = ""
    held: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._pause = self.site.pause
        self.site.pause = self._hold  # type: ignore[method-assign]

    def _hold(self, seconds: float) -> None:
        self._pause(seconds)
        if has_request_context() and self.beginning and request.path.startswith(self.beginning):
            self.held.append(request.path)
            self.let_go.wait(PATIENCE_SECONDS)

    def requests_for(self, beginning: str) -> None:
        """Hold from now on whatever asks for a path that begins so."""
        self.let_go.clear()
        self.beginning = beginning

    def wait_for(self, count: int) -> list[str]:
        """Wait until that many requests are held, and return their paths."""
        must(lambda: len(self.held) >= count, f"{count} requests for {self.beginning} are held")
        return list(self.held)

    def release(self) -> None:
        """Let all go, and hold no more."""
        self.beginning = ""
        self.let_go.set()


@dataclass
class Starter:
    """Begins runs, each in a process group of its own as a shell does it; a failed test leaves none of them behind."""

    bench: Bench
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *args: str, **changes: Any) -> subprocess.Popen[str]:
        given: dict[str, Any] = {
            "cwd": self.bench.folder,
            "env": self.bench.environment(),
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "stdin": subprocess.DEVNULL,
            "text": True,
            "start_new_session": True,
        }
        process: subprocess.Popen[str] = subprocess.Popen(**{"args": self.bench.command(*args), **given, **changes})
        self.begun.append(process)
        return process

    def end_all(self) -> None:
        for process in self.begun:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


OWN_BASE = ("--edgepool-arg=--password-store=basic",)  # a copied managed base keeps its own key source
OWN_TABS = b"the user's tabs"


def own_base(bench: Bench) -> tuple[Path, Path]:
    """Make a base of the user's own, signed in, with tabs in it; return its folder and the file of its tabs."""
    own = bench.folder.parent / "own"
    shutil.copytree(bench.base, own, symlinks=True)
    tabs = own / "Default" / "Sessions"
    shutil.rmtree(tabs, ignore_errors=True)
    tabs.mkdir()
    (tabs / "Session_1").write_bytes(OWN_TABS)
    return own, tabs / "Session_1"


def assert_tabs_are_back(own: Path, tabs: Path) -> None:
    assert tabs.read_bytes() == OWN_TABS
    assert json.loads((own / "Default" / "Preferences").read_bytes())["profile"]["exit_type"] == "Normal"


def send(process: subprocess.Popen[str], number: signal.Signals, *, to_group: bool) -> None:
    """Send a signal to the controller alone or to its whole process group, as a terminal does."""
    if to_group:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


def the_flag_is_up(bench: Bench) -> bool:
    """Whether a run of the bench has been told to end."""
    return bool(list((bench.state / "runs").glob("*/stop")))


def insist(bench: Bench, process: subprocess.Popen[str], number: signal.Signals, *, to_group: bool) -> None:
    """Send a signal again and again until the run has understood that it shall not wait for the order in hand."""

    def again() -> bool:
        if process.poll() is None and not list((bench.state / "runs").glob("*/hurry")):
            send(process, number, to_group=to_group)
            return False
        return True

    assert wait_until(again, Deadline.after(PATIENCE_SECONDS, "a second signal"), poll_seconds=0.3)


def pages_asked_for(bench: Bench) -> set[str]:
    """Return the numbers of the orders whose page was asked for since the log was cleared."""
    asked = {each.path for each in bench.demo.site.log if each.path.startswith(ORDER_PAGE)}
    return {f"PO{path.removeprefix(ORDER_PAGE)}" for path in asked}


def numbers_in(paths: list[str]) -> list[str]:
    """Return the order numbers in the paths of order pages."""
    return [f"PO{path.removeprefix(ORDER_PAGE)}" for path in paths]


def browsers_of(bench: Bench) -> list[psutil.Process]:
    """Return the main processes of the browsers that have a profile of the bench open."""
    found = {each.pid: each for each in _with_profile(bench) if not _is_helper(each)}
    # a child that was just forked, and is no helper yet, still has its parent's command line
    return [each for each in found.values() if _parent_of(each) not in found]


def _parent_of(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return process.ppid()
    return 0


def _is_helper(process: psutil.Process) -> bool:
    line = _command_line(process)
    return any(each.startswith("--type=") for each in line) or "crashpad" in " ".join(line[:1])


def _with_profile(bench: Bench) -> list[psutil.Process]:
    told = str(bench.state)
    return [
        each
        for each in psutil.process_iter()
        if any(part.startswith("--user-data-dir=") and told in part for part in _command_line(each))
    ]


def processes_of(bench: Bench, name: str) -> list[psutil.Process]:
    """Return the processes of the bench's runs whose executable or script has that name."""
    found = []
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            line = _command_line(each)
            if each.environ().get("EDGEPOOL_STATE_DIR") == str(bench.state) and any(
                part.endswith(f"/{name}") for part in line[:4]
            ):
                found.append(each)
    return found


def worker_above(process: psutil.Process, controller: subprocess.Popen[str]) -> psutil.Process:
    """Return the worker of a controller under which a process runs."""
    return next(each for each in process.parents() if each.ppid() == controller.pid)


def are_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of these runs any more."""
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def clean(bench: Bench) -> str:
    """Say `edgepool clean` as a user does."""
    command = [sys.executable, "-m", "pytest_edgepool.cli", "clean"]
    ran = subprocess.run(command, env=bench.environment(), capture_output=True, text=True, check=True)
    return ran.stdout


def _command_line(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []
