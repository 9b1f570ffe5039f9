"""What a closed profile holds for a sign-in, in counts. Never reads or shows a value, or a cookie's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.profiles.cookies import cookie_file, readable

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.clock import Clock

_SECONDS_TO_1970 = 11_644_473_600  # Chromium counts microseconds from 1601
_COUNT = (
    "SELECT ltrim(host_key, '.') AS site, count(*), sum(NOT is_persistent) FROM cookies"
    " WHERE NOT has_expires OR expires_utc > ? GROUP BY site"
)
# A record of Chromium's local storage: one for each origin that has any.
_ORIGIN = re.compile(rb"META:(https?://[A-Za-z0-9.:\[\]-]+)")
_SHOWN_SITES = 8  # single sign-on goes over that many; what comes behind is advertising


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The cookies of one site.

    Attributes:
        host: the site's host name.
        cookies: how many there are, those that have expired left out.
        session: how many of them end with the session.
    """

    host: str
    cookies: int
    session: int

    def __str__(self) -> str:
        """Return it as one clause."""
        session = f", {self.session} for the session only" if self.session else ""
        return f"{self.host}: {_counted(self.cookies, 'cookie')}{session}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a profile holds.

    Attributes:
        sites: the sites with cookies, those with the most first.
        origins: how many origins have local storage.
        databases: how many origins have IndexedDB.
    """

    sites: tuple[Site, ...] = ()
    origins: int = 0
    databases: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether no site could know us by it."""
        return not self.sites and not self.origins and not self.databases

    def sentences(self) -> tuple[str, ...]:
        """Return it in words, a line each: counts only."""
        cookies, session = sum(each.cookies for each in self.sites), sum(each.session for each in self.sites)
        of_which = f" ({session} for the session only)" if session else ""
        parts = (
            f"{_counted(cookies, 'cookie')} of {_counted(len(self.sites), 'site')}{of_which}" if cookies else "",
            f"local storage of {_counted(self.origins, 'origin')}" if self.origins else "",
            f"IndexedDB of {_counted(self.databases, 'origin')}" if self.databases else "",
        )
        first = f"Kept: {', '.join(filter(None, parts)) or 'nothing'}."
        more = self.sites[_SHOWN_SITES:]
        rest = f"  and {_counted(len(more), 'more site')}: {_counted(sum(each.cookies for each in more), 'cookie')}"
        return (first, *(f"  {each}" for each in self.sites[:_SHOWN_SITES]), *((rest,) if more else ()))


def kept_in(user_data_dir: Path, profile_directory: str, clock: Clock = SYSTEM_CLOCK) -> Kept:
    """Count what a profile that no browser has open holds.

    Raises:
        sqlite3.Error: the cookie database is damaged.
        OSError: something cannot be read.
    """
    profile = user_data_dir / profile_directory
    return Kept(
        sites=_sites(cookie_file(user_data_dir, profile_directory), clock),
        origins=len(_origins(profile / "Local Storage" / "leveldb")),
        databases=sum(1 for _ in (profile / "IndexedDB").glob("http*.indexeddb.leveldb")),
    )


def _sites(database: Path | None, clock: Clock) -> tuple[Site, ...]:
    if database is None:
        return ()
    now = int((clock.now().timestamp() + _SECONDS_TO_1970) * 1e6)
    with readable(database) as opened:
        rows = opened.execute(_COUNT, (now,)).fetchall()
    found = (Site(host=str(host), cookies=int(cookies), session=int(session)) for host, cookies, session in rows)
    return tuple(sorted(found, key=lambda each: (-each.cookies, each.host)))


def _origins(folder: Path) -> frozenset[bytes]:
    """Return the origins that the files name: what LevelDB has packed may hide some, so it is never too many."""
    files = (each for suffix in ("log", "ldb") for each in folder.glob(f"*.{suffix}"))
    return frozenset(origin for each in files for origin in _ORIGIN.findall(each.read_bytes()))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
