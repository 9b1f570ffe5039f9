"""The site is gone for a while, hangs, or wants to be left alone: nothing is lost, nobody storms, and all is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers
from tests.faults.gateway import a_gate
from tests.faults.staging import FILE, ORDER_PAGE, browsers_of, must
from tests.support import CHROMIUM, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import RunningDemo
    from tests.faults.gateway import Gate
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

NUMBERS = [each for each in demo_numbers(14) if each not in ("PO15263404", "PO15263000")]
TOO_FAST = 429
# A user's conftest with which a run waits after its first order, until the test has put the site back.
WAITS = """
from pathlib import Path
from pytest_edgepool.clock import Deadline, wait_until

def pytest_edgepool_order_finished(order):
    if order.number == "{number}":
        assert wait_until(Path("the site is back").exists, Deadline.after(60, "the site"))
"""


@pytest.fixture
def gate(demo: RunningDemo) -> Iterator[Gate]:
    with a_gate(demo.url) as made:
        yield made


@pytest.fixture
def bench(tmp_path: Path, demo: RunningDemo, signed_in: Path, gate: Gate) -> Iterator[Bench]:
    """A user's folder, signed in to the site behind the gate."""
    with a_bench(tmp_path, signed_in, replace(demo, url=gate.url)) as made:
        yield made


def told_in_log(bench: Bench, name: str) -> list[dict[str, object]]:
    """What the logs of the bench's runs have of one kind of event, so far."""
    logs = sorted((bench.folder / "downloads" / ".edgepool" / "runs").glob("*/*.jsonl"))
    lines = [json.loads(line) for log in logs for line in log.read_text(encoding="utf-8").splitlines(keepends=True)]
    return [each for each in lines if each["event"] == name]


def pauses(bench: Bench) -> list[object]:
    """How long each wave of the run left the site alone."""
    return [each["seconds"] for each in told_in_log(bench, "site.left_alone")]


@pytest.mark.parametrize("where", [ORDER_PAGE, FILE], ids=["at the page", "at a file"])
def test_a_site_that_is_back_soon_costs_nothing(
    bench: Bench, begin: Starter, hold: Hold, gate: Gate, where: str
) -> None:
    """The connection breaks, then nobody is there; once the site is back, every PO completes."""
    bench.sheet(NUMBERS[:2])
    bench.extra["EDGEPOOL_PO_ATTEMPTS"] = "6"
    hold.requests_for(where)
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    asked = len(gate.passing)
    gate.shut()
    hold.release()
    assert asked
    if where == ORDER_PAGE:
        must(lambda: bool(told_in_log(bench, "order.try_failed")), "the page could not be had")
    gate.open()
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    assert set(ended.statuses().values()) == {"COMPLETED"}
    bench.assert_files_are_true(NUMBERS[:2], ended)
    assert ended.workers()["master"]["starts"] == 1


def test_a_site_that_stays_away_fails_one_order_with_the_reason(
    bench: Bench, begin: Starter, hold: Hold, gate: Gate
) -> None:
    """All its tries met nobody, and the outcome says so; what comes after the site is back completes."""
    bench.sheet(NUMBERS[:3])
    bench.extra["EDGEPOOL_PO_RETRY_SECONDS"] = "0.05"
    bench.write("conftest.py", WAITS.format(number=NUMBERS[0]))
    hold.requests_for(ORDER_PAGE)
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    gate.shut()
    hold.release()
    must(lambda: bool(told_in_log(bench, "order.finished")), "the first order is given up")
    gate.open()
    bench.write("the site is back", "")
    ended = bench.finish(process)
    assert ended.statuses() == {NUMBERS[0]: "FAILED", NUMBERS[1]: "COMPLETED", NUMBERS[2]: "COMPLETED"}, ended.out
    told = ended.ledger()[0]
    assert "cannot be reached (ERR_CONNECTION_REFUSED)" in told["reason"]
    assert told["attempts"] == 3


def test_a_site_that_never_answers_costs_one_order_its_time(bench: Bench, begin: Starter, hold: Hold) -> None:
    """The order ends as TIMEOUT at its deadline; the next one has a site that answers, and completes."""
    bench.sheet(NUMBERS[:2])
    hold.requests_for(f"{ORDER_PAGE}{NUMBERS[0].removeprefix('PO')}")
    process = begin("-n", "0", "--po-csv=pos.csv", "--po-timeout=4", "--junitxml=report.xml")
    ended = bench.finish(process)
    assert ended.statuses() == {NUMBERS[0]: "TIMEOUT", NUMBERS[1]: "COMPLETED"}, ended.out
    told = ended.ledger()[0]
    assert told["reason"] == f"PO {NUMBERS[0]} took longer than 4 s"
    assert told["seconds"] < 30


def test_all_workers_leave_a_site_alone_that_asks_for_it(bench: Bench, begin: Starter, hold: Hold) -> None:
    """Four workers are told that they are too fast: they ask again once it is over, one by one, and lose nothing."""
    bench.sheet(NUMBERS[:8])
    hold.requests_for(ORDER_PAGE)
    process = begin("-n", "4", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(4)
    bench.demo.site.limit(TOO_FAST, retry_after="3")
    hold.release()
    must(lambda: 3 in pauses(bench), "a worker was told for how long")
    bench.demo.site.limit(0)
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    bench.assert_files_are_true(NUMBERS[:8], ended)
    refused = [each for each in bench.demo.site.log if each.status == TOO_FAST]
    # The four that were under way, and those that looked once more for how long; without all this it is twelve, and
    # four orders are lost.
    assert 4 < len(refused) <= 8, len(refused)
    assert sorted(pauses(bench)) == [1, 3]


def test_a_wait_that_is_too_long_ends_the_run_at_once(bench: Bench, begin: Starter, hold: Hold) -> None:
    """The order says what the site asked for, the rest is left for later, and the site is not asked again."""
    bench.sheet(NUMBERS[:3])
    hold.requests_for(ORDER_PAGE)
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    bench.demo.site.limit(TOO_FAST, retry_after="3000")
    hold.release()
    ended = bench.finish(process)
    assert ended.statuses() == {NUMBERS[0]: "RATE_LIMIT", NUMBERS[1]: "STOPPED", NUMBERS[2]: "STOPPED"}, ended.out
    assert "longer than po_retry_after_most allows (300 s)" in ended.ledger()[0]["reason"]
    assert "The run was stopped: " in ended.out
    assert len([each for each in bench.demo.site.log if each.status == TOO_FAST]) == 2


def test_a_site_that_is_asked_too_fast_at_the_sign_in_proof_is_no_lost_sign_in(bench: Bench, begin: Starter) -> None:
    """The worker waits before it asks again who it is; it neither mends its profile nor retires."""
    bench.sheet(NUMBERS[:1])
    bench.demo.site.limit(TOO_FAST, retry_after="2")
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    must(lambda: bool(pauses(bench)), "the run leaves the site alone")
    bench.demo.site.limit(0)
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    assert ended.workers()["master"]["mended"] == []
    assert ended.workers()["master"]["starts"] == 1


def test_an_unwell_site_at_the_proof_of_a_new_browser_is_no_lost_sign_in(bench: Bench, begin: Starter) -> None:
    """A browser is killed in mid-run, and the site answers 503 when the new one is proved: it is tried again."""
    bench.sheet(NUMBERS[:2])
    bench.extra |= {"EDGEPOOL_PO_ATTEMPTS": "6", "EDGEPOOL_VERIFY_ATTEMPTS": "2"}
    bench.write("conftest.py", WAITS.format(number=NUMBERS[0]))
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    must(lambda: bool(told_in_log(bench, "order.finished")), "the first order is done")
    browsers_of(bench)[0].kill()
    bench.demo.site.limit(503)
    bench.write("the site is back", "")
    must(lambda: bool(told_in_log(bench, "order.try_failed")), "the new browser could not be proved")
    bench.demo.site.limit(0)
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    assert set(ended.statuses().values()) == {"COMPLETED"}
    assert ended.workers()["master"]["mended"] == []


def test_a_site_that_is_out_of_service_from_the_first_is_no_lost_sign_in(bench: Bench) -> None:
    """Nobody is told to sign in again; once it is back the same command does it all."""
    bench.sheet(NUMBERS[:2])
    bench.extra |= {"EDGEPOOL_VERIFY_ATTEMPTS": "2", "EDGEPOOL_PO_RETRY_SECONDS": "0.05"}
    bench.demo.site.limit(503)
    ended = bench.run("-n", "0", "--po-csv=pos.csv")
    assert ended.code == 1
    assert ended.statuses() == {NUMBERS[0]: "FAILED", NUMBERS[1]: "STOPPED"}, ended.out
    why = "The site is out of service (auth: the site answered with HTTP status 503); give the same command"
    assert f"The run was stopped: {why} when it is back." in ended.out
    assert "sign in again" not in ended.out
    bench.demo.site.limit(0)
    again = bench.run("-n", "0", "--po-csv=pos.csv")
    assert again.code == 0, again.out
    bench.assert_files_are_true(NUMBERS[:2], again)
