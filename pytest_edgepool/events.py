"""Everything that can happen, as frozen values with dotted names. Never does anything about it.

One event feeds the log, the news hooks and the reports alike. Fields hold no secrets: no cookie value, no form field,
and URLs are stripped by the log's own door besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pytest_edgepool.browser_events import BrowserEnded as BrowserEnded
from pytest_edgepool.browser_events import BrowserGivenUp as BrowserGivenUp
from pytest_edgepool.browser_events import BrowserRecycled as BrowserRecycled
from pytest_edgepool.browser_events import BrowserStarted as BrowserStarted
from pytest_edgepool.browser_events import DriverCalled as DriverCalled
from pytest_edgepool.browser_events import MemoryShort as MemoryShort
from pytest_edgepool.browser_events import RecyclingFailed as RecyclingFailed
from pytest_edgepool.browser_events import WorkerWaited as WorkerWaited
from pytest_edgepool.event import Event as Event

if TYPE_CHECKING:
    from pytest_edgepool.settings import LogLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStopping(Event):
    """The run is being ended before its time."""

    name: ClassVar[str] = "run.stopping"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLeased(Event):
    """A worker holds a slot."""

    name: ClassVar[str] = "slot.leased"
    slot: int
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCloned(Event):
    """A clone was made and checked."""

    name: ClassVar[str] = "profile.cloned"
    slot: int
    seconds: float
    size_bytes: int
    files: int
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileVerified(Event):
    """A profile was put to the proofs."""

    name: ClassVar[str] = "profile.verified"
    slot: int
    outcome: str
    methods: dict[str, str]
    seconds: float
    results: list[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileMended(Event):
    """A rung of the ladder was taken, because a profile was not proved."""

    name: ClassVar[str] = "profile.mended"
    slot: int
    rung: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHandedOver(Event):
    """A sign-in went from one browser into another. Tells how much it was and what was refused, never a value."""

    name: ClassVar[str] = "session.handed_over"
    slot: int
    giver: str
    cookies: int
    refused: list[str]
    origins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLost(Event):
    """The site no longer knows this worker's browser, and that could not be mended."""

    name: ClassVar[str] = "session.lost"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKept(Event):
    """At a clean end the freshest session went into the managed base."""

    name: ClassVar[str] = "session.kept"
    giver: str
    cookies: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRetired(Event):
    """A worker that cannot be signed in gives its items to others."""

    name: ClassVar[str] = "worker.retired"
    reason: str


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
class TryFailed(Event):
    """A try at an order failed and may be repeated."""

    name: ClassVar[str] = "order.try_failed"
    number: str
    attempt: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLeftAlone(Event):
    """No worker asks the site for a while: it asked for that, or it or the network is in trouble."""

    name: ClassVar[str] = "site.left_alone"
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitOpened(Event):
    """The site failed many POs in a row, of all workers: for a while nobody begins one."""

    name: ClassVar[str] = "circuit.opened"
    failed: int
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteProbed(Event):
    """While the circuit is open, this worker goes on with one PO to see whether the site answers again."""

    name: ClassVar[str] = "site.probed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitClosed(Event):
    """The site answered again: all workers go on."""

    name: ClassVar[str] = "circuit.closed"
    failed: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupFailed(Event):
    """Something of ours could not be removed; the next run or `edgepool clean` will try again."""

    name: ClassVar[str] = "cleanup.failed"
    what: str
    error: str
