"""What can happen to browsers, and to workers for want of memory, as events. Never does anything about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pytest_edgepool.events.event import Event

if TYPE_CHECKING:
    from pytest_edgepool.settings import LogLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserStarted(Event):
    """A browser runs and answers."""

    name: ClassVar[str] = "browser.started"
    slot: int
    browser_version: str
    driver_version: str
    pid: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserRecycled(Event):
    """A browser was ended in order and started again on the same profile, between two items."""

    name: ClassVar[str] = "browser.recycled"
    slot: int
    because: str
    tabs: int
    memory_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecyclingFailed(Event):
    """A browser that was ended to be started anew did not start; the next item tries again."""

    name: ClassVar[str] = "browser.recycling_failed"
    slot: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserGivenUp(Event):
    """A browser is no use any more: it, its driver or its supervisor died or hangs, or its main window crashed."""

    name: ClassVar[str] = "browser.given_up"
    slot: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserEnded(Event):
    """A browser was ended, in order or not."""

    name: ClassVar[str] = "browser.ended"
    slot: int
    tabs: int
    memory_bytes: int
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryShort(Event):
    """Memory is short though no browser is large: what helps is to start fewer workers."""

    name: ClassVar[str] = "memory.short"
    used: float
    browser_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerWaited(Event):
    """A worker waited before its next order, because memory or processor were short; `in_vain` when they still are."""

    name: ClassVar[str] = "worker.waited"
    because: str
    seconds: float
    in_vain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverCalled(Event):
    """One command went to the driver. Never carries its parameters: they hold form fields and cookies."""

    name: ClassVar[str] = "driver.called"
    level: ClassVar[LogLevel] = "complete"
    command: str
    seconds: float
