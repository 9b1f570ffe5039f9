"""A browser or driver that dies or hangs, between orders and under one: the worker gets a new one and goes on."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers, expected_files
from tests.faults.staging import FILE, ORDER_PAGE, are_gone, browsers_of, must, processes_of

if TYPE_CHECKING:
    import psutil

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

HEARTBEAT_SECONDS = 6  # short of what a user has, and long beside what a look at a healthy browser takes

# A user's conftest that kills, when an order is finished and before the next begins: so it is between orders, surely.
KILLS_BETWEEN = """
import psutil
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.processes import is_alive

def line_of(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []

def is_browser(line):
    return "--user-data-dir" in " ".join(line) and "--type=" not in " ".join(line)

def is_driver(line):
    return line[:1] != [] and line[0].endswith("chromedriver")

def pytest_edgepool_order_finished(order):
    if order.number == "{number}":
        for each in psutil.Process().children(recursive=True):
            if is_{role}(line_of(each)):
                each.kill()
                assert wait_until(lambda: not is_alive(each.pid), Deadline.after(60, "the kill"))
"""


def victims(bench: Bench, role: str) -> list[psutil.Process]:
    found = browsers_of(bench) if role == "browser" else processes_of(bench, "chromedriver")
    drivers = [each for each in found if role == "browser" or "supervisor.py" not in " ".join(each.cmdline())]
    assert len(drivers) == 1, drivers
    return drivers


@pytest.mark.parametrize(
    ("role", "where"),
    [
        ("browser", ORDER_PAGE),
        ("driver", FILE),
        pytest.param("browser", FILE, marks=pytest.mark.thorough),
        pytest.param("driver", ORDER_PAGE, marks=pytest.mark.thorough),
    ],
)
def test_order_completes_when_browser_or_driver_is_killed_under_it(
    bench: Bench, begin: Starter, hold: Hold, role: str, where: str
) -> None:
    """The try fails, the next has a new browser on the same profile, and every file is there."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    hold.requests_for(where)
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    first = browsers_of(bench)
    for each in victims(bench, role):
        each.kill()
    must(lambda: are_gone(first), "the end of the first browser: its death was noticed")
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert ended.junit()[numbers[0]]["attempts"] == "2"
    assert ended.workers()["master"]["starts"] == 2


def test_death_between_two_files_publishes_no_half_order(bench: Bench, begin: Starter, hold: Hold) -> None:
    """What arrived before is fetched again with the rest: nothing half is put on the shelf, not even for a moment."""
    number = next(each for each in demo_numbers(40) if len(expected_files(each)) > 1)
    bench.sheet([number])
    hold.requests_for(f"{FILE}type/{number.removeprefix('PO')}2/")
    process = begin("-n", "0", "--po-csv=pos.csv")
    hold.wait_for(1)
    for each in victims(bench, "browser"):
        each.kill()
    hold.release()
    ended = bench.finish(process)

    assert ended.statuses() == {number: "COMPLETED"}, ended.out
    bench.assert_files_are_true([number], ended)
    assert not (bench.folder / "downloads" / ".edgepool" / "superseded").exists()


@pytest.mark.parametrize("role", ["browser", pytest.param("driver", marks=pytest.mark.thorough)])
def test_next_order_has_a_new_browser_when_it_was_killed_between_orders(bench: Bench, role: str) -> None:
    """Nobody notices but the count of browser starts and tries: all orders complete."""
    numbers = demo_numbers(40)[:3]
    bench.sheet(numbers)
    bench.write("conftest.py", KILLS_BETWEEN.format(number=numbers[0], role=role))
    ended = bench.run("-n", "0", "--po-csv=pos.csv")

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert ended.workers()["master"]["starts"] == 2


def test_a_browser_that_is_stopped_between_orders_costs_the_next_one_a_try_and_no_more(bench: Bench) -> None:
    """The calls that meet it first have less patience than the heartbeat: what they say is no deadline of the order."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    stops = KILLS_BETWEEN.format(number=numbers[0], role="browser").split("each.kill()")[0] + "each.suspend()\n"
    bench.write("conftest.py", stops)
    ended = bench.run("-n", "0", "--po-csv=pos.csv")

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert [each["attempts"] for each in ended.ledger()] == [1, 2]
    assert ended.workers()["master"]["starts"] == 2


@pytest.mark.parametrize(
    ("role", "where"),
    [
        ("browser", ORDER_PAGE),
        pytest.param("browser", FILE, marks=pytest.mark.thorough),
        pytest.param("driver", ORDER_PAGE, marks=pytest.mark.thorough),
    ],
    ids=["the browser at the page", "the browser at a file", "the driver at the page"],
)
def test_order_completes_when_browser_or_driver_is_stopped_under_it(
    bench: Bench, begin: Starter, hold: Hold, role: str, where: str
) -> None:
    """It never answers again: the heartbeat notices long before the order's time is up, and it is tried again."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    bench.extra["EDGEPOOL_HEARTBEAT"] = str(HEARTBEAT_SECONDS)
    hold.requests_for(where)
    process = begin("-n", "0", "--po-csv=pos.csv")
    hold.wait_for(1)
    for each in victims(bench, role):
        each.send_signal(signal.SIGSTOP)
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert ended.workers()["master"]["starts"] == 2
    reasons = [each["reason"] for each in ended.events() if each["event"] == "browser.given_up"]
    assert reasons == [f"the {role} did not answer for {HEARTBEAT_SECONDS} s"]


def test_stopped_browser_costs_one_order_its_time_and_no_more(bench: Bench, begin: Starter, hold: Hold) -> None:
    """Without a heartbeat its order ends as TIMEOUT, the browser is ended, the next order has a new one."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    bench.extra["EDGEPOOL_HEARTBEAT"] = "0"
    hold.requests_for(ORDER_PAGE)
    process = begin("-n", "0", "--po-csv=pos.csv", "--po-timeout=6")
    hold.wait_for(1)
    for each in victims(bench, "browser"):
        each.send_signal(signal.SIGSTOP)
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 1, ended.out
    assert ended.statuses() == {numbers[0]: "TIMEOUT", numbers[1]: "COMPLETED"}, ended.out
    assert ended.workers()["master"]["starts"] == 2
