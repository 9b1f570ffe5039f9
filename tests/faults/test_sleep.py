"""The machine sleeps and wakes up, the clock is stepped, the network is away for a while: nothing is lost."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.browser.binaries import find
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.browser.tabs import trouble_with
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import NetworkTrouble
from pytest_edgepool.failures import Kind, failure_of
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import FILE, ORDER_PAGE, must
from tests.support import CHROMIUM

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

pytestmark = pytest.mark.skipif(not CHROMIUM or os.name != "posix", reason="no Chrome or Chromium here, or not POSIX")

NUMBERS = demo_numbers(40)[:2]
NAP_SECONDS = 3.0  # longer than a browser that is asked whether it lives may take
# What browsers say when a machine wakes up, until its network is there again.
AFTER_WAKING = (
    "ERR_NETWORK_CHANGED",
    "ERR_NETWORK_IO_SUSPENDED",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_NAME_NOT_RESOLVED",
    "ERR_CONNECTION_RESET",
    "ERR_TIMED_OUT",
)


def everyone_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """A run's controller and all below it, parents first: a stopped parent starts nothing more."""
    found = psutil.Process(process.pid)
    return [found, *found.children(recursive=True)]


def put_to_sleep(process: subprocess.Popen[str]) -> list[psutil.Process]:
    asleep: dict[int, psutil.Process] = {}
    while more := [each for each in everyone_of(process) if each.pid not in asleep]:
        for each in more:
            asleep[each.pid] = each
            with suppress(psutil.NoSuchProcess):
                each.suspend()
    return list(asleep.values())


def wake_up(asleep: list[psutil.Process]) -> None:
    for each in reversed(asleep):
        with suppress(psutil.NoSuchProcess):
            each.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    "where", [pytest.param(ORDER_PAGE, marks=pytest.mark.thorough), FILE], ids=["at the page", "at a file"]
)
def test_an_order_completes_when_all_sleep_under_it(bench: Bench, begin: Starter, hold: Hold, where: str) -> None:
    """Run, driver and browser stand still for seconds and go on: every file is there."""
    bench.sheet(NUMBERS)
    hold.requests_for(where)
    process = begin("-n", "1", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    asleep = put_to_sleep(process)
    wakes_at = SYSTEM_CLOCK.monotonic() + NAP_SECONDS
    must(lambda: SYSTEM_CLOCK.monotonic() >= wakes_at, "the nap is over")
    wake_up(asleep)
    hold.release()
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    bench.assert_files_are_true(NUMBERS, ended)
    assert {name: each["status"] for name, each in ended.junit().items()} == dict.fromkeys(NUMBERS, "COMPLETED")


def test_a_tab_that_lost_its_network_has_it_back(bench: Bench, tmp_path: Path) -> None:
    """Offline it fails as a network does, which is tried again; online the same tab works."""
    browser = RunningBrowser.start(Launch(browser=find(Settings()), user_data_dir=tmp_path / "profile"), lambda _: None)
    away = {"latency": 0, "download_throughput": -1, "upload_throughput": -1}
    try:
        with browser.tab() as tab:
            browser.driver.set_network_conditions(offline=True, **away)  # type: ignore[attr-defined]
            with pytest.raises(NetworkTrouble, match="ERR_INTERNET_DISCONNECTED"):
                tab.open(bench.demo.url)
            browser.driver.set_network_conditions(offline=False, **away)  # type: ignore[attr-defined]
            tab.open(bench.demo.url)
            assert "Sign in" in browser.driver.page_source
    finally:
        browser.quit()


@pytest.mark.parametrize("error", AFTER_WAKING)
def test_what_a_browser_says_after_waking_up_is_tried_again(error: str) -> None:
    """Each is the network's trouble: a pause, then the page or file again."""
    trouble = trouble_with("https://x.test/a", error)
    assert isinstance(trouble, NetworkTrouble)
    assert failure_of(trouble).kind is Kind.SITE
