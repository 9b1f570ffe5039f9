"""The first run: nobody has signed in, and somebody who sits at a terminal with a screen does it then and there."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers
from tests.person import Hands, at_terminal, needs_a_screen, screen
from tests.support import CHROMIUM, Bench, Ended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import RunningDemo

__all__ = ["screen"]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

NUMBERS = [each for each in demo_numbers(6) if each not in ("PO15263404", "PO15263000")][:3]
SIGN_IN_FIRST = "Nobody is signed in yet, so that comes first"


@pytest.fixture
def fresh(tmp_path: Path, demo: RunningDemo) -> Iterator[Bench]:
    """A user's folder with a sheet; nobody has ever signed in. At its end nothing of ours may be left."""
    folder = tmp_path / "work"
    folder.mkdir()
    made = Bench(folder, tmp_path / "st", demo)
    made.sheet(NUMBERS)
    yield made
    made.assert_nothing_left()


def screened(bench: Bench, display: str, **more: str) -> dict[str, str]:
    """The environment of a person with that screen, or with none."""
    kept = {name: each for name, each in bench.environment().items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return {**kept, **({"DISPLAY": display} if display else {}), "TERM": "dumb", **more}


@needs_a_screen
def test_the_person_signs_in_and_the_run_goes_on_by_itself(fresh: Bench, screen: str) -> None:
    """One command: the browser opens, the person types, every worker is proved, every file is true."""
    command = fresh.command("-n2", "--po-csv=pos.csv", f"--po-url={fresh.demo.url}", "-v")
    with at_terminal(command, fresh.folder, screened(fresh, screen)) as seat:
        seat.see("Sign in there")
        with Hands(fresh.state) as hands:
            hands.sign_in(hands.tab_at("/sessions/new"))
        code = seat.wait()
    assert code == 0, seat.text
    assert SIGN_IN_FIRST in seat.text
    assert "Signed in, and proved" in seat.text
    ended = Ended(code, seat.text, fresh.folder)
    fresh.assert_files_are_true(NUMBERS, ended)
    assert {each["verified"] for each in ended.workers().values()} == {"SUCCESS"}
    assert [each for each in fresh.demo.site.log if each.path == "/sessions" and each.status == 303]


@needs_a_screen
def test_without_an_address_it_is_asked_for_and_from_then_on_the_plain_command_does(fresh: Bench, screen: str) -> None:
    """The shortest command of all: the address is typed once, and remembered with the sign-in."""
    command = fresh.command("-n0", "--po-csv=pos.csv")
    with at_terminal(command, fresh.folder, screened(fresh, screen)) as seat:
        seat.see("The site's address")
        seat.type(f"{fresh.demo.url}\n")
        with Hands(fresh.state) as hands:
            hands.sign_in(hands.tab_at("/sessions/new"))
        code = seat.wait()
    assert code == 0, seat.text
    again = fresh.run("-n0", "--po-csv=pos.csv", "--po-rerun=all")
    assert again.code == 0, again.out
    fresh.assert_files_are_true(NUMBERS, again)


@needs_a_screen
def test_ctrl_c_during_the_sign_in_ends_as_pytest_ends(fresh: Bench, screen: str) -> None:
    """Exit status 2, no worker was started, and not even a base is left that nobody signed in."""
    command = fresh.command("-n2", "--po-csv=pos.csv", f"--po-url={fresh.demo.url}")
    with at_terminal(command, fresh.folder, screened(fresh, screen)) as seat:
        seat.see("Sign in there")
        with Hands(fresh.state) as hands:
            hands.tab_at("/sessions/new")
        seat.type("\x03")
        assert seat.wait() == 2, seat.text
    assert "Nobody has signed in, so nothing was run." in seat.text
    assert "Traceback" not in seat.text
    assert not list((fresh.state / "bases").glob("*"))


@needs_a_screen
def test_a_browser_that_is_closed_by_hand_ends_the_run_with_a_sentence(fresh: Bench, screen: str) -> None:
    """Exit status 4, as for every mistake before a run; the next run asks again."""
    command = fresh.command("-n2", "--po-csv=pos.csv", f"--po-url={fresh.demo.url}")
    with at_terminal(command, fresh.folder, screened(fresh, screen)) as seat:
        seat.see("Sign in there")
        with Hands(fresh.state) as hands:
            hands.tab_at("/sessions/new")
            hands.close_browser()
        assert seat.wait() == 4, seat.text
    assert "The browser was closed before you were signed in" in seat.text
    assert not list((fresh.state / "bases").glob("*"))


@needs_a_screen
def test_patience_has_an_end(fresh: Bench, screen: str) -> None:
    """`edgepool_login_wait` seconds, then one sentence and exit status 4."""
    command = fresh.command("-n2", "--po-csv=pos.csv", f"--po-url={fresh.demo.url}", "-o", "edgepool_login_wait=1")
    with at_terminal(command, fresh.folder, screened(fresh, screen)) as seat:
        assert seat.wait() == 4, seat.text
    assert "did not say within 1 s that you are signed in" in seat.text


@needs_a_screen
def test_nothing_opens_where_nothing_is_run(fresh: Bench, screen: str) -> None:
    """Listing the orders needs no sign-in."""
    command = fresh.command("--co", "-q", "--po-csv=pos.csv", f"--po-url={fresh.demo.url}")
    with at_terminal(command, fresh.folder, screened(fresh, screen)) as seat:
        assert seat.wait() == 0, seat.text
    assert f"pos.csv::{NUMBERS[0]}" in seat.text
    assert SIGN_IN_FIRST not in seat.text
    assert not fresh.state.exists()


@needs_a_screen
def test_who_wants_it_never_is_told_the_command(fresh: Bench, screen: str) -> None:
    """`--edgepool-login=never`: exit status 4 and the sentence, terminal and screen or not."""
    command = fresh.command("--po-csv=pos.csv", f"--po-url={fresh.demo.url}", "--edgepool-login=never")
    with at_terminal(command, fresh.folder, screened(fresh, screen)) as seat:
        assert seat.wait() == 4, seat.text
    assert_told_the_command(fresh, seat.text)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pty")
def test_a_terminal_without_a_screen_is_told_the_command(fresh: Bench) -> None:
    """Exit status 4, the sentence, and no trace."""
    command = fresh.command("-n2", "--po-csv=pos.csv", f"--po-url={fresh.demo.url}")
    # over the network, for systems whose screen needs no name
    with at_terminal(command, fresh.folder, screened(fresh, "", SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22")) as seat:
        assert seat.wait() == 4, seat.text
    assert_told_the_command(fresh, seat.text)


@needs_a_screen
def test_a_screen_without_a_terminal_is_told_the_command(fresh: Bench, screen: str) -> None:
    """A scheduled run must not wait for somebody who is not there."""
    command = fresh.command("-n2", "--po-csv=pos.csv", f"--po-url={fresh.demo.url}")
    ended = subprocess.run(
        command,
        cwd=fresh.folder,
        env=screened(fresh, screen),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert_told_the_command(fresh, ended.stdout + ended.stderr)


def assert_told_the_command(bench: Bench, told: str) -> None:
    assert "Nobody is signed in yet" in told
    assert f"`edgepool login --url {bench.demo.url}`" in told
    assert SIGN_IN_FIRST not in told
    assert not bench.state.exists()


@needs_a_screen
def test_browsers_that_are_shown_are_proved_like_those_that_are_not(bench: Bench, screen: str) -> None:
    """`--edgepool-headed`: both workers' browsers are on the screen, signed in, and fetch what the site has."""
    bench.sheet(NUMBERS)
    bench.demo.site.change(latency_seconds=0.2)
    bench.extra = {"DISPLAY": screen}
    ended = bench.run("-n2", "--maxschedchunk=1", "--po-csv=pos.csv", "--edgepool-headed")
    assert ended.code == 0, ended.out
    bench.assert_files_are_true(NUMBERS, ended)
    workers = ended.workers()
    assert set(workers) == {"gw0", "gw1"}
    assert {each["verified"] for each in workers.values()} == {"SUCCESS"}
    assert not [each for each in bench.demo.site.log if "Headless" in each.user_agent]
