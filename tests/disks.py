"""Disks of our own: images in files, mounted for a block and always taken away again. Only for root on Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What makes the file system; `xfs-plain` is an XFS that shares no blocks.
MAKING = {
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
    "xfs": ("mkfs.xfs", "-q", "-f", "-m", "reflink=1"),
    "xfs-plain": ("mkfs.xfs", "-q", "-f", "-m", "reflink=0"),
}
LEAST_BYTES = 320_000_000  # XFS takes no less than 300 MB; the images are sparse


class NoDisk(Exception):  # noqa: N818 - not a fault
    """This machine makes no such disk; the message says why."""


def why_not(kind: str) -> str:
    """Why a disk of this kind cannot be made here, or ""."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "mounting needs root on Linux"
    if shutil.which("mount") is None:
        return "there is no mount"
    if kind != "tmpfs" and shutil.which(MAKING[kind][0]) is None:
        return f"{MAKING[kind][0]} is not installed"
    return ""


@contextmanager
def mounted(kind: str, place: Path, size_bytes: int = LEAST_BYTES) -> Iterator[Path]:
    """An empty disk of that kind, mounted below `place`.

    Raises:
        NoDisk: this machine makes none.
    """
    if reason := why_not(kind):
        raise NoDisk(reason)
    image, point = place / f"{kind}.img", place / kind
    point.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(point)]
    if kind != "tmpfs":
        with image.open("xb") as file:
            file.truncate(size_bytes)
        _run([*MAKING[kind], str(image)])
        command = ["mount", "-o", "loop", str(image), str(point)]  # the loop device goes with the mount
    try:
        _run(command)
        yield point
    finally:
        while os.path.ismount(point):
            # Lazily when a test that failed still has a file open there: it goes as soon as that is closed.
            if subprocess.run(["umount", str(point)], check=False, capture_output=True).returncode:
                subprocess.run(["umount", "-l", str(point)], check=True, capture_output=True)
        image.unlink(missing_ok=True)
        point.rmdir()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NoDisk(f"{command[0]}: {done.stderr.strip()}")


def used_bytes(folder: Path) -> int:
    """What is written on the disk of a folder, once all of it is."""
    subprocess.run(["sync", "-f", str(folder)], check=True)
    status = os.statvfs(folder)
    return (status.f_blocks - status.f_bfree) * status.f_frsize
