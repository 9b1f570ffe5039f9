"""What of a profile is copied, by which means, and that a copy is whole or an error."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path, PurePosixPath

import pytest

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.profiles import copying
from pytest_edgepool.profiles.contents import EXTENSIONS, LOCKS, NEVER, OPEN_TABS, stays
from pytest_edgepool.profiles.copying import copy_database, copy_file, copy_live_file, copy_tree, files_below
from tests.profiles import lock_by, make_base, make_database, rows_of
from tests.staged import staged

# Holds a database as a running browser holds its own: nobody else may read it, as long as it lives.
EXCLUSIVE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA locking_mode=EXCLUSIVE"); database.execute("BEGIN EXCLUSIVE"); print("held", flush=True)
sys.stdin.read()
"""


def none_stays(_path: object) -> bool:
    return False


@pytest.mark.parametrize(
    "needed",
    [
        "Cookies",
        "Cookies-journal",
        "Network/Cookies",
        "Preferences",
        "Secure Preferences",
        "Login Data",
        "Web Data",
        "Account Web Data",
        "TransportSecurity",
        "Trust Tokens",
        "Network Persistent State",
        "Local Storage/leveldb/CURRENT",
        "IndexedDB/https_x_0.indexeddb.leveldb/LOG",
        "WebStorage/QuotaManager",
        "File System/000",
        "databases/Databases.db",
        "Service Worker/Database/CURRENT",
        "Device Bound Sessions",
        "ClientCertificates",
        "Local State",
        "Last Version",
    ],
)
def test_what_a_sign_in_lives_in_goes_along(needed: str) -> None:
    """No part of its path stays out, whichever rules for caches there are."""
    path = PurePosixPath(needed)
    assert not any(stays(each, indexeddb=True, extensions=False) for each in (path, *path.parents))


@pytest.mark.parametrize(
    "useless",
    [
        "SingletonLock",
        "SingletonSocket",
        "SingletonCookie",
        "lockfile",
        "DevToolsActivePort",
        "RunningChromeVersion",
        "Sessions",
        "Sessions_Encrypted",
        "Sessions.edgepool-aside",
        "Sessions.edgepool-kept",
        "Preferences.a1b2c3.edgepool-tmp",
        "Current Tabs",
        "Last Session",
        "Cache",
        "Code Cache",
        "Service Worker/CacheStorage",
        "Service Worker/ScriptCache",
        "History",
        "History-journal",
        "Crashpad",
        "BrowserMetrics-spare.pma",
        "Edge Shopping",
        "Safe Browsing Network",
        "Local Storage/leveldb/LOCK",
        "f.tmp",
    ],
)
def test_what_a_clone_must_not_have_stays(useless: str) -> None:
    """Locks of the live browser, tabs of the user's, caches, what was visited."""
    assert stays(PurePosixPath(useless), indexeddb=True, extensions=True)


def test_two_kinds_of_contents_are_the_users_choice() -> None:
    """IndexedDB goes along unless he says no; extensions stay unless he says yes."""
    for name in EXTENSIONS:
        assert stays(PurePosixPath(name), indexeddb=True, extensions=False)
        assert not stays(PurePosixPath(name), indexeddb=True, extensions=True)
    assert stays(PurePosixPath("IndexedDB"), indexeddb=False, extensions=True)


def test_no_rule_is_written_twice() -> None:
    """Each name has one reason."""
    assert len(set(NEVER)) == len(NEVER)
    assert set(LOCKS) & set(OPEN_TABS) == set()


# -- one file


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_file_is_copied_byte_by_byte(tmp_path: Path, size: int) -> None:
    """And its size told."""
    (tmp_path / "a").write_bytes(os.urandom(size))
    assert copy_file(tmp_path / "a", tmp_path / "b") == size
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def stopping_after(copied: int, code: int) -> object:
    """A `copy_file_range` that copies so many bytes and then refuses, as across devices; 0 says that all is done."""
    left = [copied]

    def copy(reading: int, writing: int, _count: int) -> int:
        if not left[0]:
            if code:
                raise OSError(code, os.strerror(code))
            return 0
        os.pwrite(writing, os.pread(reading, left[0], 0), 0)
        done, left[0] = left[0], 0
        return done

    return copy


@pytest.mark.parametrize("copied", [0, 10])
@pytest.mark.parametrize("code", [errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, 0])
def test_a_disk_that_cannot_share_gets_a_plain_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copied: int, code: int
) -> None:
    """From where it stopped; also one that falsely says at once that nothing is left."""
    monkeypatch.setattr(os, "copy_file_range", stopping_after(copied, code), raising=False)
    (tmp_path / "a").write_bytes(bytes(range(200)))
    assert copy_file(tmp_path / "a", tmp_path / "b") == 200
    assert (tmp_path / "b").read_bytes() == bytes(range(200))


def test_a_system_without_it_gets_a_plain_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS and Windows have no `copy_file_range`."""
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    (tmp_path / "a").write_bytes(b"abc")
    assert copy_file(tmp_path / "a", tmp_path / "b") == 3


def test_a_copy_is_no_link(tmp_path: Path) -> None:
    """The driver rewrites files in place: through a link it would write into the template."""
    (tmp_path / "a").write_bytes(b"abc")
    copy_file(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b").write_bytes(b"xyz")
    assert (tmp_path / "a").read_bytes() == b"abc"
    assert (tmp_path / "b").stat().st_nlink == 1


# -- databases that are open


def test_an_open_database_is_copied_whole(tmp_path: Path) -> None:
    """A transaction that is under way is not in it, what was written before is."""
    make_database(tmp_path / "Cookies", rows=5)
    writer = sqlite3.connect(tmp_path / "Cookies", isolation_level=None)
    writer.execute("BEGIN")
    writer.execute("INSERT INTO cookies VALUES ('half')")
    assert copy_database(tmp_path / "Cookies", tmp_path / "copy", 0.0) > 0
    writer.close()
    assert rows_of(tmp_path / "copy") == 5


def test_a_database_that_stays_locked_is_given_up(tmp_path: Path) -> None:
    """Python alone would wait for ever."""
    make_database(tmp_path / "Cookies")
    with staged(EXCLUSIVE, str(tmp_path / "Cookies")), pytest.raises(ProfileTrouble, match="stayed locked"):
        copy_database(tmp_path / "Cookies", tmp_path / "copy", 0.0)


def test_without_cookies_there_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locked or damaged: an error that names the file and the remedy, because nobody would be signed in."""
    monkeypatch.setattr(copying, "_NEEDED_PATIENCE_SECONDS", 0.0)
    make_database(tmp_path / "Cookies")
    with (
        staged(EXCLUSIVE, str(tmp_path / "Cookies")),
        pytest.raises(ProfileTrouble, match=r"Cookies .*close the browser"),
    ):
        copy_live_file(tmp_path / "Cookies", tmp_path / "copy")
    (tmp_path / "Cookies").write_bytes(b"SQLite format 3\0" + b"junk" * 100)
    with pytest.raises(ProfileTrouble, match="Cookies"):
        copy_live_file(tmp_path / "Cookies", tmp_path / "copy2")


def test_what_the_browser_keeps_to_itself_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords and form data are locked as long as it lives (measured): no sign-in depends on them."""
    monkeypatch.setattr(copying, "_PATIENCE_SECONDS", 0.0)
    make_database(tmp_path / "Login Data")
    with staged(EXCLUSIVE, str(tmp_path / "Login Data")):
        assert copy_live_file(tmp_path / "Login Data", tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
def test_a_databases_journal_is_not_copied_beside_it(tmp_path: Path, suffix: str) -> None:
    """It would be played back into a copy that is whole already."""
    (tmp_path / f"Cookies{suffix}").write_bytes(b"x")
    assert copy_live_file(tmp_path / f"Cookies{suffix}", tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()


def test_what_is_no_database_is_copied_as_it_stands(tmp_path: Path) -> None:
    """LevelDB appends: a copy of what is there opens."""
    (tmp_path / "000003.log").write_bytes(b"abc")
    assert copy_live_file(tmp_path / "000003.log", tmp_path / "copy") == 3


# -- a tree


def test_a_tree_is_copied_without_what_stays(tmp_path: Path) -> None:
    """Folders that stay are not even looked into; empty ones are not made."""
    base = make_base(tmp_path / "udd")
    copied = copy_tree(
        base.profile_folder, tmp_path / "copy", lambda path: stays(path, indexeddb=False, extensions=False)
    )
    assert set(copied.sizes) == {
        "Cookies",
        "Preferences",
        "Local Storage/leveldb/000003.log",
        "Service Worker/Database/CURRENT",
    }
    assert {each.name for each in (tmp_path / "copy").iterdir()} == {
        "Cookies",
        "Preferences",
        "Local Storage",
        "Service Worker",
    }
    assert copied.size_bytes == sum(each.stat().st_size for each in (tmp_path / "copy").rglob("*") if each.is_file())
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with symlinks that dangle")
def test_links_are_neither_followed_nor_copied(tmp_path: Path) -> None:
    """A copied lock would hand the clone's command line to the live browser."""
    base = make_base(tmp_path / "udd")
    lock_by(base.user_data_dir, 1)
    (base.user_data_dir / "loop").symlink_to(base.user_data_dir)
    (base.user_data_dir / "outside").symlink_to("/etc")
    os.mkfifo(base.user_data_dir / "pipe")
    found = set(files_below(base.user_data_dir, none_stays))
    assert {each.parts[0] for each in found} == {"Default", "Local State", "First Run"}


def test_what_vanishes_while_it_is_copied_is_left_out(tmp_path: Path) -> None:
    """A running browser removes files of its own."""
    (tmp_path / "a").mkdir()
    for name in ("one", "two"):
        (tmp_path / "a" / name).write_text(name)

    def copy(source: Path, target: Path) -> int:
        if source.name == "one":
            source.unlink()
        return copy_file(source, target)

    assert copy_tree(tmp_path / "a", tmp_path / "b", none_stays, copy).sizes == {"two": 3}


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it would be missing in every clone, and nobody would know; one that is gone is none."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        list(files_below(tmp_path / "a", none_stays))
    assert list(files_below(tmp_path / "none", none_stays)) == []
