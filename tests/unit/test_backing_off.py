"""The site is left alone by all workers, for as long as it asked or as the trouble lasts, and they go on one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import (
    AskedToWait,
    NetworkTrouble,
    RunStopped,
    ServerTrouble,
    SiteUnreachable,
    TooManyRequests,
)
from pytest_edgepool.fulfilment.backing_off import BackOff, seconds_in
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgepool.events import Event

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
TOO_FAST = TooManyRequests(429)
GONE = SiteUnreachable("https://x.test/ cannot be reached (ERR_CONNECTION_REFUSED)")


@dataclass
class Moved(FakeClock):
    """A clock on which something happens once, while somebody sleeps."""

    then: Callable[[], None] | None = None

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

    def worker(self, **settings: float) -> BackOff:
        given = Settings(**settings)  # type: ignore[arg-type]
        return BackOff(self.folder, given, self.told.append, lambda: self.is_stopping, self.clock)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_site_that_is_well_is_asked_at_once(office: Office) -> None:
    """Nobody waits, and nothing is written, as long as nothing is wrong."""
    worker = office.worker()
    worker.well()
    assert (worker.wait(), worker.is_on, worker.is_in_trouble) == (0.0, False, False)
    assert list(office.folder.iterdir()) == []


def test_all_wait_when_one_is_told_that_it_is_too_fast(office: Office) -> None:
    """Another worker, which met nothing itself, waits as long as the site asked."""
    one, other = office.worker(), office.worker()
    one.hear(TooManyRequests(429, 30.0), "PO1")
    assert other.is_on
    assert 30 <= other.wait() < 31
    assert not other.is_on


def test_the_workers_go_on_one_after_the_other(office: Office) -> None:
    """Each has a place in the queue, a part of `po_retry_seconds` behind the one before it."""
    workers = [office.worker(po_retry_seconds=4.0) for _ in range(3)]
    workers[0].hear(TooManyRequests(429, 30.0), "PO1")
    clock = office.clock
    begun, turns = clock.seconds, []
    for each in workers:
        clock.seconds = begun  # they wait at the same time
        turns.append(each.wait())
    assert [int(each - 30) for each in turns] == [0, 1, 2]


def test_a_later_moment_wins(office: Office) -> None:
    """What the second hears of a longer wait holds; what the third hears of a shorter one shortens nothing."""
    worker = office.worker()
    worker.hear(TooManyRequests(429, 10.0), "PO1")
    worker.hear(ServerTrouble(503, 60.0), "PO2")
    worker.hear(TooManyRequests(429, 1.0), "PO3")
    assert 60 <= worker.wait() < 61


def test_a_wait_that_is_put_off_meanwhile_lasts_longer(office: Office) -> None:
    """The first who goes on may hear that it is not over: those behind it stay where they are."""
    one, other = office.worker(), office.worker()
    one.hear(TooManyRequests(429, 2.0), "PO1")
    office.clock.then = lambda: one.hear(TooManyRequests(429, 50.0), "PO1")
    assert other.wait() > 50


def test_without_a_header_the_pause_grows_with_each_wave_and_is_bounded(office: Office) -> None:
    """One second, two, four, up to the longest pause between two tries; a good answer ends the series."""
    worker = office.worker(po_retry_seconds=1.0, po_retry_most_seconds=5.0)
    pauses = []
    for _ in range(5):
        worker.hear(TOO_FAST, "PO1")
        pauses.append(int(worker.wait()))
    worker.well()
    worker.hear(TOO_FAST, "PO1")
    assert [*pauses, int(worker.wait())] == [1, 2, 4, 5, 5, 1]


def test_what_was_under_way_when_all_began_to_wait_is_no_new_wave(office: Office) -> None:
    """Four workers that are told the same at once make one wave, told once."""
    workers = [office.worker() for _ in range(4)]
    for number, each in enumerate(workers):
        each.hear(TOO_FAST, f"PO{number}")
    assert int(workers[0].wait()) == 1
    assert [each.name for each in office.told] == ["site.left_alone"]


@pytest.mark.parametrize("trouble", [ServerTrouble(500), NetworkTrouble("the connection broke"), GONE])
def test_one_orders_trouble_is_its_own(office: Office, trouble: ServerTrouble | NetworkTrouble) -> None:
    """A page that answers 500 again and again holds nobody else up."""
    worker, other = office.worker(), office.worker()
    for _ in range(3):
        worker.hear(trouble, "PO1")
    assert (other.wait(), other.is_on) == (0.0, False)
    assert worker.is_in_trouble


@pytest.mark.parametrize("trouble", [ServerTrouble(500), NetworkTrouble("the connection broke"), GONE])
def test_the_trouble_of_two_orders_in_a_row_is_everybodys(
    office: Office, trouble: ServerTrouble | NetworkTrouble
) -> None:
    """Two orders, and no good answer in between: it is the site or the network."""
    worker, other = office.worker(), office.worker()
    worker.hear(trouble, "PO1")
    other.hear(trouble, "PO2")
    assert worker.wait() >= 1


def test_a_good_answer_in_between_makes_two_troubles_single_ones(office: Office) -> None:
    """Pages that fail now and then do not slow the run."""
    worker = office.worker()
    worker.hear(ServerTrouble(500), "PO1")
    worker.well()
    worker.hear(ServerTrouble(500), "PO2")
    assert worker.wait() == 0.0


def test_a_good_answer_from_before_the_wait_does_not_end_it(office: Office) -> None:
    """What was asked before the site wanted to be left alone may be answered well: all wait nevertheless."""
    worker = office.worker()
    worker.hear(TooManyRequests(429, 30.0), "PO1")
    worker.well()
    assert worker.is_on
    assert worker.wait() >= 30


@pytest.mark.parametrize("kind", [TooManyRequests, ServerTrouble])
def test_a_wait_longer_than_granted_is_refused_at_once(office: Office, kind: Callable[..., ServerTrouble]) -> None:
    """The error names what was asked, and the setting; nobody waits for it."""
    worker = office.worker(po_retry_after_most=60.0)
    with pytest.raises(AskedToWait, match=r"asks to wait 61 s: longer than po_retry_after_most allows \(60 s\)"):
        worker.hear(kind(429, 61.0), "PO1")
    assert not worker.is_on
    worker.hear(kind(429, 60.0), "PO1")
    assert worker.is_on


def test_who_only_waits_does_not_hold_up_the_end(office: Office) -> None:
    """The run is ended: the wait is over within one look, with the reason."""
    worker = office.worker()
    worker.hear(TooManyRequests(429, 200.0), "PO1")
    office.is_stopping = True
    with pytest.raises(RunStopped, match=r"waited for the site .*429"):
        worker.wait()
    assert office.clock.slept == []


def test_a_disk_that_takes_nothing_is_told(office: Office) -> None:
    """The moment cannot be shared then; each worker has its own pauses, and nobody fails for it."""
    (office.folder / "back-off.json").mkdir()
    worker = office.worker()
    worker.hear(TooManyRequests(429, 30.0), "PO1")
    assert worker.wait() == 0.0
    assert "cleanup.failed" in [each.name for each in office.told]


@pytest.mark.parametrize(
    ("header", "date", "seconds"),
    [
        ("120", "", 120.0),
        (" 0 ", "", 0.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", "", 90.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", "", 0.0),
        # a site whose clock is an hour behind ours: its own two dates are compared
        ("Sat, 21 Nov 2026 11:00:30 GMT", "Sat, 21 Nov 2026 11:00:00 GMT", 30.0),
        ("", "", None),
        ("-5", "", None),
        ("1.5", "", None),
        ("soon", "", None),
        ("٣", "", None),
        ("Sat, 21 Nov 2026 12:01:30 GMT", "yesterday", None),
        ("Sat, 99 Nov 2026 12:01:30 GMT", "", None),
    ],
)
def test_the_header_is_seconds_or_a_date(header: str, date: str, seconds: float | None) -> None:
    """What RFC 9110 allows is understood; anything else counts as not said."""
    assert seconds_in(header, date, NOW) == seconds
