"""Copies the files of a profile that nobody has open. Never decides what is copied."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path, PurePath

    from pytest_edgepool.profiles.means import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A file to be copied, as it was when it was listed.

    Attributes:
        source: where it lies.
        relative: its POSIX path below the folder that is made.
        size_bytes: its size.
        changed_at: when its content changed last, in nanoseconds.
    """

    source: str
    relative: str
    size_bytes: int
    changed_at: int

    @property
    def name(self) -> str:
        """Its name in its folder."""
        return self.relative.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder it goes to, as a POSIX path; "" for the topmost."""
        return self.relative.rpartition("/")[0]


def list_files(folder: Path, below: str, stays: Callable[[PurePath], bool]) -> tuple[Listed, ...]:
    """List the regular files of a folder that do not stay, in order; symlinks always stay.

    Args:
        folder: where to look.
        below: where they go, as a POSIX path below the folder that is made.
        stays: says of a path relative to `folder` that it stays out; a folder that stays is not looked into.

    Raises:
        OSError: a folder cannot be read, and what is in it would silently be missing.
    """
    return tuple(_listed(str(folder), PurePosixPath(), f"{below}/" if below else "", stays))


def _listed(folder: str, inside: PurePosixPath, below: str, stays: Callable[[PurePath], bool]) -> Iterator[Listed]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda each: each.name)
    except FileNotFoundError:
        return  # a running browser took it away after its name was read
    for entry in entries:
        relative = inside / entry.name
        if entry.is_symlink() or stays(relative):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _listed(entry.path, relative, below, stays)
        elif entry.is_file(follow_symlinks=False) and (listed := list_file(entry.path, f"{below}{relative}")):
            yield listed


def list_file(source: str, relative: str) -> Listed | None:
    """Return a file as it is now, or None when it is gone.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        status = os.stat(source)  # noqa: PTH116 - once for each file
    except FileNotFoundError:
        return None
    return Listed(source=source, relative=relative, size_bytes=status.st_size, changed_at=status.st_mtime_ns)


def make_folders(target: Path, relatives: Iterable[str]) -> None:
    """Make the private folders (0700) that files of these POSIX paths need, `target` and those above it included.

    Raises:
        OSError: one could not be made.
    """
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {""}
    for relative in relatives:
        folder = relative.rpartition("/")[0]
        if folder in made:
            continue
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            if (each := "/".join(parts[:depth])) not in made:
                made.add(each)
                os.makedirs(f"{target}/{each}", mode=0o700, exist_ok=True)  # noqa: PTH103 - once for each folder


def copy_files(listed: Iterable[Listed], target: Path, means: Means) -> tuple[str, ...]:
    """Copy what was listed into a new private folder; return the paths that changed or vanished since.

    What vanished is left out, what changed may be half of one and half of the other: a copy with any of them is none.

    Raises:
        OSError: reading or writing failed.
    """
    listed = tuple(listed)
    make_folders(target, (each.relative for each in listed))
    for each in listed:
        try:
            means.copy(each.source, f"{target}/{each.relative}")
        except FileNotFoundError:
            continue  # told below
    return tuple(each.relative for each in listed if list_file(each.source, each.relative) != each)
