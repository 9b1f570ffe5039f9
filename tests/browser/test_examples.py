"""The examples do what their pages say."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support import Bench

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_purchase_order_example_fetches_its_sheet_and_tells_of_each_order(bench: Bench) -> None:
    """The sheet's orders have the outcomes that the demo site gives them, and the hook heard of each."""
    shutil.copytree(EXAMPLES / "purchase_orders", bench.folder, dirs_exist_ok=True)
    ended = bench.run("-n", "2", "--po-csv", "pos.csv", "--junitxml", "report.xml")
    assert ended.code == 1, ended.out
    assert sorted(ended.statuses().values()) == ["COMPLETED", "COMPLETED", "COMPLETED", "PO_NOT_FOUND"]
    heard = (bench.folder / "finished.txt").read_text(encoding="utf-8").splitlines()
    assert len(heard) == len(ended.statuses())
    assert any(line.startswith("Ana: PO15262984 COMPLETED, 4 files") for line in heard)


def test_the_edge_suite_example_passes_on_three_workers(bench: Bench) -> None:
    """A suite without sheet or site runs on three browsers and leaves nothing behind."""
    shutil.copytree(EXAMPLES / "edge_suite", bench.folder, dirs_exist_ok=True)
    ended = bench.run("-n", "3")
    assert ended.code == 0, ended.out
    assert "8 passed" in ended.out
