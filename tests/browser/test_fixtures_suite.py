"""A suite of somebody else's that uses the fixtures: no purchase orders, no portal, no base."""

from __future__ import annotations

import json
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import CHROMEDRIVER, CHROMIUM, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import RunningDemo

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

EVERYWHERE = pytest.mark.parametrize("workers", [pytest.param("-n0", marks=pytest.mark.thorough), "-n3"])

# Two workers of such a suite are two runs as yet: see worker.station_of.

PAGE = "data:text/html,<title>mine</title><h1>hello</h1>"

# Six tests, so that with three workers each has its share.
USES_EVERYTHING = f"""
import pytest

@pytest.mark.parametrize("number", range(6))
def test_a_page(edge_tab, number):
    edge_tab.get({PAGE!r})
    assert edge_tab.title == "mine"
    assert edge_tab.current_window_handle != edge_tab.window_handles[0]
"""


@pytest.fixture
def suite(tmp_path: Path, demo: RunningDemo) -> Iterator[Bench]:
    """A folder of somebody who never signed in anywhere."""
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "st").mkdir()
    made = Bench(folder, tmp_path / "st", demo)
    yield made
    made.assert_nothing_left()


@EVERYWHERE
def test_a_tab_works_without_site_and_base(suite: Bench, workers: str) -> None:
    """`edge_tab` gives a selenium driver on a new tab, whether there are workers or not."""
    suite.write("test_own.py", USES_EVERYTHING)
    ended = suite.run(workers, "test_own.py")
    assert ended.code == 0, ended.out
    assert "6 passed" in ended.out


@EVERYWHERE
def test_a_worker_keeps_one_browser_for_all_its_tests(suite: Bench, workers: str) -> None:
    """The tests of a worker share a browser process; two workers never do."""
    suite.write(
        "test_own.py",
        """
import pathlib
import pytest

@pytest.mark.parametrize("number", range(9))
def test_who_am_i(edge_tab, edge_browser, edge_pool, edge_profile, number):
    told = edge_browser.capabilities
    line = f"{edge_pool.worker} {told['goog:processID']} {edge_profile.slot} {told['chrome']['userDataDir']}"
    pathlib.Path(f"told-{number}.txt").write_text(line)
""",
    )
    ended = suite.run(workers, "test_own.py")
    assert ended.code == 0, ended.out
    told = {each.read_text() for each in suite.folder.glob("told-*.txt")}
    for place in range(4):
        assert len({each.split()[place] for each in told}) == len(told)


@EVERYWHERE
def test_the_status_tells_of_every_slot(suite: Bench, workers: str) -> None:
    """`edge_pool.status()` names this worker's slot as ready, on a clone, with its proofs."""
    suite.write(
        "test_own.py",
        """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_status(edge_tab, edge_pool, edge_profile, number):
    status = edge_pool.status()
    assert status.run_id == edge_pool.run_id
    mine = next(each for each in status.slots if each.worker == edge_pool.worker)
    assert (mine.state, mine.kind, mine.slot) == ("ready", "clone", edge_profile.slot)
    assert mine.verified == str(edge_profile.verification.outcome) == "SUCCESS"
    assert mine.slot > 0
    assert len({each.slot for each in status.slots if each.slot > 0}) == len([e for e in status.slots if e.slot > 0])
""",
    )
    ended = suite.run(workers, "test_own.py")
    assert ended.code == 0, ended.out


def test_the_profile_is_where_the_browser_runs(suite: Bench) -> None:
    """`edge_profile` names the user data dir that the session itself reports."""
    suite.write(
        "test_own.py",
        """
def test_profile(edge_browser, edge_profile):
    assert edge_browser.capabilities["chrome"]["userDataDir"] == str(edge_profile.user_data_dir)
    assert (edge_profile.user_data_dir / edge_profile.profile_directory).is_dir()
    assert edge_profile.kind == "clone"
""",
    )
    ended = suite.run("-n0", "test_own.py")
    assert ended.code == 0, ended.out


def test_with_a_base_gw0_works_on_it(bench: Bench) -> None:
    """Where somebody has signed in, the fixtures give gw0 the base and the others clones, all of them signed in."""
    bench.write(
        "test_own.py",
        f"""
import pytest

@pytest.mark.parametrize("number", range(6))
def test_signed_in(edge_tab, edge_profile, edge_pool, number):
    edge_tab.get("{bench.demo.url}/order_headers")
    assert "/sessions/new" not in edge_tab.current_url
    assert edge_profile.kind == ("base" if edge_pool.worker == "gw0" else "clone")
""",
    )
    ended = bench.run("-n2", "test_own.py")
    assert ended.code == 0, ended.out


@EVERYWHERE
def test_a_click_brings_files(suite: Bench, workers: str) -> None:
    """`edge_downloads.expect` gives each file that a click began, with its name, size, digest and address."""
    suite.write(
        "test_own.py",
        """
import hashlib
import pytest

@pytest.mark.parametrize("number", range(3))
def test_click(edge_tab, edge_downloads, tmp_path, number):
    edge_tab.get("data:text/html,<a download='a.txt' href='data:text/plain,hello'>x</a>")
    with edge_downloads.expect() as expected:
        edge_tab.find_element("tag name", "a").click()
    [file] = expected.files
    assert (file.name, file.size, file.path.read_text()) == ("a.txt", 5, "hello")
    assert file.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert file.path.is_relative_to(tmp_path)
""",
    )
    ended = suite.run(workers, "test_own.py")
    assert ended.code == 0, ended.out


def test_a_failed_test_leaves_evidence(suite: Bench) -> None:
    """A test that fails has picture, page and address kept, and the report says where; one that passes has none."""
    suite.write(
        "test_own.py",
        f"""
def test_fails(edge_tab):
    edge_tab.get({PAGE!r})
    assert edge_tab.title == "another"

def test_passes(edge_tab):
    edge_tab.get({PAGE!r})
""",
    )
    ended = suite.run("-n0", "test_own.py")
    [kept] = (suite.folder / "downloads" / ".edgepool" / "evidence").iterdir()
    assert {each.name for each in kept.iterdir()} == {"page.png", "page.html", "page.url"}
    assert "<h1>hello</h1>" in (kept / "page.html").read_text()
    assert "test_fails" in kept.name
    assert str(kept.relative_to(suite.folder)) in ended.out


@pytest.mark.parametrize(
    "act",
    [
        "pass",
        "assert False",
        "edge_tab.execute_script('window.open()')",
        pytest.param("edge_tab.switch_to.new_window('tab')", marks=pytest.mark.thorough),
        pytest.param("edge_tab.close()", marks=pytest.mark.thorough),
        "edge_tab.switch_to.window(edge_tab.window_handles[0])",
        "edge_tab.execute_script('setTimeout(() => alert(1))')",
        pytest.param("raise KeyError", marks=pytest.mark.thorough),
    ],
)
def test_a_tab_is_always_closed(suite: Bench, act: str) -> None:
    """Whatever a test does in its tab, the next one finds its own tab and the main window, and nothing else."""
    suite.write(
        "test_own.py",
        f"""
def test_first(edge_tab):
    edge_tab.get({PAGE!r})
    {act}

def test_second(edge_tab, edge_browser):
    assert len(edge_tab.window_handles) == 2
    edge_tab.get({PAGE!r})
    assert edge_tab.title == "mine"
    assert edge_browser.driver.capabilities["goog:processID"]
""",
    )
    ended = suite.run("-n0", "test_own.py", "-v", "--junitxml=report.xml")
    assert "test_second PASSED" in ended.out, ended.out
    assert [each["starts"] for each in started_browsers(suite)] == [1]


def started_browsers(suite: Bench) -> list[dict[str, int]]:
    """How many browsers each log tells of."""
    logs = sorted((suite.folder / "downloads" / ".edgepool" / "runs").glob("*/*.jsonl"))
    events = [[json.loads(line)["event"] for line in each.read_text().splitlines()] for each in logs]
    return [{"starts": each.count("browser.started")} for each in events]


def test_the_main_window_survives(suite: Bench) -> None:
    """Ten tabs later the main window is the one that the browser began with, and current between tests."""
    suite.write(
        "test_own.py",
        """
import pytest
SEEN = set()

@pytest.mark.parametrize("number", range(5))
def test_main(edge_browser, number):
    SEEN.add(edge_browser.driver.current_window_handle)
    for _ in range(2):
        with edge_browser.tab() as tab:
            tab.open("about:blank")
            assert tab.driver.current_window_handle not in SEEN
    assert edge_browser.driver.window_handles == list(SEEN)
    assert len(SEEN) == 1
""",
    )
    ended = suite.run("-n0", "test_own.py")
    assert ended.code == 0, ended.out


def test_a_recycled_browser_is_another_process_on_the_same_profile(suite: Bench) -> None:
    """`edge_browser.recycle()` ends the browser in order; cookies that are kept are there in the new one."""
    suite.write(
        "test_own.py",
        f"""
def test_recycle(edge_browser, edge_profile):
    with edge_browser.tab() as tab:
        tab.open("{suite.demo.url}/sessions/new")
        tab.driver.add_cookie({{"name": "own", "value": "kept", "expiry": 4102444800}})
    before = edge_browser.capabilities["goog:processID"], edge_profile.user_data_dir
    edge_browser.recycle()
    after = edge_browser.capabilities["goog:processID"], edge_profile.user_data_dir
    assert before[0] != after[0]
    assert before[1] == after[1]
    assert len(edge_browser.driver.window_handles) == 1
    with edge_browser.tab() as tab:
        tab.open("{suite.demo.url}/sessions/new")
        assert tab.driver.get_cookie("own")["value"] == "kept"
""",
    )
    ended = suite.run("-n0", "test_own.py")
    assert ended.code == 0, ended.out


def test_one_bad_start_is_not_kept_for_all(suite: Bench) -> None:
    """A browser that does not start fails the test in hand; the next test's start is a new one."""
    first = suite.folder / "first"
    driver = suite.write(
        "driver",
        f"#!{sys.executable}\nimport os, sys\n"
        f"if '--version' not in sys.argv and not os.path.exists({str(first)!r}):\n"
        f"    open({str(first)!r}, 'w').close()\n    sys.exit('not today')\n"
        f"os.execv({CHROMEDRIVER!r}, [{CHROMEDRIVER!r}, *sys.argv[1:]])\n",
    )
    driver.chmod(driver.stat().st_mode | stat.S_IXUSR)
    suite.write("test_own.py", "def test_first(edge_tab): pass\ndef test_second(edge_tab): pass\n")
    ended = suite.run("-n0", "test_own.py", f"--edgepool-driver={driver}", "-v")
    assert "test_first ERROR" in ended.out
    assert "test_second PASSED" in ended.out


def test_switches_and_preferences_can_be_given(suite: Bench) -> None:
    """`edge_arguments` and `edge_preferences`, overridden in a conftest, reach the browser."""
    suite.write(
        "conftest.py",
        """
import pytest

@pytest.fixture(scope="session")
def edge_arguments():
    return ("--user-agent=my own",)

@pytest.fixture(scope="session")
def edge_preferences():
    return {"intl.accept_languages": "pt-BR"}
""",
    )
    suite.write(
        "test_own.py",
        """
def test_given(edge_tab):
    assert edge_tab.execute_script("return navigator.userAgent") == "my own"
    assert edge_tab.execute_script("return navigator.language") == "pt-BR"
""",
    )
    ended = suite.run("-n0", "test_own.py")
    assert ended.code == 0, ended.out


def test_given_switches_survive_a_recycling(suite: Bench) -> None:
    """The browser that comes after a recycling has the same switches, once."""
    suite.write(
        "test_own.py",
        """
def test_given(edge_browser):
    edge_browser.recycle()
    with edge_browser.tab() as tab:
        assert tab.driver.execute_script("return navigator.userAgent") == "mine"
""",
    )
    ended = suite.run("-n0", "test_own.py", "--edgepool-arg=--user-agent=mine")
    assert ended.code == 0, ended.out


def test_more_workers_than_browsers_allowed_fail_one_by_one(suite: Bench) -> None:
    """The extra worker's first use of a fixture fails with a sentence that names the setting."""
    suite.write(
        "test_own.py",
        """
import pathlib
import pytest
from pytest_edgepool.clock import Deadline, wait_until

@pytest.mark.parametrize("number", range(2))
def test_use(edge_tab, edge_pool, number):
    wait_until(pathlib.Path("refused").exists, Deadline.after(20, "the other"))
""",
    )
    suite.write(
        "conftest.py",
        """
import pathlib
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        pathlib.Path("refused").touch()
    return report
""",
    )
    ended = suite.run("-n2", "test_own.py", "--edgepool-max-browsers=1", "--maxschedchunk=1")
    assert ended.code == 1
    assert "1 passed, 1 error" in ended.out
    assert "raise --edgepool-max-browsers" in ended.out


def test_a_suite_that_uses_no_fixture_starts_nothing(suite: Bench) -> None:
    """Tests of a suite that has us installed and does not use us leave no folder and start no browser."""
    suite.write("test_own.py", "def test_nothing(): pass\n")
    assert suite.run("-n2", "test_own.py").code == 0
    assert list(suite.state.iterdir()) == []
    assert not (suite.folder / "downloads").exists()
