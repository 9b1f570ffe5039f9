"""How many cookies a closed profile holds, and how they are sealed. Never reads or shows a cookie's value.

A browser that opens a profile with another key source than the one that wrote it deletes every cookie that it cannot
read, silently, at the first look (measured: `net/extras/sqlite/sqlite_persistent_cookie_store.cc`). So what was there
before a start is counted, and compared with what the browser knows afterwards.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_edgepool.clock import Clock

_SECONDS_TO_1970 = 11_644_473_600  # Chromium counts microseconds from 1601
_SEALS = (b"v10", b"v11", b"v12", b"v20")
_PLAIN = "plain"
_JOURNALS = ("-journal", "-wal", "-shm")

Key = tuple[str, str, str]
"""A cookie's domain (with its leading dot), name and path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """What a profile's cookie file holds.

    Attributes:
        keys: which cookies, those that have expired left out; never shown.
        session: how many of them end with the session.
        by_prefix: how many rows are sealed how: `v10` (DPAPI, keychain or fixed password), `v11` (keyring), `v12`
            (portal), `v20` (bound to the application: no copy of a default profile can read it), `plain`.
    """

    keys: frozenset[Key] = field(default=frozenset(), repr=False)
    session: int = 0
    by_prefix: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many cookies there are, those that have expired left out."""
        return len(self.keys)

    def lost(self, after: Iterable[Key]) -> int:
        """Return how many of them are not among `after`."""
        return len(self.keys - frozenset(after))


def cookie_file(user_data_dir: Path, profile_directory: str) -> Path | None:
    """Return the profile's cookie database, or None when it has none yet."""
    profile = user_data_dir / profile_directory
    return next((each for each in (profile / "Network" / "Cookies", profile / "Cookies") if each.is_file()), None)


def read_cookies(user_data_dir: Path, profile_directory: str, clock: Clock = SYSTEM_CLOCK) -> Cookies:
    """Count the cookies of a profile that no browser has open.

    Raises:
        sqlite3.Error: the cookie database is damaged, or none of a browser's.
        OSError: it cannot be read.
    """
    path = cookie_file(user_data_dir, profile_directory)
    if path is None:
        return Cookies()
    with readable(path) as database:
        rows = database.execute(
            "SELECT host_key, name, path, is_persistent, has_expires, expires_utc, substr(encrypted_value, 1, 3),"
            " length(encrypted_value) FROM cookies"
        ).fetchall()
    now = (clock.now().timestamp() + _SECONDS_TO_1970) * 1e6
    living = [row for row in rows if not (row[4] and row[5] and row[5] < now)]
    seals = Counter(_seal(row[6], row[7]) for row in living)
    return Cookies(
        keys=frozenset((row[0], row[1], row[2]) for row in living),
        session=sum(not row[3] for row in living),
        by_prefix=dict(sorted(seals.items())),
    )


def keys_of(told: Iterable[Mapping[str, Any]]) -> frozenset[Key]:
    """Return which cookies CDP's `Storage.getCookies` told of."""
    return frozenset((str(each["domain"]), str(each["name"]), str(each["path"])) for each in told)


@contextmanager
def readable(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a closed database for reading, as it would be after the rollback that its journal asks for.

    A killed browser leaves a journal that the next one to open the file plays back; that is done on a copy, because
    nothing here may change a profile.

    Raises:
        sqlite3.Error: it cannot be opened.
        OSError: it cannot be copied.
    """
    journals = [each for suffix in _JOURNALS if (each := path.with_name(path.name + suffix)).is_file()]
    if not any(each.stat().st_size for each in journals):
        yield from _connected(f"{path.absolute().as_uri()}?mode=ro&immutable=0")
        return
    with tempfile.TemporaryDirectory(prefix="edgepool-") as aside:  # 0700
        for each in (path, *journals):
            shutil.copyfile(each, Path(aside) / each.name)
        yield from _connected((Path(aside) / path.name).as_uri())


def _connected(uri: str) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(uri, uri=True, timeout=1.0)
    try:
        yield database
    finally:
        database.close()


def _seal(prefix: bytes | str | None, length: int | None) -> str:
    if not length:
        return _PLAIN
    raw = prefix.encode() if isinstance(prefix, str) else bytes(prefix or b"")
    return raw.decode() if raw in _SEALS else _PLAIN
