"""Which slot a worker holds, and until when. Never opens a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline
from pytest_edgepool.errors import BaseUnusable, ProfileTrouble, RunStopped, UsageMistake
from pytest_edgepool.files import remove_folder
from pytest_edgepool.locks import is_free
from pytest_edgepool.profiles import tabs
from pytest_edgepool.profiles.base import holder_of
from pytest_edgepool.profiles.cloning import Clone, make_clone
from pytest_edgepool.profiles.space import Room

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.clock import Clock
    from pytest_edgepool.locks import Lock
    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.profiles.template import Template
    from pytest_edgepool.run import Run
    from pytest_edgepool.settings import Settings

Kind = Literal["base", "clone"]

BASE_SLOT = 0
_LOOK_SECONDS = 0.5
_ANOTHER = "another run or `edgepool login`"
_LEASING_PATIENCE_SECONDS = 30.0  # each holds it for milliseconds
FIRST_WORKERS = ("gw0", "master")  # only these may ever hold the base: a replacement has another name


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What a worker holds.

    Attributes:
        slot: 0 is the base; clones take the smallest free of 1, 2, 3, …
        kind: `base` or `clone`.
        user_data_dir: the UDD that this worker alone may open.
        profile_directory: the profile folder inside it.
        clone: what making it took, for a clone.
        note: why it is a clone although it might have been the base, or "".
    """

    slot: int
    kind: Kind
    user_data_dir: Path
    profile_directory: str
    clone: Clone | None = None
    note: str = ""


class Held:
    """A lease with its locks; give it back exactly once."""

    def __init__(self, run: Run, lease: Lease, locks: tuple[Lock, ...], base: Base | None) -> None:
        self.lease = lease
        self._run = run
        self._locks = locks
        self._base = base

    def give_back(self) -> None:
        """End what still runs on it, remove a clone or put the base's tabs back, free the locks.

        Raises:
            ProfileTrouble: a process of ours could not be ended; the clone is left for the next run to sweep.
            OSError: the clone could not be removed.
        """
        try:
            survivors = self._run.end_recorded(str(self.lease.user_data_dir))
            if survivors:
                raise ProfileTrouble(f"process {survivors[0].pid} ({survivors[0].role}) does not end")
            if self.lease.kind == "clone":
                remove_folder(self.lease.user_data_dir)
            elif self._base is not None:
                tabs.put_tabs_back(self._base, self._run.state)
        finally:
            for lock in self._locks:
                lock.free()


def take_base(run: Run, base: Base, settings: Settings, clock: Clock = SYSTEM_CLOCK) -> Held | str:
    """Lease slot 0, or return in words who or what holds the base: gw0 then takes a clone, and says so.

    Raises:
        BaseUnusable: somebody has it, and `--edgepool-base-busy=fail`.
        UsageMistake: more browsers are wanted than `--edgepool-max-browsers` allows.
        RunStopped: the run was ended while this waited for the base.
    """
    lock = base.lock(run.state)
    holder = wait_for_base(run, base, lock, settings, clock)
    if holder:
        lock.free()
        if settings.edgepool_base_busy == "fail":
            raise BaseUnusable(
                f"The base {base.user_data_dir} is held by {holder}; end that first, or use --edgepool-base-busy=clone."
            )
        return holder
    try:
        tabs.put_tabs_back(base, run.state, after_a_kill=True)
        tabs.set_tabs_aside(base, run.state)
        _, slot = _lock_slot(run, settings, first=BASE_SLOT, last=BASE_SLOT)
    except (OSError, ProfileTrouble) as error:
        # Working on it would cost the user his tabs: a clone does as well.
        _undo(base, run, lock, error)
        return f"tabs of its own that could not be set aside ({'; '.join([str(error), *_notes_of(error)])})"
    except BaseException as error:
        _undo(base, run, lock, error)
        raise
    lease = Lease(
        slot=BASE_SLOT, kind="base", user_data_dir=base.user_data_dir, profile_directory=base.profile_directory
    )
    return Held(run, lease, (slot, lock), base)


def wait_for_base(run: Run, base: Base, lock: Lock, settings: Settings, clock: Clock = SYSTEM_CLOCK) -> str:
    """Take the base's lock and wait, where the settings say so, until no browser has it open.

    Returns:
        Who still has it, in words, or "". The lock is the caller's to free either way.

    Raises:
        RunStopped: the run was ended meanwhile; the lock is free.
    """
    patience = settings.edgepool_base_wait if settings.edgepool_base_busy == "wait" else 0.0
    deadline = Deadline.after(patience, "waiting for the base", clock)
    while holder := holder_of(base.user_data_dir) if lock.is_held or lock.take() else _ANOTHER:
        if deadline.passed:
            return holder
        if run.is_stopping:
            lock.free()
            raise RunStopped("the run was ended while it waited for the base")
        clock.sleep(min(_LOOK_SECONDS, deadline.remaining_seconds()))
    return ""


def _undo(base: Base, run: Run, lock: Lock, error: BaseException) -> None:
    """Put the tabs back and free the base; what fails here is noted on the error that is on its way."""
    try:
        if lock.is_held:
            tabs.put_tabs_back(base, run.state)
    except (OSError, ProfileTrouble) as problem:
        error.add_note(f"and its tabs are still set aside, until the next run: {problem}")
    finally:
        lock.free()


def _notes_of(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def take_clone(run: Run, template: Template, settings: Settings, note: str = "") -> Held:
    """Lease the smallest free slot and make its clone.

    Raises:
        UsageMistake: more browsers are wanted than `--edgepool-max-browsers` allows.
        ProfileTrouble: the clone could not be made.
    """
    slot, lock = _lock_slot(run, settings, first=BASE_SLOT + 1, last=settings.edgepool_max_browsers)
    folder = run.clone_folder(slot)
    try:
        clear_leftover(run, folder)
        clone = make_clone(template, folder, Room(state=run.state))
    except BaseException:
        lock.free()
        raise
    lease = Lease(slot=slot, kind="clone", user_data_dir=folder, profile_directory="Default", clone=clone, note=note)
    return Held(run, lease, (lock,), None)


def _lock_slot(run: Run, settings: Settings, *, first: int, last: int) -> tuple[int, Lock]:
    """Lock the smallest free slot; one process at a time, because whoever looks at a lock holds it for that moment."""
    most = settings.edgepool_max_browsers
    with run.leasing_lock().held(_LEASING_PATIENCE_SECONDS) as got:
        if not got:
            raise ProfileTrouble(f"another worker has been leasing a slot for {_LEASING_PATIENCE_SECONDS:g} s")
        free = [slot for slot in range(most + 1) if is_free(run.slot_lock(slot).path)]
        wanted = [slot for slot in free if first <= slot <= last]
        if len(free) > 1 and wanted:  # one more number than browsers: the base's
            lock = run.slot_lock(wanted[0])
            if lock.take():
                return wanted[0], lock
    raise UsageMistake(f"All {most} browsers are in use; start fewer workers or raise --edgepool-max-browsers.")


def clear_leftover(run: Run, folder: Path) -> None:
    """End and remove what the slot's last holder left when it was killed.

    Raises:
        ProfileTrouble: it cannot be ended or removed.
    """
    survivors = run.end_recorded(str(folder))
    if survivors:
        raise ProfileTrouble(f"process {survivors[0].pid} ({survivors[0].role}) of an earlier worker does not end")
    try:
        remove_folder(folder)
    except OSError as error:
        raise ProfileTrouble(f"the clone {folder} of an earlier worker cannot be removed: {error}") from error
