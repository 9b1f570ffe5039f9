"""What one order is worked on with, and what is known of it so far. Never works on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.portals.reading import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from selenium.webdriver.remote.webdriver import WebDriver
    from tenacity import RetryCallState

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.downloads.shelf import Shelf
    from pytest_edgepool.errors import Retryable
    from pytest_edgepool.events import Event
    from pytest_edgepool.failures import Failure
    from pytest_edgepool.fulfilment.backing_off import BackOff
    from pytest_edgepool.fulfilment.ways import Ways
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.status import Outcome
    from pytest_edgepool.portals.portal import FoundAttachment, Page, Portal
    from pytest_edgepool.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What one order is worked on with.

    Attributes:
        portal: what we know of the site.
        order_urls: the addresses that the order's page may have, the likeliest first; at least one.
        shelf: where files end.
        settings: what is in force.
        tell: hears of every event.
        browser: gives the worker's browser, started, proved and signed in.
        back_off: until when the run leaves the site alone.
        stop: has no worker of the run begin anything new, for a reason.
        doubt: hears that a try failed, finds out what that says of the browser and of the sign-in, and returns whether
            a session that had ended was renewed.
        ways: how files are fetched: by direct HTTP, or by the browser.
        take_up: called when a try begins: from here on the order may be given up.
        settle: called when the files go on the shelf: from here on the order is not given up any more.
        chosen: says which of a page's attachments are the order's; None: those that the portal found.
        placed: says where a file goes, by order, name and supplier; None: into the order's folder.
        patience: what pages were waited for in vain.
        home_url: the address of a page that only somebody who is signed in can see; "" when nobody is asked there.
        judge: called with the order's outcome, and with the failure that it is of; None when the site answered.
        following: returns the address of the order that comes next in that browser, when it is sure to, else "".
        clock: where time comes from.
    """

    portal: Portal
    order_urls: tuple[str, ...]
    shelf: Shelf
    settings: Settings
    tell: Callable[[Event], None]
    browser: Callable[[], RunningBrowser]
    back_off: BackOff
    stop: Callable[[Exception], object]
    doubt: Callable[[Exception], bool]
    ways: Ways
    take_up: Callable[[], None] = lambda: None
    settle: Callable[[], None] = lambda: None
    chosen: Callable[[PurchaseOrder, Page, WebDriver], Sequence[FoundAttachment] | None] = lambda *_shown: None
    placed: Callable[[PurchaseOrder, str, str], str | None] = lambda *_file: None
    patience: Patience = field(default_factory=Patience)
    home_url: str = ""
    judge: Callable[[Outcome, Failure | None], object] = lambda _outcome, _failure: None
    following: Callable[[RunningBrowser], str] = lambda _browser: ""
    clock: Clock = SYSTEM_CLOCK

    def tries(self, *kinds: type[Retryable]) -> Retrying:
        """Return the tries that trouble of these kinds gets: bounded, with growing pauses and jitter.

        Where the whole run leaves the site alone, that is the pause.
        """
        first, most = self.settings.po_retry_seconds, self.settings.po_retry_most_seconds
        growing = wait_exponential(multiplier=first, max=max(first, most - first)) + wait_random(0, first)

        def pause(state: RetryCallState) -> float:
            return 0.0 if self.back_off.is_on else growing(state)

        return Retrying(
            stop=stop_after_attempt(self.settings.po_attempts),
            wait=pause,
            retry=retry_if_exception_type(kinds),
            sleep=self.clock.sleep,
        )


@dataclass(slots=True)
class Progress:
    """What is known of an order so far; it outlives a failed try, so that the outcome says what was seen."""

    attempts: int = 0
    url: str = ""
    supplier: str = ""
    found: int = 0
    evidence: str = ""
    failure: Failure | None = None
    missing: list[BaseException] = field(default_factory=list)
    unseen: list[BaseException] = field(default_factory=list)
