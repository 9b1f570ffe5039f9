"""What a worker has in hand, and how those ended that had it before, goes through the run's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.files import write_whole
from pytest_edgepool.plugin.deaths.fate import Fate, Progress, fate_of
from pytest_edgepool.run import Run, state_folder
from pytest_edgepool.workers.in_hand import InHand, begins, deaths_of, history_of, in_hand, note_death

if TYPE_CHECKING:
    from pathlib import Path

HELD = InHand(item="test_a.py::test_it[PO/1]", number="PO/1")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run(state_folder(str(tmp_path / "state")), "r")
    made.join()
    return made


def test_what_is_in_hand_is_known_before_it_is_begun(run: Run) -> None:
    """One thing at a time, for each worker."""
    assert in_hand(run, "gw0") is None
    assert begins(run, "gw0", HELD) == ""
    assert begins(run, "gw1", InHand(item="pos.csv::PO2", number="PO2")) == ""
    assert in_hand(run, "gw0") == HELD
    begins(run, "gw0", InHand(item="pos.csv::PO3", number="PO3"))
    assert in_hand(run, "gw0") == InHand(item="pos.csv::PO3", number="PO3")


def test_deaths_are_told_to_whoever_has_the_item_next(run: Run) -> None:
    """The oldest first; other items know nothing of them."""
    assert note_death(run, HELD.item, "worker gw0 ended") == ("worker gw0 ended",)
    assert note_death(run, HELD.item, "worker gw2 ended") == ("worker gw0 ended", "worker gw2 ended")
    assert begins(run, "gw3", HELD) == "worker gw0 ended; worker gw2 ended"
    assert history_of(run, "pos.csv::PO2") == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"item": "x"}'])
def test_half_a_file_is_as_none(run: Run, content: bytes) -> None:
    """A power cut may leave it so; it costs a history, never a run."""
    begins(run, "gw0", HELD)
    (run.folder / "in-hand" / "gw0.json").write_bytes(content)
    assert in_hand(run, "gw0") is None


def test_a_run_without_a_folder_keeps_no_item_from_being_tried(tmp_path: Path) -> None:
    """What cannot be written is less to be told, and no error."""
    gone = Run(tmp_path, "gone")
    assert begins(gone, "gw0", HELD) == ""
    assert deaths_of(gone, HELD.item) == ()


@pytest.mark.parametrize(
    ("what", "fate"),
    [
        ({}, Fate.AGAIN),
        ({"deaths": 2}, Fate.FAILED),
        ({"can_go_on": False}, Fate.FAILED),
        ({"was_begun": False, "deaths": 0}, Fate.NOT_BEGUN),
        ({"was_begun": False, "can_go_on": False, "deaths": 0}, Fate.STOPPED),
        ({"is_stopping": True}, Fate.STOPPED),
        ({"is_stopping": True, "is_known": True}, Fate.KNOWN),
        ({"is_theirs": True, "deaths": 2}, Fate.THEIRS),
        ({"is_theirs": True, "is_known": True}, Fate.KNOWN),
    ],
    ids=str,
)
def test_the_fate_of_an_item_is_decided_by_what_is_known(what: dict[str, object], fate: Fate) -> None:
    """What is done is done; what ends is stopped; once again, and no more."""
    plain = {
        "is_known": False,
        "is_theirs": False,
        "is_stopping": False,
        "was_begun": True,
        "can_go_on": True,
        "deaths": 1,
    }
    assert fate_of(**{**plain, **what}) is fate  # type: ignore[arg-type]


def a_report(when: str, outcome: str = "passed", status: str = "") -> pytest.TestReport:
    told: list[tuple[str, object]] = [("status", status)] if status else []
    return pytest.TestReport("a::b", ("a", 1, "b"), {}, outcome, None, when, user_properties=told)  # type: ignore[arg-type]


def test_progress_knows_when_the_result_was_told() -> None:
    """A passed setup is none, a skipped one is, a call is; a try that is repeated never is."""
    assert not Progress().after(a_report("setup")).is_told
    assert Progress().after(a_report("setup", "skipped")).is_told
    called = Progress().after(a_report("setup")).after(a_report("call", status="COMPLETED"))
    assert called.is_told
    assert called.properties == (("status", "COMPLETED"),)
    assert called.said == {"setup", "call"}
    again = Progress().after(a_report("call", "rerun")).after(a_report("teardown"))
    assert (again.is_told, again.is_repeated) == (False, True)


def test_work_folders_elsewhere_go_with_the_run(run: Run, tmp_path: Path) -> None:
    """Only those that bear the run's name where they should: a record that says otherwise removes nothing."""
    mine, other = tmp_path / "out" / ".edgepool" / "work" / "r", tmp_path / "mine"
    for each in (mine, other):
        each.mkdir(parents=True)
        (each / "file").touch()
    run.works_in(tmp_path / "out")
    assert run.outside() == (mine,)
    write_whole(run.folder / "outside.json", f'["{other}", "{mine}", "{mine.parent}"]'.encode())
    run.remove()
    assert not mine.exists()
    assert (other / "file").exists()
    assert mine.parent.exists()
    assert not run.exists
