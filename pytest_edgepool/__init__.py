"""Parallel, signed-in Edge for pytest, and the attachments of purchase orders. Imports neither pytest nor selenium."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_edgepool.downloads.attachment import DownloadedFile
    from pytest_edgepool.downloads.transfer import Downloads
    from pytest_edgepool.errors import EdgepoolError, Permanent, Retryable, UsageMistake
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.status import Outcome, Status
    from pytest_edgepool.pool import EdgeBrowser, EdgePool, EdgeProfile, PoolStatus
    from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind, Portal

__version__ = "0.1.0"

# Each public name and the module that it is imported from when it is first asked for.
_HOMES = {
    "DownloadedFile": "downloads.attachment",
    "Downloads": "downloads.transfer",
    "EdgeBrowser": "pool",
    "EdgePool": "pool",
    "EdgeProfile": "pool",
    "EdgepoolError": "errors",
    "FoundAttachment": "portals.portal",
    "Outcome": "outcomes.status",
    "Page": "portals.portal",
    "PageKind": "portals.portal",
    "Permanent": "errors",
    "PoolStatus": "pool",
    "Portal": "portals.portal",
    "PurchaseOrder": "orders.order",
    "Retryable": "errors",
    "Status": "outcomes.status",
    "UsageMistake": "errors",
}

__all__ = [
    "DownloadedFile",
    "Downloads",
    "EdgeBrowser",
    "EdgePool",
    "EdgeProfile",
    "EdgepoolError",
    "FoundAttachment",
    "Outcome",
    "Page",
    "PageKind",
    "Permanent",
    "PoolStatus",
    "Portal",
    "PurchaseOrder",
    "Retryable",
    "Status",
    "UsageMistake",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pytest_edgepool' has no attribute {name!r}")
    return getattr(import_module(f"pytest_edgepool.{_HOMES[name]}"), name)
