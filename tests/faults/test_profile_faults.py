"""What goes wrong with profiles while a run copies them: each ends in one sentence or in order, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers
from tests.faults.leasing import half_a_clone, lease_only, number_in, shut, standing
from tests.faults.staging import ORDER_PAGE, must
from tests.profiles import snapshot
from tests.support import CHROMIUM, Ended

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.staging import Hold, Starter
    from tests.support import Bench

pytestmark = pytest.mark.skipif(
    not CHROMIUM or sys.platform == "win32", reason="no Chrome or Chromium here, or the gates are no POSIX locks"
)

NUMBERS = [each for each in demo_numbers(14) if each not in ("PO15263404", "PO15263000")][:6]
NOBODY = "--edgepool-base=nobody"
CLONE, TEMPLATE, BASE = (
    f"{each}/Default/Cookies" for each in ("runs/*/clones/1", "templates/*/profile", "bases/*/profile")
)
# A suite's own conftest: turns bytes of cookies over, once, at the moment that a hook of pytest or ours is called.
FLIPPING = """
import os
from pathlib import Path
from pytest_edgepool.clock import Deadline, wait_until

STATE, HERE = Path(os.environ["EDGEPOOL_STATE_DIR"]), Path(__file__).parent

def @HOOK@(config):
    if getattr(config, "workerinput", {}).get("workerid") == "gw0" or (HERE / "done").exists():
        return
    if hasattr(config, "workerinput"):
        wait_until((HERE / "go").exists, Deadline.after(90, "the word to go"))
    (HERE / "done").touch()
    for [cookies] in map(list, map(STATE.glob, "@WHAT@".split())):
        data = bytearray(cookies.read_bytes())
        data[100:108] = b"\\xff" * 8
        cookies.write_bytes(data)
"""


def flip(path: Path) -> None:
    """Damage a database: its head says that it is one, its first page is none."""
    data = bytearray(path.read_bytes())
    data[100:108] = b"\xff" * 8
    path.write_bytes(data)


def flipping(bench: Bench, hook: str, *what: str) -> None:
    """Have these be damaged when that hook is called."""
    bench.write("conftest.py", FLIPPING.replace("@HOOK@", hook).replace("@WHAT@", " ".join(what)))


def the_sentence(ended: Ended) -> str:
    """The one sentence of a run that could not begin."""
    assert ended.code == 4, ended.out
    [told] = [line for line in ended.out.splitlines() if line.strip()]
    assert told.startswith("ERROR: ")
    assert not (ended.folder / "downloads").exists()
    return told.removeprefix("ERROR: ")


def clean(bench: Bench) -> str:
    """Say `edgepool clean` as a user does."""
    command = [sys.executable, "-m", "pytest_edgepool.cli", "clean"]
    return subprocess.run(command, env=bench.environment(), capture_output=True, text=True, check=True).stdout


# -- killed in the middle of a clone


def test_a_worker_killed_in_the_middle_of_a_clone_is_replaced(bench: Bench, begin: Starter) -> None:
    """Half of its clone stands under another name; who takes the slot next begins anew, and the others go on."""
    lease_only(bench)
    bench.extra["STAGE"] = "clone-4"
    bench.sheet(NUMBERS)
    with shut(bench, "clone-4"):
        process = begin("-n2", "--po-csv=pos.csv", "--junitxml=report.xml", NOBODY)
        must(lambda: len(standing(bench, "clone-4")) == 2, "two workers with half a clone")
        assert half_a_clone(bench) == ["1.new", "2.new"]
        os.kill(number_in(standing(bench, "clone-4")["gw1"]), signal.SIGKILL)
        must(lambda: "gw2" in standing(bench, "clone-4"), "another worker in its place")
        assert half_a_clone(bench) == ["1.new", "2.new"]
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    assert "gw1 (process " in ended.out
    assert "6 passed, 1 rerun" in ended.out
    assert {each["kind"] for each in ended.workers().values()} == {"clone"}


def test_what_a_run_killed_in_the_middle_of_a_clone_left_is_cleaned(bench: Bench, begin: Starter) -> None:
    """Nothing of it looks like a clone, and `edgepool clean` removes all of it."""
    lease_only(bench)
    bench.extra["STAGE"] = "clone-4"
    bench.sheet(NUMBERS[:1])
    with shut(bench, "clone-4"):
        process = begin("-n0", "--po-csv=pos.csv", NOBODY)
        must(lambda: bool(standing(bench, "clone-4")), "a run with half a clone")
        process.kill()
        bench.finish(process)
    assert half_a_clone(bench) == ["1.new"]
    assert clean(bench) == "Removed what 1 dead run left.\n"
    bench.assert_nothing_left()
    assert clean(bench) == "Nothing to clean.\n"


# -- changed while it is copied


def test_a_base_that_is_written_to_while_it_is_copied_is_copied_again(bench: Bench, begin: Starter) -> None:
    """One file grows, one vanishes: the copy is as that of an open base, and the header says so and nothing else."""
    lease_only(bench)
    bench.extra["STAGE"] = "template-4"
    bench.sheet(NUMBERS[:1])
    passing = bench.base / "Default" / "Passing"
    passing.write_text("gone in a moment")
    with shut(bench, "template-4"):
        process = begin("-n0", "--po-csv=pos.csv")
        must(lambda: bool(standing(bench, "template-4")), "a run with half a template")
        passing.unlink()
        with (bench.base / "Default" / "Preferences").open("a") as file:
            file.write(" ")
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    [note] = [line for line in ended.out.splitlines() if "edgepool: note:" in line]
    assert "the base was written to while it was copied (Default/P" in note
    assert "close every browser on it" in note


def test_a_template_that_loses_a_file_before_it_is_cloned_is_made_anew(bench: Bench, begin: Starter) -> None:
    """Whatever swept it away: no PO fails for it."""
    lease_only(bench)
    bench.extra["STAGE"] = "clone-0"
    bench.sheet(NUMBERS)
    with shut(bench, "clone-0"):
        process = begin("-n0", "--po-csv=pos.csv", NOBODY)
        must(lambda: bool(standing(bench, "clone-0")), "a run that is about to clone")
        [cookies] = bench.state.glob(TEMPLATE)
        cookies.unlink()
    ended = bench.finish(process)
    assert ended.code == 0, ended.out


# -- damaged


def test_a_template_damaged_while_the_run_lives_is_made_anew(bench: Bench, begin: Starter, hold: Hold) -> None:
    """From under the browser that has the base open: the new clone is proved, and all is fetched."""
    flipping(bench, "pytest_edgepool_profile_cloned", CLONE, TEMPLATE)
    bench.sheet(NUMBERS)
    hold.requests_for(ORDER_PAGE)
    process = begin("-n2", "--po-csv=pos.csv")
    hold.wait_for(1)  # gw0 works on the base
    (bench.folder / "go").touch()
    hold.wait_for(2)
    assert (bench.folder / "done").exists()
    hold.release()
    ended = bench.finish(process)
    assert ended.code == 0, ended.out
    assert {name: (each["mended"], each["verified"]) for name, each in ended.workers().items()} == {
        "gw0": ([], "SUCCESS"),
        "gw1": (["re-clone"], "SUCCESS"),
    }
    bench.assert_files_are_true(NUMBERS, ended)


@pytest.mark.parametrize(
    ("hook", "what", "base"),
    [("pytest_edgepool_profile_cloned", (CLONE, TEMPLATE, BASE), "nobody"), ("pytest_report_header", (BASE,), "gw0")],
)
def test_a_base_damaged_while_the_run_lives_ends_it(bench: Bench, hook: str, what: tuple[str, ...], base: str) -> None:
    """When nothing sound is left to clone, or gw0 is to work on it: one sentence with base and remedy, no PO burnt."""
    flipping(bench, hook, *what)
    bench.sheet(NUMBERS)
    ended = bench.run("-n0", "--po-csv=pos.csv", f"--edgepool-base={base}")
    assert ended.code == 1, ended.out
    assert list(ended.statuses().values()) == ["FAILED", *["STOPPED"] * 5]
    [told] = [line for line in ended.out.splitlines() if line.startswith("The run was stopped: ")]
    assert f"The base {bench.base} is CORRUPTED (" in told
    assert told.endswith("sign in again with `edgepool login`.")
    assert "INTERNALERROR" not in ended.out
    assert "Traceback" not in ended.out


@pytest.mark.parametrize(
    "name",
    [
        "Local State",
        pytest.param("Default/Cookies", marks=pytest.mark.thorough),
        pytest.param("Default/Preferences", marks=pytest.mark.thorough),
    ],
)
def test_a_damaged_base_is_refused(bench: Bench, name: str) -> None:
    """Ours and somebody's own, each with its remedy; it is left as it was."""
    bench.sheet(NUMBERS[:1])
    path = bench.base / name
    flip(path) if name.endswith("Cookies") else path.write_text("{no json")
    own = bench.folder.parent / "own"
    shutil.copytree(bench.base, own, symlinks=True)
    for base, args, remedy in (
        (bench.base, [], "sign in again with `edgepool login`."),
        (own, [f"--edgepool-profile={own}", f"--po-url={bench.demo.url}"], "another base with --edgepool-profile."),
    ):
        before = snapshot(base)
        told = the_sentence(bench.run("-n1", "--po-csv=pos.csv", *args))
        assert told.startswith(f"The base {base} is CORRUPTED")
        assert told.endswith(remedy)
        assert snapshot(base) == before
