"""Writes one line for each finished order, as a buyer's own reporting might."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_edgepool import Outcome, PurchaseOrder


def pytest_edgepool_order_finished(order: PurchaseOrder, outcome: Outcome) -> None:
    with Path("finished.txt").open("a", encoding="utf-8") as file:
        file.write(
            f"{order.columns['BUYER']}: {outcome.number} {outcome.status}, {outcome.attachments_downloaded} files\n"
        )
