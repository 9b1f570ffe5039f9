"""Jobs side by side: each result once, and none outlives the caller."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from pytest_edgepool.downloads.crew import Crew


def test_each_job_is_told_once_with_what_it_came_to() -> None:
    """What it returned, or what it raised."""

    def fail() -> int:
        raise KeyError("mine")

    with Crew([lambda: 1, fail, lambda: 3], 2, lambda: None) as crew:
        came = dict(crew.results(lambda: None))
    assert (came[0], came[2]) == (1, 3)
    assert isinstance(came[1], KeyError)


def test_no_more_than_wanted_run_at_once() -> None:
    """Two at a time meet; three never do."""
    meeting = threading.Barrier(2)
    inside: list[int] = []
    most: list[int] = []

    def job(number: int) -> None:
        inside.append(number)
        meeting.wait(30)
        most.append(len(inside))
        meeting.wait(30)
        inside.remove(number)

    with Crew([partial(job, number) for number in range(4)], 2, lambda: None) as crew:
        assert not [each for _, each in crew.results(lambda: None) if each is not None]
    assert max(most) == 2


def test_who_waits_is_asked_meanwhile_and_may_leave() -> None:
    """What is under way is cut then, and what had not begun never begins."""
    going, ended, begun = threading.Event(), threading.Event(), []

    def job(number: int) -> None:
        begun.append(number)
        going.wait(30)
        ended.set()

    def leave() -> None:
        raise TimeoutError("enough")

    with pytest.raises(TimeoutError, match="enough"):  # noqa: SIM117 - what raises is inside
        with Crew([partial(job, number) for number in range(3)], 1, going.set) as crew:
            list(crew.results(leave))
    assert ended.is_set()
    assert begun == [0]
    assert not [each for each in threading.enumerate() if each.name.startswith("edgepool-transfer")]


def test_nothing_is_cut_when_all_is_done() -> None:
    """Connections are kept for the next order."""
    cut = threading.Event()
    for _ in range(50):
        with Crew([lambda: 1, lambda: 2], 2, cut.set) as crew:
            assert len(list(crew.results(lambda: None))) == 2
    assert not cut.is_set()
