"""A worker that is not signed in is mended, alone, or retires in order; the others go on as if nothing were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import RunningDemo

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

NUMBERS = [each for each in demo_numbers(14) if each not in ("PO15263404", "PO15263000")]

# A suite's own conftest: does something to the clones of one worker, at the very moment at which they were made.
CONFTEST = '''
import os, sqlite3
from pathlib import Path

def flip(profile):
    cookies = profile / "Cookies"
    data = bytearray(cookies.read_bytes())
    data[len(data) // 2] ^= 0xFF
    data[100:108] = b"\\xff" * 8
    cookies.write_bytes(data)

def forget(profile):
    database = sqlite3.connect(profile / "Cookies")
    with database:
        database.execute("DELETE FROM cookies")
    database.close()

def strange(profile):
    """What no browser can read: rows sealed by another key source."""
    database = sqlite3.connect(profile / "Cookies")
    with database:
        database.execute("UPDATE cookies SET value = '', encrypted_value = CAST('v11' || hex(randomblob(40)) AS BLOB)")
    database.close()

def pytest_edgepool_profile_cloned(config, event):
    if config.workerinput["workerid"] != "gw1":
        return
    [clone] = Path(os.environ["EDGEPOOL_STATE_DIR"]).glob(f"runs/*/clones/{event.slot}")
    done = Path(os.environ["EDGEPOOL_STATE_DIR"]) / "damaged"
    if "ALWAYS" in "@WHEN@" or not done.exists():
        done.touch()
        @WHAT@(clone / "Default")
'''


def run(bench: Bench, what: str, *args: str, when: str = "ONCE") -> Ended:
    bench.write("conftest.py", CONFTEST.replace("@WHAT@", what).replace("@WHEN@", when))
    bench.sheet(NUMBERS)
    bench.demo.site.change(latency_seconds=0.15)
    return bench.run("-n3", "--po-csv=pos.csv", "--junitxml=report.xml", *args)


def told_by(ended: Ended, worker: str, *names: str) -> list[dict[str, Any]]:
    return [each for each in ended.events() if each["worker"] == worker and each["event"] in names]


def test_a_damaged_clone_is_made_anew_and_the_summary_tells_so(bench: Bench) -> None:
    """Its file proof fails before any browser opens it; the new clone is proved; all is fetched."""
    ended = run(bench, "flip")
    assert ended.code == 0, ended.out
    mended = ended.workers()["gw1"]
    assert (mended["mended"], mended["verified"], mended["starts"]) == (["re-clone"], "SUCCESS", 1)
    [line] = [each for each in ended.out.splitlines() if each.startswith("  gw1: ")]
    assert "mended by re-clone" in line
    outcomes = [each["outcome"] for each in told_by(ended, "gw1", "profile.verified")]
    assert outcomes == ["FAILED", "SUCCESS"]
    assert len(told_by(ended, "gw1", "profile.cloned")) == 2
    bench.assert_files_are_true(NUMBERS, ended)


def test_a_signed_out_worker_is_helped_by_one_that_is_signed_in(bench: Bench) -> None:
    """Where only the site's own answer notices it: the session is handed over, nothing is started anew."""
    ended = run(bench, "forget", "--edgepool-verify=capability,auth")
    assert ended.code == 0, ended.out
    mended = ended.workers()["gw1"]
    assert mended["mended"][-1] == "hand over"
    assert (mended["verified"], mended["starts"]) == ("SUCCESS", 1)
    [handed] = told_by(ended, "gw1", "session.handed_over")
    assert handed["giver"] in ("gw0", "gw2")
    assert (handed["refused"], handed["cookies"] > 0) == ([], True)
    bench.assert_files_are_true(NUMBERS, ended)


def test_cookies_that_no_browser_can_read_are_named(bench: Bench) -> None:
    """A start with another key source deletes them silently: the count before and after tells."""
    ended = run(bench, "strange", "--edgepool-verify=capability,auth")
    [first, *_] = told_by(ended, "gw1", "profile.verified")
    auth = next(each for each in first["results"] if each["method"] == "auth")
    assert auth["details"]["cookies_before"] == auth["details"]["cookies_lost"] > 0
    assert "another key source" in auth["error"]


def test_when_nobody_is_signed_in_the_run_stops_at_once(bench: Bench) -> None:
    """One page of what to do; no PO is burnt, none is fetched, and nobody climbs more than the cheapest rungs."""
    bench.demo.site.end_all_sessions()
    bench.sheet(NUMBERS)
    ended = bench.run("-n3", "--po-csv=pos.csv", "--junitxml=report.xml")
    assert ended.code == 1, ended.out
    statuses = list(ended.statuses().values())
    assert statuses.count("STOPPED") >= len(NUMBERS) - 3, ended.out
    assert set(statuses) <= {"STOPPED", "SESSION_EXPIRED"}
    assert all(set(each["mended"]) <= {"hand over", "reload"} for each in ended.workers().values())
    [told] = [each for each in ended.out.splitlines() if each.startswith("The run was stopped: ")]
    assert f"`edgepool login --url {bench.demo.url}`" in told
    assert set(ended.junit()) == set(NUMBERS)


@pytest.fixture(scope="module")
def site_of_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDemo, Path]]:
    """A site whose sign-in lies where nothing but files can carry it, and a state folder that is signed in to it."""
    state = tmp_path_factory.mktemp("signed-in-by-files")
    with serve(DemoOptions(session="indexed-db", session_key=SESSION_KEY)) as demo:
        sign_in_to_demo(demo.url, state)
        yield demo, state


@pytest.fixture
def by_files(tmp_path: Path, site_of_files: tuple[RunningDemo, Path]) -> Iterator[Bench]:
    """A user's folder at that site."""
    demo, state = site_of_files
    with a_bench(tmp_path, state, demo) as made:
        yield made


NO_TOKEN = """
import os, shutil
from pathlib import Path

def pytest_edgepool_profile_cloned(config, event):
    if config.workerinput["workerid"] not in "@WHO@".split():
        return
    [clone] = Path(os.environ["EDGEPOOL_STATE_DIR"]).glob(f"runs/*/clones/{event.slot}")
    done = Path(os.environ["EDGEPOOL_STATE_DIR"]) / "damaged"
    if "ALWAYS" in "@WHEN@" or not done.exists():
        done.touch()
        shutil.rmtree(clone / "Default" / "IndexedDB")
"""


def test_a_sign_in_that_only_files_carry_is_cloned_again(by_files: Bench) -> None:
    """The handed-over session does not help: the next rungs are taken, and the new clone is signed in."""
    bench = by_files
    bench.write("conftest.py", NO_TOKEN.replace("@WHO@", "gw1").replace("@WHEN@", "ONCE"))
    bench.sheet(NUMBERS)
    bench.demo.site.change(latency_seconds=0.15)
    ended = bench.run("-n3", "--po-csv=pos.csv", "--junitxml=report.xml", "--edgepool-verify=capability,auth")
    assert ended.code == 0, ended.out
    mended = ended.workers()["gw1"]
    assert mended["mended"][-1] == "re-clone"
    assert (mended["verified"], mended["starts"]) == ("SUCCESS", 2)
    bench.assert_files_are_true(NUMBERS, ended)


@pytest.mark.parametrize(
    ("distribution", "orders"),
    [
        pytest.param("load", 24, marks=pytest.mark.thorough),
        ("load", 8),
        pytest.param("worksteal", 14, marks=pytest.mark.thorough),
    ],
)
def test_a_worker_that_cannot_be_mended_retires_and_others_run_its_items(
    by_files: Bench, distribution: str, orders: int
) -> None:
    """It burns nothing: each PO is fetched once, by others that go on undisturbed meanwhile, and JUnit names each once.

    A small sheet is dealt out before anybody knows: then a new worker comes for the one that retires.
    """
    bench = by_files
    bench.write("conftest.py", NO_TOKEN.replace("@WHO@", "gw1").replace("@WHEN@", "ALWAYS"))
    numbers = [each for each in demo_numbers(orders) if each not in ("PO15263404", "PO15263000")]
    bench.sheet(numbers)
    bench.demo.site.change(latency_seconds=0.2)
    ended = bench.run(
        "-n3",
        f"--dist={distribution}",
        "--po-csv=pos.csv",
        "--junitxml=report.xml",
        "--edgepool-verify=capability,auth",
    )
    assert ended.code == 0, ended.out
    workers = ended.workers()
    assert workers["gw1"]["state"] == "retired"
    assert {"re-clone", "restart"} <= set(workers["gw1"]["mended"])
    [line] = [each for each in ended.out.splitlines() if each.startswith("  gw1: ")]
    assert "retired: others ran its POs" in line
    assert set(ended.statuses().values()) == {"COMPLETED"}
    assert set(ended.junit()) == set(numbers)
    finished = [each["number"] for each in ended.events() if each["event"] == "order.finished"]
    assert sorted(finished) == sorted(numbers)
    bench.assert_files_are_true(numbers, ended)
    assert_undisturbed(ended, "gw0", "gw2")


def assert_undisturbed(ended: Ended, *names: str) -> None:
    """One start each, no rung, and orders fetched while gw1 climbed its ladder."""
    workers = ended.workers()
    assert {(workers[name]["starts"], len(workers[name]["mended"])) for name in names} == {(1, 0)}
    climb = told_by(ended, "gw1", "profile.mended", "worker.retired")
    begun, over = climb[0]["timestamp"], climb[-1]["timestamp"]
    fetched = [each["timestamp"] for name in names for each in told_by(ended, name, "order.finished")]
    assert [each for each in fetched if begun <= each <= over], (begun, over, fetched)
