"""Sweeping at the edges of a suite without orders. Never lets somebody else's left-overs fail a test."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.errors import Permanent
from pytest_edgepool.run import sweep

if TYPE_CHECKING:
    from collections.abc import Mapping


def sweep_quietly(state: Path) -> None:
    """Sweep what can be swept; what resists is told by the next run that prepares."""
    with suppress(Permanent):  # another run has been at it for a minute
        sweep(state, lambda _trouble: None)


def sweep_after(told: Mapping[str, str]) -> None:
    """Sweep when a worker has ended, which told its state folder: the last one leaves an empty run behind."""
    sweep_quietly(Path(told["state"]))
