"""A template is made once, whole or not at all, shared by who lives, and removed by the last of them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import BaseUnusable, ProfileTrouble
from pytest_edgepool.locks import Lock, is_free
from pytest_edgepool.profiles import copying
from pytest_edgepool.profiles import template as template_module
from pytest_edgepool.profiles.template import Share, Template, copy_base, empty_profile, sizes_below, sweep_templates
from tests.profiles import LOCAL_STATE, lock_by, make_base, make_database, rows_of, snapshot
from tests.staged import go_on, staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.profiles.template import How

# Makes the template in two steps, saying so, and shares it until it is told to give it back.
SHARER = """
import sys; from pathlib import Path; from pytest_edgepool.profiles.template import Share
def make(target):
    print("making", flush=True); sys.stdin.readline()
    (target / "Default").mkdir(parents=True); (target / "Default" / "Cookies").write_text(sys.argv[2]); return "closed"
share = Share(Path(sys.argv[1]), "key", sys.argv[2]); template = share.take(make)
print((template.profile / "Default" / "Cookies").read_text(), flush=True)
sys.stdin.readline(); share.give_back(); print("gave back", flush=True); sys.stdin.read()
"""
SWEEPER = """
import sys; from pathlib import Path; from pytest_edgepool.profiles.template import sweep_templates
print("ready", flush=True); sys.stdin.readline(); sweep_templates(Path(sys.argv[1])); print("swept", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def share(state: Path) -> Iterator[Share]:
    share = Share(state, "key", "r1")
    yield share
    share.give_back()


def make(target: Path) -> How:
    (target / "Default").mkdir(parents=True)
    (target / "Default" / "Cookies").write_text("signed in")
    return "closed"


def must_not_make(_target: Path) -> How:
    pytest.fail("it made a template although there is one")


def test_a_template_is_made_when_there_is_none(share: Share) -> None:
    """It tells what it holds and how it was made, and is private."""
    template = share.take(make)
    assert template == Template(folder=share.folder, how="closed", files=1, size_bytes=9)
    assert share.read() == template
    assert template.folder.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in share.folder.parent.iterdir()] == ["key"]


def test_who_comes_later_shares_it(state: Path, share: Share) -> None:
    """Of another run, or of another part of the same process."""
    first = share.take(make)
    other, own = Share(state, "key", "r2"), Share(state, "key", "r1")
    assert other.take(must_not_make) == own.take(must_not_make) == first
    other.give_back()
    share.give_back()
    assert own.read() == first, "it went while somebody still shared it"
    own.give_back()
    assert not share.folder.exists()


def test_giving_back_twice_is_giving_back_once(share: Share) -> None:
    """Nor is it wrong to give back what was never taken."""
    share.give_back()
    share.take(make)
    share.give_back()
    share.give_back()
    assert list(share.folder.parent.iterdir()) == []


def test_a_making_that_fails_leaves_nothing(share: Share) -> None:
    """Whatever failed: the next one makes it."""

    def fail(target: Path) -> How:
        make(target)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        share.take(fail)
    assert list(share.folder.parent.iterdir()) == []
    assert share.take(make).files == 1


def test_a_second_maker_waits_for_the_first(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs that begin together make one template; a wait that is too long is one sentence."""
    monkeypatch.setattr(template_module, "_PATIENCE_SECONDS", 0.0)
    share = Share(state, "key", "r1")
    with staged(SHARER, str(state), "one") as (one, said):
        assert said == "making"
        with pytest.raises(ProfileTrouble, match="another run has been making the template"):
            share.take(must_not_make)
        assert go_on(one) == "one"
        assert share.take(must_not_make).files == 1
    share.give_back()


def test_two_processes_share_one(state: Path) -> None:
    """The second reads what the first made; it goes with the last, not before."""
    with staged(SHARER, str(state), "one") as (one, _):
        assert go_on(one) == "one"
        with staged(SHARER, str(state), "two") as (two, said):
            assert said == "one"
            assert go_on(one) == "gave back"
            assert (state / "templates" / "key").exists()
            assert go_on(two) == "gave back"
            assert not (state / "templates" / "key").exists()


def test_a_killed_users_template_is_made_anew(state: Path) -> None:
    """After SIGKILL nobody knows how old it is: the next run makes its own."""
    with staged(SHARER, str(state), "killed") as (process, _):
        go_on(process)
        process.kill()
        process.wait()
    share = Share(state, "key", "r1")
    assert (share.take(make).profile / "Default" / "Cookies").read_text() == "signed in"
    share.give_back()


def test_a_killed_user_does_not_take_it_from_the_living(state: Path) -> None:
    """One of two is killed: the other keeps the template, and removes it in the end."""
    with staged(SHARER, str(state), "one") as (one, _):
        go_on(one)
        with staged(SHARER, str(state), "two") as (two, _):
            one.kill()
            one.wait()
            sweep_templates(state)
            assert (state / "templates" / "key" / "profile").exists()
            assert go_on(two) == "gave back"
    assert not (state / "templates" / "key").exists()


def test_a_maker_that_was_killed_leaves_half_a_template_to_the_sweeper(state: Path) -> None:
    """It is never taken for a whole one."""
    with staged(SHARER, str(state), "killed") as (process, said):
        assert said == "making"
        process.kill()
        process.wait()
    assert len(list((state / "templates").glob("key.new-*"))) == 1
    sweep_templates(state)
    assert list((state / "templates").iterdir()) == []


def test_the_sweeper_spares_what_is_being_made(state: Path) -> None:
    """Another run's half-made template is not a dead run's."""
    with staged(SHARER, str(state), "one") as (one, said):
        assert said == "making"
        sweep_templates(state)
        assert len(list((state / "templates").glob("key.new-*"))) == 1
        assert go_on(one) == "one"
        sweep_templates(state)
        assert (state / "templates" / "key").exists()


def test_two_sweepers_do_not_trip_over_each_other(state: Path) -> None:
    """Dead templates and halves of them go, each by one of the two."""
    for name in ("a", "b", "c.new-123456", "d.gone-123456"):
        (state / "templates" / name / "profile").mkdir(parents=True)
    with staged(SWEEPER, str(state)) as (one, _), staged(SWEEPER, str(state)) as (two, _):
        assert two.stdin is not None
        two.stdin.write("go\n")
        two.stdin.flush()
        assert go_on(one) == "swept"
        assert two.stdout is not None
        assert two.stdout.readline() == "swept\n"
    assert list((state / "templates").iterdir()) == []


def test_sweeping_nothing_is_nothing(state: Path) -> None:
    """A fresh machine has no templates."""
    sweep_templates(state)
    assert not state.exists()


def test_a_busy_mutex_keeps_nobody_from_leaving(state: Path, share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    """The share is given back; what nobody shares then is left to the sweeper."""
    share.take(make)
    monkeypatch.setattr(template_module, "_PATIENCE_SECONDS", 0.0)
    with Lock(state / "locks" / "template-key.lock").held(0):
        share.give_back()
        assert share.folder.exists()
        assert all(is_free(each) for each in (share.folder / "users").iterdir())
    sweep_templates(state)
    assert not share.folder.exists()


# -- what is in it


@pytest.fixture(params=["Default", "Profile 2"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    base = make_base(tmp_path / "udd", request.param)
    if os.name == "posix":
        lock_by(base.user_data_dir, 2**31 - 1)
    return base


def copied(base: Base, target: Path, *, live: bool = False) -> dict[str, bytes | str]:
    assert copy_base(base, target, indexeddb=True, extensions=False, live=live) == ("live" if live else "closed")
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
        "Default/Service Worker/Database/CURRENT",
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
    monkeypatch.setattr(copying, "_PATIENCE_SECONDS", 0.0)
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
    with pytest.raises(BaseUnusable, match=r"Preferences is damaged .*edgepool login"):
        copied(base, tmp_path / "template")


def test_a_base_that_is_unusable_is_not_copied(base: Base, tmp_path: Path) -> None:
    """The sentence says in which way, and what to do."""
    (base.user_data_dir / "Local State").write_text("{")
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED; sign in again with `edgepool login`"):
        copied(base, tmp_path / "template")


def test_a_disk_that_refuses_is_one_sentence(base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No space, no permission: the base is named, and why."""

    def refuse(_source: Path, _target: Path) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(template_module, "copy_file", refuse)
    with pytest.raises(ProfileTrouble, match=r"could not be copied: .*No space left"):
        copied(base, tmp_path / "template")


def test_a_run_without_a_base_starts_empty(tmp_path: Path) -> None:
    """A folder with a `Default` in it, which the browser fills."""
    assert empty_profile(tmp_path / "template") == "empty"
    assert (tmp_path / "template" / "Default").is_dir()
    assert sizes_below(tmp_path / "template") == {}
