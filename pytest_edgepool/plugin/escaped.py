"""What is told of an order whose trouble escaped its fetch: pytest-timeout, a hook, a fixture. Never catches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import Retired, RunStopped
from pytest_edgepool.outcomes.status import Outcome, Status, one_line
from pytest_edgepool.plugin.collect import node_ids
from pytest_edgepool.plugin.watcher import GivenUp
from pytest_edgepool.redact import redacted

if TYPE_CHECKING:
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.plugin.controller import Controller

# Wishes of somebody's, and what is told already: none of these says that an order failed.
_NO_FAILURE = (
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    pytest.exit.Exception,
    pytest.skip.Exception,
    GivenUp,
    RunStopped,
    Retired,
)
_OUTSIDE = "it failed outside the fetch; see pytest's report"


def outcome_of(order: PurchaseOrder, error: BaseException) -> Outcome | None:
    """Return what an error that escaped the fetch of an order means for it, or None when it says nothing of it."""
    if isinstance(error, _NO_FAILURE):
        return None
    told = redacted(str(error))
    if not isinstance(error, pytest.fail.Exception):
        told = f"{type(error).__name__}: {told}"
    status = Status.TIMEOUT if told.startswith("Timeout (>") else Status.FAILED  # so pytest-timeout says it
    return Outcome(number=order.number, status=status, reason=one_line(told), attempts=1)


def tell_failed_outside(of: Controller) -> None:
    """Have orders whose item failed before or without a fetch be FAILED in the summary and the report too."""
    for item_id, order in node_ids(of.config, of.sheets):
        if item_id in of.heard.failed and item_id not in of.heard.statuses:
            of.heard.statuses[item_id] = Status.FAILED
            of.told[item_id] = Outcome(number=order.number, status=Status.FAILED, reason=_OUTSIDE, run=of.run.id)
