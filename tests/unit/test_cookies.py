"""How many cookies a closed profile holds, and how they are sealed."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.profiles.cookies import Cookies, keys_of, read_cookies, readable
from pytest_edgepool.testing import FakeClock
from tests.profiles import snapshot
from tests.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

# The columns of a Chromium 156 cookie database that matter here, in its own types.
TABLE = (
    "CREATE TABLE cookies (host_key TEXT, name TEXT, path TEXT, value TEXT, encrypted_value BLOB, expires_utc INTEGER,"
    " is_persistent INTEGER, has_expires INTEGER)"
)
NOW = int((FakeClock().now().timestamp() + 11_644_473_600) * 1e6)
ROWS = [
    ("site.test", "sso", "/", "", b"v10sealed", 0, 0, 0),
    (".site.test", "kept", "/", "", b"v10sealed", NOW + 10**12, 1, 1),
    (".site.test", "kept", "/sub", "", b"v20sealed", NOW + 10**12, 1, 1),
    ("other.test", "old", "/", "", b"v11sealed", NOW - 1, 1, 1),
    ("other.test", "plain", "/", "open", b"", NOW + 10**12, 1, 1),
    ("other.test", "ring", "/", "", b"v11sealed", NOW + 10**12, 1, 1),
]


def make(path: Path, rows: list[tuple[object, ...]] = ROWS) -> None:
    path.parent.mkdir(parents=True)
    database = sqlite3.connect(path)
    with database:
        database.execute(TABLE)
        database.executemany("INSERT INTO cookies VALUES (?,?,?,?,?,?,?,?)", rows)
    database.close()


@pytest.mark.parametrize("place", ["Cookies", "Network/Cookies"])
def test_cookies_are_counted_by_kind_and_seal(tmp_path: Path, place: str) -> None:
    """Where Linux keeps them and where Windows does; those that have expired are not missed by anybody."""
    make(tmp_path / "Default" / place)
    found = read_cookies(tmp_path, "Default", FakeClock())
    assert (found.total, found.session) == (5, 1)
    assert found.by_prefix == {"plain": 1, "v10": 2, "v11": 1, "v20": 1}


def test_a_profile_without_cookies_has_none(tmp_path: Path) -> None:
    """A fresh one has no database yet."""
    assert read_cookies(tmp_path, "Default") == Cookies()


def test_what_is_no_cookie_database_is_an_error(tmp_path: Path) -> None:
    """Not an empty profile: that would prove too much."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Cookies").write_bytes(b"no database, but long enough to be looked at")
    with pytest.raises(sqlite3.Error):
        read_cookies(tmp_path, "Default")


def test_what_is_lost_is_counted_cookie_by_cookie(tmp_path: Path) -> None:
    """New ones do not make up for it, and a cookie of another path is another cookie."""
    make(tmp_path / "Default" / "Cookies")
    before = read_cookies(tmp_path, "Default", FakeClock())
    told = [
        {"domain": "site.test", "name": "sso", "path": "/"},
        {"domain": ".site.test", "name": "kept", "path": "/"},
        {"domain": "new.test", "name": "new", "path": "/"},
    ]
    assert before.lost(keys_of(told)) == 3
    assert before.lost(before.keys) == 0


def test_names_and_domains_are_not_shown(tmp_path: Path) -> None:
    """Whoever prints it in a log learns numbers only."""
    make(tmp_path / "Default" / "Cookies")
    assert "sso" not in repr(read_cookies(tmp_path, "Default", FakeClock()))


KILLED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA cache_size=1"); database.execute("PRAGMA cache_spill=1")
database.execute("BEGIN"); database.execute("DELETE FROM cookies WHERE name='sso'")
many = [(str(n) * 50,) for n in range(3000)]
database.executemany("INSERT INTO cookies VALUES ('x.test',?,'/','','v10',0,0,0)", many)
print("there", flush=True); os.kill(os.getpid(), 9)
"""


def test_what_a_kill_left_half_written_is_read_as_it_was(tmp_path: Path) -> None:
    """The journal is played back on a copy: the profile itself is not touched by a look."""
    make(tmp_path / "Default" / "Cookies")
    with staged(KILLED, str(tmp_path / "Default" / "Cookies")) as (process, said):
        assert said == "there"
        process.wait()
    before = snapshot(tmp_path)
    assert "Default/Cookies-journal" in before
    assert read_cookies(tmp_path, "Default", FakeClock()).total == 5
    assert snapshot(tmp_path) == before


def test_a_database_is_closed_after_a_look(tmp_path: Path) -> None:
    """Windows could not remove a clone that somebody has open."""
    make(tmp_path / "Default" / "Cookies")
    with readable(tmp_path / "Default" / "Cookies") as database:
        assert database.execute("SELECT count(*) FROM cookies").fetchone() == (6,)
    with pytest.raises(sqlite3.ProgrammingError):
        database.execute("SELECT 1")
