"""What of the base is in a template, in which order it is put, and what a damaged base comes to."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, ClassVar

import pytest

from pytest_edgepool.errors import BaseUnusable, ProfileTrouble
from pytest_edgepool.profiles import live as live_module
from pytest_edgepool.profiles import trimming
from pytest_edgepool.profiles.manifest import sizes_below
from pytest_edgepool.profiles.means import Means
from pytest_edgepool.profiles.space import Room
from pytest_edgepool.profiles.trimming import Made, copy_base, empty_profile
from tests.profiles import LOCAL_STATE, killed_while_writing, lock_by, make_base, make_database, rows_of, snapshot
from tests.staged import staged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgepool.profiles.base import Base


@pytest.fixture(params=["Default", "Profile 2"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    base = make_base(tmp_path / "udd", request.param)
    if os.name == "posix":
        lock_by(base.user_data_dir, 2**31 - 1)
    return base


def made(base: Base, target: Path, *, live: bool = False, room: Room | None = None) -> Made:
    return copy_base(base, target, indexeddb=True, extensions=False, live=live, room=room)


def copied(base: Base, target: Path, *, live: bool = False) -> dict[str, bytes | str]:
    assert made(base, target, live=live).how == ("live" if live else "closed")
    return snapshot(target)


def test_the_base_becomes_a_trimmed_default(base: Base, tmp_path: Path) -> None:
    """Whatever its profile folder is called: the driver edits only `Default`. No lock, no tab, no cache comes along."""
    found = copied(base, tmp_path / "template")
    assert set(found) == {
        "Local State",
        "First Run",
        "Default/Cookies",
        "Default/Preferences",
        "Default/Local Storage/leveldb/000003.log",
        "Default/IndexedDB/https_x.test_0.indexeddb.leveldb/CURRENT",
        "Default/IndexedDB/https_x.test_0.indexeddb.leveldb/MANIFEST-000001",
        "Default/Service Worker/Database/CURRENT",
        "Default/Service Worker/Database/MANIFEST-000001",
    }
    assert sizes_below(tmp_path / "template") == {name: len(what) for name, what in found.items()}


def test_the_base_is_only_read(base: Base, tmp_path: Path) -> None:
    """Not a byte of it changes."""
    before = snapshot(base.user_data_dir)
    copied(base, tmp_path / "template")
    copied(base, tmp_path / "template2", live=True)
    assert snapshot(base.user_data_dir) == before


def test_local_state_knows_one_profile(tmp_path: Path) -> None:
    """Else the clone starts signed out, or with a choice of profiles; the cookie key comes along."""
    found = json.loads(copied(make_base(tmp_path / "udd", "Profile 2"), tmp_path / "template")["Local State"])
    assert found["profile"] == {
        "info_cache": {"Default": {"name": "Work"}},
        "last_used": "Default",
        "last_active_profiles": ["Default"],
        "profiles_order": ["Default"],
    }
    assert found["os_crypt"] == LOCAL_STATE["os_crypt"]
    assert found["background_mode"] == {"enabled": False}


def test_a_profile_that_local_state_does_not_know_is_no_other(tmp_path: Path) -> None:
    """No other profile's name or account is put on it."""
    found = json.loads(copied(make_base(tmp_path / "udd", "Profile 9"), tmp_path / "template")["Local State"])
    assert found["profile"]["info_cache"] == {}


def test_the_copy_says_that_it_ended_well(base: Base, tmp_path: Path) -> None:
    """Else every clone would begin with a question about a crash."""
    found = json.loads(copied(base, tmp_path / "template")["Default/Preferences"])
    assert found == {"profile": {"name": "Me", "exit_type": "Normal", "exited_cleanly": True}, "intl": {"x": 1}}


def test_a_live_copy_has_whole_databases(base: Base, tmp_path: Path) -> None:
    """Through SQLite, without the journal that lies beside them."""
    (base.profile_folder / "Cookies-journal").write_text("")
    found = copied(base, tmp_path / "template", live=True)
    assert rows_of(tmp_path / "template" / "Default" / "Cookies") == 3
    assert "Default/Cookies-journal" not in found


def test_a_live_copy_does_without_what_is_locked(base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running browser never lets go of its passwords: a clone needs none to be signed in."""
    monkeypatch.setattr(live_module, "_PATIENCE_SECONDS", 0.0)
    make_database(base.profile_folder / "Login Data")
    hold = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None); database.execute("BEGIN EXCLUSIVE")
print("held", flush=True); sys.stdin.read()
"""
    with staged(hold, str(base.profile_folder / "Login Data")):
        found = copied(base, tmp_path / "template", live=True)
    assert "Default/Login Data" not in found
    assert "Default/Cookies" in found


@pytest.mark.parametrize("content", ["{half", "[]", '{"profile": []}'])
def test_damaged_preferences_are_one_sentence(base: Base, tmp_path: Path, content: str) -> None:
    """The file is named, and what to do."""
    (base.profile_folder / "Preferences").write_text(content)
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED \(Preferences: .*--edgepool-profile"):
        copied(base, tmp_path / "template")


def test_a_base_that_is_unusable_is_not_copied(base: Base, tmp_path: Path) -> None:
    """The sentence says in which way, and what to do."""
    (base.user_data_dir / "Local State").write_text("{")
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED; open .*--edgepool-profile"):
        copied(base, tmp_path / "template")


class Refusing(Means):
    """A disk that is full, whatever the system says of it."""

    def copy(self, source: Path | str, target: Path | str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("live", [False, True])
def test_a_disk_that_refuses_is_one_sentence(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    """No space, no permission: the base is named, and why."""
    monkeypatch.setattr(trimming, "means_between", lambda *_: Refusing(name="copy"))
    with pytest.raises(ProfileTrouble, match=r"could not be copied: .*No space left"):
        made(base, tmp_path / "template", live=live)


def test_too_little_room_is_found_out_before_a_byte_is_copied(base: Base, tmp_path: Path) -> None:
    """The sentence has the numbers, for the clones too, and the remedy."""
    (base.profile_folder / "Local Storage" / "leveldb" / "000004.ldb").write_bytes(bytes(5_000_000))
    room = Room(clones=6, free_bytes=lambda _folder: 4_000_000)
    with pytest.raises(
        ProfileTrouble, match=r"\d\d MB needed for the template and 6 clones, 4 MB free .*set edgepool_state_dir"
    ):
        made(base, tmp_path / "template", room=room)
    assert snapshot(tmp_path / "template") == {}


def test_a_run_without_a_base_starts_empty(tmp_path: Path) -> None:
    """A folder with a `Default` in it, which the browser fills."""
    assert empty_profile(tmp_path / "template") == Made(how="empty")
    assert (tmp_path / "template" / "Default").is_dir()
    assert sizes_below(tmp_path / "template") == {}


def test_a_template_is_readable_by_its_user_only(base: Base, tmp_path: Path) -> None:
    """Its files hold a live sign-in; those of the base may be readable to all."""
    (base.profile_folder / "Cookies").chmod(0o644)
    for live in (False, True):
        copied(base, tmp_path / f"{live}", live=live)
        found = [each.stat().st_mode & 0o777 for each in (tmp_path / f"{live}").rglob("*") if each.is_file()]
        assert set(found) == {0o600}
        assert {each.stat().st_mode & 0o777 for each in (tmp_path / f"{live}").rglob("*") if each.is_dir()} == {0o700}


# -- databases


@pytest.mark.parametrize("live", [False, True])
def test_what_a_killed_browser_left_half_written_is_rolled_back(base: Base, tmp_path: Path, live: bool) -> None:
    """Its journal is played back in the copy, and is of no use afterwards; the base keeps its own."""
    killed_while_writing(base.profile_folder / "Cookies")
    assert (base.profile_folder / "Cookies-journal").stat().st_size > 0
    before = snapshot(base.user_data_dir)
    found = copied(base, tmp_path / "template", live=live)
    assert "Default/Cookies-journal" not in found
    assert rows_of(tmp_path / "template" / "Default" / "Cookies") == 3
    assert snapshot(base.user_data_dir) == before


def test_a_log_that_was_not_written_back_is_written_back_in_the_copy(tmp_path: Path) -> None:
    """A database with a write-ahead log has its newest rows only there."""
    base = make_base(tmp_path / "udd")
    database = sqlite3.connect(base.profile_folder / "Trust Tokens")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE cookies (name TEXT)")
    database.execute("INSERT INTO cookies VALUES ('newest')")
    database.commit()
    found = copied(base, tmp_path / "template")
    database.close()
    assert not [name for name in found if name.endswith(("-wal", "-shm"))]
    assert rows_of(tmp_path / "template" / "Default" / "Trust Tokens") == 1


@pytest.mark.parametrize("relative", ["Cookies", "Network/Cookies"])
def test_damaged_cookies_are_one_sentence(tmp_path: Path, relative: str) -> None:
    """Found before any clone is made: with them nobody would be signed in."""
    base = make_base(tmp_path / "udd")
    path = base.profile_folder / relative
    path.unlink(missing_ok=True)
    make_database(path, rows=5000)
    held = bytearray(path.read_bytes())
    held[4096 * 3 : 4096 * 5] = bytes(4096 * 2)
    path.write_bytes(held)
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED \(Cookies: .*\); open .*--edgepool-profile"):
        made(base, tmp_path / "template")


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"junk" * 100, b"no database"])
def test_a_damaged_database_that_nobody_needs_stays(base: Base, tmp_path: Path, content: bytes) -> None:
    """The browser makes a new one; the note names it."""
    (base.profile_folder / "Web Data").write_bytes(content)
    (base.profile_folder / "Web Data-journal").write_bytes(b"x")
    said = made(base, tmp_path / "template")
    assert [each.partition(" (")[0] for each in said.notes] == ["the base's Web Data is damaged"]
    assert not [each for each in snapshot(tmp_path / "template") if "Web Data" in each]


# -- a base that turns out not to be closed


class Meanwhile(Means):
    """A disk on which something happens to the base while its first file is copied."""

    happens: ClassVar[list[Callable[[], object]]] = []

    def copy(self, source: Path | str, target: Path | str) -> int:
        while self.happens:
            self.happens.pop()()
        return Means(name="copy").copy(source, target)


@pytest.mark.parametrize("how", ["vanishes", "grows"])
def test_a_base_that_is_written_to_meanwhile_is_copied_as_an_open_one(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Half of it from before and half from after is no copy; the note says which file it was."""
    log = base.profile_folder / "Local Storage" / "leveldb" / "000003.log"
    monkeypatch.setattr(
        Meanwhile, "happens", [log.unlink if how == "vanishes" else lambda: log.write_text("stored, and more")]
    )
    monkeypatch.setattr(trimming, "means_between", lambda *_: Meanwhile(name="copy"))
    said = made(base, tmp_path / "template")
    assert said.how == "live"
    assert said.notes[0].startswith(
        "the base was written to while it was copied (Default/Local Storage/leveldb/000003.log): close every browser"
    )
    found = snapshot(tmp_path / "template")
    name = "Default/Local Storage/leveldb/000003.log"
    assert found.get(name) == (None if how == "vanishes" else b"stored, and more")
    assert rows_of(tmp_path / "template" / "Default" / "Cookies") == 3
