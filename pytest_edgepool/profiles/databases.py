"""Databases of a profile: whether they are sound, and copies of those in use. Never writes to one of the base's.

SQLite's files are played back from their journals only in copies of ours. LevelDB's folders are sound when `CURRENT`
names a manifest that is there.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline
from pytest_edgepool.errors import ProfileTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOURNALS = ("-journal", "-wal", "-shm")
"""What the names of the files end in that SQLite keeps beside a database."""

_MAGIC = b"SQLite format 3\0"
_CURRENT_MOST_BYTES = 4096  # it holds one file name


def is_database(path: Path) -> bool:
    """Return whether a file is a SQLite database.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def is_journal(name: str) -> bool:
    """Return whether a file of that name lies beside a database and belongs to it."""
    return name.endswith(JOURNALS)


def copy_database(source: Path, target: Path, patience_seconds: float, clock: Clock = SYSTEM_CLOCK) -> int:
    """Copy a database that somebody may be writing to, whole, and return its size in bytes.

    CPython's `backup` retries a busy database for ever unless it is bounded.

    Raises:
        ProfileTrouble: it stayed locked for longer than that.
        sqlite3.Error: it is no sound database.
    """
    deadline = Deadline.after(patience_seconds, f"copying the open database {source.name}", clock)

    def watch(status: int, _remaining: int, _total: int) -> None:
        if deadline.passed and status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ProfileTrouble("it stayed locked")

    # timeout=0: waiting is backup's own, step by step, so that it can be bounded
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=0)
    try:
        target.touch(mode=0o600)  # SQLite would make it readable to all
        writing = sqlite3.connect(target)
        try:
            reading.backup(writing, pages=256, progress=watch, sleep=0.05)
        finally:
            writing.close()
    finally:
        reading.close()
    return target.stat().st_size


def settle(path: Path, *, checked: bool) -> str:
    """Make one sound file of a copied database and the journals copied beside it; return what is wrong with it, or "".

    A killed browser leaves a half-done transaction in the file and its undoing in the journal: opened here, it is
    rolled back. The journals are then of no use, and go.

    Args:
        path: a database of ours, that nobody has open.
        checked: whether it is looked through as well (a millisecond for each megabyte).

    Raises:
        OSError: a journal could not be removed.
    """
    beside = list(journals_of(path))
    try:
        if checked or any(each.stat().st_size for each in beside):
            _look_through(path, checked=checked)
    except sqlite3.Error as error:
        return str(error)
    for each in beside:
        each.unlink(missing_ok=True)  # SQLite has removed those that it played back
    return ""


def _look_through(path: Path, *, checked: bool) -> None:
    database = sqlite3.connect(path, timeout=0)
    try:
        # Any reading rolls back. One page of a thousand wrong is as good as all: the first answer is enough.
        question = "PRAGMA quick_check(1)" if checked else "SELECT count(*) FROM sqlite_master"
        answer = database.execute(question).fetchone()[0]
    finally:
        database.close()
    if checked and answer != "ok":
        raise sqlite3.DatabaseError(str(answer).replace("\n", " "))


def journals_of(path: Path) -> Iterator[Path]:
    """Yield the journals that lie beside a database."""
    for suffix in JOURNALS:
        if (beside := path.with_name(path.name + suffix)).is_file():
            yield beside


def wrong_with_leveldb(folder: Path) -> str:
    """Return what is wrong with a LevelDB folder, or "": its `CURRENT` must name a manifest that is there."""
    try:
        with (folder / "CURRENT").open("rb") as file:
            named = file.read(_CURRENT_MOST_BYTES).decode("ascii").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        return f"its CURRENT cannot be read ({error})"
    if not named.startswith("MANIFEST-") or "/" in named:
        return "its CURRENT names no manifest"
    return "" if (folder / named).is_file() else f"its {named} is missing"
