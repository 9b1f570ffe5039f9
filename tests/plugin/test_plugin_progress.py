"""Progress of real runs: on a terminal of their own, into a pipe, with `-v` and `-q`; nobody's lines are spoilt."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.screen import Screen
from tests.support import PLAIN
from tests.terminals import COLUMNS, NOT_A_TERMINALS, ROWS, run_on_terminal

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

NUMBERS = [f"PO{place:03}" for place in range(40)]


def on_terminal(shop: Shop, *args: str, **extra: str) -> str:
    """Run pytest on a terminal; return all that it wrote there."""
    command = [sys.executable, "-m", "pytest", *PLAIN, "--po-csv=pos.csv", *args]
    environment = {name: value for name, value in os.environ.items() if name not in NOT_A_TERMINALS}
    environment |= {"EDGEPOOL_STATE_DIR": str(shop.state), **extra}
    code, text = run_on_terminal(command, shop.folder, environment)
    assert code == 0, text
    return text


def shown(text: str) -> list[str]:
    screen = Screen(COLUMNS, ROWS)
    screen.feed(text)
    return screen.shown()


posix = pytest.mark.skipif(sys.platform == "win32", reason="terminals are those of POSIX")


@posix
@pytest.mark.parametrize("args", [("-n0",), ("-n0", "-v"), ("-n2", "-v")], ids=" ".join)
def test_on_a_terminal_it_stays_below_and_leaves_nothing(shop: Shop, args: tuple[str, ...]) -> None:
    """While POs run a bar and figures are there; in the end the screen holds what pytest wrote, whole, and no more."""
    shop.sheet(*NUMBERS)
    text = on_terminal(shop, *args)
    lines = shown(text)
    assert "of 40 POs" in text
    assert "━" in text
    assert not [line for line in lines if "of 40 POs" in line or "━" in line]
    assert any("40 passed in" in line for line in lines)
    if "-v" in args:
        passed = [line for line in lines if "PASSED" in line]
        assert len(passed) == 40
        assert all(any(f"pos.csv::{number}" in line.split() for line in passed) for number in NUMBERS)
    else:
        assert (
            sum(line.partition("[")[0].count(".") - line.count(".csv") for line in lines if line.startswith("pos.csv "))
            == 40
        )


@posix
@pytest.mark.parametrize("asked", ["-s", "CI", "none"])
def test_where_others_write_to_the_terminal_it_does_not(shop: Shop, asked: str) -> None:
    """With `-s` tests write past pytest; a CI's terminal is a log; and who wants none has none."""
    shop.sheet(*NUMBERS)
    extra = {"CI": {"CI": "true"}, "none": {"EDGEPOOL_PROGRESS": "none"}}.get(asked, {})
    text = on_terminal(shop, "-n0", *(["-s"] if asked == "-s" else []), **extra)
    assert "of 40 POs" not in text
    assert "━" not in text


RICH_FAILS = """
def pytest_configure():
    from rich.table import Table

    def grid(**_):
        raise ValueError("no grid today")

    Table.grid = grid
"""


@posix
def test_lines_that_cannot_be_drawn_to_the_end_are_told_of(shop: Shop) -> None:
    """The run goes on without them, the screen is clean, and the end says why there were none."""
    shop.write("conftest.py", (shop.folder / "conftest.py").read_text(encoding="utf-8") + RICH_FAILS)
    shop.sheet(*NUMBERS)
    lines = shown(on_terminal(shop, "-n0"))
    assert "edgepool: the progress was not shown to its end (no grid today)" in lines
    assert any("40 passed in" in line for line in lines)
    assert not [line for line in lines if "of 40 POs" in line or "━" in line]


@posix
@pytest.mark.parametrize("blocked", ["no:debugging", "no:capture"])
def test_a_suite_without_debugger_or_capture_runs_as_ever(shop: Shop, blocked: str) -> None:
    """Their options are gone with them; without capture tests write past pytest."""
    shop.sheet(*NUMBERS[:3])
    text = on_terminal(shop, "-n0", "-p", blocked)
    assert "3 passed" in text
    assert ("━" in text) == (blocked == "no:debugging")


@pytest.mark.parametrize("args", [("-n0",), ("-n0", "-v"), ("-n2", "-rA"), ("-n2", "-q")], ids=" ".join)
def test_into_a_pipe_there_are_plain_lines_between_whole_lines(shop: Shop, args: tuple[str, ...]) -> None:
    """Each tenth a line of its own; no control sequence; each line of pytest's is as it would be."""
    shop.write("pytest.ini", "[pytest]\nedgepool_progress = plain\n")
    shop.sheet(*NUMBERS, "PO-FAIL")
    ran = shop.run("--po-csv=pos.csv", *args)
    told = [line for line in ran.lines if " of 41 POs" in line]
    assert 5 <= len(told) <= 10
    assert all(line.startswith("edgepool: ") for line in told)
    assert "\x1b" not in ran.out
    assert ran.outcomes == {"passed": 40, "failed": 1}
    if "-v" in args:
        assert len([line for line in ran.lines if "PASSED" in line and "pos.csv::PO" in line]) == 40


def test_by_itself_a_short_run_in_a_log_tells_nothing(shop: Shop) -> None:
    """Lines come when there is something to wait for."""
    shop.sheet(*NUMBERS)
    assert " of 40 POs" not in shop.run("--po-csv=pos.csv", "-n0").out


def test_a_suite_without_orders_has_none(shop: Shop) -> None:
    """Also when it is asked for."""
    shop.write("pytest.ini", "[pytest]\nedgepool_progress = plain\n")
    shop.write(
        "test_it.py",
        "def test_it(pytestconfig):\n    assert not pytestconfig.pluginmanager.has_plugin('edgepool-progress')\n",
    )
    ran = shop.run()
    assert ran.outcomes == {"passed": 1}
    assert "POs" not in ran.out


def test_what_cannot_be_drawn_is_refused_before_anything_begins(shop: Shop) -> None:
    """`live` without rich is one sentence; nothing is left in the state folder."""
    shop.write("rich.py", "raise ImportError\n")
    shop.write("pytest.ini", "[pytest]\nedgepool_progress = live\npythonpath = .\n")
    shop.sheet("PO1")
    ran = shop.run("--po-csv=pos.csv", "-n0")
    assert "edgepool_progress=live: rich, which draws it, is not installed" in ran.sentence
    assert not list(shop.state.glob("runs/*"))
