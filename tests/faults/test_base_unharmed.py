"""Twenty runs with nobody on the base leave it byte for byte as it was; with gw0 on it, only gw0's browser writes."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.processes import browsers_on
from pytest_edgepool.testing import demo_numbers
from tests.faults.leasing import half_a_clone, lease_only, number_in, shut, standing
from tests.faults.staging import ORDER_PAGE, browsers_of, must, worker_above
from tests.profiles import snapshot
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

pytestmark = pytest.mark.skipif(
    not CHROMIUM or sys.platform == "win32", reason="no Chrome or Chromium here, or it cannot be stopped"
)

NUMBERS = [each for each in demo_numbers(14) if each not in ("PO15263404", "PO15263000")]
NOBODY = "--edgepool-base=nobody"
# When each of sixteen runs is killed: before that file of the template or clone is copied, with its clone in hand, or
# never ("").
KILLED_AT = (
    *("template-0", "", "template-1", "template-9", "", "clone-0", "clone-1", ""),
    *("clone-9", "leased", "", "template-4", "clone-4", "", "leased", ""),
)


def test_sixteen_runs_killed_at_any_file_leave_the_base_as_it_was(bench: Bench, begin: Starter) -> None:
    """Nothing that they leave looks like a clone or a template, and each next run removes it."""
    lease_only(bench)
    bench.sheet(["PO1"])
    before = snapshot(bench.base)
    for number, moment in enumerate(KILLED_AT):
        bench.extra["STAGE"] = moment
        with shut(bench, moment or "none"):
            process = begin("-n0", "--po-csv=pos.csv", f"--po-output=out-{number}", NOBODY)
            if moment:
                must(lambda at=moment: bool(standing(bench, at)), f"a run at {moment}")  # type: ignore[misc]
                assert number_in(standing(bench, moment)["run"]) == process.pid
                process.kill()
            ended = bench.finish(process)
        assert ended.code == (-signal.SIGKILL if moment else 0), ended.out
        assert snapshot(bench.base) == before, moment
        if moment:
            assert half_a_clone(bench) == {"t": [], "c": ["1.new"], "l": ["1"]}[moment[0]]
            manifests = list(bench.state.glob("templates/*/manifest.json"))
            assert len(manifests) == (0 if moment.startswith("template") else 1)
        else:
            bench.assert_nothing_left()


def test_four_runs_with_browsers_leave_the_base_as_it_was(bench: Bench, begin: Starter, hold: Hold) -> None:
    """One in peace; in the others browser, worker and whole run are killed while an order's page is open."""
    before = snapshot(bench.base)
    for victim in ("nothing", "browser", "worker", "run"):
        bench.sheet(NUMBERS[:2])
        hold.requests_for("" if victim == "nothing" else ORDER_PAGE)
        process = begin("-n1", "--po-csv=pos.csv", f"--po-output={victim}", NOBODY)
        if victim != "nothing":
            hold.held.clear()
            hold.wait_for(1)
            [browser] = browsers_of(bench)
            worker = worker_above(browser, process)
            below = [browser, worker, *worker.children(recursive=True)]
            {"browser": browser, "worker": worker, "run": psutil.Process(process.pid)}[victim].kill()
            hold.release()
        ended = bench.finish(process)
        if victim == "run":
            _, alive = psutil.wait_procs(below, timeout=60)
            assert not alive
        assert ended.code == (-signal.SIGKILL if victim == "run" else 0), ended.out
        assert snapshot(bench.base) == before, victim
    ended = bench.run("-n0", "--po-csv=pos.csv", "--po-output=run", NOBODY)
    assert ended.code == 0, ended.out
    assert snapshot(bench.base) == before


def test_only_the_browser_on_the_base_writes_into_it(bench: Bench, begin: Starter, hold: Hold) -> None:
    """With that browser standing still the other worker does its orders, and not a byte of the base changes."""
    bench.sheet(NUMBERS)
    hold.requests_for(ORDER_PAGE)
    process = begin("-n2", "--po-csv=pos.csv")
    hold.wait_for(2)
    [own] = [psutil.Process(each) for each in browsers_on(bench.base) if each in {b.pid for b in browsers_of(bench)}]
    standing_still = [own, *own.children(recursive=True)]
    for each in standing_still:
        each.suspend()
    before = snapshot(bench.base)
    hold.release()
    ledger = bench.folder / "downloads" / ".edgepool" / "ledger.jsonl"
    must(lambda: ledger.exists() and len(ledger.read_text().splitlines()) >= 3, "three orders of the other worker")
    after = snapshot(bench.base)
    for each in standing_still:
        each.resume()
    ended = bench.finish(process)

    assert after == before
    assert ended.code == 0, ended.out
    assert {each["kind"] for each in ended.workers().values()} == {"base", "clone"}
    told = f"{bench.state}/runs".encode()
    held = snapshot(bench.base)
    assert [name for name, content in held.items() if isinstance(content, bytes) and told in content] == []
    bench.assert_files_are_true(NUMBERS, ended)
