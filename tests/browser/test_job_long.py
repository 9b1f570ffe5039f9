"""A hundred and twenty orders on four long-lived browsers: nothing lost, nothing left, no memory lost on the way."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, serve
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT, WORKERS = 120, 4
NUMBERS = demo_numbers(COUNT)
WARM_AFTER = 15  # tabs: until then caches fill and the browser starts its spare processes
GROWTH_ALLOWED = 1.10

# Weighs this worker's browser after each second order. Private bytes: what a browser shares with others (the measure
# that the package prints counts its part of that) changes when somebody else's browser starts or ends.
WEIGHING = """
import contextlib
import json
import pathlib

import psutil
import pytest

SEEN = []


def private_bytes(pid):
    browser, used = psutil.Process(pid), 0
    for each in [browser, *browser.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            used += each.memory_full_info().uss
    return used


@pytest.fixture(autouse=True)
def weighed(edge_browser, edge_pool):
    yield
    SEEN.append(0)
    if len(SEEN) % 2 == 0:
        SEEN[-1] = private_bytes(edge_browser.capabilities["goog:processID"])
        kept = [(place, used) for place, used in enumerate(SEEN) if used]
        pathlib.Path(f"weights-{edge_pool.worker}.json").write_text(json.dumps(kept))
"""

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here"),
    pytest.mark.skipif(sys.platform != "linux", reason="memory is weighed by /proc"),
]


@dataclass
class Long:
    """The long run, done once for the tests of this file."""

    bench: Bench
    ended: Ended

    def weights(self) -> dict[str, list[int]]:
        """What each worker's browser used once it was warm, in the order of its tabs, in bytes."""
        kept = {each.stem: json.loads(each.read_bytes()) for each in self.bench.folder.glob("weights-*.json")}
        return {name: [used for place, used in seen if place >= WARM_AFTER] for name, seen in kept.items()}


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Long]:
    options = DemoOptions(session="session", session_key=SESSION_KEY)
    with serve(options) as demo, a_bench(tmp_path_factory.mktemp("long"), signed_in, demo) as bench:
        bench.sheet(NUMBERS)
        bench.write("conftest.py", WEIGHING)
        yield Long(bench, bench.run("-n4", "--po-csv=pos.csv", "--junitxml=report.xml"))


def test_many_orders_on_four_browsers(long: Long) -> None:
    """Nothing is lost, nothing is left, and no browser grows: each worker's is the one it began with.

    One test, because the run is long and must not be done twice where tests are spread over workers.
    """
    statuses = long.ended.statuses()
    assert Counter(statuses.values()) == {"COMPLETED": COUNT - 2, "NO_ATTACHMENTS": 1, "PO_NOT_FOUND": 1}
    long.bench.assert_files_are_true(NUMBERS, long.ended)
    assert sorted(each["number"] for each in long.ended.ledger()) == sorted(NUMBERS) == sorted(long.ended.junit())
    assert [each["starts"] for each in long.ended.workers().values()] == [1] * WORKERS
    long.bench.assert_nothing_left()
    grown = {name: growth(used) for name, used in long.weights().items()}
    assert len(grown) == WORKERS
    assert all(each <= GROWTH_ALLOWED for each in grown.values()), (grown, long.weights())


def growth(used: list[int]) -> float:
    """Return by which factor the later half is above the earlier one; medians, because single looks meet a page."""
    half = len(used) // 2
    assert half >= 3, used
    return median(used[half:]) / median(used[:half])
