"""What an order must come to on the demo site, as its settings have it. Never runs anything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_edgepool.portals.demo.options import PAGE_FAULTS, FaultName
from pytest_edgepool.portals.demo.truth import demo_order

if TYPE_CHECKING:
    from pytest_edgepool.portals.demo.options import DemoFault, DemoOptions

# What an order comes to when the fault strikes at every try. A fault that is not here costs time only.
STATUSES = {
    FaultName.SERVER_ERROR: "FAILED",
    FaultName.RATE_LIMIT: "RATE_LIMIT",
    FaultName.NO_ACCESS: "ACCESS_DENIED",
    FaultName.SIGNED_OUT_PAGE: "SESSION_EXPIRED",
    FaultName.OOPS: "PO_NOT_FOUND",
    FaultName.MAINTENANCE: "FAILED",
    FaultName.FILE_ERROR: "FAILED",
    FaultName.FILE_MISSING: "FAILED",
    FaultName.FILE_RATE_LIMIT: "RATE_LIMIT",
    FaultName.TRUNCATED: "FAILED",
    FaultName.RESET: "FAILED",
    FaultName.SIGNED_OUT_FILE: "FAILED",
    FaultName.HTML_200: "SESSION_EXPIRED",
}
# The site's last word: nobody asks again.
FINAL = frozenset({FaultName.NO_ACCESS, FaultName.OOPS, FaultName.FILE_MISSING})


def expected_status(
    number: str, options: DemoOptions | None = None, *, tries: int = 3, requisitions: bool = False
) -> str:
    """Return the status with which a right run ends that order.

    Args:
        number: the order's number.
        options: the site's.
        tries: how often what failed is tried.
        requisitions: whether the files of the order's requisition are fetched besides.
    """
    fault = options.fault_of(number) if options else None
    if fault is not None and fault.name in PAGE_FAULTS and _lasts(fault, tries):
        return STATUSES[fault.name]
    order = demo_order(number, options)
    if order is None:
        return "PO_NOT_FOUND"
    count = len(order.attachments) + (len(order.requested) if requisitions else 0)
    if not count:
        return "NO_ATTACHMENTS"
    if fault is None or fault.name in PAGE_FAULTS or fault.name not in STATUSES:
        return "COMPLETED"
    return _of_files(fault, count, tries)


def _lasts(fault: DemoFault, tries: int) -> bool:
    return fault.name in FINAL or _strikes(fault) >= tries


def _of_files(fault: DemoFault, count: int, tries: int) -> str:
    """Return what an order comes to whose files, fetched one after the other, meet that fault."""
    if fault.name is FaultName.HTML_200:  # a session that is gone is the whole order's trouble
        return STATUSES[fault.name] if _strikes(fault) >= tries else "COMPLETED"
    lost = _strikes(fault) // (1 if fault.name in FINAL else tries)
    if lost >= count:
        return STATUSES[fault.name]
    return "PARTIAL" if lost else "COMPLETED"


def _strikes(fault: DemoFault) -> int:
    return sys.maxsize if fault.first_requests is None else fault.first_requests
