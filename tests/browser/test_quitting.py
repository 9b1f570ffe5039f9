"""Ending a browser takes seconds and leaves nothing, whoever of browser, driver and supervisor is dead or hangs."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.browser.binaries import find
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline, wait_until
from pytest_edgepool.processes import ProcessRecord, end, is_ours_alive, tree_of
from pytest_edgepool.settings import Settings
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not CHROMIUM or os.name != "posix", reason="no Chrome or Chromium here, or no signals")

# Selenium's own way waits a minute for a process that stands still; ours must be far from that on any machine.
BOUND_SECONDS = 40.0


class Rented:
    """A browser, and all that runs for it."""

    def __init__(self, user_data_dir: Path) -> None:
        self.records: list[ProcessRecord] = []
        self.browser = RunningBrowser.start(
            Launch(browser=find(Settings()), user_data_dir=user_data_dir), self.records.append
        )
        self.tree = tree_of(self.browser.started.supervisor_pid, "supervisor", str(user_data_dir))

    def pids(self, role: str) -> list[int]:
        """The numbers of those in a role."""
        return [each.pid for each in self.tree if each.role == role]

    def send(self, number: signal.Signals, *roles: str) -> None:
        """Send a signal to all in these roles."""
        for role in roles:
            for pid in self.pids(role):
                os.kill(pid, number)

    def quit(self) -> str:
        """End it, within bounds, and see that nothing is left."""
        begun = SYSTEM_CLOCK.monotonic()
        how = self.browser.quit()
        assert SYSTEM_CLOCK.monotonic() - begun < BOUND_SECONDS
        gone = Deadline.after(60, "the end of everything")
        assert wait_until(lambda: not any(map(is_ours_alive, self.tree)), gone), self.left()
        return how

    def left(self) -> list[ProcessRecord]:
        """Return those that still run."""
        return [each for each in self.tree if is_ours_alive(each)]


@pytest.fixture
def rented(tmp_path: Path) -> Iterator[Rented]:
    """A browser that its test may do anything to."""
    made = Rented(tmp_path / "profile")
    try:
        yield made
    finally:
        end(made.tree, patience_seconds=0)


def test_healthy_browser_is_ended_in_order(rented: Rented) -> None:
    """It is asked, and everything goes."""
    assert rented.browser.trouble() == ""
    assert rented.quit() == "quit"


@pytest.mark.parametrize(
    ("number", "role", "how"),
    [
        (signal.SIGSTOP, "browser", "killed"),
        pytest.param(signal.SIGSTOP, "driver", "killed", marks=pytest.mark.thorough),
        (signal.SIGSTOP, "supervisor", "killed"),
        pytest.param(signal.SIGKILL, "driver", "killed", marks=pytest.mark.thorough),
        (signal.SIGKILL, "supervisor", "quit"),
    ],
)
def test_browser_with_a_dead_or_hanging_part_is_ended(
    rented: Rented, number: signal.Signals, role: str, how: str
) -> None:
    """Nobody waits for who does not answer; where only the supervisor is dead, the browser still ends in order."""
    victim = {
        "browser": rented.browser.started.browser_pid,
        "driver": rented.browser.started.drivers[-1].pid,
        "supervisor": rented.browser.started.supervisor_pid,
    }[role]
    os.kill(victim, number)
    if number == signal.SIGKILL:
        assert wait_until(lambda: rented.browser.trouble() != "", Deadline.after(60, "the death is seen"))
        assert rented.browser.trouble() == f"the {role} died"
    else:
        stopped = Deadline.after(60, "it stands still")
        assert wait_until(lambda: psutil.Process(victim).status() == psutil.STATUS_STOPPED, stopped)
    assert rented.quit() == how


def test_helper_that_stands_still_does_not_outlive_its_browser(rented: Rented) -> None:
    """Helpers end by themselves when their browser is gone, unless they are stopped: then they are ended."""
    rented.send(signal.SIGSTOP, "renderer")
    main = [rented.browser.started.supervisor_pid, *(each.pid for each in rented.browser.started.drivers)]
    for pid in (*main, rented.browser.started.browser_pid):
        os.kill(pid, signal.SIGKILL)
    assert rented.pids("renderer")
    assert rented.quit() == "killed"
