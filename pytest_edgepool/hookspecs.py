"""The questions a suite may answer, and the news it may hear. Never calls a hook itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.events import BrowserRecycled, ProfileCloned, ProfileMended, ProfileVerified
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.status import Outcome
    from pytest_edgepool.portals.portal import FoundAttachment, Page, Portal


@pytest.hookspec
def pytest_edgepool_portals(config: pytest.Config) -> Mapping[str, Portal]:  # type: ignore[empty-body]
    """Return further portals by the name that `--po-portal` selects them by."""


@pytest.hookspec(firstresult=True)
def pytest_edgepool_order_url(order: PurchaseOrder, base_url: str) -> str | None:
    """Return the address of an order's page where the portal's own rule does not hold, or None."""


@pytest.hookspec(firstresult=True)
def pytest_edgepool_attachments(
    order: PurchaseOrder, page: Page, driver: WebDriver
) -> Sequence[FoundAttachment] | None:
    """Return an order's attachments where the portal's own finding does not hold, or None; it replaces `page`'s.

    Asked for the order's page, and for each requisition's that is opened; `page.kind` says which. The tab shows it.
    """


@pytest.hookspec(firstresult=True)
def pytest_edgepool_file_path(order: PurchaseOrder, name: str, supplier: str) -> str | None:
    """Return where a file goes: folders and a name below the output folder, divided by slashes; None: as `po_folder`.

    `name` is what it would be called. An order's files in its own folder appear together, by one rename; each that is
    placed by this hook appears by itself. What lay there before is set aside.
    """


@pytest.hookspec(firstresult=True)
def pytest_edgepool_signed_in(driver: WebDriver, base_url: str) -> bool | None:
    """Return whether the tab shows that the site knows us, or None where that cannot be told; it wins over the portal.

    Asked each time that a page of the site is looked at, so it must answer at once and leave the tab as it is.
    """


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
