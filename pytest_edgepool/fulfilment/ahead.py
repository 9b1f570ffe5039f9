"""The order that comes next: its page is opened while this one's files come. Never works on it, nor begins its time.

Only a page is loaded. Whatever is wrong with it shows when the order's own turn comes: it is closed then, and the order
opens its page as if nothing had been.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed
from pytest_edgepool.portals.underway import COUNTER

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.fulfilment.desk import Desk, Progress


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
    return browser.tab(_first_address(desk, progress), COUNTER)


def look_ahead(desk: Desk, browser: RunningBrowser) -> None:
    """Begin to load the page of the order that comes next, where one is sure to."""
    if desk.back_off.is_in_trouble:
        return
    url = desk.following(browser)
    if url:
        with suppress(BrowserTrouble, DeadlinePassed):  # the order in hand meets the same, and knows what to do
            browser.pages.open_ahead(url, COUNTER)
