"""A PO is fetched by one process at a time, whichever run it belongs to."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import RunStopped
from pytest_edgepool.outcomes.claims import Claims
from pytest_edgepool.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SITE = "https://x.test"
HOLD = """
import sys
from pathlib import Path
from pytest_edgepool.outcomes.claims import Claims

with Claims(Path(sys.argv[1]), sys.argv[2], lambda: False).on("PO1", "https://x.test") as other:
    print(other or "mine", flush=True)
    sys.stdin.read()
"""


@dataclass
class Moved(FakeClock):
    """A clock on which something happens once, while somebody sleeps."""

    then: Callable[[], object] | None = None
    naps: int = field(default=0)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.naps += 1
        act, self.then = self.then, None
        if act is not None:
            act()


def claims_of(output: Path, run: str, clock: Moved | None = None, *, is_stopping: bool = False) -> Claims:
    return Claims(output, run, lambda: is_stopping, clock or Moved())


def left_in(output: Path) -> list[str]:
    return [each.name for each in output.rglob("*") if "claims" in each.as_posix()]


def test_a_po_is_had_by_one_run(tmp_path: Path) -> None:
    """The second one is told who has it; afterwards it may have it, and no file is left."""
    one, other = claims_of(tmp_path, "run-1"), claims_of(tmp_path, "run-2")
    with one.on("PO1", SITE) as first, other.on("PO1", SITE) as second:
        assert (first, second) == ("", "run-1")
        assert (one.is_elsewhere("PO1", SITE), other.is_elsewhere("PO1", SITE)) == (False, True)
    with other.on("PO1", SITE) as again:
        assert again == ""
    assert left_in(tmp_path) == []


def test_another_po_or_another_site_is_another_claim(tmp_path: Path) -> None:
    """A number says nothing without its site."""
    one, other = claims_of(tmp_path, "run-1"), claims_of(tmp_path, "run-2")
    with one.on("PO1", SITE), other.on("PO2", SITE) as number, other.on("PO1", "https://y.test") as site:
        assert (number, site) == ("", "")


def test_who_was_told_gives_nothing_back(tmp_path: Path) -> None:
    """The end of the one that does not have it leaves the other's claim as it is."""
    one, other = claims_of(tmp_path, "run-1"), claims_of(tmp_path, "run-2")
    with one.on("PO1", SITE):
        for _ in range(2):
            with other.on("PO1", SITE) as told:
                assert told == "run-1"


def test_a_worker_of_the_same_run_is_waited_for(tmp_path: Path) -> None:
    """Two tests of one run may want the same PO: one after the other."""
    clock = Moved()
    first = claims_of(tmp_path, "run").on("PO1", SITE)
    first.__enter__()
    clock.then = lambda: first.__exit__(None, None, None)
    with claims_of(tmp_path, "run", clock).on("PO1", SITE) as told:
        assert (told, clock.naps) == ("", 1)
    assert left_in(tmp_path) == []


def test_the_end_of_the_run_ends_that_wait(tmp_path: Path) -> None:
    """Else a Ctrl-C would wait for a download."""
    with (
        claims_of(tmp_path, "run").on("PO1", SITE),
        pytest.raises(RunStopped),
        claims_of(tmp_path, "run", is_stopping=True).on("PO1", SITE),
    ):
        pass


def test_a_worker_that_hangs_is_not_waited_for_without_end(tmp_path: Path) -> None:
    """The PO is left for the next run, with the reason."""
    clock = Moved()
    waiting = Claims(tmp_path, "run", lambda: False, clock, patience_seconds=60)
    with (
        claims_of(tmp_path, "run").on("PO1", SITE),
        pytest.raises(RunStopped, match="has had the PO for 60 s"),
        waiting.on("PO1", SITE),
    ):
        pass
    assert clock.naps >= 60


def test_to_look_at_a_dead_runs_claim_leaves_none(tmp_path: Path) -> None:
    """Its folder may be going away just now: it must not be made anew."""
    dead = tmp_path / ".edgepool" / "work" / "run-0" / "claims"
    dead.mkdir(parents=True)
    with claims_of(tmp_path, "run-1").on("PO1", SITE):
        (name,) = [each.name for each in (tmp_path / ".edgepool/work/run-1/claims").iterdir()]
    (dead / name).touch()
    assert not claims_of(tmp_path, "run-2").is_elsewhere("PO1", SITE)
    assert left_in(tmp_path) == []


def test_a_failure_gives_it_back(tmp_path: Path) -> None:
    """Whatever ends the fetch."""
    with pytest.raises(KeyboardInterrupt), claims_of(tmp_path, "run-1").on("PO1", SITE):
        raise KeyboardInterrupt
    with claims_of(tmp_path, "run-2").on("PO1", SITE) as told:
        assert told == ""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_who_is_killed_has_nothing_any_more(tmp_path: Path) -> None:
    """The system frees the lock; its file goes with the dead run's work folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path), "run-1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        other = claims_of(tmp_path, "run-2")
        with other.on("PO1", SITE) as told:
            assert told == "run-1"
        process.kill()
    with other.on("PO1", SITE) as told:
        assert told == ""
    assert {each.split("/")[-4] for each in map(str, tmp_path.rglob("*.lock")) if "claims" in each} <= {"work"}
    assert not list(tmp_path.glob(".edgepool/work/run-2/claims"))


def test_a_folder_that_takes_no_lock_claims_nothing(tmp_path: Path) -> None:
    """The PO is tried: its own outcome says what is wrong with the folder."""
    (tmp_path / ".edgepool").write_text("a file where a folder should be")
    with claims_of(tmp_path, "run").on("PO1", SITE) as told:
        assert told == ""
