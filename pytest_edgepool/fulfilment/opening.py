"""An order's page in its tab: opened, read when it is whole, and what it answers. Never fetches a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.errors import FileRefused, ServerTrouble, SignedOut, StrangePage, TooManyRequests
from pytest_edgepool.fulfilment.backing_off import seconds_in
from pytest_edgepool.outcomes.status import Status, one_line
from pytest_edgepool.portals.addresses import is_sign_in_address
from pytest_edgepool.portals.answered import reads_by_script
from pytest_edgepool.portals.portal import HOLDS_FILES, Page, PageKind
from pytest_edgepool.portals.reading import BUSY_SECONDS, read_whole
from pytest_edgepool.portals.underway import count_requests
from pytest_edgepool.redact import origin_of, plain_url, redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgepool.fulfilment.attempt import Attempt

# What no further try changes, and what the user is told of it.
FINAL = {
    PageKind.NOT_FOUND: (Status.PO_NOT_FOUND, "the site has no such order"),
    PageKind.NO_ACCESS: (Status.ACCESS_DENIED, "the site does not let this user see the order"),
}
UNWELL = (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR)

_FIRST_ERROR, _TOO_MANY_REQUESTS = 400, 429


def opened(attempt: Attempt) -> Page:
    """Open the order's page; return it when it is an order's, or the site's last word on it.

    Where the order may have several addresses, the next is asked when the site knows none of that name.

    Raises:
        SignedOut: the site does not know us; such a page is never "not found".
        ServerTrouble: the site is unwell.
        StrangePage: it is none of these, or it was still being filled when all patience was over.
    """
    attempt.progress.unseen.clear()
    if attempt.tab.is_in_front:  # what was opened in the background counts from its beginning
        count_requests(attempt.tab.driver)
    for url in attempt.desk.order_urls:
        page = _believed(attempt, url, shown(attempt, url))
        attempt.progress.url = url
        if page.kind is not PageKind.NOT_FOUND:
            break
    if page.kind is not PageKind.ORDER and page.kind not in FINAL:
        raise StrangePage(f"{plain_url(page.url)} shows no order (a page of the kind {page.kind})")
    note_unread(attempt, page)
    attempt.progress.supplier, attempt.progress.found = page.supplier, len(page.attachments)
    return page


def note_unread(attempt: Attempt, page: Page) -> None:
    """Note in the order's progress what a page shows and nobody can fetch: the outcome must not call it complete."""
    attempt.progress.unseen += [FileRefused(f"{plain_url(page.url)}: {each}") for each in page.unread]


def _believed(attempt: Attempt, url: str, page: Page) -> Page:
    """Return a page that refuses without a sign that the site knows us, once the site was seen to know us.

    A lost session may look just like that, and has burnt whole sheets. One look at a page that only a known user sees
    is believed until an order shows.

    Raises:
        SignedOut: it does not.
    """
    desk = attempt.desk
    if page.kind is PageKind.ORDER:
        desk.patience.is_known = False
    if page.kind not in FINAL or not page.is_doubtful or desk.patience.is_known or not desk.home_url:
        return page
    home = shown(attempt, desk.home_url)
    desk.patience.is_known = home.kind is PageKind.HOME
    return shown(attempt, url)


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
        StrangePage: a part of it was still being filled when all patience was over, or did not come.
    """
    desk, tab = attempt.desk, attempt.tab
    if desk.back_off.is_in_trouble:
        tab.watch()
    page = _read(attempt, url)
    if page.kind in HOLDS_FILES:
        chosen = desk.chosen(attempt.order, page, tab.reader)
        if chosen is not None:
            page = replace(page, attachments=tuple(chosen), is_busy=False, unread=(), failed=())
    number, attachments = attempt.order.number, len(page.attachments)
    desk.tell(events.PageRead(number=number, kind=page.kind, url=plain_url(page.url), attachments=attachments))
    if page.kind is PageKind.SIGNED_OUT or _leads_to_sign_in(page, url):
        raise SignedOut("the site asks to sign in again")
    if page.kind in UNWELL:
        raise trouble_of(attempt, page)
    if page.kind in HOLDS_FILES:
        _check_whole(page)
    return page


def _read(attempt: Attempt, url: str) -> Page:
    """Send the tab to a page and return it, whole.

    A site that was unwell when it was asked ahead is asked anew, and a page that sends itself on is waited for by
    WebDriver alone: what was opened ahead, or read in the background, is believed only when all is well.
    """
    desk, tab = attempt.desk, attempt.tab
    is_by_script = reads_by_script(desk.portal)
    tab.open(url)
    driver = tab.reader if is_by_script else tab.driver
    page = read_whole(driver, desk.portal, attempt.deadline, desk.clock, desk.patience)
    if (tab.is_from_ahead or (is_by_script and not tab.is_in_front)) and not _is_well(page):
        if tab.is_from_ahead:
            tab.open(url)
        page = read_whole(tab.driver, desk.portal, attempt.deadline, desk.clock, desk.patience)
    return page


def _is_well(page: Page) -> bool:
    is_incomplete = page.is_busy or page.failed or (page.unread and not page.attachments)
    return page.kind is PageKind.ORDER and page.http_status < _FIRST_ERROR and not is_incomplete


def _leads_to_sign_in(page: Page, url: str) -> bool:
    """Return whether a page that nobody knows is another site's where one signs in: with a key, a phone, a notice."""
    if page.kind is not PageKind.UNKNOWN or page.is_signed_in:
        return False
    return is_sign_in_address(page.url) and origin_of(page.url) != origin_of(url)


def _check_whole(page: Page) -> None:
    """Look whether nothing is known to be missing that another try may bring.

    Raises:
        StrangePage: something is.
    """
    place = plain_url(page.url)
    if page.is_busy:
        raise StrangePage(f"{place} was still being filled after {BUSY_SECONDS:g} s")
    if page.failed:
        raise StrangePage(f"{place} has an empty part: {'; '.join(page.failed)}")
    if page.unread and not page.attachments:
        raise StrangePage(f"{place}: {'; '.join(page.unread)}")
