"""Many POs in a row that the site failed: nobody begins one, one probes, and the answer decides for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import errors, events
from pytest_edgepool.failures import FAILURES, Kind, failure_of
from pytest_edgepool.fulfilment.circuit import Circuit, past_in
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgepool.events import Event

WELL = None
DOWN = failure_of(errors.ServerTrouble(503))
ANSWER = failure_of(errors.FileRefused("404"))
OURS = failure_of(errors.BrowserTrouble("gone"))
WHY = "the site answered with HTTP status 503"
PAUSE = 30.0


@dataclass
class Moved(FakeClock):
    """A clock on which something happens once, while somebody sleeps."""

    then: Callable[[], object] | None = None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        act, self.then = self.then, None
        if act is not None:
            act()


@dataclass
class Office:
    """Workers of one run, on one clock."""

    folder: Path
    clock: Moved = field(default_factory=Moved)
    told: list[Event] = field(default_factory=list)
    is_stopping: bool = False

    def worker(self, most: int = 3, pause: float = PAUSE) -> Circuit:
        settings = Settings(po_circuit=most, po_circuit_seconds=pause)
        return Circuit(self.folder, settings, self.told.append, lambda: self.is_stopping, self.clock)

    def fail(self, worker: Circuit, *numbers: int) -> errors.RunStopped | None:
        for number in numbers:
            over = worker.hear(f"PO{number}", DOWN, WHY)
        return over

    def waited(self, worker: Circuit) -> float:
        begun = self.clock.monotonic()
        with worker.passage():
            return self.clock.monotonic() - begun

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.told]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_site_that_is_well_leaves_no_trace(office: Office) -> None:
    """Nobody waits and nothing is written as long as the site answers."""
    worker = office.worker()
    assert worker.hear("PO1", WELL, "") is None
    assert office.waited(worker) == 0
    assert list(office.folder.glob("*.json")) == []


def test_it_opens_when_the_row_is_full_whoever_had_the_orders(office: Office) -> None:
    """The POs of all workers count together; then each waits for the pause."""
    one, other = office.worker(), office.worker()
    assert office.fail(one, 1) is office.fail(other, 2) is None
    assert office.waited(one) == 0
    assert office.fail(one, 3) is None
    assert office.names == ["circuit.opened"]
    assert office.waited(other) == pytest.approx(PAUSE, abs=1)


def test_one_order_that_fails_again_and_again_counts_once(office: Office) -> None:
    """What another plugin repeats is no row of POs."""
    worker = office.worker()
    office.fail(worker, *[1] * 9)
    assert office.waited(worker) == 0


@pytest.mark.parametrize("answer", [WELL, ANSWER], ids=["done, or a business outcome", "a file refused"])
def test_an_answer_ends_the_row(office: Office, answer: object) -> None:
    """A not-found PO is an answer: however many there are, and however they lie, they never open it."""
    worker = office.worker()
    for number in range(9):
        office.fail(worker, number, number + 100)
        worker.hear(f"PO{number + 200}", answer, "")  # type: ignore[arg-type]
    assert office.waited(worker) == 0
    assert office.told == []


def test_a_failure_of_the_machine_is_neither(office: Office) -> None:
    """A browser that dies says nothing of the site: it neither fills the row nor ends it."""
    worker = office.worker()
    office.fail(worker, 1, 2)
    for number in range(9):
        assert worker.hear(f"PO{number + 10}", OURS, "gone") is None
    assert office.waited(worker) == 0
    office.fail(worker, 3)
    assert office.names == ["circuit.opened"]


def test_a_probe_that_is_answered_closes_it(office: Office) -> None:
    """All go on, and the summary can tell when it was and why."""
    one, other = office.worker(), office.worker()
    office.fail(one, 1, 2, 3)
    with one.passage():
        assert one.hear("PO4", WELL, "") is None
    assert office.waited(other) == 0
    assert office.names == ["circuit.opened", "site.probed", "circuit.closed"]
    (told,) = past_in(office.folder)
    assert told.startswith("the site failed 3 POs in a row since ")
    assert WHY in told
    assert "it answered again at " in told


def test_a_probe_that_fails_ends_the_run(office: Office) -> None:
    """The reason says how many POs, since when, and why."""
    worker = office.worker()
    office.fail(worker, 1, 2, 3)
    with worker.passage():
        over = office.fail(worker, 4)
    assert str(over).startswith("the site failed 4 POs in a row since ")
    assert str(over).endswith(f": {WHY}")
    assert past_in(office.folder) == ()


def test_an_order_that_was_under_way_does_not_end_the_run(office: Office) -> None:
    """Only the probe's failure does: the others had begun before it opened."""
    one, other = office.worker(), office.worker()
    with other.passage():
        office.fail(one, 1, 2, 3)
        assert office.fail(other, 4) is None
    assert office.names == ["circuit.opened"]


def test_an_order_that_was_under_way_and_is_answered_closes_it(office: Office) -> None:
    """Nobody has to wait for the probe then."""
    one, other = office.worker(), office.worker()
    with other.passage():
        office.fail(one, 1, 2, 3)
        other.hear("PO4", WELL, "")
    assert office.waited(one) == 0


def test_a_probe_that_fails_when_another_was_answered_begins_a_new_row(office: Office) -> None:
    """The site is there, after all."""
    one, other = office.worker(), office.worker()
    with other.passage():
        office.fail(one, 1, 2, 3)
        with one.passage():
            other.hear("PO4", WELL, "")
            assert office.fail(one, 5) is None
    assert office.waited(one) == 0


def test_one_probes_and_the_others_wait_for_it(office: Office) -> None:
    """Two at once would be no probe; when it is answered they go on."""
    one, other = office.worker(), office.worker()
    office.fail(one, 1, 2, 3)
    with one.passage():
        office.clock.then = lambda: one.hear("PO4", WELL, "")
        assert 0 < office.waited(other) < 1


def test_who_dies_as_the_probe_gives_the_place_to_another(office: Office) -> None:
    """As with whatever says nothing of the site: the next one probes."""
    one, other = office.worker(), office.worker()
    office.fail(one, 1, 2, 3)
    with one.passage():
        one.hear("PO4", OURS, "gone")
    with other.passage():
        assert office.fail(other, 5) is not None


def test_a_probe_that_hangs_is_not_waited_for_without_end(office: Office) -> None:
    """Three tries and their pauses; then the PO is left for the next run."""
    one, other = office.worker(), office.worker()
    office.fail(one, 1, 2, 3)
    with one.passage():
        begun = office.clock.monotonic()
        with pytest.raises(errors.RunStopped, match="hangs"):
            office.waited(other)
        assert office.clock.monotonic() - begun == pytest.approx(1800, abs=5)
    assert office.waited(other) == 0  # as the next probe


def test_the_end_of_the_run_ends_the_wait(office: Office) -> None:
    """Ctrl-C, or the probe's failure."""
    worker = office.worker()
    office.fail(worker, 1, 2, 3)
    office.is_stopping = True
    with pytest.raises(errors.RunStopped, match="while nobody asked the site"):
        office.waited(worker)


def test_without_a_pause_there_is_no_probe(office: Office) -> None:
    """`po_circuit_seconds = 0` ends the run as soon as the row is full."""
    assert office.fail(office.worker(pause=0), 1, 2, 3) is not None


def test_without_a_circuit_nothing_is_counted(office: Office) -> None:
    """`po_circuit = 0` lets any number fail."""
    worker = office.worker(most=0)
    assert office.fail(worker, *range(50)) is None
    assert office.waited(worker) == 0


def test_a_second_row_counts_from_its_own_beginning(office: Office) -> None:
    """What closed it is forgotten but for the summary."""
    worker = office.worker()
    for beginning in (0, 10):
        office.fail(worker, *range(beginning, beginning + 3))
        with worker.passage():
            worker.hear(f"PO{beginning + 5}", WELL, "")
    assert len(past_in(office.folder)) == 2
    assert [each.failed for each in office.told if isinstance(each, events.CircuitOpened)] == [3, 3]


def test_what_counts_is_what_the_site_is_to_blame_for() -> None:
    """No trouble of ours, of the machine or of the disk opens the circuit."""
    assert {each.kind for each in FAILURES if each.circuit == "counts"} == {
        Kind.SIGNED_OUT,
        Kind.TOO_FAST,
        Kind.SITE,
        Kind.TRANSFER,
        Kind.DEADLINE,
    }
    assert {each.kind for each in FAILURES if each.circuit == "closes"} == {Kind.ANSWER}
