"""How many browsers a machine's memory carries, by what earlier runs measured. Never starts one.

<state>/measured.json   the most that one browser of each of the last runs used, in bytes
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_edgepool.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

# Headless with one trivial page, PSS (measured with 156: 400 MB the first, 155 to 165 MB each further); real sites
# take more. An estimate, and told as one.
FIRST_BROWSER_BYTES = 400_000_000
FURTHER_BROWSER_BYTES = 300_000_000

# The sites of a machine's runs differ, and so do their pages: the largest of the last few counts.
_RUNS_REMEMBERED = 5


def browsers_carried(room_bytes: int, measured_bytes: int = 0) -> int:
    """Return how many browsers that much memory carries.

    Args:
        room_bytes: the memory that browsers may take.
        measured_bytes: what one browser was seen to use, or 0: then it is an estimate.
    """
    if measured_bytes > 0:
        return max(0, room_bytes) // measured_bytes
    if room_bytes < FIRST_BROWSER_BYTES:
        return 0
    return 1 + (room_bytes - FIRST_BROWSER_BYTES) // FURTHER_BROWSER_BYTES


def measured_bytes(state: Path) -> int:
    """Return the most that one browser used in the last runs, or 0 when none was measured."""
    return max(_measured(state), default=0)


def remember(state: Path, peak_bytes: int) -> None:
    """Keep what the largest browser of a run used; a run that measured none changes nothing.

    Raises:
        OSError: it could not be written.
    """
    if peak_bytes > 0:
        write_whole(state / "measured.json", json.dumps([*_measured(state), peak_bytes][-_RUNS_REMEMBERED:]).encode())


def _measured(state: Path) -> list[int]:
    try:
        held = json.loads((state / "measured.json").read_bytes())
    except (OSError, ValueError):
        return []  # no run yet, or no file of ours: an estimate does
    return [each for each in held if isinstance(each, int) and each > 0] if isinstance(held, list) else []
