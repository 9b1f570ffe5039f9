"""Where each browser keeps its user data dir, on each system. Never opens or changes one.

Sources: Playwright's channel table, Microsoft's Edge-Enterprise pages, `docs/user_data_dir.md` in Chromium.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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


def default_user_data_dir(
    brand: str,
    channel: str,
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> Path | None:
    """Return where a browser keeps its everyday user data dir, there or not; None if it has no such channel.

    Args:
        brand: `edge`, `chrome` or `chromium`.
        channel: `stable`, `beta`, `dev` or `canary`.
        platform: as `sys.platform`.
        environment: the environment variables.
        home: the user's home folder; else asked of the system.
    """
    home = home or Path.home()
    if platform == "win32":
        below, table = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local"), _WINDOWS
    elif platform == "darwin":
        below, table = home / "Library" / "Application Support", _MACOS
    else:
        moved = environment.get("CHROME_CONFIG_HOME") or environment.get("XDG_CONFIG_HOME")
        below, table = Path(moved or home / ".config"), _LINUX
    folder = table.get((brand, channel))
    return None if folder is None else below / folder


def profile_directory_of(user_data_dir: Path) -> str:
    """Return the profile folder that was last used, as `Local State` names it, else `Default`."""
    try:
        state = json.loads((user_data_dir / "Local State").read_bytes())
        last = state["profile"]["last_used"]
    except (OSError, ValueError, KeyError, TypeError):
        return "Default"  # a fresh or unreadable Local State says nothing; base.py judges whether it is usable
    return last if isinstance(last, str) and last and (user_data_dir / last).is_dir() else "Default"
