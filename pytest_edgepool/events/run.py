"""What happens to a run as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_edgepool.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStopping(Event):
    """The run is being ended before its time."""

    name: ClassVar[str] = "run.stopping"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupFailed(Event):
    """Something of ours could not be removed; the next run or `edgepool clean` will try again."""

    name: ClassVar[str] = "cleanup.failed"
    what: str
    error: str
