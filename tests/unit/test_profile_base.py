"""Which base is meant, whether it can be used now, and who has it: told from the disk, before any driver starts."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool.errors import BaseUnusable
from pytest_edgepool.profiles import base as base_module
from pytest_edgepool.profiles import holder as holder_module
from pytest_edgepool.profiles.base import (
    Base,
    BaseStatus,
    Holder,
    choose,
    holder_of,
    is_usable,
    managed_base,
    managed_folder,
    record_url,
    recorded_url,
    refusal,
    remedy_for,
    status_of,
    url_beside,
    who_holds,
)
from pytest_edgepool.settings import Settings
from tests.profiles import lock_by, make_base, snapshot
from tests.staged import idle, staged

if TYPE_CHECKING:
    from pathlib import Path

NO_SUCH_PID = 2**31 - 1
NOBODY = 65534
on_posix = pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with a symlink")
# A process that looks like a browser: its command line names the folder.
BROWSER = "import sys; print('there', flush=True); sys.stdin.read()"
# A relative path, so that the folders above the test's own do not count; as nobody, because root may enter anything.
STATUS_AS_NOBODY = """
import os; from pathlib import Path; from pytest_edgepool.profiles.base import Base, status_of
import psutil
if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)
print(status_of(Base(user_data_dir=Path("udd"), profile_directory="Default", managed=False)), flush=True)
"""


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return make_base(tmp_path / "udd")


def test_a_closed_base_is_available(base: Base) -> None:
    """Nobody has it, all is there."""
    assert status_of(base) is BaseStatus.AVAILABLE
    assert holder_of(base.user_data_dir) == ""


def test_a_missing_base_is_missing(base: Base) -> None:
    """Folder or profile folder: without either there is no base."""
    assert status_of(replace(base, user_data_dir=base.user_data_dir / "none")) is BaseStatus.MISSING
    assert status_of(replace(base, profile_directory="Profile 9")) is BaseStatus.MISSING


@on_posix
def test_an_open_base_is_locked(base: Base) -> None:
    """A living browser on this machine has it."""
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        assert status_of(base) is BaseStatus.LOCKED
        assert holder_of(base.user_data_dir) == f"a browser (process {pid})"


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "\x00\x01"])
def test_a_base_with_damaged_state_is_corrupted(base: Base, content: str) -> None:
    """Half a file, or none that a browser would read."""
    (base.user_data_dir / "Local State").write_text(content)
    assert status_of(base) is BaseStatus.CORRUPTED


def test_a_base_without_state_is_corrupted(base: Base) -> None:
    """A folder alone is no user data dir."""
    (base.user_data_dir / "Local State").unlink()
    assert status_of(base) is BaseStatus.CORRUPTED


@pytest.mark.parametrize("damage", ["none", "empty"])
def test_a_base_without_preferences_is_corrupted(base: Base, damage: str) -> None:
    """A profile that was never started, or whose writing was cut short, is signed in nowhere."""
    preferences = base.profile_folder / "Preferences"
    preferences.unlink()
    if damage == "empty":
        preferences.touch()
    assert status_of(base) is BaseStatus.CORRUPTED


@on_posix
@pytest.mark.parametrize(
    ("closed", "status"),
    [
        ("", BaseStatus.AVAILABLE),
        (".", BaseStatus.PERMISSION_DENIED),
        ("udd", BaseStatus.PERMISSION_DENIED),
        ("udd/Default", BaseStatus.PERMISSION_DENIED),
        ("udd/Local State", BaseStatus.PERMISSION_DENIED),
    ],
)
def test_a_base_that_we_may_not_enter_is_denied(tmp_path: Path, closed: str, status: BaseStatus) -> None:
    """Whichever part of it is closed to us, down from the folder that it lies in."""
    folder = tmp_path / "home"
    make_base(folder / "udd")
    for each in (folder, *folder.rglob("*")):
        if os.geteuid() == 0:
            os.chown(each, NOBODY, NOBODY, follow_symlinks=False)
    if closed:
        (folder / closed).chmod(0o000)
    with staged(STATUS_AS_NOBODY, cwd=folder) as (_, said):
        assert said == status
    if closed:
        (folder / closed).chmod(0o700)


# -- who has it


@on_posix
def test_a_dead_browsers_lock_is_a_left_over(base: Base) -> None:
    """A browser that was killed leaves its lock, and the next start takes it over."""
    lock_by(base.user_data_dir, NO_SUCH_PID)
    assert holder_of(base.user_data_dir) == ""


@on_posix
def test_a_lock_that_is_older_than_its_process_is_a_left_over(base: Base) -> None:
    """After a restart of the machine the number in it belongs to somebody else."""
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        os.utime(base.user_data_dir / "SingletonLock", (1.0, 1.0), follow_symlinks=False)
        assert holder_of(base.user_data_dir) == ""


@on_posix
def test_another_machines_lock_counts(base: Base) -> None:
    """On a shared disk nobody here can tell whether that browser lives: the browser itself refuses too."""
    lock_by(base.user_data_dir, NO_SUCH_PID, host="other-host")
    assert holder_of(base.user_data_dir) == "a browser on the machine other-host"


@on_posix
@pytest.mark.parametrize("target", ["nonsense", "host-", "-1", ""])
def test_a_lock_that_nobody_understands_frees_nothing_by_guessing(base: Base, target: str) -> None:
    """A foreign lock is a lock; one of this host without a number is none."""
    link = base.user_data_dir / "SingletonLock"
    link.symlink_to(target or "x")
    assert holder_of(base.user_data_dir).startswith("a browser on the machine")


def test_a_browser_is_recognised_by_its_command_line(base: Base) -> None:
    """Also where it left no lock, and over another spelling of the path."""
    spelling = base.user_data_dir / "Default" / ".."
    with staged(BROWSER, f"--user-data-dir={spelling}") as (process, _):
        assert holder_of(base.user_data_dir) == f"a browser (process {process.pid})"
    with staged(BROWSER, f"--user-data-dir={base.user_data_dir}2"):
        assert holder_of(base.user_data_dir) == ""


def test_on_windows_the_lock_file_tells(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be opened for writing while the browser lives, and goes with it."""
    monkeypatch.setattr(holder_module.sys, "platform", "win32")
    monkeypatch.setattr(holder_module.processes, "browsers_on", lambda _folder: ())
    assert holder_of(base.user_data_dir) == ""
    (base.user_data_dir / "lockfile").touch()
    assert holder_of(base.user_data_dir) == ""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "sharing violation")

    monkeypatch.setattr(holder_module.os, "open", refuse)
    assert holder_of(base.user_data_dir) == "a browser"
    assert who_holds(base.user_data_dir) == Holder()


@on_posix
def test_a_holder_is_told_with_its_number_and_its_start(base: Base) -> None:
    """As data for `doctor`, by the lock and by the command line alike."""
    assert who_holds(base.user_data_dir) is None
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        started_at = psutil.Process(pid).create_time()
        assert who_holds(base.user_data_dir) == Holder(pid=pid, since=pytest.approx(started_at, abs=1.0))
    with staged(BROWSER, f"--user-data-dir={base.user_data_dir}") as (process, _):
        started_at = psutil.Process(process.pid).create_time()
        assert who_holds(base.user_data_dir) == Holder(pid=process.pid, since=pytest.approx(started_at, abs=1.0))
    lock_by(base.user_data_dir, NO_SUCH_PID, host="other-host")
    assert who_holds(base.user_data_dir) == Holder(machine="other-host")


class At:
    """A clock on which it is always the same moment."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def test_a_holder_tells_since_when() -> None:
    """The time, and the day when it was not today; nothing where nothing is known."""
    moment = datetime.fromisoformat("2026-11-20T14:05:30").astimezone()
    holder = Holder(pid=7, since=moment.timestamp())
    assert holder.told(At(moment + timedelta(hours=1))) == "a browser (process 7), since 14:05"
    assert holder.told(At(moment + timedelta(days=2))) == "a browser (process 7), since 2026-11-20 14:05"
    assert Holder(machine="far").told(At(moment)) == "a browser on the machine far"


# -- what to do about it


def test_each_status_has_its_remedy(base: Base) -> None:
    """One clause, that of a base of ours and that of somebody's own; nothing where nothing is wrong."""
    managed = replace(base, managed=True)
    for status in BaseStatus:
        for each in (base, managed):
            told = remedy_for(status, each)
            assert bool(told) is (status is not BaseStatus.AVAILABLE)
            assert not told.endswith(".")
    assert "edgepool login" in remedy_for(BaseStatus.CORRUPTED, managed)
    assert "--edgepool-profile" in remedy_for(BaseStatus.CORRUPTED, base)
    assert "edgepool login" not in remedy_for(BaseStatus.MISSING, base)
    assert str(base.user_data_dir) in remedy_for(BaseStatus.PERMISSION_DENIED, base)
    assert remedy_for(BaseStatus.LOCKED, base, Holder(pid=7)).startswith("end a browser (process 7), or let the run")
    assert "--edgepool-base-busy=clone" in remedy_for(BaseStatus.LOCKED, base)


def test_a_refusal_is_one_sentence(base: Base) -> None:
    """Which base, what is the matter, what to do."""
    told = refusal(BaseStatus.CORRUPTED, replace(base, managed=True))
    assert told == f"The base {base.user_data_dir} is CORRUPTED; sign in again with `edgepool login`."


def test_only_a_base_that_can_be_copied_is_usable() -> None:
    """Closed, or open in a browser; nothing else."""
    assert {each for each in BaseStatus if is_usable(each)} == {BaseStatus.AVAILABLE, BaseStatus.LOCKED}


# -- which one


def chosen(tmp_path: Path, **given: str) -> Base | None:
    settings = Settings(**{f"edgepool_{name}": value for name, value in given.items()})  # type: ignore[arg-type]
    return choose(settings, tmp_path / "state", "edge", "stable")


def test_nobody_has_signed_in_yet(tmp_path: Path) -> None:
    """`auto` without a managed base is no error: whoever needs one says what to do."""
    assert chosen(tmp_path) is None


def test_asking_for_a_managed_base_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    """The sentence names the command that makes one."""
    with pytest.raises(BaseUnusable, match=r"no managed base for edge \(stable\).*edgepool login"):
        chosen(tmp_path, profile="managed")


@pytest.mark.parametrize("wanted", ["auto", "managed"])
def test_the_managed_base_is_taken_when_there_is_one(tmp_path: Path, wanted: str) -> None:
    """That of this brand and channel, and no other's."""
    make_base(managed_folder(tmp_path / "state", "edge", "stable") / "profile")
    make_base(managed_folder(tmp_path / "state", "chrome", "stable") / "profile")
    found = chosen(tmp_path, profile=wanted)
    assert found == managed_base(tmp_path / "state", "edge", "stable")
    assert found is not None
    assert found.managed
    assert "edge-stable" in found.user_data_dir.parts


def test_a_path_names_a_base(tmp_path: Path) -> None:
    """By its real path, with the profile that was last used."""
    base = make_base(tmp_path / "udd", "Profile 2")
    (tmp_path / "link").symlink_to(tmp_path / "udd")
    assert chosen(tmp_path, profile=str(tmp_path / "link")) == base
    assert base.profile_folder == tmp_path / "udd" / "Profile 2"


def test_a_profile_folder_can_be_named(tmp_path: Path) -> None:
    """It wins over what was last used."""
    base = make_base(tmp_path / "udd", "Profile 2")
    (tmp_path / "udd" / "Profile 3").mkdir()
    found = chosen(tmp_path, profile=str(base.user_data_dir), profile_directory="Profile 3")
    assert found == replace(base, profile_directory="Profile 3")
    with pytest.raises(BaseUnusable, match="no profile folder 'Profile 4'"):
        chosen(tmp_path, profile=str(base.user_data_dir), profile_directory="Profile 4")


def test_a_path_that_is_no_base_is_a_mistake(tmp_path: Path) -> None:
    """The sentence tells a missing folder, another folder and a profile folder apart."""
    base = make_base(tmp_path / "udd")
    with pytest.raises(BaseUnusable, match=r"there is no folder .*none"):
        chosen(tmp_path, profile=str(tmp_path / "none"))
    with pytest.raises(BaseUnusable, match=r"not a user data dir, it holds no `Local State`; "):
        chosen(tmp_path, profile=str(tmp_path))
    with pytest.raises(BaseUnusable, match="this is a profile folder: give the folder above it"):
        chosen(tmp_path, profile=str(base.profile_folder))
    with pytest.raises(BaseUnusable, match="there is no folder"):
        chosen(tmp_path, profile="~nobody-of-that-name/udd")


def test_the_everyday_profile_is_taken_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this browser keeps it on this system."""
    base = make_base(tmp_path / "udd")
    monkeypatch.setattr(base_module, "default_user_data_dir", lambda *_, **__: base.user_data_dir)
    assert chosen(tmp_path, profile="default") == base
    with pytest.raises(BaseUnusable, match="no profile folder 'Profile 4'"):
        chosen(tmp_path, profile="default", profile_directory="Profile 4")


def test_an_everyday_profile_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    """The sentence names the folder that was looked for."""
    with pytest.raises(
        BaseUnusable, match=r"the default profile of edge \(stable\): there is no folder .*microsoft-edge"
    ):
        chosen(tmp_path, profile="default")


@pytest.mark.parametrize("wanted", ["path", "default"])
def test_a_base_without_any_profile_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """Nobody has ever used that browser: the sentence names the folder that was looked for."""
    (tmp_path / "udd").mkdir()
    (tmp_path / "udd" / "Local State").write_text("{}")
    monkeypatch.setattr(base_module, "default_user_data_dir", lambda *_, **__: tmp_path / "udd")
    with pytest.raises(BaseUnusable, match="no profile folder 'Default'"):
        chosen(tmp_path, profile=str(tmp_path / "udd") if wanted == "path" else wanted)


def test_a_profile_can_be_named_as_the_browser_shows_it(tmp_path: Path) -> None:
    """The folder is looked up in `Local State`."""
    base = make_base(tmp_path / "udd", "Profile 2")
    (tmp_path / "udd" / "Profile 3").mkdir()
    found = chosen(tmp_path, profile=str(base.user_data_dir), profile_directory="Other")
    assert found == replace(base, profile_directory="Profile 3")


def test_a_channel_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    """Chromium has no beta."""
    settings = Settings(edgepool_profile="default", edgepool_channel="beta")
    with pytest.raises(BaseUnusable, match="no channel beta of chromium"):
        choose(settings, tmp_path / "state", "chromium", "beta")


def test_a_base_reached_over_two_paths_has_one_lock(tmp_path: Path) -> None:
    """Two runs, one over a link and one by the managed name, must not both hold it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "real")
    make_base(managed_folder(tmp_path / "state", "edge", "stable") / "profile")
    managed = managed_base(tmp_path / "state", "edge", "stable")
    given = chosen(tmp_path, profile=str(managed_folder(tmp_path / "real", "edge", "stable") / "profile"))
    assert given == managed
    assert given is not None
    assert given.lock(tmp_path).path == managed.lock(tmp_path).path


@pytest.mark.parametrize(("brand", "channel"), [("chrome", "stable"), ("edge", "beta"), ("chromium", "stable")])
@pytest.mark.parametrize("reached", ["path", "link"])
def test_another_browsers_managed_base_is_never_opened(tmp_path: Path, brand: str, channel: str, reached: str) -> None:
    """It would delete the cookies in it: refused by where it lies, over whichever path it is reached."""
    other = make_base(managed_folder(tmp_path / "other state", brand, channel) / "profile")
    (tmp_path / "link").symlink_to(other.user_data_dir)
    before = snapshot(tmp_path)
    path = other.user_data_dir if reached == "path" else tmp_path / "link"
    with pytest.raises(BaseUnusable, match=f"is the managed base of {brand}-{channel}, and edge-stable would delete"):
        chosen(tmp_path, profile=str(path))
    assert snapshot(tmp_path) == before


def test_a_managed_base_is_known_by_the_note_beside_it(tmp_path: Path) -> None:
    """Wherever it was moved to, and more than by where it lies."""
    record_url(tmp_path / "state", "chrome", "stable", "https://x.test")
    make_base(managed_folder(tmp_path / "state", "chrome", "stable") / "profile")
    (tmp_path / "state" / "bases" / "chrome-stable").rename(tmp_path / "moved")
    with pytest.raises(BaseUnusable, match="is the managed base of chrome-stable"):
        chosen(tmp_path, profile=str(tmp_path / "moved" / "profile"))
    (tmp_path / "state" / "bases" / "edge-stable").symlink_to(tmp_path / "moved")
    for wanted in ("auto", "managed"):
        with pytest.raises(BaseUnusable, match="is the managed base of chrome-stable"):
            chosen(tmp_path, profile=wanted)


def test_the_managed_base_of_another_state_folder_is_managed_too(tmp_path: Path) -> None:
    """Its cookies are kept with our key source, whoever names it; the site beside it is known."""
    record_url(tmp_path / "other", "edge", "stable", "https://x.test")
    base = make_base(managed_folder(tmp_path / "other", "edge", "stable") / "profile", managed=True)
    assert chosen(tmp_path, profile=str(base.user_data_dir)) == base
    assert url_beside(base.user_data_dir) == "https://x.test"


def test_a_folder_that_only_looks_alike_is_nobodys(tmp_path: Path) -> None:
    """Without a note and outside of such folders a base is the user's own."""
    for name in ("edge-stable/profile", "bases/edge-nightly/profile", "bases/edge-stable/udd"):
        base = make_base(tmp_path / name)
        assert chosen(tmp_path, profile=str(base.user_data_dir)) == base


def test_the_lock_lies_in_the_state_folder(base: Base, tmp_path: Path) -> None:
    """Nothing is ever written into the base for it; two profiles of one folder share it, for a browser locks both."""
    other = replace(base, profile_directory="Profile 2")
    assert base.lock(tmp_path / "state").path == other.lock(tmp_path / "state").path
    assert base.key != other.key
    assert base.user_data_dir not in base.lock(tmp_path / "state").path.parents


def test_the_site_is_remembered_beside_the_managed_base(tmp_path: Path) -> None:
    """For this brand and channel, and never guessed from a damaged note."""
    assert recorded_url(tmp_path, "edge", "stable") == ""
    record_url(tmp_path, "edge", "stable", "https://x.test")
    assert recorded_url(tmp_path, "edge", "stable") == "https://x.test"
    assert recorded_url(tmp_path, "edge", "beta") == ""
    for damaged in ("[]", "{", '{"url": 3}'):
        (managed_folder(tmp_path, "edge", "stable") / "edgepool.json").write_text(damaged)
        assert recorded_url(tmp_path, "edge", "stable") == ""


def test_looking_changes_nothing(base: Base) -> None:
    """Not a time stamp in the base moves when its status is asked for."""
    before = {each: each.lstat().st_mtime_ns for each in base.user_data_dir.rglob("*")}
    status_of(base)
    assert {each: each.lstat().st_mtime_ns for each in base.user_data_dir.rglob("*")} == before
