"""An order's attachments, each fetched with its own tries; why one is missing is noted. Never publishes any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenacity import RetryError

from pytest_edgepool import events
from pytest_edgepool.downloads.transfer import NotADownload, fetch
from pytest_edgepool.errors import (
    FileRefused,
    NetworkTrouble,
    ServerTrouble,
    SignedOut,
    TooManyRequests,
    TransferBroken,
)
from pytest_edgepool.fulfilment.opening import FINAL, UNWELL, trouble_of
from pytest_edgepool.portals.portal import PageKind

if TYPE_CHECKING:
    from pytest_edgepool.downloads.attachment import Attachment, DownloadedFile
    from pytest_edgepool.downloads.shelf import WorkFolder
    from pytest_edgepool.fulfilment.attempt import Attempt


def fetch_all(attempt: Attempt, wanted: list[Attachment], work: WorkFolder) -> None:
    """Fetch the attachments into the work folder; note in the order's progress why those are missing that are.

    Raises:
        SignedOut: the site asked to sign in again.
        BrowserTrouble: the browser died; it is not mended in this tab.
        DeadlinePassed: time is up.
    """
    missing = attempt.progress.missing
    missing.clear()
    for each in wanted:
        error = _missing(attempt, each, work)
        if error is not None:
            missing.append(error)
        if isinstance(error, TooManyRequests):
            return  # a site that has said it at each try is not asked for the rest as well


def _missing(attempt: Attempt, attachment: Attachment, work: WorkFolder) -> BaseException | None:
    """Fetch one attachment, trying again within bounds; return why it is missing, or None when it is not."""
    try:
        # A browser in trouble is not mended in this tab: that goes up to whoever can give a new one.
        for each in attempt.desk.tries(TransferBroken, NetworkTrouble, ServerTrouble):
            with each:
                file = _when_allowed(attempt, attachment, work)
    except RetryError as given_up:
        return given_up.last_attempt.exception() or given_up
    except FileRefused as refused:
        return refused
    told = events.FileArrived(number=attempt.order.number, file=file.name, size_bytes=file.size, url=file.url)
    attempt.desk.tell(told)
    return None


def _when_allowed(attempt: Attempt, attachment: Attachment, work: WorkFolder) -> DownloadedFile:
    """Fetch one attachment as soon as the site may be asked; the wait is not taken off the order's time."""
    back_off = attempt.desk.back_off
    attempt.deadline = attempt.deadline.later(back_off.wait())
    with attempt.browser.within(attempt.deadline):
        if back_off.is_in_trouble:
            attempt.tab.watch()
        try:
            return _fetched(attempt, attachment, work)
        except (NetworkTrouble, ServerTrouble) as error:
            back_off.hear(error, attempt.order.number)
            raise


def _fetched(attempt: Attempt, attachment: Attachment, work: WorkFolder) -> DownloadedFile:
    try:
        return fetch(attempt.tab, attachment, work, attempt.deadline)
    except NotADownload as error:
        page = attempt.desk.portal.read(attempt.tab.driver)
        if page.kind is PageKind.SIGNED_OUT:
            raise SignedOut("the site asked to sign in again instead of sending a file") from error
        if page.kind in UNWELL:
            raise trouble_of(attempt, page) from error
        if page.kind in FINAL:
            raise FileRefused(f"{error}: {page.kind} (HTTP status {page.http_status})") from error
        raise TransferBroken(f"{error} (HTTP status {page.http_status})") from error
