"""What must not open with the session, nor be lost by it: the base's own tabs and preferences. Never reads a cookie.

Every browser of ours starts with `--restore-last-session`, because a plain start deletes session cookies. That switch
would also open the tabs of the last session; so before a start the folders that hold them are moved away, on a clone
for good, on a base of the user's under a journal (a killed run must not cost him his tabs):

    <state>/journals/<base key>/  journal.json   what was moved, and what was there
                                  0, 1           `Preferences` as they were: the driver writes its own into them
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.events import CleanupFailed
from pytest_edgepool.files import remove_scraps, write_whole
from pytest_edgepool.profiles.base import Base, holder_of
from pytest_edgepool.profiles.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgepool.events import Event

# Measured on Chromium 156: Sessions and Sessions_Encrypted; older browsers had four files.
TAB_FOLDERS = ("Sessions", "Sessions_Encrypted")
TAB_FILES = (*TAB_FOLDERS, "Current Session", "Current Tabs", "Last Session", "Last Tabs")
_ASIDE = ".edgepool-aside"
_KEPT = ".edgepool-kept"
# What chromedriver 156 sets in `Local State` before each start (measured).
_OF_THE_DRIVER = {"background_mode": {"enabled": False}, "ssl": {"rev_checking": {"enabled": False}}}
_SECONDS_TO_1970 = 11_644_473_600  # Chromium counts microseconds from 1601
_FILE_TIME_SECONDS = 2.0  # as coarse as the times of files may be


def journal_of(base: Base, state: Path) -> Path:
    """Return the journal that says which of the base's files are set aside."""
    return state / "journals" / base.key / "journal.json"


def drop_tabs(profile: Path) -> None:
    """Remove what would reopen old tabs from a profile of ours.

    Raises:
        OSError: it could not be removed.
    """
    for name in TAB_FILES:
        _drop(profile / name)


def set_tabs_aside(base: Base, state: Path) -> None:
    """Move what would reopen the base's tabs out of the browser's sight; only while nobody has the base open.

    The journal is on disk before the first file moves. A managed base has no tabs that anybody would miss: there they
    go, and its preferences are ours.

    Raises:
        OSError: a file could not be moved or kept; `put_tabs_back` undoes what was done.
    """
    if base.managed:
        drop_tabs(base.profile_folder)
        return
    path = journal_of(base, state)
    _drop(path.parent)  # copies of a run that was killed before its journal stood
    path.parent.mkdir(parents=True, mode=0o700)
    preferences: dict[str, str] = {}
    for number, relative in enumerate(_preferences_of(base)):
        preferences[relative] = ""
        if (base.user_data_dir / relative).is_file():
            preferences[relative] = str(number)
            write_whole(path.parent / str(number), (base.user_data_dir / relative).read_bytes())
    local = _read_json(base.user_data_dir / "Local State")
    present = tuple(name for name in TAB_FILES if (base.profile_folder / name).exists())
    journal = Journal(
        user_data_dir=base.user_data_dir,
        profile_directory=base.profile_directory,
        aside=present,
        preferences=preferences,
        local_state={key: local[key] for key in _OF_THE_DRIVER if key in local},
    )
    journal.write(path)
    for name in present:
        if (base.profile_folder / f"{name}{_ASIDE}").exists():
            _keep(base.profile_folder, name)  # set aside by a run whose journal somebody deleted
        (base.profile_folder / name).rename(base.profile_folder / f"{name}{_ASIDE}")


def put_tabs_back(base: Base, state: Path, *, after_a_kill: bool = False) -> None:
    """Undo `set_tabs_aside`; does nothing when nothing is set aside. The base's lock must be held.

    Args:
        base: the base.
        state: the state folder.
        after_a_kill: whether it was another run that set them aside: the user may have opened the base in between, and
            what he has now is then left alone (what was set aside stays beside it, as `….edgepool-kept`).

    Raises:
        ProfileTrouble: a browser has the base open; the journal stays, so the next run tries again.
        OSError: a file could not be moved back; the journal stays here too.
    """
    path = journal_of(base, state)
    if not path.exists():
        return
    if holder := holder_of(base.user_data_dir):
        raise ProfileTrouble(f"the base's own tabs are not put back while {holder} has it open; the next run does it")
    journal = Journal.read(path)
    if after_a_kill and _was_opened_since(journal, path.stat().st_mtime):
        for name in journal.aside:
            _keep(journal.profile, name)
    else:
        _swap_tabs(journal)
        _restore_preferences(journal, path.parent)
    _restore_local_state(journal)
    path.unlink()
    _drop(path.parent)


def put_all_tabs_back(state: Path, tell: Callable[[Event], None]) -> tuple[Path, ...]:
    """Undo what killed runs left set aside, of every base that nobody has; return the user data dirs.

    Args:
        state: the state folder.
        tell: hears what could not be put back.
    """
    done = []
    for path in sorted((state / "journals").glob("*/journal.json")):
        try:
            journal = Journal.read(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            tell(CleanupFailed(what=f"the journal {path}", error=str(error) or type(error).__name__))
            continue
        base = Base(user_data_dir=journal.user_data_dir, profile_directory=journal.profile_directory, managed=False)
        with base.lock(state).held(0) as got:
            if not got or not base.profile_folder.is_dir() or holder_of(base.user_data_dir):
                continue  # a living run's, on a disk that is not there, or open: another time
            try:
                put_tabs_back(base, state, after_a_kill=True)
                done.append(base.user_data_dir)
            except OSError as error:
                tell(CleanupFailed(what=f"the tabs of {base.user_data_dir}", error=str(error)))
    return tuple(done)


def _drop(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _keep(profile: Path, name: str) -> None:
    """Give what is set aside a name under which it disturbs nobody."""
    if (profile / f"{name}{_ASIDE}").exists():
        _drop(profile / f"{name}{_KEPT}")
        (profile / f"{name}{_ASIDE}").rename(profile / f"{name}{_KEPT}")


def _swap_tabs(journal: Journal) -> None:
    """Remove the tab files that the run's browser wrote and rename the user's own back."""
    profile = journal.profile
    still_aside = [name for name in journal.aside if (profile / f"{name}{_ASIDE}").exists()]
    if journal.aside and not still_aside:
        return  # never moved, or put back already by a run that was killed in between: what is there is the user's
    for name in TAB_FILES:
        if name in still_aside or name not in journal.aside:
            _drop(profile / name)
    for name in still_aside:
        (profile / f"{name}{_ASIDE}").rename(profile / name)


def _was_opened_since(journal: Journal, set_aside_at: float) -> bool:
    """Whether somebody opened the base after the run that set its tabs aside was killed.

    Each start of a browser begins a file `Session_<time>`, and the driver writes `First Run` anew before each of its
    own (both measured on 156). So after our last start there is one such file of ours; any more are somebody else's.
    """
    try:
        started_at = (journal.user_data_dir / "First Run").stat().st_mtime
    except FileNotFoundError:
        started_at = 0.0
    was_started = started_at >= set_aside_at - _FILE_TIME_SECONDS
    since = started_at if was_started else set_aside_at - _FILE_TIME_SECONDS
    begun = [
        sum(_begun_at(each.name) > since for each in (journal.profile / folder).glob("Session_*"))
        for folder in TAB_FOLDERS
    ]
    return max(begun) > int(was_started)


def _begun_at(name: str) -> float:
    stamp = name.removeprefix("Session_")
    return int(stamp) / 1e6 - _SECONDS_TO_1970 if stamp.isdecimal() else 0.0


def _preferences_of(base: Base) -> tuple[str, ...]:
    """Return whose preferences change: the profile's, and `Default`'s, which the driver rewrites whatever it drives."""
    return tuple(dict.fromkeys((f"{base.profile_directory}/Preferences", "Default/Preferences")))


def _restore_preferences(journal: Journal, kept_in: Path) -> None:
    """Put the preferences back as they were, and say that all ended well: else the browser asks about a crash."""
    for relative, kept in journal.preferences.items():
        target = journal.user_data_dir / relative
        remove_scraps(target)
        if not kept:
            if target.parent.is_dir() and {each.name for each in target.parent.iterdir()} <= {target.name}:
                shutil.rmtree(target.parent)  # a profile folder that the driver made, with nothing else in it
        elif (kept_in / kept).exists():
            write_whole(target, _ended_well((kept_in / kept).read_bytes()))
            (kept_in / kept).unlink()  # from now on what the user changes counts


def _ended_well(preferences: bytes) -> bytes:
    try:
        held = json.loads(preferences)
        held["profile"] = {**held.get("profile", {}), "exit_type": "Normal", "exited_cleanly": True}
    except (ValueError, TypeError, AttributeError):
        return preferences  # damaged already when we came
    return json.dumps(held, separators=(",", ":")).encode()


def _restore_local_state(journal: Journal) -> None:
    """Take back the little that the driver set in `Local State`; the rest is the browser's, cookie keys included."""
    path = journal.user_data_dir / "Local State"
    remove_scraps(path)
    held = _read_json(path)
    changed = {key for key, set_by_driver in _OF_THE_DRIVER.items() if held.get(key) == set_by_driver}
    mended = {key: value for key, value in held.items() if key not in changed}
    mended |= {key: value for key, value in journal.local_state.items() if key in changed}
    if mended != held:
        write_whole(path, json.dumps(mended, separators=(",", ":")).encode())


def _read_json(path: Path) -> dict[str, object]:
    try:
        held = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}
