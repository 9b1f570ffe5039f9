"""An order's page in its tab: opened, read when it is whole, and what it answers. Never fetches a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.errors import ServerTrouble, SignedOut, StrangePage, TooManyRequests
from pytest_edgepool.fulfilment.backing_off import seconds_in
from pytest_edgepool.outcomes.status import Status, one_line
from pytest_edgepool.portals.portal import HOLDS_FILES, Page, PageKind
from pytest_edgepool.portals.reading import BUSY_SECONDS, read_whole
from pytest_edgepool.portals.underway import count_requests
from pytest_edgepool.redact import plain_url, redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgepool.fulfilment.attempt import Attempt

# What no further try changes, and what the user is told of it.
FINAL = {
    PageKind.NOT_FOUND: (Status.PO_NOT_FOUND, "the site has no such order"),
    PageKind.NO_ACCESS: (Status.ACCESS_DENIED, "the site does not let this user see the order"),
}
UNWELL = (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR)

_TOO_MANY_REQUESTS = 429


def opened(attempt: Attempt) -> Page:
    """Open the order's page; return it when it is an order's, or the site's last word on it.

    Where the order may have several addresses, the next is asked when the site knows none of that name.

    Raises:
        SignedOut: the site does not know us; such a page is never "not found".
        ServerTrouble: the site is unwell.
        StrangePage: it is none of these, or it was still being filled when all patience was over.
    """
    if attempt.tab.is_in_front:  # what was opened in the background counts from its beginning
        count_requests(attempt.tab.driver)
    for url in attempt.desk.order_urls:
        page = shown(attempt, url)
        attempt.progress.url = url
        if page.kind is not PageKind.NOT_FOUND:
            break
    if page.kind is not PageKind.ORDER and page.kind not in FINAL:
        raise StrangePage(f"{plain_url(page.url)} shows no order (a page of the kind {page.kind})")
    attempt.progress.supplier, attempt.progress.found = page.supplier, len(page.attachments)
    return page


def answer_of(page: Page, unseen: Sequence[BaseException] = ()) -> tuple[Status, str] | None:
    """Return the status, and its reason, of an order that has nothing to be fetched; None when it has.

    Args:
        page: the order's page.
        unseen: why what it refers to cannot be seen: then nobody knows whether the order has attachments.
    """
    if page.kind in FINAL:
        return FINAL[page.kind]
    if page.attachments:
        return None
    if unseen:
        return Status.ACCESS_DENIED, one_line("; ".join(redacted(str(each)) for each in unseen))
    return Status.NO_ATTACHMENTS, ""


def trouble_of(attempt: Attempt, page: Page) -> ServerTrouble:
    """Return what the site's own trouble is, with what its `Retry-After` asked for, where that was seen."""
    headers = attempt.tab.headers()
    asked = seconds_in(headers.get("retry-after", ""), headers.get("date", ""), attempt.desk.clock.now())
    kind = TooManyRequests if page.http_status == _TOO_MANY_REQUESTS else ServerTrouble
    return kind(page.http_status, asked)


def shown(attempt: Attempt, url: str) -> Page:
    """Send the tab to a page of the site and return it, whole, with the attachments that the suite chose.

    Raises:
        SignedOut: the site does not know us.
        ServerTrouble: the site is unwell.
        StrangePage: the part with its attachments was still being filled when all patience was over.
    """
    desk, tab = attempt.desk, attempt.tab
    if desk.back_off.is_in_trouble:
        tab.watch()
    tab.open(url)
    page = read_whole(tab.driver, desk.portal, attempt.deadline, desk.clock, desk.patience)
    if page.kind in HOLDS_FILES:
        chosen = desk.chosen(attempt.order, page, tab.driver)
        page = page if chosen is None else replace(page, attachments=tuple(chosen), is_busy=False)
    number, attachments = attempt.order.number, len(page.attachments)
    desk.tell(events.PageRead(number=number, kind=page.kind, url=plain_url(page.url), attachments=attachments))
    if page.kind is PageKind.SIGNED_OUT:
        raise SignedOut("the site asks to sign in again")
    if page.kind in UNWELL:
        raise trouble_of(attempt, page)
    if page.kind in HOLDS_FILES and page.is_busy:
        raise StrangePage(f"{plain_url(page.url)} was still being filled after {BUSY_SECONDS:g} s")
    return page
