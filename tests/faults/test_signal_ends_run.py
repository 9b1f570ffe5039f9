"""A run that is ended by a signal: the order in hand is finished, the rest is STOPPED, and the same command goes on."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

import psutil
import pytest
from lxml import etree

from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import (
    FILE,
    ORDER_PAGE,
    are_gone,
    browsers_of,
    must,
    numbers_in,
    pages_asked_for,
    send,
    the_flag_is_up,
    worker_above,
)
from tests.plugin.test_plugin_junit import SCHEMA

if TYPE_CHECKING:
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench, Ended

INTERRUPTED = 2


def ledger_counts(ended: Ended) -> Counter[str]:
    return Counter(str(line["number"]) for line in ended.ledger())


def assert_all_agree(ended: Ended) -> None:
    """JUnit is valid, and it, both reports and the ledger say the same of each order."""
    statuses = ended.statuses()
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.parse(ended.folder / "report.xml"))
    assert {name: told["status"] for name, told in ended.junit().items()} == statuses
    assert ended.statuses_in_csv() == statuses
    tried = {number: status for number, status in statuses.items() if status != "STOPPED"}
    assert {str(line["number"]): line["status"] for line in ended.ledger()} == tried


@pytest.mark.parametrize(
    ("workers", "sent", "to_group"),
    [
        pytest.param(0, signal.SIGINT, False, marks=pytest.mark.thorough),
        (0, signal.SIGTERM, True),
        (3, signal.SIGINT, True),
        pytest.param(3, signal.SIGTERM, False, marks=pytest.mark.thorough),
        (3, signal.SIGTERM, True),
    ],
    ids=["-n0 SIGINT", "-n0 SIGTERM", "SIGINT to the group", "SIGTERM to the controller", "SIGTERM to the group"],
)
def test_signal_finishes_what_is_in_hand_and_stops_the_rest(
    begin: Starter, hold: Hold, workers: int, sent: signal.Signals, to_group: bool
) -> None:
    """The orders in hand are finished, no other is begun, all are reported once, and a second run does the rest."""
    bench, numbers = begin.bench, demo_numbers(40)[:8]  # no odd ones among them
    bench.sheet(numbers)
    command = ("-n", str(workers), "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.requests_for(ORDER_PAGE)
    process = begin(*command)
    in_hand = set(numbers_in(hold.wait_for(workers or 1)))
    send(process, sent, to_group=to_group)
    must(lambda: the_flag_is_up(bench), "the stop flag")
    hold.release()
    ended = bench.finish(process)

    assert ended.code == INTERRUPTED, ended.out
    assert "replacing crashed worker" not in ended.out
    assert all(each["starts"] == 1 for each in ended.workers().values()), "a browser was ended by the signal"
    assert pages_asked_for(bench) == in_hand
    statuses = ended.statuses()
    assert {each for each in numbers if statuses[each] != "STOPPED"} == in_hand, ended.out
    assert ledger_counts(ended) == Counter(in_hand)
    assert_all_agree(ended)
    assert f"{len(in_hand)} done, {8 - len(in_hand)} to do; the same command goes on where it stopped." in ended.out
    bench.assert_nothing_left()

    again = bench.run(*command)
    assert again.code == 0, again.out
    assert ledger_counts(again) == Counter(numbers)
    bench.assert_files_are_true(numbers, again)


# Workers that have begun, and have nothing in hand yet.
WAITS_IN_COLLECTION = """
import os
from pathlib import Path
from pytest_edgepool.clock import Deadline, wait_until

def pytest_collection(session):
    if hasattr(session.config, "workerinput"):
        Path(f"waits-{os.getpid()}").touch()
        assert wait_until(Path("go").exists, Deadline.after(90, "go"))
"""


@pytest.mark.parametrize(
    "to_group", [pytest.param(False, marks=pytest.mark.thorough), True], ids=["to the controller", "to the group"]
)
def test_signal_before_the_first_order_starts_no_browser(bench: Bench, begin: Starter, to_group: bool) -> None:
    """Workers that are just starting do not die of it: everything is STOPPED, in order, and nothing was written."""
    numbers = demo_numbers(40)[:5]
    bench.sheet(numbers)
    bench.write("conftest.py", WAITS_IN_COLLECTION)
    process = begin("-n", "3", "--po-csv=pos.csv", "--junitxml=report.xml")
    must(lambda: len(list(bench.folder.glob("waits-*"))) == 3, "three workers are collecting")
    send(process, signal.SIGINT, to_group=to_group)
    must(lambda: the_flag_is_up(bench), "the stop flag")
    bench.write("go", "")
    ended = bench.finish(process)

    assert ended.code == INTERRUPTED, ended.out
    assert "replacing crashed worker" not in ended.out
    assert ended.statuses() == dict.fromkeys(numbers, "STOPPED")
    assert {name: told["status"] for name, told in ended.junit().items()} == dict.fromkeys(numbers, "STOPPED")
    assert not bench.demo.site.log


def test_worker_that_dies_while_the_run_is_ended_has_its_order_stopped(
    bench: Bench, begin: Starter, hold: Hold
) -> None:
    """It is not run again, and it is told once; the order of the other worker is finished."""
    numbers = demo_numbers(40)[:6]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin("-n", "2", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(2)
    send(process, signal.SIGTERM, to_group=True)
    must(lambda: the_flag_is_up(bench), "the stop flag")
    worker = worker_above(browsers_of(bench)[0], process)
    below = [*worker.children(recursive=True), psutil.Process(worker.pid)]
    worker.kill()
    must(lambda: are_gone(below), "the end of the killed worker's browser")
    hold.release()
    ended = bench.finish(process)

    assert ended.code == INTERRUPTED, ended.out
    assert Counter(ended.statuses().values()) == {"COMPLETED": 1, "STOPPED": 5}, ended.out
    assert_all_agree(ended)
    assert sum("history" in told for told in ended.junit().values()) == 1
    assert "1 done, 5 to do; the same command goes on where it stopped." in ended.out
