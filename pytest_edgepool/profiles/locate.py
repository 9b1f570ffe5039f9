"""Where each browser keeps its user data dir and which profile folder is meant. Never opens or changes one.

Sources: Playwright's channel table, Microsoft's Edge-Enterprise pages, `docs/user_data_dir.md`, chrome_paths_linux.cc
and chrome_main_delegate.cc in Chromium, the manifests of flathub.org.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgepool.errors import BaseUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping

# (brand, channel) -> folder below the system's place for such data
_WINDOWS = {  # below %LOCALAPPDATA%
    ("edge", "stable"): "Microsoft/Edge/User Data",
    ("edge", "beta"): "Microsoft/Edge Beta/User Data",
    ("edge", "dev"): "Microsoft/Edge Dev/User Data",
    ("edge", "canary"): "Microsoft/Edge SxS/User Data",
    ("chrome", "stable"): "Google/Chrome/User Data",
    ("chrome", "beta"): "Google/Chrome Beta/User Data",
    ("chrome", "dev"): "Google/Chrome Dev/User Data",
    ("chrome", "canary"): "Google/Chrome SxS/User Data",
    ("chromium", "stable"): "Chromium/User Data",
}
_MACOS = {  # below ~/Library/Application Support
    ("edge", "stable"): "Microsoft Edge",
    ("edge", "beta"): "Microsoft Edge Beta",
    ("edge", "dev"): "Microsoft Edge Dev",
    ("edge", "canary"): "Microsoft Edge Canary",
    ("chrome", "stable"): "Google/Chrome",
    ("chrome", "beta"): "Google/Chrome Beta",
    ("chrome", "dev"): "Google/Chrome Dev",
    ("chrome", "canary"): "Google/Chrome Canary",
    ("chromium", "stable"): "Chromium",
}
_LINUX = {  # below $CHROME_CONFIG_HOME, else $XDG_CONFIG_HOME, else ~/.config
    ("edge", "stable"): "microsoft-edge",
    ("edge", "beta"): "microsoft-edge-beta",
    ("edge", "dev"): "microsoft-edge-dev",
    ("edge", "canary"): "microsoft-edge-canary",
    ("chrome", "stable"): "google-chrome",
    ("chrome", "beta"): "google-chrome-beta",
    ("chrome", "dev"): "google-chrome-unstable",
    ("chrome", "canary"): "google-chrome-canary",
    ("chromium", "stable"): "chromium",
}
# Below ~/.var/app; Edge's beta is a branch of the same application with a folder of its own (cobalt.ini there).
_FLATPAK = {
    ("edge", "stable"): "com.microsoft.Edge/config/microsoft-edge",
    ("edge", "beta"): "com.microsoft.Edge/config/microsoft-edge-beta",
    ("edge", "dev"): "com.microsoft.EdgeDev/config/microsoft-edge-dev",
    ("chrome", "stable"): "com.google.Chrome/config/google-chrome",
    ("chrome", "dev"): "com.google.ChromeDev/config/google-chrome-unstable",
    ("chromium", "stable"): "org.chromium.Chromium/config/chromium",
}
_SNAP = {("chromium", "stable"): "snap/chromium/common/chromium"}  # below the home folder; Edge and Chrome have none


def user_data_dirs(
    brand: str,
    channel: str,
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
    *,
    confined: str = "",
) -> tuple[Path, ...]:
    """Return where a browser may keep its everyday user data dir, there or not, its own place first.

    Args:
        brand: `edge`, `chrome` or `chromium`.
        channel: `stable`, `beta`, `dev` or `canary`.
        platform: as `sys.platform`.
        environment: the environment variables.
        home: the user's home folder; else asked of the system.
        confined: `flatpak` or `snap` when the browser runs in such a sandbox: then that place comes first.

    Returns:
        The candidates in order, none twice; empty when the brand has no such channel.
    """
    home, which = home or Path.home(), (brand, channel)
    if platform == "win32":
        below = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return (below / _WINDOWS[which],) if which in _WINDOWS else ()
    if platform == "darwin":
        return (home / "Library" / "Application Support" / _MACOS[which],) if which in _MACOS else ()
    if which not in _LINUX:
        return ()
    moved = environment.get("CHROME_CONFIG_HOME") or environment.get("XDG_CONFIG_HOME")
    places = {"": Path(moved or home / ".config") / _LINUX[which]}
    if which in _FLATPAK:
        places["flatpak"] = home / ".var" / "app" / _FLATPAK[which]
    if which in _SNAP:
        places["snap"] = home / _SNAP[which]
    own = (
        [Path(named)] if (named := environment.get("CHROME_USER_DATA_DIR")) else []
    )  # the folder itself, for any brand
    return tuple(dict.fromkeys([*own, *([places[confined]] if confined in places else []), *places.values()]))


def default_user_data_dir(
    brand: str,
    channel: str,
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
    *,
    confined: str = "",
) -> Path | None:
    """Return a browser's everyday user data dir: the first candidate that is there, else the first.

    Args:
        brand: `edge`, `chrome` or `chromium`.
        channel: `stable`, `beta`, `dev` or `canary`.
        platform: as `sys.platform`.
        environment: the environment variables.
        home: the user's home folder; else asked of the system.
        confined: as `user_data_dirs`.

    Returns:
        The folder, there or not; None if the brand has no such channel.
    """
    candidates = user_data_dirs(brand, channel, platform, environment, home, confined=confined)
    return next((each for each in candidates if each.is_dir()), candidates[0] if candidates else None)


def profile_directory_of(user_data_dir: Path) -> str:
    """Return the profile folder that was last used, as `Local State` names it, else `Default`."""
    last = _profiles_in(user_data_dir).get("last_used")
    return last if isinstance(last, str) and last and (user_data_dir / last).is_dir() else "Default"


def display_names(user_data_dir: Path) -> dict[str, str]:
    """Return the profiles of a user data dir as `Local State` lists them: folder to the name that the browser shows."""
    cache = _profiles_in(user_data_dir).get("info_cache")
    told = cache.items() if isinstance(cache, dict) else ()
    names = {folder: each.get("name") for folder, each in told if isinstance(each, dict)}
    return {folder: str(name or "") for folder, name in names.items() if (user_data_dir / folder).is_dir()}


def profile_directory_named(user_data_dir: Path, wanted: str) -> str:
    """Return the profile folder that a person means.

    The name of a folder wins, as in the browser's own switch: Edge shows its `Default` as "Profile 1", while a folder
    `Profile 1` is another profile. Else the name that the browser shows: exactly so, else in other capitals.

    Args:
        user_data_dir: the UDD.
        wanted: the folder's name, or the profile's as the browser shows it.

    Raises:
        BaseUnusable: no profile is called so, or several are; the sentence lists them.
    """
    if wanted == Path(wanted).name != ".." and (user_data_dir / wanted).is_dir():
        return wanted
    shown = display_names(user_data_dir)
    exact = [folder for folder, name in shown.items() if name == wanted]
    found = exact or [folder for folder, name in shown.items() if name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{folder} ({name})" if name else folder for folder, name in sorted(shown.items()))
    if found:
        raise BaseUnusable(
            f"--edgepool-profile-directory: {user_data_dir} has {len(found)} profiles named {wanted!r}, "
            f"in the folders {' and '.join(sorted(found))}; give the folder."
        )
    raise BaseUnusable(
        f"--edgepool-profile-directory: {user_data_dir} has no profile folder {wanted!r} and shows no profile so; "
        + (f"it has {listed}." if listed else "edge://version names yours at the end of its profile path.")
    )


def _profiles_in(user_data_dir: Path) -> dict[str, Any]:
    try:
        profiles = json.loads((user_data_dir / "Local State").read_bytes())["profile"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # a fresh or unreadable Local State says nothing; base.py judges whether it is usable
    return profiles if isinstance(profiles, dict) else {}
