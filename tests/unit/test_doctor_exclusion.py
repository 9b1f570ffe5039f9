"""Whether locks exclude is proved by two processes, and by nothing less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.doctor.exclusion import Taker, Turns, examine_locks, judge, notes_of_two, overlaps
from pytest_edgepool.doctor.finding import Verdict

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ([(0, 10)], [(10, 20)], 0),
        ([(0, 10)], [(9, 20)], 1),
        ([(5, 6)], [(0, 20)], 1),
        ([(0, 20)], [(5, 6)], 1),
        ([(0, 1), (10, 30)], [(1, 10), (12, 14), (15, 16)], 1),
        ([], [(0, 20)], 0),
    ],
)
def test_intervals_that_only_touch_do_not_overlap(
    one: list[tuple[int, int]], other: list[tuple[int, int]], count: int
) -> None:
    """One hands the lock to the other at one moment."""
    assert overlaps(one, other) == count


def test_two_that_had_it_at_the_same_time_are_wrong(tmp_path: Path) -> None:
    """The remedy is another disk."""
    found = judge(tmp_path, [Turns(held=((0, 10), (20, 30)), refused=0), Turns(held=((5, 15),), refused=1)])
    assert found.verdict is Verdict.WRONG
    assert "at the same time, 1 of 2 times" in found.told
    assert "EDGEPOOL_STATE_DIR" in found.remedy


def test_two_that_took_turns_and_were_refused_are_fine(tmp_path: Path) -> None:
    """A refusal is the proof that they met."""
    found = judge(tmp_path, [Turns(held=((0, 10), (20, 30)), refused=1), Turns(held=((10, 20),), refused=1)])
    assert found.verdict is Verdict.OK
    assert "3 times, never at the same time" in found.told


def test_two_that_never_met_prove_nothing(tmp_path: Path) -> None:
    """One after the other would work on any disk."""
    found = judge(tmp_path, [Turns(held=((0, 10),), refused=0), Turns(held=((10, 20),), refused=0)])
    assert found.verdict is Verdict.WARNING


def test_one_process_takes_the_lock_as_often_as_it_is_told(tmp_path: Path) -> None:
    """Each turn ends before the next begins."""
    taker = Taker(tmp_path / "x.lock")
    taker.turns(rounds=3)
    assert taker.refused == 0
    assert [begun < ended for begun, ended in taker.held] == [True] * 3
    assert taker.held == sorted(taker.held)


def test_a_refusal_is_noted_and_leaves_nothing_to_free(tmp_path: Path) -> None:
    """The other has it."""
    one, other = Taker(tmp_path / "x.lock"), Taker(tmp_path / "x.lock")
    assert one.take() == "yes"
    assert other.take() == "no"
    other.free()
    one.free()
    assert (len(one.held), one.refused, len(other.held), other.refused) == (1, 0, 0, 1)


def test_two_real_processes_exclude_each_other_here(tmp_path: Path) -> None:
    """On a local disk, with the locks that runs take."""
    assert examine_locks(tmp_path).verdict is Verdict.OK


def test_two_processes_at_two_locks_are_seen_to_overlap(tmp_path: Path) -> None:
    """As on a disk whose locks exclude nobody: the proof would notice."""
    assert judge(tmp_path, notes_of_two(tmp_path / "a.lock", tmp_path / "b.lock")).verdict is Verdict.WRONG


def test_a_folder_that_takes_no_locks_is_wrong(tmp_path: Path) -> None:
    """The reason is the process's own last word."""
    (tmp_path / "file").write_text("no folder")
    found = examine_locks(tmp_path / "file")
    assert found.verdict is Verdict.WRONG
    assert "two processes could not try a lock" in found.told
    assert "file" in found.told
