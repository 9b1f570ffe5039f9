"""What the shelf asks of a disk: to look, to make room, to keep what was written. Never removes a file of anybody."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from pathlib import Path

from pytest_edgepool.downloads.attachment import LOOK_BYTES
from pytest_edgepool.errors import DiskTrouble, OutputVanished, TransferBroken

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})
# What no other folder on that disk would be spared; a name that is too long, or a file in the way, is one PO's trouble.
_WHOLE_DISK = _FULL | {errno.EROFS, errno.EIO}
_NEXT_TO_NOTHING_BYTES = 1_000_000  # less than a scanned page: a browser that was sent to write gives up


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
            return info.st_size, file.read(LOOK_BYTES)
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


def check_disk(output: Path, incoming: Path, needed_bytes: int) -> None:
    """Make sure that the disk is not to blame for a file that did not arrive: a browser only says "canceled".

    Args:
        output: the folder that the user named, for the message.
        incoming: where the file should have arrived.
        needed_bytes: its promised length, 0 when none was; what had arrived of it is gone again.

    Raises:
        OutputVanished: the folder is not there any more.
        DiskTrouble: there is no room for the file, or the folder cannot be written.
    """
    try:
        free_bytes = shutil.disk_usage(incoming).free
        if free_bytes < max(needed_bytes, _NEXT_TO_NOTHING_BYTES):
            wanted = f", {needed_bytes / 1e6:.1f} MB needed" if needed_bytes else ""
            raise DiskTrouble(f"the disk with {output} is full ({free_bytes / 1e6:.1f} MB free{wanted})")
        descriptor, probe = tempfile.mkstemp(dir=incoming)
        os.close(descriptor)
        Path(probe).unlink()
    except OSError as error:
        raise spoken_trouble(output, error) from error


def spoken_trouble(output: Path, error: OSError) -> OutputVanished | DiskTrouble:
    """Return what an error of the disk means for the output folder, in one sentence."""
    if isinstance(error, FileNotFoundError):
        return OutputVanished(f"what was gathered in {output} was removed by somebody else")
    if error.errno in _FULL:
        try:
            free = f" ({shutil.disk_usage(nearest_folder(output.absolute())).free / 1e6:.1f} MB free)"
        except OSError:
            free = ""
        return DiskTrouble(f"the disk with {output} is full{free}")
    return DiskTrouble(f"{output} cannot be written ({error.strerror or error})")


def is_whole_disk(error: OSError) -> bool:
    """Whether an error concerns all that is written there, and not one file or folder."""
    return error.errno in _WHOLE_DISK
