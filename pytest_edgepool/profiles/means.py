"""How files are copied here: the fastest means that this disk was seen to have. Never decides what is copied.

A means is chosen by trying it once from where the files come to where they go, because neither a file system's name nor
its version says what it can do. Tried on Linux (btrfs and xfs share blocks, ext4 refuses). The doors to macOS
(`clonefile`) and Windows (`CopyFileW`, which shares blocks by itself on ReFS and Dev Drive since Windows 11 24H2 and
Server 2025) are written from the vendors' pages and not yet seen on a real machine.

Never hard links: chromedriver rewrites Preferences in place, through the link.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import secrets
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

MeansName = Literal["reflink", "clonefile", "block-clone", "copy"]

_FICLONE = 0x40049409  # linux/fs.h; Python's fcntl names it since 3.12
_CLONE_NOFOLLOW = 1  # sys/clonefile.h
_SUPPORTS_BLOCK_REFCOUNTING = 0x08000000  # winnt.h: FILE_SUPPORTS_BLOCK_REFCOUNTING
_WINDOWS_THAT_SHARES = 26100  # 11 24H2 and Server 2025
_CHUNK_BYTES = 1 << 30
_BUFFER_BYTES = 1 << 20
_PRIVATE = 0o600
_VANISHED = (errno.ENOENT, errno.ESTALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """One way to copy a file's content.

    Attributes:
        name: `reflink` (Linux), `clonefile` (macOS), `block-clone` (Windows), or `copy`.
        share: makes the new private file (0600) out of the old one's blocks and returns its size in bytes, or raises
            OSError when the disk does not; None for a plain copy.
    """

    name: MeansName
    share: Callable[[str, str], int] | None = None

    @property
    def shares_blocks(self) -> bool:
        """Whether a copy takes no room of its own until it is changed."""
        return self.share is not None

    def copy(self, source: Path | str, target: Path | str) -> int:
        """Copy one file's content into a new private file (0600) and return its size in bytes.

        A single file whose blocks cannot be shared (excluded from copy-on-write, say) is copied plainly.

        Raises:
            FileExistsError: there is a target already.
            OSError: reading or writing failed.
        """
        if self.share is None:
            return copy_plain(source, target)
        try:
            return self.share(str(source), str(target))
        except FileExistsError:
            raise
        except OSError as error:
            with suppress(FileNotFoundError):
                os.unlink(target)  # noqa: PTH108 - once for each file
            if error.errno in _VANISHED:
                raise
            return copy_plain(source, target)


def copy_plain(source: Path | str, target: Path | str) -> int:
    """Copy one file's content into a new private file (0600) and return its size in bytes.

    Inside the kernel where there is `copy_file_range` (measured: 500 MB in 0.51 s on ext4, against 0.92 s with
    `shutil.copy2`).

    Raises:
        OSError: reading or writing failed.
    """
    with open(source, "rb", 0) as reading, open(target, "xb", 0, opener=_privately) as writing:  # noqa: PTH123 - once for each file
        done, size = 0, os.fstat(reading.fileno()).st_size
        if hasattr(os, "copy_file_range"):
            with suppress(OSError):  # across devices, or a file system without it: the plain way then does it all
                while done < size and (more := os.copy_file_range(reading.fileno(), writing.fileno(), _CHUNK_BYTES)):
                    done += more
        if done < size:  # from where it stopped: some file systems say at once that nothing is left
            reading.seek(done)
            writing.seek(done)
            shutil.copyfileobj(reading, writing, _BUFFER_BYTES)
            done = writing.tell()
        return done


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, _PRIVATE)


PLAIN = Means(name="copy")


def means_between(sample: Path, folder: Path, candidates: Iterable[Means] | None = None) -> Means:
    """Return the fastest means that works from where `sample` lies into a folder; found out by trying.

    Args:
        sample: a file where the copies come from; only read.
        folder: where the copies go; a probe is written there and removed.
        candidates: what to try first; this system's, unless given.
    """
    for means in _of_this_system() if candidates is None else candidates:
        if means.share is None:
            return means
        probe = folder / f"{secrets.token_hex(3)}.edgepool-probe"
        try:
            means.share(str(sample), str(probe))
        except OSError:
            continue  # that is the answer: not here
        else:
            return means
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
    return PLAIN


def means_within(folder: Path) -> Means:
    """Return the fastest means that works from one file to another in a folder, as from template to clone.

    Raises:
        OSError: nothing can be written there.
    """
    sample = folder / f"{secrets.token_hex(3)}.edgepool-sample"
    try:
        with open(sample, "xb", opener=_privately) as file:
            file.write(bytes(1 << 16))  # smaller ones may lie beside their names, with no blocks to share
        return means_between(sample, folder)
    finally:
        sample.unlink(missing_ok=True)


def _of_this_system() -> tuple[Means, ...]:
    systems: dict[str, tuple[Means, ...]] = {
        "linux": (Means(name="reflink", share=reflink),),
        "darwin": (Means(name="clonefile", share=_clone_file),),
        "win32": (Means(name="block-clone", share=_block_clone),),
    }
    return systems.get(sys.platform, ())


def reflink(source: str, target: str) -> int:
    """Share all blocks of a file with a new one, by the ioctl FICLONE.

    Raises:
        OSError: the disk cannot (EOPNOTSUPP), or they are two disks (EXDEV).
    """
    import fcntl

    reading = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
        try:
            fcntl.ioctl(writing, _FICLONE, reading)
            return os.fstat(writing).st_size
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def clone_file(libc: Any, source: str, target: str) -> int:
    """Share all blocks of a file with a new one, by macOS's `clonefile(2)`.

    Args:
        libc: the C library, loaded with `use_errno`.
        source: the old file.
        target: the new one.

    Raises:
        OSError: the disk cannot (ENOTSUP), or they are two disks (EXDEV).
    """
    if libc.clonefile(os.fsencode(source), os.fsencode(target), _CLONE_NOFOLLOW):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), target)
    os.chmod(target, _PRIVATE)  # noqa: PTH101 - a clone has the old one's mode
    return os.stat(target).st_size  # noqa: PTH116 - once for each file


def _clone_file(source: str, target: str) -> int:  # pragma: no cover - macOS
    return clone_file(ctypes.CDLL(None, use_errno=True), source, target)


def shares_on_windows(volume_flags: int, build: int) -> bool:
    """Return whether `CopyFileW` shares blocks: on a volume that counts references to them, since build 26100."""
    return bool(volume_flags & _SUPPORTS_BLOCK_REFCOUNTING) and build >= _WINDOWS_THAT_SHARES


def copy_on_windows(kernel32: Any, flags: int, build: int, source: str, target: str) -> int:
    """Copy a file by `CopyFileW`, where that shares blocks; the new one's rights are those of its folder.

    Args:
        kernel32: the library, loaded with `use_last_error`.
        flags: the flags of the target's volume.
        build: the build of Windows.
        source: the old file.
        target: the new one.

    Raises:
        OSError: it does not share blocks here, or copying failed.
    """
    if not shares_on_windows(flags, build):
        raise OSError(errno.EOPNOTSUPP, "this volume shares no blocks", target)
    if not kernel32.CopyFileW(source, target, 1):  # 1: fail where there is a target
        raise OSError(errno.EIO, f"CopyFileW failed (error {kernel32.GetLastError()})", target)
    return os.stat(target).st_size  # noqa: PTH116 - once for each file


def _block_clone(source: str, target: str) -> int:  # pragma: no cover - Windows
    kernel32 = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009 - a checker elsewhere does not know it
    flags = ctypes.c_uint32()
    root = os.path.splitdrive(os.path.abspath(target))[0] + "\\"  # noqa: PTH100 - once for each file
    kernel32.GetVolumeInformationW(root, None, 0, None, None, ctypes.byref(flags), None, 0)
    return copy_on_windows(kernel32, flags.value, int(platform.version().rpartition(".")[2] or 0), source, target)
