"""The user's own tabs and preferences come back as they were, whatever killed the run in between, at whatever step."""

from __future__ import annotations

import json
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.events import CleanupFailed
from pytest_edgepool.profiles.tabs import (
    TAB_FILES,
    drop_tabs,
    journal_of,
    put_all_tabs_back,
    put_tabs_back,
    set_tabs_aside,
)
from tests.profiles import LOCAL_STATE, PREFERENCES, lock_by, make_base, snapshot
from tests.staged import go_on, holding, idle, staged

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.events import Event
    from pytest_edgepool.profiles.base import Base

BASES = ["Default", "Profile 2"]
MICROSECONDS_TO_1970 = 11_644_473_600_000_000
# For each line: forks a child that calls the function named, and stops dead before the n-th change that it makes to
# the disk.
KILLED_AT = """
import os, sys; from pathlib import Path
from pytest_edgepool.profiles.base import Base, holder_of; from pytest_edgepool.profiles import tabs
changes = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"}
def work(what, folder, state, left):
    left = [int(left)]
    def hook(event, args):
        if event in changes or (event == "open" and isinstance(args[2], int) and args[2] & os.O_CREAT):
            if left[0] == 0: os.kill(os.getpid(), 9)
            left[0] -= 1
    sys.addaudithook(hook)
    getattr(tabs, what)(Base(user_data_dir=Path(folder), profile_directory="Profile 2", managed=False), Path(state))
    os._exit(0)
holder_of(Path("/nonexistent")); print("there", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0: work(*line.strip().split("\t"))
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture(params=BASES)
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    return make_base(tmp_path / "udd", request.param)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state"


def drive(base: Base) -> None:
    """Do to the base what driver and browser do in a run (all of it measured with Chromium 156)."""
    preferences = base.user_data_dir / "Default" / "Preferences"
    preferences.parent.mkdir(exist_ok=True)
    held = json.loads(preferences.read_bytes()) if preferences.exists() else {}
    held |= {"download": {"prompt_for_download": False}, "credentials_enable_service": False}
    preferences.write_text(json.dumps(held))
    local = base.user_data_dir / "Local State"
    held = json.loads(local.read_bytes())
    held |= {"background_mode": {"enabled": False}, "ssl": {"rev_checking": {"enabled": False}}, "was": {"new": 1}}
    local.write_text(json.dumps(held))
    (base.user_data_dir / "First Run").write_bytes(b"")
    begin_session(base, (base.user_data_dir / "First Run").stat().st_mtime + 0.3, "the run's tabs")
    own = base.profile_folder / "Preferences"
    held = json.loads(own.read_bytes())
    own.write_text(json.dumps({**held, "profile": {**held["profile"], "exit_type": "Crashed"}}))


def begin_session(base: Base, at: float, what: str) -> None:
    """Write the files that a browser begins with each start."""
    for folder in ("Sessions", "Sessions_Encrypted"):
        (base.profile_folder / folder).mkdir(exist_ok=True)
        (base.profile_folder / folder / f"Session_{int(at * 1e6) + MICROSECONDS_TO_1970}").write_text(what)


def mended() -> dict[str, Any]:
    return {**PREFERENCES, "profile": {"name": "Me", "exit_type": "Normal", "exited_cleanly": True}}


def assert_as_before(base: Base, before: dict[str, bytes | str]) -> None:
    """All is as it was, but for what says that the last session ended well and what the browser itself noted."""
    after = snapshot(base.user_data_dir)
    mine = f"{base.profile_directory}/Preferences"
    assert json.loads(after.pop(mine)) == mended()
    local = json.loads(after.pop("Local State"))
    assert local.pop("was", None) in (None, {"new": 1})
    assert local == LOCAL_STATE
    assert after == {name: what for name, what in before.items() if name not in (mine, "Local State")}
    assert {each.name for each in base.user_data_dir.iterdir() if each.is_dir()} == {base.profile_directory, "Crashpad"}


def test_a_run_sees_no_tabs_and_leaves_them_as_they_were(base: Base, state: Path) -> None:
    """Tabs, preferences and the driver's marks in `Local State`: all as before, and nothing left of the journal."""
    before = snapshot(base.user_data_dir)
    set_tabs_aside(base, state)
    assert not [name for name in TAB_FILES if (base.profile_folder / name).exists()]
    drive(base)
    put_tabs_back(base, state)
    assert_as_before(base, before)
    assert list((state / "journals").iterdir()) == []


def test_what_is_kept_of_preferences_is_private(base: Base, state: Path) -> None:
    """The copy lies in the journal's folder, for its owner only, and the base gets no file but renamed ones."""
    set_tabs_aside(base, state)
    folder = journal_of(base, state).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
    assert json.loads((folder / "0").read_bytes()) == PREFERENCES
    put_tabs_back(base, state)
    assert (base.profile_folder / "Preferences").stat().st_mode & 0o777 == 0o600


def test_putting_back_twice_is_putting_back_once(base: Base, state: Path) -> None:
    """A second clean-up finds nothing to undo, not even what the user did since."""
    set_tabs_aside(base, state)
    put_tabs_back(base, state)
    (base.profile_folder / "Preferences").write_text("{}")
    after = snapshot(base.user_data_dir)
    put_tabs_back(base, state)
    put_tabs_back(base, state, after_a_kill=True)
    assert snapshot(base.user_data_dir) == after


@pytest.mark.skipif(os.name != "posix", reason="kills with SIGKILL")
@pytest.mark.parametrize("what", ["set_tabs_aside", "put_tabs_back"])
def test_a_kill_at_any_step_costs_nothing(tmp_path: Path, what: str) -> None:
    """Before each single change that setting aside and putting back make to the disk: the next run undoes it all."""
    with staged(KILLED_AT) as (killer, _):
        step, was_killed = 0, True
        while was_killed:
            base, state = make_base(tmp_path / str(step) / "udd", "Profile 2"), tmp_path / str(step) / "state"
            before = snapshot(base.user_data_dir)
            if what == "put_tabs_back":
                set_tabs_aside(base, state)
                drive(base)
            status = go_on(killer, "\t".join((what, str(base.user_data_dir), str(state), str(step))))
            assert status in ("0", str(int(signal.SIGKILL)))
            was_killed = status != "0"
            if what == "set_tabs_aside" and not journal_of(base, state).exists():
                assert snapshot(base.user_data_dir) == before, "it changed the base before the journal stood"
            put_tabs_back(base, state, after_a_kill=True)
            set_tabs_aside(base, state)  # and nothing is in the next run's way
            put_tabs_back(base, state)
            assert_as_before(base, before)
            step += 1
    assert step > 6, "it was to be killed at several steps"


def test_what_the_user_opened_in_between_is_kept(base: Base, state: Path) -> None:
    """After a kill he may have started the browser himself: his new tabs and preferences stay, the old lie beside."""
    set_tabs_aside(base, state)
    drive(base)
    begin_session(base, (base.user_data_dir / "First Run").stat().st_mtime + 60, "his new tabs")
    (base.profile_folder / "Preferences").write_text('{"his": "own"}')
    put_tabs_back(base, state, after_a_kill=True)
    names = sorted((base.profile_folder / "Sessions").iterdir())
    assert names[-1].read_text() == "his new tabs"
    assert (base.profile_folder / "Sessions.edgepool-kept" / "Session_1").read_text() == "the user's tabs"
    assert json.loads((base.profile_folder / "Preferences").read_bytes()) == {"his": "own"}
    assert json.loads((base.user_data_dir / "Local State").read_bytes())["background_mode"] == {"enabled": True}
    assert not journal_of(base, state).exists()


def test_what_the_user_opened_before_our_browser_started_is_kept(base: Base, state: Path) -> None:
    """A run that was killed before its browser started has written no tabs: those that are there are his."""
    os.utime(base.user_data_dir / "First Run", (1.0, 1.0))
    set_tabs_aside(base, state)
    begin_session(base, journal_of(base, state).stat().st_mtime + 60, "his new tabs")
    put_tabs_back(base, state, after_a_kill=True)
    (his,) = (base.profile_folder / "Sessions").iterdir()
    assert his.read_text() == "his new tabs"


def test_a_run_that_was_recycled_is_no_user(base: Base, state: Path) -> None:
    """Several starts of ours are ours: each is told by the driver's own mark."""
    before = snapshot(base.user_data_dir)
    set_tabs_aside(base, state)
    drive(base)
    old = (base.user_data_dir / "First Run").stat().st_mtime - 100
    for folder in ("Sessions", "Sessions_Encrypted"):
        shutil.rmtree(base.profile_folder / folder)
    begin_session(base, old, "the run's first tabs")
    begin_session(base, old + 100.3, "the run's second tabs")
    put_tabs_back(base, state, after_a_kill=True)
    assert_as_before(base, before)


def test_a_base_without_tabs_has_none_afterwards(base: Base, state: Path) -> None:
    """The run's own tabs do not become the user's."""
    drop_tabs(base.profile_folder)
    before = snapshot(base.user_data_dir)
    set_tabs_aside(base, state)
    drive(base)
    put_tabs_back(base, state)
    assert_as_before(base, before)


def test_older_browsers_tabs_are_files(base: Base, state: Path) -> None:
    """Four of them, set aside and put back like the folders."""
    (base.profile_folder / "Current Tabs").write_text("old tabs")
    (base.profile_folder / "Last Session").write_text("old session")
    set_tabs_aside(base, state)
    (base.profile_folder / "Current Tabs").write_text("the run's")
    (base.profile_folder / "Last Tabs").write_text("the run's")
    put_tabs_back(base, state)
    assert (base.profile_folder / "Current Tabs").read_text() == "old tabs"
    assert (base.profile_folder / "Last Session").read_text() == "old session"
    assert not (base.profile_folder / "Last Tabs").exists()


def test_nothing_is_put_back_under_a_running_browser(base: Base, state: Path) -> None:
    """It would overwrite them: the journal stays for the next run."""
    set_tabs_aside(base, state)
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        with pytest.raises(ProfileTrouble, match="not put back while a browser"):
            put_tabs_back(base, state)
        assert journal_of(base, state).exists()
        assert put_all_tabs_back(state, pytest.fail) == ()
    (base.user_data_dir / "SingletonLock").unlink()
    put_tabs_back(base, state)
    assert not journal_of(base, state).exists()


def test_a_managed_base_has_no_tabs_that_anybody_misses(tmp_path: Path, state: Path) -> None:
    """They go, without a journal, and its preferences are ours."""
    base = make_base(tmp_path / "managed", managed=True)
    set_tabs_aside(base, state)
    assert not [name for name in TAB_FILES if (base.profile_folder / name).exists()]
    assert not (state / "journals").exists()
    put_tabs_back(base, state)
    assert json.loads((base.profile_folder / "Preferences").read_bytes()) == PREFERENCES


def test_damaged_preferences_come_back_as_they_were(base: Base, state: Path) -> None:
    """What we cannot read we do not mend, and it keeps nobody from his tabs."""
    (base.profile_folder / "Preferences").write_text("{half")
    set_tabs_aside(base, state)
    (base.profile_folder / "Preferences").write_text("{}")
    put_tabs_back(base, state)
    assert (base.profile_folder / "Preferences").read_text() == "{half"
    assert (base.profile_folder / "Sessions" / "Session_1").read_text() == "the user's tabs"


def test_what_the_user_changed_in_local_state_stays(base: Base, state: Path) -> None:
    """Only what still is as the driver set it is taken back."""
    set_tabs_aside(base, state)
    drive(base)
    local = base.user_data_dir / "Local State"
    local.write_text(json.dumps({**json.loads(local.read_bytes()), "background_mode": {"enabled": "his"}}))
    put_tabs_back(base, state)
    held = json.loads(local.read_bytes())
    assert held["background_mode"] == {"enabled": "his"}
    assert "ssl" not in held
    assert held["os_crypt"] == LOCAL_STATE["os_crypt"]


def test_tabs_whose_journal_was_deleted_are_not_overwritten(base: Base, state: Path) -> None:
    """Somebody emptied our state folder: what lies aside in his profile is given another name and stays."""
    set_tabs_aside(base, state)
    shutil.rmtree(state / "journals")
    begin_session(base, 1.0, "his newer tabs")
    set_tabs_aside(base, state)
    assert (base.profile_folder / "Sessions.edgepool-kept" / "Session_1").read_text() == "the user's tabs"
    put_tabs_back(base, state)
    (newer,) = (base.profile_folder / "Sessions").iterdir()
    assert newer.read_text() == "his newer tabs"


# -- whoever comes next


def test_the_next_run_undoes_it_for_every_base(tmp_path: Path, state: Path) -> None:
    """Whichever base it works on itself."""
    bases = [make_base(tmp_path / name, directory) for name, directory in (("a", "Default"), ("b", "Profile 2"))]
    before = [snapshot(each.user_data_dir) for each in bases]
    for each in bases:
        set_tabs_aside(each, state)
        drive(each)
    assert set(put_all_tabs_back(state, pytest.fail)) == {each.user_data_dir for each in bases}
    for each, was in zip(bases, before, strict=True):
        assert_as_before(each, was)
    assert put_all_tabs_back(state, pytest.fail) == ()


def test_a_living_runs_base_is_left_alone(base: Base, state: Path) -> None:
    """Its tabs are aside because it works there."""
    set_tabs_aside(base, state)
    with holding(base.lock(state).path):
        assert put_all_tabs_back(state, pytest.fail) == ()
    assert journal_of(base, state).exists()


def test_a_base_that_is_not_there_waits(base: Base, state: Path) -> None:
    """A disk that is unplugged comes back."""
    set_tabs_aside(base, state)
    base.user_data_dir.rename(base.user_data_dir.with_name("unplugged"))
    assert put_all_tabs_back(state, pytest.fail) == ()
    assert journal_of(base, state).exists()


def test_what_cannot_be_put_back_is_told(base: Base, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on, and the journal stays."""
    set_tabs_aside(base, state)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pytest_edgepool.profiles.tabs.write_whole", refuse)
    told: list[Event] = []
    assert put_all_tabs_back(state, told.append) == ()
    (event,) = told
    assert isinstance(event, CleanupFailed)
    assert "No space left" in event.error
    assert journal_of(base, state).exists()


def test_dropping_tabs_follows_no_link(base: Base, tmp_path: Path) -> None:
    """A profile folder may hold links, and what they point at is not ours."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "Session_1").write_text("not ours")
    shutil.rmtree(base.profile_folder / "Sessions")
    (base.profile_folder / "Sessions").symlink_to(tmp_path / "elsewhere")
    drop_tabs(base.profile_folder)
    drop_tabs(base.profile_folder)
    assert (tmp_path / "elsewhere" / "Session_1").read_text() == "not ours"
    assert not (base.profile_folder / "Sessions").is_symlink()
