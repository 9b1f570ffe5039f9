"""What happens to an order, from its first try to its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pytest_edgepool.events.event import Event

if TYPE_CHECKING:
    from pytest_edgepool.settings import LogLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBegun(Event):
    """A try at an order begins."""

    name: ClassVar[str] = "order.begun"
    level: ClassVar[LogLevel] = "detailed"
    number: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead(Event):
    """The portal read an order's page."""

    name: ClassVar[str] = "page.read"
    level: ClassVar[LogLevel] = "detailed"
    number: str
    kind: str
    url: str
    attachments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileArrived(Event):
    """An attachment arrived and was found whole."""

    name: ClassVar[str] = "file.arrived"
    level: ClassVar[LogLevel] = "detailed"
    number: str
    file: str
    size_bytes: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLearned(Event):
    """From an origin files are fetched another way from now on: where direct HTTP was refused, the browser was not."""

    name: ClassVar[str] = "transfer.learned"
    origin: str
    way: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CookiesRefused(Event):
    """The browser does not take cookies that a site set when direct HTTP asked it. Tells names, never a value."""

    name: ClassVar[str] = "cookies.refused"
    refused: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAheadFailed(Event):
    """Nobody could say which page comes next, so none is opened ahead: the order meets the same in its own turn."""

    name: ClassVar[str] = "order.look_ahead_failed"
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TryFailed(Event):
    """A try at an order failed and may be repeated."""

    name: ClassVar[str] = "order.try_failed"
    number: str
    attempt: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BugMet(Event):
    """An error that nobody foresaw cost an order its outcome. Tells where, never with which values."""

    name: ClassVar[str] = "bug.met"
    number: str
    error: str
    places: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFinished(Event):
    """An order has its outcome, and the ledger has it too."""

    name: ClassVar[str] = "order.finished"
    number: str
    status: str
    reason: str
    files: int
    size_bytes: int
    attempts: int
    seconds: float
