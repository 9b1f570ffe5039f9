"""A job whose pages are opened ahead: asked for once, only for orders that are worked on, and closed at every end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, expected_files, serve
from tests.faults.staging import FILE, ORDER_PAGE
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = [each for each in demo_numbers(40) if expected_files(each)]
NUMBERS = GOOD[:7]
SKIPPED = NUMBERS[3]
MARKS = """
import pytest

def pytest_collection_modifyitems(items):
    for each in items:
        if each.name == "{skipped}":
            each.add_marker(pytest.mark.skip(reason="not today"))
"""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


ADDRESS_FAILS_EARLY = """
IN_HAND = []

def pytest_runtest_setup(item):
    IN_HAND[:] = [item.name]

def pytest_edgepool_order_url(order, base_url):
    if IN_HAND != [order.number]:
        raise KeyError("https://x.test/a?token=CANARY of " + order.number)
"""


@dataclass
class Job:
    """One run, and what the site was asked for, in order."""

    bench: Bench
    ended: Ended
    asked: list[str]

    def page_of(self, number: str) -> str:
        return ORDER_PAGE + number.removeprefix("PO")

    def files_asked_for(self, number: str) -> list[int]:
        """The places in the log of the order's files."""
        beginning = f"{FILE}type/{number.removeprefix('PO')}"
        return [place for place, path in enumerate(self.asked) if path.startswith(beginning)]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Job]:
    """Seven orders in one browser that is recycled after four; one is skipped by a mark."""
    options = DemoOptions(session="session", session_key=SESSION_KEY)
    place = tmp_path_factory.mktemp("ahead")
    with serve(options) as demo, a_bench(place, signed_in, demo, EDGEPOOL_RECYCLE_TABS="4") as bench:
        bench.sheet(NUMBERS)
        bench.write("conftest.py", MARKS.format(skipped=SKIPPED))
        before = len(demo.site.log)
        ended = bench.run("-n", "0", "--po-csv=pos.csv")
        yield Job(bench, ended, [each.path for each in demo.site.log[before:]])


def test_every_order_completes(job: Job) -> None:
    """Each file is the site's."""
    worked_on = [each for each in NUMBERS if each != SKIPPED]
    assert job.ended.code == 0, job.ended.out
    job.bench.assert_files_are_true(worked_on, job.ended)


def test_each_page_is_asked_for_once(job: Job) -> None:
    """Opened ahead or not, recycled in between or not."""
    pages = [path for path in job.asked if path.startswith(ORDER_PAGE)]
    assert sorted(pages) == sorted(job.page_of(each) for each in NUMBERS if each != SKIPPED), pages


def test_the_next_page_comes_before_the_files_are_there(job: Job) -> None:
    """An order's page is asked for before the order before it is done: at the latest when its last file is."""
    order, following = NUMBERS[0], NUMBERS[1]
    # Both go out at the same time; a page that was opened in its own turn would come much later.
    assert job.asked.index(job.page_of(following)) <= job.files_asked_for(order)[-1] + 1


def test_who_cannot_say_the_next_address_yet_costs_nothing_and_is_told_of(bench: Bench) -> None:
    """A hook fails while one looks ahead: the orders complete in their own turn, the log has each failure."""
    bench.sheet(NUMBERS[:3])
    bench.write("conftest.py", ADDRESS_FAILS_EARLY)
    ended = bench.run("-n", "0", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    bench.assert_files_are_true(NUMBERS[:3], ended)
    failed = [each["error"] for each in ended.events() if each["event"] == "order.look_ahead_failed"]
    assert len(failed) == 2
    assert "CANARY" not in "".join(failed)
    assert all(number in error for number, error in zip(NUMBERS[1:3], failed, strict=True))
