"""What the state folder's disk can do and how much room is on it. Never measures by filling it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.doctor.finding import Finding, ok, warning, wrong
from pytest_edgepool.profiles.space import clone_bytes, in_words

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.profiles.means import Means

_BY = {
    "reflink": "copy-on-write (reflink)",
    "clonefile": "copy-on-write (clonefile)",
    "block-clone": "copy-on-write (block cloning)",
    "copy": "plain copy of the trimmed profile, for want of copy-on-write on this disk",
}
# What a run writes besides profiles: downloads in hand, logs, caches of browsers that work for hours.
SPARE_BYTES = 1_000_000_000


def judge_means(means: Means, folder: Path) -> Finding:
    """Return how clones are made on the state folder's disk; either way is fine."""
    return ok("copying", f"clones in {folder} are made by {_BY[means.name]}")


def judge_room(free_bytes: int, size_bytes: int | None, clones: int, means: Means, folder: Path) -> Finding:
    """Return whether the template and its clones have room.

    Args:
        free_bytes: what is free on the state folder's disk.
        size_bytes: what a clone holds, or None when it is not known.
        clones: how many there may be.
        means: how they are made.
        folder: the state folder.
    """
    told = f"{in_words(free_bytes)} free at {folder}"
    remedy = "free some, or set EDGEPOOL_STATE_DIR to a folder on another disk"
    if size_bytes is None:
        enough = free_bytes >= SPARE_BYTES
        told = f"{told}; what a run needs is not known without a base that can be copied"
        return ok("room", told) if enough else warning("room", told, remedy)
    needed = size_bytes + clones * clone_bytes(size_bytes, shares_blocks=means.shares_blocks)
    told = f"{told}; template and {clones} clones need {in_words(needed)}"
    if free_bytes < needed:
        return wrong("room", told, remedy)
    if free_bytes < needed + SPARE_BYTES:
        return warning("room", f"{told}, and little is left for downloads", remedy)
    return ok("room", told)
