"""A run ends while the next order's page is open already: it is closed, and nobody works on that order."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers, expected_files
from tests.faults.staging import FILE, ORDER_PAGE, must, the_flag_is_up
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

GOOD = [each for each in demo_numbers(40) if expected_files(each)]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


def test_a_stopped_run_leaves_no_page_that_was_opened_ahead(bench: Bench, begin: Starter, hold: Hold) -> None:
    """SIGTERM while one is open: the order in hand is done, the next one is STOPPED, and nothing is left."""
    bench.sheet(GOOD[:3])
    hold.requests_for(FILE)
    process = begin("-n", "0", "--po-csv=pos.csv")
    hold.wait_for(1)
    following = ORDER_PAGE + GOOD[1].removeprefix("PO")
    must(lambda: following in {each.path for each in bench.demo.site.log}, "the next page is opened")
    process.send_signal(signal.SIGTERM)
    must(lambda: the_flag_is_up(bench), "the run is told to end")
    hold.release()
    ended = bench.finish(process)
    assert ended.statuses() == {GOOD[0]: "COMPLETED", GOOD[1]: "STOPPED", GOOD[2]: "STOPPED"}, ended.out
