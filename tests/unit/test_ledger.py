"""The ledger: whole lines whatever happens, from any number of processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.locks import Lock
from pytest_edgepool.outcomes import ledger as ledger_module
from pytest_edgepool.outcomes.ledger import Ledger, LedgerReading, last_true
from pytest_edgepool.outcomes.status import Outcome, Status

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier, Event

PROCESSES = multiprocessing.get_context("spawn")


def outcome(number: str, status: Status = Status.COMPLETED, **fields: object) -> Outcome:
    return Outcome(**{"number": number, "status": status, **fields})


def append_many(path: Path, writer: int, count: int, barrier: Barrier) -> None:
    barrier.wait(60)
    for turn in range(count):
        Ledger(path).append(outcome(f"PO{writer}-{turn}", reason="x" * (1 + 997 * turn % 9000)))


def append_until_killed(path: Path, one_is_there: Event) -> None:
    for turn in range(1_000_000):
        Ledger(path).append(outcome(f"PO{turn}", reason="y" * 5000))
        one_is_there.set()


def hold_lock(path: Path, is_held: Event, may_end: Event) -> None:
    with Lock(path).held(10):
        is_held.set()
        may_end.wait(60)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "out" / ".edgepool" / "ledger.jsonl")


def test_a_missing_ledger_is_empty(ledger: Ledger) -> None:
    """Reading before anything was written gives nothing and makes nothing."""
    assert ledger.read() == LedgerReading()
    assert not ledger.path.parent.exists()


def test_what_was_appended_is_read_in_order(ledger: Ledger) -> None:
    """Outcomes come back equal, in the order in which they were written."""
    written = [outcome("PO1", supplier="Açúcar\u2028\udc80"), outcome("PO2", Status.FAILED), outcome("PO1")]
    for one in written:
        ledger.append(one)

    assert ledger.read() == LedgerReading(outcomes=tuple(written))


def test_each_outcome_is_one_line_of_json(ledger: Ledger) -> None:
    """Any tool can read the ledger line by line, whatever stands in a reason."""
    ledger.append(outcome("PO1", reason="two\nlines\r\nand \u2028 more"))
    ledger.append(outcome("PO2"))

    lines = ledger.path.read_bytes().splitlines()

    assert [json.loads(line)["number"] for line in lines] == ["PO1", "PO2"]


def test_the_ledger_is_its_owners(ledger: Ledger) -> None:
    """Nobody else may read which orders a buyer works on."""
    ledger.append(outcome("PO1"))

    if os.name == "posix":
        assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_processes_append_whole_lines_at_the_same_time(ledger: Ledger) -> None:
    """Six processes, 25 outcomes each of many lengths: none lost, none torn, each writer's own order kept."""
    barrier = PROCESSES.Barrier(6)
    writers = [PROCESSES.Process(target=append_many, args=(ledger.path, n, 25, barrier)) for n in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    reading = ledger.read()

    assert [writer.exitcode for writer in writers] == [0] * 6
    assert reading.torn_lines == ()
    for writer in range(6):
        mine = [one.number for one in reading.outcomes if one.number.startswith(f"PO{writer}-")]
        assert mine == [f"PO{writer}-{turn}" for turn in range(25)]


def test_threads_append_whole_lines_at_the_same_time(ledger: Ledger) -> None:
    """One ledger object may be shared by threads."""
    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=append_many, args=(ledger.path, n, 10, barrier)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    reading = ledger.read()

    assert (len(reading.outcomes), reading.torn_lines) == (40, ())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_killed_writer_frees_the_ledger_and_leaves_whole_lines(ledger: Ledger) -> None:
    """After SIGKILL in the middle of appending the next append works, and what was told is there."""
    one_is_there = PROCESSES.Event()
    writer = PROCESSES.Process(target=append_until_killed, args=(ledger.path, one_is_there))
    writer.start()
    assert one_is_there.wait(60)
    writer.kill()
    writer.join()

    ledger.append(outcome("after"))

    numbers = [one.number for one in ledger.read().outcomes]
    assert numbers == [*(f"PO{turn}" for turn in range(len(numbers) - 1)), "after"]
    assert len(numbers) >= 2


@pytest.mark.parametrize("torn", [b'{"number": "PO9", "sta', b"{", b"\0\0\0\0", b"\xff\xfe", b'"text"'])
def test_a_torn_last_line_does_not_swallow_the_next(ledger: Ledger, torn: bytes) -> None:
    """What a crash left is ended, named as torn, and everything around it is read."""
    ledger.append(outcome("PO1"))
    with ledger.path.open("ab") as file:
        file.write(torn)

    ledger.append(outcome("PO2"))

    reading = ledger.read()
    assert [one.number for one in reading.outcomes] == ["PO1", "PO2"]
    assert reading.torn_lines == (2,)


def test_a_whole_last_line_without_its_end_still_counts(ledger: Ledger) -> None:
    """Only the line end was lost: the outcome is read, and the next one stands on a line of its own."""
    ledger.append(outcome("PO1"))
    ledger.path.write_bytes(ledger.path.read_bytes().removesuffix(b"\n"))

    ledger.append(outcome("PO2"))

    assert [one.number for one in ledger.read().outcomes] == ["PO1", "PO2"]
    assert ledger.read().torn_lines == ()


def test_every_cut_of_a_line_is_survived(ledger: Ledger) -> None:
    """Wherever a crash cuts the last line, the lines before it and after it are read."""
    ledger.append(outcome("PO1"))
    first = ledger.path.read_bytes()
    for cut in range(len(first)):
        ledger.path.write_bytes(first + first[:cut])
        ledger.append(outcome("PO2"))

        numbers = [one.number for one in ledger.read().outcomes]
        assert (numbers[0], numbers[-1]) == ("PO1", "PO2")


@pytest.mark.parametrize(
    "garbage", [b"[1, 2]", b"null", b"{}", b'{"number": "PO1"}', b"[" * 100_000, b"PO1;COMPLETED", b"\xff"]
)
def test_garbage_between_lines_is_named_and_passed_over(ledger: Ledger, garbage: bytes) -> None:
    """Somebody's edit does not keep the rest from being read."""
    ledger.append(outcome("PO1"))
    ledger.path.write_bytes(garbage + b"\n\n" + ledger.path.read_bytes())

    reading = ledger.read()

    assert [one.number for one in reading.outcomes] == ["PO1"]
    assert reading.torn_lines == (1,)


def test_a_ledger_with_windows_line_ends_is_read(ledger: Ledger) -> None:
    """An editor that changed the line ends did no harm."""
    ledger.append(outcome("PO1"))
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b"\n", b"\r\n"))

    assert ledger.read() == LedgerReading(outcomes=(outcome("PO1"),))


def test_a_ledger_that_stays_locked_is_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process holds the lock nothing is written, and the error names the lock."""
    monkeypatch.setattr(ledger_module, "PATIENCE_SECONDS", 0.0)
    lock = ledger.path.with_name("ledger.jsonl.lock")
    is_held, may_end = PROCESSES.Event(), PROCESSES.Event()
    holder = PROCESSES.Process(target=hold_lock, args=(lock, is_held, may_end))
    holder.start()
    assert is_held.wait(60)
    try:
        with pytest.raises(ledger_module.Permanent, match=r"ledger\.jsonl\.lock"):
            ledger.append(outcome("PO1"))
    finally:
        may_end.set()
        holder.join()

    assert not ledger.path.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """When the disk takes nothing, the caller hears of it."""
    path = tmp_path / "ledger.jsonl"
    path.symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left"):
        Ledger(path).append(outcome("PO1"))


def test_a_half_written_line_is_taken_back(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fills up in the middle of a line, the ledger is as it was before."""
    ledger.append(outcome("PO1"))
    before = ledger.path.read_bytes()
    real_write = os.write
    monkeypatch.setattr(
        ledger_module.os, "write", lambda fd, data: real_write(fd, data[:7] if data[:1] == b"{" else data)
    )

    with pytest.raises(OSError, match="only 7 of"):
        ledger.append(outcome("PO2"))

    assert ledger.path.read_bytes() == before


def test_the_last_outcome_of_a_number_counts() -> None:
    """A later try replaces an earlier one, for better or worse."""
    reading = LedgerReading(outcomes=(outcome("PO1", Status.FAILED), outcome("PO2"), outcome("PO1")))

    assert last_true(reading, "") == {"PO1": outcome("PO1"), "PO2": outcome("PO2")}


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.STOPPED])
def test_what_was_not_tried_does_not_count(status: Status) -> None:
    """A PO that a later run skipped or stopped keeps what the earlier one did; alone it is nothing."""
    reading = LedgerReading(outcomes=(outcome("PO1"), outcome("PO1", status), outcome("PO2", status)))

    assert last_true(reading, "") == {"PO1": outcome("PO1")}


def test_each_site_has_its_own_outcomes() -> None:
    """What was fetched from the test site is not done on the real one; an outcome without a site belongs to none."""
    real, trial = outcome("PO1", site="https://real.test"), outcome("PO1", Status.FAILED, site="https://trial.test")
    reading = LedgerReading(outcomes=(real, trial, outcome("PO2")))

    assert last_true(reading, "https://real.test") == {"PO1": real}
    assert last_true(reading, "https://other.test") == {}
    assert last_true(reading, "") == {"PO1": trial, "PO2": outcome("PO2")}


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    """Only what came after; a line that is not whole yet is read when it is; a shorter ledger is another one."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(outcome_of("PO1"))
    first = ledger.read()
    assert [each.number for each in ledger.read(first.end).outcomes] == []
    ledger.append(outcome_of("PO2"))
    second = ledger.read(first.end)
    assert [each.number for each in second.outcomes] == ["PO2"]
    with ledger.path.open("ab") as file:
        file.write(b'{"number": "PO3"')
    torn = ledger.read(second.end)
    assert (torn.end, len(torn.outcomes)) == (second.end, 0)
    ledger.path.unlink()
    ledger.append(outcome_of("PO4"))
    assert [each.number for each in ledger.read(second.end).outcomes] == ["PO4"]


def outcome_of(number: str) -> Outcome:
    return Outcome(number=number, status=Status.COMPLETED)
