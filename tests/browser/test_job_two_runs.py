"""One base, wanted twice: by two runs at the same time, or by a run and the user's own browser."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.profiles.base import Base, BaseStatus, status_of
from pytest_edgepool.profiles.soundness import wrong_with_files
from pytest_edgepool.testing import demo_numbers, expected_files
from tests.faults.staging import FILE, ORDER_PAGE, Hold
from tests.support import CHROMIUM, NAMED_BROWSERS, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 120
NUMBERS = [each for each in demo_numbers(12) if expected_files(each)]
WATCHED = ("DevToolsActivePort", "Local State", "Default/Preferences", "Default/Secure Preferences")

pytestmark = pytest.mark.skipif(
    not CHROMIUM or os.name != "posix", reason="no Chrome or Chromium here, or it cannot be stopped"
)


def soon(what: str) -> Deadline:
    """A patience far beyond what any machine needs."""
    return Deadline.after(PATIENCE_SECONDS, what)


@contextmanager
def everyday_browser(user_data_dir: Path) -> Iterator[int]:
    """The user's own browser, open on that folder and standing still, so that only others can change its files.

    It has a session of its own, so that nothing of it is left when it is ended by force.
    """
    command = [
        CHROMIUM,
        "--headless=new",
        "--restore-last-session",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-gpu",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        f"--user-data-dir={user_data_dir}",
        "about:blank",
    ]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **quiet) as process:  # type: ignore[call-overload]
        try:
            lock = user_data_dir / "SingletonLock"
            assert wait_until(lambda: os.path.lexists(lock), soon("the user's browser"))
            os.kill(process.pid, signal.SIGSTOP)
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def watched(user_data_dir: Path) -> dict[str, bytes | str | None]:
    """The files that a driver would change when it tried to open the folder."""
    kept: dict[str, bytes | str | None] = {
        name: (user_data_dir / name).read_bytes() if (user_data_dir / name).is_file() else None for name in WATCHED
    }
    lock = user_data_dir / "SingletonLock"
    return {**kept, "SingletonLock": str(lock.readlink()) if os.path.lexists(lock) else None}


def test_two_runs_share_one_base_without_harm(bench: Bench) -> None:
    """One run has the base, the other works on clones and says so; both fetch everything, and the base is as before."""
    bench.sheet(NUMBERS)
    bench.write("conftest.py", NAMED_BROWSERS)
    hold = Hold(bench.demo.site)
    hold.requests_for(ORDER_PAGE)
    try:
        first = bench.begin("-n2", "--po-csv=pos.csv", "--po-output=first")
        hold.wait_for(2)
        assert any("/base/" in each.user_agent for each in bench.demo.site.log)
        begun = bench.begin("-n2", "--po-csv=pos.csv", "--po-output=second")
        hold.wait_for(4)
    finally:
        hold.release()
    second, one = bench.finish(begun), bench.finish(first)
    assert (one.code, second.code) == (0, 0), one.out + second.out
    for output, ended in (("first", one), ("second", second)):
        assert {n: bench.files_of(n, ended, output) for n in NUMBERS} == {n: expected_files(n) for n in NUMBERS}
    assert [each["kind"] for each in one.workers("first").values()] == ["base", "clone"]
    assert [each["kind"] for each in second.workers("second").values()] == ["clone", "clone"]
    assert "the base is held by another run" in second.out
    assert "the base is held" not in one.out
    base = Base(user_data_dir=bench.base, profile_directory="Default", managed=True)
    assert status_of(base) is BaseStatus.AVAILABLE
    assert wrong_with_files(base.user_data_dir, "Default") == ""


def test_two_runs_into_one_folder_share_the_work(bench: Bench) -> None:
    """Two runs at once with the same sheet and output: each PO is fetched once, and what the other has is skipped."""
    bench.sheet(NUMBERS)
    hold = Hold(bench.demo.site)
    hold.requests_for(ORDER_PAGE)
    command = ("-n2", "--po-csv=pos.csv", "-rs", "-vv")
    try:
        first = bench.begin(*command, "--junitxml=first.xml")
        hold.wait_for(2)
        second = bench.begin(*command, "--junitxml=second.xml")
        assert len(set(hold.wait_for(4))) == 4
    finally:
        hold.release()
    one, two = bench.finish(first), bench.finish(second)
    assert (one.code, two.code) == (0, 0), one.out + two.out
    files = [each.path for each in bench.demo.site.log if each.path.startswith(FILE)]
    assert len(files) == len(set(files)) == sum(len(expected_files(each)) for each in NUMBERS)
    assert sorted(each["number"] for each in one.ledger()) == sorted(NUMBERS)
    statuses = [
        {name: told["status"] for name, told in each.junit(f"{name}.xml").items()}
        for name, each in (("first", one), ("second", two))
    ]
    for number in NUMBERS:
        assert sorted(each[number] for each in statuses) == ["COMPLETED", "SKIPPED"]
    runs = (bench.folder / "downloads" / ".edgepool" / "runs").iterdir()  # the report is that of who ended last
    run = min(each.name for each in runs)
    assert f"SKIPPED: another run ({run}) is fetching it now" in two.out
    bench.assert_files_are_true(NUMBERS, one)
    assert {each.name for each in (bench.folder / "downloads" / ".edgepool").iterdir()} == {
        "ledger.jsonl",
        "ledger.jsonl.lock",
        "runs",
        "work",
    }


def test_two_runs_begun_at_once_on_a_busy_base_that_wait_both_have_it(bench: Bench) -> None:
    """With `--edgepool-base-busy=wait` the second run has the base after the first."""
    bench.sheet(NUMBERS[:2])
    waits = ("-n0", "--po-csv=pos.csv", "--edgepool-base-busy=wait")
    first = bench.begin(*waits, "--po-output=first")
    second = bench.run(*waits, "--po-output=second")
    one = bench.finish(first)
    assert (one.code, second.code) == (0, 0), one.out + second.out
    assert [each["kind"] for each in one.workers("first").values()] == ["base"]
    assert [each["kind"] for each in second.workers("second").values()] == ["base"]


def test_a_browser_on_the_base_is_left_alone(bench: Bench) -> None:
    """A base that the user's own browser has open is copied, never touched: all workers use clones and say so."""
    bench.sheet(NUMBERS[:4])
    with everyday_browser(bench.base) as pid:
        before = watched(bench.base)
        ended = bench.run("-n2", "--po-csv=pos.csv")
        assert watched(bench.base) == before
    assert ended.code == 0, ended.out
    assert {each["kind"] for each in ended.workers().values()} == {"clone"}
    assert f"the base is open in a browser (process {pid})" in ended.out
    bench.assert_files_are_true(NUMBERS[:4], ended)


def test_a_browser_on_the_base_can_be_refused(bench: Bench) -> None:
    """With `--edgepool-base-busy=fail` it is a usage error in one sentence: no browser, nothing written."""
    bench.sheet(NUMBERS[:4])
    with everyday_browser(bench.base) as pid:
        before = watched(bench.base)
        ended = bench.run("-n2", "--po-csv=pos.csv", "--edgepool-base-busy=fail")
        assert watched(bench.base) == before
    assert ended.code == 4
    assert f"is held by a browser (process {pid})" in ended.out
    assert "--edgepool-base-busy=clone" in ended.out
    assert bench.demo.site.log == []
    assert not (bench.folder / "downloads").exists()


def test_a_dead_browsers_lock_is_no_holder(bench: Bench) -> None:
    """What a killed browser left in the base does not keep a run from it."""
    bench.sheet(NUMBERS[:1])
    with everyday_browser(bench.base):
        pass
    ended = bench.run("-n0", "--po-csv=pos.csv", "--edgepool-base-busy=fail")
    assert ended.code == 0, ended.out
    assert [each["kind"] for each in ended.workers().values()] == ["base"]


def test_nobody_on_the_base_when_asked(bench: Bench) -> None:
    """`--edgepool-base=nobody` puts every worker on a clone, gw0 too, without a complaint."""
    bench.sheet(NUMBERS[:2])
    ended = bench.run("-n0", "--po-csv=pos.csv", "--edgepool-base=nobody")
    assert ended.code == 0, ended.out
    assert [each["kind"] for each in ended.workers().values()] == ["clone"]
    assert "held" not in ended.out
