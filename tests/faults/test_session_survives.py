"""A browser that is killed loses the cookies of its last half minute; the one that replaces it gets them back first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo
from tests.faults.test_browser_dies import KILLS_BETWEEN
from tests.support import CHROMIUM, SESSION_KEY, a_bench

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


def test_new_browser_has_the_session_before_it_asks_the_site(tmp_path: Path) -> None:
    """Each page changes the cookie here, so what the killed browser's files hold was used already, and is refused."""
    options = DemoOptions(session="session", session_key=SESSION_KEY, rotate=True)
    with serve(options) as demo:
        sign_in_to_demo(demo.url, tmp_path / "signed-in", rotates=True)
        with a_bench(tmp_path, tmp_path / "signed-in", demo, EDGEPOOL_ROTATING_SESSION="yes") as bench:
            numbers = demo_numbers(40)[:3]
            bench.sheet(numbers)
            bench.write("conftest.py", KILLS_BETWEEN.format(number=numbers[0], role="browser"))
            ended = bench.run("-n0", "--po-csv=pos.csv")
            assert ended.code == 0, ended.out
            bench.assert_files_are_true(numbers, ended)
            (worker,) = ended.workers().values()
            assert worker["starts"] == 2
            assert worker["mended"] == [], "it asked the site before it had its session"
            names = [each["event"] for each in ended.events()]
            assert names.index("session.handed_over") > names.index("browser.given_up")
