"""The disk is full, the output folder vanishes, the ledger takes nothing: nothing half is published, all is told."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers, expected_files
from tests.disks import NoDisk, mounted
from tests.faults.staging import FILE
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

NUMBERS = [each for each in demo_numbers(14) if each not in ("PO15263404", "PO15263000")][:3]
# A user's conftest that does something to the output folder when the first order is finished.
AFTER_THE_FIRST = """
from pathlib import Path

def pytest_edgepool_order_finished(config, order):
    if order.number == "{number}":
        act(Path(config.getoption("po_output") or "downloads"))
"""
FILLS = """
def act(output):
    with open(output / "of somebody else", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
"""
LOCKS_THE_LEDGER = """
def act(output):
    ledger = output / ".edgepool" / "ledger.jsonl"
    ledger.rename(ledger.with_name("kept"))
    ledger.mkdir()
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with mounted("tmpfs", tmp_path / "disks", 4_000_000) as point:
            yield point
    except NoDisk as reason:
        pytest.skip(str(reason))


def published(output: Path) -> list[str]:
    """The names of what lies below the output folder and is no file of ours."""
    return [each.name for each in output.rglob("*") if each.is_file() and ".edgepool" not in each.parts]


def test_a_full_disk_ends_the_run_and_loses_nothing(bench: Bench, small_disk: Path) -> None:
    """The PO that met it says so, the rest is left for later; with room again the same command does it all."""
    bench.sheet(NUMBERS)
    bench.write("conftest.py", AFTER_THE_FIRST.format(number=NUMBERS[0]) + FILLS)
    output = small_disk / "downloads"
    args = ("-n", "0", "--po-csv=pos.csv", f"--po-output={output}", "--junitxml=report.xml")
    ended = bench.run(*args)

    assert ended.code == 1, ended.out
    statuses = {name: each["status"] for name, each in ended.junit().items()}
    assert statuses == {NUMBERS[0]: "COMPLETED", NUMBERS[1]: "FAILED", NUMBERS[2]: "STOPPED"}
    assert f"{NUMBERS[1]} FAILED: the disk with {output} is full (0.0 MB free" in ended.out
    assert f"The run was stopped: the disk with {output} is full" in ended.out
    unwritten = next(
        line for line in ended.out.splitlines() if line.startswith("The report is not whole: report.csv, ")
    )
    assert unwritten.endswith(" could not be written (No space left on device)")
    assert "Traceback" not in ended.out
    assert "INTERNALERROR" not in ended.out
    assert sorted(published(output)) == sorted([*expected_files(NUMBERS[0]), "of somebody else"])

    (bench.folder / "conftest.py").unlink()
    (output / "of somebody else").unlink()
    ended = bench.run(*args)
    assert ended.code == 0, ended.out
    assert ended.statuses(str(output)) == dict.fromkeys(NUMBERS, "COMPLETED")
    assert ended.junit()[NUMBERS[0]]["status"] == "SKIPPED"
    for number in NUMBERS:
        assert bench.files_of(number, ended, str(output)) == expected_files(number)


def test_an_output_folder_that_vanishes_is_made_again(bench: Bench, begin: Starter, hold: Hold) -> None:
    """Somebody deletes it while a file comes in: the PO in hand is fetched anew, and the run goes on."""
    bench.sheet(NUMBERS[:2])
    hold.requests_for(f"{FILE}type/{NUMBERS[1].removeprefix('PO')}1/")
    process = begin("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    hold.wait_for(1)
    shutil.rmtree(bench.folder / "downloads")
    hold.release()
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    assert bench.files_of(NUMBERS[1], ended) == expected_files(NUMBERS[1])
    assert {name: each["status"] for name, each in ended.junit().items()} == dict.fromkeys(NUMBERS[:2], "COMPLETED")

    ended = bench.run("-n", "0", "--po-csv=pos.csv")  # what was deleted is fetched again, and nothing else
    assert ended.code == 0, ended.out
    bench.assert_files_are_true(NUMBERS[:2], ended)
    assert [each["number"] for each in ended.ledger()] == [NUMBERS[1], NUMBERS[0]]


def test_an_outcome_that_the_ledger_does_not_take_is_no_success(bench: Bench) -> None:
    """JUnit, report and summary say FAILED, the run ends; the next does that PO again, and tells of a torn line."""
    bench.sheet(NUMBERS)
    bench.write("conftest.py", AFTER_THE_FIRST.format(number=NUMBERS[0]) + LOCKS_THE_LEDGER)
    ended = bench.run("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    assert ended.code == 1, ended.out
    statuses = {name: each["status"] for name, each in ended.junit().items()}
    assert statuses == {NUMBERS[0]: "COMPLETED", NUMBERS[1]: "FAILED", NUMBERS[2]: "STOPPED"}
    assert ended.statuses()[NUMBERS[1]] == "FAILED"
    assert "The run was stopped: the ledger in downloads cannot be written (Is a directory)" in ended.out
    assert "The report is not whole: the ledger cannot be read (Is a directory)" in ended.out
    assert "Traceback" not in ended.out

    own = bench.folder / "downloads" / ".edgepool"
    (own / "ledger.jsonl").rmdir()
    (own / "kept").rename(own / "ledger.jsonl")
    with (own / "ledger.jsonl").open("a", encoding="utf-8") as ledger:
        ledger.write('{"number": "PO1", "sta')  # as a crash leaves it
    (bench.folder / "conftest.py").unlink()
    ended = bench.run("-n", "0", "--po-csv=pos.csv", "--junitxml=report.xml")
    assert ended.code == 0, ended.out
    bench.assert_files_are_true(NUMBERS, ended)
    assert [each["status"] for each in ended.junit().values()] == ["SKIPPED", "COMPLETED", "COMPLETED"]
    assert "ledger: line 2: no outcome (a crash tears one), passed over" in ended.out
    assert ended.report()["run"]["torn_ledger_lines"] == [2]
