"""A site that fails every PO: the run stops asking it, sees whether it is back, and says when and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers, expected_files
from tests.faults.staging import ORDER_PAGE, Hold, must
from tests.support import CHROMIUM, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = [each for each in demo_numbers(24) if expected_files(each)]
NOT_THERE = [f"PO99{each}404" for each in range(6)]
ROW = 4

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


@pytest.fixture
def hold(bench: Bench) -> Iterator[Hold]:
    made = Hold(bench.demo.site)
    yield made
    made.release()


def configure(bench: Bench, pause_seconds: float) -> None:
    bench.extra |= {
        "EDGEPOOL_PO_ATTEMPTS": "1",
        "EDGEPOOL_PO_RETRY_SECONDS": "0.05",
        "EDGEPOOL_PO_CIRCUIT": str(ROW),
        "EDGEPOOL_PO_CIRCUIT_SECONDS": str(pause_seconds),
    }


def told(bench: Bench, name: str) -> list[dict[str, object]]:
    logs = (bench.folder / "downloads" / ".edgepool" / "runs").glob("*/*.jsonl")
    lines = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines(keepends=True)]
    return [each for each in lines if each["event"] == name]


def test_a_site_that_stays_down_is_asked_a_few_times_only(bench: Bench, hold: Hold) -> None:
    """Two workers: the row, one probe, all else is STOPPED with the reason; the same command does it later."""
    configure(bench, 0.5)
    numbers = NUMBERS[:9]
    bench.sheet(numbers)
    hold.requests_for(ORDER_PAGE)
    process = bench.begin("-n2", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(2)
    bench.demo.site.limit(503)
    hold.release()
    ended = bench.finish(process)
    assert ended.code == 1, ended.out
    failed = {each["number"] for each in ended.ledger()}
    asked = {each.path.removeprefix(ORDER_PAGE) for each in bench.demo.site.log if each.path.startswith(ORDER_PAGE)}
    assert len(asked) == len(failed)
    assert ROW < len(failed) <= ROW + 2  # those that were under way when it opened, and the probe
    assert {each["status"] for each in ended.ledger()} == {"FAILED"}
    assert ended.statuses() == {each: "FAILED" if each in failed else "STOPPED" for each in numbers}
    assert {each: props["status"] for each, props in ended.junit().items()} == ended.statuses()
    why = f"The run was stopped: the site failed {len(failed)} POs in a row since "
    assert why in ended.out
    stopped = [each["outcome"]["reason"] for each in ended.report()["orders"] if each["number"] not in failed]
    assert all("before its turn: the site failed" in each and "HTTP status 503" in each for each in stopped), stopped
    assert len(told(bench, "circuit.opened")) == len(told(bench, "site.probed")) == 1
    bench.demo.site.limit(0)
    again = bench.run("-n2", "--po-csv=pos.csv")
    assert again.code == 0, again.out
    bench.assert_files_are_true(numbers, again)


HANGING_PROBE = """
import os
from pathlib import Path

from pytest_edgepool.locks import Lock

KEPT = []

def pytest_edgepool_order_finished(config, order, outcome):
    for run in (Path(os.environ["EDGEPOOL_STATE_DIR"]) / "runs").iterdir():
        KEPT.append(Lock(run / "circuit-probe.lock"))
        KEPT[-1].take()
"""


def test_an_order_that_nobody_may_begin_says_why(bench: Bench, hold: Hold) -> None:
    """Whoever has the probe hangs: what waits for it is STOPPED with that sentence, though the run goes on."""
    configure(bench, 0.2)
    bench.extra |= {"EDGEPOOL_PO_CIRCUIT": "1", "EDGEPOOL_PO_TIMEOUT": "10", "EDGEPOOL_PO_RETRY_AFTER_MOST": "1"}
    bench.sheet(NUMBERS[:2])
    bench.write("conftest.py", HANGING_PROBE)
    hold.requests_for(ORDER_PAGE)
    process = bench.begin("-n0", "--po-csv=pos.csv")
    hold.wait_for(1)
    bench.demo.site.limit(503)
    hold.release()
    ended = bench.finish(process)
    assert ended.statuses() == {NUMBERS[0]: "FAILED", NUMBERS[1]: "STOPPED"}, ended.out
    why = ended.report()["orders"][1]["outcome"]["reason"]
    assert why.startswith("the worker that was to find out whether the site is there again hangs (the site failed 1 ")


def test_a_site_that_is_back_costs_the_row_only(bench: Bench, hold: Hold) -> None:
    """One process: after the pause its next PO is the probe, and all go on; POs that are not there open nothing."""
    configure(bench, 1.0)
    numbers = [*NUMBERS[:ROW], *NOT_THERE, *NUMBERS[ROW : ROW + 3]]
    bench.sheet(numbers)
    hold.requests_for(ORDER_PAGE)
    process = bench.begin("-n0", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    bench.demo.site.limit(503)
    hold.release()
    must(lambda: bool(told(bench, "circuit.opened")), "the circuit opens")
    bench.demo.site.limit(0)
    ended = bench.finish(process)
    assert ended.code == 1
    assert ended.statuses() == {
        **dict.fromkeys(NUMBERS[:ROW], "FAILED"),
        **dict.fromkeys(NOT_THERE, "PO_NOT_FOUND"),
        **dict.fromkeys(NUMBERS[ROW : ROW + 3], "COMPLETED"),
    }, ended.out
    assert f"the site failed {ROW} POs in a row since " in ended.out
    assert "; it answered again at " in ended.out
    assert len(told(bench, "circuit.opened")) == len(told(bench, "circuit.closed")) == 1
