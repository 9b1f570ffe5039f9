"""Signals and suites that only use the fixtures; and what a run leaves of its handlers, however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers
from tests.faults.staging import FILE, browsers_of, must, send, the_flag_is_up

if TYPE_CHECKING:
    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

INTERRUPTED = 2
HOME = "/user/home"

TAB_SUITE = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_home(edge_tab, number):
    edge_tab.get("{url}/user/home")
"""

# What a program sees that runs pytest in its own process.
IN_PROCESS = """
import signal, sys, threading, pytest

def of_the_program(number, frame):
    raise SystemExit(99)

names = ("SIGINT", "SIGTERM", "SIGUSR1")
for name in names:
    signal.signal(getattr(signal, name), of_the_program)
code = pytest.main(sys.argv[1:])
kept = [name for name in names if signal.getsignal(getattr(signal, name)) is of_the_program]
threads = [each.name for each in threading.enumerate() if each.name.startswith("edgepool")]
print("after the run:", int(code), kept, threads)
"""


@pytest.mark.parametrize("workers", [pytest.param(0, marks=pytest.mark.thorough), 2])
def test_ctrl_c_in_a_suite_of_fixtures_leaves_nothing(bench: Bench, begin: Starter, hold: Hold, workers: int) -> None:
    """Tests that hang in their tabs are given up, browsers are quit, and the last process out removes the run."""
    bench.write("test_tabs.py", TAB_SUITE.format(url=bench.demo.url))
    hold.requests_for(HOME)
    process = begin("-n", str(workers), "test_tabs.py", "--edgepool-grace=1")
    hold.wait_for(workers or 1)
    send(process, signal.SIGINT, to_group=True)
    ended = bench.finish(process)

    assert ended.code == INTERRUPTED, ended.out
    bench.assert_nothing_left()


def test_test_that_finishes_within_the_grace_passes(bench: Bench, begin: Starter, hold: Hold) -> None:
    """In one process the test in hand ends as it would have ended, and the next ones are not begun."""
    bench.write("test_tabs.py", TAB_SUITE.format(url=bench.demo.url))
    hold.requests_for(HOME)
    process = begin("-n", "0", "test_tabs.py")
    hold.wait_for(1)
    send(process, signal.SIGINT, to_group=True)
    must(lambda: the_flag_is_up(bench), "the stop flag")
    hold.release()
    ended = bench.finish(process)

    assert ended.code == INTERRUPTED, ended.out
    assert "1 passed" in ended.out
    assert "failed" not in ended.out
    assert len([each for each in bench.demo.site.log if each.path == HOME]) == 1


def test_ctrl_c_reaches_a_run_that_a_shell_put_in_the_background(bench: Bench, begin: Starter, hold: Hold) -> None:
    """`cmd &` in a script is born with SIGINT ignored; a SIGINT that is sent to it ends the run all the same."""
    numbers = demo_numbers(40)[:2]
    bench.sheet(numbers)
    hold.requests_for(FILE)
    process = begin("-n", "0", "--po-csv=pos.csv", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    hold.wait_for(1)
    send(process, signal.SIGINT, to_group=False)
    must(lambda: the_flag_is_up(bench), "the stop flag")
    hold.release()
    ended = bench.finish(process)

    assert ended.code == INTERRUPTED, ended.out
    assert ended.statuses() == {numbers[0]: "COMPLETED", numbers[1]: "STOPPED"}


@pytest.mark.parametrize("workers", [pytest.param("0", marks=pytest.mark.thorough), "2"])
def test_handlers_and_threads_are_as_before_when_a_run_has_ended(bench: Bench, workers: str) -> None:
    """A program that runs pytest in its own process gets its own handlers back, and no thread of ours stays."""
    bench.sheet(demo_numbers(40)[:2])
    script = bench.write("program.py", IN_PROCESS)
    ran = subprocess.run(
        [sys.executable, script, "-p", "no:cacheprovider", "-p", "no:randomly", "-n", workers, "--po-csv=pos.csv"],
        cwd=bench.folder,
        env=bench.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "after the run: 0 ['SIGINT', 'SIGTERM', 'SIGUSR1'] []" in ran.stdout, ran.stdout + ran.stderr


def test_handlers_are_as_before_when_a_signal_has_ended_the_run(bench: Bench, begin: Starter, hold: Hold) -> None:
    """The same after a run that was ended by a signal: the next one reaches the program again."""
    bench.sheet(demo_numbers(40)[:2])
    script = bench.write("program.py", IN_PROCESS)
    hold.requests_for(FILE)
    plain = ["-p", "no:cacheprovider", "-p", "no:randomly", "-n", "0", "--po-csv=pos.csv", "--edgepool-grace=1"]
    process = begin(args=[sys.executable, str(script), *plain])
    hold.wait_for(1)
    send(process, signal.SIGTERM, to_group=True)
    ended = bench.finish(process)

    assert "after the run: 2 ['SIGINT', 'SIGTERM', 'SIGUSR1'] []" in ended.out, ended.out
    assert not browsers_of(bench)
