"""Who is signed in, and what a run does when nobody is, any more, or when the site is gone."""

from __future__ import annotations

import csv
import io
import json
import shutil
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.profiles.base import Base, BaseStatus, status_of
from pytest_edgepool.profiles.soundness import wrong_with_files
from pytest_edgepool.testing import DemoOptions, demo_numbers, expected_files, serve, sign_in_to_demo
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

PATIENCE_SECONDS = 120
NUMBERS = [each for each in demo_numbers(20) if each not in ("PO15263404", "PO15263000")]
QUICK = {"EDGEPOOL_PO_RETRY_SECONDS": "0.05"}

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

BOTH_KINDS = pytest.mark.parametrize("kind", ["session", pytest.param("persistent", marks=pytest.mark.thorough)])


@pytest.fixture(scope="module")
def signed_in_for_long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder signed in with a cookie that outlives the browser."""
    state = tmp_path_factory.mktemp("signed-in-for-long")
    with serve(DemoOptions(session="persistent", session_key=SESSION_KEY)) as demo:
        sign_in_to_demo(demo.url, state)
    return state


@pytest.fixture
def kept(kind: str, tmp_path: Path, signed_in: Path, signed_in_for_long: Path) -> Iterator[Bench]:
    """A user's folder whose sign-in is of that kind."""
    state = signed_in if kind == "session" else signed_in_for_long
    options = DemoOptions(session=kind, session_key=SESSION_KEY)  # type: ignore[arg-type]
    with serve(options) as demo, a_bench(tmp_path, state, demo) as bench:
        yield bench


def rows_of(ended: Ended) -> list[dict[str, str]]:
    text = (ended.folder / "downloads" / "report.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@BOTH_KINDS
def test_base_and_clones_are_signed_in(kept: Bench, kind: str) -> None:
    """Three workers on a base and two clones work with the one sign-in; none of them is asked to sign in."""
    kept.demo.site.change(latency_seconds=0.2)
    kept.sheet(NUMBERS[:9])
    ended = kept.run("-n3", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    assert {each["verified"] for each in ended.workers().values()} == {"SUCCESS"}
    assert not [each for each in kept.demo.site.log if each.path.startswith("/sessions")]


@BOTH_KINDS
def test_a_sign_in_survives_a_recycling(kept: Bench, kind: str) -> None:
    """After `edge_browser.recycle()` base and clone are still signed in, and no old tab comes back."""
    kept.write(
        "test_own.py",
        f"""
import pathlib
import pytest
from pytest_edgepool.clock import Deadline, wait_until

def look(edge_browser):
    with edge_browser.tab() as tab:
        tab.open("{kept.demo.url}/order_headers")
        return tab.driver.current_url

@pytest.mark.parametrize("number", range(2))
def test_recycle(edge_browser, edge_profile, number):
    assert look(edge_browser).endswith("/order_headers")
    edge_browser.recycle()
    assert look(edge_browser).endswith("/order_headers")
    assert len(edge_browser.driver.window_handles) == 1
    pathlib.Path(edge_profile.kind).touch()
    both = [pathlib.Path("base"), pathlib.Path("clone")]  # so that each worker has one of the two tests
    assert wait_until(lambda: all(each.exists() for each in both), Deadline.after({PATIENCE_SECONDS}, "the other"))
""",
    )
    kept.sheet(NUMBERS[:1])
    ended = kept.run("-n2", "--maxschedchunk=1", "--po-csv=pos.csv", "test_own.py")
    assert ended.code == 0, ended.out


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Callable[[str], AbstractContextManager[Bench]]:
    """Make a user's folder for the tests that share a run."""

    @contextmanager
    def made(name: str) -> Iterator[Bench]:
        options = DemoOptions(session="session", session_key=SESSION_KEY)
        with serve(options) as demo, a_bench(tmp_path_factory.mktemp(name), signed_in, demo, **QUICK) as bench:
            bench.sheet(NUMBERS)
            yield bench

    return made


@pytest.fixture(scope="module")
def expired(place: Callable[[str], AbstractContextManager[Bench]]) -> Iterator[tuple[Bench, Ended]]:
    """A run that finds its session expired at the first look; afterwards the site knows the session again."""
    with place("expired") as bench:
        bench.demo.site.change(session_seconds=0.001)
        ended = bench.run("-n2", "--po-csv=pos.csv", "--junitxml=report.xml")
        bench.demo.site.change(session_seconds=None)
        yield bench, ended


def test_an_expired_session_stops_the_run_with_one_sentence(expired: tuple[Bench, Ended]) -> None:
    """The user is told what happened and to use `edgepool login`; no order is begun; the exit status says so."""
    _, ended = expired
    [told] = [each for each in ended.out.splitlines() if each.startswith("The run was stopped: ")]
    assert "the site asks to sign in" in told
    assert "`edgepool login" in told
    assert ended.code == 1


def test_an_expired_session_stops_every_other_order(expired: tuple[Bench, Ended]) -> None:
    """Only what was in a worker's hand fails, as SESSION_EXPIRED; the rest is STOPPED and each is in JUnit once."""
    _, ended = expired
    statuses = {number: told["status"] for number, told in ended.junit().items()}
    assert set(statuses) == set(NUMBERS)
    assert set(statuses.values()) == {"SESSION_EXPIRED", "STOPPED"}
    assert list(statuses.values()).count("SESSION_EXPIRED") <= 2


def test_an_expired_session_harms_no_base(expired: tuple[Bench, Ended]) -> None:
    """The base is whole and free, and when the site knows its session again it works as before."""
    bench, _ = expired
    base = Base(user_data_dir=bench.base, profile_directory="Default", managed=True)
    assert status_of(base) is BaseStatus.AVAILABLE
    assert wrong_with_files(base.user_data_dir, "Default") == ""
    ended = bench.run("-n0", "--po-csv=pos.csv", "--po-output=proof", "-k", NUMBERS[0])
    assert ended.code == 0, ended.out


@pytest.fixture(scope="module")
def cut_off(place: Callable[[str], AbstractContextManager[Bench]]) -> Iterator[tuple[Bench, Ended]]:
    """A run whose session the site ends while orders are being worked on."""
    with place("cut-off") as bench:
        bench.demo.site.change(latency_seconds=0.2)
        process = bench.begin("-n2", "--po-csv=pos.csv", "--junitxml=report.xml")
        ledger = bench.folder / "downloads" / ".edgepool" / "ledger.jsonl"
        some = wait_until(
            lambda: ledger.is_file() and len(ledger.read_bytes().splitlines()) >= 2,
            Deadline.after(PATIENCE_SECONDS, "two orders"),
        )
        bench.demo.site.end_all_sessions()
        ended = bench.finish(process)
        assert some, ended.out
        bench.demo.site.change(latency_seconds=0)
        shutil.copytree(bench.folder / "downloads", bench.folder / "cut-off")
        yield bench, ended


def test_a_session_that_ends_in_mid_run_stops_the_run(cut_off: tuple[Bench, Ended]) -> None:
    """What was done stays done, what was in hand is SESSION_EXPIRED, the rest STOPPED; a sentence names the remedy."""
    bench, ended = cut_off
    statuses = ended.statuses("cut-off")
    assert set(statuses.values()) == {"COMPLETED", "SESSION_EXPIRED", "STOPPED"}, ended.out
    assert 1 <= list(statuses.values()).count("SESSION_EXPIRED") <= 2
    [told] = [each for each in ended.out.splitlines() if each.startswith("The run was stopped: ")]
    assert "The session ended" in told
    assert "edgepool login" in told
    assert ended.code == 1
    for number in [each for each in NUMBERS if statuses[each] == "COMPLETED"]:
        assert bench.files_of(number, ended, "cut-off") == expected_files(number)


def test_after_a_new_sign_in_the_same_command_goes_on(cut_off: tuple[Bench, Ended]) -> None:
    """Once signed in again, the same command fetches what was left and nothing twice."""
    bench, before = cut_off
    done = [number for number, status in before.statuses("cut-off").items() if status == "COMPLETED"]
    sign_in_to_demo(bench.demo.url, bench.state)
    bench.demo.site.clear_log()
    ended = bench.run("-n2", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    asked = {f"PO{each.path.rpartition('/')[2]}" for each in bench.demo.site.log if "/order_headers/" in each.path}
    assert asked == set(NUMBERS) - set(done)
    bench.assert_files_are_true(NUMBERS, ended)


@pytest.fixture(scope="module")
def nobody(place: Callable[[str], AbstractContextManager[Bench]]) -> Iterator[Ended]:
    """A run against an address where nobody listens."""
    # Bound and not listening: refused for sure, and no other test's site can be given the port meanwhile.
    with socket.socket() as reserved, place("nobody") as bench:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        yield bench.run("-n2", "--po-csv=pos.csv", "--junitxml=report.xml", f"--po-url=http://127.0.0.1:{port}")


def test_an_unreachable_site_stops_the_run_with_one_sentence(nobody: Ended) -> None:
    """The first browser finds that nobody is there: the sentence names the address and what to check."""
    [told] = [each for each in nobody.out.splitlines() if each.startswith("The run was stopped: ")]
    assert "cannot be reached (ERR_CONNECTION_REFUSED)" in told
    assert "--po-url" in told
    assert nobody.code == 1
    assert "Traceback" not in nobody.out


def test_an_unreachable_site_leaves_whole_reports(nobody: Ended) -> None:
    """report.csv, report.json and JUnit name every order; all but those in hand are STOPPED."""
    statuses = nobody.statuses()
    assert list(statuses) == [each["PO_NUMBER"] for each in rows_of(nobody)] == NUMBERS
    assert [each["STATUS"] for each in rows_of(nobody)] == list(statuses.values())
    assert {name: told["status"] for name, told in nobody.junit().items()} == statuses
    assert set(statuses.values()) <= {"FAILED", "STOPPED"}
    assert list(statuses.values()).count("STOPPED") >= len(NUMBERS) - 2


def test_an_unreachable_site_is_not_asked_again_for_each_order(nobody: Ended) -> None:
    """Nobody waits for retries: each worker looked once, and no order was begun."""
    report = json.loads((nobody.folder / "downloads" / "report.json").read_bytes())
    assert all(each["starts"] <= 1 for each in report["run"]["workers"])
    assert not [each for each in nobody.ledger() if each["attempts"] > 1]
