"""The questions a suite may answer, and the news it may hear. Never calls a hook itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgepool.events import BrowserRecycled, ProfileCloned, ProfileMended, ProfileVerified
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.status import Outcome
    from pytest_edgepool.portals.portal import Portal


@pytest.hookspec
def pytest_edgepool_portals(config: pytest.Config) -> Mapping[str, Portal]:  # type: ignore[empty-body]
    """Return further portals by the name that `--po-portal` selects them by."""


@pytest.hookspec(firstresult=True)
def pytest_edgepool_order_url(order: PurchaseOrder, base_url: str) -> str | None:
    """Return the address of an order's page where the portal's own rule does not hold, or None."""


@pytest.hookspec
def pytest_edgepool_profile_cloned(config: pytest.Config, event: ProfileCloned) -> None:
    """Hear that this worker's clone was made."""


@pytest.hookspec
def pytest_edgepool_profile_verified(config: pytest.Config, event: ProfileVerified) -> None:
    """Hear what the proofs of this worker's profile came to."""


@pytest.hookspec
def pytest_edgepool_profile_mended(config: pytest.Config, event: ProfileMended) -> None:
    """Hear which rung of the remediation ladder this worker takes, and because of what."""


@pytest.hookspec
def pytest_edgepool_browser_recycled(config: pytest.Config, event: BrowserRecycled) -> None:
    """Hear that this worker's browser was started anew on the same profile, and why."""


@pytest.hookspec
def pytest_edgepool_order_finished(config: pytest.Config, order: PurchaseOrder, outcome: Outcome) -> None:
    """Hear that an order has its outcome, in the worker that fetched it; the ledger has it already."""
