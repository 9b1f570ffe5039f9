"""What was finished, one JSON line each, on disk before anyone is told. Never changes or removes a line."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgepool.errors import Permanent
from pytest_edgepool.locks import Lock
from pytest_edgepool.outcomes.status import NOT_TRIED, Outcome

if TYPE_CHECKING:
    from pathlib import Path

# Binary on Windows: a line end is one byte there too.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)

# An append takes milliseconds; ten workers on a slow network disk need seconds. More means somebody hangs.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReading:
    """What a ledger holds.

    Attributes:
        outcomes: in the order in which they were written.
        torn_lines: 1-based lines that are no outcome, as a crash leaves them.
        end: how many bytes it has up to the end of its last whole line.
    """

    outcomes: tuple[Outcome, ...] = ()
    torn_lines: tuple[int, ...] = ()
    end: int = field(default=0, compare=False)


class Ledger:
    """The ledger of an output folder; any number of processes may append to it at the same time.

    Args:
        path: the file; it and its folder are made by the first append. Its lock file lies next to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, outcome: Outcome) -> None:
        """Write one outcome to the disk; when this returns it is there, whatever happens next.

        Raises:
            Permanent: another process held the ledger's lock all the time.
            OSError: the disk did not take it; the ledger is as it was.
        """
        line = json.dumps(outcome.to_json()).encode("ascii") + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A lock object of its own for each append: one shared by threads would count as held by all of them.
        lock = Lock(self.path.with_name(self.path.name + ".lock"))
        with lock.held(PATIENCE_SECONDS) as got:
            if not got:
                raise Permanent(f"another process has held {lock.path} for {PATIENCE_SECONDS:g} s")
            _append_whole(self.path, line)

    def read(self, since: int = 0) -> LedgerReading:
        """Return what can be read; torn and foreign lines are named, never fatal. A missing ledger is an empty one.

        Args:
            since: where an earlier reading ended; only what came after it is read, and lines are counted from there. A
                ledger that is shorter by now is another one, and read from its beginning.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(since if since <= self.path.stat().st_size else 0)
                begun = file.tell()
                found = file.read()
        except FileNotFoundError:
            return LedgerReading()
        lines = found.split(b"\n")
        outcomes, torn = [], []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            outcome = _outcome_in(line)
            if outcome is None:
                torn.append(number)
            else:
                outcomes.append(outcome)
        end = begun + found.rfind(b"\n") + 1
        return LedgerReading(outcomes=tuple(outcomes), torn_lines=tuple(torn), end=end)


def last_true(reading: LedgerReading, site: str) -> dict[str, Outcome]:
    """Return the last outcome of each PO number that was really tried.

    Args:
        reading: the ledger.
        site: origin of the site whose outcomes count; the empty string means any.
    """
    return {
        outcome.number: outcome
        for outcome in reading.outcomes
        if outcome.status not in NOT_TRIED and site in ("", outcome.site)
    }


def last_of_run(reading: LedgerReading, run: str, number: str) -> Outcome | None:
    """Return what a run last wrote of a PO, or None."""
    found = [each for each in reading.outcomes if each.run == run and each.number == number]
    return next((each for each in reversed(found) if each.status not in NOT_TRIED), None)


def _append_whole(path: Path, line: bytes) -> None:
    """Append in one write; a line that a crash tore is ended first, so that it does not swallow ours."""
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        data = line if _ends_a_line(descriptor, size) else b"\n" + line
        try:
            _write_once(descriptor, data)
        except OSError as error:
            _cut_back(descriptor, size, error)
            raise
    finally:
        os.close(descriptor)


def _write_once(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    if written != len(data):
        raise OSError(f"the ledger took only {written} of {len(data)} bytes; is the disk full?")
    os.fsync(descriptor)


def _cut_back(descriptor: int, size: int, error: OSError) -> None:
    try:
        os.ftruncate(descriptor, size)
    except OSError as problem:  # the next append ends the torn line; the first error is the one to tell
        error.add_note(f"and what was written of the line could not be taken back: {problem}")


def _ends_a_line(descriptor: int, size: int) -> bool:
    if size == 0:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _outcome_in(line: bytes) -> Outcome | None:
    try:
        data = json.loads(line)
        return Outcome.from_json(data) if isinstance(data, dict) else None
    except (ValueError, RecursionError):  # not UTF-8, not JSON, not an outcome: the caller names the line
        return None
