"""Where profiles cannot be had: no right, no room, another machine's lock. One sentence, and nothing is left."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers
from tests.disks import NoDisk, mounted
from tests.profiles import snapshot
from tests.support import CHROMIUM, Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support import Bench

pytestmark = pytest.mark.skipif(not CHROMIUM or os.name != "posix", reason="no Chrome or Chromium here, or not POSIX")

NUMBERS = [each for each in demo_numbers(14) if each not in ("PO15263404", "PO15263000")][:2]
NOBODY = "--edgepool-base=nobody"
# Root may read everything, unless it does without these two rights.
AS_ANYBODY = [
    "setpriv",
    "--inh-caps=-dac_override,-dac_read_search",
    "--bounding-set=-dac_override,-dac_read_search",
]
FILLING = """
import os
from pathlib import Path

def pytest_report_header():
    (Path(os.environ["EDGEPOOL_STATE_DIR"]).parent / "of somebody else").write_bytes(bytes(6_000_000))
"""


def the_sentence(ended: Ended) -> str:
    """The one sentence of a run that could not begin."""
    assert ended.code == 4, ended.out
    [told] = [line for line in ended.out.splitlines() if line.strip()]
    assert told.startswith("ERROR: ")
    return told.removeprefix("ERROR: ")


# -- no right


@pytest.mark.parametrize("closed", ["", "Default", "Local State", "Default/Cookies", "Default/Local Storage/leveldb"])
def test_a_base_that_we_may_not_read_is_refused(bench: Bench, closed: str) -> None:
    """Whichever part of it is closed to us: the sentence says so, and what to do."""
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may read everything, and there is no setpriv")
    bench.sheet(NUMBERS)
    path = bench.base / closed
    mode = path.stat().st_mode & 0o777
    before = snapshot(bench.base)
    path.chmod(0)
    try:
        command = [*(AS_ANYBODY if os.geteuid() == 0 else []), *bench.command("-n1", "--po-csv=pos.csv")]
        ran = subprocess.run(
            command, cwd=bench.folder, env=bench.environment(), capture_output=True, text=True, check=False
        )
    finally:
        path.chmod(mode)
    told = the_sentence(Ended(ran.returncode, ran.stdout + ran.stderr, bench.folder))
    assert "PERMISSION_DENIED" in told
    assert str(bench.base) in told
    assert "give yourself the right to read and write" in told
    assert snapshot(bench.base) == before


# -- no room


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A function that gives an empty disk of that many bytes; skipped where this machine makes none."""
    with ExitStack() as stack:

        def make(size_bytes: int) -> Path:
            try:
                return stack.enter_context(mounted("tmpfs", tmp_path / "disks", size_bytes))
            except NoDisk as reason:
                pytest.skip(str(reason))

        yield make


def on(disk: Path, bench: Bench, *args: str) -> Ended:
    """Run with the state folder on that disk; nothing of the run is left there, and the base is as it was."""
    bench.sheet(NUMBERS)
    bench.extra["EDGEPOOL_STATE_DIR"] = str(disk / "state")
    before = snapshot(bench.base)
    ended = bench.run("--po-csv=pos.csv", f"--edgepool-profile={bench.base}", NOBODY, *args)
    assert snapshot(bench.base) == before
    assert list(disk.glob("state/[rt]*/*")) == []
    return ended


@pytest.mark.parametrize(
    ("size_bytes", "workers", "told"),
    [
        (400_000, "-n2", r"Not enough room: \d+ MB needed for the template and 2 clones, \d+ kB free at "),
        (1_500_000, "-n0", r"Not enough room: \d MB needed for the template and 1 clone, \d MB free at "),
        (8_000_000, "-n2", r"Not enough room: \d+ MB needed for the template and 2 clones, 8 MB free at "),
    ],
)
def test_too_little_room_is_told_before_anything_is_copied(
    disk: Callable[[int], Path], bench: Bench, size_bytes: int, workers: str, told: str
) -> None:
    """For the template, or for it and the clones of this run: the numbers, the folder, the remedy."""
    point = disk(size_bytes)
    sentence = the_sentence(on(point, bench, workers))
    assert re.match(f"{told}{point}/state; free some, or set edgepool_state_dir", sentence), sentence
    assert not (bench.folder / "downloads").exists()


def test_a_disk_that_somebody_fills_before_the_clone_is_made_stops_the_run_with_the_numbers(
    disk: Callable[[int], Path], bench: Bench
) -> None:
    """No browser starts, and no PO is burnt after the first; the same command does it all when there is room again."""
    bench.write("conftest.py", FILLING)
    point = disk(9_000_000)
    ended = on(point, bench, "-n0")
    assert ended.code == 1, ended.out
    statuses = list(ended.statuses().values())
    assert (statuses.count("FAILED"), set(statuses)) == (1, {"FAILED", "STOPPED"})
    told = r"The run was stopped: .*Not enough room: \d MB needed for a clone, \d MB free at "
    assert re.search(told, ended.out), ended.out
    assert bench.demo.site.log == []
    (bench.folder / "conftest.py").unlink()
    (point / "of somebody else").unlink()
    ended = on(point, bench, "-n0")
    assert ended.code == 0, ended.out
    assert set(ended.statuses().values()) == {"COMPLETED"}


# -- another machine's lock


def test_a_lock_of_another_machine_is_respected(bench: Bench) -> None:
    """Nobody here can tell whether that browser lives: the run works on clones and says whose the lock is."""
    bench.sheet(NUMBERS[:1])
    (bench.base / "SingletonLock").symlink_to("elsewhere-4711")
    before = snapshot(bench.base)
    told = the_sentence(bench.run("-n1", "--po-csv=pos.csv", "--edgepool-base-busy=fail"))
    assert told.startswith(f"The base {bench.base} is held by a browser on the machine elsewhere; ")
    assert told.endswith("or use --edgepool-base-busy=clone.")
    ended = bench.run("-n1", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    assert "note: the base is open in a browser on the machine elsewhere: all workers use clones of it" in ended.out
    assert {each["kind"] for each in ended.workers().values()} == {"clone"}
    assert set(ended.statuses().values()) == {"COMPLETED"}
    assert snapshot(bench.base) == before
