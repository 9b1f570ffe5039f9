"""Which order this worker works on next, as far as pytest says. Never takes it in hand."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import events
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed
from pytest_edgepool.outcomes.status import one_line
from pytest_edgepool.plugin.keys import NEXT, ORDER
from pytest_edgepool.redact import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.plugin.worker import Station

_MAY_SKIP = ("skip", "skipif")
_OUTCOMES = (pytest.skip.Exception, pytest.fail.Exception, pytest.exit.Exception)  # no `Exception` as Python has it


def _may_hold_back(mark: pytest.Mark) -> bool:
    return mark.name in _MAY_SKIP or (mark.name == "xfail" and not mark.kwargs.get("run", True))


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
        try:
            return self._url(browser)
        except (*_OUTCOMES, Exception) as error:  # noqa: BLE001 - anybody's code: the order meets it in its own turn
            self._at.log.tell(events.LookAheadFailed(error=one_line(redacted(str(error) or type(error).__name__))))
            return ""

    def _url(self, browser: RunningBrowser) -> str:
        item = self._at.config.stash.get(NEXT, None)
        order = None if item is None else item.stash.get(ORDER, None)
        if item is None or order is None or any(map(_may_hold_back, item.iter_markers())):
            return ""
        if not self._goes_on() or self._is_known(order):
            return ""
        url = self._address(order)
        self._opened_for, self._browser = item.nodeid, browser
        return url

    def begins(self, item: pytest.Item) -> None:
        """Close what was opened for another item than the one that begins: its turn did not come."""
        if self._opened_for != item.nodeid:
            self._drop()

    def ends(self, item: pytest.Item) -> None:
        """Close what was opened for the item that ends, and was not used."""
        if self._opened_for == item.nodeid:
            self._drop()

    def _drop(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            with suppress(BrowserTrouble, DeadlinePassed):  # it was ended meanwhile, and the page with it
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
