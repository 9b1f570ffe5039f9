"""What a dead worker left is cleared up, and nothing that is a living one's by now."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.processes import is_ours_alive, record_of
from pytest_edgepool.run import Run
from pytest_edgepool.workers.remains import clear_remains
from pytest_edgepool.workers.slots import SlotStatus, say, slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.processes import ProcessRecord


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path, "r")
    run.join()
    yield run
    run.leave()


@pytest.fixture
def browser(run: Run) -> Iterator[ProcessRecord]:
    """A process that is recorded as the driver on slot 1, whose folder is there."""
    run.clone_folder(1).mkdir()
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        record = record_of(process.pid, "driver", str(run.clone_folder(1)))
        assert record is not None
        run.record(record)
        yield record
        with suppress(OSError):
            process.communicate(b"go\n")


def says(run: Run, state: str) -> None:
    told = {"worker": "gw1", "slot": 1, "kind": "clone", "profile": str(run.clone_folder(1))}
    say(run, SlotStatus(state=state, **told))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["retired", "ready"])
def test_what_another_worker_has_leased_since_is_left_alone(run: Run, browser: ProcessRecord, state: str) -> None:
    """The dead one had given its slot back: who has the lock has the profile, and its browser goes on."""
    says(run, state)
    with run.slot_lock(1).held(0) as got:
        assert got
        clear_remains(run, "gw1")
    assert is_ours_alive(browser)
    assert run.clone_folder(1).is_dir()


def test_what_the_dead_one_had_is_ended_and_removed(run: Run, browser: ProcessRecord) -> None:
    """Nobody has its slot, and it can be leased anew."""
    says(run, "ready")
    clear_remains(run, "gw1")
    assert not is_ours_alive(browser)
    assert not run.clone_folder(1).exists()
    assert [each.state for each in slots_of(run)] == ["died"]


def test_a_disk_that_takes_nothing_keeps_no_browser_alive(
    run: Run, browser: ProcessRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of the dead one can wait; its browser is ended."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    says(run, "ready")
    monkeypatch.setattr("pytest_edgepool.workers.remains.say", full)
    clear_remains(run, "gw1")
    assert not is_ours_alive(browser)


def test_a_worker_that_had_no_profile_left_nothing(run: Run) -> None:
    """Nor did one of which nothing is known."""
    say(run, SlotStatus(worker="gw1"))
    clear_remains(run, "gw1")
    clear_remains(run, "gw2")
    assert [each.state for each in slots_of(run)] == ["waiting"]
