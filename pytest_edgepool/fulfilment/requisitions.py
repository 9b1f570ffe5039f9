"""The requisitions behind an order: which are opened, and what their attachments add. Never fetches a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgepool.errors import FileRefused
from pytest_edgepool.fulfilment.opening import note_unread, shown
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind
from pytest_edgepool.portals.reading import union
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgepool.fulfilment.attempt import Attempt

_WHY = {
    PageKind.NOT_FOUND: "the site has no such page",
    PageKind.NO_ACCESS: "the site does not let this user see it",
}


def with_requisitions(attempt: Attempt, page: Page) -> Page:
    """Return an order's page with the attachments of its requisitions, where the settings want them.

    A requisition that cannot be seen is noted in the order's progress: what is in it is missing, and the outcome says
    so.

    Raises:
        SignedOut: the site does not know us.
        ServerTrouble: the site is unwell.
        StrangePage: a requisition's page was still being filled when all patience was over.
    """
    wanted = attempt.desk.settings.po_requisitions
    if page.kind is not PageKind.ORDER or wanted == "never" or (wanted == "when-empty" and page.attachments):
        return page
    parts = [_standing_on(page.url, page.attachments)]
    for url in page.requisitions:
        seen = shown(attempt, url)
        if seen.kind is PageKind.REQUISITION:
            parts.append(_standing_on(seen.url, seen.attachments))
            note_unread(attempt, seen)
        else:
            why = _WHY.get(seen.kind, f"it is a page of the kind {seen.kind}")
            attempt.progress.unseen.append(FileRefused(f"the requisition {plain_url(url)} cannot be read: {why}"))
    whole = union(*parts)
    attempt.progress.found = len(whole)
    return replace(page, attachments=whole)


def _standing_on(url: str, attachments: Iterable[FoundAttachment]) -> tuple[FoundAttachment, ...]:
    """Return the attachments; those that are to be clicked with the page that they stand on, for the tab goes on."""
    return tuple(replace(each, page=each.page or url) if each.press else each for each in attachments)
