"""Files that are whole or not there, folders that go at once. Never knows what is in them."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from pathlib import Path

GONE = ".gone-"
"""What stands in the name of a folder that is being removed."""

_REPLACE_TRIES, _REPLACE_PAUSE_SECONDS = 40, 0.05  # readers have it open for milliseconds
_SCRAP = ".edgepool-tmp"


def read_whole(path: Path) -> bytes:
    """Read a small file that others replace; Windows refuses for the moment in which they do.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    for _ in range(_REPLACE_TRIES if sys.platform == "win32" else 0):
        try:
            return path.read_bytes()
        except PermissionError:
            SYSTEM_CLOCK.sleep(_REPLACE_PAUSE_SECONDS)
    return path.read_bytes()


def write_whole(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Write a small private file (0600) so that a reader sees all of it or none.

    Args:
        path: the file.
        data: what it shall hold.
        lasting: whether it must outlive a power cut; what only running processes tell each other need not, and
            bringing it to the disk takes longer than all else here.

    Raises:
        OSError: it could not be written; what was there before stays.
    """
    aside = path.with_name(f"{path.name}.{secrets.token_hex(3)}{_SCRAP}")
    try:
        with os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            if lasting:
                os.fsync(file.fileno())  # a journal that a power cut empties would cost the user the tabs it speaks of
        replace_patiently(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def replace_patiently(aside: Path, path: Path) -> None:
    """Put a file or folder in its place; Windows refuses as long as somebody (a reader, a virus scanner) has it open.

    Raises:
        OSError: it could not be put there.
    """
    for _ in range(_REPLACE_TRIES if sys.platform == "win32" else 0):
        try:
            aside.replace(path)
        except PermissionError:
            SYSTEM_CLOCK.sleep(_REPLACE_PAUSE_SECONDS)
        else:
            return
    aside.replace(path)


def remove_scraps(path: Path) -> None:
    """Remove what a killed `write_whole` of this file left beside it; nobody may be writing it."""
    for scrap in path.parent.glob(f"{path.name}.*{_SCRAP}"):
        scrap.unlink()


def remove_folder(folder: Path) -> None:
    """Remove a folder of ours: renamed away first, so that nobody finds half of it. One that is gone is no error.

    Raises:
        OSError: something in it could not be removed.
    """
    away = folder.with_name(f"{folder.name}{GONE}{secrets.token_hex(3)}")
    try:
        folder.rename(away)
    except FileNotFoundError:
        return
    shutil.rmtree(away)
