"""Whether a closed profile's files are sound. Never changes one, and never asks a browser."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from pytest_edgepool.clock import Deadline
from pytest_edgepool.profiles.cookies import readable

if TYPE_CHECKING:
    from pathlib import Path

_STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's machine: well under a millisecond


def wrong_with_files(user_data_dir: Path, profile_directory: str, deadline: Deadline | None = None) -> str:
    """Return what is wrong with a profile's files while no browser has them open, or "".

    A file that is not there is not wrong: an empty profile has none yet.

    Raises:
        DeadlinePassed: they could not be read in time.
    """
    deadline = deadline or Deadline.after(float("inf"), "the file proof")
    profile = user_data_dir / profile_directory
    for path in (user_data_dir / "Local State", profile / "Preferences"):
        deadline.check()
        if path.is_file() and not _is_json(path):
            return f"{path.name} is damaged"
    for path in (profile / "Cookies", profile / "Network" / "Cookies"):
        if path.is_file() and (wrong := _wrong_with_database(path, deadline)):
            return f"{path.name} is damaged ({wrong})"
    return ""


def exit_type_of(user_data_dir: Path, profile_directory: str) -> str:
    """Return how the profile says that its last session ended: `Normal`, `Crashed`, `SessionEnded`, or ""."""
    try:
        held = json.loads((user_data_dir / profile_directory / "Preferences").read_bytes())
        return str(held["profile"]["exit_type"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # never used yet, or damaged: the file proof says which


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False


def _wrong_with_database(path: Path, deadline: Deadline) -> str:
    try:
        with readable(path) as database:
            database.set_progress_handler(lambda: int(deadline.passed), _STEPS_BETWEEN_LOOKS)
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        deadline.check()  # interrupted, because time is up
        return str(error)
    return "" if answer == "ok" else answer
