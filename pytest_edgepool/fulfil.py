"""The story of one order, on one screen: tries until it is done or hopeless. Never decides who runs it."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import RetryError

from pytest_edgepool import events
from pytest_edgepool.browser.wire import DriverError, what_it_said
from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads.disk import spoken_trouble
from pytest_edgepool.errors import (
    BrowserTrouble,
    DeadlinePassed,
    NetworkTrouble,
    Permanent,
    Retired,
    Retryable,
    RunStopped,
    ServerTrouble,
    SessionRenewed,
    SignedOut,
    TabTrouble,
)
from pytest_edgepool.failures import Kind, failure_of
from pytest_edgepool.fulfilment.ahead import tab_for
from pytest_edgepool.fulfilment.attempt import Attempt
from pytest_edgepool.fulfilment.desk import Desk, Progress
from pytest_edgepool.outcomes.status import Outcome, is_done, one_line
from pytest_edgepool.redact import plain_url, redacted

if TYPE_CHECKING:
    from pytest_edgepool.orders.order import PurchaseOrder

_EVIDENCE_SECONDS = 10.0
_HEARTBEAT_SECONDS = 2.0  # a hanging browser gets that much before it is left without evidence
_PLACES = 6  # of a bug's traceback: the innermost say what happened


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
        outcome = _failed(order, desk, progress, given_up.last_attempt.exception() or given_up)
    except (RunStopped, Retired):
        raise
    except Exception as error:  # noqa: BLE001 - the table of failures has a row for each, and for bugs too
        outcome = _failed(order, desk, progress, error)
    desk.judge(outcome, progress.failure)
    return replace(
        outcome,
        supplier=progress.supplier,
        url=plain_url(progress.url or desk.order_urls[0]),
        attachments_found=progress.found,
        attempts=progress.attempts,
        seconds=round(desk.clock.monotonic() - begun, 3),
        evidence="" if is_done(outcome.status) else progress.evidence,
    )


def _one_try(order: PurchaseOrder, desk: Desk, progress: Progress) -> Outcome:
    """Work on the order in one new tab, bounded by one deadline; a failure is told before it is raised.

    The wait for a site that wants to be left alone comes first: it is not taken off the order's time.
    """
    desk.back_off.wait()
    desk.take_up()
    desk.tell(events.OrderBegun(number=order.number, attempt=progress.attempts))
    try:
        return _in_new_tab(order, desk, progress)
    except DriverError as error:
        trouble = TabTrouble(f"the tab failed: {what_it_said(error)}")
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
    """Work on the order in one new tab.

    A browser that hangs is asked with limits of its own, shorter than the order's: that one of them passed is the
    browser's trouble, and the order gets another try.
    """
    attempt: Attempt | None = None
    try:
        browser = desk.browser()
        deadline = Deadline.after(desk.settings.po_timeout, f"PO {order.number}", desk.clock)
        with browser.within(deadline), tab_for(desk, progress, browser) as tab:
            attempt = Attempt(order=order, desk=desk, progress=progress, browser=browser, tab=tab, deadline=deadline)
            return _with_evidence(attempt)
    except DeadlinePassed as error:
        if attempt is not None and attempt.deadline.passed:
            raise
        raise BrowserTrouble(str(error)) from error


def _with_evidence(attempt: Attempt) -> Outcome:
    """Run a try; when it fails, keep what the tab shows, if it shows anything."""
    try:
        return _told_of_disk(attempt)
    except RunStopped:
        raise  # there is no time for evidence
    except (Retryable, Permanent, DeadlinePassed, DriverError) as error:
        if attempt.tab.heartbeat(_HEARTBEAT_SECONDS):
            try:
                with attempt.browser.within(Deadline.after(_EVIDENCE_SECONDS, "taking evidence")):
                    attempt.keep_evidence()
            except (BrowserTrouble, DeadlinePassed, DriverError) as second:  # why it failed at first says more
                error.add_note(f"and there is no evidence: {second}")
        raise


def _told_of_disk(attempt: Attempt) -> Outcome:
    """Run a try; what the system says of a file or a connection becomes one of our errors, each with its remedy."""
    try:
        return attempt.run()
    except (ConnectionError, TimeoutError) as error:  # of the system's errors these are the browser's, not the disk's
        raise BrowserTrouble(f"the connection to the browser broke ({error.strerror or error})") from error
    except OSError as error:
        raise spoken_trouble(attempt.desk.shelf.output, error) from error


def _tell(order: PurchaseOrder, desk: Desk, progress: Progress, error: Exception) -> bool:
    """Tell that a try failed; return whether the session had ended and was renewed.

    Raises:
        AskedToWait: the site asks for a longer wait than the settings grant.
    """
    desk.tell(events.TryFailed(number=order.number, attempt=progress.attempts, error=one_line(str(error))))
    if isinstance(error, NetworkTrouble | ServerTrouble):
        desk.back_off.hear(error, order.number)
    return desk.doubt(error)


def _failed(order: PurchaseOrder, desk: Desk, progress: Progress, error: BaseException) -> Outcome:
    """Return the outcome that an error which nothing could mend means; one that would meet all orders ends the run."""
    failure = progress.failure = failure_of(error)
    reason = str(error)
    if failure.kind is Kind.BUG:
        places = [f"{Path(each.filename).name}:{each.lineno}" for each in traceback.extract_tb(error.__traceback__)]
        reason = f"{type(error).__name__} at {places[-1] if places else '?'}: {error}; please report it"
        desk.tell(events.BugMet(number=order.number, error=type(error).__name__, places=places[-_PLACES:]))
    if failure.ends_run and isinstance(error, Exception):
        desk.stop(error)
    return Outcome(number=order.number, status=failure.status, reason=one_line(redacted(reason)))
