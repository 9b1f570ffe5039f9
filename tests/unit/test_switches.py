"""What a browser is told at its start, by what is known of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.browser.switches import BARE_SWITCH

CHROMIUM = Browser(
    brand="chromium", channel="stable", binary="chromium", driver="chromedriver", version="156.0", driver_version=""
)


def switches(**given: Any) -> tuple[str, ...]:
    return Launch(browser=CHROMIUM, user_data_dir=Path("udd"), **given).switches()


def test_a_window_that_nobody_sees_is_bare_where_that_is_asked_for() -> None:
    """And not otherwise: a suite of one's own gets the usual one, as do macOS and whoever looks on."""
    assert (BARE_SWITCH in switches(bare=True)) == (sys.platform != "darwin")
    assert BARE_SWITCH not in switches()
    assert BARE_SWITCH not in switches(bare=True, headed=True)


@pytest.mark.parametrize(
    "argument", ["--window-size=1920,1080", "--start-maximized", "--kiosk", "--app=https://x.test"]
)
def test_who_has_a_window_in_mind_gets_it(argument: str) -> None:
    """Their switch stands, and nothing against it."""
    told = switches(bare=True, arguments=("--lang=de", argument))
    assert argument in told
    assert BARE_SWITCH not in told


def test_other_switches_of_the_user_change_nothing_about_it() -> None:
    """Only those that speak of windows do."""
    told = switches(bare=True, arguments=("--lang=de", "--proxy-server=x.test:80"))
    assert (BARE_SWITCH in told) == (sys.platform != "darwin")
