"""Profiles of nobody's, made of files: what a base looks like on the disk, without a browser."""

from __future__ import annotations

import json
import socket
import sqlite3
from typing import TYPE_CHECKING

from pytest_edgepool.profiles.base import Base

if TYPE_CHECKING:
    from pathlib import Path

PREFERENCES = {"profile": {"name": "Me", "exit_type": "Crashed", "exited_cleanly": False}, "intl": {"x": 1}}
LOCAL_STATE = {
    "profile": {
        "info_cache": {"Profile 2": {"name": "Work"}, "Profile 3": {"name": "Other"}},
        "last_used": "Profile 2",
        "last_active_profiles": ["Profile 2", "Profile 3"],
        "profiles_order": ["Profile 2", "Profile 3"],
    },
    "os_crypt": {"encrypted_key": "RFBBUEk="},
    "background_mode": {"enabled": True},
}


def make_database(path: Path, rows: int = 3) -> None:
    """A database with a table of cookies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous=OFF")  # waiting for the disk proves nothing here
    with database:
        database.execute("CREATE TABLE cookies (name TEXT)")
        database.executemany("INSERT INTO cookies VALUES (?)", [(f"c{number}",) for number in range(rows)])
    database.close()


def rows_of(path: Path) -> int:
    """How many cookies a database holds."""
    database = sqlite3.connect(path)
    try:
        return int(database.execute("SELECT count(*) FROM cookies").fetchone()[0])
    finally:
        database.close()


def make_base(folder: Path, directory: str = "Default", *, managed: bool = False) -> Base:
    """A user data dir that somebody has signed in on, tabs and caches and locks of a killed browser included."""
    profile = folder / directory
    for name, content in {
        "Local Storage/leveldb/000003.log": "stored",
        "Local Storage/leveldb/LOCK": "",
        "IndexedDB/https_x.test_0.indexeddb.leveldb/CURRENT": "MANIFEST",
        "Extensions/abc/manifest.json": "{}",
        "Cache/Cache_Data/f_000001": "much",
        "Service Worker/Database/CURRENT": "x",
        "Service Worker/CacheStorage/index": "much",
        "Sessions/Session_1": "the user's tabs",
        "Sessions_Encrypted/Session_1": "the user's tabs, encrypted",
        "History": "visited",
    }.items():
        (profile / name).parent.mkdir(parents=True, exist_ok=True)
        (profile / name).write_text(content)
    make_database(profile / "Cookies")
    (profile / "Preferences").write_text(json.dumps(PREFERENCES))
    (folder / "Local State").write_text(json.dumps(LOCAL_STATE))
    (folder / "First Run").touch()
    (folder / "Crashpad").mkdir()
    (folder / "SingletonCookie").symlink_to("123456789")
    (folder / "SingletonSocket").symlink_to("/nonexistent/SingletonSocket")
    return Base(user_data_dir=folder.resolve(), profile_directory=directory, managed=managed)


def lock_by(folder: Path, pid: int, host: str = "") -> None:
    """Leave in a user data dir the symlink that a running browser leaves: it points at nothing."""
    (folder / "SingletonLock").unlink(missing_ok=True)
    (folder / "SingletonLock").symlink_to(f"{host or socket.gethostname()}-{pid}")


def snapshot(folder: Path) -> dict[str, bytes | str]:
    """Everything in a folder: files with their bytes, links with their targets."""
    return {
        each.relative_to(folder).as_posix(): str(each.readlink()) if each.is_symlink() else each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_symlink() or each.is_file()
    }
