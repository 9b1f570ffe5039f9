"""The keys under which we keep things on pytest's own objects. Never imports anything heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.orders.sheet import Sheet
    from pytest_edgepool.plugin.worker import Station

# on the config
SHEETS: pytest.StashKey[tuple[Sheet, ...]] = pytest.StashKey()
RUN_ID: pytest.StashKey[str] = pytest.StashKey()
SIZING: pytest.StashKey[str] = pytest.StashKey()
STATION: pytest.StashKey[Station] = pytest.StashKey()
NEXT: pytest.StashKey[pytest.Item | None] = pytest.StashKey()
# on an item
ORDER: pytest.StashKey[PurchaseOrder] = pytest.StashKey()
TAB: pytest.StashKey[Tab] = pytest.StashKey()
FAILED: pytest.StashKey[bool] = pytest.StashKey()
