"""Profiles of nobody's, made of files: what a base looks like on the disk, without a browser."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
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


# Holds a database as a running browser holds its own: nobody else may read it, as long as it lives.
EXCLUSIVE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA locking_mode=EXCLUSIVE"); database.execute("BEGIN EXCLUSIVE"); print("held", flush=True)
sys.stdin.read()
"""
# Begins a transaction, has a page of it in the file and its undoing in the journal, and is killed.
_KILLED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size=1"); database.execute("PRAGMA cache_spill=1"); database.execute("BEGIN")
database.executemany("INSERT INTO cookies VALUES (?)", [("x" * 500,) for _ in range(1000)])
os._exit(1)
"""


def killed_while_writing(path: Path) -> None:
    """Leave a database as a browser leaves it that was killed in a transaction."""
    subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)


def make_base(folder: Path, directory: str = "Default", *, managed: bool = False) -> Base:
    """A user data dir that somebody has signed in on, tabs and caches and locks of a killed browser included."""
    profile = folder / directory
    for name, content in {
        "Local Storage/leveldb/000003.log": "stored",
        "Local Storage/leveldb/LOCK": "",
        "IndexedDB/https_x.test_0.indexeddb.leveldb/CURRENT": "MANIFEST-000001\n",
        "IndexedDB/https_x.test_0.indexeddb.leveldb/MANIFEST-000001": "",
        "Extensions/abc/manifest.json": "{}",
        "Cache/Cache_Data/f_000001": "much",
        "Service Worker/Database/CURRENT": "MANIFEST-000001\n",
        "Service Worker/Database/MANIFEST-000001": "",
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
