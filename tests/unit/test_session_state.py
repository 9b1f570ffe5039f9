"""A sign-in as a value: kept for others, handed over, never shown."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

from pytest_edgepool.profiles.session import SessionState, drop, freshest, keep, of_slot
from pytest_edgepool.run import Run

if TYPE_CHECKING:
    from pathlib import Path

COOKIE = {"name": "sso", "value": "secret", "domain": "site.test", "path": "/", "httpOnly": True, "secure": True}


def state(worker: str = "gw0", at: float = 1.0, **changes: Any) -> SessionState:
    told = {"slot": int(worker[2:]), "cookies": (COOKIE,), "local_storage": {"https://site.test": {"token": "secret"}}}
    return SessionState(worker=worker, at=at, **{**told, **changes})


def run_in(tmp_path: Path) -> Run:
    run = Run(tmp_path, "r1")
    run.join()
    return run


def test_what_is_kept_is_what_others_take(tmp_path: Path) -> None:
    """Field for field."""
    run = run_in(tmp_path)
    keep(run, state())
    assert freshest(run) == state()


def test_the_freshest_of_the_others_is_taken(tmp_path: Path) -> None:
    """The newest, and never one's own; the last word of each worker counts."""
    run = run_in(tmp_path)
    for each in (state("gw0", 1.0), state("gw1", 3.0), state("gw2", 2.0), state("gw0", 1.5)):
        keep(run, each)
    assert freshest(run) == state("gw1", 3.0)
    assert freshest(run, without="gw1") == state("gw2", 2.0)
    assert of_slot(run, 0) == state("gw0", 1.5)
    assert of_slot(run, 7) is None


def test_a_session_that_ended_is_offered_to_nobody(tmp_path: Path) -> None:
    """Dropped twice is dropped once."""
    run = run_in(tmp_path)
    keep(run, state())
    drop(run, "gw0")
    drop(run, "gw0")
    assert freshest(run) is None
    assert freshest(Run(tmp_path, "never")) is None


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """Neither file nor folder."""
    run = run_in(tmp_path)
    keep(run, state())
    [file] = (run.folder / "sessions").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_it_does_not_show_what_it_holds() -> None:
    """Neither in a log nor in a failing test's output."""
    told = f"{state()!r} {state()}"
    assert "secret" not in told
    assert "1 cookies" in told


def test_cookies_are_told_in_another_form_than_they_are_set() -> None:
    """What CDP only tells is left out, and a session cookie has no expiry: else it would be one that has expired."""
    told = {**COOKIE, "size": 9, "session": True, "expires": -1, "sameSite": "Lax"}
    lasting = {**COOKIE, "size": 9, "session": False, "expires": 2e9}
    assert state(cookies=(told, lasting)).settable_cookies() == [
        {**COOKIE, "sameSite": "Lax"},
        {**COOKIE, "expires": 2e9},
    ]
