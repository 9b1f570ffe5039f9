"""Reports of items that no worker could report: what pytest would have said of them. Never decides an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.outcomes.status import Verdict, verdict_of
from pytest_edgepool.plugin.junit import properties_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.outcomes.status import Outcome

Place = tuple[str, "int | None", str]


def place_of(item_id: str, order: PurchaseOrder | None) -> Place:
    """Return where an item stands, as pytest's reports say it."""
    path = item_id.partition("::")[0]
    return (path, None, path) if order is None else (path, order.row - 1, order.item_name)


def reports_of(
    item_id: str, place: Place, outcome: Outcome, *, node: Any = None, said: Collection[str] = ()
) -> Iterator[pytest.TestReport]:
    """Yield the reports of an item that came to an outcome; JUnit takes the properties from the last.

    Args:
        item_id: the item's id.
        place: where it stands.
        outcome: what came of it.
        node: xdist's controller of the worker that had it: JUnit takes reports of the same one as one case.
        said: the phases that this worker has reported already.
    """
    verdict = verdict_of(outcome.status)
    told = f"{outcome.status}: {outcome.reason}" if outcome.reason else str(outcome.status)
    phases: list[tuple[str, str, Any]] = [("setup", "passed", None), ("call", str(verdict), None)]
    if verdict is Verdict.FAILED:
        phases[1] = ("call", "failed", told)
    elif verdict is Verdict.SKIPPED:
        when = "call" if "setup" in said else "setup"
        phases = [(when, "skipped", (place[0], (place[1] or 0) + 1, f"Skipped: {told}"))]
    properties = properties_of(outcome)
    for when, what, why in phases:
        if when not in said:
            report = pytest.TestReport(item_id, place, {}, what, why, when, user_properties=properties)  # type: ignore[arg-type]
            yield _by(node, report)
    yield teardown_of(item_id, place, properties, node)


def teardown_of(item_id: str, place: Place, properties: list[tuple[str, object]], node: Any) -> pytest.TestReport:
    """Return the last report of an item."""
    report = pytest.TestReport(item_id, place, {}, "passed", None, "teardown", user_properties=properties)
    return _by(node, report)


def _by(node: Any, report: pytest.TestReport) -> pytest.TestReport:
    """Return a report as if that worker had sent it: xdist puts the worker there too."""
    if node is not None:
        report.node = node  # type: ignore[attr-defined]
    return report
