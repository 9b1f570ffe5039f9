"""What a profile holds for a sign-in is told in counts, by site, and never by name or value."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.login import next_command
from pytest_edgepool.portals.watch import is_of_site
from pytest_edgepool.profiles.kept import Kept, Site, kept_in
from pytest_edgepool.settings import Settings
from pytest_edgepool.testing import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS_TO_1970 = 11_644_473_600


def cookie(host: str, name: str, *, session: bool = False, expires_in: float = 3600.0) -> tuple[object, ...]:
    at = 0 if session else int((FakeClock().now().timestamp() + _SECONDS_TO_1970 + expires_in) * 1e6)
    return (host, name, int(not session), int(not session), at)


def profile_with(folder: Path, *cookies: tuple[object, ...]) -> Path:
    (folder / "Default").mkdir()
    with closing(sqlite3.connect(folder / "Default" / "Cookies")) as database:
        database.execute("CREATE TABLE cookies (host_key, name, is_persistent, has_expires, expires_utc)")
        database.executemany("INSERT INTO cookies VALUES (?, ?, ?, ?, ?)", cookies)
        database.commit()
    return folder


def test_cookies_are_counted_by_site(tmp_path: Path) -> None:
    """A leading dot is the same site; what has expired does not count; the richest site comes first."""
    folder = profile_with(
        tmp_path,
        cookie("x.example", "a"),
        cookie("login.example", "a", session=True),
        cookie(".login.example", "b"),
        cookie("old.example", "a", expires_in=-1.0),
    )
    kept = kept_in(folder, "Default", FakeClock())
    assert kept.sites == (
        Site(host="login.example", cookies=2, session=1),
        Site(host="x.example", cookies=1, session=0),
    )


def test_a_profile_without_anything_holds_nothing(tmp_path: Path) -> None:
    """No cookie file, no local storage: nothing that a site could know us by."""
    assert kept_in(tmp_path, "Default") == Kept()
    assert Kept().is_nothing
    assert Kept().sentences() == ("Kept: nothing.",)


def test_origins_with_local_storage_are_counted_once(tmp_path: Path) -> None:
    """However often the log names one."""
    folder = profile_with(tmp_path)
    (folder / "Default" / "Local Storage" / "leveldb").mkdir(parents=True)
    log = folder / "Default" / "Local Storage" / "leveldb" / "000003.log"
    log.write_bytes(b"\x17META:https://x.example\x0c..META:https://x.example\x0c..META:http://127.0.0.1:80\x0a")
    kept = kept_in(folder, "Default")
    assert kept.origins == 2
    assert not kept.is_nothing


def test_origins_with_databases_are_counted_by_their_folders(tmp_path: Path) -> None:
    """One folder for each; those of the browser's own pages do not count."""
    for name in (
        "https_x.example_0.indexeddb.leveldb",
        "https_x.example_0.indexeddb.blob",
        "chrome_a_0.indexeddb.leveldb",
    ):
        (tmp_path / "Default" / "IndexedDB" / name).mkdir(parents=True)
    kept = kept_in(tmp_path, "Default")
    assert kept == Kept(databases=1)
    assert kept.sentences() == ("Kept: IndexedDB of 1 origin.",)


def test_a_damaged_cookie_file_is_an_error(tmp_path: Path) -> None:
    """Not proven means no: it is not "no cookies"."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Cookies").write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite3.Error):
        kept_in(tmp_path, "Default")


def test_the_words_say_counts_and_nothing_else() -> None:
    """One sentence for all, one line for each site."""
    kept = Kept(sites=(Site(host="a.example", cookies=3, session=1), Site(host="b.example", cookies=1, session=0)))
    assert kept.sentences() == (
        "Kept: 4 cookies of 2 sites (1 for the session only).",
        "  a.example: 3 cookies, 1 for the session only",
        "  b.example: 1 cookie",
    )


def test_a_long_list_of_sites_is_cut() -> None:
    """Whoever signs in over many sites sees the first eight, and how much the rest is."""
    kept = Kept(sites=tuple(Site(host=f"{each}.example", cookies=1, session=0) for each in range(10)), origins=1)
    told = kept.sentences()
    assert told[0] == "Kept: 10 cookies of 10 sites, local storage of 1 origin."
    assert told[-1] == "  and 2 more sites: 2 cookies"
    assert len(told) == 10


@pytest.mark.parametrize(
    ("url", "site", "is_its_own"),
    [
        ("https://x.example/order_headers", "https://x.example", True),
        ("https://x.example/order_headers", "http://x.example/", True),
        ("https://X.example:443/", "https://x.example", True),
        ("http://127.0.0.1:8765/user/home", "http://127.0.0.1:8765", True),
        ("http://127.0.0.1:8766/user/home", "http://127.0.0.1:8765", False),
        ("https://login.idp.example/home", "https://x.example", False),
        ("https://x.example.evil.example/", "https://x.example", False),
        ("about:blank", "https://x.example", False),
        ("data:text/html,x", "https://x.example", False),
        ("https://x.example:port/", "https://x.example", False),
        ("", "", False),
    ],
)
def test_only_the_site_s_own_pages_are_looked_at(url: str, site: str, is_its_own: bool) -> None:
    """An identity provider's front page with a way to sign out is not the site's."""
    assert is_of_site(url, site) is is_its_own


@pytest.mark.parametrize(
    ("settings", "command"),
    [
        (Settings(), "pytest -n 6 --po-csv pos.csv"),
        (Settings(po_portal="none"), "pytest -n 6"),
        (
            Settings(edgepool_browser="chrome", edgepool_channel="beta"),
            "pytest -n 6 --po-csv pos.csv --edgepool-browser=chrome --edgepool-channel=beta",
        ),
    ],
)
def test_the_next_command_finds_what_was_signed_in(settings: Settings, command: str) -> None:
    """A base belongs to one browser and channel: who chose one must choose it again."""
    assert next_command(settings) == command
