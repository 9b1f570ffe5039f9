"""Where browsers and their drivers are installed, on each system, as data with sources. Never starts one.

Sources: Playwright's browser registry, Selenium's driver finder, Debian's packages.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# (brand, channel) -> names to look for on the path, and places besides
NAMES = {
    ("edge", "stable"): ("microsoft-edge-stable", "microsoft-edge", "msedge"),
    ("edge", "beta"): ("microsoft-edge-beta",),
    ("edge", "dev"): ("microsoft-edge-dev",),
    ("edge", "canary"): ("microsoft-edge-canary",),
    ("chrome", "stable"): ("google-chrome-stable", "google-chrome"),
    ("chrome", "beta"): ("google-chrome-beta",),
    ("chrome", "dev"): ("google-chrome-unstable",),
    ("chrome", "canary"): ("google-chrome-canary",),
    ("chromium", "stable"): ("chromium", "chromium-browser"),
}
_LINUX_PLACES = {
    ("edge", "stable"): ("/opt/microsoft/msedge/msedge",),
    ("edge", "beta"): ("/opt/microsoft/msedge-beta/msedge",),
    ("edge", "dev"): ("/opt/microsoft/msedge-dev/msedge",),
    ("chrome", "stable"): ("/opt/google/chrome/chrome",),
    ("chrome", "beta"): ("/opt/google/chrome-beta/chrome",),
    ("chrome", "dev"): ("/opt/google/chrome-unstable/chrome",),
}
_MACOS_APPS = {
    ("edge", "stable"): "Microsoft Edge",
    ("edge", "beta"): "Microsoft Edge Beta",
    ("edge", "dev"): "Microsoft Edge Dev",
    ("edge", "canary"): "Microsoft Edge Canary",
    ("chrome", "stable"): "Google Chrome",
    ("chrome", "beta"): "Google Chrome Beta",
    ("chrome", "dev"): "Google Chrome Dev",
    ("chrome", "canary"): "Google Chrome Canary",
    ("chromium", "stable"): "Chromium",
}
_WINDOWS_PLACES = {  # below LOCALAPPDATA, PROGRAMFILES, PROGRAMFILES(X86)
    ("edge", "stable"): "Microsoft/Edge/Application/msedge.exe",
    ("edge", "beta"): "Microsoft/Edge Beta/Application/msedge.exe",
    ("edge", "dev"): "Microsoft/Edge Dev/Application/msedge.exe",
    ("edge", "canary"): "Microsoft/Edge SxS/Application/msedge.exe",
    ("chrome", "stable"): "Google/Chrome/Application/chrome.exe",
    ("chrome", "beta"): "Google/Chrome Beta/Application/chrome.exe",
    ("chrome", "dev"): "Google/Chrome Dev/Application/chrome.exe",
    ("chrome", "canary"): "Google/Chrome SxS/Application/chrome.exe",
    ("chromium", "stable"): "Chromium/Application/chrome.exe",
}
DRIVERS = {"edge": "msedgedriver", "chrome": "chromedriver", "chromium": "chromedriver"}
# Folders in which hosted CI machines and Selenium users keep their drivers; a folder or the driver itself.
DRIVER_VARIABLES = {
    "edge": ("SE_EDGEDRIVER", "EDGEWEBDRIVER"),
    "chrome": ("SE_CHROMEDRIVER", "CHROMEWEBDRIVER"),
    "chromium": ("SE_CHROMEDRIVER", "CHROMEWEBDRIVER"),
}


def places_of(brand: str, channel: str, environment: Mapping[str, str], platform: str = sys.platform) -> list[Path]:
    """Return where a browser's executable is looked for, in order."""
    which = (brand, channel)
    if platform == "win32":
        roots = [environment.get(name, "") for name in ("PROGRAMFILES(X86)", "PROGRAMFILES", "LOCALAPPDATA")]
        return [Path(root) / _WINDOWS_PLACES[which] for root in roots if root and which in _WINDOWS_PLACES]
    if platform == "darwin":
        app = _MACOS_APPS.get(which)
        roots = ["/Applications", str(Path.home() / "Applications")]
        return [Path(root) / f"{app}.app/Contents/MacOS/{app}" for root in roots if app]
    names = [
        Path(found) for name in NAMES.get(which, ()) if (found := shutil.which(name, path=environment.get("PATH")))
    ]
    return names + [Path(place) for place in _LINUX_PLACES.get(which, ())]
