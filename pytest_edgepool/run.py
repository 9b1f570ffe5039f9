"""One run's folder: id, frozen sheets, plan, slots, stop flag; and the sweeping of dead ones. Never starts a browser.

<state>/runs/<run id>/   alive/<pid>-*.lock held by each process of the run as long as it lives
                         orders.json        the frozen sheets (controller writes, workers check the digest)
                         plan.json          browser, driver, base, template, site: found once, read by all
                         stop               the stop flag; its text is the reason
                         slots/<n>.lock     held by the worker that has the slot
                         clones/<n>/        that worker's user data dir
                         intents/<mark>.json   what we are about to start
                         processes/<pid>.json  what we started
                         outside.json       folders elsewhere that go with the run
<state>/templates/, <state>/bases/, <state>/locks/   outlive a run
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import Permanent
from pytest_edgepool.events import CleanupFailed
from pytest_edgepool.files import GONE, remove_folder, write_whole
from pytest_edgepool.locks import Lock, is_free
from pytest_edgepool.records import Records
from pytest_edgepool.state import state_folder, state_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgepool.clock import Clock
    from pytest_edgepool.events import Event

__all__ = ["STOP_BY_SIGNAL", "Run", "dead_runs", "new_run_id", "state_folder", "state_path", "sweep", "write_whole"]

STOP_BY_SIGNAL = "signal"
STOP_UNTOLD = "why could not be written: is the disk of the state folder full?"
_WRITING_LOOKS, _WRITING_SECONDS = 10, 0.2
_SWEEP_PATIENCE_SECONDS = 60.0  # ending a dead run's browsers takes seconds, removing its clones too


def new_run_id(clock: Clock) -> str:
    """Return an id that sorts by time and is short, because Windows counts path characters."""
    return f"{clock.now():%m%d-%H%M%S}-{secrets.token_hex(2)}"


class Run(Records):
    """A run's folder, as one of its processes sees it.

    Args:
        state: the state folder.
        run_id: the run's id.
    """

    def __init__(self, state: Path, run_id: str) -> None:
        super().__init__(state / "runs" / run_id)
        self.state = state
        self.id = run_id
        self.orders_file = self.folder / "orders.json"
        self.plan_file = self.folder / "plan.json"
        self.stop_file = self.folder / "stop"
        self.clones = self.folder / "clones"
        self._alive = Lock(self.folder / "alive" / f"{os.getpid()}-{secrets.token_hex(3)}.lock")

    def join(self) -> None:
        """Make the folder if need be and say that this process lives in it. Done again, it does nothing.

        Under the sweeper's lock: between making the folder and locking in it, it would look like a dead run's.
        """
        if self._alive.is_held:
            return
        with _sweeping(self.state):
            for part in (self.folder, self.clones, self.folder / "processes", self.folder / "slots"):
                part.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self._alive.take():
                raise Permanent(f"the run's folder {self.folder} could not be locked")

    def leave(self) -> None:
        """Say that this process is done with the folder."""
        self._alive.free()

    @property
    def exists(self) -> bool:
        """Whether anybody made the folder."""
        return self.folder.is_dir()

    # -- the stop flag ------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """Ask every process of the run to begin nothing new. The first reason stays.

        Raises:
            OSError: the flag could not be raised at all.
        """
        try:
            flag = os.open(self.stop_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except (FileExistsError, FileNotFoundError):
            return  # already stopping, or the run's folder is gone: then the run is over
        try:
            with suppress(OSError):  # a full disk took the name at least, and the name is the flag
                os.write(flag, reason.encode("utf-8", "backslashreplace"))
        finally:
            os.close(flag)

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self.stop_file.exists()

    def stop_reason(self) -> str:
        """Return why the run is being ended, or "" when it is not."""
        for _ in range(_WRITING_LOOKS):
            try:
                told = self.stop_file.read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                return ""
            if told:
                return told
            SYSTEM_CLOCK.sleep(_WRITING_SECONDS / _WRITING_LOOKS)  # who raised it is just writing why
        return STOP_UNTOLD

    # -- slots ----------------------------------------------------------------------------------------------------

    def slot_lock(self, slot: int) -> Lock:
        """Return the lock of a slot."""
        return Lock(self.folder / "slots" / f"{slot}.lock")

    def leasing_lock(self) -> Lock:
        """Return the lock of whoever is choosing a slot."""
        return Lock(self.folder / "leasing.lock")

    def clone_folder(self, slot: int) -> Path:
        """Return where the user data dir of a clone's slot lies."""
        return self.clones / str(slot)

    # -- folders elsewhere ---------------------------------------------------------------------------------------

    def works_in(self, output: Path) -> None:
        """Keep that this run has its work folder in an output folder, so that it goes when the run does."""
        folder = output.absolute() / ".edgepool" / "work" / self.id
        write_whole(self.folder / "outside.json", json.dumps([str(folder)]).encode())

    def outside(self) -> tuple[Path, ...]:
        """Return the work folders elsewhere that go with this run: only such as bear its name where they should."""
        try:
            told = json.loads((self.folder / "outside.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return ()  # there are none, or power failed while it was written
        found = tuple(map(Path, told))
        return tuple(each for each in found if each.parts[-3:] == (".edgepool", "work", self.id))

    # -- the end ------------------------------------------------------------------------------------------------

    def is_alive(self) -> bool:
        """Whether a process of this run still lives, this one included."""
        return any(not is_free(each) for each in (self.folder / "alive").glob("*.lock"))

    def remove(self) -> None:
        """End what is left of the run's processes and remove its folder; the sweeper waits meanwhile.

        Raises:
            OSError: something in it could not be removed; the next run sweeps it.
        """
        with _sweep_lock(self.state).held(_SWEEP_PATIENCE_SECONDS) as got:
            if not got:
                self.leave()
                raise TimeoutError(errno.ETIMEDOUT, _busy_sweeping(self.state))
            _clear(self)


def _clear(run: Run) -> None:
    survivors = run.end_recorded()
    run.leave()
    if survivors:
        raise OSError(errno.EBUSY, f"process {survivors[0].pid} ({survivors[0].role}) of run {run.id} does not end")
    for folder in run.outside():  # first, because only the run's own folder knows of them
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
    remove_folder(run.folder)


def _sweep_lock(state: Path) -> Lock:
    return Lock(state / "locks" / "sweep.lock")


def _busy_sweeping(state: Path) -> str:
    return f"another run has been cleaning up in {state} for {_SWEEP_PATIENCE_SECONDS:g} s"


@contextmanager
def _sweeping(state: Path) -> Iterator[None]:
    with _sweep_lock(state).held(_SWEEP_PATIENCE_SECONDS) as got:
        if not got:
            raise Permanent(_busy_sweeping(state))
        yield


def dead_runs(state: Path) -> tuple[Run, ...]:
    """Return the runs of which no process lives any more."""
    folders = sorted(each for each in (state / "runs").glob("*") if GONE not in each.name and each.is_dir())
    found = (Run(state, each.name) for each in folders)
    return tuple(each for each in found if not each.is_alive())


def sweep(state: Path, tell: Callable[[Event], None] | None = None) -> tuple[str, ...]:
    """Remove what dead runs left, never another live run's; return their ids.

    Two runs may sweep at once: the lock gives the work to one of them.

    Args:
        state: the state folder.
        tell: hears what could not be removed; without it, the first such error is raised once the rest is swept.

    Raises:
        Permanent: another run has been cleaning up for a minute.
        OSError: something could not be removed, and nobody is there to tell.
    """
    swept: list[str] = []
    troubles: list[OSError] = []
    with _sweeping(state):
        for half_gone in (state / "runs").glob(f"*{GONE}*"):
            with _noting(troubles):
                shutil.rmtree(half_gone)
        for run in dead_runs(state):
            with _noting(troubles):
                _clear(run)
                swept.append(run.id)
    for trouble in troubles:
        if tell is None:
            raise trouble
        tell(CleanupFailed(what="what a dead run left", error=str(trouble)))
    return tuple(swept)


@contextmanager
def _noting(troubles: list[OSError]) -> Iterator[None]:
    """Have one thing that cannot be removed not keep the others from going."""
    try:
        yield
    except OSError as error:
        troubles.append(error)
