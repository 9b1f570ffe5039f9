"""The template: a frozen, trimmed copy of the base that clones are made from. Never started by a browser.

    <state>/templates/<key>/       profile/        the trimmed user data dir, its profile folder named Default
                                   manifest.json   every file with its size and digest, and how the copy was made
                                   users/<run>-*.lock   held by each process that may still clone from it
    <state>/templates/<key>.new-…, <key>.gone-…    one that is being made or removed, under the lock of its key

Made while the base is closed and locked, shared by the runs that live at the same time, removed by the last. Without
its manifest it is none: the manifest comes last and goes first. One that turns out damaged is replaced in its folder,
because the locks of those who share it lie there.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import ProfileTrouble
from pytest_edgepool.files import GONE, remove_folder
from pytest_edgepool.locks import Lock, is_free
from pytest_edgepool.profiles.manifest import How, Manifest, entries_below, wrong_with_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgepool.clock import Deadline
    from pytest_edgepool.profiles.trimming import Made

_PATIENCE_SECONDS = 120.0  # another run's copying of a large profile
_NEW = ".new-"
_MANIFEST = "manifest.json"
_PROFILE = "profile"
_BUSY = f"another run has been making the template for {_PATIENCE_SECONDS:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that is being shared.

    Attributes:
        folder: its folder.
        how: `closed` base, `live` (somebody had it open: fresh sign-ins may be missing), or `empty` (no base).
        files: number of files.
        size_bytes: all of them.
        seconds: how long making it took, checks and digests included.
        means: by which means it was copied: `reflink`, `clonefile`, `block-clone` or `copy`.
        notes: what is to be said of it, as sentences.
    """

    folder: Path
    how: How
    files: int
    size_bytes: int
    seconds: float = field(default=0.0, compare=False)
    means: str = field(default="copy", compare=False)
    notes: tuple[str, ...] = ()

    @property
    def profile(self) -> Path:
        """The user data dir that clones are copied from."""
        return self.folder / _PROFILE

    def manifest(self) -> Manifest:
        """Return what it holds now, waiting for whoever is renewing it at this moment.

        Raises:
            ProfileTrouble: it is damaged, or gone.
        """
        with suppress(FileNotFoundError):
            return _read_manifest(self.folder)
        with _mutex_of(self.folder.parent.parent, self.folder.name).held(_PATIENCE_SECONDS):
            try:
                return _read_manifest(self.folder)
            except FileNotFoundError:
                raise ProfileTrouble(f"the template {self.folder} is gone") from None


class Share:
    """One process's share in a template: as long as it is held, nobody removes the template."""

    def __init__(self, state: Path, key: str, run_id: str) -> None:
        self.folder = state / "templates" / key
        self._mutex = _mutex_of(state, key)
        self._own = Lock(self.folder / "users" / f"{run_id}-{os.getpid()}-{secrets.token_hex(3)}.lock")

    def take(self, make: Callable[[Path], Made]) -> Template:
        """Share the template that is there, or make it.

        Args:
            make: builds the template's user data dir at the path it is given; called only when no live run has one.

        Raises:
            ProfileTrouble: it could not be made.
        """
        with self._mutex.held(_PATIENCE_SECONDS) as got:
            if not got:
                raise ProfileTrouble(_BUSY)
            if not self._is_used():
                remove_folder(self.folder)  # a dead run's: nobody knows how old it is
            try:
                self.read()
            except (FileNotFoundError, ProfileTrouble):  # there is none, or it is nobody's use
                self._build(make)
            self._lock()
            return self.read()

    def renew(self, make: Callable[[Path], Made]) -> Template:
        """Replace a template that is damaged; whoever comes later finds the new one, and uses it.

        Args:
            make: as for `take`.

        Returns:
            The template, sound: its folder is the same, and all who share it still do.

        Raises:
            ProfileTrouble: a new one could not be made; the damaged one is still there.
            BaseUnusable: the base is damaged itself.
        """
        with self._mutex.held(_PATIENCE_SECONDS) as got:
            if not got:
                raise ProfileTrouble(_BUSY)
            self._lock()
            if _wrong_with(self.folder):
                self._build(make)
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
        """Return what the manifest says.

        Raises:
            ProfileTrouble: it is damaged.
            FileNotFoundError: there is none.
        """
        noted = _read_manifest(self.folder)
        return Template(
            folder=self.folder,
            how=noted.how,
            files=len(noted.files),
            size_bytes=noted.size_bytes,
            seconds=noted.seconds,
            means=noted.means,
            notes=noted.notes,
        )

    def _lock(self) -> None:
        if not (self._own.is_held or self._own.take()):
            raise ProfileTrouble(f"the template {self.folder} could not be locked")

    def _is_used(self) -> bool:
        return any(not is_free(each) for each in (self.folder / "users").glob("*.lock"))

    def _build(self, make: Callable[[Path], Made]) -> None:
        begun = SYSTEM_CLOCK.monotonic()
        aside = self.folder.with_name(f"{self.folder.name}{_NEW}{secrets.token_hex(3)}")
        aside.mkdir(parents=True, mode=0o700)
        try:
            made = make(aside / _PROFILE)
            files = entries_below(aside / _PROFILE)
            seconds = round(SYSTEM_CLOCK.monotonic() - begun, 3)
            manifest = Manifest(how=made.how, means=made.means, seconds=seconds, notes=made.notes, files=files)
            # Not forced to the disk: after a power cut nobody shares it, and then it is made anew.
            (aside / _MANIFEST).write_bytes(json.dumps(manifest.to_json()).encode())
            self._install(aside)
        except BaseException:
            remove_folder(aside)
            raise

    def _install(self, aside: Path) -> None:
        """Have what was built aside take its place; what was there is moved away first, its manifest before all."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        away = self.folder.with_name(f"{self.folder.name}{GONE}{secrets.token_hex(3)}")
        away.mkdir(mode=0o700)
        for name in (_MANIFEST, _PROFILE):
            with suppress(FileNotFoundError):
                (self.folder / name).rename(away / name)
        for name in (_PROFILE, _MANIFEST):
            (aside / name).rename(self.folder / name)
        aside.rmdir()
        shutil.rmtree(away, ignore_errors=True)  # somebody may still be copying from it: the sweeper's, then


def _mutex_of(state: Path, key: str) -> Lock:
    return Lock(state / "locks" / f"template-{key}.lock")


def _read_manifest(folder: Path) -> Manifest:
    try:
        return Manifest.from_json(json.loads((folder / _MANIFEST).read_bytes()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProfileTrouble(f"the template's manifest is damaged ({error})") from error


def _wrong_with(folder: Path) -> str:
    try:
        return wrong_with_content(folder / _PROFILE, _read_manifest(folder).files)
    except (ProfileTrouble, OSError) as error:
        return str(error)


def wrong_with_template(template: Template) -> str:
    """Return what is wrong with a template, as one clause, or "": all its files are looked at again."""
    return _wrong_with(template.folder)


def wrong_with_clone(folder: Path, template: Template, deadline: Deadline | None = None) -> str:
    """Return how a clone that no browser has opened yet differs from its template, as one clause, or "".

    Raises:
        ProfileTrouble: the template's manifest is damaged.
        OSError: something in it cannot be read.
        DeadlinePassed: it took too long.
    """
    return wrong_with_content(folder, template.manifest().files, deadline)


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
