"""The grace of the order in hand when the run is ended: over in time, or at a second signal; nothing is half done."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import FILE, ORDER_PAGE, insist, must, send, the_flag_is_up

if TYPE_CHECKING:
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench, Ended

INTERRUPTED = 2
A_BREATH_SECONDS = 1.0
FOR_EVER = "100000"  # seconds: longer than any test waits
# A grace that ends in the one moment in which the files are on the shelf and not yet in the ledger.
ENDS_AT_THE_SHELF = """
import signal
from pytest_edgepool.downloads.shelf import Shelf

plain = Shelf.put

def put(self, whole, final):
    plain(self, whole, final)
    signal.raise_signal(signal.SIGUSR1)

Shelf.put = put
"""
HANGS = """
import threading

def test_hang(edge_pool):
    assert edge_pool.run_id
    threading.Event().wait(100000)
"""


def assert_all_stopped(bench: Bench, ended: Ended, numbers: list[str]) -> None:
    """Nothing was finished: reported once each, in no ledger, on no shelf, and nothing is left of it."""
    assert ended.code == INTERRUPTED, ended.out
    assert ended.statuses() == dict.fromkeys(numbers, "STOPPED")
    assert {name: told["status"] for name, told in ended.junit().items()} == dict.fromkeys(numbers, "STOPPED")
    assert not (bench.folder / "downloads" / ".edgepool" / "ledger.jsonl").exists()
    assert {each.name for each in (bench.folder / "downloads").iterdir()} == {
        ".edgepool",
        *(f"report.{each}" for each in ("csv", "html", "json", "xlsx")),
    }
    bench.assert_nothing_left()


@pytest.mark.parametrize(
    ("workers", "where"), [(0, ORDER_PAGE), (2, FILE), pytest.param(0, FILE, marks=pytest.mark.thorough)]
)
def test_order_that_takes_longer_than_the_grace_is_given_up(
    bench: Bench, begin: Starter, hold: Hold, workers: int, where: str
) -> None:
    """It is STOPPED, neither published nor in the ledger, and the same command does it again from the beginning."""
    numbers = demo_numbers(40)[:4]
    bench.sheet(numbers)
    command = ("-n", str(workers), "--po-csv=pos.csv", "--junitxml=report.xml", "-rs", "--po-transfer=direct")
    hold.requests_for(where)
    process = begin(*command, "--edgepool-grace=1")
    hold.wait_for(workers or 1)
    send(process, signal.SIGINT, to_group=True)
    ended = bench.finish(process)

    assert_all_stopped(bench, ended, numbers)
    assert "STOPPED: the run was ended, and this was not finished within 1 s" in ended.out

    hold.release()
    again = bench.run(*command)
    assert again.code == 0, again.out
    assert sorted(str(line["number"]) for line in again.ledger()) == sorted(numbers)
    bench.assert_files_are_true(numbers, again)


def test_order_whose_files_are_on_the_shelf_is_not_given_up_any_more(bench: Bench) -> None:
    """Shelf and ledger agree, whenever the grace ends: what was published is COMPLETED."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    bench.write("conftest.py", ENDS_AT_THE_SHELF)
    ended = bench.run("-n", "0", "--po-csv=pos.csv")

    assert ended.code == 0, ended.out
    assert [line["number"] for line in ended.ledger()] == numbers
    bench.assert_files_are_true(numbers, ended)


@pytest.mark.parametrize(
    ("workers", "to_group"),
    [
        (0, False),
        (2, True),
        pytest.param(0, True, marks=pytest.mark.thorough),
        pytest.param(2, False, marks=pytest.mark.thorough),
    ],
)
def test_second_signal_ends_the_grace_at_once(
    bench: Bench, begin: Starter, hold: Hold, workers: int, to_group: bool
) -> None:
    """The orders in hand are given up in every worker, whoever heard the signal, and all is as clean as ever."""
    numbers = demo_numbers(40)[:4]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin(
        "-n", str(workers), "--po-csv=pos.csv", "--junitxml=report.xml", f"--edgepool-grace={FOR_EVER}", "-rs"
    )
    hold.wait_for(workers or 1)
    insist(bench, process, signal.SIGINT, to_group=to_group)
    ended = bench.finish(process)

    assert_all_stopped(bench, ended, numbers)
    assert "STOPPED: the run was ended, and this was not finished before a second signal came" in ended.out
    assert f"POs in hand are finished first, {FOR_EVER} s at most. A second signal gives them up." in ended.out


def test_signal_that_is_passed_on_twice_in_a_breath_counts_once(bench: Bench, begin: Starter, hold: Hold) -> None:
    """A starter that passes on the terminal's Ctrl-C does not cost the order in hand its grace."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin("-n", "0", "--po-csv=pos.csv")
    hold.wait_for(1)
    send(process, signal.SIGINT, to_group=True)
    send(process, signal.SIGINT, to_group=False)
    must(lambda: the_flag_is_up(bench), "the stop flag")
    hold.release()
    ended = bench.finish(process)

    assert ended.statuses() == {numbers[0]: "COMPLETED", numbers[1]: "STOPPED"}, ended.out


def test_third_signal_interrupts_whatever_runs(bench: Bench, begin: Starter) -> None:
    """A test that hangs in something of its own does not make a run that no Ctrl-C can end."""
    bench.write("test_hang.py", HANGS)
    process = begin("-p", "no:xdist")
    must(lambda: bool(list((bench.state / "runs").glob("*/alive/*"))), "the run has begun")
    insist(bench, process, signal.SIGINT, to_group=False)
    SYSTEM_CLOCK.sleep(A_BREATH_SECONDS)  # what comes sooner counts as the second signal, passed on
    send(process, signal.SIGINT, to_group=False)
    ended = bench.finish(process)

    assert ended.code == INTERRUPTED, ended.out
    assert "KeyboardInterrupt" in ended.out
