"""Which order this worker works on next, as far as pytest says. Never takes it in hand."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_edgepool.errors import BrowserTrouble
from pytest_edgepool.plugin.keys import NEXT, ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.plugin.worker import Station

_MAY_SKIP = ("skip", "skipif")


class Following:
    """What comes after the order in hand.

    Args:
        station: what the worker has.
        is_known: whether an order is skipped, because it is done already.
        address: returns the address of an order's page.
    """

    def __init__(
        self, station: Station, is_known: Callable[[PurchaseOrder], bool], address: Callable[[PurchaseOrder], str]
    ) -> None:
        self._at = station
        self._is_known = is_known
        self._address = address
        self._opened_for = ""
        self._browser: RunningBrowser | None = None

    def url(self, browser: RunningBrowser) -> str:
        """Return the address of the order that comes next, when it is sure to be worked on in this browser, else ""."""
        item = self._at.config.stash.get(NEXT, None)
        order = None if item is None else item.stash.get(ORDER, None)
        if item is None or order is None or any(True for name in _MAY_SKIP for _ in item.iter_markers(name)):
            return ""
        if not self._goes_on() or self._is_known(order):
            return ""
        self._opened_for, self._browser = item.nodeid, browser
        return self._address(order)

    def begins(self, item: pytest.Item) -> None:
        """Close what was opened for another item than the one that begins: its turn did not come."""
        browser, self._browser = self._browser, None
        if browser is not None and self._opened_for != item.nodeid:
            with suppress(BrowserTrouble):  # it was ended meanwhile, and the page with it
                browser.pages.drop_ahead()

    def _goes_on(self) -> bool:
        """Whether this worker goes on with this browser, and nobody waits for anything."""
        at = self._at
        return not (
            at.run.is_stopping
            or at.settings.edgepool_rotating_session  # each page changes the session: one after the other
            or at.worker.recycling.is_near
            or at.pace.is_short
        )
