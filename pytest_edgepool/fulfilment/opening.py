"""An order's page in its tab: opened, read when it has settled, and what it answers. Never fetches a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.errors import ServerTrouble, SignedOut, StrangePage, TooManyRequests
from pytest_edgepool.fulfilment.backing_off import seconds_in
from pytest_edgepool.outcomes.status import Status
from pytest_edgepool.portals.portal import Page, PageKind
from pytest_edgepool.portals.reading import read_settled
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
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

    Raises:
        SignedOut: the site does not know us; such a page is never "not found".
        ServerTrouble: the site is unwell.
        StrangePage: it is none of these.
    """
    page = _shown(attempt)
    if page.kind is PageKind.SIGNED_OUT:
        raise SignedOut("the site asks to sign in again")
    if page.kind in UNWELL:
        raise trouble_of(attempt, page)
    if page.kind is not PageKind.ORDER and page.kind not in FINAL:
        raise StrangePage(f"{plain_url(page.url)} shows no order (a page of the kind {page.kind})")
    return page


def answer_of(page: Page) -> tuple[Status, str] | None:
    """Return the status, and its reason, of an order that has nothing to be fetched; None when it has."""
    if page.kind in FINAL:
        return FINAL[page.kind]
    return None if page.attachments else (Status.NO_ATTACHMENTS, "")


def trouble_of(attempt: Attempt, page: Page) -> ServerTrouble:
    """Return what the site's own trouble is, with what its `Retry-After` asked for, where that was seen."""
    headers = attempt.tab.headers()
    asked = seconds_in(headers.get("retry-after", ""), headers.get("date", ""), attempt.desk.clock.now())
    kind = TooManyRequests if page.http_status == _TOO_MANY_REQUESTS else ServerTrouble
    return kind(page.http_status, asked)


def _shown(attempt: Attempt) -> Page:
    desk, progress = attempt.desk, attempt.progress
    if desk.back_off.is_in_trouble:
        attempt.tab.watch()
    attempt.tab.open(desk.order_url)
    page = read_settled(lambda: desk.portal.read(attempt.tab.driver), attempt.deadline, desk.clock)
    progress.supplier, progress.found = page.supplier, len(page.attachments)
    desk.tell(
        events.PageRead(
            number=attempt.order.number,
            kind=page.kind,
            url=plain_url(page.url),
            attachments=len(page.attachments),
        )
    )
    return page
