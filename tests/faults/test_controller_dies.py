"""A controller that is killed, alone or with its group: browsers end by themselves, the next run does the rest."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.processes import browsers_on
from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import FILE, OWN_BASE, are_gone, assert_tabs_are_back, clean, must, own_base, send

if TYPE_CHECKING:
    import subprocess

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench


def kill(process: subprocess.Popen[str], *, to_group: bool) -> None:
    """Kill the controller, and wait until all has ended that it had started."""
    below = psutil.Process(process.pid).children(recursive=True)
    send(process, signal.SIGKILL, to_group=to_group)
    must(lambda: are_gone(below), "the end of all that the controller had started")
    process.communicate()


@pytest.mark.parametrize(
    ("workers", "to_group"), [(0, False), (2, True), pytest.param(2, False, marks=pytest.mark.thorough)]
)
def test_killed_controller_leaves_what_clean_removes(
    bench: Bench, begin: Starter, hold: Hold, workers: int, to_group: bool
) -> None:
    """Workers and browsers end by themselves; what lies on the disk `edgepool clean` removes, and then nothing more."""
    bench.sheet(demo_numbers(40)[:4])
    hold.requests_for(FILE)
    process = begin("-n", str(workers), "--po-csv=pos.csv")
    hold.wait_for(workers or 1)
    kill(process, to_group=to_group)
    assert list((bench.folder / "downloads" / ".edgepool" / "work").glob("*")), "nothing of it was in hand"
    clean(bench)

    bench.assert_nothing_left()
    assert clean(bench) == "Nothing to clean.\n"


@pytest.mark.parametrize(
    "to_group", [pytest.param(False, marks=pytest.mark.thorough), True], ids=["the controller", "the group"]
)
def test_run_after_a_killed_one_sweeps_and_finishes(bench: Bench, begin: Starter, hold: Hold, to_group: bool) -> None:
    """The same command does what is left to do, on the same base, and removes what the killed run had left."""
    numbers = demo_numbers(40)[:5]
    bench.sheet(numbers)
    hold.requests_for(f"{FILE}type/{numbers[2].removeprefix('PO')}")
    process = begin("-n", "2", "--po-csv=pos.csv")
    hold.wait_for(1)
    kill(process, to_group=to_group)
    hold.release()
    ended = bench.run("-n", "2", "--po-csv=pos.csv", "--junitxml=report.xml")

    assert ended.code == 0, ended.out
    assert Counter(str(line["number"]) for line in ended.ledger()) == Counter(numbers)
    assert set(ended.junit()) == set(numbers)
    bench.assert_files_are_true(numbers, ended)


def test_killed_group_costs_a_users_own_base_no_tabs(bench: Bench, begin: Starter, hold: Hold) -> None:
    """What the run had set aside `edgepool clean` puts back, and says so."""
    own, tabs = own_base(bench)
    bench.sheet(demo_numbers(40)[:2])
    hold.requests_for(FILE)
    process = begin("-n", "2", "--po-csv=pos.csv", f"--edgepool-profile={own}", *OWN_BASE)
    hold.wait_for(2)
    assert browsers_on(own)
    kill(process, to_group=True)
    assert not tabs.exists()

    assert f"Put back the tabs of {own}" in clean(bench)
    assert_tabs_are_back(own, tabs)
