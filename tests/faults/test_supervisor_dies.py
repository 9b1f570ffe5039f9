"""A supervisor that is killed or stopped guards nobody: its driver and browser are ended, and replaced at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.processes import browsers_on, is_alive
from pytest_edgepool.run import Run, sweep
from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import FILE, are_gone, browsers_of, clean, must, processes_of
from tests.staged import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

HEARTBEAT_SECONDS = 6


def supervisor_of(bench: Bench) -> psutil.Process:
    """The supervisor of the bench's only browser."""
    (found,) = processes_of(bench, "supervisor.py")
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_order_completes_when_the_supervisor_is_lost_under_it(
    bench: Bench, begin: Starter, hold: Hold, number: signal.Signals
) -> None:
    """Driver and browser would live on without a guard: the heartbeat ends them, and the order has new ones."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    bench.extra["EDGEPOOL_HEARTBEAT"] = str(HEARTBEAT_SECONDS)
    hold.requests_for(FILE)
    process = begin("-n", "0", "--po-csv=pos.csv")
    hold.wait_for(1)
    supervisor = supervisor_of(bench)
    below = supervisor.children(recursive=True)
    supervisor.send_signal(number)
    must(lambda: are_gone(below), "the end of all that it guarded")
    assert process.poll() is None
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert ended.workers()["master"]["starts"] == 2
    (given_up,) = [each for each in ended.events() if each["event"] == "browser.given_up"]
    how = "died" if number == signal.SIGKILL else f"did not answer for {HEARTBEAT_SECONDS} s"
    assert given_up["reason"] == f"the supervisor {how}"


def test_what_worker_and_supervisor_leave_when_both_are_killed_is_swept(
    bench: Bench, begin: Starter, hold: Hold
) -> None:
    """Nobody is left to end driver and browser: they are recorded, and `edgepool clean` ends them."""
    bench.sheet(demo_numbers(40)[:1])
    hold.requests_for(FILE)
    process = begin("-n", "0", "--po-csv=pos.csv")
    hold.wait_for(1)
    supervisor = supervisor_of(bench)
    below = supervisor.children(recursive=True)
    process.send_signal(signal.SIGSTOP)  # so that it cannot do anything between the two
    supervisor.kill()
    process.kill()
    process.communicate()
    assert not are_gone(below)
    clean(bench)
    must(lambda: are_gone(below), "the end of driver and browser")
    hold.release()
    assert bench.run("-n", "0", "--po-csv=pos.csv").code == 0


# Kills its supervisor and itself when it is told to record that the browser runs; nothing of it gets recorded.
CUT_OFF = """
import os, signal, sys
from pathlib import Path
from pytest_edgepool.browser.binaries import find
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings

run = Run(Path(sys.argv[1]), "cut-off")
run.join()
launch = Launch(browser=find(Settings()), user_data_dir=Path(sys.argv[2]))
supervisors = []

def record(each):
    if each.role == "supervisor":
        supervisors.append(each.pid)
    elif each.role == "browser":
        os.kill(supervisors[0], signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

with run.intending(launch.user_data_dir, launch.mark):
    RunningBrowser.start(launch, record)
"""


def start_that_is_cut_off(state: Path, user_data_dir: Path) -> tuple[list[psutil.Process], int]:
    """Start a browser and die before it is recorded; return what is left running, and the browser's number."""
    user_data_dir.mkdir(parents=True)
    command = [sys.executable, "-c", CUT_OFF, str(state), str(user_data_dir)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, env=environment, check=False, timeout=120).returncode == -signal.SIGKILL
    (browser,) = browsers_on(user_data_dir)
    driver = psutil.Process(browser).parent()
    assert driver is not None
    return [driver, *driver.children(recursive=True)], browser


def test_browser_whose_starter_died_before_it_could_record_it_is_swept(tmp_path: Path) -> None:
    """What was about to be started was noted first: the sweep finds it by its folder and its launch's mark."""
    state = tmp_path / "state"
    left, browser = start_that_is_cut_off(state, state / "runs" / "cut-off" / "clones" / "1")
    assert Run(state, "cut-off").recorded() == ()
    assert is_alive(browser)
    assert sweep(state) == ("cut-off",)
    must(lambda: are_gone(left), "the end of driver and browser")
    assert not list((state / "runs").glob("*"))


def test_browser_on_a_folder_that_is_not_ours_is_left_alone_unless_recorded(tmp_path: Path) -> None:
    """On a base of the user's own only what was recorded is ended, even where this costs a browser that stays."""
    state = tmp_path / "state"
    left, browser = start_that_is_cut_off(state, tmp_path / "own")
    try:
        assert sweep(state) == ("cut-off",)
        assert is_alive(browser)
    finally:
        for each in left:
            with suppress(psutil.NoSuchProcess):  # a browser's helpers end with it
                each.kill()
    must(lambda: are_gone(left), "the end of driver and browser")


def test_another_run_is_never_touched(bench: Bench, begin: Starter, hold: Hold) -> None:
    """One run's supervisor, worker and controller are killed and cleaned up after, while another works on: it ends
    well, with the browsers that it began with.
    """
    numbers = demo_numbers(40)[:4]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    one = begin("-n", "1", "--po-csv=pos.csv", "--po-output=one")
    hold.wait_for(1)
    of_one = psutil.Process(one.pid).children(recursive=True)
    first = {each.pid for each in browsers_of(bench)}
    other = begin("-n", "1", "--po-csv=pos.csv", "--po-output=other")
    hold.wait_for(2)
    of_other = {each.pid for each in browsers_of(bench)} - first
    assert len(of_other) == 1
    mine = [each for each in processes_of(bench, "supervisor.py") if each in of_one]
    workers = psutil.Process(one.pid).children()
    for each in (*mine, *workers, psutil.Process(one.pid)):
        each.kill()
    one.communicate()
    clean(bench)
    must(lambda: are_gone(of_one), "the end of the killed run's processes")
    assert {each.pid for each in browsers_of(bench)} == of_other
    hold.release()
    ended = bench.finish(other)

    assert ended.code == 0, ended.out
    for number in numbers:
        assert bench.files_of(number, ended, "other")
    assert [each["starts"] for each in ended.workers("other").values()] == [1]
    clean(bench)
