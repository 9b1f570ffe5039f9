"""Whether locks in the state folder really exclude: two real processes try it. Never trusts a name of a file system.

Each takes the lock while the other has it, on purpose, and then both take it again and again; they note from when until
when they had it. On a disk whose locks are a courtesy (some network disks) both have it at the same time, and so would
two runs have one base.

Run as a module it is one of the two, and does what it reads: `take`, `free`, `turns`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.doctor.finding import Finding, ok, warning, wrong
from pytest_edgepool.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Interval = tuple[int, int]

TOPIC = "locks"
_ROUNDS = 20
_HOLD_SECONDS = 0.002
_PATIENCE_SECONDS = 20.0
_HANGING_SECONDS = 60.0  # a lock on a network disk that is gone may never answer
_REMEDY = "put the state folder on a local disk: EDGEPOOL_STATE_DIR=…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What one process noted.

    Attributes:
        held: from when until when it had the lock, in nanoseconds of the machine's monotonic clock.
        refused: how often the lock was the other's when it asked.
    """

    held: tuple[Interval, ...]
    refused: int


def overlaps(one: Iterable[Interval], other: Iterable[Interval]) -> int:
    """Return how many intervals of the one overlap with one of the other; those that only touch do not."""
    others = tuple(other)
    return sum(any(begun < its_end and its_begin < ended for its_begin, its_end in others) for begun, ended in one)


def judge(folder: Path, turns: Sequence[Turns]) -> Finding:
    """Return what the notes of the two processes mean."""
    one, other = turns
    taken = len(one.held) + len(other.held)
    if both := overlaps(one.held, other.held):
        told = f"two processes held one lock in {folder} at the same time, {both} of {len(one.held)} times"
        return wrong(TOPIC, told, _REMEDY)
    if not (one.refused and other.refused):
        told = f"two processes took a lock in {folder} {taken} times and did not both meet the other: nothing is proved"
        return warning(TOPIC, told, "ask again when the machine is less busy")
    return ok(TOPIC, f"two processes took one lock {taken} times, never at the same time")


def examine_locks(folder: Path) -> Finding:
    """Have two processes take one lock in a folder of ours, which lies where all locks lie."""
    path = folder / "exclusion.lock"
    try:
        return judge(folder, notes_of_two(path, path))
    except (OSError, ValueError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        return wrong(TOPIC, f"two processes could not try a lock in {folder}: {said}", _REMEDY)


def notes_of_two(one: Path, other: Path) -> tuple[Turns, ...]:
    """Have two processes take a lock each, which should be the same, and return what they noted.

    Raises:
        OSError: a process could not be started, or broke.
        ValueError: one of them failed; its last words.
    """
    with ExitStack() as ending:
        first, second = both = [_started(path, ending) for path in (one, other)]
        for holds, tries in ((first, second), (second, first)):
            _ask(holds, "take")
            _ask(tries, "take")
            _ask(tries, "free")
            _ask(holds, "free")
        for process in both:
            _send(process, "turns")
        told = [json.loads(_answer(process)) for process in both]
    return tuple(Turns(held=tuple((a, b) for a, b in each["held"]), refused=each["refused"]) for each in told)


def _started(path: Path, ending: ExitStack) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pytest_edgepool.doctor.exclusion", str(path)]
    pipe = subprocess.PIPE
    process = ending.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
    ending.callback(process.kill)
    bound = threading.Timer(_HANGING_SECONDS, process.kill)
    bound.daemon = True
    bound.start()
    ending.callback(bound.cancel)
    return process


def _ask(process: subprocess.Popen[str], word: str) -> str:
    _send(process, word)
    return _answer(process)


def _send(process: subprocess.Popen[str], word: str) -> None:
    if process.stdin is not None and process.poll() is None:
        process.stdin.write(f"{word}\n")
        process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> str:
    said = process.stdout.readline().strip() if process.stdout is not None else ""
    if not said:
        process.kill()
        complaint = process.stderr.read().strip().splitlines() if process.stderr is not None else []
        raise ValueError(complaint[-1] if complaint else "a process ended without a word")
    return said


@dataclass(slots=True)
class Taker:
    """One of the two: takes the lock file `path` as it is told, and notes it."""

    path: Path
    held: list[Interval] = field(default_factory=list)
    refused: int = 0
    _lock: Lock | None = None
    _begun: int = 0

    def take(self, patience_seconds: float = 0.0) -> str:
        """Take the lock, if it can be had; a refusal is noted."""
        lock = Lock(self.path)
        if not lock.take():
            self.refused += 1
            if not patience_seconds or not lock.take(patience_seconds):
                return "no"
        self._lock, self._begun = lock, time.monotonic_ns()
        return "yes"

    def free(self) -> str:
        """Give it back and note the interval; nothing happens without it."""
        if self._lock is not None:
            self.held.append((self._begun, time.monotonic_ns()))
            self._lock.free()
            self._lock = None
        return "free"

    def turns(self, rounds: int = _ROUNDS) -> str:
        """Take it that often, hold it for a moment each time, and return all that was noted, as JSON."""
        for _ in range(rounds):
            if self.take(_PATIENCE_SECONDS) == "no":
                break  # fewer turns than asked for: the refusal is noted
            SYSTEM_CLOCK.sleep(_HOLD_SECONDS)
            self.free()
        return json.dumps({"held": self.held, "refused": self.refused})


def _main() -> None:
    taker = Taker(Path(sys.argv[1]))
    answers = {"take": taker.take, "free": taker.free, "turns": taker.turns}
    for line in sys.stdin:
        sys.stdout.write(f"{answers[line.strip()]()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
