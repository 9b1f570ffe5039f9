"""How many may do it at once on this machine, across all runs. Never knows what it is that they do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.errors import DeadlinePassed, RunStopped
from pytest_edgepool.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def through_gate(
    folder: Path, name: str, width: int, patience_seconds: float, is_stopping: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Hold one of `width` places for a block, waiting for one to be free.

    Args:
        folder: where the places' lock files lie.
        name: what the gate is for.
        width: how many may be inside at once.
        patience_seconds: how long to wait.
        is_stopping: whether the run is being ended: then nobody waits.

    Raises:
        DeadlinePassed: no place became free in time.
        RunStopped: the run was ended meanwhile.
    """
    places = [Lock(folder / f"{name}-{number}.lock") for number in range(width)]

    def enter() -> bool:
        if is_stopping():
            raise RunStopped(f"the run was ended while it waited for the {name} gate")
        return any(place.take() for place in places)

    if not wait_until(enter, Deadline.after(patience_seconds, f"waiting for the {name} gate")):
        raise DeadlinePassed(f"waiting for the {name} gate", patience_seconds)
    try:
        yield
    finally:
        for place in places:
            place.free()
