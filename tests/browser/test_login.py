"""`edgepool login`: a person signs in, or says that they have, or gives up; a clone is the proof."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.clock import wait_until
from pytest_edgepool.testing import DEMO_PASSWORD, demo_numbers
from tests.person import Hands, Seat, at_terminal, needs_a_screen, screen, soon
from tests.support import CHROMIUM, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import RunningDemo

__all__ = ["screen"]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

NUMBERS = [each for each in demo_numbers(6) if each not in ("PO15263404", "PO15263000")][:2]
LOOK_MILLISECONDS = 500  # how often the tabs are looked at
EDGEPOOL = [sys.executable, "-m", "pytest_edgepool.cli"]


@pytest.fixture
def desk(tmp_path: Path, demo: RunningDemo) -> Iterator[Bench]:
    """A user's folder; nobody has ever signed in. At its end nothing of ours may be left."""
    folder = tmp_path / "work"
    folder.mkdir()
    made = Bench(folder, tmp_path / "st", demo)
    yield made
    made.assert_nothing_left()


def login(desk: Bench, *options: str) -> list[str]:
    return [*EDGEPOOL, "login", "--url", desk.demo.url, *options]


def without_person(desk: Bench, *options: str) -> subprocess.CompletedProcess[str]:
    kept = {name: each for name, each in desk.environment().items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = login(desk, *options)
    return subprocess.run(
        command, cwd=desk.folder, env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def seated(desk: Bench, display: str) -> dict[str, str]:
    return {**desk.environment(), "DISPLAY": display, "TERM": "dumb"}


def assert_no_base(desk: Bench) -> None:
    assert not list((desk.state / "bases").glob("*")), "a base is left in which nobody signed in"


def test_headless_signs_in_to_the_demo_by_itself_proves_it_and_says_what_comes_next(desk: Bench) -> None:
    """Counts of what was kept, never a value; the run that it names then works without a word more."""
    told = without_person(desk, "--portal=demo", "--headless")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Kept: 1 cookie of 1 site (1 for the session only)" in told.stdout
    assert "Signed in, and proved: a clone, opened headless, is signed in." in told.stdout
    assert told.stdout.endswith("Next: pytest -n 6 --po-csv pos.csv\n")
    values = {each.session for each in desk.demo.site.log} - {""}
    assert values
    assert not [each for each in (*values, "_coupa_session", DEMO_PASSWORD) if each in told.stdout + told.stderr]
    desk.sheet(NUMBERS)
    ended = desk.run("-n2", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("persistent", "Kept: 1 cookie of 1 site."),
        pytest.param("local-storage", "Kept: local storage of 1 origin.", marks=pytest.mark.thorough),
        ("indexed-db", "Kept: IndexedDB of 1 origin."),
    ],
)
def test_whatever_a_sign_in_lives_in_is_proved(desk: Bench, kind: str, kept: str) -> None:
    """Cookies, local storage, IndexedDB: the clone is asked as a run asks it, and the counts are true."""
    desk.demo.site.change(session=kind)
    told = without_person(desk, "--portal=demo", "--headless")
    assert told.returncode == 0, told.stdout + told.stderr
    assert kept in told.stdout
    assert "is signed in." in told.stdout


def test_a_session_that_changes_with_each_use_is_not_used_up_by_the_proof(desk: Bench) -> None:
    """The clone's cookies are counted, the site is not asked: the base can still be used afterwards."""
    desk.demo.site.change(rotate=True)
    desk.extra = {"EDGEPOOL_ROTATING_SESSION": "1"}
    told = without_person(desk, "--portal=demo", "--headless")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "reads these cookies" in told.stdout
    assert without_person(desk, "--portal=demo", "--headless").returncode == 0
    assert len([each for each in desk.demo.site.log if each.path == "/sessions" and each.method == "POST"]) == 1


def test_a_sign_in_that_no_clone_can_use_is_told_and_stays(desk: Bench) -> None:
    """The site forgets the session as soon as it is made: exit status 1, one sentence, and the base stays."""
    desk.demo.site.change(latency_seconds=0.3)
    with at_terminal(login(desk, "--portal=demo", "--headless"), desk.folder, desk.environment()) as seat:
        seat.see("Kept: ")
        desk.demo.site.change(session_seconds=0.001)
        assert seat.wait() == 1, seat.text
    assert "Kept nothing that a clone can use: the site asks to sign in" in seat.text
    assert (desk.base / "Local State").is_file()


def test_time_runs_out(desk: Bench) -> None:
    """Exit status 1, one sentence, and no base that nobody signed in."""
    told = without_person(desk, "--headless", "--timeout=1")
    assert told.returncode == 1
    assert f"{desk.demo.url} did not say within 1 s that you are signed in" in told.stderr
    assert_no_base(desk)


def test_a_later_sign_in_that_fails_keeps_the_base(desk: Bench) -> None:
    """What was signed in once is not lost by somebody's giving up."""
    assert without_person(desk, "--portal=demo", "--headless").returncode == 0
    desk.demo.site.change(session_seconds=0.001)
    assert without_person(desk, "--headless", "--timeout=1").returncode == 1
    assert (desk.base / "Local State").is_file()


def test_a_site_that_is_not_there_is_told_at_once(desk: Bench) -> None:
    """Nobody has to wait for a mistyped address."""
    told = subprocess.run(
        [*EDGEPOOL, "login", "--headless", "--url=http://127.0.0.1:9"],
        env=desk.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "http://127.0.0.1:9/order_headers cannot be reached" in told.stderr
    assert_no_base(desk)


@needs_a_screen
def test_a_person_signs_in_in_a_tab_of_their_own(desk: Bench, screen: str) -> None:
    """They close our tab and sign in in another: it is the browser that counts, not the tab."""
    with at_terminal(login(desk), desk.folder, seated(desk, screen)) as seat:
        seat.see("Sign in there")
        with Hands(desk.state) as hands:
            ours = hands.tab_at("/sessions/new")
            own = hands.open_tab(f"{desk.demo.url}/user/home")
            hands.close_tab(ours)
            hands.sign_in(hands.tab_at("/sessions/new"))
            assert own in hands.pages()
        assert seat.wait() == 0, seat.text
    assert "Signed in, and proved" in seat.text


@needs_a_screen
def test_a_tab_that_the_person_does_not_look_at_is_not_brought_to_the_front(desk: Bench, screen: str) -> None:
    """Somebody who types into one tab is not thrown into another."""
    with at_terminal(login(desk), desk.folder, seated(desk, screen)) as seat:
        seat.see("Sign in there")
        with Hands(desk.state) as hands:
            ours = hands.tab_at("/sessions/new")
            hands.open_tab(f"{desk.demo.url}/user/home")
            own = hands.open_tab("data:text/html,mail with a code")
            seen = set()

            def was_there_a_while() -> bool:
                seen.add(hands.run(own, "document.visibilityState"))
                return float(str(hands.run(own, "performance.now()"))) > 5 * LOOK_MILLISECONDS

            assert wait_until(was_there_a_while, soon("a few looks at the tabs"))
            hands.sign_in(ours)  # in the background: a script may, and is seen there
        assert seat.wait() == 0, seat.text
    assert seen == {"visible"}


def say_that_they_are_in(seat: Seat, desk: Bench) -> None:
    seat.see("then press Enter here")
    with Hands(desk.state) as hands:
        hands.sign_in(hands.tab_at("/sessions/new"))
        hands.wait_until_no_tab_at("/sessions/new")
        seat.type("\n")


@needs_a_screen
def test_without_a_portal_the_person_says_when(desk: Bench, screen: str) -> None:
    """Any site will do: Enter on the terminal is the word; the proof is that a clone reads the cookies."""
    with at_terminal(login(desk, "--portal=none"), desk.folder, seated(desk, screen)) as seat:
        say_that_they_are_in(seat, desk)
        assert seat.wait() == 0, seat.text
    assert "a clone, opened headless, reads these cookies" in seat.text
    assert seat.text.endswith("Next: pytest -n 6\n")


@needs_a_screen
def test_enter_counts_where_the_portal_has_not_noticed_but_the_clone_is_asked(desk: Bench, screen: str) -> None:
    """Somebody who says so without being signed in is told so: exit status 1."""
    with at_terminal(login(desk), desk.folder, seated(desk, screen)) as seat:
        seat.see("press Enter here")
        with Hands(desk.state) as hands:
            hands.tab_at("/sessions/new")
        seat.type("\n")
        assert seat.wait() == 1, seat.text
    assert "Kept nothing that a clone can use: the site asks to sign in" in seat.text


@needs_a_screen
def test_the_browser_closed_by_hand(desk: Bench, screen: str) -> None:
    """One sentence, exit status 1, nothing left."""
    with at_terminal(login(desk), desk.folder, seated(desk, screen)) as seat:
        seat.see("Sign in there")
        with Hands(desk.state) as hands:
            hands.tab_at("/sessions/new")
            hands.close_browser()
        assert seat.wait() == 1, seat.text
    assert "The browser was closed before you were signed in; try again." in seat.text
    assert "Traceback" not in seat.text
    assert_no_base(desk)


@needs_a_screen
@pytest.mark.parametrize("how", ["ctrl-c", "SIGTERM", "SIGHUP"])
def test_giving_up(desk: Bench, screen: str, how: str) -> None:
    """Ctrl-C, a closed terminal, a request to end: no traceback, nothing left."""
    with at_terminal(login(desk), desk.folder, seated(desk, screen)) as seat:
        seat.see("Sign in there")
        with Hands(desk.state) as hands:
            hands.tab_at("/sessions/new")
        if how == "ctrl-c":
            seat.type("\x03")
        else:
            os.kill(seat.process.pid, getattr(signal, how))
        assert seat.wait() == 1, seat.text
    assert "Traceback" not in seat.text
    assert_no_base(desk)
