"""The template: a frozen, trimmed copy of the base that clones are made from. Never started by a browser.

    <state>/templates/<key>/       profile/        the trimmed user data dir, its profile folder named Default
                                   manifest.json   every file with its size, and how the copy was made
                                   users/<run>-*.lock   held by each process that may still clone from it
    <state>/templates/<key>.new-…, <key>.gone-…    one that is being made or removed, under the lock of its key

Made while the base is closed and locked, shared by the runs that live at the same time, removed by the last.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pytest_edgepool.errors import BaseUnusable, ProfileTrouble
from pytest_edgepool.files import GONE, remove_folder, write_whole
from pytest_edgepool.locks import Lock, is_free
from pytest_edgepool.profiles import contents
from pytest_edgepool.profiles.base import Base, BaseStatus, status_of
from pytest_edgepool.profiles.copying import copy_file, copy_live_file, copy_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

How = Literal["closed", "live", "empty"]

# What a clone needs beside the profile folder: the cookie key (Windows), and what says that this is no first run.
_TOP_FILES = ("Local State", "Last Version", "First Run", "Variations")
_PATIENCE_SECONDS = 120.0  # another run's copying of a large profile
_NEW = ".new-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that is being shared.

    Attributes:
        folder: its folder.
        how: `closed` base, `live` (a browser had it open: fresh sign-ins may be missing), or `empty` (no base).
        files: number of files.
        size_bytes: all of them.
    """

    folder: Path
    how: How
    files: int
    size_bytes: int

    @property
    def profile(self) -> Path:
        """The user data dir that clones are copied from."""
        return self.folder / "profile"


class Share:
    """One process's share in a template: as long as it is held, nobody removes the template."""

    def __init__(self, state: Path, key: str, run_id: str) -> None:
        self.folder = state / "templates" / key
        self._mutex = _mutex_of(state, key)
        self._own = Lock(self.folder / "users" / f"{run_id}-{os.getpid()}-{secrets.token_hex(3)}.lock")

    def take(self, make: Callable[[Path], How]) -> Template:
        """Share the template that is there, or make it.

        Args:
            make: builds the template's user data dir at the path it is given; called only when no live run has one.

        Raises:
            ProfileTrouble: it could not be made.
        """
        with self._mutex.held(_PATIENCE_SECONDS) as got:
            if not got:
                raise ProfileTrouble(f"another run has been making the template for {_PATIENCE_SECONDS:g} s")
            if not (self._is_used() and (self.folder / "manifest.json").is_file()):
                remove_folder(self.folder)
                self._build(make)
            if not self._own.take():
                raise ProfileTrouble(f"the template {self.folder} could not be locked")
            return self.read()

    def give_back(self) -> None:
        """Give the share back; the last one removes the template.

        Raises:
            OSError: it could not be removed.
        """
        if not self._own.is_held:
            return
        with self._mutex.held(_PATIENCE_SECONDS) as got:
            self._own.free()
            if got and not self._is_used():  # else the next run sweeps it
                remove_folder(self.folder)

    def read(self) -> Template:
        """Return what the manifest says."""
        noted = json.loads((self.folder / "manifest.json").read_bytes())
        sizes: dict[str, int] = noted["sizes"]
        return Template(folder=self.folder, how=noted["how"], files=len(sizes), size_bytes=sum(sizes.values()))

    def _is_used(self) -> bool:
        return any(not is_free(each) for each in (self.folder / "users").glob("*.lock"))

    def _build(self, make: Callable[[Path], How]) -> None:
        aside = self.folder.with_name(f"{self.folder.name}{_NEW}{secrets.token_hex(3)}")
        aside.mkdir(parents=True, mode=0o700)
        try:
            how = make(aside / "profile")
            write_whole(
                aside / "manifest.json", json.dumps({"how": how, "sizes": sizes_below(aside / "profile")}).encode()
            )
            aside.rename(self.folder)
        except BaseException:
            remove_folder(aside)
            raise


def _mutex_of(state: Path, key: str) -> Lock:
    return Lock(state / "locks" / f"template-{key}.lock")


def sizes_below(folder: Path) -> dict[str, int]:
    """Return every file below a folder with its size in bytes."""
    return {
        each.relative_to(folder).as_posix(): each.stat().st_size for each in sorted(folder.rglob("*")) if each.is_file()
    }


def sweep_templates(state: Path) -> None:
    """Remove the templates that no live process shares, and halves of such: a killed run's.

    One whose lock is held is being made, shared or given back at this moment, and stays.

    Raises:
        OSError: one could not be removed.
    """
    for folder in sorted((state / "templates").glob("*")):
        with _mutex_of(state, folder.name.partition(".")[0]).held(0) as got:
            # looked at again: another sweeper may have been here since the folders were listed
            if got and folder.exists() and all(is_free(each) for each in (folder / "users").glob("*.lock")):
                shutil.rmtree(folder) if GONE in folder.name else remove_folder(folder)


def copy_base(base: Base, target: Path, *, indexeddb: bool, extensions: bool, live: bool) -> How:
    """Build a template's user data dir from the base.

    Args:
        base: where from.
        target: the folder to make.
        indexeddb: whether IndexedDB goes along.
        extensions: whether extensions do.
        live: whether a browser has the base open.

    Raises:
        BaseUnusable: the base is missing, damaged or unreadable.
        ProfileTrouble: it could not be copied.
    """
    status = status_of(base)
    if status not in (BaseStatus.AVAILABLE, BaseStatus.LOCKED):
        raise BaseUnusable(f"The base {base.user_data_dir} is {status}; sign in again with `edgepool login`.")
    copy: Callable[[Path, Path], int | None] = copy_live_file if live else copy_file
    stays = partial(contents.stays, indexeddb=indexeddb, extensions=extensions)
    try:
        copy_tree(base.profile_folder, target / "Default", stays, copy)
        for name in _TOP_FILES:
            if (base.user_data_dir / name).is_file():
                copy(base.user_data_dir / name, target / name)
    except OSError as error:
        raise ProfileTrouble(f"The base {base.user_data_dir} could not be copied: {error}.") from error
    _rewrite(target / "Local State", partial(_only_default, base.profile_directory))
    _rewrite(target / "Default" / "Preferences", _ended_well)
    return "live" if live else "closed"


def empty_profile(target: Path) -> How:
    """Build the template of a run without a base: an empty user data dir."""
    (target / "Default").mkdir(parents=True, mode=0o700)
    return "empty"


def _rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    if not path.is_file():
        return
    try:
        held = json.loads(path.read_bytes())
        change(held)
    except (ValueError, TypeError, AttributeError) as error:
        raise BaseUnusable(
            f"The base's {path.name} is damaged ({error}); sign in again with `edgepool login`."
        ) from error
    path.write_bytes(json.dumps(held).encode())


def _only_default(directory: str, state: dict[str, Any]) -> None:
    """Have `Local State` know one profile, `Default`: else the clone shows a profile picker or starts signed out."""
    profile = state.setdefault("profile", {})
    known = profile.get("info_cache", {})
    profile["info_cache"] = {"Default": known[directory]} if directory in known else {}
    profile["last_used"] = "Default"
    profile["last_active_profiles"] = ["Default"]
    profile["profiles_order"] = ["Default"]
    state["background_mode"] = {"enabled": False}  # a browser that stays after its last window holds the lock


def _ended_well(preferences: dict[str, Any]) -> None:
    """Have `Preferences` say that the last session ended in order, so that no restore bubble comes."""
    profile = preferences.setdefault("profile", {})
    profile["exit_type"] = "Normal"
    profile["exited_cleanly"] = True
