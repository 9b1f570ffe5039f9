"""A slot has one holder; the base goes to who may have it, clones are whole, and all is given back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import processes
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import BaseUnusable, ProfileTrouble, RunStopped, UsageMistake
from pytest_edgepool.locks import is_free
from pytest_edgepool.processes import ProcessRecord
from pytest_edgepool.profiles.lease import Held, take_base, take_clone
from pytest_edgepool.profiles.tabs import journal_of
from pytest_edgepool.profiles.template import Share
from pytest_edgepool.profiles.trimming import copy_base
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import FakeClock
from tests.profiles import lock_by, make_base, snapshot
from tests.staged import go_on, holding, idle, staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.clock import Clock
    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.profiles.template import Template

# Leases a clone when told to, says its slot, and gives it back at the next word.
WORKER = """
import sys; from pathlib import Path; from pytest_edgepool.profiles.lease import take_clone
from pytest_edgepool.profiles.template import Share; from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
run = Run(Path(sys.argv[1]), "r1"); run.join(); template = Share(run.state, "key", "r1").read()
print("ready", flush=True); sys.stdin.readline()
held = take_clone(run, template, Settings(edgepool_max_browsers=9)); print(held.lease.slot, flush=True)
sys.stdin.readline(); held.give_back(); print("gave back", flush=True); sys.stdin.read()
"""
WAIT = Settings(edgepool_base_busy="wait", edgepool_base_wait=1.2)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path / "state", "r1")
    run.join()
    yield run
    run.leave()


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return make_base(tmp_path / "udd", "Profile 2")


@pytest.fixture
def template(run: Run, base: Base) -> Iterator[Template]:
    share = Share(run.state, "key", run.id)
    yield share.take(lambda target: copy_base(base, target, indexeddb=True, extensions=False, live=False))
    share.give_back()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class ClosingTime(FakeClock):
    """A clock on which the browser is closed while somebody waits; it sees who held the base's lock meanwhile."""

    def __init__(self, base: Base, lock: Path) -> None:
        super().__init__()
        self.base, self.lock = base, lock
        self.lock_was_free: list[bool] = []

    def sleep(self, seconds: float) -> None:
        self.lock_was_free.append(is_free(self.lock))
        (self.base.user_data_dir / "SingletonLock").unlink()


def taken_base(run: Run, base: Base, settings: Settings | None = None, clock: Clock = SYSTEM_CLOCK) -> Held:
    held = take_base(run, base, settings or Settings(), clock)
    assert isinstance(held, Held)
    return held


# -- the base


def test_the_base_is_slot_0_under_its_lock(run: Run, base: Base) -> None:
    """Nobody else gets it as long as it is held; given back, all is as before and free."""
    before = snapshot(base.user_data_dir)
    held = taken_base(run, base)
    assert (held.lease.slot, held.lease.kind, held.lease.profile_directory) == (0, "base", "Profile 2")
    assert held.lease.user_data_dir == base.user_data_dir
    assert not (base.profile_folder / "Sessions").exists()
    assert take_base(run, base, Settings()) == "another run or `edgepool login`"
    held.give_back()
    after = snapshot(base.user_data_dir)
    assert after.pop("Profile 2/Preferences")
    assert after == {name: what for name, what in before.items() if name != "Profile 2/Preferences"}
    assert is_free(base.lock(run.state).path)
    assert is_free(run.slot_lock(0).path)


def test_another_runs_base_is_not_taken(run: Run, base: Base) -> None:
    """It is told who has it, or is an error when the user wants that."""
    with holding(base.lock(run.state).path):
        assert take_base(run, base, Settings()) == "another run or `edgepool login`"
        with pytest.raises(BaseUnusable, match=r"is held by another run .*--edgepool-base-busy=clone"):
            take_base(run, base, Settings(edgepool_base_busy="fail"))
    taken_base(run, base).give_back()


@pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with a symlink")
def test_a_base_that_a_browser_has_open_is_not_taken(run: Run, base: Base) -> None:
    """Nor is anything in it touched; our own lock is let go."""
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        before = snapshot(base.user_data_dir)
        assert take_base(run, base, Settings()) == f"a browser (process {pid})"
        assert snapshot(base.user_data_dir) == before
        assert is_free(base.lock(run.state).path)


@pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with a symlink")
def test_a_run_can_wait_for_the_base(run: Run, base: Base, clock: FakeClock) -> None:
    """For the browser to be closed, holding the lock meanwhile; and not for longer than was asked."""
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        assert take_base(run, base, WAIT, clock) == f"a browser (process {pid})"
        assert sum(clock.slept) == pytest.approx(WAIT.edgepool_base_wait)
        closing = ClosingTime(base, base.lock(run.state).path)
        taken_base(run, base, WAIT, closing).give_back()
        assert closing.lock_was_free == [False]


def test_waiting_for_the_base_ends_with_the_run(run: Run, base: Base, clock: FakeClock) -> None:
    """Nobody waits an hour after Ctrl-C."""
    with holding(base.lock(run.state).path):
        run.stop("signal")
        with pytest.raises(RunStopped):
            take_base(run, base, WAIT, clock)
        assert clock.slept == []
    assert is_free(base.lock(run.state).path)


def test_what_a_killed_run_set_aside_is_put_back_first(run: Run, base: Base) -> None:
    """Two kills in a row cost the user no tab either."""
    held = taken_base(run, base)
    for lock in held._locks:
        lock.free()  # as the system does when the process is killed
    again = taken_base(run, base)
    again.give_back()
    assert (base.profile_folder / "Sessions" / "Session_1").read_text() == "the user's tabs"
    assert not journal_of(base, run.state).exists()


def refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_base_whose_tabs_cannot_be_set_aside_is_let_go(run: Run, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is told in words, for gw0 to take a clone; what was moved is back, the lock is free."""
    before = snapshot(base.user_data_dir)
    monkeypatch.setattr("pytest_edgepool.profiles.tabs.write_whole", refuse)
    assert take_base(run, base, Settings()) == (
        "tabs of its own that could not be set aside ([Errno 28] No space left on device)"
    )
    assert snapshot(base.user_data_dir) == before
    assert is_free(base.lock(run.state).path)


def test_tabs_that_cannot_be_put_back_are_told_too(run: Run, base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run puts them back: the words say so."""
    held = taken_base(run, base)
    for lock in held._locks:
        lock.free()  # as the system does when the process is killed
    monkeypatch.setattr("pytest_edgepool.profiles.tabs._swap_tabs", refuse)
    words = take_base(run, base, Settings())
    assert isinstance(words, str)
    assert "could not be set aside" in words
    assert "still set aside, until the next run" in words
    assert is_free(base.lock(run.state).path)
    monkeypatch.undo()
    taken_base(run, base).give_back()
    assert (base.profile_folder / "Sessions" / "Session_1").read_text() == "the user's tabs"


def test_a_browser_that_came_meanwhile_keeps_the_tabs_aside(run: Run, base: Base) -> None:
    """They are put back by the next run; the error says so, and the locks are free."""
    held = taken_base(run, base)
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        with pytest.raises(ProfileTrouble, match="not put back while a browser"):
            held.give_back()
    assert journal_of(base, run.state).exists()
    assert is_free(base.lock(run.state).path)
    assert is_free(run.slot_lock(0).path)


# -- clones


def test_a_clone_is_the_template_byte_by_byte(run: Run, template: Template) -> None:
    """In a private folder of its own, without a link to it."""
    held = take_clone(run, template, Settings(), note="because")
    lease = held.lease
    assert (lease.slot, lease.kind, lease.profile_directory, lease.note) == (1, "clone", "Default", "because")
    assert snapshot(lease.user_data_dir) == snapshot(template.profile)
    assert lease.user_data_dir.stat().st_mode & 0o777 == 0o700
    assert lease.clone is not None
    assert (lease.clone.files, lease.clone.size_bytes) == (template.files, template.size_bytes)
    (lease.user_data_dir / "Default" / "Preferences").write_text("changed by a driver")
    assert snapshot(template.profile)["Default/Preferences"] != b"changed by a driver"
    held.give_back()
    assert list(run.clones.iterdir()) == []


def test_the_smallest_free_slot_is_taken(run: Run, template: Template) -> None:
    """Numbers stay small, and a slot that was given back is the next one's."""
    held = [take_clone(run, template, Settings()) for _ in range(3)]
    assert [each.lease.slot for each in held] == [1, 2, 3]
    held[1].give_back()
    again = take_clone(run, template, Settings())
    assert again.lease.slot == 2
    for each in (held[0], again, held[2]):
        each.give_back()


def test_no_more_browsers_than_allowed(run: Run, base: Base, template: Template) -> None:
    """The base counts as one, whoever came first; the sentence names the setting."""
    two = Settings(edgepool_max_browsers=2)
    own, clone = taken_base(run, base, two), take_clone(run, template, two)
    with pytest.raises(UsageMistake, match=r"All 2 browsers are in use.*--edgepool-max-browsers"):
        take_clone(run, template, two)
    own.give_back()
    other = take_clone(run, template, two)
    assert other.lease.slot == 2
    with pytest.raises(UsageMistake, match="All 2 browsers"):
        take_base(run, base, two)
    assert is_free(base.lock(run.state).path)
    assert (base.profile_folder / "Sessions").exists(), "its tabs are not back"
    clone.give_back()
    other.give_back()


def test_workers_that_come_at_once_get_different_slots(run: Run, template: Template) -> None:
    """Four processes, told to go before any of them is heard: slots 1 to 4, each one's own."""
    workers = [staged(WORKER, str(run.state)) for _ in range(4)]
    started = [each.__enter__()[0] for each in workers]
    try:
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        slots = [int(process.stdout.readline()) for process in started if process.stdout is not None]
        assert sorted(slots) == [1, 2, 3, 4]
        assert {each.name for each in run.clones.iterdir()} == {"1", "2", "3", "4"}
        assert [go_on(process) for process in started] == ["gave back"] * 4
    finally:
        for each in workers:
            each.__exit__(None, None, None)
    assert list(run.clones.iterdir()) == []


def test_a_killed_workers_slot_is_cleared_for_the_next(run: Run, template: Template) -> None:
    """What it left running is ended, what it left on the disk is gone."""
    with staged(WORKER, str(run.state)) as (process, _), idle() as browser:
        slot = int(go_on(process))
        (run.clone_folder(slot) / "Default" / "Preferences").write_text("changed")
        record = processes.record_of(browser, "driver", str(run.clone_folder(slot)))
        assert record is not None
        run.record(record)
        process.kill()
        process.wait()
        held = take_clone(run, template, Settings())
        assert held.lease.slot == slot
        assert not processes.is_alive(browser)
        assert snapshot(held.lease.user_data_dir) == snapshot(template.profile)
        held.give_back()


def test_a_process_that_does_not_end_keeps_its_clone(run: Run, template: Template) -> None:
    """Neither is the clone removed from under it, nor given to another; its slot is free to try again."""
    held = take_clone(run, template, Settings())
    survivor = ProcessRecord(pid=os.getpid(), started_at=0.0, role="browser")
    run.end_recorded = lambda user_data_dir=None: (survivor,)  # type: ignore[method-assign]
    with pytest.raises(ProfileTrouble, match="does not end"):
        held.give_back()
    assert held.lease.user_data_dir.exists()
    with pytest.raises(ProfileTrouble, match="of an earlier worker does not end"):
        take_clone(run, template, Settings())
    assert held.lease.user_data_dir.exists()
    assert is_free(run.slot_lock(1).path)


def test_a_clone_that_cannot_be_made_frees_its_slot(run: Run, template: Template) -> None:
    """The next worker may have more luck; the reason is told."""
    (template.profile / "Default" / "Cookies").unlink()
    with pytest.raises(ProfileTrouble, match="could not be made"):
        take_clone(run, template, Settings())
    assert list(run.clones.iterdir()) == []
    assert is_free(run.slot_lock(1).path)
