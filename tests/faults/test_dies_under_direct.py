"""A worker or a browser that dies while files come by direct HTTP: each outcome once, files whole, nothing left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import FILE, are_gone, browsers_of, must, worker_above

if TYPE_CHECKING:
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench


@pytest.mark.parametrize("victim", ["worker", "browser"])
def test_what_dies_under_a_direct_transfer_is_replaced(
    bench: Bench, begin: Starter, hold: Hold, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    """The order that was in hand is fetched again, or to its end, and no half file is left anywhere."""
    monkeypatch.setenv("EDGEPOOL_PO_TRANSFER", "direct")
    numbers = demo_numbers(40)[:3]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin("-n", "2", "-o", "po_transfers=1", "--po-csv=pos.csv", "--junitxml=report.xml")  # one request each
    hold.wait_for(2)
    browser = browsers_of(bench)[0]
    killed = worker_above(psutil.Process(browser.pid), process) if victim == "worker" else browser
    below = killed.children(recursive=True)
    killed.kill()
    must(lambda: are_gone([killed, *below]), f"the end of the {victim} and of all below it")
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 0, ended.out
    assert Counter(str(line["number"]) for line in ended.ledger()) == Counter(numbers)
    assert ended.statuses() == dict.fromkeys(numbers, "COMPLETED")
    bench.assert_files_are_true(numbers, ended)
    assert not [each for each in bench.folder.rglob("direct-*") if each.is_file()]
    histories = [told["history"] for told in ended.junit().values() if "history" in told]
    assert len(histories) == (victim == "worker")
