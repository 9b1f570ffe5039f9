"""POs a minute and CPU a PO, each transfer of ours beside a pytest-playwright suite and a browser a PO. Never judges.

The peers get the same site, sheet, signed-in profile and browser, in the same minutes, at the same number of workers;
whoever delivers a file that is not byte for byte the site's ends the comparison (but for the plain script, which loses
some now and then: its line says so). The site answers from this process:
its CPU is nobody's, but it takes part of the same cores. CPU is counted over all processes that a command started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measured import Measured, measure
from pytest_edgepool.browser import binaries
from pytest_edgepool.demo import differences, write_sheet
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import DemoOptions, demo_numbers, expected_files, serve, sign_in_to_demo

if TYPE_CHECKING:
    from pytest_edgepool.testing import RunningDemo

WAYS = ("browser", "direct")
PLAYWRIGHT, PLAIN = "pytest-playwright", "one browser a PO"
_NEEDED = ("pytest_playwright", "xdist")


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Where all compete.

    Attributes:
        folder: everything is below it.
        demo: the site.
        profile: the signed-in profile.
        numbers: the POs.
        python: the interpreter that has pytest-playwright and pytest-xdist; "" leaves that peer out.
    """

    folder: Path
    demo: RunningDemo
    profile: Path
    numbers: list[str]
    python: str


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    workers: int
    orders: int
    measured: Measured

    @property
    def per_minute(self) -> float:
        """POs a minute, from the command's start to its end."""
        return self.orders * 60 / self.measured.wall_seconds

    @property
    def cpu_per_order(self) -> float:
        """CPU seconds a PO, of all the command's processes."""
        return self.measured.cpu_seconds / self.orders


def _ours(contest: Contest, way: str, workers: int, place: str) -> Row:
    output = contest.folder / f"ours-{way}-{place}"
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), f"--po-csv={contest.folder / 'pos.csv'}"]
    command += [f"--po-output={output}", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:playwright"]
    command += [f"--rootdir={contest.folder}", *([f"--po-transfer={way}"] if way else [])]
    environment = {**os.environ, "EDGEPOOL_STATE_DIR": str(contest.folder / "state")}
    took = measure(command, contest.folder, environment, output.with_suffix(".log"))
    if wrong := differences(output, contest.numbers):
        raise SystemExit(f"ours, {way}, -n {workers}: {wrong[0]}; see {output.with_suffix('.log')}")
    return Row(f"ours, {way}" if way else "ours", workers, len(contest.numbers), took)


def _playwright(contest: Contest, workers: int, place: str) -> Row:
    suite = contest.folder / f"playwright-{place}"
    suite.mkdir()
    shutil.copy(Path(__file__).with_name("playwright_suite.py"), suite / "test_orders.py")
    command = [contest.python, "-m", "pytest", "-q", "-n", str(workers), "-p", "no:cacheprovider", "-p", "no:edgepool"]
    command += ["-p", "no:randomly", f"--rootdir={suite}", "test_orders.py"]
    output = suite / "files"
    environment = {
        **os.environ,
        "PEER_URL": contest.demo.url,
        "PEER_PROFILE": str(contest.profile),
        "PEER_BROWSER": binaries.find(Settings()).binary,
        "PEER_OUTPUT": str(output),
        "PEER_ORDERS": ",".join(contest.numbers),
    }
    took = measure(command, suite, environment, output.with_suffix(".log"))
    told = output.with_suffix(".log").read_text()
    _check(PLAYWRIGHT, took.code, output, contest.numbers, told)
    return Row(PLAYWRIGHT, workers, len(contest.numbers), took)


def _plain(contest: Contest, orders: int) -> Row:
    # This script loses the second of two files with one name, and would wait for it for ever.
    whole = [each for each in contest.numbers if _has_files_of_different_names(each)][:orders]
    found = binaries.find(Settings())
    output = contest.folder / "plain"
    command = [sys.executable, str(Path(__file__).with_name("plain.py")), contest.demo.url, str(contest.profile)]
    command += [str(output), found.binary, found.driver, *whole]
    took = measure(command, contest.folder, dict(os.environ), contest.folder / "plain.log")
    # It looks for files at intervals and goes on when there are enough: one is lost now and then, and shown with that.
    lost = sum(not _is_whole(output, each) for each in whole)
    if took.code:
        raise SystemExit(f"{PLAIN} ended with {took.code}: {(contest.folder / 'plain.log').read_text()[-2000:]}")
    return Row(f"{PLAIN}, {lost} lost" if lost else PLAIN, 1, len(whole), took)


def _has_files_of_different_names(number: str) -> bool:
    names = expected_files(number)
    return bool(names) and not any("(2)" in name for name in names)


def _check(who: str, code: int, output: Path, numbers: list[str], told: str) -> None:
    """End the comparison when a peer failed, or has not every file byte for byte."""
    for number in numbers:
        if code or not _is_whole(output, number):
            raise SystemExit(f"{who} ended with {code} and has not all of {number}: {told[-2000:]}")


def _is_whole(output: Path, number: str) -> bool:
    folder = output / number
    there = {each.name: each.read_bytes() for each in folder.iterdir()} if folder.is_dir() else {}
    return there == expected_files(number)


def _lacks_playwright(python: str) -> bool:
    wanted = "; ".join(f"import {each}" for each in _NEEDED)
    return subprocess.run([python, "-c", wanted], capture_output=True, check=False).returncode != 0


def _show(rows: list[Row]) -> None:
    sys.stdout.write(
        f"\n{'':28}{'-n':>4}{'POs':>6}{'wall s':>9}{'POs/min':>9}{'CPU s/PO':>10}{'x peer':>8}{'CPU':>7}\n"
    )
    peers = {row.workers: row for row in rows if row.name == PLAYWRIGHT}
    for row in rows:
        peer = peers.get(row.workers)
        beside = f"{row.per_minute / peer.per_minute:8.2f}{row.cpu_per_order / peer.cpu_per_order:7.2f}" if peer else ""
        sys.stdout.write(
            f"{row.name:28}{row.workers:4}{row.orders:6}{row.measured.wall_seconds:9.1f}{row.per_minute:9.1f}"
            f"{row.cpu_per_order:10.3f}{beside}\n"
        )
    sys.stdout.write(f"\nx peer: POs a minute, against {PLAYWRIGHT} at the same -n; CPU: CPU a PO against its.\n")


def main(orders: int, plain_orders: int, latency: float, *, workers: list[int], python: str, ways: list[str]) -> None:
    """Run it and print the table."""
    python = python or sys.executable
    if _lacks_playwright(python):
        sys.stdout.write(
            "pytest-playwright is not there: install it with `pip install 'pytest-edgepool[bench]'`, or name an "
            "interpreter that has it and pytest-xdist with --peer-python; it is left out.\n"
        )
        python = ""
    numbers = demo_numbers(orders)
    sys.stdout.write(f"{orders} POs on the demo site, which takes {latency:g} s for each answer\n")
    with (
        tempfile.TemporaryDirectory(prefix="edgepool-bench-") as made,
        serve(DemoOptions(latency_seconds=latency, session="persistent")) as demo,
    ):
        folder = Path(made)
        write_sheet(folder / "pos.csv", numbers)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        base = sign_in_to_demo(demo.url, folder / "state")
        contest = Contest(folder=folder, demo=demo, profile=base.user_data_dir, numbers=numbers, python=python)
        rows = []
        for count in workers:
            rows.extend(_told(_ours(contest, way, count, f"n{count}")) for way in ways)
            if python:
                rows.append(_told(_playwright(contest, count, f"n{count}")))
        if plain_orders:
            rows.append(_told(_plain(contest, plain_orders)))
        _show(rows)


def _told(row: Row) -> Row:
    sys.stdout.write(f"  {row.name}, -n {row.workers}: {row.measured.wall_seconds:.1f} s\n")
    sys.stdout.flush()
    return row
