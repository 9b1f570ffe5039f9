"""What the tests of faults share: a site that holds requests back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.staging import Hold, Starter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgepool.testing import RunningDemo
    from tests.support import Bench


@pytest.fixture
def hold(demo: RunningDemo) -> Iterator[Hold]:
    """The demo site's door: requests can be held there, and all are let go at the end."""
    holding = Hold(demo.site)
    yield holding
    holding.release()


@pytest.fixture
def begin(bench: Bench) -> Iterator[Starter]:
    """Begins a run on the bench, in a process group of its own."""
    starter = Starter(bench)
    yield starter
    starter.end_all()


@pytest.fixture(autouse=True)
def _one_file_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files come by the browser: a held request then tells which worker has what in hand, and the browser is
    needed for it. What direct HTTP does under faults has its own tests, and those that name it.
    """
    monkeypatch.setenv("EDGEPOOL_PO_TRANSFER", "browser")
