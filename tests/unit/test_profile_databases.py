"""A database is copied whole or not at all, a journal is played back in the copy, damage is found."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.profiles.databases import (
    copy_database,
    is_database,
    is_journal,
    journals_of,
    settle,
    wrong_with_leveldb,
)
from tests.profiles import EXCLUSIVE, killed_while_writing, make_database, rows_of
from tests.staged import staged

if TYPE_CHECKING:
    from pathlib import Path


def tear(path: Path) -> None:
    """Empty a page in the middle of a database."""
    held = bytearray(path.read_bytes())
    held[8192:12288] = bytes(4096)
    path.write_bytes(held)


# -- in use


def test_an_open_database_is_copied_whole(tmp_path: Path) -> None:
    """A transaction that is under way is not in it, what was written before is; nobody else may read it."""
    make_database(tmp_path / "Cookies", rows=5)
    writer = sqlite3.connect(tmp_path / "Cookies", isolation_level=None)
    writer.execute("BEGIN")
    writer.execute("INSERT INTO cookies VALUES ('half')")
    assert copy_database(tmp_path / "Cookies", tmp_path / "copy", 0.0) > 0
    writer.close()
    assert rows_of(tmp_path / "copy") == 5
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600


def test_a_database_that_stays_locked_is_given_up(tmp_path: Path) -> None:
    """Python alone would wait for ever."""
    make_database(tmp_path / "Cookies")
    with staged(EXCLUSIVE, str(tmp_path / "Cookies")), pytest.raises(ProfileTrouble, match="stayed locked"):
        copy_database(tmp_path / "Cookies", tmp_path / "copy", 0.0)


def test_what_is_no_database_is_an_error(tmp_path: Path) -> None:
    """Told from one by its first bytes."""
    (tmp_path / "a").write_bytes(b"SQLite format 3\0" + b"junk" * 100)
    (tmp_path / "b").write_bytes(b"junk")
    make_database(tmp_path / "c")
    assert [is_database(tmp_path / name) for name in "abc"] == [True, False, True]
    with pytest.raises(sqlite3.DatabaseError):
        copy_database(tmp_path / "a", tmp_path / "copy", 0.0)


@pytest.mark.parametrize(("name", "is_one"), [("C-journal", True), ("C-wal", True), ("C-shm", True), ("C", False)])
def test_journals_are_known_by_their_names(name: str, is_one: bool) -> None:
    """They lie beside the database they belong to."""
    assert is_journal(name) is is_one


# -- closed


@pytest.mark.parametrize("checked", [True, False])
def test_a_sound_database_is_sound(tmp_path: Path, checked: bool) -> None:
    """Also an empty file, which SQLite takes for a new database."""
    make_database(tmp_path / "Cookies")
    (tmp_path / "empty").touch()
    assert settle(tmp_path / "Cookies", checked=checked) == settle(tmp_path / "empty", checked=checked) == ""


@pytest.mark.parametrize("checked", [True, False])
def test_a_half_done_transaction_is_undone(tmp_path: Path, checked: bool) -> None:
    """The journal of a killed browser is played back, and gone."""
    make_database(tmp_path / "Cookies", rows=7)
    whole = (tmp_path / "Cookies").read_bytes()
    killed_while_writing(tmp_path / "Cookies")
    assert (tmp_path / "Cookies").stat().st_size > len(whole)
    assert settle(tmp_path / "Cookies", checked=checked) == ""
    assert (tmp_path / "Cookies").read_bytes() == whole
    assert list(journals_of(tmp_path / "Cookies")) == []


def test_an_empty_journal_goes_unread(tmp_path: Path) -> None:
    """Browsers leave one beside each database; nothing is to be done for it."""
    (tmp_path / "Any").write_bytes(b"no database at all")
    (tmp_path / "Any-journal").touch()
    assert settle(tmp_path / "Any", checked=False) == ""
    assert list(journals_of(tmp_path / "Any")) == []


def test_a_torn_database_is_found(tmp_path: Path) -> None:
    """By whoever looks it through; the answer is one line."""
    make_database(tmp_path / "Cookies", rows=5000)
    tear(tmp_path / "Cookies")
    assert settle(tmp_path / "Cookies", checked=False) == ""
    wrong = settle(tmp_path / "Cookies", checked=True)
    assert wrong
    assert "\n" not in wrong


def test_what_is_no_database_is_found(tmp_path: Path) -> None:
    """The answer is SQLite's own."""
    (tmp_path / "Cookies").write_bytes(b"no database at all")
    assert settle(tmp_path / "Cookies", checked=True) == "file is not a database"


# -- LevelDB


@pytest.mark.parametrize(
    ("current", "wrong"),
    [
        (b"MANIFEST-000007\n", ""),
        (b"MANIFEST-000008\n", "its MANIFEST-000008 is missing"),
        (b"", "its CURRENT names no manifest"),
        (b"MANIFEST-/../../Cookies\n", "its CURRENT names no manifest"),
        (b"\xff\xfe", "its CURRENT cannot be read"),
        (None, "its CURRENT cannot be read"),
    ],
)
def test_current_must_name_a_manifest_that_is_there(tmp_path: Path, current: bytes | None, wrong: str) -> None:
    """Else the browser begins an empty one, and what the site had stored is gone."""
    (tmp_path / "MANIFEST-000007").touch()
    if current is not None:
        (tmp_path / "CURRENT").write_bytes(current)
    assert wrong_with_leveldb(tmp_path).startswith(wrong)
    assert bool(wrong_with_leveldb(tmp_path)) is bool(wrong)
