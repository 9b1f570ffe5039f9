"""What the browsers of a run used of memory and processor: told, and kept for `-n auto`. Measures none itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgepool.workers.carrying import remember

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_edgepool.settings import Settings
    from pytest_edgepool.workers.slots import SlotStatus


def spent_by(slots: Sequence[SlotStatus]) -> dict[str, Any]:
    """Return what the browsers of a run used, as the report tells it.

    Args:
        slots: what the workers last said; each adds up what all browsers used when it looked at its own.
    """
    return {
        "peak_bytes": max((max(each.memory_total, each.memory_bytes) for each in slots), default=0),
        "peak_bytes_by_worker": {each.worker: each.memory_bytes for each in slots if each.memory_bytes},
        "cpu_seconds": round(sum(each.cpu_seconds for each in slots), 1),
        "recycles": sum(each.recycles for each in slots),
        "waited_seconds": round(sum(each.waited_seconds for each in slots), 1),
    }


def line_of(slots: Sequence[SlotStatus], settings: Settings) -> str:
    """Return the summary's line, or "" when no browser was looked at."""
    return "; ".join(_parts_of(slots, settings))


def _parts_of(slots: Sequence[SlotStatus], settings: Settings) -> Iterator[str]:
    spent = spent_by(slots)
    if not spent["peak_bytes"]:
        return
    yield f"browsers: at most {spent['peak_bytes'] / 1e6:.0f} MB at once, {spent['cpu_seconds']:.0f} s of processor"
    if spent["recycles"]:
        yield f"started anew {_times(spent['recycles'])}"
    if spent["waited_seconds"]:
        yield f"workers waited {spent['waited_seconds']:.0f} s because memory or processor were short"
    if any(each.recycle_at > settings.edgepool_recycle_least_tabs for each in slots):
        yield "memory is short, though no browser is large: start fewer workers"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def keep_size(state: Path, slots: Sequence[SlotStatus]) -> None:
    """Keep what the largest browser used, for the next run's `-n auto`.

    Raises:
        OSError: it could not be written.
    """
    remember(state, max((each.memory_bytes for each in slots), default=0))
