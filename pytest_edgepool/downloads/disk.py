"""What the shelf asks of a disk: to look, to make room, to keep what was written. Never removes anything."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from pytest_edgepool.downloads.attachment import HEAD_BYTES
from pytest_edgepool.errors import TransferBroken


def look_at(arrived: Path, name: str) -> tuple[int, bytes]:
    """Return the bytes and the beginning of a file that a transfer left.

    Args:
        arrived: where it should be; a link is not followed.
        name: what to call it in the message.

    Raises:
        TransferBroken: it is not there, or no file.
    """
    try:
        info = arrived.lstat()
        if not stat.S_ISREG(info.st_mode):
            raise TransferBroken(f"{name}: what arrived is not a file")
        with arrived.open("rb") as file:
            return info.st_size, file.read(HEAD_BYTES)
    except OSError as error:
        raise TransferBroken(f"{name}: it did not arrive ({error.strerror or error})") from error


def nearest_folder(wanted: Path) -> Path:
    """Return the deepest folder that is there already on the way to an absolute path.

    Raises:
        NotADirectoryError: something that is no folder stands in the way.
        OSError: a folder on the way cannot be looked into.
    """
    there = Path(wanted.anchor)
    for folder in (*reversed(wanted.parents), wanted):
        if not folder.is_dir():
            if os.path.lexists(folder):
                raise NotADirectoryError(errno.ENOTDIR, f"{folder} is not a folder")
            break
        there = folder
    return there


def numbered_folder(parent: Path) -> Path:
    """Make the first of `1`, `2`, `3`, ... in `parent` that nobody has.

    Raises:
        OSError: it cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = 1
    while True:
        folder = parent / str(number)
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def put_back(aside: Path | None, final: Path, error: BaseException) -> None:
    """Rename what was set aside back to where it was; when that fails, `error` gets a note of where it is."""
    if aside is None:
        return
    try:
        aside.rename(final)
    except OSError as problem:
        error.add_note(f"and the earlier files stay in {aside}: {problem}")


def sync_file(path: Path) -> None:
    """Return when the file's content is on the disk."""
    with path.open("r+b") as file:  # Windows syncs only what may be written
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Return when the folder's entries are on the disk; nothing happens on Windows, which cannot open a folder."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
