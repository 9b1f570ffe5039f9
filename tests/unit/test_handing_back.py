"""Items that workers hand back are given on once, also when a worker dies meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.outcomes.ledger import Ledger
from pytest_edgepool.plugin.deaths.inquest import Inquest
from pytest_edgepool.plugin.deaths.retiring import HandingBack, TakingBack
from pytest_edgepool.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ITEM, OTHER = "pos.csv::PO1", "pos.csv::PO2"


@dataclass
class Scheduler:
    """xdist's, as far as it is asked."""

    nodes: list[Any] = field(default_factory=lambda: [_node("gw1"), _node("gw2")])
    pending: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    def mark_test_pending(self, item: str) -> None:
        self.given.append(item)


def _node(name: str) -> SimpleNamespace:
    return SimpleNamespace(shutting_down=False, gateway=SimpleNamespace(id=name), shutdown=lambda: None)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path, "r")
    run.join()
    yield run
    run.leave()


def taking_back(run: Run, scheduler: Scheduler) -> TakingBack:
    plugins = SimpleNamespace(getplugin=lambda _name: SimpleNamespace(sched=scheduler))
    return TakingBack(SimpleNamespace(pluginmanager=plugins), run)  # type: ignore[arg-type]


def hands_back(run: Run, item: str, worker: str = "gw0") -> HandingBack:
    """A worker that has said that an item is for somebody else."""
    back = HandingBack(run, worker)
    back._item = item
    assert back.gives_up()
    return back


def test_a_note_is_heard_at_the_end_of_its_own_item(run: Run) -> None:
    """Before that xdist counts the item as its worker's: it would be there twice."""
    scheduler = Scheduler()
    back = taking_back(run, scheduler)
    hands_back(run, ITEM)
    back.pytest_runtest_logfinish(OTHER)
    assert scheduler.given == []
    back.pytest_runtest_logfinish(ITEM)
    back.pytest_runtest_logfinish(ITEM)
    assert scheduler.given == [ITEM]
    assert back.items == {ITEM}
    assert back.hear_of_death(ITEM, "gw0")


def test_a_worker_that_dies_before_its_note_is_heard_gives_nothing_back(run: Run) -> None:
    """Who decides on its death gives the item on; the next worker's end of it must not do so again."""
    scheduler = Scheduler()
    back = taking_back(run, scheduler)
    hands_back(run, ITEM)
    assert not back.hear_of_death(ITEM, "gw0")
    back.pytest_runtest_logfinish(ITEM)
    assert scheduler.given == []
    hands_back(run, ITEM, "gw1")
    back.pytest_runtest_logfinish(ITEM)
    assert scheduler.given == [ITEM]


def test_a_disk_that_takes_no_note_leaves_the_item_where_it_is(run: Run) -> None:
    """It is reported then; and so is one whose reports were not kept."""
    (run.folder / "handed-back").write_bytes(b"in the way")
    back = HandingBack(run, "gw0")
    back._item = ITEM
    assert not back.gives_up()
    assert not back.gave_up
    (run.folder / "handed-back").unlink()
    assert back.gives_up()
    assert not HandingBack(run, "gw0").gives_up()


def test_deaths_are_counted_also_where_the_disk_takes_none(run: Run) -> None:
    """Else an order that workers die of would be given on for ever; an unreadable ledger knows nothing of it."""
    (run.folder / "deaths").write_bytes(b"in the way")
    ledger = run.folder / "ledger.jsonl"
    ledger.mkdir()
    inquest = Inquest(run, Ledger(ledger), "")
    assert inquest.noted(ITEM, "gw0 died") == ("gw0 died",)
    assert inquest.noted(ITEM, "gw1 died") == ("gw0 died", "gw1 died")
    assert inquest.deaths(OTHER) == ()
    assert inquest.known("PO1", may_run_again=False) is None
