"""A worker that dies in the midst of a real run: its browser and clone go, its order runs again, nothing is lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.processes import browsers_on
from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import (
    FILE,
    ORDER_PAGE,
    OWN_BASE,
    are_gone,
    assert_tabs_are_back,
    browsers_of,
    must,
    own_base,
    worker_above,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench, Ended

# A user's conftest under which a worker ends at once, when an order is finished and before pytest hears of it.
EXITS_WHEN_FINISHED = """
import os

def pytest_edgepool_order_finished(order):
    if order.number == "{number}":
        os._exit(7)
"""
# A user's tests that take the orders, beside something that ends the worker that has it, after the files are there.
TAKES_ORDERS = """
import os
from pathlib import Path

def test_order(purchase_order, po_download):
    outcome = po_download(purchase_order)
    once = Path("died")
    if purchase_order.number == "{number}" and not once.exists():
        once.touch()
        os._exit(7)
    assert outcome.status == "COMPLETED"
"""


def assert_each_once(bench: Bench, ended: Ended, numbers: list[str]) -> None:
    """Each order has one line in the ledger and one case in JUnit, both COMPLETED, and its files are whole."""
    assert ended.code == 0, ended.out
    assert Counter(str(line["number"]) for line in ended.ledger()) == Counter(numbers)
    assert ended.statuses() == dict.fromkeys(numbers, "COMPLETED")
    bench.assert_files_are_true(numbers, ended)


def clones_of(bench: Bench) -> list[Path]:
    return [each for each in bench.state.glob("runs/*/clones/*") if ".gone-" not in each.name]


@pytest.mark.parametrize(
    ("name", "dist"),
    [
        ("gw0", "load"),
        pytest.param("gw1", "worksteal", marks=pytest.mark.thorough),
        pytest.param("gw1", "load", marks=pytest.mark.thorough),
    ],
    ids=str,
)
def test_killed_worker_takes_its_browser_along_and_its_order_runs_again(
    bench: Bench, begin: Starter, hold: Hold, name: str, dist: str
) -> None:
    """All below it ends while the run lives, its clone goes, and another worker has its order."""
    numbers = demo_numbers(40)[: 3 if name == "gw0" else 6]  # a small sheet is dealt out whole at once
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin("-n", "2", f"--dist={dist}", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(2)
    is_of_gw0 = {each.pid: each.pid in browsers_on(bench.base) for each in browsers_of(bench)}
    assert sorted(is_of_gw0.values()) == [False, True]
    browser = next(pid for pid, is_on_base in is_of_gw0.items() if is_on_base == (name == "gw0"))
    worker = worker_above(psutil.Process(browser), process)
    below = worker.children(recursive=True)
    clone = clones_of(bench)
    worker.kill()
    must(lambda: are_gone(below), "the end of the killed worker's browser")
    if name == "gw1":
        must(lambda: not clone[0].exists() or bool(browsers_on(clone[0])), "the end of the killed worker's clone")
    assert process.poll() is None
    hold.release()
    ended = bench.finish(process)

    assert_each_once(bench, ended, numbers)
    histories = {number: told["history"] for number, told in ended.junit().items() if "history" in told}
    assert len(histories) == 1
    assert list(histories.values()) == [f"worker {name} (process {worker.pid}) was killed by SIGKILL"]
    earlier = {str(line["number"]): line["earlier"] for line in ended.ledger() if line["earlier"]}
    assert earlier == histories
    assert "1 rerun" in ended.out
    assert f"{name} (process {worker.pid}) was killed by SIGKILL" in ended.out


def test_all_workers_killed_at_once_are_replaced(bench: Bench, begin: Starter, hold: Hold) -> None:
    """Both orders in hand run again, on clones, and the rest is done too."""
    numbers = demo_numbers(40)[:6]
    bench.sheet(numbers)
    hold.requests_for(ORDER_PAGE)
    process = begin("-n", "2", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(2)
    workers = {worker_above(each, process) for each in browsers_of(bench)}
    assert len(workers) == 2
    for each in workers:
        each.kill()
    hold.release()
    ended = bench.finish(process)

    assert_each_once(bench, ended, numbers)
    assert sum("history" in told for told in ended.junit().values()) == 2


def test_order_that_the_ledger_has_is_not_fetched_again(bench: Bench) -> None:
    """Its worker ended between the ledger and its report: it is told as the ledger has it, and its page is not read."""
    numbers = demo_numbers(40)[:4]
    bench.sheet(numbers)
    bench.write("conftest.py", EXITS_WHEN_FINISHED.format(number=numbers[1]))
    ended = bench.run("-n", "2", "--po-csv=pos.csv", "--junitxml=report.xml")

    assert_each_once(bench, ended, numbers)
    told = ended.junit()
    assert {number: each["status"] for number, each in told.items()} == dict.fromkeys(numbers, "COMPLETED")
    assert "ended with exit status 7" in told[numbers[1]]["history"]
    asked = Counter(each.path for each in bench.demo.site.log if each.path.startswith(ORDER_PAGE))
    assert asked[f"{ORDER_PAGE}{numbers[1].removeprefix('PO')}"] == 1


def test_users_own_test_runs_again_and_is_given_the_outcome_that_the_ledger_has(bench: Bench) -> None:
    """A test that takes an order, and whose worker ends after it was fetched: once in the ledger, once in JUnit."""
    numbers = demo_numbers(40)[:3]
    bench.sheet(numbers)
    bench.write("test_orders.py", TAKES_ORDERS.format(number=numbers[0]))
    ended = bench.run("-n", "2", "--po-csv=pos.csv", "--junitxml=report.xml", "test_orders.py")

    assert_each_once(bench, ended, numbers)
    assert set(ended.junit()) == {f"test_order[{number}]" for number in numbers}
    assert "ended with exit status 7" in ended.junit()[f"test_order[{numbers[0]}]"]["history"]


def test_killed_worker_costs_a_users_own_base_no_tabs(bench: Bench, begin: Starter, hold: Hold) -> None:
    """The tabs that its worker had set aside are back when the run has ended, and no journal is left."""
    own, tabs = own_base(bench)
    bench.sheet(demo_numbers(40)[:2])
    hold.requests_for(FILE)
    process = begin("-n", "2", "--po-csv=pos.csv", f"--edgepool-profile={own}", *OWN_BASE)
    hold.wait_for(2)
    browser = psutil.Process(browsers_on(own)[0])
    assert not tabs.exists()
    worker_above(browser, process).kill()
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 0, ended.out
    assert_tabs_are_back(own, tabs)
    assert not list((bench.state / "journals").glob("*"))


USES_A_TAB = """
import os, signal

def test_tab(edge_tab):
    os.kill(os.getpid(), signal.SIGKILL)

def test_other():
    pass
"""


def test_suite_without_orders_is_cleared_up_after_too(bench: Bench) -> None:
    """Its test is reported as xdist reports it; browser, clone and run folder of the dead worker are gone."""
    bench.write("test_tab.py", USES_A_TAB)
    ended = bench.run("-n", "1", "--max-worker-restart=0", "test_tab.py")
    assert ended.code == 1, ended.out
    assert "crashed while running 'test_tab.py::test_tab'" in ended.out
