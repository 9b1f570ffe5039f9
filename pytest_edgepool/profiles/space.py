"""Whether there is room for a copy, found out before anything is copied. Never frees any."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgepool.errors import ProfileTrouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST_START_BYTES = 4_000_000
"""What a browser writes into its profile when it first starts (measured on Chromium 156: 2.8 MB)."""
SHARED_PART = 0.1
"""How much of a file's size a copy that shares its blocks is taken to need: names, and what a browser soon changes."""


def free_bytes_on(folder: Path) -> int:
    """Return how many bytes this user may still write where a folder is, or will be.

    Raises:
        OSError: the disk does not say.
    """
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    return shutil.disk_usage(there).free


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much room is asked for, and where the answer comes from.

    Attributes:
        clones: how many clones are to be made from a template.
        state: the state folder, for the sentence; else the folder above the copy.
        free_bytes: says how much is free where a folder is.
    """

    clones: int = 0
    state: Path | None = None
    free_bytes: Callable[[Path], int] = field(default=free_bytes_on)

    def for_template(self, folder: Path, size_bytes: int, *, shares_blocks: bool) -> None:
        """Make sure that a template has room where `folder` will be, and then its clones.

        Args:
            folder: where the template goes; its clones go to the same disk.
            size_bytes: all files of the template. Copied from another disk, they need all of it.
            shares_blocks: whether clones will share the template's blocks.

        Raises:
            ProfileTrouble: they have not; one sentence with the numbers and the remedy.
        """
        each = clone_bytes(size_bytes, shares_blocks=shares_blocks)
        what = "the template"
        if self.clones:
            what += f" and {self.clones} clone{'s' if self.clones > 1 else ''}"
        self._require(folder, size_bytes + self.clones * each, what)

    def for_clone(self, folder: Path, size_bytes: int, *, shares_blocks: bool) -> None:
        """Make sure that one clone of a template of that size has room where `folder` will be.

        Raises:
            ProfileTrouble: it has not; one sentence with the numbers and the remedy.
        """
        self._require(folder, clone_bytes(size_bytes, shares_blocks=shares_blocks), "a clone")

    def _require(self, folder: Path, needed: int, what: str) -> None:
        free = self.free_bytes(folder)
        if free < needed:
            raise ProfileTrouble(
                f"Not enough room: {in_words(needed)} needed for {what}, {in_words(free)} free at "
                f"{self.state or folder.parent}; free some, or set edgepool_state_dir to a folder on another disk."
            )


def clone_bytes(size_bytes: int, *, shares_blocks: bool) -> int:
    """Return the bytes that a clone of a template of that size is taken to need, a browser's first start included."""
    return int(size_bytes * (SHARED_PART if shares_blocks else 1)) + FIRST_START_BYTES


def in_words(size_bytes: int) -> str:
    """Return a number of bytes as a person reads it: `31 MB`, `1.4 GB`, `612 kB`."""
    for unit, bytes_of_it, digits in (("GB", 1e9, 1), ("MB", 1e6, 0)):
        if size_bytes >= bytes_of_it:
            return f"{size_bytes / bytes_of_it:.{digits}f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"
