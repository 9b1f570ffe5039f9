"""The gate lets only so many in at once, across processes, and nobody's death closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import DeadlinePassed, RunStopped
from pytest_edgepool.locks import is_free
from pytest_edgepool.workers.gate import through_gate
from tests.staged import holding

if TYPE_CHECKING:
    from pathlib import Path


def test_as_many_as_the_gate_is_wide_may_be_inside(tmp_path: Path) -> None:
    """Two places: two are inside at the same time, on a place each."""
    with through_gate(tmp_path, "launch", 2, 0), through_gate(tmp_path, "launch", 2, 0):
        held = [path for path in tmp_path.glob("launch-*.lock") if not is_free(path)]
        assert len(held) == 2


def test_one_more_waits_its_patience_and_is_told_what_it_waited_for(tmp_path: Path) -> None:
    """The message names the gate."""
    with (
        through_gate(tmp_path, "launch", 1, 0),
        pytest.raises(DeadlinePassed, match="waiting for the launch gate"),
        through_gate(tmp_path, "launch", 1, 0),
    ):
        raise AssertionError("it came in")


def test_a_place_is_free_again_after_the_block_also_when_it_failed(tmp_path: Path) -> None:
    """An error inside does not keep the place."""

    def fails() -> None:
        with through_gate(tmp_path, "launch", 1, 0):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with through_gate(tmp_path, "launch", 1, 0):
        pass


def test_the_death_of_a_process_inside_opens_its_place(tmp_path: Path) -> None:
    """The kernel frees what a killed browser start held."""
    place = tmp_path / "launch-0.lock"
    with holding(place) as other:
        with pytest.raises(DeadlinePassed), through_gate(tmp_path, "launch", 1, 0):
            raise AssertionError("it came in")
        other.kill()
        other.wait()
        with through_gate(tmp_path, "launch", 1, 5):
            assert not is_free(place)


def test_gates_of_different_names_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """A name is a gate of its own."""
    with through_gate(tmp_path, "launch", 1, 0), through_gate(tmp_path, "copy", 1, 0):
        assert not is_free(tmp_path / "launch-0.lock")
        assert not is_free(tmp_path / "copy-0.lock")


def test_nobody_waits_for_a_place_in_a_run_that_is_ended(tmp_path: Path) -> None:
    """However long its patience is."""
    with (
        through_gate(tmp_path, "launch", 1, 0),
        pytest.raises(RunStopped),
        through_gate(tmp_path, "launch", 1, 600, lambda: True),
    ):
        raise AssertionError("it came in")
