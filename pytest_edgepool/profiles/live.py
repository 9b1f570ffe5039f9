"""Copies a profile that somebody has open, as whole as that can be had. Never waits long, never writes to it.

Databases go through SQLite's backup, LevelDB folders are copied again when they were rewritten meanwhile, JSON must
parse. What the browser has not written yet (cookies of the last half minute, measured) no copy has.
"""

from __future__ import annotations

import json
import sqlite3
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.profiles.contents import JSON_FILES, NEEDED
from pytest_edgepool.profiles.copying import Listed, list_files, make_folders
from pytest_edgepool.profiles.databases import (
    JOURNALS,
    copy_database,
    is_database,
    is_journal,
    settle,
    wrong_with_leveldb,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_edgepool.profiles.means import Means

_TRIES = 4  # the first, and three more
_PAUSE_SECONDS = 0.05  # a rewriting takes milliseconds
# Cookies are written in one breath every half minute (measured); other databases are locked for as long as the browser
# lives, and waiting for them is vain.
_NEEDED_PATIENCE_SECONDS = 5.0
_PATIENCE_SECONDS = 0.2


def copy_live(listed: Iterable[Listed], target: Path, means: Means, clock: Clock = SYSTEM_CLOCK) -> tuple[str, ...]:
    """Copy what was listed of a profile that is open into a new private folder.

    Left out are journals (the databases are whole without them), databases that the browser keeps to itself
    (passwords, form data), and what vanished meanwhile.

    Args:
        listed: what to copy.
        target: the folder to make.
        means: how plain files are copied.
        clock: where time comes from.

    Returns:
        Notes: what may be missing from the copy.

    Raises:
        ProfileTrouble: what a sign-in needs could not be had whole.
        OSError: reading or writing failed.
    """
    listed = tuple(listed)
    make_folders(target, (each.relative for each in listed))
    notes = []
    for folder, here in groupby(sorted(listed, key=lambda each: each.folder), key=lambda each: each.folder):
        files = tuple(here)
        if any(each.name == "CURRENT" for each in files):
            notes.append(_copy_leveldb(files[0], target / folder, means, clock))
        else:
            notes += [_copy_file(each, target / each.relative, means, clock) for each in files]
    return tuple(each for each in notes if each)


def _copy_file(listed: Listed, target: Path, means: Means, clock: Clock) -> str:
    source = Path(listed.source)
    if listed.name in JSON_FILES:
        return _copy_json(source, target, clock)
    if is_journal(listed.name):
        return ""
    try:
        if is_database(source):
            _copy_open_database(source, target, means, clock)
        else:
            means.copy(source, target)
    except FileNotFoundError:
        if listed.name in NEEDED:
            raise ProfileTrouble(f"{source} vanished while it was copied; close the browser that uses it") from None
    return ""


def _copy_json(source: Path, target: Path, clock: Clock) -> str:
    """Copy a JSON file that may be rewritten in place at this moment (chromedriver does that): whole or not at all."""
    why = ""
    for attempt in range(_TRIES):
        if attempt:
            clock.sleep(_PAUSE_SECONDS)
        try:
            data = source.read_bytes()
            json.loads(data)
        except (FileNotFoundError, ValueError) as error:
            why = str(error)
            continue
        target.touch(mode=0o600)
        target.write_bytes(data)
        return ""
    if source.name in NEEDED:
        raise ProfileTrouble(f"{source} could not be copied whole ({why}); close the browser that uses it")
    return f"{source.name} could not be copied whole: it stays out of the clones"


def _copy_open_database(source: Path, target: Path, means: Means, clock: Clock) -> None:
    needed = source.name in NEEDED
    try:
        try:
            copy_database(source, target, _NEEDED_PATIENCE_SECONDS if needed else _PATIENCE_SECONDS, clock)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
            _copy_with_journal(source, target, means)
    except (ProfileTrouble, sqlite3.Error) as error:
        if needed:
            raise ProfileTrouble(f"{source} could not be copied ({error}); close the browser that uses it") from error
        target.unlink(missing_ok=True)


def _copy_with_journal(source: Path, target: Path, means: Means) -> None:
    """Copy a database that a killed browser left half-written: nobody has it open, or its journal would not be hot."""
    target.unlink(missing_ok=True)
    for suffix in ("", *JOURNALS):
        if source.with_name(source.name + suffix).is_file():
            means.copy(source.with_name(source.name + suffix), target.with_name(target.name + suffix))
    if wrong := settle(target, checked=True):
        raise sqlite3.DatabaseError(wrong)


def _copy_leveldb(listed: Listed, target: Path, means: Means, clock: Clock) -> str:
    """Copy a LevelDB folder: its files only grow, except when it is compacted; then it is copied again.

    Args:
        listed: any of its files.
        target: the folder to copy into.
        means: how files are copied.
        clock: where time comes from.
    """
    folder = Path(listed.source).parent
    files: tuple[Listed, ...] = ()
    for attempt in range(_TRIES):
        if attempt:
            clock.sleep(_PAUSE_SECONDS)
        for each in files:
            (target / each.name).unlink(missing_ok=True)
        files = _files_in(folder)
        whole = [_was_copied(each, target, means) for each in files]
        if all(whole) and _names(_files_in(folder)) == _names(files) and not wrong_with_leveldb(target):
            return ""
    return f"{listed.folder} was rewritten each time it was copied: what the site keeps there may be missing"


def _files_in(folder: Path) -> tuple[Listed, ...]:
    """List a folder's own files; another database may lie in a folder of it."""
    return list_files(folder, "", lambda path: path.name == "LOCK" or (folder / path).is_dir())


def _names(files: tuple[Listed, ...]) -> set[str]:
    return {each.name for each in files}


def _was_copied(listed: Listed, target: Path, means: Means) -> bool:
    try:
        means.copy(listed.source, target / listed.name)
    except FileNotFoundError:
        return False
    return True
