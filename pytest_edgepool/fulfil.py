"""The story of one order, on one screen: tries until it is done or hopeless. Never decides who runs it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tenacity import RetryError

from pytest_edgepool import events
from pytest_edgepool.attempt import Attempt, Desk, Progress
from pytest_edgepool.browser.wire import DriverError, what_it_said
from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import (
    BrowserTrouble,
    DeadlinePassed,
    Permanent,
    Retired,
    Retryable,
    RunStopped,
    ServerTrouble,
    SessionRenewed,
    SignedOut,
    UsageMistake,
)
from pytest_edgepool.outcomes.status import Outcome, Status, is_done, one_line
from pytest_edgepool.redact import plain_url, redacted

if TYPE_CHECKING:
    from pytest_edgepool.orders.order import PurchaseOrder

_EVIDENCE_SECONDS = 10.0
_HEARTBEAT_SECONDS = 2.0  # a hanging browser gets that much before it is left without evidence
_TOO_MANY_REQUESTS = 429


def fulfil(order: PurchaseOrder, desk: Desk) -> Outcome:
    """Fetch everything that an order's page offers, trying again within bounds; failures come back as outcomes.

    Raises:
        RunStopped: the run is being ended, and this order was not finished.
        Retired: this worker cannot be signed in; the order was not begun, and others can have it.
    """
    begun = desk.clock.monotonic()
    progress = Progress()
    try:
        for attempt in desk.tries(Retryable):
            with attempt:
                progress.attempts += 1
                outcome = _one_try(order, desk, progress)
    except RetryError as given_up:
        outcome = _failed(order, given_up.last_attempt.exception() or given_up)
    except (RunStopped, Retired):
        raise
    except (Permanent, UsageMistake, DeadlinePassed, OSError) as error:
        outcome = _failed(order, error)
    return replace(
        outcome,
        supplier=progress.supplier,
        url=plain_url(desk.order_url),
        attachments_found=progress.found,
        attempts=progress.attempts,
        seconds=round(desk.clock.monotonic() - begun, 3),
        evidence="" if is_done(outcome.status) else progress.evidence,
    )


def _one_try(order: PurchaseOrder, desk: Desk, progress: Progress) -> Outcome:
    """Work on the order in one new tab, bounded by one deadline; a failure is told before it is raised."""
    desk.tell(events.OrderBegun(number=order.number, attempt=progress.attempts))
    try:
        return _in_new_tab(order, desk, progress)
    except DriverError as error:
        trouble = BrowserTrouble(f"the tab failed: {what_it_said(error)}")
        _tell(order, desk, progress, trouble)
        raise trouble from error
    except SignedOut as error:
        if _tell(order, desk, progress, error):
            raise SessionRenewed(str(error)) from error
        raise
    except (Retryable, DeadlinePassed) as error:
        _tell(order, desk, progress, error)
        raise


def _in_new_tab(order: PurchaseOrder, desk: Desk, progress: Progress) -> Outcome:
    browser = desk.browser()
    deadline = Deadline.after(desk.settings.po_timeout, f"PO {order.number}", desk.clock)
    with browser.within(deadline), browser.tab() as tab:
        attempt = Attempt(order=order, desk=desk, progress=progress, tab=tab, deadline=deadline)
        try:
            return attempt.run()
        except RunStopped:
            raise  # there is no time for evidence
        except (Retryable, Permanent, DeadlinePassed, DriverError):
            if tab.heartbeat(_HEARTBEAT_SECONDS):
                with browser.within(Deadline.after(_EVIDENCE_SECONDS, "taking evidence")):
                    attempt.keep_evidence()
            raise


def _tell(order: PurchaseOrder, desk: Desk, progress: Progress, error: Exception) -> bool:
    """Tell that a try failed; return whether the session had ended and was renewed."""
    desk.tell(events.TryFailed(number=order.number, attempt=progress.attempts, error=one_line(str(error))))
    return desk.doubt(error)


def _failed(order: PurchaseOrder, error: BaseException) -> Outcome:
    """Return the outcome that an error which nothing could mend means."""
    status = Status.FAILED
    if isinstance(error, SignedOut | SessionRenewed):
        status = Status.SESSION_EXPIRED
    elif isinstance(error, DeadlinePassed):
        status = Status.TIMEOUT
    elif isinstance(error, ServerTrouble) and error.status == _TOO_MANY_REQUESTS:
        status = Status.RATE_LIMIT
    return Outcome(number=order.number, status=status, reason=one_line(redacted(str(error))))
