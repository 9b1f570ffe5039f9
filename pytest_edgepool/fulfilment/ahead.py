"""The order that comes next: its page is opened while this one's files come. Never works on it, nor begins its time.

Only a page is loaded. Whatever is wrong with it shows when the order's own turn comes: it is closed then, and the order
opens its page as if nothing had been.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed
from pytest_edgepool.portals.answered import opens_ahead
from pytest_edgepool.portals.underway import COUNTER

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.fulfilment.desk import Desk, Progress
    from pytest_edgepool.portals.portal import Page


def _first_address(desk: Desk, progress: Progress) -> str:
    """Return where the order's tab may begin, in the background; "" for a tab that WebDriver sends there.

    A second try, and a site in trouble, get the plain way: what is opened by WebDriver tells more of what went wrong.
    """
    return desk.order_urls[0] if progress.attempts == 1 and not desk.back_off.is_in_trouble else ""


def tab_for(desk: Desk, progress: Progress, browser: RunningBrowser) -> AbstractContextManager[Tab]:
    """Return the tab that a try works in, open for a block; it may be on its way to the order's page already.

    Raises:
        BrowserTrouble: the browser died.
    """
    return browser.tab(_first_address(desk, progress), COUNTER, is_ours=True)


def look_ahead(desk: Desk, progress: Progress, browser: RunningBrowser, page: Page) -> None:
    """Begin to load the page of the order that comes next, where one is sure to and nothing of this one suffers.

    A second try has the browser for itself; and nobody could say which page began the download that a click brings.

    Args:
        desk: what the order in hand is worked on with.
        progress: what is known of that order.
        browser: the browser.
        page: that order's page.
    """
    if not desk.settings.po_ahead or not opens_ahead(desk.portal) or desk.back_off.is_in_trouble:
        return
    if progress.attempts > 1 or any(each.press for each in page.attachments):
        return
    url = desk.following(browser)
    if url:
        with suppress(BrowserTrouble, DeadlinePassed):  # the order in hand meets the same, and knows what to do
            browser.pages.open_ahead(url, COUNTER)
