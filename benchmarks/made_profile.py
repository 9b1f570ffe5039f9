"""Makes a profile as large as a used one, of nobody's data: 750 MB in 11 000 files, most of them caches."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.profiles.base import Base

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Part:
    """A folder of the profile, how many files it has, and how many bytes."""

    folder: str
    files: int
    size_bytes: int


# As a profile of some months has them. What follows the blank line goes into clones.
PARTS = (
    Part("Default/Cache/Cache_Data", 6800, 430_000_000),
    Part("Default/Code Cache/js", 1700, 110_000_000),
    Part("Default/Code Cache/wasm", 60, 20_000_000),
    Part("Default/Service Worker/CacheStorage/a/b", 1200, 70_000_000),
    Part("Default/Service Worker/ScriptCache", 150, 12_000_000),
    Part("Default/GPUCache", 5, 4_000_000),
    Part("Default/DawnWebGPUCache", 5, 2_000_000),
    Part("Default/Extensions/abc/1.0_0", 320, 12_000_000),
    Part("Default/Sessions", 4, 3_000_000),
    Part("Default/optimization_guide_hint_cache_store", 20, 9_000_000),
    Part("component_crx_cache", 20, 28_000_000),
    Part("Safe Browsing", 40, 14_000_000),
    Part("Subresource Filter/Indexed", 20, 6_000_000),
    Part("Crashpad/reports", 30, 6_000_000),
    Part("GrShaderCache", 10, 3_000_000),
    Part("Edge Shopping/2.0", 200, 3_000_000),
    # ---
    Part("Default/Local Storage/leveldb", 9, 4_000_000),
    Part("Default/IndexedDB/https_a_0.indexeddb.leveldb", 10, 5_000_000),
    Part("Default/IndexedDB/https_b_0.indexeddb.leveldb", 8, 2_000_000),
    Part("Default/Service Worker/Database", 8, 500_000),
    Part("Default/Sync Data/LevelDB", 10, 1_500_000),
    Part("Default/shared_proto_db", 8, 300_000),
    Part("Default/WebStorage/3/IndexedDB/indexeddb.leveldb", 8, 600_000),
    Part("Default/Network", 6, 100_000),
    Part("Default/Storage/ext", 40, 200_000),
    Part("Default/BudgetDatabase", 60, 200_000),
)


def make_profile(folder: Path, seed: int = 7) -> Base:
    """Make it, and return it as a base."""
    sizes = random.Random(seed)
    for part in PARTS:
        _fill(folder / part.folder, part, sizes)
    for name, rows in {
        "Cookies": 6_000,
        "Login Data": 500,
        "Web Data": 8_000,
        "History": 60_000,
        "Favicons": 30_000,
    }.items():
        _database(folder / "Default" / name, rows)
    (folder / "Default" / "Preferences").write_text(
        json.dumps({"profile": {}, "sites": {str(n): "x" * 60 for n in range(4000)}})
    )
    (folder / "Local State").write_text(
        json.dumps({"profile": {"info_cache": {"Default": {}}}, "variations": "x" * 200_000})
    )
    for name in ("First Run", "Last Version", "Variations"):
        (folder / name).write_text("156")
    return Base(user_data_dir=folder.resolve(), profile_directory="Default", managed=False)


def _fill(folder: Path, part: Part, sizes: random.Random) -> None:
    """Files of very different sizes: many small ones, a few that hold most of the bytes."""
    folder.mkdir(parents=True)
    shares = [sizes.lognormvariate(0, 1.6) for _ in range(part.files)]
    for number, share in enumerate(shares):
        size = int(part.size_bytes * share / sum(shares))
        (folder / f"f_{number:06x}").write_bytes(os.urandom(size))


def _database(path: Path, rows: int) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous=OFF")
    with database:
        database.execute("CREATE TABLE rows (name TEXT PRIMARY KEY, value BLOB)")
        database.executemany("INSERT INTO rows VALUES (?, randomblob(180))", ((f"name{n}",) for n in range(rows)))
    database.close()
