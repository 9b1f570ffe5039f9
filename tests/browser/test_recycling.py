"""A browser that is started anew between two items is on the same profile, signed in, without its old tabs."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

NUMBERS = [each for each in demo_numbers(12) if each not in ("PO15263404", "PO15263000")]
# Any memory at all is too much, and a browser may be recycled after its first tab.
SHORT = {"EDGEPOOL_MEMORY_LIMIT": "0.0001", "EDGEPOOL_RECYCLE_LEAST_TABS": "1", "EDGEPOOL_PACE_WAIT": "0"}

# Says how many windows a browser has after each start, and who heard the news.
WINDOWS = """
import json
import pathlib

import pytest

HEARD = []


def pytest_edgepool_browser_recycled(config, event):
    HEARD.append(event.because)


@pytest.fixture(autouse=True)
def windows(edge_browser, edge_pool):
    yield
    told = pathlib.Path(f"windows-{edge_pool.worker}.json")
    earlier = json.loads(told.read_text())["windows"] if told.exists() else []
    seen = [*earlier, len(edge_browser.driver.window_handles)]
    told.write_text(json.dumps({"windows": seen, "heard": HEARD}))
"""


def recycled(ended: Ended) -> list[dict[str, Any]]:
    return [each for each in ended.events() if each["event"] == "browser.recycled"]


def windows_of(bench: Bench) -> dict[str, dict[str, Any]]:
    return {each.stem: json.loads(each.read_text()) for each in bench.folder.glob("windows-*.json")}


def spans_of(news: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """From when to when each recycling took, by the log's time."""
    ends = [(datetime.fromisoformat(each["timestamp"]), timedelta(seconds=each["seconds"])) for each in news]
    return sorted((end - took, end) for end, took in ends)


def test_short_memory_recycles_one_browser_at_a_time(bench: Bench) -> None:
    """Two workers, a session-only cookie: both recycle, never at once; nobody is signed out, no old tab comes back."""
    bench.sheet(NUMBERS)
    bench.write("conftest.py", WINDOWS)
    bench.extra = SHORT
    ended = bench.run("-n2", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    news = recycled(ended)
    assert news, ended.out
    assert {each["because"] for each in news} == {"memory"}
    spans = spans_of(news)
    slack = timedelta(milliseconds=5)  # of the log's rounding
    assert all(first[1] <= second[0] + slack for first, second in pairwise(spans)), spans
    workers = ended.workers()
    assert sum(each["recycles"] for each in workers.values()) == len(news)
    assert all(each["starts"] == 1 + each["recycles"] for each in workers.values())
    assert not any(each["mended"] for each in workers.values()), "a sign-in was lost"
    told = windows_of(bench)
    assert {count for each in told.values() for count in each["windows"]} == {1}
    assert sum(len(each["heard"]) for each in told.values()) == len(news)
    bench.assert_files_are_true(NUMBERS, ended)
    assert sorted(each["number"] for each in ended.ledger()) == sorted(NUMBERS)
    spent = ended.report()["run"]["resources"]
    assert spent["recycles"] == len(news)
    assert spent["peak_bytes"] >= max(spent["peak_bytes_by_worker"].values()) > 0
    assert spent["cpu_seconds"] > 0
    assert "MB at once, " in ended.out
    assert json.loads((bench.state / "measured.json").read_text()) == [max(spent["peak_bytes_by_worker"].values())]


def test_orders_wait_for_the_processor_and_go_on(bench: Bench) -> None:
    """With a limit that any load is above, one worker goes on while the other waits, and all is done in the end."""
    bench.sheet(NUMBERS[:6])
    bench.extra = {"EDGEPOOL_PROCESSOR_LIMIT": "0.000001", "EDGEPOOL_PACE_WAIT": "300"}
    ended = bench.run("-n2", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    waits = [each for each in ended.events() if each["event"] == "worker.waited"]
    assert waits, "they never met"
    assert {(each["because"], each["in_vain"]) for each in waits} == {("processor", False)}
    assert "because memory or processor were short" in ended.out
    bench.assert_files_are_true(NUMBERS[:6], ended)


def test_recycling_in_vain_becomes_rare_and_is_told_once(bench: Bench) -> None:
    """Where no browser is large, each recycling that gave nothing back doubles the tabs until the next one."""
    bench.sheet(NUMBERS)
    bench.extra = SHORT
    ended = bench.run("-n0", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    tabs = [each["tabs"] for each in recycled(ended)]
    assert tabs == [1, 2, 4]
    assert [each["event"] for each in ended.events()].count("memory.short") == 1
    assert "start fewer workers" in ended.out


def test_so_many_tabs_are_enough(bench: Bench, tmp_path: Path) -> None:
    """With `edgepool_recycle_tabs = 3` each browser has three, then a new one comes; not after the last order.

    On a base of the user's own, into which no session is put: its files alone keep it signed in.
    """
    own = tmp_path / "own"
    shutil.copytree(bench.base, own, symlinks=True)
    bench.sheet(NUMBERS[:6])
    bench.extra = {"EDGEPOOL_RECYCLE_TABS": "3"}
    ended = bench.run("-n0", "--po-csv=pos.csv", f"--edgepool-profile={own}", f"--po-url={bench.demo.url}")
    assert ended.code == 0, ended.out
    assert not [each for each in ended.events() if each["event"] == "session.handed_over"]
    assert [(each["because"], each["tabs"]) for each in recycled(ended)] == [("tabs", 3)]
    [worker] = ended.workers().values()
    assert (worker["recycles"], worker["starts"], worker["tabs"]) == (1, 2, 6)


def test_a_session_that_changes_with_each_use_survives(tmp_path: Path) -> None:
    """Two workers in turns, each recycled: the freshest session goes on, whoever had it."""
    with serve(DemoOptions(session="session", session_key=SESSION_KEY, rotate=True)) as demo:
        sign_in_to_demo(demo.url, tmp_path / "signed-in", rotates=True)
        extra = {"EDGEPOOL_ROTATING_SESSION": "yes", "EDGEPOOL_RECYCLE_TABS": "2"}
        with a_bench(tmp_path, tmp_path / "signed-in", demo, **extra) as bench:
            bench.sheet(NUMBERS[:5])
            ended = bench.run("-n2", "--po-csv=pos.csv")
            assert ended.code == 0, ended.out
            assert recycled(ended), ended.out
            assert not any(each["mended"] for each in ended.workers().values()), ended.out
            bench.assert_files_are_true(NUMBERS[:5], ended)


SIGNED_IN = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_own(edge_tab, edge_browser, edge_pool, number):
    edge_tab.get("{url}/order_headers")
    assert "/sessions/new" not in edge_tab.current_url
    assert len(edge_tab.window_handles) == 2
    [mine] = edge_pool.status().slots
    assert mine.recycles == number


def test_by_hand(edge_browser, edge_pool):
    with edge_browser.tab() as tab:
        tab.open("{url}/order_headers")
    before = edge_browser.capabilities["goog:processID"]
    edge_browser.recycle()
    assert edge_browser.capabilities["goog:processID"] != before
    assert len(edge_browser.driver.window_handles) == 1
    with edge_browser.tab() as tab:
        tab.open("{url}/order_headers")
        assert "/sessions/new" not in tab.driver.current_url
    [mine] = edge_pool.status().slots
    assert (mine.recycles, mine.state) == (3, "ready")
    assert mine.memory_now > 0
"""


@pytest.mark.parametrize("portal", [pytest.param("none", marks=pytest.mark.thorough), "coupa"])
def test_a_suite_s_browser_is_recycled_between_its_tests(bench: Bench, portal: str) -> None:
    """Before a test takes its tab, and when it is asked for: a cookie that lives in memory only stays, site or none."""
    bench.write("test_own.py", SIGNED_IN.format(url=bench.demo.url))
    bench.extra = {"EDGEPOOL_RECYCLE_TABS": "1"}
    ended = bench.run("-n0", "test_own.py", f"--po-portal={portal}", f"--po-url={bench.demo.url}")
    assert ended.code == 0, ended.out


def test_a_tab_that_is_open_keeps_its_browser(bench: Bench) -> None:
    """A test that fetches an order while it has a tab of its own open does not lose that tab."""
    bench.sheet(NUMBERS[:2])
    bench.write(
        "test_own.py",
        """
def test_both(purchase_order, po_download, edge_tab):
    edge_tab.get("data:text/html,<title>mine</title>")
    mine = edge_tab.current_window_handle
    assert mine in edge_tab.window_handles
    po_download(purchase_order)
    edge_tab.execute_script("return 1")
""",
    )
    bench.extra = {"EDGEPOOL_RECYCLE_TABS": "1"}
    ended = bench.run("-n0", "test_own.py", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
