"""A worker or the controller that is killed, with no chance to clear up: its browsers end, and nothing of it stays."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.processes import browsers_on
from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import FILE, browsers_of, must, send, worker_above

if TYPE_CHECKING:
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def clean(bench: Bench) -> str:
    """Say `edgepool clean` as a user does."""
    command = [sys.executable, "-m", "pytest_edgepool.cli", "clean"]
    ran = subprocess.run(command, env=bench.environment(), capture_output=True, text=True, check=True)
    return ran.stdout


@pytest.mark.parametrize("name", ["gw0", "gw1"])
def test_killed_worker_takes_its_browser_along_and_the_run_goes_on(
    bench: Bench, begin: Starter, hold: Hold, name: str
) -> None:
    """All below it ends while the run lives; the other orders arrive, and the controller removes the rest."""
    numbers = demo_numbers(40)[:6]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin("-n", "2", "--po-csv=pos.csv")
    hold.wait_for(2)
    is_of_gw0 = {each.pid: each.pid in browsers_on(bench.base) for each in browsers_of(bench)}
    assert sorted(is_of_gw0.values()) == [False, True]
    browser = next(pid for pid, is_on_base in is_of_gw0.items() if is_on_base == (name == "gw0"))
    worker = worker_above(psutil.Process(browser), process)
    below = worker.children(recursive=True)
    worker.kill()
    must(lambda: are_gone(below), "the end of the killed worker's browser")
    assert process.poll() is None
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 1, ended.out
    arrived = [str(line["number"]) for line in ended.ledger()]
    assert len(arrived) == len(set(arrived))
    assert len(arrived) >= len(numbers) - 1
    bench.assert_files_are_true(arrived, ended)


def test_killed_worker_costs_a_users_own_base_no_tabs(bench: Bench, begin: Starter, hold: Hold) -> None:
    """The tabs that its worker had set aside are back when the run has ended, and no journal is left."""
    own = bench.folder.parent / "own"
    shutil.copytree(bench.base, own, symlinks=True)
    tabs = own / "Default" / "Sessions"
    shutil.rmtree(tabs, ignore_errors=True)
    tabs.mkdir()
    (tabs / "Session_1").write_bytes(b"the user's tabs")
    bench.sheet(demo_numbers(40)[:2])
    hold.requests_for(FILE)
    # the copy was made by a managed browser, whose key source a user's own base would not have
    process = begin("-n", "2", "--po-csv=pos.csv", f"--edgepool-profile={own}", "--edgepool-arg=--password-store=basic")
    hold.wait_for(2)
    browser = psutil.Process(browsers_on(own)[0])
    assert not (tabs / "Session_1").exists()
    worker_above(browser, process).kill()
    hold.release()
    bench.finish(process)

    assert (tabs / "Session_1").read_bytes() == b"the user's tabs"
    assert json.loads((own / "Default" / "Preferences").read_bytes())["profile"]["exit_type"] == "Normal"
    assert not list((bench.state / "journals").glob("*"))


@pytest.mark.parametrize("workers", [0, 2])
def test_killed_controller_leaves_what_clean_removes(bench: Bench, begin: Starter, hold: Hold, workers: int) -> None:
    """Workers and browsers end by themselves; what lies on the disk `edgepool clean` removes, and then nothing more."""
    bench.sheet(demo_numbers(40)[:4])
    hold.requests_for(FILE)
    process = begin("-n", str(workers), "--po-csv=pos.csv")
    hold.wait_for(workers or 1)
    below = psutil.Process(process.pid).children(recursive=True)
    send(process, signal.SIGKILL, to_group=False)
    must(lambda: are_gone(below), "the end of all that the controller had started")
    process.communicate()
    clean(bench)

    shutil.rmtree(bench.folder / "downloads" / ".edgepool" / "work")  # the output folder is not the state folder
    bench.assert_nothing_left()
    assert clean(bench) == "Nothing to clean.\n"


def test_run_after_a_killed_one_sweeps_and_finishes(bench: Bench, begin: Starter, hold: Hold) -> None:
    """The same command does what is left to do, on the same base, and removes what the killed run had left."""
    numbers = demo_numbers(40)[:4]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin("-n", "2", "--po-csv=pos.csv")
    hold.wait_for(2)
    below = psutil.Process(process.pid).children(recursive=True)
    send(process, signal.SIGKILL, to_group=False)
    must(lambda: are_gone(below), "the end of all that the controller had started")
    process.communicate()
    hold.release()
    ended = bench.run("-n", "2", "--po-csv=pos.csv")

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    shutil.rmtree(bench.folder / "downloads" / ".edgepool" / "work", ignore_errors=True)
