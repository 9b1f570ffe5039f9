"""The base profile: which one, whether it can be used now, what to do if not. Never copies or opens it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.errors import BaseUnusable, NobodySignedIn
from pytest_edgepool.locks import Lock
from pytest_edgepool.profiles.holder import Holder, holder_of, who_holds
from pytest_edgepool.profiles.locate import (
    default_user_data_dir,
    profile_directory_named,
    profile_directory_of,
    user_data_dirs,
)
from pytest_edgepool.profiles.managed import (
    MANAGED_NAME,
    managed_folder,
    owner_of,
    record_url,
    recorded_url,
    url_beside,
)

if TYPE_CHECKING:
    from pytest_edgepool.settings import Settings

__all__ = [
    "Base",
    "BaseStatus",
    "Holder",
    "choose",
    "everyday_base",
    "holder_of",
    "is_usable",
    "managed_base",
    "managed_folder",
    "record_url",
    "recorded_url",
    "refusal",
    "remedy_for",
    "status_of",
    "url_beside",
    "who_holds",
]

_ENDING = "end {holder}, or let the run work on clones of it with --edgepool-base-busy=clone"


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


def managed_base(state: Path, brand: str, channel: str) -> Base:
    """Return the managed base of one brand and channel, whether it exists or not.

    By its real path, as every base: one that is reached over two paths must not have two locks.
    """
    folder = (managed_folder(state, brand, channel) / MANAGED_NAME).resolve()
    return Base(user_data_dir=folder, profile_directory="Default", managed=True)


def choose(settings: Settings, state: Path, brand: str, channel: str, *, confined: str = "") -> Base | None:
    """Return the base that the settings ask for; None when nobody has signed in yet and none was asked for.

    Args:
        settings: what is in force.
        state: the state folder.
        brand: `edge`, `chrome` or `chromium`.
        channel: `stable`, `beta`, `dev` or `canary`.
        confined: `flatpak` or `snap` when the browser runs in such a sandbox.

    Raises:
        BaseUnusable: the one asked for is missing, is no user data dir, or belongs to another browser.
    """
    wanted = settings.edgepool_profile
    managed = managed_base(state, brand, channel)
    if wanted in ("auto", "managed"):
        if (managed.user_data_dir / "Local State").is_file():
            _is_managed(managed.user_data_dir, brand, channel)
            return managed
        if wanted == "auto":
            return None
        raise NobodySignedIn(
            f"There is no managed base for {brand} ({channel}); make one with `edgepool login --url https://…`."
        )
    if wanted == "default":
        base = everyday_base(settings, brand, channel, confined=confined)
        if base is None:
            raise BaseUnusable(f"There is no channel {channel} of {brand}; choose another with --edgepool-channel.")
        _checked(base.user_data_dir, f"the default profile of {brand} ({channel})")
    else:
        real = _checked(Path(os.path.expanduser(wanted)), "--edgepool-profile")  # noqa: PTH111 - raises for no user
        is_managed = _is_managed(real, brand, channel)
        base = Base(user_data_dir=real, profile_directory=_directory_in(real, settings), managed=is_managed)
    profile_directory_named(base.user_data_dir, base.profile_directory)  # the one last used may be gone: told here
    return base


def everyday_base(
    settings: Settings, brand: str, channel: str, *, confined: str = "", only_own: bool = False
) -> Base | None:
    """Return the everyday profile of a browser as a base, there or not; None if the brand has no such channel.

    Args:
        settings: `edgepool_profile_directory` says which profile.
        brand: `edge`, `chrome` or `chromium`.
        channel: `stable`, `beta`, `dev` or `canary`.
        confined: `flatpak` or `snap` when the browser runs in such a sandbox.
        only_own: never that of another installation of this browser, outside or inside of a sandbox.

    Raises:
        BaseUnusable: it has no such profile.
    """
    folder = default_user_data_dir(brand, channel, confined=confined)
    if only_own:
        folder = next(iter(user_data_dirs(brand, channel, confined=confined)), None)
    if folder is None:
        return None
    real = folder.resolve()
    directory = _directory_in(real, settings) if (real / "Local State").is_file() else "Default"
    return Base(user_data_dir=real, profile_directory=directory, managed=False)


def _is_managed(real: Path, brand: str, channel: str) -> bool:
    """Tell whether a base is ours; one that belongs to another browser is refused, however it is reached."""
    owner = owner_of(real)
    if owner and owner != f"{brand}-{channel}":
        raise BaseUnusable(
            f"--edgepool-profile: {real} is the managed base of {owner}, and {brand}-{channel} would delete its "
            "cookies; choose that browser with --edgepool-browser and --edgepool-channel, or another base."
        )
    return bool(owner)


def _directory_in(user_data_dir: Path, settings: Settings) -> str:
    wanted = settings.edgepool_profile_directory
    return profile_directory_named(user_data_dir, wanted) if wanted else profile_directory_of(user_data_dir)


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
        if who_holds(base.user_data_dir):
            return BaseStatus.LOCKED
        is_sound = isinstance(json.loads((base.user_data_dir / "Local State").read_bytes()), dict)
        is_sound = is_sound and (base.profile_folder / "Preferences").stat().st_size > 0
    except PermissionError:  # a folder above it that may not be entered, or a file that may not be read
        return BaseStatus.PERMISSION_DENIED
    except (OSError, ValueError):
        return BaseStatus.CORRUPTED
    return BaseStatus.AVAILABLE if is_sound else BaseStatus.CORRUPTED


def is_usable(status: BaseStatus) -> bool:
    """Whether a run can begin with such a base: one that is open elsewhere can still be copied."""
    return status in (BaseStatus.AVAILABLE, BaseStatus.LOCKED)


def remedy_for(status: BaseStatus, base: Base, holder: Holder | str | None = None) -> str:
    """Return what to do about a base's status, as one clause; "" when nothing has to be done.

    Args:
        status: what `status_of` said.
        base: the base.
        holder: who has it open, when that is known.
    """
    folder = base.user_data_dir
    managed, other = {
        BaseStatus.AVAILABLE: ("", ""),
        BaseStatus.LOCKED: (_ENDING.format(holder=holder or "the browser that has it open"),) * 2,
        BaseStatus.CORRUPTED: (
            "sign in again with `edgepool login`",
            f"open {folder} once in its own browser, which mends it, or choose another base with --edgepool-profile",
        ),
        BaseStatus.MISSING: (
            "sign in with `edgepool login --url https://…`, which makes it",
            "choose another with --edgepool-profile or --edgepool-profile-directory",
        ),
        BaseStatus.PERMISSION_DENIED: (
            f"give yourself the right to read and write {folder} and what is in it, or run as the user who has it",
        )
        * 2,
    }[status]
    return managed if base.managed else other


def refusal(status: BaseStatus, base: Base, why: str = "") -> str:
    """Return the sentence that refuses a base: which, what is the matter (and in which file), what to do."""
    return f"The base {base.user_data_dir} is {status}{why and f' ({why})'}; {remedy_for(status, base)}."
