"""A profile that somebody has open is copied as whole as can be had: what cannot be is left out, told, or an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.profiles import live
from pytest_edgepool.profiles.copying import list_files
from pytest_edgepool.profiles.live import copy_live
from pytest_edgepool.profiles.means import PLAIN, Means
from pytest_edgepool.testing import FakeClock
from tests.profiles import EXCLUSIVE, killed_while_writing, make_database, rows_of, snapshot
from tests.staged import staged

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    return tmp_path / "base"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def meanwhile(name: str, happens: Callable[[], object], times: int = 1) -> Means:
    """A disk on which something happens just before a file of this name is copied, so many times."""
    left = [happens] * times

    def copy(source: str, target: str) -> int:
        if Path(source).name == name and left:
            left.pop()()
        return PLAIN.copy(source, target)

    return Means(name="reflink", share=copy)


def copied(base: Path, clock: FakeClock, means: Means = PLAIN) -> tuple[dict[str, bytes | str], tuple[str, ...]]:
    """What a copy of all of it holds, and the notes."""
    target = base.with_name("copy")
    notes = copy_live(list_files(base, "", lambda _path: False), target, means, clock)
    return snapshot(target), notes


def test_what_is_no_database_is_copied_as_it_stands(base: Path, clock: FakeClock) -> None:
    """And what vanishes meanwhile is left out: a running browser removes files of its own."""
    for name in ("one", "two"):
        (base / name).write_text(name)
    found, notes = copied(base, clock, meanwhile("one", (base / "one").unlink))
    assert (found, notes, clock.slept) == ({"two": b"two"}, (), [])


def test_a_file_that_grows_is_copied_to_its_end(base: Path, clock: FakeClock) -> None:
    """Logs only grow: what was there when the copy began is in it."""
    (base / "000003.log").write_bytes(b"abc")
    found, _ = copied(base, clock, meanwhile("000003.log", lambda: (base / "000003.log").write_bytes(b"abcdef")))
    assert found == {"000003.log": b"abcdef"}


# -- databases


class Hurrying(FakeClock):
    """A clock on which each look costs seconds: whoever waits gives up soon."""

    def monotonic(self) -> float:
        self.seconds += 3.0
        return self.seconds


def test_databases_come_whole_and_without_their_journals(base: Path, clock: FakeClock) -> None:
    """A journal would be played back into a copy that is whole already."""
    make_database(base / "Cookies")
    for suffix in ("-journal", "-wal", "-shm"):
        (base / f"Any{suffix}").write_bytes(b"x")
    found, notes = copied(base, clock)
    assert set(found) == {"Cookies"}
    assert notes == ()
    assert rows_of(base.with_name("copy") / "Cookies") == 3


def test_what_the_browser_keeps_to_itself_is_left_out(base: Path) -> None:
    """Passwords and form data are locked as long as it lives (measured): no sign-in depends on them."""
    make_database(base / "Login Data")
    with staged(EXCLUSIVE, str(base / "Login Data")):
        assert copied(base, Hurrying()) == ({}, ())


@pytest.mark.parametrize("how", ["locked", "damaged"])
def test_without_cookies_there_is_no_copy(base: Path, how: str) -> None:
    """An error that names the file and the remedy, because nobody would be signed in."""
    make_database(base / "Cookies")
    if how == "damaged":
        (base / "Cookies").write_bytes(b"SQLite format 3\0" + b"junk" * 100)
    with (
        staged(EXCLUSIVE if how == "locked" else "print('not held')", str(base / "Cookies")),
        pytest.raises(ProfileTrouble, match=r"Cookies could not be copied .*close the browser"),
    ):
        copied(base, Hurrying())


def test_cookies_that_a_killed_browser_left_half_written_are_rolled_back(base: Path, clock: FakeClock) -> None:
    """Somebody may hold the base's lock although no browser lives: then nobody has played the journal back yet."""
    make_database(base / "Cookies")
    killed_while_writing(base / "Cookies")
    before = snapshot(base)
    found, _ = copied(base, clock)
    assert set(found) == {"Cookies"}
    assert rows_of(base.with_name("copy") / "Cookies") == 3
    assert snapshot(base) == before


# -- JSON


class Rewriting(FakeClock):
    """A clock on which somebody finishes a file while somebody else waits."""

    def __init__(self, path: Path, content: str, after: int) -> None:
        super().__init__()
        self.path, self.content, self.after = path, content, after

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == self.after:
            self.path.write_text(self.content)


@pytest.mark.parametrize("name", ["Preferences", "Local State"])
@pytest.mark.parametrize("pauses", [1, 3])
def test_json_that_is_being_rewritten_is_read_again(base: Path, name: str, pauses: int) -> None:
    """A driver rewrites it in place: half of it must not get into a clone."""
    (base / name).write_text('{"half')
    clock = Rewriting(base / name, '{"whole": 1}', pauses)
    found, notes = copied(base, clock)
    assert json.loads(found[name]) == {"whole": 1}
    assert (notes, len(clock.slept)) == ((), pauses)


def test_json_that_stays_half_is_no_copy(base: Path, clock: FakeClock) -> None:
    """What a sign-in needs is an error with the remedy; what it does not need is left out, and told."""
    (base / "Secure Preferences").write_text('{"half')
    assert copied(base, clock) == (
        {},
        ("Secure Preferences could not be copied whole: it stays out of the clones",),
    )
    (base / "Preferences").write_text('{"half')
    with pytest.raises(ProfileTrouble, match=r"Preferences could not be copied whole .*close the browser"):
        copied(base, clock)
    assert clock.seconds < 1002.0, "it waited long"


def test_cookies_that_vanish_are_no_copy(base: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would be signed in."""
    make_database(base / "Cookies")
    monkeypatch.setattr(live, "is_database", lambda path: path.unlink() or path.open("rb"))
    with pytest.raises(ProfileTrouble, match="Cookies vanished"):
        copied(base, clock)


# -- LevelDB


@pytest.fixture
def leveldb(base: Path) -> Path:
    folder = base / "Local Storage" / "leveldb"
    folder.mkdir(parents=True)
    for name, content in {"000003.log": "new", "CURRENT": "MANIFEST-000001\n", "MANIFEST-000001": "m"}.items():
        (folder / name).write_text(content)
    return folder


def compact(folder: Path) -> None:
    """As LevelDB does it: a new table and manifest, then CURRENT names it, then the old ones go."""
    number = 1 + max(int(each.name[9:]) for each in folder.glob("MANIFEST-*"))
    (folder / f"{number:06}.ldb").write_text("table")
    (folder / f"MANIFEST-{number:06}").write_text("m")
    (folder / "CURRENT").write_text(f"MANIFEST-{number:06}\n")
    (folder / f"MANIFEST-{number - 1:06}").unlink()


@pytest.mark.parametrize("name", ["000003.log", "CURRENT", "MANIFEST-000001"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_folder_that_is_compacted_meanwhile_is_copied_again(
    base: Path, leveldb: Path, clock: FakeClock, name: str, times: int
) -> None:
    """Whichever file it happens at: in the copy CURRENT names a manifest that is there, and nothing is of before."""
    (leveldb / "inner").mkdir()
    for inner in ("000009.log", "CURRENT", "MANIFEST-000009"):  # as `shared_proto_db/metadata` is in another
        (leveldb / "inner" / inner).write_text("MANIFEST-000009\n")
    found, notes = copied(base, clock, meanwhile(name, lambda: compact(leveldb), times))
    assert notes == ()
    assert found == snapshot(base)
    assert clock.slept


def test_a_folder_at_rest_is_copied_once(base: Path, leveldb: Path, clock: FakeClock) -> None:
    """Its lock and what lies in folders of it do not make it look rewritten."""
    (leveldb / "LOCK").touch()
    (leveldb / "inner").mkdir()
    (leveldb / "inner" / "000003.log").write_text("inner")
    found, notes = copied(base, clock)
    assert (notes, clock.slept) == ((), [])
    assert "Local Storage/leveldb/LOCK" not in found
    assert found["Local Storage/leveldb/inner/000003.log"] == b"inner"


def test_a_folder_that_never_rests_is_told(base: Path, leveldb: Path, clock: FakeClock) -> None:
    """Four tries, a fifth of a second: the run goes on, and the summary says what may be missing."""
    _, notes = copied(base, clock, meanwhile("000003.log", lambda: compact(leveldb), 9))
    assert notes == (
        "Local Storage/leveldb was rewritten each time it was copied: what the site keeps there may be missing",
    )
    assert len(clock.slept) == 3


def test_a_folder_that_vanishes_is_left_out(base: Path, leveldb: Path, clock: FakeClock) -> None:
    """A site's data is removed while it is copied: there is nothing to miss, but the note says so."""

    def vanish() -> None:
        for each in leveldb.iterdir():
            each.unlink()
        leveldb.rmdir()

    found, notes = copied(base, clock, meanwhile("CURRENT", vanish))
    assert found.keys() <= {"Local Storage/leveldb/000003.log"}
    assert len(notes) == 1
