"""The base profile: which one, whether it can be used now, what `edgepool login` recorded. Never copies or opens it."""

from __future__ import annotations

import json
import os
import socket
import sys
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool import processes
from pytest_edgepool.errors import BaseUnusable
from pytest_edgepool.files import write_whole
from pytest_edgepool.locks import Lock
from pytest_edgepool.profiles.locate import default_user_data_dir, profile_directory_of

if TYPE_CHECKING:
    from pytest_edgepool.settings import Settings

_CLOCK_SECONDS = 2.0  # Linux derives a start time from the time of boot, which moves when the clock is set


class BaseStatus(StrEnum):
    """Whether a base can be used now."""

    AVAILABLE = "AVAILABLE"
    LOCKED = "LOCKED"
    CORRUPTED = "CORRUPTED"
    MISSING = "MISSING"
    PERMISSION_DENIED = "PERMISSION_DENIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The signed-in profile that all others are made from.

    Attributes:
        user_data_dir: the UDD's real path.
        profile_directory: the profile folder inside it.
        managed: whether it is ours, made by `edgepool login`.
    """

    user_data_dir: Path
    profile_directory: str
    managed: bool

    @property
    def key(self) -> str:
        """What locks and templates of this base are named by: its real path and profile folder."""
        return sha256(f"{self.user_data_dir}\0{self.profile_directory}".encode()).hexdigest()[:12]

    @property
    def profile_folder(self) -> Path:
        """The folder with cookies and preferences."""
        return self.user_data_dir / self.profile_directory

    def lock(self, state: Path) -> Lock:
        """Return the lock that whoever works on this base holds. It lies in the state folder, never in the base."""
        key = sha256(str(self.user_data_dir).encode()).hexdigest()[:12]
        return Lock(state / "locks" / f"base-{key}.lock")


def managed_folder(state: Path, brand: str, channel: str) -> Path:
    """Return the folder of the managed base of one brand and channel; no other browser ever opens it."""
    return state / "bases" / f"{brand}-{channel}"


def managed_base(state: Path, brand: str, channel: str) -> Base:
    """Return the managed base of one brand and channel, whether it exists or not.

    By its real path, as every base: one that is reached over two paths must not have two locks.
    """
    folder = (managed_folder(state, brand, channel) / "profile").resolve()
    return Base(user_data_dir=folder, profile_directory="Default", managed=True)


def recorded_url(state: Path, brand: str, channel: str) -> str:
    """Return the site that `edgepool login` signed in to, or ""."""
    try:
        noted = json.loads((managed_folder(state, brand, channel) / "edgepool.json").read_bytes())
        return str(noted["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # never signed in through us: the caller asks for --po-url


def record_url(state: Path, brand: str, channel: str, url: str) -> None:
    """Keep the site's base URL beside the managed base, so that the plain command needs no more."""
    folder = managed_folder(state, brand, channel)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / "edgepool.json", json.dumps({"url": url}).encode())


def choose(settings: Settings, state: Path, brand: str, channel: str) -> Base | None:
    """Return the base that the settings ask for; None when nobody has signed in yet and none was asked for.

    Raises:
        BaseUnusable: the one asked for is missing or is no user data dir.
    """
    wanted = settings.edgepool_profile
    managed = managed_base(state, brand, channel)
    if wanted in ("auto", "managed"):
        if (managed.user_data_dir / "Local State").is_file():
            return managed
        if wanted == "auto":
            return None
        raise BaseUnusable(
            f"There is no managed base for {brand} ({channel}); make one with `edgepool login --url https://…`."
        )
    if wanted == "default":
        named = f"the default profile of {brand} ({channel})"
        folder = default_user_data_dir(brand, channel)
        if folder is None:
            raise BaseUnusable(f"There is no channel {channel} of {brand}; choose another with --edgepool-channel.")
    else:
        folder, named = Path(os.path.expanduser(wanted)), "--edgepool-profile"  # noqa: PTH111 - raises for no user
    real = _checked(folder, named)
    directory = settings.edgepool_profile_directory or profile_directory_of(real)
    if not (real / directory).is_dir():
        raise BaseUnusable(
            f"--edgepool-profile-directory: {real} has no profile folder {directory!r}; "
            "edge://version names yours at the end of its profile path."
        )
    return Base(user_data_dir=real, profile_directory=directory, managed=False)


def _checked(folder: Path, named: str) -> Path:
    """Return the real path of what must be a user data dir."""
    if not folder.is_dir():
        raise BaseUnusable(f"{named}: there is no folder {folder}; give the path of a user data dir.")
    real = folder.resolve()
    if not (real / "Local State").is_file():
        inside = " (this is a profile folder: give the folder above it)" if (real / "Preferences").is_file() else ""
        raise BaseUnusable(
            f"{named}: {real} is not a user data dir, it holds no `Local State`{inside}; "
            "edge://version names yours as the parent of its profile path."
        )
    return real


def status_of(base: Base) -> BaseStatus:
    """Return whether the base can be used now: read from disk and process table, never by starting a driver."""
    try:
        if not base.user_data_dir.is_dir() or not base.profile_folder.is_dir():
            return BaseStatus.MISSING
        if not all(os.access(each, os.R_OK | os.W_OK | os.X_OK) for each in (base.user_data_dir, base.profile_folder)):
            return BaseStatus.PERMISSION_DENIED
        if holder_of(base.user_data_dir):
            return BaseStatus.LOCKED
        sound = isinstance(json.loads((base.user_data_dir / "Local State").read_bytes()), dict)
    except PermissionError:  # a folder above it that may not be entered, or a file that may not be read
        return BaseStatus.PERMISSION_DENIED
    except (OSError, ValueError):
        return BaseStatus.CORRUPTED
    return BaseStatus.AVAILABLE if sound else BaseStatus.CORRUPTED


def holder_of(user_data_dir: Path) -> str:
    """Return who runs on a user data dir, in words, or "" when it is free.

    POSIX: the symlink `SingletonLock` names host and pid (it dangles, so it must be read, not followed); on this host
    it is a left-over when that process is dead or younger than the lock. Windows: `lockfile` cannot be opened for
    writing while the browser lives. Both: a process with that very `--user-data-dir`. Source: Chromium's
    process_singleton_posix.cc and process_singleton_win.cc.
    """
    running = processes.browsers_on(user_data_dir)
    if running:
        return f"a browser (process {running[0]})"
    if sys.platform == "win32":
        return _windows_holder(user_data_dir)
    lock = user_data_dir / "SingletonLock"
    try:
        target, made_at = lock.readlink().name, lock.lstat().st_mtime
    except OSError:
        return ""  # no lock there: nobody has it open
    host, _, pid = target.rpartition("-")
    if host != socket.gethostname():
        return f"a browser on the machine {host}"
    process = processes.record_of(int(pid), processes.BROWSER) if pid.isdecimal() else None
    if process is None or process.started_at > made_at + _CLOCK_SECONDS:
        return ""  # dead, and its number may have gone to somebody who never made this lock
    return f"a browser (process {pid})"


def _windows_holder(user_data_dir: Path) -> str:
    try:
        os.close(os.open(user_data_dir / "lockfile", os.O_RDWR))
    except FileNotFoundError:
        return ""  # deleted by the system when its browser ended
    except PermissionError:
        return "a browser"
    return ""
