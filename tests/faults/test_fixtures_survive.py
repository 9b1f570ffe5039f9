"""A suite of somebody's own whose browser dies: the test that saw it fails, once; the next has a healthy browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import CHROMIUM, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import RunningDemo

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

HEARTBEAT_SECONDS = 4
PAGE = "data:text/html,<title>mine</title>"

SUITE = f"""
import os, signal
import psutil

def browser():
    for each in psutil.Process().children(recursive=True):
        line = " ".join(each.cmdline())
        if "--user-data-dir=" in line and "--type=" not in line:
            return each

def works(tab):
    tab.get({PAGE!r})
    assert tab.title == "mine"

def test_whose_browser_is_killed(edge_tab):
    works(edge_tab)
    browser().kill()
    works(edge_tab)

def test_after_the_killed(edge_tab):
    works(edge_tab)

def test_whose_browser_is_stopped(edge_tab):
    browser().send_signal(signal.SIGSTOP)
    works(edge_tab)

def test_after_the_stopped(edge_tab):
    works(edge_tab)
    browser().kill()  # when it is done: nobody needs it any more

def test_after_one_that_left_a_dead_browser(edge_tab):
    works(edge_tab)
"""


@pytest.fixture
def suite(tmp_path: Path, demo: RunningDemo) -> Iterator[Bench]:
    """A folder of somebody who never signed in anywhere."""
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "st").mkdir()
    made = Bench(folder, tmp_path / "st", demo, {"EDGEPOOL_HEARTBEAT": str(HEARTBEAT_SECONDS)})
    yield made
    made.assert_nothing_left()


def test_death_of_a_browser_costs_the_test_that_saw_it_and_no_other(suite: Bench) -> None:
    """It is reported once, with the reason; closing the tab of a dead browser is no second error."""
    suite.write("test_own.py", SUITE)
    ended = suite.run("-n0", "test_own.py")
    assert ended.code == 1
    assert "2 failed, 3 passed" in ended.out, ended.out
    assert "FAILED test_own.py::test_whose_browser_is_killed" in ended.out
    assert "FAILED test_own.py::test_whose_browser_is_stopped" in ended.out
    assert f"BrowserTrouble: the browser did not answer for {HEARTBEAT_SECONDS} s" in ended.out
    assert "urllib3.exceptions" not in ended.out
