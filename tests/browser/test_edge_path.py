"""Edge's code path, end to end, on Chromium behind the stand-in for msedgedriver: sign-in, base, clones, the job."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, expected_files, move_state, serve, sign_in_to_demo
from tests.support import CHROMEDRIVER, CHROMIUM, SESSION_KEY, STANDIN, Bench, Ended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NUMBERS = ["PO15262984", "PO15262985", "PO15262986", "PO15263000", "PO15262988", "PO15262989"]
EDGE = ("--edgepool-browser=edge", f"--edgepool-binary={CHROMIUM}", f"--edgepool-driver={STANDIN}")

# What the browser's own session says of itself, kept where the test can read it; one file for each worker.
TELLING = """
import json
import pathlib

import pytest


@pytest.fixture(autouse=True)
def told(edge_browser, edge_pool):
    kept = dict(edge_browser.capabilities, kind=type(edge_browser.driver).__mro__[1].__name__)
    pathlib.Path(f"capabilities-{edge_pool.worker}.json").write_text(json.dumps(kept, default=str))
"""

pytestmark = pytest.mark.skipif(
    os.name != "posix" or not CHROMEDRIVER or not CHROMIUM, reason="the stand-in needs a chromedriver and POSIX"
)


@dataclass
class EdgeJob:
    """The job with Edge's options, done once for all tests of this file."""

    bench: Bench
    ended: Ended

    def capabilities(self) -> dict[str, dict[str, object]]:
        import json

        kept = sorted(self.bench.folder.glob("capabilities-*.json"))
        return {each.stem.partition("-")[2]: json.loads(each.read_bytes()) for each in kept}


@pytest.fixture(scope="module")
def edge_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose managed base is Edge's, signed in as `edgepool login` does."""
    state = tmp_path_factory.mktemp("edge") / "signed-in"
    with serve(DemoOptions(session="session", session_key=SESSION_KEY)) as demo:
        base = sign_in_to_demo(demo.url, state, browser="edge", binary=CHROMIUM, driver=str(STANDIN))
    assert base.user_data_dir == state / "bases" / "edge-stable" / "profile"
    return state


@pytest.fixture(scope="module")
def edge_job(tmp_path_factory: pytest.TempPathFactory, edge_state: Path) -> Iterator[EdgeJob]:
    place = tmp_path_factory.mktemp("edge-job")
    with serve(DemoOptions(session="session", session_key=SESSION_KEY)) as demo:
        folder = place / "work"
        folder.mkdir()
        bench = Bench(folder, move_state(edge_state, place / "st", demo.url), demo)
        bench.sheet(NUMBERS)
        bench.write("conftest.py", TELLING)
        yield EdgeJob(bench, bench.run("-n2", "--po-csv=pos.csv", "--junitxml=report.xml", *EDGE))
        bench.assert_nothing_left()


def test_the_job_is_done_with_edge(edge_job: EdgeJob) -> None:
    """Every order is complete, and every file is what the site has."""
    assert edge_job.ended.code == 0, edge_job.ended.out
    edge_job.bench.assert_files_are_true(NUMBERS, edge_job.ended)


def test_the_session_is_edges(edge_job: EdgeJob) -> None:
    """Each worker's session answers as Edge does, was made by selenium's Edge class, and names msedgedriver."""
    told = edge_job.capabilities()
    assert set(told) == {"gw0", "gw1"}
    for each in told.values():
        assert (each["browserName"], each["kind"]) == ("msedge", "WebDriver")
        assert "msedgedriverVersion" in each["msedge"]  # type: ignore[operator]
        assert "debuggerAddress" in each["ms:edgeOptions"]  # type: ignore[operator]


def test_nothing_was_asked_of_it_by_chromes_names(edge_job: EdgeJob) -> None:
    """No capability of Chrome's is in an Edge session."""
    for each in edge_job.capabilities().values():
        assert not [name for name in each if name.startswith("goog:") or name == "chrome"]


def test_gw0_worked_on_edges_own_base(edge_job: EdgeJob) -> None:
    """The base is Edge's managed one, which no other browser shares; the other worker had a clone."""
    workers = edge_job.ended.workers()
    assert {name: each["kind"] for name, each in workers.items()} == {"gw0": "base", "gw1": "clone"}
    on_base = edge_job.capabilities()["gw0"]["msedge"]["userDataDir"]  # type: ignore[index]
    assert on_base == str(edge_job.bench.state / "bases" / "edge-stable" / "profile")


def test_both_profiles_were_proved(edge_job: EdgeJob) -> None:
    """Files, capabilities and sign-in were proved under Edge's names, too."""
    proved = [each["methods"] for each in edge_job.ended.events() if each["event"] == "profile.verified"]
    assert proved == [{"file": "SUCCESS", "capability": "SUCCESS", "auth": "SUCCESS"}] * 2


def test_the_log_names_both_versions(edge_job: EdgeJob) -> None:
    """A started browser's line has the browser's and the driver's version and its process."""
    started = [each for each in edge_job.ended.events() if each["event"] == "browser.started"]
    assert len(started) == 2
    for each in started:
        assert each["browser_version"].partition(".")[0] == each["driver_version"].partition(".")[0] != ""
        assert each["pid"] > 0


def test_the_header_names_edge(edge_job: EdgeJob) -> None:
    """The user reads which browser it is."""
    assert "edgepool: Microsoft Edge" in edge_job.ended.out


def test_nothing_of_edge_is_left(edge_job: EdgeJob) -> None:
    """Supervisor, stand-in, chromedriver and browser have all ended."""
    edge_job.bench.assert_nothing_left()


def test_chromiums_base_is_not_edges(bench: Bench) -> None:
    """Who signed in with Chromium has not signed in with Edge: one sentence, no browser, nothing written."""
    bench.sheet(NUMBERS[:1])
    ended = bench.run("-n0", "--po-csv=pos.csv", f"--po-url={bench.demo.url}", *EDGE)
    assert ended.code == 4
    assert "there is no managed base for Microsoft Edge" in ended.out
    assert "edgepool login" in ended.out
    assert bench.demo.site.log == []
    assert not (bench.folder / "downloads").exists()


def test_a_suite_without_a_site_runs_on_edge(bench: Bench) -> None:
    """`edge_tab` and `edge_downloads` work on Edge's path with no base at all."""
    bench.write(
        "test_own.py",
        """
def test_a_file_is_downloaded(edge_tab, edge_downloads):
    edge_tab.get("data:text/html,<a download='a.txt' href='data:text/plain,hello'>x</a>")
    with edge_downloads.expect() as expected:
        edge_tab.find_element("tag name", "a").click()
    assert [(each.name, each.path.read_text()) for each in expected.files] == [("a.txt", "hello")]
""",
    )
    ended = bench.run("-n0", "--po-portal=none", "test_own.py", *EDGE)
    assert ended.code == 0, ended.out


def test_expected_files_are_not_empty() -> None:
    """The job above has something to fetch."""
    assert sum(len(expected_files(each)) for each in NUMBERS) > len(NUMBERS)
