"""A run's folder belongs to its living processes; when none lives it is swept, and never before."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import processes
from pytest_edgepool.errors import Permanent, UsageMistake
from pytest_edgepool.events import CleanupFailed
from pytest_edgepool.locks import Lock
from pytest_edgepool.processes import ProcessRecord
from pytest_edgepool.run import STOP_BY_SIGNAL, STOP_UNTOLD, Run, dead_runs, new_run_id, state_folder, state_path, sweep
from pytest_edgepool.testing import FakeClock
from tests.staged import go_on, idle, staged

if TYPE_CHECKING:
    from pytest_edgepool.events import Event

JOIN = """
import sys; from pathlib import Path; from pytest_edgepool.run import Run
run = Run(Path(sys.argv[1]), sys.argv[2]); run.join(); print("joined", flush=True); sys.stdin.readline()
run.leave(); print("left", flush=True); sys.stdin.read()
"""
# Stops inside `join`, between making the folder and locking in it: where it looks like a dead run's.
JOIN_SLOWLY = """
import sys; from pathlib import Path; from pytest_edgepool.run import Run; from pytest_edgepool.locks import Lock
run = Run(Path(sys.argv[1]), "slow"); take = Lock.take
def slow(lock, patience_seconds=0.0):
    if "alive" in str(lock.path):
        print("made", run.folder.is_dir(), flush=True); sys.stdin.readline()
    return take(lock, patience_seconds)
Lock.take = slow; run.join(); print("joined", flush=True); sys.stdin.read()
"""
SWEEP = """
import sys; from pathlib import Path; from pytest_edgepool.run import sweep
print("ready", flush=True); sys.stdin.readline()
print(",".join(sweep(Path(sys.argv[1]))), flush=True); sys.stdin.read()
"""
NO_SUCH_PID = 2**31 - 1


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return state_folder(str(tmp_path / "state"))


def dead_run(state: Path, run_id: str = "dead") -> Run:
    """A run whose only process was killed: its folder and clone are there, its lock is free."""
    run = Run(state, run_id)
    run.join()
    (run.clone_folder(1) / "Default").mkdir(parents=True)
    run.leave()
    return run


def test_the_state_folder_is_private(tmp_path: Path) -> None:
    """Nobody else on the machine looks into profiles."""
    folder = state_folder(str(tmp_path / "a" / "state"))
    assert folder == tmp_path / "a" / "state"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_asking_for_the_state_folder_makes_nothing(tmp_path: Path) -> None:
    """Bad input is told before anything is written."""
    assert state_path(str(tmp_path / "state")) == tmp_path / "state"
    assert not (tmp_path / "state").exists()
    assert state_path().is_absolute()


def test_a_state_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """It names the folder and the setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageMistake, match=r"state folder .*file.* cannot be made .*EDGEPOOL_STATE_DIR"):
        state_folder(str(tmp_path / "file" / "state"))


def test_run_ids_sort_by_time_and_differ() -> None:
    """Folders list in order, and two runs of one second have two."""
    clock = FakeClock()
    ids = {new_run_id(clock) for _ in range(20)}
    assert len(ids) > 15
    assert {each[:11] for each in ids} == {"0101-001640"}


def test_joining_makes_a_private_folder(state: Path) -> None:
    """Clones hold live sessions."""
    run = Run(state, "r1")
    assert not run.exists
    run.join()
    assert run.exists
    assert run.is_alive()
    for folder in (run.folder, run.clones):
        assert folder.stat().st_mode & 0o777 == 0o700
    run.remove()
    assert not run.exists


def test_joining_twice_is_joining_once(state: Path) -> None:
    """And leaving once is leaving."""
    run = Run(state, "r1")
    run.join()
    run.join()
    run.leave()
    assert not run.is_alive()


def test_a_run_lives_as_long_as_any_of_its_processes(state: Path) -> None:
    """Also when two parts of one process have joined it: the first to leave ends nothing."""
    first, second = Run(state, "r1"), Run(state, "r1")
    first.join()
    second.join()
    first.leave()
    assert dead_runs(state) == ()
    second.leave()
    assert [each.id for each in dead_runs(state)] == ["r1"]


def test_the_sweeper_spares_a_living_run(state: Path) -> None:
    """Another process's run stays while it lives, goes when it has left."""
    with staged(JOIN, str(state), "theirs") as (process, _):
        assert sweep(state) == ()
        assert Run(state, "theirs").exists
        assert go_on(process) == "left"
        assert sweep(state) == ("theirs",)
    assert not Run(state, "theirs").exists


def test_a_killed_run_is_swept(state: Path) -> None:
    """SIGKILL leaves a folder, and the next run removes it."""
    with staged(JOIN, str(state), "killed") as (process, _):
        process.kill()
        process.wait()
        assert sweep(state) == ("killed",)
    assert list((state / "runs").iterdir()) == []


def test_the_sweeper_waits_for_whoever_is_joining(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between making its folder and locking in it a run looks dead: the sweeper is kept out for just that long."""
    monkeypatch.setattr("pytest_edgepool.run._SWEEP_PATIENCE_SECONDS", 0.0)
    with staged(JOIN_SLOWLY, str(state)) as (joining, said):
        assert said == "made True"
        assert [each.id for each in dead_runs(state)] == ["slow"]
        with pytest.raises(Permanent, match="another run has been cleaning up"):
            sweep(state)
        assert go_on(joining) == "joined"
        assert sweep(state) == ()
        assert Run(state, "slow").is_alive()


def test_two_sweepers_share_the_work(state: Path) -> None:
    """What one has removed the other does not miss."""
    for number in range(5):
        dead_run(state, f"dead{number}")
    with staged(SWEEP, str(state)) as (one, _), staged(SWEEP, str(state)) as (other, _):
        for each in (one, other):
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        assert one.stdout is not None
        assert other.stdout is not None
        swept = ",".join(filter(None, [one.stdout.readline().strip(), other.stdout.readline().strip()]))
    assert sorted(swept.split(",")) == [f"dead{number}" for number in range(5)]


def test_a_removal_that_was_killed_is_finished(state: Path) -> None:
    """A folder that was renamed away and not yet emptied goes too, and is no run."""
    (state / "runs" / "r1.gone-abc123" / "clones").mkdir(parents=True)
    assert dead_runs(state) == ()
    assert sweep(state) == ()
    assert list((state / "runs").iterdir()) == []


def test_removing_a_run_keeps_the_sweeper_out(state: Path) -> None:
    """Two who remove the same folder would trip over each other: the second waits, and finds nothing."""
    run = dead_run(state)
    lock = Lock(state / "locks" / "sweep.lock")
    seen: list[bool] = []
    run.end_recorded = lambda user_data_dir=None: seen.append(lock.take()) or ()  # type: ignore[method-assign, func-returns-value]
    run.remove()
    assert seen == [False]
    assert not run.exists


def test_sweeping_nothing_is_nothing(state: Path) -> None:
    """A fresh machine has no runs."""
    assert sweep(state) == ()
    assert dead_runs(state) == ()


def unremovable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the disk refuse to rename this run's folder, as Windows does while something in it is open."""
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path == run.folder:
            raise PermissionError(13, "in use", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)


def test_one_run_that_resists_does_not_keep_the_others(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is swept, and somebody is told of it."""
    unremovable(dead_run(state, "a"), monkeypatch)
    dead_run(state, "b")
    told: list[Event] = []
    assert sweep(state, told.append) == ("b",)
    (event,) = told
    assert isinstance(event, CleanupFailed)
    assert "in use" in event.error


def test_trouble_that_nobody_hears_of_is_raised(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is never lost, and the rest is swept first."""
    unremovable(dead_run(state, "a"), monkeypatch)
    dead_run(state, "b")
    with pytest.raises(PermissionError, match="in use"):
        sweep(state)
    assert not Run(state, "b").exists


def test_a_sweeper_that_never_ends_is_told(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Joining gives up with a sentence; removing leaves the folder to the next run, and lets go of it."""
    monkeypatch.setattr("pytest_edgepool.run._SWEEP_PATIENCE_SECONDS", 0.0)
    mine = Run(state, "mine")
    mine.join()
    with Lock(state / "locks" / "sweep.lock").held(0):
        with pytest.raises(Permanent, match="another run has been cleaning up"):
            Run(state, "r1").join()
        with pytest.raises(TimeoutError, match="another run has been cleaning up"):
            mine.remove()
    assert not mine.is_alive()
    assert sweep(state) == ("mine",)


# -- the stop flag


def test_the_first_reason_to_stop_stays(state: Path) -> None:
    """What ended the run is what the user reads."""
    run = Run(state, "r1")
    run.join()
    assert (run.is_stopping, run.stop_reason()) == (False, "")
    run.stop("the site is down")
    run.stop(STOP_BY_SIGNAL)
    assert (run.is_stopping, run.stop_reason()) == (True, "the site is down")
    assert Run(state, "r1").stop_reason() == "the site is down", "another process reads the same"
    run.remove()


def test_an_empty_flag_tells_no_reason(state: Path) -> None:
    """A full disk took the name and not the text: nobody may take that for a signal."""
    run = Run(state, "r1")
    run.join()
    run.stop_file.touch()
    assert run.stop_reason() == STOP_UNTOLD
    run.remove()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has limits")
def test_a_flag_that_cannot_be_written_is_raised(state: Path) -> None:
    """The name alone ends the run, and whoever raised it hears of no error."""
    resource = pytest.importorskip("resource")
    run = Run(state, "r1")
    run.join()
    earlier = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, earlier[1]))  # as on a full disk, a file may be and not grow
    try:
        run.stop("the site is down")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, earlier)
    assert (run.is_stopping, run.stop_reason()) == (True, STOP_UNTOLD)
    run.remove()


def test_a_run_that_is_over_needs_no_stopping(state: Path) -> None:
    """A late signal is no error."""
    Run(state, "gone").stop(STOP_BY_SIGNAL)
    assert not Run(state, "gone").exists


# -- processes


def test_what_was_started_is_remembered_until_it_is_forgotten(state: Path) -> None:
    """By all of it, or by the user data dir."""
    run = Run(state, "r1")
    run.join()
    one = ProcessRecord(pid=NO_SUCH_PID, started_at=1.0, role="browser", user_data_dir="/one")
    two = ProcessRecord(pid=NO_SUCH_PID - 1, started_at=1.0, role="driver", user_data_dir="/two")
    run.record(one)
    run.record(two)
    assert set(Run(state, "r1").recorded()) == {one, two}
    assert run.recorded("/one") == (one,)
    run.forget(one)
    run.forget(one)
    assert run.recorded() == (two,)
    run.remove()


@pytest.mark.parametrize("held", ["", "{", "[]", "{}", '{"pid": "x"}', "null"])
def test_a_record_that_cannot_be_read_is_passed_over(state: Path, held: str) -> None:
    """Nothing can be ended by it, and it does not keep the run from ending."""
    run = Run(state, "r1")
    run.join()
    (run.folder / "processes" / "7.json").write_text(held)
    assert run.recorded() == ()
    run.remove()
    assert not run.exists


def test_sweeping_ends_what_a_killed_run_left_running(state: Path) -> None:
    """Its browser goes before its clone does; a process that only has the number of one is not touched."""
    run = dead_run(state)
    with idle() as pid, idle() as innocent:
        record = processes.record_of(pid, "driver")
        assert record is not None
        run.record(record)
        wrong = processes.record_of(innocent, "driver")
        assert wrong is not None
        run.record(ProcessRecord(pid=innocent, started_at=wrong.started_at - 1000, role="driver"))
        assert sweep(state) == ("dead",)
        assert not processes.is_alive(pid)
        assert processes.is_alive(innocent)


def test_a_process_that_does_not_end_keeps_the_folder(state: Path) -> None:
    """A clone is not taken from under a browser; the record stays for the next who sweeps."""
    run = dead_run(state)
    survivor = ProcessRecord(pid=os.getpid(), started_at=0.0, role="browser")
    run.end_recorded = lambda user_data_dir=None: (survivor,)  # type: ignore[method-assign]
    with pytest.raises(OSError, match="does not end"):
        run.remove()
    assert run.exists


def test_what_has_ended_is_forgotten(state: Path) -> None:
    """Records of processes that are gone do not pile up."""
    run = Run(state, "r1")
    run.join()
    run.record(ProcessRecord(pid=NO_SUCH_PID, started_at=1.0, role="browser"))
    assert run.end_recorded() == ()
    assert run.recorded() == ()
    run.remove()


def test_each_slot_has_its_own_lock_and_folder(state: Path) -> None:
    """Names are short: Windows counts the characters of a path."""
    run = Run(state, "r1")
    assert run.slot_lock(1).path != run.slot_lock(2).path
    assert run.clone_folder(3) == run.clones / "3"
    assert json.loads(json.dumps(run.id)) == "r1"
