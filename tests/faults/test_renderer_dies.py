"""A tab's renderer dies: a new tab does. The main window's dies: the browser is started anew. Nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.testing import demo_numbers
from tests.faults.renderers import kill, of_main_window, renderers_of
from tests.faults.staging import FILE, ORDER_PAGE, browsers_of
from tests.staged import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench, Ended

# A user's conftest that kills renderers when an order is finished and before the next begins.
KILLS_BETWEEN = """
import sys

import psutil

sys.path.insert(0, {root!r})
from tests.faults.renderers import kill, of_main_window, renderers_of

def is_browser(process):
    try:
        line = process.cmdline()
    except psutil.Error:
        return False
    return "--user-data-dir=" in " ".join(line) and "--type=" not in " ".join(line)

def pytest_edgepool_order_finished(order):
    if order.number == "{number}":
        browser = next(each for each in psutil.Process().children(recursive=True) if is_browser(each))
        kill({which})
"""
CRASHED = "the page of its main window crashed"


def kill_of_main_window(bench: Bench) -> None:
    """Kill what shows the main window of the bench's only browser."""
    (browser,) = browsers_of(bench)
    kill([of_main_window(browser)])


def kill_others(bench: Bench) -> None:
    """Kill what shows the tab, and whatever else is shown; the main window stays."""
    (browser,) = browsers_of(bench)
    others = renderers_of(browser) - {of_main_window(browser)}
    assert others
    kill(others)


def kill_all(bench: Bench) -> None:
    """Kill every renderer of the bench's only browser."""
    (browser,) = browsers_of(bench)
    kill(renderers_of(browser))


def told(ended: Ended, name: str) -> list[dict[str, Any]]:
    """The events of that name."""
    return [each for each in ended.events() if each["event"] == name]


@pytest.mark.parametrize(
    "where", [ORDER_PAGE, pytest.param(FILE, marks=pytest.mark.thorough)], ids=["at the page", "at a file"]
)
def test_order_completes_in_a_new_tab_of_the_same_browser(bench: Bench, begin: Starter, hold: Hold, where: str) -> None:
    """A tab whose page crashed costs at most one try, and no browser: the same process serves the next order too."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    hold.requests_for(where)
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    kill_others(bench)
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert int(ended.junit()[numbers[0]]["attempts"]) <= 2
    assert len(told(ended, "browser.started")) == 1
    assert told(ended, "browser.given_up") == []


@pytest.mark.parametrize("kills", [kill_of_main_window, kill_all], ids=["the main window's", "all"])
def test_browser_is_started_anew_when_its_main_window_crashed_under_an_order(
    bench: Bench, begin: Starter, hold: Hold, kills: Callable[[Bench], None]
) -> None:
    """It is ended in order, so that its cookies are written; the next one is proved and serves the rest."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    hold.requests_for(ORDER_PAGE)
    process = begin("-n", "0", "--po-csv=pos.csv")
    hold.wait_for(1)
    kills(bench)
    hold.release()
    ended = bench.finish(process)

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert [each["reason"] for each in told(ended, "browser.given_up")] == [CRASHED]
    assert [each["how"] for each in told(ended, "browser.ended")] == ["quit", "quit"]
    assert [each["outcome"] for each in told(ended, "profile.verified")] == ["SUCCESS"] * 2
    assert told(ended, "profile.mended") == []


@pytest.mark.parametrize(
    "which", ["[of_main_window(browser)]", "renderers_of(browser)"], ids=["the main window's", "all"]
)
def test_crash_while_nobody_looks_is_noticed_before_the_next_order(bench: Bench, which: str) -> None:
    """The next order has a browser that works, at its first try."""
    numbers = demo_numbers(40)[:3]
    bench.sheet(numbers)
    bench.write("conftest.py", KILLS_BETWEEN.format(root=str(ROOT), number=numbers[0], which=which))
    ended = bench.run("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")

    assert ended.code == 0, ended.out
    bench.assert_files_are_true(numbers, ended)
    assert {each["attempts"] for each in ended.junit().values()} == {"1"}
    assert [each["reason"] for each in told(ended, "browser.given_up")] == [CRASHED]
    assert ended.workers()["master"]["starts"] == 2
